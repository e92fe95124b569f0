#pragma once

#include <span>

#include "fem/language/value.hpp"

/// The functions of the modules, one table a topic.
namespace femsynth::fem {

std::span<const Builtin> algebra_builtins();        ///< ufl: inner, grad, sqrt, conditional, …
std::span<const Builtin> tensor_builtins();         ///< ufl: as_vector, indices, diag, …
std::span<const Builtin> form_builtins();           ///< ufl: lhs, derivative, action, …
std::span<const Builtin> block_builtins();          ///< ufl: MixedFunctionSpace, extract_blocks
std::span<const Builtin> space_builtins();          ///< ufl: Mesh, FunctionSpace, Coefficient, …
std::span<const Builtin> older_element_builtins();  ///< ufl: FiniteElement, VectorElement, …
std::span<const Builtin> utils_builtins();          ///< utils, of ufl's demos: LagrangeElement, …
std::span<const Builtin> measure_builtins();        ///< ufl: Measure
std::span<const Builtin> basix_ufl_builtins();      ///< basix.ufl: element, mixed_element, …
std::span<const Builtin> basix_builtins();          ///< basix: create_element, make_quadrature, …
std::span<const Builtin> basix_quadrature_builtins();
std::span<const Builtin> basix_finite_element_builtins();
std::span<const Builtin> basix_cell_builtins();
std::span<const Builtin> math_builtins();       ///< math: sqrt, …
std::span<const Builtin> numpy_builtins();      ///< numpy: array, sqrt, …
std::span<const Builtin> itertools_builtins();  ///< itertools: product, …
std::span<const Builtin> python_builtins();     ///< abs, len, sum, …

/// Counts the steps of a search of a part in a text, which may take as many as the product.
void count_search(Evaluator& evaluator, const std::string& text, const std::string& part,
                  SourceLocation where);
/// Counts the steps of a walk over all that an expression (a form) consists of.
void count_walk(Evaluator& evaluator, ExprId expression, SourceLocation where);
void count_walk(Evaluator& evaluator, const FormValue& form, SourceLocation where);
/// Python's sorted(items, key=key, reverse=is_reversed); None for no key.
std::vector<Value> sorted_items(Evaluator& evaluator, std::vector<Value> items, const Value& key,
                                bool is_reversed, SourceLocation where);
/// The method `.format(*values)` of strings.
const Builtin& format_method();
/// The method `.dx(*i)` of expressions.
const Builtin& dx_method_builtin();

}  // namespace femsynth::fem
