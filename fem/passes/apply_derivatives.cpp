#include <algorithm>
#include <map>
#include <numbers>
#include <optional>

#include "fem/form/algebra.hpp"
#include "fem/passes/passes.hpp"

namespace femsynth::fem {
namespace {

/// Free indices of several expressions together, ascending by label.
std::vector<FreeIndex> merge_free(const ExprGraph& g, const std::vector<ExprId>& ids) {
  std::vector<FreeIndex> all;
  for (const ExprId id : ids) all.insert(all.end(), g[id].free.begin(), g[id].free.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// Rebuilds expressions with all derivatives at the terminals. Products here never sum over
/// repeated indices: those sums are nodes of their own already.
class Differentiator {
 public:
  explicit Differentiator(ExprGraph& g) : g_(g) {}

  /// `root` with grad, div and curl applied.
  ExprId apply(ExprId root) {
    for (const ExprId id : reachable(g_, root)) {
      if (!applied_.contains(id)) applied_.emplace(id, applied_node(id));
    }
    return applied_.at(root);
  }

 private:
  // ---- construction without implied summation ----
  ExprId make(Op op, std::vector<ExprId> operands, Shape shape) {
    Node node;
    node.op = op;
    node.free = merge_free(g_, operands);
    node.operands = std::move(operands);
    node.shape = std::move(shape);
    return g_.intern(std::move(node));
  }
  bool is_zero(ExprId id) const { return g_[id].op == Op::zero; }
  ExprId zero_of(const Shape& shape, const std::vector<ExprId>& like) {
    return zero(g_, shape, merge_free(g_, like));
  }
  ExprId bilinear(Op op, ExprId a, ExprId b, const Shape& shape) {
    if (is_zero(a) || is_zero(b)) return zero_of(shape, {a, b});
    return make(op, {a, b}, shape);
  }
  /// s · t with at most one of them no scalar.
  ExprId scale(ExprId s, ExprId t) {
    if (!g_[s].is_scalar()) std::swap(s, t);
    if (g_[s].op == Op::real && g_[s].value == 1) return t;
    return bilinear(Op::product, s, t, g_[t].shape);
  }
  ExprId linear(Op op, ExprId a, const Shape& shape) {
    if (is_zero(a)) return zero_of(shape, {a});
    return make(op, {a}, shape);
  }
  ExprId quotient(ExprId a, ExprId b) {
    return is_zero(a) ? a : make(Op::division, {a, b}, g_[a].shape);
  }
  ExprId number(double value) { return real(g_, value); }
  ExprId plus(ExprId a, ExprId b) { return is_zero(a) ? b : is_zero(b) ? a : add(g_, a, b); }
  ExprId minus(ExprId a) { return scale(number(-1), a); }

  /// indexed or index_sum over another operand of the same shape and free indices. (The
  /// constructor of A[i, i] would sum again.)
  ExprId over(const Node& node, ExprId operand) {
    if (is_zero(operand)) return zero(g_, node.shape, node.free);
    Node copy = node;
    copy.operands = {operand};
    return g_.intern(std::move(copy));
  }

  /// Labels for each axis of `shape`, all new.
  std::vector<std::int32_t> labels_for(const Shape& shape) {
    std::vector<std::int32_t> labels(shape.size());
    for (std::int32_t& label : labels) label = g_.new_label();
    return labels;
  }
  static std::vector<Index> free_indices(const std::vector<std::int32_t>& labels) {
    std::vector<Index> indices;
    for (const std::int32_t label : labels) indices.push_back({true, label});
    return indices;
  }
  ExprId tensor(ExprId scalar, const std::vector<std::int32_t>& labels) {
    return labels.empty() ? scalar : component_tensor(g_, scalar, labels);
  }
  /// `t` with its last axis fixed at k.
  ExprId last_fixed(ExprId t, int k) {
    Shape shape = g_[t].shape;
    shape.pop_back();
    const std::vector<std::int32_t> labels = labels_for(shape);
    std::vector<Index> indices = free_indices(labels);
    indices.push_back({false, k});
    return tensor(indexed(g_, t, std::move(indices)), labels);
  }

  // ---- grad, div, curl ----
  /// ∂f/∂x_k; `f` is applied already.
  ExprId derivative(ExprId f, int k) {
    for (const ExprId id : reachable(g_, f)) {
      if (!derivatives_.contains({id, k})) derivatives_.emplace(std::pair(id, k), of(id, k));
    }
    return derivatives_.at({f, k});
  }
  bool is_terminal_chain(ExprId f) const {
    while (g_[f].op == Op::grad) f = g_[f].operands[0];
    return g_[f].op == Op::argument || g_[f].op == Op::coefficient;
  }
  /// Derivatives of order above the degree vanish on simplices.
  bool vanishes(ExprId f) const {
    int order = 1;
    while (g_[f].op == Op::grad) {
      f = g_[f].operands[0];
      ++order;
    }
    const auto number = static_cast<std::size_t>(g_[f].number);
    const Element& element = g_[f].op == Op::argument ? g_.arguments()[number].element
                                                      : g_.coefficients()[number].element;
    return element.degree == 0 || (meshes::is_simplex(g_.cell()) && order > element.degree);
  }
  ExprId grad_of_terminal(ExprId f) {
    Shape shape = g_[f].shape;
    shape.push_back(g_.dim());
    return vanishes(f) ? zero(g_, shape) : make(Op::grad, {f}, shape);
  }
  ExprId gradient(ExprId f) {
    if (is_terminal_chain(f)) return grad_of_terminal(f);
    std::vector<ExprId> parts;
    for (int k = 0; k < g_.dim(); ++k) parts.push_back(derivative(f, k));
    if (std::all_of(parts.begin(), parts.end(), [&](ExprId p) { return is_zero(p); })) {
      Shape shape = g_[f].shape;
      shape.push_back(g_.dim());
      return zero_of(shape, {f});
    }
    const ExprId stacked = list_tensor(g_, parts);  // derivative's axis first
    if (g_[f].is_scalar()) return stacked;
    std::vector<std::int32_t> labels = labels_for(g_[f].shape);
    const std::int32_t k = g_.new_label();
    std::vector<Index> indices = free_indices(labels);
    indices.insert(indices.begin(), Index{true, k});
    const ExprId component = indexed(g_, stacked, std::move(indices));
    labels.push_back(k);
    return tensor(component, labels);
  }
  ExprId divergence(ExprId f) {
    const ExprId g = gradient(f);
    Shape shape = g_[f].shape;
    shape.pop_back();
    if (is_zero(g)) return zero_of(shape, {f});
    const std::vector<std::int32_t> labels = labels_for(shape);
    ExprId sum = zero_of({}, {});
    for (int k = 0; k < g_.dim(); ++k) {
      std::vector<Index> indices = free_indices(labels);
      indices.push_back({false, k});
      indices.push_back({false, k});
      const ExprId term = indexed(g_, g, std::move(indices));
      sum = k == 0 ? term : plus(sum, term);
    }
    return tensor(sum, labels);
  }
  ExprId rotation(ExprId f) {
    const ExprId g = gradient(f);
    const Shape& shape = g_[f].shape;
    const auto d = [&](int component, int k) {
      return shape.empty() ? indexed(g_, g, {{false, k}})
                           : indexed(g_, g, {{false, component}, {false, k}});
    };
    if (shape.empty()) {
      const std::vector<ExprId> parts{d(0, 1), minus(d(0, 0))};
      return list_tensor(g_, parts);
    }
    if (shape[0] == 2) return plus(d(1, 0), minus(d(0, 1)));
    const std::vector<ExprId> parts{plus(d(2, 1), minus(d(1, 2))), plus(d(0, 2), minus(d(2, 0))),
                                    plus(d(1, 0), minus(d(0, 1)))};
    return list_tensor(g_, parts);
  }

  ExprId applied_node(ExprId id) {
    g_.set_location(g_.location(id));
    const Node node = g_[id];  // a copy: the graph grows below
    std::vector<ExprId> operands;
    for (const ExprId operand : node.operands) operands.push_back(applied_.at(operand));
    switch (node.op) {
      case Op::grad:
        return gradient(operands[0]);
      case Op::div:
        return divergence(operands[0]);
      case Op::curl:
        return rotation(operands[0]);
      default:
        return rebuilt(node, id, std::move(operands));
    }
  }
  /// The node over new operands; zeros that derivatives left behind fold away.
  ExprId rebuilt(const Node& node, ExprId id, std::vector<ExprId> operands) {
    if (operands == node.operands) return id;
    switch (node.op) {
      case Op::sum:
        return plus(operands[0], operands[1]);
      case Op::product:
        return scale(operands[0], operands[1]);
      case Op::inner:
      case Op::dot:
      case Op::outer:
      case Op::cross:
        return bilinear(node.op, operands[0], operands[1], node.shape);
      case Op::division:
        return quotient(operands[0], operands[1]);
      case Op::indexed:
        return indexed(g_, operands[0], node.indices);
      case Op::index_sum:
        return index_sum(g_, operands[0], node.indices[0].value);
      default:
        break;
    }
    Node copy = node;
    copy.operands = std::move(operands);
    return g_.intern(std::move(copy));
  }

  // ---- the chain rule, ∂/∂x_k of one node whose operands are done ----
  ExprId d(ExprId id, int k) { return derivatives_.at({id, k}); }
  ExprId of(ExprId id, int k);
  ExprId of_bilinear(const Node& node, int k) {
    const ExprId a = node.operands[0];
    const ExprId b = node.operands[1];
    return plus(bilinear(node.op, d(a, k), b, node.shape),
                bilinear(node.op, a, d(b, k), node.shape));
  }
  ExprId of_division(ExprId id, const Node& node, int k) {
    const ExprId a = node.operands[0];
    const ExprId b = node.operands[1];
    const ExprId first = quotient(d(a, k), b);
    if (is_zero(d(b, k))) return first;
    return plus(first, minus(scale(quotient(d(b, k), b), id)));
  }
  ExprId of_power(ExprId id, const Node& node, int k);
  ExprId of_function(ExprId id, const Node& node, int k);
  ExprId of_matrix(const Node& node, ExprId id, int k);
  ExprId choose(ExprId condition, ExprId a, ExprId b) {
    if (is_zero(a) && is_zero(b)) return a;
    return conditional(g_, condition, a, b);
  }

  ExprGraph& g_;
  std::map<ExprId, ExprId> applied_;
  std::map<std::pair<ExprId, int>, ExprId> derivatives_;
};

ExprId Differentiator::of(ExprId id, int k) {
  g_.set_location(g_.location(id));
  const Node node = g_[id];
  if (is_terminal_chain(id)) {
    const ExprId g = grad_of_terminal(id);
    return is_zero(g) ? zero(g_, node.shape) : last_fixed(g, k);
  }
  switch (node.op) {
    case Op::geometric_quantity:
    case Op::imaginary_unit:
    case Op::cofactor:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
    case Op::variable:
    case Op::variable_derivative:
    case Op::gateaux_derivative:
    case Op::restricted:
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      throw MissingComponent("this operator or integral is not supported here yet");
    case Op::spatial_coordinate: {
      std::vector<ExprId> unit;
      for (int i = 0; i < g_.dim(); ++i) unit.push_back(number(i == k ? 1 : 0));
      return list_tensor(g_, unit);
    }
    case Op::sum:
      return plus(d(node.operands[0], k), d(node.operands[1], k));
    case Op::product: {
      const ExprId a = node.operands[0];
      const ExprId b = node.operands[1];
      return plus(scale(d(a, k), b), scale(a, d(b, k)));
    }
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
      return of_bilinear(node, k);
    case Op::division:
      return of_division(id, node, k);
    case Op::power:
      return of_power(id, node, k);
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
      return linear(node.op, d(node.operands[0], k), node.shape);
    case Op::indexed:
    case Op::index_sum:
      return over(node, d(node.operands[0], k));
    case Op::component_tensor: {
      if (is_zero(d(node.operands[0], k))) return zero_of(node.shape, {id});
      std::vector<std::int32_t> labels;
      for (const Index& index : node.indices) labels.push_back(index.value);
      return component_tensor(g_, d(node.operands[0], k), labels);
    }
    case Op::list_tensor: {
      std::vector<ExprId> items;
      for (const ExprId item : node.operands) items.push_back(d(item, k));
      if (std::all_of(items.begin(), items.end(), [&](ExprId i) { return is_zero(i); })) {
        return zero_of(node.shape, {id});
      }
      return list_tensor(g_, items);
    }
    case Op::conditional:
      return choose(node.operands[0], d(node.operands[1], k), d(node.operands[2], k));
    case Op::determinant:
    case Op::inverse:
      return of_matrix(node, id, k);
    case Op::abs:
    case Op::sqrt:
    case Op::exp:
    case Op::ln:
    case Op::sin:
    case Op::cos:
    case Op::tan:
    case Op::asin:
    case Op::acos:
    case Op::atan:
    case Op::sinh:
    case Op::cosh:
    case Op::tanh:
    case Op::erf:
    case Op::atan2:
    case Op::min_value:
    case Op::max_value:
      return of_function(id, node, k);
    case Op::zero:
    case Op::real:
    case Op::identity:
    case Op::constant:
    case Op::facet_normal:
    case Op::sign:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not:
      return zero_of(node.shape, {id});
    case Op::argument:
    case Op::coefficient:
    case Op::grad:
    case Op::div:
    case Op::curl:
      break;
  }
  throw InternalError(std::string("apply_derivatives: no rule for ") + name_of(node.op));
}

ExprId Differentiator::of_power(ExprId id, const Node& node, int k) {
  const ExprId f = node.operands[0];
  const ExprId e = node.operands[1];
  // ∂(f^e) = e f^(e−1) ∂f + f^e ln(f) ∂e
  ExprId result = zero_of({}, {id});
  if (!is_zero(d(f, k))) {
    const ExprId reduced = add(g_, e, number(-1));
    result = scale(scale(e, power(g_, f, reduced)), d(f, k));
  }
  if (!is_zero(d(e, k))) {
    result = plus(result, scale(scale(id, function(g_, Op::ln, f)), d(e, k)));
  }
  return result;
}

ExprId Differentiator::of_function(ExprId id, const Node& node, int k) {
  const ExprId f = node.operands[0];
  const ExprId df = d(f, k);
  if (node.operands.size() == 2) {
    const ExprId b = node.operands[1];
    const ExprId db = d(b, k);
    if (is_zero(df) && is_zero(db)) return zero_of({}, {id});
    if (node.op == Op::atan2) {  // ∂ atan2(f, b) = (b ∂f − f ∂b)/(f² + b²)
      return quotient(plus(scale(b, df), minus(scale(f, db))), plus(scale(f, f), scale(b, b)));
    }
    return choose(compare(g_, node.op == Op::min_value ? Op::lt : Op::gt, f, b), df, db);
  }
  if (is_zero(df)) return zero_of({}, {id});
  const auto one_plus = [&](double sign, ExprId a) {
    return add(g_, number(1), scale(number(sign), scale(a, a)));
  };
  switch (node.op) {
    case Op::abs:
      return scale(function(g_, Op::sign, f), df);
    case Op::sqrt:
      return quotient(df, scale(number(2), id));
    case Op::exp:
      return scale(id, df);
    case Op::ln:
      return quotient(df, f);
    case Op::sin:
      return scale(function(g_, Op::cos, f), df);
    case Op::cos:
      return minus(scale(function(g_, Op::sin, f), df));
    case Op::tan:
      return scale(one_plus(1, id), df);
    case Op::asin:
      return quotient(df, function(g_, Op::sqrt, one_plus(-1, f)));
    case Op::acos:
      return minus(quotient(df, function(g_, Op::sqrt, one_plus(-1, f))));
    case Op::atan:
      return quotient(df, one_plus(1, f));
    case Op::sinh:
      return scale(function(g_, Op::cosh, f), df);
    case Op::cosh:
      return scale(function(g_, Op::sinh, f), df);
    case Op::tanh:
      return scale(one_plus(-1, id), df);
    case Op::erf:
      return scale(
          scale(number(2 * std::numbers::inv_sqrtpi), function(g_, Op::exp, minus(scale(f, f)))),
          df);
    default:
      throw InternalError("apply_derivatives: not a function");
  }
}

ExprId Differentiator::of_matrix(const Node& node, ExprId id, int k) {
  const ExprId a = node.operands[0];
  const ExprId da = d(a, k);
  if (is_zero(da)) return zero_of(node.shape, {id});
  const Shape shape = g_[a].shape;
  if (node.op == Op::inverse) {  // ∂(A⁻¹) = −A⁻¹ ∂A A⁻¹
    return minus(bilinear(Op::dot, bilinear(Op::dot, id, da, shape), id, shape));
  }
  // Jacobi's formula: ∂ det A = det(A) tr(A⁻¹ ∂A)
  const ExprId product = bilinear(Op::dot, make(Op::inverse, {a}, shape), da, shape);
  return scale(id, linear(Op::trace, product, {}));
}

}  // namespace

void apply_derivatives(PassState& state) {
  Differentiator differentiator(state.graph);
  for (Integral& integral : state.form.integrals) {
    integral.integrand = differentiator.apply(integral.integrand);
  }
}

}  // namespace femsynth::fem
