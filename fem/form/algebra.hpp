#pragma once

#include <span>
#include <utility>

#include "fem/form/graph.hpp"

/// Constructors of expressions, with UFL's rules for shapes and free indices. Each throws
/// InputError, without a place, when the operands do not fit: "inner() of a scalar and a
/// vector of shape (2,)". They fold literals and zeros and nothing else.
namespace femsynth::fem {

ExprId zero(ExprGraph& g, Shape shape = {}, std::vector<FreeIndex> free = {});
ExprId real(ExprGraph& g, double value);
ExprId identity(ExprGraph& g, int n);
/// Test function (number 0), trial function (number 1), or that part of one.
ExprId argument(ExprGraph& g, int number, const Element& element, std::optional<int> part = {});
/// A new coefficient / constant on each call.
ExprId coefficient(ExprGraph& g, const Element& element, std::string name = {});
ExprId constant(ExprGraph& g, Shape shape = {}, std::string name = {});
ExprId spatial_coordinate(ExprGraph& g);
ExprId facet_normal(ExprGraph& g);
ExprId geometric_quantity(ExprGraph& g, GeometricQuantity quantity);
/// Shape of a quantity on a domain.
Shape shape_of(GeometricQuantity quantity, const Domain& domain);
ExprId imaginary_unit(ExprGraph& g);

ExprId add(ExprGraph& g, ExprId a, ExprId b);
ExprId subtract(ExprGraph& g, ExprId a, ExprId b);
ExprId negate(ExprGraph& g, ExprId a);
/// UFL's `*`: scalar · tensor, matrix · vector and matrix · matrix (as dot); free indices that
/// both operands have are summed over.
ExprId multiply(ExprGraph& g, ExprId a, ExprId b);
ExprId divide(ExprGraph& g, ExprId a, ExprId b);
ExprId power(ExprGraph& g, ExprId a, ExprId b);

ExprId inner(ExprGraph& g, ExprId a, ExprId b);
ExprId dot(ExprGraph& g, ExprId a, ExprId b);
ExprId outer(ExprGraph& g, ExprId a, ExprId b);
ExprId cross(ExprGraph& g, ExprId a, ExprId b);
/// transpose, trace, sym, skew, dev, determinant, inverse, cofactor of a (square) matrix.
ExprId matrix_operator(ExprGraph& g, Op op, ExprId a);

ExprId grad(ExprGraph& g, ExprId f);
ExprId div(ExprGraph& g, ExprId f);
ExprId curl(ExprGraph& g, ExprId f);

/// conj, real_part, imag_part of any tensor.
ExprId complex_part(ExprGraph& g, Op op, ExprId a);
/// The operand on a side of an interior facet: 0 is '+', 1 is '−'. Restricting twice is refused.
ExprId restricted(ExprGraph& g, ExprId a, int side);
/// A new variable that stands for `a`.
ExprId variable(ExprGraph& g, ExprId a);
/// ∂f/∂v with shape f.shape + v.shape; v is a variable, coefficient or constant.
ExprId variable_derivative(ExprGraph& g, ExprId f, ExprId v);
/// Σ_k d/dτ f(w_k + τ d_k) at τ = 0; each w_k a coefficient or constant, d_k of its shape.
ExprId gateaux_derivative(ExprGraph& g, ExprId f,
                          std::span<const std::pair<ExprId, ExprId>> directions);

/// A[indices], one index an axis. A label that occurs twice is summed over.
ExprId indexed(ExprGraph& g, ExprId a, std::vector<Index> indices);
ExprId index_sum(ExprGraph& g, ExprId a, std::int32_t label);
/// The tensor with axes `labels` of a scalar expression with these free indices (as_tensor).
ExprId component_tensor(ExprGraph& g, ExprId a, std::span<const std::int32_t> labels);
/// The tensor whose first axis runs over `items`, all of one shape (as_vector, as_matrix).
ExprId list_tensor(ExprGraph& g, std::span<const ExprId> items);
/// ∂f/∂x_k: `f.dx(k)`; k fixed or free.
ExprId derivative_along(ExprGraph& g, ExprId f, Index k);

/// abs, sign, sqrt, exp, ln, sin, …, erf of a scalar.
ExprId function(ExprGraph& g, Op op, ExprId a);
/// bessel_j, …, bessel_k of integer order ν ≥ 0 of a scalar.
ExprId bessel(ExprGraph& g, Op op, int order, ExprId a);
/// atan2, min_value, max_value of two scalars.
ExprId function(ExprGraph& g, Op op, ExprId a, ExprId b);
/// lt, le, gt, ge, eq, ne of two scalars without arguments.
ExprId compare(ExprGraph& g, Op op, ExprId a, ExprId b);
/// logical_and, logical_or of two conditions; logical_not of one.
ExprId logical(ExprGraph& g, Op op, std::span<const ExprId> conditions);
ExprId conditional(ExprGraph& g, ExprId condition, ExprId if_true, ExprId if_false);

/// lt … logical_not.
bool is_condition(Op op);

}  // namespace femsynth::fem
