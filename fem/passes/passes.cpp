#include "fem/passes/passes.hpp"

#include <chrono>

namespace femsynth::fem {

const std::vector<Pass>& passes() {
  static const std::vector<Pass> table = {
      {"lower_complex", lower_complex},       {"apply_derivatives", apply_derivatives},
      {"check_arity", check_arity},           {"apply_restrictions", apply_restrictions},
      {"estimate_degrees", estimate_degrees}, {"group_integrals", group_integrals},
  };
  return table;
}

LoweredForm run_passes(const FormModule& module, const Form& form, bool complex) {
  PassState state{module, module.graph, form, {}, complex};
  std::vector<PassTiming> timings;
  for (const Pass& pass : passes()) {
    const auto begin = std::chrono::steady_clock::now();
    pass.run(state);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    timings.push_back({pass.name, taken.count()});
  }
  return {std::move(state.graph), std::move(state.groups), std::move(timings)};
}

}  // namespace femsynth::fem
