#include "fem/form/tensor_builder.hpp"

#include <algorithm>

#include "fem/form/operands.hpp"

namespace femsynth::fem {
namespace {

/// Free indices of several expressions together, ascending by label.
std::vector<FreeIndex> united_free(const ExprGraph& g, std::span<const ExprId> ids) {
  std::vector<FreeIndex> all;
  for (const ExprId id : ids) all.insert(all.end(), g[id].free.begin(), g[id].free.end());
  std::ranges::sort(all);
  const auto rest = std::ranges::unique(all);
  all.erase(rest.begin(), rest.end());
  return all;
}

Shape contracted_shape(Op op, const Shape& a, const Shape& b) {
  if (op == Op::inner) return {};
  if (op == Op::cross) return a;
  Shape shape = a;
  const std::size_t skipped = op == Op::dot ? 1 : 0;
  if (op == Op::dot) shape.pop_back();
  shape.insert(shape.end(), b.begin() + static_cast<std::ptrdiff_t>(skipped), b.end());
  return shape;
}

}  // namespace

ExprId TensorBuilder::make(Op op, std::vector<ExprId> operands, Shape shape) {
  Node node{.op = op, .shape = std::move(shape), .free = united_free(g_, operands)};
  node.operands = std::move(operands);
  return g_.intern(std::move(node));
}

ExprId TensorBuilder::zero_like(const Shape& shape, std::initializer_list<ExprId> like) {
  return zero(g_, shape, united_free(g_, std::vector<ExprId>(like)));
}

ExprId TensorBuilder::plus(ExprId a, ExprId b) {
  if (is_zero(a)) return b;
  if (is_zero(b)) return a;
  if (g_[a].op == Op::list_tensor && g_[b].op == Op::list_tensor) {
    const std::vector<ExprId> first = g_[a].operands;
    const std::vector<ExprId> second = g_[b].operands;
    std::vector<ExprId> items;
    for (std::size_t k = 0; k < first.size(); ++k) items.push_back(plus(first[k], second[k]));
    return list(items);
  }
  return add(g_, a, b);
}

ExprId TensorBuilder::scale(ExprId s, ExprId t) {
  if (!is_scalar(s)) std::swap(s, t);
  if (is_zero(s) || is_zero(t)) return zero_like(g_[t].shape, {s, t});
  if (is_literal(g_, t) && !is_literal(g_, s)) std::swap(s, t);  // literals come first
  if (g_[s].op == Op::real) {
    const double factor = g_[s].value;
    if (factor == 1) return t;
    if (g_[t].op == Op::real) return number(factor * g_[t].value);
    if (g_[t].op == Op::product && g_[g_[t].operands[0]].op == Op::real) {
      const std::vector<ExprId> factors = g_[t].operands;
      return scale(number(factor * g_[factors[0]].value), factors[1]);
    }
  }
  const bool commutes = is_scalar(s) && is_scalar(t) && g_[s].op != Op::real;
  if (commutes && raw(t) < raw(s)) {
    Node swapped{.op = Op::product, .operands = {t, s}, .shape = {}, .free = {}};
    swapped.free = united_free(g_, swapped.operands);
    if (const auto known = g_.find(swapped)) return *known;
  }
  return make(Op::product, {s, t}, g_[t].shape);
}

ExprId TensorBuilder::quotient(ExprId a, ExprId b) {
  if (is_zero(a)) return a;
  if (g_[b].op == Op::real) {
    if (g_[b].value == 1) return a;
    if (g_[a].op == Op::real) return number(g_[a].value / g_[b].value);
  }
  return make(Op::division, {a, b}, g_[a].shape);
}

ExprId TensorBuilder::power_of(ExprId f, ExprId e) {
  if (g_[e].op == Op::real && g_[e].value == 1) return f;
  if (is_zero(e)) return number(1);
  return make(Op::power, {f, e}, {});
}

/// A · I, I · A and I : A of a matrix A or vector; nothing else folds.
ExprId TensorBuilder::contracted_with_identity(Op op, ExprId a, ExprId b) {
  if (op == Op::dot) return g_[a].op == Op::identity ? b : a;
  return linear(Op::trace, g_[a].op == Op::identity ? b : a);
}

ExprId TensorBuilder::bilinear(Op op, ExprId a, ExprId b) {
  if (is_scalar(a) && is_scalar(b)) {
    if (op != Op::inner) return scale(a, b);
    // inner() of scalars stays one: in complex forms it conjugates its second operand.
    if (is_zero(a) || is_zero(b)) return zero_like({}, {a, b});
    return make(op, {a, b}, {});
  }
  const Shape shape = contracted_shape(op, g_[a].shape, g_[b].shape);
  if (is_zero(a) || is_zero(b)) return zero_like(shape, {a, b});
  const bool has_identity = g_[a].op == Op::identity || g_[b].op == Op::identity;
  // The conjugate in inner(I, A) of a complex form must not get lost.
  if (has_identity && (op == Op::dot || (op == Op::inner && g_[b].op == Op::identity))) {
    return contracted_with_identity(op, a, b);
  }
  return make(op, {a, b}, shape);
}

ExprId TensorBuilder::linear(Op op, ExprId a) {
  Shape shape = g_[a].shape;
  if (op == Op::transpose) std::swap(shape[0], shape[1]);
  if (op == Op::trace) shape = {};
  if (is_zero(a)) return zero_like(shape, {a});
  const bool is_complex_part = op == Op::conj || op == Op::real_part || op == Op::imag_part;
  if (is_complex_part && g_[a].op == Op::real) return op == Op::imag_part ? number(0) : a;
  if (op == Op::transpose && g_[a].op == Op::transpose) return g_[a].operands[0];
  if (op == Op::conj && g_[a].op == Op::conj) return g_[a].operands[0];
  if (g_[a].op == Op::identity) {
    if (op == Op::trace) return number(g_[a].shape[0]);
    if (op == Op::transpose || op == Op::sym) return a;
  }
  return make(op, {a}, shape);
}

ExprId TensorBuilder::over(const Node& node, ExprId operand) {
  if (is_zero(operand)) return zero(g_, node.shape, node.free);
  if (node.op == Op::indexed) return component(operand, node.indices);
  Node copy = node;
  copy.operands = {operand};
  return g_.intern(std::move(copy));
}

ExprId TensorBuilder::component(ExprId a, std::vector<Index> indices) {
  if (indices.empty()) return a;
  const Shape shape = g_[a].shape;
  std::vector<FreeIndex> free = g_[a].free;
  bool all_fixed = true;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (!indices[axis].free) continue;
    all_fixed = false;
    free = merge_free(free, {{indices[axis].value, shape[axis]}});
  }
  if (is_zero(a)) return zero(g_, {}, std::move(free));
  if (g_[a].op == Op::identity && all_fixed) return number(indices[0] == indices[1] ? 1 : 0);
  if (g_[a].op == Op::list_tensor && !indices[0].free) {
    const ExprId item = g_[a].operands[static_cast<std::size_t>(indices[0].value)];
    return component(item, {indices.begin() + 1, indices.end()});
  }
  if (g_[a].op == Op::component_tensor) {
    // (T[…i…])_i at j is T[…j…], where no index can be captured.
    const Node& body = g_[g_[a].operands[0]];
    if (body.op == Op::indexed && g_[body.operands[0]].free.empty() && g_[a].free.empty()) {
      std::vector<Index> inner = body.indices;
      for (Index& index : inner) {
        if (!index.free) continue;
        index = indices[static_cast<std::size_t>(std::ranges::find(g_[a].indices, index) -
                                                 g_[a].indices.begin())];
      }
      return component(body.operands[0], std::move(inner));
    }
  }
  return g_.intern(
      {.op = Op::indexed, .operands = {a}, .indices = std::move(indices), .free = std::move(free)});
}

ExprId TensorBuilder::list(std::span<const ExprId> items) { return list_tensor(g_, items); }

ExprId TensorBuilder::stacked(std::vector<ExprId> items, const Shape& shape) {
  for (auto extent = shape.rbegin(); extent != shape.rend(); ++extent) {
    const auto count = static_cast<std::size_t>(*extent);
    std::vector<ExprId> rows;
    for (std::size_t k = 0; k < items.size(); k += count) {
      rows.push_back(list(std::span(items).subspan(k, count)));
    }
    items = std::move(rows);
  }
  return items[0];
}

ExprId TensorBuilder::tensor(ExprId scalar, const std::vector<std::int32_t>& labels) {
  return labels.empty() ? scalar : component_tensor(g_, scalar, labels);
}

ExprId TensorBuilder::choose(ExprId condition, ExprId a, ExprId b) {
  if (is_zero(a) && is_zero(b)) return a;
  return conditional(g_, condition, a, b);
}

std::vector<std::int32_t> TensorBuilder::labels_for(const Shape& shape) {
  std::vector<std::int32_t> labels(shape.size());
  for (std::int32_t& label : labels) label = g_.new_label();
  return labels;
}

std::vector<Index> TensorBuilder::free_indices(const std::vector<std::int32_t>& labels) {
  std::vector<Index> indices;
  for (const std::int32_t label : labels) indices.push_back({true, label});
  return indices;
}

ExprId TensorBuilder::last_fixed(ExprId t, int k) {
  Shape shape = g_[t].shape;
  shape.pop_back();
  const std::vector<std::int32_t> labels = labels_for(shape);
  std::vector<Index> indices = free_indices(labels);
  indices.push_back({false, k});
  return tensor(component(t, std::move(indices)), labels);
}

ExprId TensorBuilder::rotate_axes(ExprId t, std::size_t count) {
  const Shape shape = g_[t].shape;
  if (count == 0 || count == shape.size()) return t;
  Shape rotated(shape.begin() + static_cast<std::ptrdiff_t>(count), shape.end());
  rotated.insert(rotated.end(), shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(count));
  if (is_zero(t)) return zero(g_, std::move(rotated), g_[t].free);
  std::vector<std::int32_t> labels = labels_for(shape);
  const ExprId scalar = component(t, free_indices(labels));
  std::ranges::rotate(labels, labels.begin() + static_cast<std::ptrdiff_t>(count));
  return tensor(scalar, labels);
}

ExprId TensorBuilder::rebuilt(const Node& node, ExprId id, std::vector<ExprId> operands) {
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
      return bilinear(node.op, operands[0], operands[1]);
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
      return linear(node.op, operands[0]);
    case Op::division:
      return quotient(operands[0], operands[1]);
    case Op::power:
      return power_of(operands[0], operands[1]);
    case Op::indexed:
    case Op::index_sum:
    case Op::restricted:
      return over(node, operands[0]);
    case Op::component_tensor: {
      std::vector<std::int32_t> labels;
      for (const Index& index : node.indices) labels.push_back(index.value);
      return tensor(operands[0], labels);
    }
    case Op::list_tensor:
      return list(operands);
    case Op::conditional:
      return choose(operands[0], operands[1], operands[2]);
    default:
      break;
  }
  Node copy = node;
  copy.operands = std::move(operands);
  return g_.intern(std::move(copy));
}

}  // namespace femsynth::fem
