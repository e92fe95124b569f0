#include <algorithm>
#include <map>
#include <set>

#include "fem/form/differentiate.hpp"

// Adjoint rules: from ∂f/∂y of a node y = φ(a, b) to its shares in ∂f/∂a and ∂f/∂b. One sweep
// gives the derivative by all components of a tensor, as a tensor: ∂/∂E of inner(E, E) is 2 E.
namespace femsynth::fem {
namespace {

class ReverseSweep {
 public:
  ReverseSweep(TensorBuilder& build, ExprId v) : build_(build), v_(v) {}

  std::optional<ExprId> run(ExprId f) {
    const std::vector<ExprId> nodes = reachable(build_.graph(), f);
    for (const ExprId id : nodes) {
      if (depends(id)) dependent_.insert(id);
    }
    if (!dependent_.contains(f)) return zero(build_.graph(), build_[v_].shape);
    for (const ExprId id : dependent_) {
      if (id != v_ && !has_rule(build_[id])) return std::nullopt;
    }
    adjoint_.emplace(f, build_.number(1));
    for (auto it = nodes.rbegin(); it != nodes.rend(); ++it) {
      const auto found = adjoint_.find(*it);
      if (*it == v_ || found == adjoint_.end()) continue;
      build_.graph().set_location(build_.graph().location(*it));
      share(*it, found->second);
    }
    const auto result = adjoint_.find(v_);
    return result == adjoint_.end() ? zero(build_.graph(), build_[v_].shape) : result->second;
  }

 private:
  bool depends(ExprId id) const {
    if (id == v_) return true;
    const Node& node = build_[id];
    if (node.op == Op::grad || is_condition(node.op) || node.op == Op::sign) return false;
    return std::ranges::any_of(node.operands, [&](ExprId o) { return dependent_.contains(o); });
  }

  bool has_rule(const Node& node) const {
    if (!node.free.empty()) return false;
    const auto rank = [&](std::size_t k) { return build_[node.operands[k]].shape.size(); };
    switch (node.op) {
      case Op::sum:
      case Op::product:
      case Op::division:
      case Op::power:
      case Op::inner:
      case Op::transpose:
      case Op::trace:
      case Op::sym:
      case Op::skew:
      case Op::dev:
      case Op::cross:
      case Op::determinant:
      case Op::inverse:
      case Op::cofactor:
      case Op::variable:
      case Op::list_tensor:
      case Op::conditional:
      case Op::atan2:
      case Op::min_value:
      case Op::max_value:
        return true;
      case Op::dot:
        return rank(0) <= 2 && rank(1) <= 2;
      case Op::outer:
        return rank(0) == 1 && rank(1) == 1;
      case Op::indexed:
        return std::ranges::none_of(node.indices, &Index::free);
      default:
        return is_function(node.op);
    }
  }
  static bool is_function(Op op) { return op >= Op::abs && op <= Op::bessel_k; }

  void give(ExprId to, ExprId value) {
    if (!dependent_.contains(to)) return;
    const auto [it, is_new] = adjoint_.emplace(to, value);
    if (!is_new) it->second = build_.plus(it->second, value);
  }
  bool wants(ExprId id) const { return dependent_.contains(id); }
  ExprId contract(ExprId a, ExprId b) {
    return build_.is_scalar(a) ? build_.scale(a, b) : build_.bilinear(Op::inner, a, b);
  }
  ExprId dot(ExprId a, ExprId b) { return build_.bilinear(Op::dot, a, b); }
  ExprId transposed(ExprId a) { return build_.linear(Op::transpose, a); }
  ExprId cross(ExprId a, ExprId b) { return build_.bilinear(Op::cross, a, b); }

  void share(ExprId id, ExprId y);
  void share_contraction(const Node& node, ExprId y);
  void share_matrix(ExprId id, const Node& node, ExprId y);
  void share_choice(const Node& node, ExprId y);
  void share_component(const Node& node, ExprId y);
  void share_items(const Node& node, ExprId y);
  ExprId slice(ExprId tensor, int k);
  /// The tensor of a shape that is y at one place and 0 elsewhere.
  ExprId placed(ExprId y, std::span<const Index> at, std::span<const int> shape);

  TensorBuilder& build_;
  ExprId v_;
  std::set<ExprId> dependent_;
  std::map<ExprId, ExprId> adjoint_;
};

void ReverseSweep::share(ExprId id, ExprId y) {
  const Node node = build_[id];
  const ExprId a = node.operands[0];
  const ExprId b = node.operands.size() > 1 ? node.operands[1] : a;
  switch (node.op) {
    case Op::sum:
      give(a, y);
      give(b, y);
      return;
    case Op::product:
      if (wants(a)) give(a, contract(y, b));
      if (wants(b)) give(b, build_.scale(a, y));
      return;
    case Op::division:
      if (wants(a)) give(a, build_.quotient(y, b));
      if (wants(b)) give(b, build_.minus(build_.quotient(contract(y, id), b)));
      return;
    case Op::power:
      if (wants(a)) give(a, times_base_slope(build_, id, y));
      if (wants(b)) give(b, times_exponent_slope(build_, id, y));
      return;
    case Op::variable:
      give(a, y);
      return;
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
      share_contraction(node, y);
      return;
    case Op::indexed:
      share_component(node, y);
      return;
    case Op::list_tensor:
      share_items(node, y);
      return;
    case Op::conditional:
    case Op::min_value:
    case Op::max_value:
    case Op::atan2:
      share_choice(node, y);
      return;
    default:
      if (is_function(node.op)) {
        give(a, times_slope(build_, id, y));
      } else {
        share_matrix(id, node, y);
      }
  }
}

void ReverseSweep::share_contraction(const Node& node, ExprId y) {
  const ExprId a = node.operands[0];
  const ExprId b = node.operands[1];
  const std::size_t rank_a = build_[a].shape.size();
  const std::size_t rank_b = build_[b].shape.size();
  if (node.op == Op::cross) {  // y · (a × b) = a · (b × y) = b · (y × a)
    if (wants(a)) give(a, cross(b, y));
    if (wants(b)) give(b, cross(y, a));
  } else if (node.op == Op::outer) {
    if (wants(a)) give(a, dot(y, b));
    if (wants(b)) give(b, dot(a, y));
  } else if (node.op == Op::inner || (rank_a == 1 && rank_b == 1)) {
    if (wants(a)) give(a, build_.scale(y, b));
    if (wants(b)) give(b, build_.scale(y, a));
  } else if (rank_a == 2 && rank_b == 2) {
    if (wants(a)) give(a, dot(y, transposed(b)));
    if (wants(b)) give(b, dot(transposed(a), y));
  } else if (rank_a == 2) {
    if (wants(a)) give(a, build_.bilinear(Op::outer, y, b));
    if (wants(b)) give(b, dot(y, a));
  } else {
    if (wants(a)) give(a, dot(b, y));
    if (wants(b)) give(b, build_.bilinear(Op::outer, a, y));
  }
}

void ReverseSweep::share_matrix(ExprId id, const Node& node, ExprId y) {
  ExprGraph& g = build_.graph();
  const ExprId a = node.operands[0];
  switch (node.op) {
    case Op::transpose:
    case Op::sym:
    case Op::skew:
    case Op::dev:  // the last three are self-adjoint
      return give(a, build_.linear(node.op, y));
    case Op::trace:
      return give(a, build_.scale(y, identity(g, g[a].shape[0])));
    case Op::determinant:
      return give(a, build_.scale(y, matrix_operator(g, Op::cofactor, a)));
    case Op::inverse: {
      const ExprId t = transposed(id);
      return give(a, build_.minus(dot(t, dot(y, t))));
    }
    case Op::cofactor:
      break;
    default:
      throw InternalError("derivatives: no adjoint rule");
  }
  if (node.shape[0] == 1) return;
  if (node.shape[0] == 2) {  // cof A = tr A I − Aᵀ is self-adjoint
    const ExprId diagonal = build_.scale(build_.linear(Op::trace, y), identity(g, 2));
    return give(a, build_.plus(diagonal, build_.minus(transposed(y))));
  }
  std::vector<ExprId> rows;
  for (int r = 0; r < 3; ++r) {
    const int s = (r + 1) % 3;
    const int t = (r + 2) % 3;
    rows.push_back(build_.plus(cross(slice(y, s), slice(a, t)), cross(slice(a, s), slice(y, t))));
  }
  give(a, build_.list(rows));
}

void ReverseSweep::share_choice(const Node& node, ExprId y) {
  ExprGraph& g = build_.graph();
  const ExprId a = node.operands[0];
  const ExprId b = node.operands[1];
  if (node.op == Op::atan2) {
    const ExprId square = build_.plus(build_.scale(a, a), build_.scale(b, b));
    if (wants(a)) give(a, build_.quotient(build_.scale(b, y), square));
    if (wants(b)) give(b, build_.minus(build_.quotient(build_.scale(a, y), square)));
    return;
  }
  const ExprId none = zero(g, g[y].shape);
  if (node.op == Op::conditional) {
    if (wants(b)) give(b, build_.choose(a, y, none));
    if (wants(node.operands[2])) give(node.operands[2], build_.choose(a, none, y));
    return;
  }
  const ExprId first = compare(g, node.op == Op::min_value ? Op::lt : Op::gt, a, b);
  if (wants(a)) give(a, build_.choose(first, y, none));
  if (wants(b)) give(b, build_.choose(first, none, y));
}

ExprId ReverseSweep::placed(ExprId y, std::span<const Index> at, std::span<const int> shape) {
  if (at.empty()) return y;
  const ExprId inner = placed(y, at.subspan(1), shape.subspan(1));
  const ExprId none = zero(build_.graph(), build_[inner].shape);
  std::vector<ExprId> items(static_cast<std::size_t>(shape[0]), none);
  items[static_cast<std::size_t>(at[0].value)] = inner;
  return build_.list(items);
}

void ReverseSweep::share_component(const Node& node, ExprId y) {
  const Shape shape = build_[node.operands[0]].shape;
  give(node.operands[0], placed(y, node.indices, shape));
}

ExprId ReverseSweep::slice(ExprId tensor, int k) {
  const Shape shape = build_[tensor].shape;
  const std::vector<std::int32_t> labels = build_.labels_for({shape.begin() + 1, shape.end()});
  std::vector<Index> indices = TensorBuilder::free_indices(labels);
  indices.insert(indices.begin(), Index{false, k});
  return build_.tensor(build_.component(tensor, std::move(indices)), labels);
}

void ReverseSweep::share_items(const Node& node, ExprId y) {
  for (std::size_t k = 0; k < node.operands.size(); ++k) {
    if (wants(node.operands[k])) give(node.operands[k], slice(y, static_cast<int>(k)));
  }
}

}  // namespace

std::optional<ExprId> reverse_derivative(TensorBuilder& build, ExprId f, ExprId v) {
  return ReverseSweep(build, v).run(f);
}

}  // namespace femsynth::fem
