#include "fem/form/vanishing.hpp"

#include <algorithm>
#include <map>

#include "fem/form/algebra.hpp"

namespace femsynth::fem {
namespace {

using Component = std::vector<int>;
using Binding = std::map<std::int32_t, int>;  ///< of free indices' labels

/// Follows single components of tensors down to the terminals.
class ComponentWalk {
 public:
  explicit ComponentWalk(const ExprGraph& g) : g_(g) {}

  /// Whether that component may be other than zero.
  bool lives(ExprId id, const Component& c, const Binding& binding) {
    std::vector<int> key = c;
    for (const FreeIndex& index : g_[id].free) key.push_back(binding.at(index.label));
    const auto known = known_.find({id, key});
    if (known != known_.end()) return known->second;
    if (depth_ > deepest || known_.size() > most_components) return true;
    ++depth_;
    const bool result = of(g_[id], c, binding);
    --depth_;
    known_.emplace(std::pair(id, std::move(key)), result);
    return result;
  }

 private:
  bool of(const Node& node, const Component& c, const Binding& b) {
    const std::vector<ExprId>& o = node.operands;
    switch (node.op) {
      case Op::zero:
        return false;
      case Op::identity:
        return c[0] == c[1];
      case Op::sum:
        return lives(o[0], c, b) || lives(o[1], c, b);
      case Op::conditional:
        return lives(o[1], c, b) || lives(o[2], c, b);
      case Op::product:
        return lives(o[0], {}, b) && lives(o[1], c, b);
      case Op::division:
      case Op::conj:
      case Op::real_part:
      case Op::imag_part:
      case Op::variable:
      case Op::restricted:
        return lives(o[0], c, b);
      case Op::inner:
        return any_component(g_[o[0]].shape, {}, [&](const Component& k) {
          return lives(o[0], k, b) && lives(o[1], k, b);
        });
      case Op::dot:
      case Op::outer:
        return contracts(node, c, b);
      case Op::transpose:
        return lives(o[0], {c[1], c[0]}, b);
      case Op::trace:
        return has_diagonal(o[0], b);
      case Op::sym:
      case Op::skew:
        return lives(o[0], c, b) || lives(o[0], {c[1], c[0]}, b);
      case Op::dev:
        return lives(o[0], c, b) || (c[0] == c[1] && has_diagonal(o[0], b));
      case Op::list_tensor:
        return lives(o[static_cast<std::size_t>(c[0])], Component(c.begin() + 1, c.end()), b);
      case Op::indexed:
      case Op::index_sum:
      case Op::component_tensor:
        return of_indices(node, c, b);
      default:  // terminals, derivatives of functions, and what need not be 0 where operands are
        return true;
    }
  }

  bool of_indices(const Node& node, const Component& c, const Binding& b) {
    const ExprId operand = node.operands[0];
    if (node.op == Op::indexed) {
      Component at;
      for (const Index& index : node.indices) {
        at.push_back(index.free ? b.at(index.value) : index.value);
      }
      return lives(operand, at, b);
    }
    Binding inner = b;
    if (node.op == Op::component_tensor) {
      for (std::size_t k = 0; k < c.size(); ++k) inner[node.indices[k].value] = c[k];
      return lives(operand, {}, inner);
    }
    const std::int32_t label = node.indices[0].value;
    const auto index = std::ranges::find(g_[operand].free, label, &FreeIndex::label);
    for (int k = 0; k < index->extent; ++k) {
      inner[label] = k;
      if (lives(operand, c, inner)) return true;
    }
    return false;
  }

  /// dot, over the axis that is summed, or outer.
  bool contracts(const Node& node, const Component& c, const Binding& b) {
    const Shape& left = g_[node.operands[0]].shape;
    const std::size_t summed = node.op == Op::dot ? 1 : 0;
    const auto split = c.begin() + static_cast<std::ptrdiff_t>(left.size() - summed);
    const Shape axis(left.end() - static_cast<std::ptrdiff_t>(summed), left.end());
    return any_component(axis, {}, [&](const Component& k) {
      Component first(c.begin(), split);
      first.insert(first.end(), k.begin(), k.end());
      Component second = k;
      second.insert(second.end(), split, c.end());
      return lives(node.operands[0], first, b) && lives(node.operands[1], second, b);
    });
  }

  bool has_diagonal(ExprId matrix, const Binding& b) {
    for (int k = 0; k < g_[matrix].shape[0]; ++k) {
      if (lives(matrix, {k, k}, b)) return true;
    }
    return false;
  }

  /// Whether `holds` of any multi-index of that shape.
  template <class F>
  static bool any_component(const Shape& shape, Component at, F holds) {
    if (at.size() == shape.size()) return holds(at);
    at.push_back(0);
    for (; at.back() < shape[at.size() - 1]; ++at.back()) {
      if (any_component(shape, at, holds)) return true;
    }
    return false;
  }

  static constexpr int deepest = 1000;
  static constexpr std::size_t most_components = 200'000;
  const ExprGraph& g_;
  int depth_ = 0;
  std::map<std::pair<ExprId, std::vector<int>>, bool> known_;
};

}  // namespace

bool vanishes(const ExprGraph& g, ExprId expression) {
  ComponentWalk walk(g);
  for (const ExprId id : reachable(g, expression)) {  // so that long sums are not deep
    if (g[id].is_scalar() && g[id].free.empty() && !is_condition(g[id].op)) walk.lives(id, {}, {});
  }
  return !walk.lives(expression, {}, {});
}

}  // namespace femsynth::fem
