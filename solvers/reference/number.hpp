#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "fem/form/graph.hpp"

/// Running error analysis (Higham, "Accuracy and Stability of Numerical Algorithms", §3.3).
namespace femsynth::solvers {

/// A computed value, the magnitude of the terms that it was summed from, and a bound of how
/// far a computation with unit roundoff u may be from the exact value: to first order in u,
/// whatever the order of its sums and however it expands products of sums, because the
/// rounding of each operation is charged to the magnitudes and not to the values. Invariant:
/// magnitude ≥ |value|. A bound of infinity means that nothing is known.
struct Number {
  double value = 0;
  double magnitude = 0;
  double error = 0;
};

/// Units in the last place, in units of u, by which the device's elementary functions may be
/// off (CUDA C++ Programming Guide, "Mathematical Functions Appendix": at most 4 ulp = 8 u).
constexpr double kFunctionError = 8.0;
/// A condition counts as decided when its operands differ by this multiple of their errors.
constexpr double kDecisionMargin = 8.0;

inline Number add(const Number& a, const Number& b, double u) {
  const double m = a.magnitude + b.magnitude;
  return {a.value + b.value, m, a.error + b.error + u * m};
}

inline Number multiply(const Number& a, const Number& b, double u) {
  const double m = a.magnitude * b.magnitude;
  return {a.value * b.value, m,
          a.magnitude * b.error + b.magnitude * a.error + a.error * b.error + u * m};
}

inline Number divide(const Number& a, const Number& b, double u) {
  const double d = std::abs(b.value);
  const double least = d - b.error;  // the least that the divisor may be
  const double m = a.magnitude / d;
  const double e = (a.error + m * b.error) / least + u * m;
  return {a.value / b.value, m, least > 0.0 ? e : std::numeric_limits<double>::infinity()};
}

/// f(a), given f and |f'| at a's value. The bound doubles the first-order term; the caller
/// sees to it that a's error is small against the distance to f's singularities.
inline Number function(const Number& a, double f, double slope, double u) {
  const double size = std::abs(f);
  const double spread = a.error == 0.0 ? 0.0 : 2.0 * slope * a.error;
  return {f, size, spread + kFunctionError * u * size};
}

/// Did two numbers differ by more than their errors? Exact numbers always did.
inline bool decided(const Number& a, const Number& b) {
  const double error = a.error + b.error;
  return error == 0.0 || std::abs(a.value - b.value) > kDecisionMargin * error;
}

/// A condition: value 1 or 0; error 1 when rounding could turn it.
inline Number truth(bool value, bool is_decided) {
  return {value ? 1.0 : 0.0, 1.0, is_decided ? 0.0 : 1.0};
}

inline Number choose(const Number& condition, const Number& a, const Number& b) {
  const Number& chosen = condition.value != 0.0 ? a : b;
  if (condition.error == 0.0) return chosen;
  return {chosen.value, std::max(a.magnitude, b.magnitude),
          std::max(a.error, b.error) + std::abs(a.value - b.value)};
}

/// The functions of one and two scalars that a form may contain, fem::Op by fem::Op.
Number absolute(const Number& a);
Number sign(const Number& a);
Number square_root(const Number& a, double u);
Number logarithm(const Number& a, double u);
Number power(const Number& a, const Number& b, double u);
Number arc_tangent(const Number& a, const Number& b, double u);
Number least(const Number& a, const Number& b);
Number greatest(const Number& a, const Number& b);
Number both(const Number& a, const Number& b);
Number either(const Number& a, const Number& b);
/// A Bessel function (fem::Op::bessel_j, …) of integer order ν ≥ 0. Its error relative to
/// |f| + |a f'|: (16 + 5 ν) u. CUDA's jn, yn are off by up to 2 + 2.5 ν ulp, j0, j1, y0, y1 by 7 to
/// 9, cyl_bessel_i0, i1 by 6 (CUDA C++ Programming Guide, "Mathematical Functions Appendix"; an
/// ulp is at most 2 u); recurrences in the order amplify no faster. Beyond |a| = 8 the guide gives
/// J and Y an absolute error instead: 5·10⁻¹² (fp64), 2.2·10⁻⁶ (fp32), which is added.
Number bessel(fem::Op op, int order, const Number& a, double u);

}  // namespace femsynth::solvers
