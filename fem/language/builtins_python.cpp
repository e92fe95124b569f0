#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <type_traits>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/formatting.hpp"
#include "fem/language/limits.hpp"

// Python's own functions.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

Value absolute(Evaluator& ev, Args& args) {
  const Value& value = args[0];
  if (const auto* integer = value.get<std::int64_t>()) {
    return *integer < 0 ? ev.binary("*", value, {std::int64_t{-1}}, args.where(0)) : value;
  }
  if (const auto* real = value.get<double>()) return {std::abs(*real)};
  if (const auto* complex = value.get<std::complex<double>>()) {
    return {std::hypot(complex->real(), complex->imag())};
  }
  return {function(ev.graph(), Op::abs, args.expression(0))};
}

Value length(Evaluator& ev, Args& args) {
  if (const auto* sequence = args[0].get<Sequence>()) {
    return {static_cast<std::int64_t>(sequence->items->size())};
  }
  if (args[0].is<Dict>() || args[0].is<std::string>()) {
    return {static_cast<std::int64_t>(ev.items(args[0], args.where(0)).size())};
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

Value range(Evaluator& ev, Args& args) {
  std::int64_t begin = args.has(1) ? args.integer(0) : 0;
  const std::int64_t end = args.integer(args.has(1) ? 1 : 0);
  const std::int64_t step = args.has(2) ? args.integer(2) : 1;
  if (step == 0) args.fail(2, "the step is 0");
  std::vector<Value> items;
  for (; step > 0 ? begin < end : begin > end;) {
    if (items.size() >= limits::list_length) {
      args.fail(fmt::format("a range of more than {} items", limits::list_length));
    }
    items.push_back({begin});
    if (__builtin_add_overflow(begin, step, &begin)) break;
  }
  return ev.list(std::move(items), args.where());
}

/// The least (sign < 0) or greatest of numbers, strings or tuples; the first of several.
template <int sign>
Value extreme(Evaluator& ev, Args& args) {
  std::vector<Value> items;
  for (const PassedValue& passed : args.rest()) items.push_back(passed.value);
  if (items.size() == 1) items = ev.items(items[0], args.rest()[0].where);
  if (items.empty()) {
    if (args.has(1)) return args[1];
    args.fail("no values");
  }
  const bool has_key = args.has(0) && !args[0].is<None>();
  std::size_t best = 0;
  Value best_key;
  for (std::size_t k = 0; k < items.size(); ++k) {
    Value key = has_key ? ev.call(args[0], {{items[k], args.where()}}, {}, args.where()) : items[k];
    if (key.is<ExprId>()) {
      args.fail(fmt::format("expected numbers but got {} (for expressions: {})", kind_of(key),
                            sign < 0 ? "min_value()" : "max_value()"));
    }
    const bool better = k == 0 || (sign < 0 ? ev.less(key, best_key, args.where())
                                            : ev.less(best_key, key, args.where()));
    if (better) {
      best = k;
      best_key = std::move(key);
    }
  }
  return items[best];
}

/// The number that a text is, as float() and int() read it; nothing if it is none.
template <class T>
std::optional<T> number_in(std::string text) {
  static constexpr const char* blanks = " \t\n\r\f\v";
  text.erase(0, text.find_first_not_of(blanks));
  text.erase(std::min(text.find_last_not_of(blanks) + 1, text.size()));
  if (text.starts_with('+') && !text.starts_with("+-")) text.erase(0, 1);  // from_chars takes none
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
Value number_of_text(Args& args) {
  const std::optional<T> value = number_in<T>(args[0].as<std::string>());
  if (!value || !std::isfinite(static_cast<double>(*value))) {
    args.fail(0, fmt::format("'{}' is no {}", args[0].as<std::string>(),
                             std::is_same_v<T, double> ? "finite number" : "integer of 64 bits"));
  }
  return {*value};
}

Value to_float(Evaluator&, Args& args) {
  if (!args.has(0)) return {0.0};
  if (args[0].is<std::string>()) return number_of_text<double>(args);
  if (const auto* flag = args[0].get<bool>()) return {*flag ? 1.0 : 0.0};
  if (!args[0].is_number()) args.fail(0, fmt::format("{} is no number", kind_of(args[0])));
  return {args[0].number()};
}

Value to_int(Evaluator&, Args& args) {
  if (!args.has(0)) return {std::int64_t{0}};
  if (args[0].is<std::string>()) return number_of_text<std::int64_t>(args);
  if (const auto* flag = args[0].get<bool>()) return {std::int64_t{*flag}};
  if (!args[0].is_number()) args.fail(0, fmt::format("{} is no number", kind_of(args[0])));
  if (args[0].is<std::int64_t>()) return args[0];
  const double value = std::trunc(args[0].number());
  if (std::abs(value) >= 1e18) args.fail(0, "the integer has more than 18 digits");
  return {static_cast<std::int64_t>(value)};
}

Value to_complex(Evaluator&, Args& args) {
  for (std::size_t k : {0U, 1U}) {
    if (args.has(k) && !args[k].is_scalar()) {
      args.fail(k, fmt::format("{} is no number", kind_of(args[k])));
    }
  }
  const auto part = [&](std::size_t k) {
    return args.has(k) ? args[k].complex_number() : std::complex<double>();
  };
  return {part(0) + std::complex<double>(-part(1).imag(), part(1).real())};
}

Value to_bool(Evaluator& ev, Args& args) {
  return {args.has(0) && ev.truth(args[0], args.where(0))};
}

Value to_string(Evaluator& ev, Args& args) {
  return ev.text(args.has(0) ? str_of(ev, args[0], args.where(0)) : "", args.where());
}

Value representation(Evaluator& ev, Args& args) {
  return ev.text(repr_of(ev, args[0], args.where(0)), args.where());
}

template <bool is_tuple>
Value to_sequence(Evaluator& ev, Args& args) {
  std::vector<Value> items;
  if (args.has(0)) items = ev.items(args[0], args.where(0));
  return ev.sequence(std::move(items), is_tuple, args.where());
}

Value to_dict(Evaluator& ev, Args& args) {
  const Dict dict = ev.new_dict();
  if (args.has(0) && args[0].is<Dict>()) {
    for (const auto& [key, value] : args[0].as<Dict>().table->entries) {
      ev.set_entry(dict, key, value, args.where());
    }
  } else if (args.has(0)) {
    for (const Value& item : ev.items(args[0], args.where(0))) {
      const std::vector<Value> pair = ev.items(item, args.where(0));
      if (pair.size() != 2) args.fail(0, "expected pairs of a key and a value");
      ev.set_entry(dict, pair[0], pair[1], args.where());
    }
  }
  for (const auto& [name, passed] : args.other_keywords()) {
    ev.set_entry(dict, {name}, passed.value, passed.where);
  }
  return {dict};
}

Value enumerate(Evaluator& ev, Args& args) {
  std::vector<Value> pairs;
  std::int64_t k = args.has(1) ? args.integer(1) : 0;
  for (Value& item : ev.items(args[0], args.where(0))) {
    pairs.push_back(ev.tuple({Value{k}, std::move(item)}, args.where()));
    if (__builtin_add_overflow(k, 1, &k)) args.fail("the integers do not fit into 64 bits");
  }
  return ev.list(std::move(pairs), args.where());
}

/// The items of several sequences: columns[k][n].
std::vector<std::vector<Value>> columns_of(Evaluator& ev, const std::vector<PassedValue>& passed,
                                           std::size_t first) {
  std::vector<std::vector<Value>> columns;
  for (std::size_t k = first; k < passed.size(); ++k) {
    columns.push_back(ev.items(passed[k].value, passed[k].where));
  }
  return columns;
}

std::size_t shortest(const std::vector<std::vector<Value>>& columns) {
  std::size_t count = columns.empty() ? 0 : columns[0].size();
  for (const auto& column : columns) count = std::min(count, column.size());
  return count;
}

Value zip(Evaluator& ev, Args& args) {
  const auto columns = columns_of(ev, args.rest(), 0);
  const std::size_t count = shortest(columns);
  if (args.has(0) && ev.truth(args[0], args.where(0))) {
    for (const auto& column : columns) {
      if (column.size() != count) args.fail("the sequences have different lengths");
    }
  }
  std::vector<Value> rows;
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<Value> row;
    for (const auto& column : columns) row.push_back(column[k]);
    rows.push_back(ev.tuple(std::move(row), args.where()));
  }
  return ev.list(std::move(rows), args.where());
}

Value map(Evaluator& ev, Args& args) {
  if (args.rest().empty()) args.fail("a sequence is missing");
  const auto columns = columns_of(ev, args.rest(), 0);
  std::vector<Value> results;
  for (std::size_t k = 0; k < shortest(columns); ++k) {
    std::vector<PassedValue> row;
    for (const auto& column : columns) row.push_back({column[k], args.where()});
    results.push_back(ev.call(args[0], std::move(row), {}, args.where()));
  }
  return ev.list(std::move(results), args.where());
}

Value filter(Evaluator& ev, Args& args) {
  std::vector<Value> results;
  for (Value& item : ev.items(args[1], args.where(1))) {
    const bool keeps =
        args[0].is<None>()
            ? ev.truth(item, args.where())
            : ev.truth(ev.call(args[0], {{item, args.where(1)}}, {}, args.where()), args.where());
    if (keeps) results.push_back(std::move(item));
  }
  return ev.list(std::move(results), args.where());
}

Value reversed(Evaluator& ev, Args& args) {
  std::vector<Value> items = ev.items(args[0], args.where(0));
  std::ranges::reverse(items);
  return ev.list(std::move(items), args.where());
}

Value sorted(Evaluator& ev, Args& args) {
  return ev.list(
      sorted_items(ev, ev.items(args[0], args.where(0)), args.has(1) ? args[1] : Value{None{}},
                   args.has(2) && ev.truth(args[2], args.where(2)), args.where()),
      args.where());
}

template <bool wanted>
Value quantifier(Evaluator& ev, Args& args) {
  for (const Value& item : ev.items(args[0], args.where(0))) {
    if (ev.truth(item, args.where(0)) == wanted) return {wanted};
  }
  return {!wanted};
}

/// Python's: to even at halves. With digits, of the decimal text that is nearest.
Value rounded(Evaluator&, Args& args) {
  if (!args[0].is_number()) args.fail(0, fmt::format("{} is no number", kind_of(args[0])));
  if (args[0].is<std::int64_t>() && !args.has(1)) return args[0];
  const double value = args[0].number();
  if (!args.has(1) || args[1].is<None>()) {
    const double whole = std::nearbyint(value);
    if (std::abs(whole) >= 1e18) args.fail(0, "the integer has more than 18 digits");
    return {static_cast<std::int64_t>(whole)};
  }
  const std::int64_t digits = args.integer(1);
  if (digits < 0 || digits > 300) args.fail(1, "0 to 300 digits are possible");
  if (args[0].is<std::int64_t>()) return args[0];
  return {std::stod(fmt::format("{:.{}f}", value, digits))};
}

Value power(Evaluator& ev, Args& args) { return ev.binary("**", args[0], args[1], args.where()); }

Value divmod(Evaluator& ev, Args& args) {
  return ev.tuple({ev.binary("//", args[0], args[1], args.where()),
                   ev.binary("%", args[0], args[1], args.where())},
                  args.where());
}

/// Evaluates its arguments; a form file has no output.
Value print(Evaluator&, Args&) { return {None{}}; }

Value is_callable(Evaluator&, Args& args) {
  return {args[0].is<BuiltinValue>() || args[0].is<UserFunction>() || args[0].is<Method>()};
}

Value is_instance(Evaluator& ev, Args& args);

constexpr Builtin python_table[] = {
    {"abs", "x", absolute},
    {"all", "items", quantifier<false>},
    {"any", "items", quantifier<true>},
    {"bool", "x=", to_bool},
    {"callable", "x", is_callable},
    {"complex", "real=, imag=", to_complex},
    {"dict", "items=, **others", to_dict},
    {"divmod", "a, b", divmod},
    {"enumerate", "items, start=", enumerate},
    {"filter", "function, items", filter},
    {"float", "x=", to_float},
    {"int", "x=", to_int},
    {"isinstance", "x, type", is_instance},
    {"len", "x", length},
    {"list", "items=", to_sequence<false>},
    {"map", "function, *items", map},
    {"max", "*values, key=, default=", extreme<1>},
    {"min", "*values, key=, default=", extreme<-1>},
    {"pow", "base, exp", power},
    {"print", "*values, sep=, end=, file=, flush=", print},
    {"range", "start, stop=, step=", range},
    {"repr", "x", representation},
    {"reversed", "items", reversed},
    {"round", "number, ndigits=", rounded},
    {"sorted", "items, *, key=, reverse=", sorted},
    {"str", "x=", to_string},
    {"sum", "items, start=", sum_of},
    {"tuple", "items=", to_sequence<true>},
    {"zip", "*items, strict=", zip},
};

/// Whether a value is of one of Python's own types, which are known by their names.
bool is_of_type(const Value& value, std::string_view type) {
  if (type == "int") return value.is<std::int64_t>() || value.is<bool>();
  if (type == "bool") return value.is<bool>();
  if (type == "float") return value.is<double>();
  if (type == "complex") return value.is<std::complex<double>>();
  if (type == "str") return value.is<std::string>();
  if (type == "dict") return value.is<Dict>();
  const auto* sequence = value.get<Sequence>();
  return sequence != nullptr && sequence->is_tuple == (type == "tuple");
}

Value is_instance(Evaluator& ev, Args& args) {
  std::vector<Value> types{args[1]};
  if (args[1].is<Sequence>()) types = ev.items(args[1], args.where(1));
  static constexpr std::array known = {"int", "bool", "float", "complex",
                                       "str", "dict", "list",  "tuple"};
  bool any = false;
  for (const Value& type : types) {
    const auto* builtin = type.get<BuiltinValue>();
    if (builtin == nullptr ||
        std::ranges::find(known, std::string_view(builtin->builtin->name)) == known.end()) {
      args.fail(1,
                "only Python's own types are supported: int, float, complex, bool, str, list, "
                "tuple, dict");
    }
    any = any || is_of_type(args[0], builtin->builtin->name);
  }
  return {any};
}

}  // namespace

std::span<const Builtin> python_builtins() { return python_table; }

}  // namespace femsynth::fem
