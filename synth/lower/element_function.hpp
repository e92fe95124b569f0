#pragma once

#include <optional>

#include "synth/lower/context.hpp"
#include "synth/lower/integrand_function.hpp"

/// The element tensor of one integral as a device function: geometry, basis functions at each
/// quadrature point, the integrand, and the contraction with the arguments' jets.
namespace femsynth::synth {

/// The element function; its arguments as a kernel passes them (local arrays `X`, `f_local`, …).
struct ElementFunction {
  Function function;
  std::vector<Expression> arguments;  ///< of a call; the output array last
  /// Of the output array: M[1], b[m], A[m][n] (or [m][block] by columns); of an expression E at
  /// one point, [component][m]. Of a complex form with a last axis of 2.
  std::vector<int> output_dims;
  std::string output;  ///< its name: "M", "b", "A", "E"
  /// Where columns share work: a function to call before the first, with its arguments, and the
  /// arrays that it fills and `function` reads, declared.
  std::optional<Function> preparation;
  std::vector<Expression> preparation_arguments;
  std::vector<Statement> workspace;
};

/// Builds it by one method, which must apply.
ElementFunction make_element_function(const IntegralContext& context,
                                      const IntegrandFunction& integrand, TableSet& tables,
                                      Method method = Method::quadrature);

/// Name of a function's dof values in the current cell.
std::string local_array(const std::string& function);

}  // namespace femsynth::synth
