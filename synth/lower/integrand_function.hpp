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
  bool imaginary = false;  ///< of the result's imaginary part
  int component = 0;       ///< of an expression's value
};

/// A value that is the same at all points, computed once before the loop over them.
struct HoistedValue {
  std::string name;
  Expression value;      ///< in constants, geometry and earlier hoisted values
  bool of_cell = false;  ///< reads the cell's geometry
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

/// A function at a point, by parts of its element: what part `part` of a space contributes is in
/// arrays named after `name`.
struct PointFunction {
  std::string name;  ///< "f", "f_p" on a side, "im_f" for an imaginary part
  const FunctionSpace* space = nullptr;
  /// "f", or "f_0", "f_1", … where the space has several parts.
  std::string part_name(std::size_t part) const;
};
/// What is read of a coefficient.
PointFunction point_function(const IntegralContext& context, const CoefficientUse& use,
                             const CoefficientCopy& copy);

/// Name of the array that holds a part's values or derivatives of an order at a point: "f",
/// "grad_f", "hess_f", "d3_f", … Axes: component of the copies, then derivative.
std::string jet_array(const std::string& name, int order);

/// Expression for a jet read from these arrays.
Expression jet_component(const PointFunction& function, const Jet& jet, const fem::Domain& domain);

}  // namespace femsynth::synth
