#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>

#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// The modules math, numpy (of numbers and nested lists) and itertools.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

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

Value math_hypot(Evaluator&, Args& args) {
  return finite(args, std::hypot(number_of(args, 0), number_of(args, 1)));
}

template <double (*f)(double)>
Value to_whole(Evaluator&, Args& args) {
  const double value = f(number_of(args, 0));
  if (std::abs(value) >= 1e18) args.fail(0, "the integer has more than 18 digits");
  return {static_cast<std::int64_t>(value)};
}

Value factorial(Evaluator&, Args& args) {
  const std::int64_t n = args.integer(0);
  if (n < 0 || n > 20) args.fail(0, fmt::format("{}! (0! to 20! are in 64 bits)", n));
  std::int64_t product = 1;
  for (std::int64_t k = 2; k <= n; ++k) product *= k;
  return {product};
}

double degrees(double x) { return x * (180 / M_PI); }
double radians(double x) { return x * (M_PI / 180); }

Value product_of(Evaluator& ev, Args& args) {
  Value product = args.has(1) ? args[1] : Value{std::int64_t{1}};
  for (const Value& item : ev.items(args[0], args.where(0))) {
    product = ev.binary("*", product, item, args.where());
  }
  return product;
}

Value is_close(Evaluator&, Args& args) {
  const double a = number_of(args, 0);
  const double b = number_of(args, 1);
  const double relative = args.has(2) ? number_of(args, 2) : 1e-9;
  const double absolute = args.has(3) ? number_of(args, 3) : 0;
  return {std::abs(a - b) <= std::max(relative * std::max(std::abs(a), std::abs(b)), absolute)};
}

// numpy: arrays are nested lists of numbers, whose arithmetic goes item by item.

/// A copy of nested lists of numbers.
Value array_of(Evaluator& ev, Args& args, const Value& value) {
  if (value.is_scalar() || value.is<bool>()) return value;
  if (!value.is<Sequence>())
    args.fail(0, fmt::format("an array of numbers, not {}", kind_of(value)));
  std::vector<Value> items = ev.items(value, args.where(0));
  for (Value& item : items) item = array_of(ev, args, item);
  return ev.array(std::move(items), args.where());
}

Value array(Evaluator& ev, Args& args) { return array_of(ev, args, args[0]); }

/// A nested list of one number.
Value filled(Evaluator& ev, Args& args, const Shape& shape, std::size_t axis, double value) {
  if (axis == shape.size()) return {value};
  std::vector<Value> items;
  for (int k = 0; k < shape[axis]; ++k) items.push_back(filled(ev, args, shape, axis + 1, value));
  return ev.array(std::move(items), args.where());
}

Value zeros(Evaluator& ev, Args& args) { return filled(ev, args, args.shape(0), 0, 0); }
Value ones(Evaluator& ev, Args& args) { return filled(ev, args, args.shape(0), 0, 1); }

Value eye(Evaluator& ev, Args& args) {
  const std::int64_t size = args.integer(0);
  if (size < 1 || size > limits::block_size) {
    args.fail(0, fmt::format("the size {} is not in 1 to {}", size, limits::block_size));
  }
  std::vector<Value> rows;
  for (std::int64_t k = 0; k < size; ++k) {
    std::vector<Value> row(static_cast<std::size_t>(size), Value{0.0});
    row[static_cast<std::size_t>(k)] = {1.0};
    rows.push_back(ev.array(std::move(row), args.where()));
  }
  return ev.array(std::move(rows), args.where());
}

Value linspace(Evaluator& ev, Args& args) {
  const double begin = number_of(args, 0);
  const double end = number_of(args, 1);
  const std::int64_t count = args.has(2) ? args.integer(2) : 50;
  if (count < 1 || count > static_cast<std::int64_t>(limits::list_length)) {
    args.fail(fmt::format("{} points (1 to {} are possible)", count, limits::list_length));
  }
  std::vector<Value> points;
  const double step = count > 1 ? (end - begin) / static_cast<double>(count - 1) : 0;
  for (std::int64_t k = 0; k < count; ++k) {
    points.push_back({k + 1 == count && count > 1 ? end : begin + static_cast<double>(k) * step});
  }
  return ev.array(std::move(points), args.where());
}

Value real_type(Evaluator&, Args& args) { return {args.has(0) ? number_of(args, 0) : 0.0}; }

Value single_type(Evaluator&, Args& args) {
  return {args.has(0) ? static_cast<double>(static_cast<float>(number_of(args, 0))) : 0.0};
}

Value complex_type(Evaluator&, Args& args) {
  if (!args.has(0)) return {std::complex<double>()};
  if (!args[0].is_scalar()) args.fail(0, fmt::format("{} is no number", kind_of(args[0])));
  return {args[0].complex_number()};
}

Value integer_type(Evaluator&, Args& args) {
  if (!args.has(0)) return {std::int64_t{0}};
  const double value = std::trunc(number_of(args, 0));
  if (std::abs(value) >= 1e18) args.fail(0, "the integer has more than 18 digits");
  return args[0].is<std::int64_t>() ? args[0] : Value{static_cast<std::int64_t>(value)};
}

// itertools.

/// All tuples that take one item of each column, the last changing fastest.
Value product(Evaluator& ev, Args& args) {
  std::vector<std::vector<Value>> columns;
  for (const PassedValue& passed : args.rest()) {
    columns.push_back(ev.items(passed.value, passed.where));
  }
  const std::int64_t repeat = args.has(0) ? args.integer(0) : 1;
  if (repeat < 0 || repeat > limits::list_depth) args.fail(0, "the number of repetitions");
  std::vector<std::vector<Value>> rows{{}};
  for (std::int64_t round = 0; round < repeat; ++round) {
    for (const auto& column : columns) {
      if (rows.size() * column.size() > limits::list_length) {
        args.fail(fmt::format("more than {} tuples", limits::list_length));
      }
      std::vector<std::vector<Value>> longer;
      for (const auto& row : rows) {
        for (const Value& item : column) {
          ev.count_step(args.where(), row.size() + 1);
          longer.push_back(row);
          longer.back().push_back(item);
        }
      }
      rows = std::move(longer);
    }
  }
  std::vector<Value> tuples;
  for (auto& row : rows) tuples.push_back(ev.tuple(std::move(row), args.where()));
  return ev.list(std::move(tuples), args.where());
}

/// Tuples of `length` items whose places differ: in ascending order, or in any.
template <bool ordered>
void choose(Evaluator& ev, Args& args, const std::vector<Value>& items, std::size_t length,
            std::vector<std::size_t>& places, std::vector<Value>& out) {
  ev.count_step(args.where());
  if (places.size() == length) {
    if (out.size() >= limits::list_length) {
      args.fail(fmt::format("more than {} tuples", limits::list_length));
    }
    std::vector<Value> chosen;
    for (const std::size_t place : places) chosen.push_back(items[place]);
    out.push_back(ev.tuple(std::move(chosen), args.where()));
    return;
  }
  const std::size_t first = ordered && !places.empty() ? places.back() + 1 : 0;
  for (std::size_t k = first; k < items.size(); ++k) {
    if (!ordered && std::ranges::find(places, k) != places.end()) continue;
    places.push_back(k);
    choose<ordered>(ev, args, items, length, places, out);
    places.pop_back();
  }
}

template <bool ordered>
Value selections(Evaluator& ev, Args& args) {
  const std::vector<Value> items = ev.items(args[0], args.where(0));
  const std::int64_t length =
      args.has(1) ? args.integer(1) : static_cast<std::int64_t>(items.size());
  if (length < 0 || length > limits::list_depth) {
    args.fail(fmt::format("{} items at once (0 to {} are possible)", length, limits::list_depth));
  }
  std::vector<std::size_t> places;
  std::vector<Value> out;
  choose<ordered>(ev, args, items, static_cast<std::size_t>(length), places, out);
  return ev.list(std::move(out), args.where());
}

Value chain(Evaluator& ev, Args& args) {
  std::vector<Value> all;
  for (const PassedValue& passed : args.rest()) {
    std::ranges::move(ev.items(passed.value, passed.where), std::back_inserter(all));
  }
  return ev.list(std::move(all), args.where());
}

constexpr Builtin math_table[] = {
    {"sqrt", "x", math1<std::sqrt>},
    {"exp", "x", math1<std::exp>},
    {"sin", "x", math1<std::sin>},
    {"cos", "x", math1<std::cos>},
    {"tan", "x", math1<std::tan>},
    {"asin", "x", math1<std::asin>},
    {"acos", "x", math1<std::acos>},
    {"atan", "x", math1<std::atan>},
    {"sinh", "x", math1<std::sinh>},
    {"cosh", "x", math1<std::cosh>},
    {"tanh", "x", math1<std::tanh>},
    {"erf", "x", math1<std::erf>},
    {"fabs", "x", math1<std::fabs>},
    {"log2", "x", math1<std::log2>},
    {"log10", "x", math1<std::log10>},
    {"log", "x, base=", math_log},
    {"atan2", "y, x", math2<std::atan2>},
    {"pow", "x, y", math2<std::pow>},
    {"asinh", "x", math1<std::asinh>},
    {"acosh", "x", math1<std::acosh>},
    {"atanh", "x", math1<std::atanh>},
    {"erfc", "x", math1<std::erfc>},
    {"exp2", "x", math1<std::exp2>},
    {"expm1", "x", math1<std::expm1>},
    {"log1p", "x", math1<std::log1p>},
    {"gamma", "x", math1<std::tgamma>},
    {"lgamma", "x", math1<std::lgamma>},
    {"cbrt", "x", math1<std::cbrt>},
    {"degrees", "x", math1<degrees>},
    {"radians", "x", math1<radians>},
    {"hypot", "x, y", math_hypot},
    {"copysign", "x, y", math2<std::copysign>},
    {"fmod", "x, y", math2<std::fmod>},
    {"floor", "x", to_whole<std::floor>},
    {"ceil", "x", to_whole<std::ceil>},
    {"trunc", "x", to_whole<std::trunc>},
    {"factorial", "n", factorial},
    {"prod", "items, *, start=", product_of},
    {"isclose", "a, b, *, rel_tol=, abs_tol=", is_close},
};

constexpr Builtin numpy_table[] = {
    {"array", "object, dtype=", array},
    {"asarray", "object, dtype=", array},
    {"zeros", "shape, dtype=", zeros},
    {"ones", "shape, dtype=", ones},
    {"eye", "N, dtype=", eye},
    {"identity", "n, dtype=", eye},
    {"linspace", "start, stop, num=", linspace},
    {"float64", "x=", real_type},
    {"double", "x=", real_type},
    {"float32", "x=", single_type},
    {"complex128", "x=", complex_type},
    {"complex64", "x=", complex_type},
    {"int32", "x=", integer_type},
    {"int64", "x=", integer_type},
    {"sqrt", "x", math1<std::sqrt>},
    {"exp", "x", math1<std::exp>},
    {"log", "x", math1<std::log>},
    {"sin", "x", math1<std::sin>},
    {"cos", "x", math1<std::cos>},
    {"tan", "x", math1<std::tan>},
    {"arcsin", "x", math1<std::asin>},
    {"arccos", "x", math1<std::acos>},
    {"arctan", "x", math1<std::atan>},
    {"arctan2", "y, x", math2<std::atan2>},
    {"sinh", "x", math1<std::sinh>},
    {"cosh", "x", math1<std::cosh>},
    {"tanh", "x", math1<std::tanh>},
};

constexpr Builtin itertools_table[] = {
    {"product", "*items, repeat=", product},
    {"combinations", "items, r", selections<true>},
    {"permutations", "items, r=", selections<false>},
    {"chain", "*items", chain},
};

}  // namespace

std::span<const Builtin> math_builtins() { return math_table; }
std::span<const Builtin> numpy_builtins() { return numpy_table; }
std::span<const Builtin> itertools_builtins() { return itertools_table; }

}  // namespace femsynth::fem
