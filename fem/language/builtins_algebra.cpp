#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fem/form/algebra.hpp"
#include "fem/form/tensor_builder.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"

// ufl's operators on expressions: products, derivatives, functions, conditions.
namespace femsynth::fem {
namespace {

constexpr int max_bessel_order = 64;

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
  if (g[f].shape.size() <= 1) return div(g, f);
  if (g[f].shape.size() == 2) return div(g, matrix_operator(g, Op::transpose, f));
  return div(g, TensorBuilder(g).rotate_axes(f, 1));
}

/// (−v_1, v_0).
ExprId perp(ExprGraph& g, ExprId v) {
  if (g[v].shape != Shape{2}) throw InputError("perp() needs a vector of shape (2,)");
  const ExprId first = negate(g, indexed(g, v, {{false, 1}}));
  const std::array items = {first, indexed(g, v, {{false, 0}})};
  return list_tensor(g, items);
}

ExprId itself(ExprGraph&, ExprId f) { return f; }

template <Op op>
Value part(Evaluator& ev, Args& args) {
  return {complex_part(ev.graph(), op, args.expression(0))};
}

template <Op op>
Value bessel_function(Evaluator& ev, Args& args) {
  const std::int64_t order = args.integer(0);
  if (order < 0 || order > max_bessel_order) {
    args.fail(0, fmt::format("the order {} is not in 0 to {}", order, max_bessel_order));
  }
  return {bessel(ev.graph(), op, static_cast<int>(order), args.expression(1))};
}

Value new_variable(Evaluator& ev, Args& args) { return {variable(ev.graph(), args.expression(0))}; }

/// Whether an expression depends on the mesh at all; UFL's jump of one that does not is 0.
bool has_domain(const ExprGraph& g, ExprId f) {
  return std::ranges::any_of(reachable(g, f), [&](ExprId id) {
    const Op op = g[id].op;
    return g[id].operands.empty() && op != Op::zero && op != Op::real && op != Op::identity &&
           op != Op::imaginary_unit;
  });
}

/// v⁺ − v⁻; with a normal v⁺ n⁺ + v⁻ n⁻, which contracts v's last axis.
Value jump(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const ExprId v = args.expression(0);
  count_walk(ev, v, args.where());
  if (!has_domain(g, v)) return {zero(g, g[v].shape, g[v].free)};
  const ExprId plus = restricted(g, v, 0);
  const ExprId minus = restricted(g, v, 1);
  if (!args.has(1) || args[1].is<None>()) return {subtract(g, plus, minus)};
  const ExprId n = args.expression(1);
  const auto product = g[v].is_scalar() ? multiply : dot;
  const ExprId first = product(g, plus, restricted(g, n, 0));
  return {add(g, first, product(g, minus, restricted(g, n, 1)))};
}

Value average(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const ExprId v = args.expression(0);
  count_walk(ev, v, args.where());
  const ExprId sum = add(g, restricted(g, v, 0), restricted(g, v, 1));
  return {multiply(g, real(g, 0.5), sum)};
}

/// The element of a function, or of the part of a mixed one that an expression is.
const Element* element_of_part(const ExprGraph& g, ExprId f) {
  while (g[f].op == Op::list_tensor) f = g[f].operands[0];
  int component = 0;
  if (g[f].op == Op::indexed && g[f].indices.size() == 1 && !g[f].indices[0].free) {
    component = g[f].indices[0].value;
    f = g[f].operands[0];
  }
  const auto number = static_cast<std::size_t>(g[f].number);
  const Element* element = nullptr;
  if (g[f].op == Op::argument) element = &g.arguments()[number].element;
  if (g[f].op == Op::coefficient) element = &g.coefficients()[number].element;
  while (element != nullptr && element->family == Family::mixed) {
    const Element* found = nullptr;
    for (const Element& part : element->parts) {
      found = &part;
      const int size = size_of(value_shape(part, g.dim()));
      if (component < size) break;
      component -= size;
    }
    element = found;
  }
  return element;
}

/// grad, curl, div or nothing, by the function's space in the de Rham complex.
Value exterior_derivative(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const ExprId f = args.expression(0);
  const Element* element = element_of_part(g, f);
  if (element == nullptr) args.fail(0, "it needs a function, or a part of a mixed one");
  if (element->discontinuous) return {f};
  switch (element->family) {
    case Family::lagrange:
    case Family::serendipity:
    case Family::bubble:
    case Family::hermite: {
      const ExprId gradient = grad(g, f);
      if (g.dim() > 1 || !g[f].is_scalar()) return {gradient};
      return {indexed(g, gradient, {{false, 0}})};
    }
    case Family::nedelec_first:
    case Family::nedelec_second:
      return {curl(g, f)};
    case Family::raviart_thomas:
    case Family::bdm:
      return {div(g, f)};
    case Family::discontinuous_lagrange:
    case Family::dpc:
    case Family::real:
    case Family::quadrature:
      return {f};
    default:
      args.fail(0, fmt::format("the element {} has none", to_string(*element)));
  }
}

/// dot(grad(f), n): the derivative along a facet's normal.
Value normal_derivative(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  return {dot(g, grad(g, args.expression(0)), facet_normal(g))};
}

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
    {"cofac", "A", matrix<Op::cofactor>},
    {"sym", "A", matrix<Op::sym>},
    {"skew", "A", matrix<Op::skew>},
    {"dev", "A", matrix<Op::dev>},
    {"grad", "f", unary<grad>},
    {"div", "f", unary<div>},
    {"curl", "f", unary<curl>},
    {"rot", "f", unary<curl>},
    {"nabla_grad", "f", unary<nabla_grad>},
    {"nabla_div", "f", unary<nabla_div>},
    {"Dn", "f", normal_derivative},
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
    {"bessel_J", "nu, f", bessel_function<Op::bessel_j>},
    {"bessel_Y", "nu, f", bessel_function<Op::bessel_y>},
    {"bessel_I", "nu, f", bessel_function<Op::bessel_i>},
    {"bessel_K", "nu, f", bessel_function<Op::bessel_k>},
    {"conj", "f", part<Op::conj>},
    {"real", "f", part<Op::real_part>},
    {"imag", "f", part<Op::imag_part>},
    {"variable", "e", new_variable},
    {"jump", "v, n=", jump},
    {"avg", "v", average},
    {"exterior_derivative", "f", exterior_derivative},
    {"as_ufl", "expression", unary<itself>},
};

}  // namespace

std::span<const Builtin> algebra_builtins() { return table; }

}  // namespace femsynth::fem
