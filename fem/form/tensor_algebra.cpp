#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"

// Products of tensors, operators on matrices, derivatives and index notation.
namespace femsynth::fem {
namespace {

/// "inner() of a scalar and a vector of shape (2,)".
InputError misfit(const ExprGraph& g, const char* what, ExprId a, ExprId b) {
  return InputError(fmt::format("{} of {} and {}", what, describe(g, a), describe(g, b)));
}

/// The free indices of a product that sums over none of them.
std::vector<FreeIndex> disjoint_free(const ExprGraph& g, const char* what, ExprId a, ExprId b) {
  if (!shared_labels(g[a].free, g[b].free).empty()) {
    throw InputError(fmt::format("{} of tensors that share a free index", what));
  }
  return merge_free(g[a].free, g[b].free);
}

ExprId contraction(ExprGraph& g, Node node) {
  for (ExprId operand : node.operands) {
    if (is_zero(g, operand)) return zero(g, std::move(node.shape), std::move(node.free));
  }
  return g.intern(std::move(node));
}

const char* written_name(Op op) {
  switch (op) {
    case Op::trace:
      return "tr()";
    case Op::determinant:
      return "det()";
    case Op::inverse:
      return "inv()";
    case Op::cofactor:
      return "cofac()";
    case Op::transpose:
      return "transpose()";
    case Op::sym:
      return "sym()";
    case Op::skew:
      return "skew()";
    case Op::dev:
      return "dev()";
    default:
      throw InternalError(fmt::format("{} is no operator on matrices", name_of(op)));
  }
}

bool is_constant_terminal(Op op) {
  return op == Op::zero || op == Op::real || op == Op::identity || op == Op::constant;
}

void require_no_free(const ExprGraph& g, const char* what, ExprId a) {
  if (!g[a].free.empty()) {
    throw InputError(
        fmt::format("{} of {}: free indices are not allowed here", what, describe(g, a)));
  }
}

}  // namespace

ExprId inner(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "inner()");
  require_value(g, b, "inner()");
  if (g[a].shape != g[b].shape) throw misfit(g, "inner()", a, b);
  if (g[a].is_scalar() && (is_literal(g, b) || !shared_labels(g[a].free, g[b].free).empty())) {
    return multiply(g, a, complex_part(g, Op::conj, b));
  }
  return contraction(
      g, {.op = Op::inner, .operands = {a, b}, .free = disjoint_free(g, "inner()", a, b)});
}

ExprId dot(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "dot()");
  require_value(g, b, "dot()");
  const Shape& sa = g[a].shape;
  const Shape& sb = g[b].shape;
  if (sa.empty() && sb.empty()) return multiply(g, a, b);
  if (sa.empty() || sb.empty() || sa.back() != sb.front()) throw misfit(g, "dot()", a, b);
  Shape shape(sa.begin(), sa.end() - 1);
  shape.insert(shape.end(), sb.begin() + 1, sb.end());
  return contraction(g, {.op = Op::dot,
                         .operands = {a, b},
                         .shape = std::move(shape),
                         .free = disjoint_free(g, "dot()", a, b)});
}

ExprId outer(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "outer()");
  require_value(g, b, "outer()");
  if (g[a].is_scalar() || g[b].is_scalar()) {
    return multiply(g, complex_part(g, Op::conj, a), b);
  }
  Shape shape = g[a].shape;
  shape.insert(shape.end(), g[b].shape.begin(), g[b].shape.end());
  return contraction(g, {.op = Op::outer,
                         .operands = {a, b},
                         .shape = std::move(shape),
                         .free = disjoint_free(g, "outer()", a, b)});
}

ExprId cross(ExprGraph& g, ExprId a, ExprId b) {
  require_value(g, a, "cross()");
  require_value(g, b, "cross()");
  if (g[a].shape != Shape{3} || g[b].shape != Shape{3}) {
    throw InputError(fmt::format("cross() of {} and {} (it needs two vectors of shape (3,))",
                                 describe(g, a), describe(g, b)));
  }
  return contraction(g, {.op = Op::cross,
                         .operands = {a, b},
                         .shape = {3},
                         .free = disjoint_free(g, "cross()", a, b)});
}

ExprId matrix_operator(ExprGraph& g, Op op, ExprId a) {
  const char* what = written_name(op);
  require_value(g, a, what);
  const Shape shape = g[a].shape;
  if (shape.empty()) {  // as in UFL, a scalar stands for a 1×1 matrix in these three
    if (op == Op::transpose || op == Op::determinant) return a;
    if (op == Op::inverse) return divide(g, real(g, 1), a);
  }
  if (shape.size() != 2) {
    throw InputError(fmt::format("{} of {} (it needs a matrix)", what, describe(g, a)));
  }
  if (op == Op::transpose) {
    return contraction(
        g, {.op = op, .operands = {a}, .shape = {shape[1], shape[0]}, .free = g[a].free});
  }
  if (shape[0] != shape[1]) {
    throw InputError(fmt::format("{} of {} (it needs a square matrix)", what, describe(g, a)));
  }
  if (op == Op::determinant || op == Op::inverse || op == Op::cofactor) {
    require_no_free(g, what, a);
    if (shape[0] > 3) {
      throw InputError(fmt::format("{} of {} (supported up to 3×3)", what, describe(g, a)));
    }
    if (op == Op::inverse && is_zero(g, a)) throw InputError("inv() of a zero matrix");
  }
  const bool scalar = op == Op::trace || op == Op::determinant;
  return contraction(
      g, {.op = op, .operands = {a}, .shape = scalar ? Shape{} : shape, .free = g[a].free});
}

ExprId grad(ExprGraph& g, ExprId f) {
  require_value(g, f, "grad()");
  Shape shape = g[f].shape;
  shape.push_back(g.dim());
  if (is_constant_terminal(g[f].op)) return zero(g, std::move(shape), g[f].free);
  return g.intern({.op = Op::grad, .operands = {f}, .shape = std::move(shape), .free = g[f].free});
}

ExprId div(ExprGraph& g, ExprId f) {
  require_value(g, f, "div()");
  require_no_free(g, "div()", f);
  const Shape& shape = g[f].shape;
  if (shape.empty() || shape.back() != g.dim()) {
    throw InputError(fmt::format("div() of {} in {} dimension{} (its last extent must be {})",
                                 describe(g, f), g.dim(), g.dim() == 1 ? "" : "s", g.dim()));
  }
  Shape rest(shape.begin(), shape.end() - 1);
  if (is_constant_terminal(g[f].op)) return zero(g, std::move(rest));
  return g.intern({.op = Op::div, .operands = {f}, .shape = std::move(rest)});
}

ExprId curl(ExprGraph& g, ExprId f) {
  require_value(g, f, "curl()");
  require_no_free(g, "curl()", f);
  const Shape& from = g[f].shape;
  Shape to;
  if (g.dim() == 3 && from == Shape{3}) {
    to = {3};
  } else if (g.dim() == 2 && from.empty()) {
    to = {2};
  } else if (!(g.dim() == 2 && from == Shape{2})) {
    throw InputError(fmt::format("curl() of {} in {} dimension{}", describe(g, f), g.dim(),
                                 g.dim() == 1 ? "" : "s"));
  }
  if (is_constant_terminal(g[f].op)) return zero(g, std::move(to));
  return g.intern({.op = Op::curl, .operands = {f}, .shape = std::move(to)});
}

ExprId indexed(ExprGraph& g, ExprId a, std::vector<Index> indices) {
  require_value(g, a, "component");
  const Shape shape = g[a].shape;
  if (shape.empty()) throw InputError("a scalar has no components to index");
  if (indices.size() != shape.size()) {
    throw InputError(fmt::format("{} {} for {}", indices.size(),
                                 indices.size() == 1 ? "index" : "indices", describe(g, a)));
  }
  std::vector<FreeIndex> free = g[a].free;
  std::vector<std::int32_t> repeated;
  bool all_fixed = true;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const auto [is_free, value] = indices[axis];
    if (!is_free) {
      if (value < 0 || value >= shape[axis]) {
        throw InputError(fmt::format("index {} is out of range for {}", value, describe(g, a)));
      }
      continue;
    }
    all_fixed = false;
    const std::vector<FreeIndex> one{{value, shape[axis]}};
    if (!shared_labels(free, one).empty()) {
      if (std::ranges::find(repeated, value) != repeated.end()) {
        throw InputError("an index occurs more than twice");
      }
      repeated.push_back(value);
    }
    free = merge_free(free, one);
  }
  ExprId component{};
  if (is_zero(g, a)) {
    component = zero(g, {}, std::move(free));
  } else if (g[a].op == Op::identity && all_fixed) {
    component = real(g, indices[0] == indices[1] ? 1 : 0);
  } else {
    component = g.intern({.op = Op::indexed,
                          .operands = {a},
                          .indices = std::move(indices),
                          .free = std::move(free)});
  }
  for (std::int32_t label : repeated) component = index_sum(g, component, label);
  return component;
}

ExprId index_sum(ExprGraph& g, ExprId a, std::int32_t label) {
  require_value(g, a, "sum over an index");
  std::vector<FreeIndex> rest = without_label(g[a].free, label);
  if (rest.size() == g[a].free.size()) throw InputError("sum over an index that is not free");
  if (is_zero(g, a)) return zero(g, g[a].shape, std::move(rest));
  return g.intern({.op = Op::index_sum,
                   .operands = {a},
                   .indices = {{true, label}},
                   .shape = g[a].shape,
                   .free = std::move(rest)});
}

ExprId component_tensor(ExprGraph& g, ExprId a, std::span<const std::int32_t> labels) {
  require_value(g, a, "as_tensor()");
  if (!g[a].is_scalar()) {
    throw InputError(
        fmt::format("as_tensor() with indices of {} (it needs a scalar)", describe(g, a)));
  }
  if (labels.empty()) return a;
  Node node{.op = Op::component_tensor, .operands = {a}, .free = g[a].free};
  for (std::int32_t label : labels) {
    const auto it = std::ranges::find(g[a].free, label, &FreeIndex::label);
    if (it == g[a].free.end()) {
      throw InputError("as_tensor() over an index that is not free in its expression");
    }
    const Index index{true, label};
    if (std::ranges::find(node.indices, index) != node.indices.end()) {
      throw InputError("as_tensor() over the same index twice");
    }
    node.indices.push_back(index);
    node.shape.push_back(it->extent);
    node.free = without_label(node.free, label);
  }
  // (A_ij) over i, j is A.
  if (g[a].op == Op::indexed && g[a].indices == node.indices) return g[a].operands[0];
  return contraction(g, std::move(node));
}

ExprId list_tensor(ExprGraph& g, std::span<const ExprId> items) {
  if (items.empty()) throw InputError("a tensor without components");
  const std::vector<FreeIndex>* free = &g[items[0]].free;
  for (ExprId item : items) {
    require_value(g, item, "component");
    if (g[item].shape != g[items[0]].shape) {
      throw InputError(fmt::format("components of shapes {} and {} in one tensor",
                                   to_string(g[items[0]].shape), to_string(g[item].shape)));
    }
    if (!is_zero(g, item)) free = &g[item].free;
  }
  Node node{.op = Op::list_tensor, .shape = g[items[0]].shape, .free = *free};
  node.shape.insert(node.shape.begin(), static_cast<int>(items.size()));
  const Shape item_shape = g[items[0]].shape;
  bool all_zero = true;
  for (ExprId item : items) {
    const bool plain_zero = is_zero(g, item) && g[item].free.empty();
    if (!plain_zero && g[item].free != node.free) {
      throw InputError("components with different free indices in one tensor");
    }
    all_zero = all_zero && is_zero(g, item);
    node.operands.push_back(plain_zero ? zero(g, item_shape, node.free) : item);
  }
  if (all_zero) return zero(g, std::move(node.shape), std::move(node.free));
  return g.intern(std::move(node));
}

ExprId derivative_along(ExprGraph& g, ExprId f, Index k) {
  const ExprId gradient = grad(g, f);
  std::vector<Index> indices;
  std::vector<std::int32_t> labels;
  for (std::size_t axis = 0; axis < g[f].shape.size(); ++axis) {
    labels.push_back(g.new_label());
    indices.push_back({true, labels.back()});
  }
  indices.push_back(k);
  return component_tensor(g, indexed(g, gradient, std::move(indices)), labels);
}

}  // namespace femsynth::fem
