#include <array>

#include "fem/form/algebra.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"

// ufl's operators on expressions: products, derivatives, functions, conditions.
namespace femsynth::fem {
namespace {

using Args = CallArguments;
using Unary = ExprId (*)(ExprGraph&, ExprId);
using Binary = ExprId (*)(ExprGraph&, ExprId, ExprId);

template <Unary f>
Value unary(Evaluator& ev, Args& args) {
  return {f(ev.graph(), args.expression(0))};
}

template <Binary f>
Value binary(Evaluator& ev, Args& args) {
  const ExprId a = args.expression(0);
  return {f(ev.graph(), a, args.expression(1))};
}

template <Op op>
Value matrix(Evaluator& ev, Args& args) {
  return {matrix_operator(ev.graph(), op, args.expression(0))};
}

template <Op op>
Value scalar(Evaluator& ev, Args& args) {
  return {function(ev.graph(), op, args.expression(0))};
}

template <Op op>
Value scalar2(Evaluator& ev, Args& args) {
  const ExprId a = args.expression(0);
  return {function(ev.graph(), op, a, args.expression(1))};
}

template <Op op>
Value comparison(Evaluator& ev, Args& args) {
  const ExprId a = args.expression(0);
  return {compare(ev.graph(), op, a, args.expression(1))};
}

template <Op op>
Value logic(Evaluator& ev, Args& args) {
  std::vector<ExprId> conditions{args.expression(0)};
  if (op != Op::logical_not) conditions.push_back(args.expression(1));
  return {logical(ev.graph(), op, conditions)};
}

Value choice(Evaluator& ev, Args& args) {
  const ExprId condition = args.expression(0);
  const ExprId if_true = args.expression(1);
  return {conditional(ev.graph(), condition, if_true, args.expression(2))};
}

Value outer_product(Evaluator& ev, Args& args) {
  if (args.rest().empty()) args.fail("no operands");
  ExprId product = ev.expression(args.rest()[0].value, args.rest()[0].where);
  for (std::size_t k = 1; k < args.rest().size(); ++k) {
    const ExprId next = ev.expression(args.rest()[k].value, args.rest()[k].where);
    product = outer(ev.graph(), product, next);
  }
  return {product};
}

/// The labels of `count` new indices.
std::vector<std::int32_t> new_labels(ExprGraph& g, std::size_t count) {
  std::vector<std::int32_t> labels;
  for (std::size_t k = 0; k < count; ++k) labels.push_back(g.new_label());
  return labels;
}

/// The derivative's axis first: (nabla_grad f)_k… = ∂_k f_….
ExprId nabla_grad(ExprGraph& g, ExprId f) {
  const ExprId gradient = grad(g, f);
  if (g[f].is_scalar()) return gradient;
  const std::vector<std::int32_t> labels = new_labels(g, g[gradient].shape.size());
  std::vector<Index> indices;
  for (std::size_t k = 1; k < labels.size(); ++k) indices.push_back({true, labels[k]});
  indices.push_back({true, labels[0]});
  return component_tensor(g, indexed(g, gradient, indices), labels);
}

/// Contracts the derivative with the first axis: (nabla_div f)_… = Σ_k ∂_k f_k….
ExprId nabla_div(ExprGraph& g, ExprId f) {
  if (g[f].shape.size() == 1) return div(g, f);
  if (g[f].shape.size() == 2) return div(g, matrix_operator(g, Op::transpose, f));
  throw InputError("nabla_div() is supported of vectors and matrices only");
}

/// (−v_1, v_0).
ExprId perp(ExprGraph& g, ExprId v) {
  if (g[v].shape != Shape{2}) throw InputError("perp() needs a vector of shape (2,)");
  const ExprId first = negate(g, indexed(g, v, {{false, 1}}));
  const std::array items = {first, indexed(g, v, {{false, 0}})};
  return list_tensor(g, items);
}

ExprId itself(ExprGraph&, ExprId f) { return f; }

constexpr Builtin table[] = {
    {"inner", "a, b", binary<inner>},
    {"dot", "a, b", binary<dot>},
    {"outer", "*operands", outer_product},
    {"cross", "a, b", binary<cross>},
    {"perp", "v", unary<perp>},
    {"transpose", "A", matrix<Op::transpose>},
    {"tr", "A", matrix<Op::trace>},
    {"det", "A", matrix<Op::determinant>},
    {"inv", "A", matrix<Op::inverse>},
    {"sym", "A", matrix<Op::sym>},
    {"skew", "A", matrix<Op::skew>},
    {"dev", "A", matrix<Op::dev>},
    {"grad", "f", unary<grad>},
    {"div", "f", unary<div>},
    {"curl", "f", unary<curl>},
    {"rot", "f", unary<curl>},
    {"nabla_grad", "f", unary<nabla_grad>},
    {"nabla_div", "f", unary<nabla_div>},
    {"sqrt", "f", scalar<Op::sqrt>},
    {"exp", "f", scalar<Op::exp>},
    {"ln", "f", scalar<Op::ln>},
    {"sin", "f", scalar<Op::sin>},
    {"cos", "f", scalar<Op::cos>},
    {"tan", "f", scalar<Op::tan>},
    {"asin", "f", scalar<Op::asin>},
    {"acos", "f", scalar<Op::acos>},
    {"atan", "f", scalar<Op::atan>},
    {"sinh", "f", scalar<Op::sinh>},
    {"cosh", "f", scalar<Op::cosh>},
    {"tanh", "f", scalar<Op::tanh>},
    {"erf", "f", scalar<Op::erf>},
    {"sign", "x", scalar<Op::sign>},
    {"atan2", "f1, f2", scalar2<Op::atan2>},
    {"atan_2", "f1, f2", scalar2<Op::atan2>},
    {"max_value", "x, y", scalar2<Op::max_value>},
    {"min_value", "x, y", scalar2<Op::min_value>},
    {"lt", "left, right", comparison<Op::lt>},
    {"le", "left, right", comparison<Op::le>},
    {"gt", "left, right", comparison<Op::gt>},
    {"ge", "left, right", comparison<Op::ge>},
    {"eq", "left, right", comparison<Op::eq>},
    {"ne", "left, right", comparison<Op::ne>},
    {"And", "left, right", logic<Op::logical_and>},
    {"Or", "left, right", logic<Op::logical_or>},
    {"Not", "condition", logic<Op::logical_not>},
    {"conditional", "condition, true_value, false_value", choice},
    // Values are real, so these are the identity.
    {"conj", "f", unary<itself>},
    {"real", "f", unary<itself>},
    {"as_ufl", "expression", unary<itself>},
};

}  // namespace

std::span<const Builtin> algebra_builtins() { return table; }

}  // namespace femsynth::fem
