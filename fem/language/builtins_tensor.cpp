#include <fmt/format.h>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// ufl's tensors by components and by indices.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

/// The tensor of a nested list of scalars, or of tensors of one shape.
ExprId tensor_of(Evaluator& ev, const Value& value, SourceLocation where) {
  const auto* sequence = value.get<Sequence>();
  if (sequence == nullptr) return ev.expression(value, where);
  std::vector<ExprId> items;
  for (const Value& item : *sequence->items) {
    ev.count_step(where);
    items.push_back(tensor_of(ev, item, where));
  }
  return ev.located(where, [&] { return list_tensor(ev.graph(), items); });
}

std::vector<std::int32_t> labels_of(Args& args, std::size_t k) {
  std::vector<Value> items;
  if (const auto* sequence = args[k].get<Sequence>()) {
    items = *sequence->items;
  } else {
    items = {args[k]};
  }
  std::vector<std::int32_t> labels;
  for (const Value& item : items) {
    const auto* index = item.get<IndexLabel>();
    if (index == nullptr) {
      args.fail(k, fmt::format("expected an index but got {}", kind_of(item)));
    }
    labels.push_back(index->label);
  }
  if (labels.empty()) args.fail(k, "no indices");
  return labels;
}

/// as_tensor, as_vector (rank 1) and as_matrix (rank 2); rank 0 stands for any.
template <std::size_t rank>
Value as_tensor(Evaluator& ev, Args& args) {
  ExprId tensor{};
  if (args.has(1)) {
    const std::vector<std::int32_t> labels = labels_of(args, 1);
    tensor = component_tensor(ev.graph(), args.expression(0), labels);
  } else {
    tensor = tensor_of(ev, args[0], args.where(0));
  }
  if (rank != 0 && ev.graph()[tensor].shape.size() != rank) {
    args.fail(fmt::format("the result is {}", describe(ev.graph(), tensor)));
  }
  return {tensor};
}

Value new_index(Evaluator& ev, Args&) { return {IndexLabel{ev.graph().new_label()}}; }

Value new_indices(Evaluator& ev, Args& args) {
  const std::int64_t count = args.integer(0);
  if (count < 0 || count > limits::block_size) {
    args.fail(0, fmt::format("{} indices (0 to {} are possible)", count, limits::block_size));
  }
  std::vector<Value> indices;
  for (std::int64_t k = 0; k < count; ++k) indices.push_back(new_index(ev, args));
  return ev.tuple(std::move(indices), args.where());
}

int extent_of(Args& args, std::size_t k) {
  const std::int64_t extent = args.integer(k);
  if (extent < 1 || extent > limits::block_size) {
    args.fail(k, fmt::format("the extent {} is not in 1 to {}", extent, limits::block_size));
  }
  return static_cast<int>(extent);
}

Value identity_matrix(Evaluator& ev, Args& args) {
  return {identity(ev.graph(), extent_of(args, 0))};
}

Value zero_tensor(Evaluator& ev, Args& args) {
  Shape shape;
  for (const PassedValue& passed : args.rest()) {
    Args one(ev, args.callee(), args.where());
    one.bind("shape", {passed}, {});
    for (int extent : one.shape(0)) shape.push_back(extent);
  }
  if (shape.size() > static_cast<std::size_t>(limits::tensor_rank) ||
      size_of(shape) > limits::block_size) {
    args.fail("the shape is too large");
  }
  return {zero(ev.graph(), std::move(shape))};
}

ExprId unit(ExprGraph& g, int k, int extent) {
  std::vector<ExprId> items(static_cast<std::size_t>(extent), zero(g));
  items[static_cast<std::size_t>(k)] = real(g, 1);
  return list_tensor(g, items);
}

Value unit_vector(Evaluator& ev, Args& args) {
  const int extent = extent_of(args, 1);
  const std::int64_t k = args.integer(0);
  if (k < 0 || k >= extent) args.fail(0, fmt::format("index {} of an extent {}", k, extent));
  return {unit(ev.graph(), static_cast<int>(k), extent)};
}

Value unit_vectors(Evaluator& ev, Args& args) {
  const int extent = extent_of(args, 0);
  std::vector<Value> vectors;
  for (int k = 0; k < extent; ++k) vectors.push_back({unit(ev.graph(), k, extent)});
  return ev.tuple(std::move(vectors), args.where());
}

/// e_i ⊗ e_j in d dimensions.
ExprId unit_of(ExprGraph& g, int i, int j, int extent) {
  std::vector<ExprId> rows(static_cast<std::size_t>(extent), zero(g, {extent}));
  rows[static_cast<std::size_t>(i)] = unit(g, j, extent);
  return list_tensor(g, rows);
}

Value unit_matrix(Evaluator& ev, Args& args) {
  const int extent = extent_of(args, 2);
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
    const std::int64_t at = args.integer(k);
    if (at < 0 || at >= extent) args.fail(k, fmt::format("index {} of an extent {}", at, extent));
  }
  return {unit_of(ev.graph(), static_cast<int>(args.integer(0)), static_cast<int>(args.integer(1)),
                  extent)};
}

Value unit_matrices(Evaluator& ev, Args& args) {
  const int extent = extent_of(args, 0);
  std::vector<Value> matrices;
  for (int i = 0; i < extent; ++i) {
    for (int j = 0; j < extent; ++j) matrices.push_back({unit_of(ev.graph(), i, j, extent)});
  }
  return ev.tuple(std::move(matrices), args.where());
}

Value product_of(Evaluator& ev, Args& args) {
  Value product{std::int64_t{1}};
  for (const Value& item : ev.items(args[0], args.where(0))) {
    product = ev.binary("*", product, item, args.where());
  }
  return product;
}

/// The diagonal matrix of a vector, or of a matrix' diagonal.
Value diagonal_matrix(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const ExprId a = args.expression(0);
  const Shape shape = g[a].shape;
  if (shape.empty() || shape.size() > 2 || shape.front() != shape.back()) {
    args.fail(0, fmt::format("{} has no diagonal matrix", describe(g, a)));
  }
  std::vector<ExprId> rows;
  for (int r = 0; r < shape[0]; ++r) {
    std::vector<ExprId> row(static_cast<std::size_t>(shape[0]), zero(g));
    row[static_cast<std::size_t>(r)] =
        indexed(g, a, std::vector<Index>(shape.size(), Index{false, r}));
    rows.push_back(list_tensor(g, row));
  }
  return {list_tensor(g, rows)};
}

Value diagonal_vector(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const ExprId a = args.expression(0);
  const Shape shape = g[a].shape;
  if (shape.size() != 2 || shape[0] != shape[1]) {
    args.fail(0, fmt::format("{} has no diagonal", describe(g, a)));
  }
  std::vector<ExprId> items;
  for (int r = 0; r < shape[0]; ++r) items.push_back(indexed(g, a, {{false, r}, {false, r}}));
  return {list_tensor(g, items)};
}

/// A binary operator on each pair of components of two tensors of one shape.
ExprId elementwise(ExprGraph& g, ExprId a, ExprId b, ExprId (*f)(ExprGraph&, ExprId, ExprId)) {
  if (g[a].shape != g[b].shape) {
    throw InputError(
        fmt::format("elementwise operator of {} and {}", describe(g, a), describe(g, b)));
  }
  const Shape shape = g[a].shape;
  if (shape.empty()) return f(g, a, b);
  std::vector<ExprId> items;
  for (int k = 0; k < shape[0]; ++k) {
    // The k-th slice along the first axis.
    std::vector<Index> indices{{false, k}};
    std::vector<std::int32_t> labels;
    for (std::size_t axis = 1; axis < shape.size(); ++axis) {
      labels.push_back(g.new_label());
      indices.push_back({true, labels.back()});
    }
    const ExprId slice_a = component_tensor(g, indexed(g, a, indices), labels);
    const ExprId slice_b = component_tensor(g, indexed(g, b, indices), labels);
    items.push_back(elementwise(g, slice_a, slice_b, f));
  }
  return list_tensor(g, items);
}

template <ExprId (*f)(ExprGraph&, ExprId, ExprId)>
Value elementwise_builtin(Evaluator& ev, Args& args) {
  const ExprId a = args.expression(0);
  return {elementwise(ev.graph(), a, args.expression(1), f)};
}

/// The tensor of op(a_I, b_I, …) over the components I of tensors of one shape.
ExprId operated(Evaluator& ev, const PassedValue& op, const std::vector<ExprId>& operands,
                std::vector<Index>& at, const Shape& shape) {
  ExprGraph& g = ev.graph();
  if (at.size() == shape.size()) {
    std::vector<PassedValue> components;
    for (const ExprId a : operands) {
      components.push_back({{shape.empty() ? a : indexed(g, a, at)}, op.where});
    }
    return ev.expression(ev.call(op.value, std::move(components), {}, op.where), op.where);
  }
  std::vector<ExprId> items;
  for (int k = 0; k < shape[at.size()]; ++k) {
    at.push_back({false, k});
    items.push_back(operated(ev, op, operands, at, shape));
    at.pop_back();
  }
  return list_tensor(g, items);
}

Value elementwise_operator(Evaluator& ev, Args& args) {
  std::vector<ExprId> operands;
  for (const PassedValue& passed : args.rest()) {
    operands.push_back(ev.expression(passed.value, passed.where));
  }
  if (operands.empty()) args.fail("no operands");
  const Shape shape = ev.graph()[operands[0]].shape;
  for (const ExprId operand : operands) {
    if (ev.graph()[operand].shape == shape) continue;
    args.fail(fmt::format("operands of shapes {} and {}", to_string(shape),
                          to_string(ev.graph()[operand].shape)));
  }
  std::vector<Index> at;
  return {operated(ev, {args[0], args.where(0)}, operands, at, shape)};
}

/// Levi-Civita's ε_{ij…} in n dimensions from the indices in `at` on.
ExprId permutation_tensor(ExprGraph& g, int n, std::vector<int>& at) {
  if (static_cast<int>(at.size()) == n) {
    double sign = 1;
    for (std::size_t k = 0; k < at.size(); ++k) {
      for (std::size_t l = k + 1; l < at.size(); ++l) {
        sign *= at[k] < at[l] ? 1 : at[k] > at[l] ? -1 : 0;
      }
    }
    return real(g, sign);
  }
  std::vector<ExprId> items;
  for (int k = 0; k < n; ++k) {
    at.push_back(k);
    items.push_back(permutation_tensor(g, n, at));
    at.pop_back();
  }
  return list_tensor(g, items);
}

Value permutation_symbol(Evaluator& ev, Args& args) {
  const std::int64_t n = args.integer(0);
  if (n < 2 || n > 4) args.fail(0, fmt::format("the dimension {} is not in 2 to 4", n));
  std::vector<int> at;
  return {permutation_tensor(ev.graph(), static_cast<int>(n), at)};
}

Value rank_of(Evaluator& ev, Args& args) {
  return {static_cast<std::int64_t>(ev.graph()[args.expression(0)].shape.size())};
}

Value shape_of(Evaluator& ev, Args& args) {
  std::vector<Value> extents;
  for (int extent : ev.graph()[args.expression(0)].shape) {
    extents.push_back({std::int64_t{extent}});
  }
  return ev.tuple(std::move(extents), args.where());
}

/// ∂/∂x of the first argument along all the others, one after another.
Value partial_derivative(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  ExprId f = args.expression(0);
  if (args.rest().empty()) args.fail("which coordinate is missing");
  for (const PassedValue& passed : args.rest()) {
    Index k;
    if (const auto* index = passed.value.get<IndexLabel>()) {
      k = {true, index->label};
    } else if (const auto* number = passed.value.get<std::int64_t>()) {
      if (*number < 0 || *number >= g.dim()) {
        throw ev.error(passed.where, fmt::format("no coordinate {} in {} dimension{}", *number,
                                                 g.dim(), g.dim() == 1 ? "" : "s"));
      }
      k = {false, static_cast<std::int32_t>(*number)};
    } else {
      throw ev.error(passed.where, fmt::format("a coordinate is an integer or an Index, not {}",
                                               kind_of(passed.value)));
    }
    f = derivative_along(g, f, k);
  }
  return {f};
}

constexpr Builtin table[] = {
    {"as_tensor", "expressions, indices=", as_tensor<0>},
    {"as_vector", "expressions, index=", as_tensor<1>},
    {"as_matrix", "expressions, indices=", as_tensor<2>},
    {"Index", "", new_index},
    {"indices", "n", new_indices},
    {"Identity", "dim", identity_matrix},
    {"zero", "*shape", zero_tensor},
    {"unit_vector", "i, d", unit_vector},
    {"unit_vectors", "d", unit_vectors},
    {"unit_matrix", "i, j, d", unit_matrix},
    {"unit_matrices", "d", unit_matrices},
    {"product", "sequence", product_of},
    {"diag", "A", diagonal_matrix},
    {"diag_vector", "A", diagonal_vector},
    {"elem_mult", "A, B", elementwise_builtin<multiply>},
    {"elem_div", "A, B", elementwise_builtin<divide>},
    {"elem_pow", "A, B", elementwise_builtin<power>},
    {"elem_op", "op, *args", elementwise_operator},
    {"PermutationSymbol", "dim", permutation_symbol},
    {"rank", "f", rank_of},
    {"shape", "f", shape_of},
    {"Dx", "f, *i", partial_derivative},
};

constexpr Builtin dx_method = {".dx", "f, *i", partial_derivative};

}  // namespace

std::span<const Builtin> tensor_builtins() { return table; }

const Builtin& dx_method_builtin() { return dx_method; }

}  // namespace femsynth::fem
