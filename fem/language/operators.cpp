#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Operators between values: arithmetic, comparison, indexing.
namespace femsynth::fem {
namespace {

bool is_expression(const Value& value) { return value.is<ExprId>() || value.is_number(); }
bool is_zero_number(const Value& value) { return value.is_number() && value.number() == 0; }
bool is_measure(const Value& value) { return value.is<MeasureValue>() || value.is<MeasureSum>(); }

std::vector<MeasureValue> measures_of(const Value& value) {
  if (const auto* one = value.get<MeasureValue>()) return {*one};
  return value.as<MeasureSum>().measures;
}

/// Operators with a form on one side; nothing if they mean nothing.
std::optional<Value> form_operator(Evaluator& ev, const std::string& op, const Value& a,
                                   const Value& b, SourceLocation where) {
  const auto* left = a.get<FormValue>();
  const auto* right = b.get<FormValue>();
  if (op == "+" && left != nullptr && is_zero_number(b)) return a;
  if (op == "+" && right != nullptr && is_zero_number(a)) return b;
  if ((op == "+" || op == "-") && left != nullptr && right != nullptr) {
    if (op == "+") return Value{add_forms(ev, *left, *right, where)};
    const ExprId minus = ev.expression(Value{std::int64_t{-1}}, where);
    return Value{add_forms(ev, *left, scale_form(ev, minus, *right, where), where)};
  }
  if (op == "*" && right != nullptr && is_expression(a)) {
    return Value{scale_form(ev, ev.expression(a, where), *right, where)};
  }
  if (op == "*" && left != nullptr && b.is_number()) {
    return Value{scale_form(ev, ev.expression(b, where), *left, where)};
  }
  if (op == "*" && left != nullptr && b.is<ExprId>()) {
    throw ev.error(where, "a form times a function is its action, which is not supported yet");
  }
  return std::nullopt;
}

std::optional<Value> measure_operator(Evaluator& ev, const std::string& op, const Value& a,
                                      const Value& b, SourceLocation where) {
  if (op == "*" && is_measure(b) && is_expression(a)) {
    return integrate(ev, ev.expression(a, where), b, where);
  }
  if (op == "+" && is_measure(a) && is_measure(b)) {
    MeasureSum sum{measures_of(a)};
    std::ranges::copy(measures_of(b), std::back_inserter(sum.measures));
    if (sum.measures.size() > limits::integrals) {
      throw ev.error(where, fmt::format("more than {} measures in a sum", limits::integrals));
    }
    return Value{std::move(sum)};
  }
  if (op == "*" && is_measure(a) && is_expression(b)) {
    throw ev.error(where, "the measure comes last: integrand*dx");
  }
  return std::nullopt;
}

Value expression_operator(Evaluator& ev, const std::string& op, const Value& a, const Value& b,
                          SourceLocation where) {
  // The number 0 is added to tensors of any shape, so that sum() works on them.
  if (op == "+" && is_zero_number(a)) return b;
  if (op == "+" && is_zero_number(b)) return a;
  const ExprId x = ev.expression(a, where);
  const ExprId y = ev.expression(b, where);
  return ev.located(where, [&]() -> Value {
    ExprGraph& g = ev.graph();
    if (op == "+") return {add(g, x, y)};
    if (op == "-") return {subtract(g, x, y)};
    if (op == "*") return {multiply(g, x, y)};
    if (op == "/") return {divide(g, x, y)};
    if (op == "**") return {power(g, x, y)};
    throw InputError(fmt::format("the operator '{}' is not for expressions", op));
  });
}

/// One axis' entry in A[…].
Index axis_index(Evaluator& ev, const Value& value, int extent, SourceLocation where) {
  if (const auto* label = value.get<IndexLabel>()) return {true, label->label};
  if (const auto* number = value.get<std::int64_t>()) {
    const std::int64_t component = *number < 0 ? *number + extent : *number;
    if (component < 0 || component >= extent) {
      throw ev.error(
          where, fmt::format("index {} is out of range for an axis of extent {}", *number, extent));
    }
    return {false, static_cast<std::int32_t>(component)};
  }
  throw ev.error(where,
                 fmt::format("an index is an integer, an Index or ':', not {}", kind_of(value)));
}

/// The entries of A[…], one an axis: '...' and what is left out become slices.
std::vector<Value> index_entries(Evaluator& ev, const Value& index, std::size_t rank,
                                 const std::string& what, SourceLocation where) {
  std::vector<Value> given;
  if (const auto* sequence = index.get<Sequence>()) {
    given = *sequence->items;
  } else {
    given = {index};
  }
  const auto is_ellipsis = [](const Value& value) { return value.is<Ellipsis>(); };
  const auto ellipses = static_cast<std::size_t>(std::ranges::count_if(given, is_ellipsis));
  if (ellipses > 1) throw ev.error(where, "an index with two '...'");
  if (given.size() - ellipses > rank) {
    throw ev.error(where, fmt::format("{} indices for {}", given.size() - ellipses, what));
  }
  if (ellipses == 0) given.push_back({Ellipsis{}});
  std::vector<Value> entries;
  for (const Value& value : given) {
    if (is_ellipsis(value)) {
      entries.insert(entries.end(), rank + 1 - given.size(), Value{Slice{}});
    } else {
      entries.push_back(value);
    }
  }
  return entries;
}

Value expression_subscript(Evaluator& ev, ExprId tensor, const Value& index, SourceLocation where) {
  ExprGraph& g = ev.graph();
  const Shape shape = g[tensor].shape;
  if (shape.empty()) {
    throw ev.error(where, fmt::format("{} has no components to index", describe(g, tensor)));
  }
  const std::vector<Value> entries =
      index_entries(ev, index, shape.size(), describe(g, tensor), where);
  std::vector<Index> indices;
  std::vector<std::int32_t> slices;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (entries[axis].is<Slice>()) {
      slices.push_back(g.new_label());
      indices.push_back({true, slices.back()});
    } else {
      indices.push_back(axis_index(ev, entries[axis], shape[axis], where));
    }
  }
  return ev.located(
      where, [&]() -> Value { return {component_tensor(g, indexed(g, tensor, indices), slices)}; });
}

}  // namespace

Value Evaluator::binary(const std::string& op, const Value& a, const Value& b,
                        SourceLocation where) {
  count_step(where);
  if (a.is_number() && b.is_number() && op != "@") {
    return located(where, [&] { return number_arithmetic(op, a, b); });
  }
  if (op == "@" && is_expression(a) && is_expression(b)) {
    throw error(where, "the operator '@' is not supported: use dot()");
  }
  if (is_expression(a) && is_expression(b)) return expression_operator(*this, op, a, b, where);
  if (a.is<FormValue>() || b.is<FormValue>()) {
    if (auto value = form_operator(*this, op, a, b, where)) return *value;
  } else if (is_measure(a) || is_measure(b)) {
    if (auto value = measure_operator(*this, op, a, b, where)) return *value;
  }
  if (a.is<Element>() && b.is<Element>()) {
    throw error(where, "mixed and enriched elements are not supported yet");
  }
  const auto* left = a.get<Sequence>();
  const auto* right = b.get<Sequence>();
  if (op == "+" && left != nullptr && right != nullptr && left->is_tuple == right->is_tuple) {
    std::vector<Value> all = *left->items;
    all.insert(all.end(), right->items->begin(), right->items->end());
    if (all.size() > limits::list_length) {
      throw error(where, fmt::format("a list of more than {} items", limits::list_length));
    }
    return make_sequence(std::move(all), left->is_tuple);
  }
  throw error(where,
              fmt::format("the operator '{}' is not for {} and {}", op, kind_of(a), kind_of(b)));
}

Value Evaluator::compare(const std::string& op, const Value& a, const Value& b,
                         SourceLocation where, bool chained) {
  const bool equality = op == "==" || op == "!=";
  if (a.is_number() && b.is_number()) {
    const auto order = a.is<std::int64_t>() && b.is<std::int64_t>()
                           ? std::partial_ordering(a.as<std::int64_t>() <=> b.as<std::int64_t>())
                           : a.number() <=> b.number();
    if (op == "<") return {order < 0};
    if (op == ">") return {order > 0};
    if (op == "<=") return {order <= 0};
    if (op == ">=") return {order >= 0};
    return {(order == 0) == (op == "==")};
  }
  if (is_expression(a) && is_expression(b)) {
    if (equality) {
      throw error(where, fmt::format("'{}' compares expressions as Python objects: use {}()", op,
                                     op == "==" ? "eq" : "ne"));
    }
    if (chained) throw error(where, "comparisons of expressions cannot be chained: use And()");
    const Op node = op == "<" ? Op::lt : op == "<=" ? Op::le : op == ">" ? Op::gt : Op::ge;
    const ExprId x = expression(a, where);
    const ExprId y = expression(b, where);
    return located(where, [&]() -> Value { return {fem::compare(graph_, node, x, y)}; });
  }
  if (equality) {
    const bool wanted = op == "==";
    if (a.is<std::string>() && b.is<std::string>()) {
      return {(a.as<std::string>() == b.as<std::string>()) == wanted};
    }
    if (a.is<meshes::CellType>() && b.is<meshes::CellType>()) {
      return {(a.as<meshes::CellType>() == b.as<meshes::CellType>()) == wanted};
    }
    if (a.is<FormValue>() || b.is<FormValue>()) {
      throw error(where, "equations between forms are not supported: define a and L");
    }
  }
  throw error(where, fmt::format("'{}' is not for {} and {}", op, kind_of(a), kind_of(b)));
}

Value Evaluator::subscript(const Value& object, const Value& index, SourceLocation where) {
  if (const auto* tensor = object.get<ExprId>()) {
    return expression_subscript(*this, *tensor, index, where);
  }
  const auto* sequence = object.get<Sequence>();
  if (sequence == nullptr) {
    throw error(where, fmt::format("{} cannot be indexed", kind_of(object)));
  }
  const auto* number = index.get<std::int64_t>();
  if (number == nullptr) {
    throw error(where, fmt::format("an index into {} is an integer, not {}", kind_of(object),
                                   kind_of(index)));
  }
  const auto size = static_cast<std::int64_t>(sequence->items->size());
  const std::int64_t at = *number < 0 ? *number + size : *number;
  if (at < 0 || at >= size) {
    throw error(where, fmt::format("index {} is out of range for {} of {} items", *number,
                                   kind_of(object), size));
  }
  return (*sequence->items)[static_cast<std::size_t>(at)];
}

std::vector<Value> Evaluator::items(const Value& value, SourceLocation where) {
  if (const auto* sequence = value.get<Sequence>()) return *sequence->items;
  if (const auto* tensor = value.get<ExprId>(); tensor != nullptr && !graph_[*tensor].is_scalar()) {
    std::vector<Value> all;
    const int count = graph_[*tensor].shape[0];
    for (std::int64_t k = 0; k < count; ++k) all.push_back(subscript(value, {k}, where));
    return all;
  }
  const std::string what =
      value.is<ExprId>() ? describe(graph_, value.as<ExprId>()) : kind_of(value);
  throw error(where, fmt::format("{} has no items", what));
}

}  // namespace femsynth::fem
