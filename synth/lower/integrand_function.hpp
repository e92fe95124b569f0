#pragma once

#include <string>
#include <vector>

#include "synth/lower/context.hpp"

/// The integrand at one quadrature point, as a device function
///
///     integrand_S(scale, x, n, constants, coefficient jets, out C)
///
/// that evaluates C_k = scale · c_k for the distinct coefficients c_k of the factorised form.
namespace femsynth::synth {

/// A term of the factorised form: literal · C[k] · ∂^α v_a · ∂^β u_b.
struct ScaledTerm {
  Jet test, trial;
  double literal = 1;
  int k = 0;
};

/// A value that is the same at all points, computed once before the loop over them.
struct HoistedValue {
  std::string name;
  Expression value;  ///< in constants and earlier hoisted values
};

/// The integrand function and how to use it.
struct IntegrandFunction {
  Function function;
  std::vector<ScaledTerm> terms;
  std::vector<HoistedValue> hoisted;  ///< to be computed in order before the call
  std::vector<Expression> arguments;  ///< of a call, C last
  int coefficients = 0;               ///< extent of C
};

/// `scalars` of the context grow by splitting off literal factors.
IntegrandFunction make_integrand_function(IntegralContext& context);

/// Name of the array that holds the jet of a coefficient at a point: "f", "grad_f", "hess_f";
/// order 0, 1 or 2. Axes: component, then derivative.
std::string jet_array(const std::string& name, int order);

/// Expression for a jet read from these arrays.
Expression jet_component(const std::string& name, const Jet& jet, int dim);

}  // namespace femsynth::synth
