#include "solvers/reference/number.hpp"

namespace femsynth::solvers {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();

double bessel_value(fem::Op op, int order, double x) {
  const auto nu = static_cast<double>(order);
  const double sign = x < 0.0 && order % 2 != 0 ? -1.0 : 1.0;
  switch (op) {
    case fem::Op::bessel_j:
      return sign * std::cyl_bessel_j(nu, std::abs(x));
    case fem::Op::bessel_i:
      return sign * std::cyl_bessel_i(nu, std::abs(x));
    case fem::Op::bessel_y:
      return x > 0.0 ? std::cyl_neumann(nu, x) : std::nan("");
    default:
      return x > 0.0 ? std::cyl_bessel_k(nu, x) : std::nan("");
  }
}

/// |f'| ≤ (|f_{ν−1}| + |f_{ν+1}|)/2.
double bessel_slope(fem::Op op, int order, double x) {
  const double lower = bessel_value(op, order == 0 ? 1 : order - 1, x);
  return 0.5 * (std::abs(lower) + std::abs(bessel_value(op, order + 1, x)));
}

bool surely(const Number& condition, bool value) {
  return condition.error == 0.0 && (condition.value != 0.0) == value;
}

}  // namespace

Number absolute(const Number& a) { return {std::abs(a.value), a.magnitude, a.error}; }

Number sign(const Number& a) {
  const double value = a.value > 0.0 ? 1.0 : a.value < 0.0 ? -1.0 : 0.0;
  return {value, 1.0, decided(a, Number{}) ? 0.0 : 2.0};
}

Number square_root(const Number& a, double u) {
  if (a.value < 0.0) return {std::sqrt(a.value), kUnknown, kUnknown};
  const double f = std::sqrt(a.value);
  // |√(a+δ) − √a| ≤ min(√|δ|, |δ|/√a)
  const double spread =
      a.error == 0.0 ? 0.0 : std::min(std::sqrt(a.error), f > 0.0 ? a.error / f : kUnknown);
  return {f, f, spread + kFunctionError * u * f};
}

Number logarithm(const Number& a, double u) {
  const double f = std::log(a.value);
  if (!(a.value > 2.0 * a.error)) return {f, std::abs(f), kUnknown};
  return function(a, f, 1.0 / a.value, u);
}

Number power(const Number& a, const Number& b, double u) {
  const double f = std::pow(a.value, b.value);
  const double size = std::abs(f);
  const bool whole = b.error == 0.0 && std::floor(b.value) == b.value;
  if (!whole && !(a.value > 2.0 * a.error)) {
    // 0 to a positive power is 0; else the base must be surely positive.
    const bool exact_zero = a.value == 0.0 && a.error == 0.0 && b.value > b.error;
    return {f, size, exact_zero ? 0.0 : kUnknown};
  }
  if (b.value < 0.0 && !(std::abs(a.value) > 2.0 * a.error)) return {f, size, kUnknown};
  double spread = 0.0;
  if (a.error != 0.0 && b.value != 0.0) {
    const double reach = std::abs(a.value) + (b.value > 0.0 ? a.error : -a.error);
    spread += 2.0 * std::abs(b.value) * std::pow(reach, b.value - 1.0) * a.error;
  }
  if (b.error != 0.0) spread += 2.0 * size * std::abs(std::log(a.value)) * b.error;
  const double steps = kFunctionError + 2.0 * std::min(std::abs(b.value), 64.0);
  return {f, size, spread + steps * u * size};
}

Number arc_tangent(const Number& a, const Number& b, double u) {
  const double f = std::atan2(a.value, b.value);
  const double square = a.value * a.value + b.value * b.value;
  const double error = a.error + b.error;
  // The cut along the negative axis is a jump of 2π.
  const bool near_cut = b.value <= b.error && std::abs(a.value) <= kDecisionMargin * a.error;
  if (error != 0.0 && (near_cut || !(std::sqrt(square) > 2.0 * error))) {
    return {f, std::abs(f), kUnknown};
  }
  const double slope = std::abs(b.value) * a.error + std::abs(a.value) * b.error;
  const double spread = error == 0.0 ? 0.0 : 2.0 * slope / square;
  return {f, std::abs(f), spread + kFunctionError * u * std::abs(f)};
}

Number least(const Number& a, const Number& b) {
  return {std::min(a.value, b.value), std::max(a.magnitude, b.magnitude),
          std::max(a.error, b.error)};
}

Number greatest(const Number& a, const Number& b) {
  return {std::max(a.value, b.value), std::max(a.magnitude, b.magnitude),
          std::max(a.error, b.error)};
}

Number both(const Number& a, const Number& b) {
  const bool is_decided =
      surely(a, false) || surely(b, false) || (a.error == 0.0 && b.error == 0.0);
  return truth(a.value != 0.0 && b.value != 0.0, is_decided);
}

Number either(const Number& a, const Number& b) {
  const bool is_decided = surely(a, true) || surely(b, true) || (a.error == 0.0 && b.error == 0.0);
  return truth(a.value != 0.0 || b.value != 0.0, is_decided);
}

Number bessel(fem::Op op, int order, const Number& a, double u) {
  const double x = a.value;
  const double f = bessel_value(op, order, x);
  const bool singular = op == fem::Op::bessel_y || op == fem::Op::bessel_k;
  if (!std::isfinite(f) || (singular && !(x > 2.0 * a.error))) return {f, std::abs(f), kUnknown};
  const double slope = bessel_slope(op, order, x) + a.error;
  const bool oscillates = op == fem::Op::bessel_j || op == fem::Op::bessel_y;
  const double far = oscillates && std::abs(x) > 8.0 ? (u > 0x1p-40 ? 2.2e-6 : 5e-12) : 0.0;
  const double steps = 16.0 + 5.0 * order;
  return {f, std::abs(f),
          2.0 * slope * a.error + steps * u * (std::abs(f) + std::abs(x) * slope) + far};
}

}  // namespace femsynth::solvers
