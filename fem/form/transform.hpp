#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fem/form/form.hpp"

/// Forms made from forms, as UFL's formoperators (Alnæs et al. 2014, §3.4). Each throws
/// InputError, without a place, where UFL has no answer. Derivatives by functions and variables
/// stay unexpanded where that does not change the result.
namespace femsynth::fem {

/// An argument's bit in a set of arguments: 1 the test, 2 the trial function, 4 a third one.
using ArgumentSet = unsigned;

/// The terms of an expression by the arguments that they have: the sum of all parts is the
/// expression, and zero parts are left out. Throws for an expression that is not linear in each
/// argument.
std::map<ArgumentSet, ExprId> parts_by_arguments(ExprGraph& g, ExprId expression);

/// The terms with test and trial function.
Form lhs(ExprGraph& g, const Form& form);
/// The terms with the test function alone, times −1.
Form rhs(ExprGraph& g, const Form& form);
/// The terms without arguments.
Form functional(ExprGraph& g, const Form& form);

/// `form` with its last argument replaced by `coefficient`, by default a new coefficient on the
/// argument's element; if it has parts on a MixedFunctionSpace, one for each.
Form action(ExprGraph& g, const Form& form, std::optional<ExprId> coefficient = {});
/// With one function for each part that the last argument has in the form, ascending.
Form action(ExprGraph& g, const Form& form, const std::vector<ExprId>& functions);
/// A bilinear form with test and trial function exchanged, conjugated; parts stay what they are.
Form adjoint(ExprGraph& g, const Form& form);
/// a(f, f) of a bilinear form; f is by default a new coefficient.
Form energy_norm(ExprGraph& g, const Form& form, std::optional<ExprId> coefficient = {});
/// dL/dv − (da/dv) u for a scalar variable v: the right-hand side for du/dv where a(u, ·) = L.
Form sensitivity_rhs(ExprGraph& g, const Form& a, ExprId u, const Form& L, ExprId v);
/// A form whose only argument is a trial function, with it as the test function; other forms as
/// they are.
Form renumbered_arguments(ExprGraph& g, const Form& form);

/// Terminals (functions, constants, arguments, geometry) or variables and what replaces each, of
/// the same shape and without free indices.
using Mapping = std::vector<std::pair<ExprId, ExprId>>;
ExprId replace(ExprGraph& g, ExprId expression, const Mapping& mapping);
Form replace(ExprGraph& g, const Form& form, const Mapping& mapping);

/// ∂/∂v of each integrand: v a variable, coefficient or constant, and a scalar.
Form differentiate(ExprGraph& g, const Form& form, ExprId v);

/// A function to differentiate by: coefficients and constants, or components of them, and their
/// directions. What is given by components is put together: the other components have direction
/// 0. Throws unless each is such a function and has its direction's shape.
Mapping derivative_directions(ExprGraph& g, std::span<const ExprId> functions,
                              std::span<const ExprId> directions);
/// The scalar components of a tensor, row-major; those of a tensor that is given by its
/// components are these.
std::vector<ExprId> components_of(ExprGraph& g, ExprId tensor);
/// Gateaux derivative of a form; directions as of gateaux_derivative().
Form derivative(ExprGraph& g, const Form& form, const Mapping& directions);

}  // namespace femsynth::fem
