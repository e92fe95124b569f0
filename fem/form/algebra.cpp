#include "fem/form/algebra.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fem/form/operands.hpp"

// Terminals, and the arithmetic of scalars and tensors of one shape. The rules, and what is
// folded, are those of UFL's Sum, Product, Division and Power.
namespace femsynth::fem {
namespace {

/// A node of a commutative operator: b ∘ a is a ∘ b if that was made before.
ExprId intern_commutative(ExprGraph& g, Node node) {
  Node swapped = node;
  std::swap(swapped.operands[0], swapped.operands[1]);
  if (const auto known = g.find(swapped)) return *known;
  return g.intern(std::move(node));
}

ExprId sum_over(ExprGraph& g, ExprId a, const std::vector<std::int32_t>& labels) {
  for (std::int32_t label : labels) a = index_sum(g, a, label);
  return a;
}

/// scalar · scalar or scalar · tensor, without summation.
ExprId scaled(ExprGraph& g, ExprId a, ExprId b) {
  if (is_literal(g, a) && is_literal(g, b)) {
    return real(g, literal_value(g, a) * literal_value(g, b));
  }
  std::vector<FreeIndex> free = merge_free(g[a].free, g[b].free);
  if (is_zero(g, a) || is_zero(g, b)) return zero(g, g[b].shape, std::move(free));
  if (g[a].op == Op::real && g[a].value == 1) return b;
  if (g[b].op == Op::real && g[b].value == 1) return a;
  const bool commutes = g[b].is_scalar();
  Node node{.op = Op::product, .operands = {a, b}, .shape = g[b].shape, .free = std::move(free)};
  return commutes ? intern_commutative(g, std::move(node)) : g.intern(std::move(node));
}

}  // namespace

ExprId zero(ExprGraph& g, Shape shape, std::vector<FreeIndex> free) {
  return g.intern({.op = Op::zero, .shape = std::move(shape), .free = std::move(free)});
}

ExprId real(ExprGraph& g, double value) {
  if (!std::isfinite(value)) {
    throw InputError(fmt::format("the value {} of a constant expression is not finite", value));
  }
  if (value == 0) return zero(g);
  return g.intern({.op = Op::real, .value = value});
}

ExprId identity(ExprGraph& g, int n) {
  if (n < 1) throw InputError(fmt::format("Identity({}): its size must be positive", n));
  return g.intern({.op = Op::identity, .shape = {n, n}});
}

ExprId argument(ExprGraph& g, int number, const Element& element, std::optional<int> part) {
  const std::int32_t k = g.add_argument({number, element, part});
  return g.intern({.op = Op::argument, .number = k, .shape = value_shape(element, g.dim())});
}

ExprId coefficient(ExprGraph& g, const Element& element, std::string name) {
  const std::int32_t k = g.add_coefficient({std::move(name), element});
  return g.intern({.op = Op::coefficient, .number = k, .shape = value_shape(element, g.dim())});
}

ExprId constant(ExprGraph& g, Shape shape, std::string name) {
  const std::int32_t k = g.add_constant({std::move(name), shape});
  return g.intern({.op = Op::constant, .number = k, .shape = std::move(shape)});
}

ExprId spatial_coordinate(ExprGraph& g) {
  return g.intern({.op = Op::spatial_coordinate, .shape = {g.dim()}});
}

ExprId facet_normal(ExprGraph& g) { return g.intern({.op = Op::facet_normal, .shape = {g.dim()}}); }

ExprId add(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "sum");
  require_value(g, b, "sum");
  if (g[a].shape != g[b].shape) {
    throw InputError(
        fmt::format("sum of shapes {} and {}", to_string(g[a].shape), to_string(g[b].shape)));
  }
  if (g[a].free != g[b].free) {
    throw InputError("sum of expressions with different free indices");
  }
  if (is_zero(g, a)) return b;
  if (is_zero(g, b)) return a;
  if (is_literal(g, a) && is_literal(g, b)) {
    return real(g, literal_value(g, a) + literal_value(g, b));
  }
  return intern_commutative(
      g, {.op = Op::sum, .operands = {a, b}, .shape = g[a].shape, .free = g[a].free});
}

ExprId negate(ExprGraph& g, ExprId a) {
  require_value(g, a, "negative");
  return scaled(g, real(g, -1), a);
}

ExprId subtract(ExprGraph& g, ExprId a, ExprId b) {
  // Refused here, so that the message does not speak of a sum.
  require_value(g, a, "difference");
  require_value(g, b, "difference");
  if (g[a].shape != g[b].shape) {
    throw InputError(fmt::format("difference of shapes {} and {}", to_string(g[a].shape),
                                 to_string(g[b].shape)));
  }
  if (g[a].free != g[b].free) {
    throw InputError("difference of expressions with different free indices");
  }
  return add(g, a, negate(g, b));
}

ExprId multiply(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "product");
  require_value(g, b, "product");
  const std::size_t rank_a = g[a].shape.size();
  const std::size_t rank_b = g[b].shape.size();
  const std::vector<std::int32_t> repeated = shared_labels(g[a].free, g[b].free);
  if (rank_a == 0 || rank_b == 0) {
    const ExprId product = rank_a == 0 ? scaled(g, a, b) : scaled(g, b, a);
    return sum_over(g, product, repeated);
  }
  if (rank_a == 2 && (rank_b == 1 || rank_b == 2)) {
    if (!repeated.empty()) {
      throw InputError("product of tensors that share a free index (sum over it by components)");
    }
    if (g[a].shape[1] != g[b].shape[0]) {
      throw InputError(fmt::format("product of {} and {}: the inner extents differ", describe(g, a),
                                   describe(g, b)));
    }
    return dot(g, a, b);
  }
  throw InputError(fmt::format("product of {} and {} (use inner(), dot() or outer())",
                               describe(g, a), describe(g, b)));
}

ExprId divide(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "quotient");
  require_value(g, b, "division by the value");
  if (!g[b].is_scalar() || !g[b].free.empty()) {
    throw InputError(
        fmt::format("division by {} (it needs a scalar without free indices)", describe(g, b)));
  }
  if (is_zero(g, b)) throw InputError("division by zero");
  if (is_zero(g, a)) return a;
  if (is_literal(g, a) && is_literal(g, b)) {
    return real(g, literal_value(g, a) / literal_value(g, b));
  }
  if (g[b].op == Op::real && g[b].value == 1) return a;
  return g.intern({.op = Op::division, .operands = {a, b}, .shape = g[a].shape, .free = g[a].free});
}

ExprId power(ExprGraph& g, ExprId a, ExprId b) {
  require_true_scalar(g, a, "power");
  require_value(g, b, "power");
  if (!g[b].is_scalar() || !g[b].free.empty()) {
    throw InputError(fmt::format("the exponent is {} (it must be a scalar without free indices)",
                                 describe(g, b)));
  }
  if (is_literal(g, a) && is_literal(g, b)) {
    const double base = literal_value(g, a);
    const double exponent = literal_value(g, b);
    if (base == 0 && exponent < 0) throw InputError("0 to a negative power");
    return real(g, std::pow(base, exponent));
  }
  if (is_zero(g, b)) return real(g, 1);
  if (g[b].op == Op::real && g[b].value == 1) return a;
  return g.intern({.op = Op::power, .operands = {a, b}});
}

}  // namespace femsynth::fem
