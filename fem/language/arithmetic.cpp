#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "fem/language/evaluator.hpp"

// Arithmetic of numbers, as Python does it.
namespace femsynth::fem {
namespace {

[[noreturn]] void overflow() { throw InputError("the integer result does not fit into 64 bits"); }

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == -1) {
    if (a == INT64_MIN) overflow();
    return -a;
  }
  const std::int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

std::int64_t integer_power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if (exponent & 1) {
      if (__builtin_mul_overflow(result, base, &result)) overflow();
    }
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow();
  }
  return result;
}

Value integers(const std::string& op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool failed = false;
  if (op == "+") {
    failed = __builtin_add_overflow(a, b, &result);
  } else if (op == "-") {
    failed = __builtin_sub_overflow(a, b, &result);
  } else if (op == "*") {
    failed = __builtin_mul_overflow(a, b, &result);
  } else if (op == "**") {
    result = integer_power(a, b);
  } else if (op == "//") {
    result = floor_divide(a, b);
  } else {
    result = b == -1 ? 0 : a - floor_divide(a, b) * b;
  }
  if (failed) overflow();
  return {result};
}

/// The remainder with the divisor's sign, and the quotient that belongs to it: CPython's way,
/// since floor(a / b) is another number where a / b rounds up to an integer.
std::pair<double, double> divide_with_remainder(double a, double b) {
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0 && (b < 0) != (remainder < 0)) {
    remainder += b;
    quotient -= 1;
  }
  return {std::round(quotient), remainder};
}

double reals(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return a / b;
  if (op == "**") return std::pow(a, b);
  const auto [quotient, remainder] = divide_with_remainder(a, b);
  return op == "//" ? quotient : remainder;
}

}  // namespace

Value number_arithmetic(const std::string& op, const Value& a, const Value& b) {
  const bool is_division = op == "/" || op == "//" || op == "%";
  if (is_division && b.number() == 0) throw InputError("division by zero");
  if (op == "**" && a.number() == 0 && b.number() < 0) throw InputError("0 to a negative power");
  if (op == "**" && a.number() < 0 && b.number() != std::floor(b.number())) {
    throw InputError("a negative number to a fractional power is complex");
  }
  const bool whole = a.is<std::int64_t>() && b.is<std::int64_t>() && op != "/" &&
                     !(op == "**" && b.as<std::int64_t>() < 0);
  if (whole) return integers(op, a.as<std::int64_t>(), b.as<std::int64_t>());
  const double result = reals(op, a.number(), b.number());
  if (!std::isfinite(result)) {
    throw InputError(fmt::format("{} {} {} is not a finite number", a.number(), op, b.number()));
  }
  return {result};
}

}  // namespace femsynth::fem
