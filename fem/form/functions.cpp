#include <fmt/format.h>

#include <cmath>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"

// Functions of scalars, comparisons and choice.
namespace femsynth::fem {
namespace {

/// The value of a function of one number.
double evaluate(Op op, double x) {
  switch (op) {
    case Op::abs:
      return std::abs(x);
    case Op::sign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Op::sqrt:
      return std::sqrt(x);
    case Op::exp:
      return std::exp(x);
    case Op::ln:
      return std::log(x);
    case Op::sin:
      return std::sin(x);
    case Op::cos:
      return std::cos(x);
    case Op::tan:
      return std::tan(x);
    case Op::asin:
      return std::asin(x);
    case Op::acos:
      return std::acos(x);
    case Op::atan:
      return std::atan(x);
    case Op::sinh:
      return std::sinh(x);
    case Op::cosh:
      return std::cosh(x);
    case Op::tanh:
      return std::tanh(x);
    case Op::erf:
      return std::erf(x);
    default:
      throw InternalError(fmt::format("{} is no function of one scalar", name_of(op)));
  }
}

double evaluate(Op op, double x, double y) {
  switch (op) {
    case Op::atan2:
      return std::atan2(x, y);
    case Op::min_value:
      return std::min(x, y);
    case Op::max_value:
      return std::max(x, y);
    default:
      throw InternalError(fmt::format("{} is no function of two scalars", name_of(op)));
  }
}

void require_condition(const ExprGraph& g, ExprId id, const char* what) {
  if (!is_condition(g[id].op)) {
    throw InputError(
        fmt::format("{} of {}: it needs a condition, such as lt(a, b)", what, describe(g, id)));
  }
}

}  // namespace

bool is_condition(Op op) { return op >= Op::lt && op <= Op::logical_not; }

ExprId function(ExprGraph& g, Op op, ExprId a) {
  const std::string what = fmt::format("{}()", name_of(op));
  require_value(g, a, what.c_str());
  // abs() and sign() act on each value that free indices select; the others, as in UFL, on one.
  if (op != Op::abs && op != Op::sign) require_true_scalar(g, a, what.c_str());
  if (!g[a].is_scalar()) {
    throw InputError(fmt::format("{} of {} (it needs a scalar)", what, describe(g, a)));
  }
  if (is_literal(g, a)) {
    const double x = literal_value(g, a);
    const double value = evaluate(op, x);
    if (!std::isfinite(value)) {
      throw InputError(fmt::format("{} of {} is not a finite number", what, x));
    }
    return real(g, value);
  }
  if (is_zero(g, a)) return a;
  return g.intern({.op = op, .operands = {a}, .free = g[a].free});
}

ExprId bessel(ExprGraph& g, Op op, int order, ExprId a) {
  const std::string what = fmt::format("{}()", name_of(op));
  require_true_scalar(g, a, what.c_str());
  if (order < 0) {
    throw InputError(fmt::format("{} of order {}: it must not be negative", what, order));
  }
  return g.intern({.op = op, .number = order, .operands = {a}});
}

ExprId function(ExprGraph& g, Op op, ExprId a, ExprId b) {
  const std::string what = fmt::format("{}()", name_of(op));
  require_true_scalar(g, a, what.c_str());
  require_true_scalar(g, b, what.c_str());
  if (is_literal(g, a) && is_literal(g, b)) {
    return real(g, evaluate(op, literal_value(g, a), literal_value(g, b)));
  }
  return g.intern({.op = op, .operands = {a, b}});
}

ExprId compare(ExprGraph& g, Op op, ExprId a, ExprId b) {
  if (op < Op::lt || op > Op::ne) {
    throw InternalError(fmt::format("{} is no comparison", name_of(op)));
  }
  const std::string what = fmt::format("{}()", name_of(op));
  require_true_scalar(g, a, what.c_str());
  require_true_scalar(g, b, what.c_str());
  return g.intern({.op = op, .operands = {a, b}});
}

ExprId logical(ExprGraph& g, Op op, std::span<const ExprId> conditions) {
  const bool unary = op == Op::logical_not;
  if (conditions.size() != (unary ? 1u : 2u)) {
    throw InternalError(fmt::format("{} of {} conditions", name_of(op), conditions.size()));
  }
  const char* what = unary ? "Not()" : op == Op::logical_and ? "And()" : "Or()";
  for (ExprId condition : conditions) require_condition(g, condition, what);
  return g.intern({.op = op, .operands = {conditions.begin(), conditions.end()}});
}

ExprId conditional(ExprGraph& g, ExprId condition, ExprId if_true, ExprId if_false) {
  require_condition(g, condition, "conditional()");
  require_value(g, if_true, "conditional()");
  require_value(g, if_false, "conditional()");
  if (g[if_true].shape != g[if_false].shape) {
    throw InputError(
        fmt::format("conditional() of {} and {}", describe(g, if_true), describe(g, if_false)));
  }
  if (g[if_true].free != g[if_false].free) {
    throw InputError("conditional() of values with different free indices");
  }
  return g.intern({.op = Op::conditional,
                   .operands = {condition, if_true, if_false},
                   .shape = g[if_true].shape,
                   .free = g[if_true].free});
}

}  // namespace femsynth::fem
