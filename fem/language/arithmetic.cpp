#include <fmt/format.h>

#include <cmath>
#include <complex>
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

using Complex = std::complex<double>;

/// Smith's way, which does not overflow where the quotient does not.
Complex divide(Complex a, Complex b) {
  if (std::abs(b.real()) >= std::abs(b.imag())) {
    const double ratio = b.imag() / b.real();
    const double denominator = b.real() + b.imag() * ratio;
    return {(a.real() + a.imag() * ratio) / denominator,
            (a.imag() - a.real() * ratio) / denominator};
  }
  const double ratio = b.real() / b.imag();
  const double denominator = b.real() * ratio + b.imag();
  return {(a.real() * ratio + a.imag()) / denominator, (a.imag() * ratio - a.real()) / denominator};
}

Complex multiply(Complex a, Complex b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// By multiplication for small whole exponents, else through the polar form.
Complex complex_power(Complex a, Complex b) {
  constexpr double largest_whole = 100;
  if (b == 0.0) return 1;
  if (b.imag() == 0 && b.real() == std::floor(b.real()) && std::abs(b.real()) <= largest_whole) {
    Complex result = 1;
    Complex factor = a;
    for (auto n = static_cast<int>(std::abs(b.real())); n > 0; n >>= 1) {
      if (n & 1) result = multiply(result, factor);
      factor = multiply(factor, factor);
    }
    return b.real() > 0 ? result : divide(1, result);
  }
  if (a == 0.0) return 0;
  const double radius = std::hypot(a.real(), a.imag());
  const double angle = std::atan2(a.imag(), a.real());
  double length = std::pow(radius, b.real());
  double phase = angle * b.real();
  if (b.imag() != 0) {
    length *= std::exp(-angle * b.imag());
    phase += b.imag() * std::log(radius);
  }
  return {length * std::cos(phase), length * std::sin(phase)};
}

Value complex_arithmetic(const std::string& op, Complex a, Complex b) {
  if (op == "//" || op == "%") {
    throw InputError(fmt::format("the operator '{}' is not for complex numbers", op));
  }
  if (op == "/" && b == 0.0) throw InputError("division by zero");
  if (op == "**" && a == 0.0 && (b.real() < 0 || b.imag() != 0)) {
    throw InputError("0 to a negative or complex power");
  }
  const Complex result = op == "+"   ? a + b
                         : op == "-" ? a - b
                         : op == "*" ? multiply(a, b)
                         : op == "/" ? divide(a, b)
                                     : complex_power(a, b);
  if (!std::isfinite(result.real()) || !std::isfinite(result.imag())) {
    throw InputError(fmt::format("the result of '{}' is not a finite number", op));
  }
  return {result};
}

}  // namespace

Value number_arithmetic(const std::string& op, const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) {
    return complex_arithmetic(op, a.complex_number(), b.complex_number());
  }
  const bool is_division = op == "/" || op == "//" || op == "%";
  if (is_division && b.number() == 0) throw InputError("division by zero");
  if (op == "**" && a.number() == 0 && b.number() < 0) throw InputError("0 to a negative power");
  if (op == "**" && a.number() < 0 && b.number() != std::floor(b.number())) {
    return complex_arithmetic(op, a.number(), b.number());
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
