#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"

// Complex parts, restrictions to a side of an interior facet, and derivatives with respect to
// functions and variables, which stay in the graph until passes/apply_derivatives.
namespace femsynth::fem {
namespace {

bool is_function(Op op) { return op == Op::coefficient || op == Op::constant; }

/// Whether f reads one of the functions.
bool depends_on_any(const ExprGraph& g, ExprId f,
                    std::span<const std::pair<ExprId, ExprId>> directions) {
  const std::vector<ExprId> read = reachable(g, f);
  return std::ranges::any_of(
      directions, [&](const auto& pair) { return std::ranges::binary_search(read, pair.first); });
}

}  // namespace

ExprId imaginary_unit(ExprGraph& g) { return g.intern({.op = Op::imaginary_unit}); }

ExprId complex_part(ExprGraph& g, Op op, ExprId a) {
  require_value(g, a, name_of(op));
  if (is_zero(g, a)) return a;
  if (g[a].op == Op::real) return op == Op::imag_part ? zero(g) : a;
  if (op == Op::conj && g[a].op == Op::conj) return g[a].operands[0];
  return g.intern({.op = op, .operands = {a}, .shape = g[a].shape, .free = g[a].free});
}

ExprId restricted(ExprGraph& g, ExprId a, int side) {
  require_value(g, a, "restriction");
  if (is_zero(g, a) || g[a].op == Op::real) return a;
  for (const ExprId id : reachable(g, a)) {
    if (g[id].op == Op::restricted) {
      throw InputError("the expression is restricted to a side of the facet already");
    }
  }
  return g.intern({.op = Op::restricted,
                   .number = side,
                   .operands = {a},
                   .shape = g[a].shape,
                   .free = g[a].free});
}

ExprId variable(ExprGraph& g, ExprId a) {
  require_value(g, a, "variable");
  if (!g[a].free.empty()) throw InputError("variable() of an expression with free indices");
  if (g[a].op == Op::variable) return a;
  return g.intern(
      {.op = Op::variable, .number = g.new_label(), .operands = {a}, .shape = g[a].shape});
}

ExprId variable_derivative(ExprGraph& g, ExprId f, ExprId v) {
  require_value(g, f, "diff");
  if (g[v].op != Op::variable && !is_function(g[v].op)) {
    throw InputError(fmt::format(
        "diff() with respect to {} that is no variable (use v = variable(...))", describe(g, v)));
  }
  Shape shape = g[f].shape;
  shape.insert(shape.end(), g[v].shape.begin(), g[v].shape.end());
  if (is_literal(g, f) || is_zero(g, f)) return zero(g, std::move(shape), g[f].free);
  return g.intern({.op = Op::variable_derivative,
                   .operands = {f, v},
                   .shape = std::move(shape),
                   .free = g[f].free});
}

ExprId gateaux_derivative(ExprGraph& g, ExprId f,
                          std::span<const std::pair<ExprId, ExprId>> directions) {
  require_value(g, f, "derivative");
  std::vector<ExprId> operands{f};
  std::vector<FreeIndex> free = g[f].free;
  for (const auto& [w, d] : directions) {
    if (!is_function(g[w].op)) {
      throw InputError(
          fmt::format("derivative() with respect to {} that is no coefficient", describe(g, w)));
    }
    if (g[w].shape != g[d].shape) {
      throw InputError(fmt::format("derivative() with respect to {} in direction of {}",
                                   describe(g, w), describe(g, d)));
    }
    if (!g[d].free.empty()) throw InputError("a direction of derivative() has free indices");
    operands.push_back(w);
    operands.push_back(d);
  }
  if (!depends_on_any(g, f, directions)) return zero(g, g[f].shape, std::move(free));
  return g.intern({.op = Op::gateaux_derivative,
                   .operands = std::move(operands),
                   .shape = g[f].shape,
                   .free = std::move(free)});
}

}  // namespace femsynth::fem
