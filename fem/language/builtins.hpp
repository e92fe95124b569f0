#pragma once

#include <span>

#include "fem/language/value.hpp"

/// The functions of the modules, one table a topic.
namespace femsynth::fem {

std::span<const Builtin> algebra_builtins();    ///< ufl: inner, grad, sqrt, conditional, …
std::span<const Builtin> tensor_builtins();     ///< ufl: as_vector, indices, diag, …
std::span<const Builtin> space_builtins();      ///< ufl: FiniteElement, Coefficient, …
std::span<const Builtin> measure_builtins();    ///< ufl: Measure
std::span<const Builtin> basix_ufl_builtins();  ///< basix.ufl: element, blocked_element
std::span<const Builtin> math_builtins();       ///< math: sqrt, …
std::span<const Builtin> python_builtins();     ///< abs, len, sum, …

/// The method `.dx(*i)` of expressions.
const Builtin& dx_method_builtin();

}  // namespace femsynth::fem
