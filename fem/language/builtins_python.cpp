#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Python's own functions, and those of the module math.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

Value absolute(Evaluator& ev, Args& args) {
  const Value& value = args[0];
  if (const auto* integer = value.get<std::int64_t>()) {
    return *integer < 0 ? ev.binary("*", value, {std::int64_t{-1}}, args.where(0)) : value;
  }
  if (const auto* real = value.get<double>()) return {std::abs(*real)};
  return {function(ev.graph(), Op::abs, args.expression(0))};
}

Value length(Evaluator& ev, Args& args) {
  if (const auto* sequence = args[0].get<Sequence>()) {
    return {static_cast<std::int64_t>(sequence->items->size())};
  }
  const ExprId id = args.expression(0);
  const Shape& shape = ev.graph()[id].shape;
  if (shape.empty()) args.fail(0, fmt::format("{} has no length", describe(ev.graph(), id)));
  return {std::int64_t{shape[0]}};
}

Value sum_of(Evaluator& ev, Args& args) {
  Value total = args.has(1) ? args[1] : Value{std::int64_t{0}};
  for (const Value& item : ev.items(args[0], args.where(0))) {
    total = ev.binary("+", total, item, args.where());
  }
  return total;
}

Value range(Evaluator&, Args& args) {
  std::int64_t begin = args.has(1) ? args.integer(0) : 0;
  const std::int64_t end = args.integer(args.has(1) ? 1 : 0);
  const std::int64_t step = args.has(2) ? args.integer(2) : 1;
  if (step == 0) args.fail(2, "the step is 0");
  std::vector<Value> items;
  // Bounds have at most 18 digits, so the sums stay in 64 bits.
  for (; step > 0 ? begin < end : begin > end; begin += step) {
    if (items.size() >= limits::list_length) {
      args.fail(fmt::format("a range of more than {} items", limits::list_length));
    }
    items.push_back({begin});
  }
  return make_sequence(std::move(items), /*is_tuple=*/false);
}

/// The least (sign < 0) or greatest of numbers.
template <int sign>
Value extreme(Evaluator& ev, Args& args) {
  std::vector<Value> items;
  for (const PassedValue& passed : args.rest()) items.push_back(passed.value);
  if (items.size() == 1) items = ev.items(items[0], args.rest()[0].where);
  if (items.empty()) args.fail("no values");
  for (const Value& item : items) {
    if (!item.is_number()) {
      args.fail(fmt::format("expected numbers but got {} (for expressions: {})", kind_of(item),
                            sign < 0 ? "min_value()" : "max_value()"));
    }
  }
  const auto less = [](const Value& a, const Value& b) {
    return sign < 0 ? a.number() < b.number() : a.number() > b.number();
  };
  return *std::ranges::min_element(items, less);
}

Value to_float(Evaluator&, Args& args) {
  if (!args[0].is_number()) args.fail(0, fmt::format("{} is no number", kind_of(args[0])));
  return {args[0].number()};
}

Value to_int(Evaluator&, Args& args) {
  if (!args[0].is_number()) args.fail(0, fmt::format("{} is no number", kind_of(args[0])));
  if (args[0].is<std::int64_t>()) return args[0];
  const double value = std::trunc(args[0].number());
  if (std::abs(value) >= 1e18) args.fail(0, "the integer has more than 18 digits");
  return {static_cast<std::int64_t>(value)};
}

template <bool is_tuple>
Value to_sequence(Evaluator& ev, Args& args) {
  return make_sequence(ev.items(args[0], args.where(0)), is_tuple);
}

Value enumerate(Evaluator& ev, Args& args) {
  std::vector<Value> pairs;
  for (Value& item : ev.items(args[0], args.where(0))) {
    const auto k = static_cast<std::int64_t>(pairs.size());
    pairs.push_back(make_sequence({Value{k}, std::move(item)}, /*is_tuple=*/true));
  }
  return make_sequence(std::move(pairs), /*is_tuple=*/false);
}

Value zip(Evaluator& ev, Args& args) {
  std::vector<std::vector<Value>> columns;
  for (const PassedValue& passed : args.rest()) {
    columns.push_back(ev.items(passed.value, passed.where));
  }
  std::size_t count = columns.empty() ? 0 : columns[0].size();
  for (const auto& column : columns) count = std::min(count, column.size());
  std::vector<Value> rows;
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<Value> row;
    for (const auto& column : columns) {
      ev.count_step(args.where());
      row.push_back(column[k]);
    }
    rows.push_back(make_sequence(std::move(row), /*is_tuple=*/true));
  }
  return make_sequence(std::move(rows), /*is_tuple=*/false);
}

double number_of(Args& args, std::size_t k) {
  if (!args[k].is_number()) {
    args.fail(k, fmt::format("math's functions take numbers, not {} (ufl's take expressions)",
                             kind_of(args[k])));
  }
  return args[k].number();
}

Value finite(Args& args, double value) {
  if (!std::isfinite(value)) args.fail("the result is not a finite number");
  return {value};
}

template <double (*f)(double)>
Value math1(Evaluator&, Args& args) {
  return finite(args, f(number_of(args, 0)));
}

template <double (*f)(double, double)>
Value math2(Evaluator&, Args& args) {
  return finite(args, f(number_of(args, 0), number_of(args, 1)));
}

Value math_log(Evaluator&, Args& args) {
  const double value = std::log(number_of(args, 0));
  return finite(args, args.has(1) ? value / std::log(number_of(args, 1)) : value);
}

constexpr Builtin python_table[] = {
    {"abs", "x", absolute},
    {"len", "x", length},
    {"sum", "items, start=", sum_of},
    {"range", "start, stop=, step=", range},
    {"min", "*values", extreme<-1>},
    {"max", "*values", extreme<1>},
    {"float", "x", to_float},
    {"int", "x", to_int},
    {"tuple", "items", to_sequence<true>},
    {"list", "items", to_sequence<false>},
    {"enumerate", "items", enumerate},
    {"zip", "*items", zip},
};

constexpr Builtin math_table[] = {
    {"sqrt", "x", math1<std::sqrt>},      {"exp", "x", math1<std::exp>},
    {"sin", "x", math1<std::sin>},        {"cos", "x", math1<std::cos>},
    {"tan", "x", math1<std::tan>},        {"asin", "x", math1<std::asin>},
    {"acos", "x", math1<std::acos>},      {"atan", "x", math1<std::atan>},
    {"sinh", "x", math1<std::sinh>},      {"cosh", "x", math1<std::cosh>},
    {"tanh", "x", math1<std::tanh>},      {"erf", "x", math1<std::erf>},
    {"fabs", "x", math1<std::fabs>},      {"log2", "x", math1<std::log2>},
    {"log10", "x", math1<std::log10>},    {"log", "x, base=", math_log},
    {"atan2", "y, x", math2<std::atan2>}, {"pow", "x, y", math2<std::pow>},
};

}  // namespace

std::span<const Builtin> python_builtins() { return python_table; }
std::span<const Builtin> math_builtins() { return math_table; }

}  // namespace femsynth::fem
