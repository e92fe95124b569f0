#include "fem/form/operands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"

namespace femsynth::fem {

std::string describe(const ExprGraph& g, ExprId id) {
  const Node& node = g[id];
  if (is_condition(node.op)) return "a condition";
  std::string text = "a scalar";
  if (!node.shape.empty()) {
    const char* kind = node.shape.size() == 1   ? "vector"
                       : node.shape.size() == 2 ? "matrix"
                                                : "tensor";
    text = fmt::format("a {} of shape {}", kind, to_string(node.shape));
  }
  if (node.free.size() == 1) text += " with a free index";
  if (node.free.size() > 1) text += " with free indices";
  return text;
}

void require_value(const ExprGraph& g, ExprId id, const char* what) {
  if (is_condition(g[id].op)) {
    throw InputError(fmt::format(
        "{} of a condition (a condition is only for conditional(), And(), Or(), Not())", what));
  }
}

void require_true_scalar(const ExprGraph& g, ExprId id, const char* what) {
  require_value(g, id, what);
  if (!g[id].is_scalar() || !g[id].free.empty()) {
    throw InputError(
        fmt::format("{} of {} (it needs a scalar without free indices)", what, describe(g, id)));
  }
}

std::vector<FreeIndex> merge_free(const std::vector<FreeIndex>& a,
                                  const std::vector<FreeIndex>& b) {
  std::vector<FreeIndex> all;
  all.reserve(a.size() + b.size());
  std::ranges::merge(a, b, std::back_inserter(all));
  const auto same = [](const FreeIndex& x, const FreeIndex& y) {
    if (x.label == y.label && x.extent != y.extent) {
      throw InputError(fmt::format("one index runs over axes of extents {} and {}",
                                   std::min(x.extent, y.extent), std::max(x.extent, y.extent)));
    }
    return x.label == y.label;
  };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  return all;
}

std::vector<std::int32_t> shared_labels(const std::vector<FreeIndex>& a,
                                        const std::vector<FreeIndex>& b) {
  std::vector<std::int32_t> labels;
  for (const FreeIndex& x : a) {
    for (const FreeIndex& y : b) {
      if (x.label == y.label) labels.push_back(x.label);
    }
  }
  return labels;
}

std::vector<FreeIndex> without_label(const std::vector<FreeIndex>& free, std::int32_t label) {
  std::vector<FreeIndex> rest;
  for (const FreeIndex& index : free) {
    if (index.label != label) rest.push_back(index);
  }
  return rest;
}

bool is_zero(const ExprGraph& g, ExprId id) { return g[id].op == Op::zero; }

bool is_literal(const ExprGraph& g, ExprId id) {
  const Node& node = g[id];
  return node.op == Op::real || (node.op == Op::zero && node.shape.empty() && node.free.empty());
}

double literal_value(const ExprGraph& g, ExprId id) {
  return g[id].op == Op::zero ? 0.0 : g[id].value;
}

}  // namespace femsynth::fem
