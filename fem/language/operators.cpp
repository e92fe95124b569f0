#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Operators between values: arithmetic, comparison, indexing.
namespace femsynth::fem {
namespace {

bool is_expression(const Value& value) { return value.is<ExprId>() || value.is_scalar(); }
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
    return form_action(ev, *left, b.as<ExprId>(), where);
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

/// a == L; the number 0 stands for a form without integrals.
Value equation(Evaluator& ev, const Value& a, const Value& b, SourceLocation where) {
  const auto side = [&](const Value& value) -> FormValue {
    if (const auto* form = value.get<FormValue>()) return *form;
    if (is_zero_number(value)) return {std::make_shared<const std::vector<Integral>>()};
    throw ev.error(where, fmt::format("an equation of {} and {}", kind_of(a), kind_of(b)));
  };
  return {EquationValue{side(a), side(b)}};
}

}  // namespace

Value restriction_call(Evaluator& ev, ExprId function, const std::vector<PassedValue>& positional,
                       bool has_keywords, SourceLocation where) {
  const auto* side =
      positional.size() == 1 && !has_keywords ? positional[0].value.get<std::string>() : nullptr;
  if (side == nullptr) {
    throw ev.error(where,
                   "evaluation of an expression at a point is not supported (only "
                   "restrictions, f('+') and f('-'), are calls)");
  }
  if (*side != "+" && *side != "-") {
    throw ev.error(positional[0].where,
                   fmt::format("the sides of a facet are '+' and '-', not '{}'", *side));
  }
  count_walk(ev, function, where);
  return ev.located(
      where, [&]() -> Value { return {restricted(ev.graph(), function, *side == "+" ? 0 : 1)}; });
}

Value Evaluator::binary(const std::string& op, const Value& a, const Value& b,
                        SourceLocation where) {
  count_step(where);
  if (a.is<bool>() && (b.is_scalar() || b.is<bool>())) {
    return binary(op, Value{std::int64_t{a.as<bool>()}}, b, where);
  }
  if (b.is<bool>() && a.is_scalar()) {
    return binary(op, a, Value{std::int64_t{b.as<bool>()}}, where);
  }
  if (a.is_scalar() && b.is_scalar() && op != "@") {
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
    if (op == "*" || op == "+") {
      const Family family = op == "*" ? Family::mixed : Family::enriched;
      return {composed_element(*this, family, {a.as<Element>(), b.as<Element>()}, where)};
    }
  }
  if (auto value = container_operator(op, a, b, where)) return *value;
  throw error(where,
              fmt::format("the operator '{}' is not for {} and {}", op, kind_of(a), kind_of(b)));
}

Value Evaluator::compare(const std::string& op, const Value& a, const Value& b,
                         SourceLocation where, bool chained) {
  const bool equality = op == "==" || op == "!=";
  if (op == "is") return {is_identical(a, b)};
  if (op == "is not") return {!is_identical(a, b)};
  if (op == "in") return {contains(b, a, where)};
  if (op == "not in") return {!contains(b, a, where)};
  const bool has_expression = a.is<ExprId>() || b.is<ExprId>();
  if (has_expression && is_expression(a) && is_expression(b)) {
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
  if (equality && (a.is<FormValue>() || b.is<FormValue>())) {
    if (op == "!=") throw error(where, "'!=' of forms: a == L is an equation");
    return equation(*this, a, b, where);
  }
  if (op == "==") return {equal(a, b, where)};
  if (op == "!=") return {!equal(a, b, where)};
  if (op == "<") return {less(op, a, b, where)};
  if (op == ">") return {less(op, b, a, where)};
  // a <= b is not b < a: there is no number that is not one.
  return {op == "<=" ? !less(op, b, a, where) : !less(op, a, b, where)};
}

Value Evaluator::subscript(const Value& object, const Value& index, SourceLocation where) {
  if (const auto* tensor = object.get<ExprId>()) {
    return expression_subscript(*this, *tensor, index, where);
  }
  return container_subscript(object, index, where);
}

}  // namespace femsynth::fem
