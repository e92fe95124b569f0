#include "fem/form/differentiate.hpp"
#include "fem/passes/passes.hpp"

namespace femsynth::fem {

void apply_derivatives(PassState& state) {
  Differentiator differentiator(state.graph, Products::bilinear);
  for (Integral& integral : state.form.integrals) {
    try {
      integral.integrand =
          differentiator.without_variables(differentiator.apply(integral.integrand));
    } catch (const LocatedError&) {
      throw;
    } catch (const InputError& error) {
      throw LocatedError(state.module.path, state.graph.location(), error.what(),
                         state.module.source);
    }
  }
}

}  // namespace femsynth::fem
