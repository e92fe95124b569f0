#include "fem/form/differentiate.hpp"

#include <algorithm>

// Expansion of grad, div, curl and of derivatives by functions and variables.
namespace femsynth::fem {

ExprId Differentiator::apply(ExprId root) {
  for (const ExprId id : reachable(g_, root)) {
    if (!applied_.contains(raw(id))) applied_.emplace(raw(id), applied_node(id));
  }
  return applied_.at(raw(root));
}

ExprId Differentiator::applied_node(ExprId id) {
  g_.set_location(g_.location(id));
  const Node node = g_[id];  // a copy: the graph grows below
  std::vector<ExprId> operands;
  for (const ExprId operand : node.operands) operands.push_back(applied_.at(raw(operand)));
  switch (node.op) {
    case Op::grad:
      return forward_.gradient(operands[0]);
    case Op::div:
      return divergence(operands[0]);
    case Op::curl:
      return rotation(operands[0]);
    case Op::variable_derivative:
      return by_variable(operands[0], operands[1]);
    case Op::gateaux_derivative:
      return gateaux(operands);
    default:
      return build_.rebuilt(node, id, std::move(operands));
  }
}

ExprId Differentiator::divergence(ExprId f) {
  const ExprId gradient = forward_.gradient(f);
  Shape shape = g_[f].shape;
  shape.pop_back();
  if (build_.is_zero(gradient)) return build_.zero_like(shape, {f});
  if (shape.empty() && g_[gradient].op != Op::grad) return build_.linear(Op::trace, gradient);
  const std::vector<std::int32_t> labels = build_.labels_for(shape);
  ExprId sum = zero(g_);
  for (int k = 0; k < g_.dim(); ++k) {
    std::vector<Index> indices = TensorBuilder::free_indices(labels);
    indices.push_back({false, k});
    indices.push_back({false, k});
    const ExprId term = build_.component(gradient, std::move(indices));
    sum = k == 0 ? term : build_.plus(sum, term);
  }
  return build_.tensor(sum, labels);
}

ExprId Differentiator::rotation(ExprId f) {
  const ExprId gradient = forward_.gradient(f);
  const Shape shape = g_[f].shape;
  const auto d = [&](int component, int k) {
    std::vector<Index> indices{{false, k}};
    if (!shape.empty()) indices.insert(indices.begin(), Index{false, component});
    return build_.component(gradient, std::move(indices));
  };
  const auto difference = [&](ExprId a, ExprId b) { return build_.plus(a, build_.minus(b)); };
  if (shape.empty()) {
    const std::vector<ExprId> parts{d(0, 1), build_.minus(d(0, 0))};
    return build_.list(parts);
  }
  if (shape[0] == 2) return difference(d(1, 0), d(0, 1));
  const std::vector<ExprId> parts{difference(d(2, 1), d(1, 2)), difference(d(0, 2), d(2, 0)),
                                  difference(d(1, 0), d(0, 1))};
  return build_.list(parts);
}

ExprId Differentiator::gateaux(const std::vector<ExprId>& operands) {
  std::vector<std::pair<ExprId, ExprId>> directions;
  for (std::size_t k = 1; k + 1 < operands.size(); k += 2) {
    directions.emplace_back(operands[k], operands[k + 1]);
  }
  return forward_(operands[0], forward_.of_functions(std::move(directions)));
}

ExprId Differentiator::by_variable(ExprId f, ExprId v) {
  if (g_[f].is_scalar() && products_ == Products::bilinear) {
    if (const std::optional<ExprId> result = reverse_derivative(build_, f, v)) return *result;
  }
  const Shape shape = g_[v].shape;
  const int size = size_of(shape);
  if (shape.empty()) return forward_(f, forward_.of_variable(v, build_.number(1)));
  // By each component of v, the last axis first, its axes in front; then to the back.
  std::vector<ExprId> parts;
  for (int k = 0; k < size; ++k) {
    std::vector<ExprId> unit(static_cast<std::size_t>(size), zero(g_));
    unit[static_cast<std::size_t>(k)] = build_.number(1);
    parts.push_back(forward_(f, forward_.of_variable(v, build_.stacked(unit, shape))));
  }
  const bool vanish = std::ranges::all_of(parts, [&](ExprId p) { return build_.is_zero(p); });
  if (vanish) {
    Shape whole = g_[f].shape;
    whole.insert(whole.end(), shape.begin(), shape.end());
    return build_.zero_like(whole, {f});
  }
  return build_.rotate_axes(build_.stacked(std::move(parts), shape), shape.size());
}

ExprId Differentiator::without_variables(ExprId root) {
  for (const ExprId id : reachable(g_, root)) {
    if (unmarked_.contains(raw(id))) continue;
    g_.set_location(g_.location(id));
    const Node node = g_[id];
    std::vector<ExprId> operands;
    for (const ExprId operand : node.operands) operands.push_back(unmarked_.at(raw(operand)));
    const ExprId result =
        node.op == Op::variable ? operands[0] : build_.rebuilt(node, id, std::move(operands));
    unmarked_.emplace(raw(id), result);
  }
  return unmarked_.at(raw(root));
}

}  // namespace femsynth::fem
