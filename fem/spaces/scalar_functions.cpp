#include "fem/spaces/scalar_functions.hpp"

#include <fmt/format.h>
#include <math.h>  // NOLINT: jn and yn are POSIX's, not C++'s

#include <cmath>

#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

/// std::cyl_bessel_i and _k are of x ≥ 0: I_ν(−x) = (−1)^ν I_ν(x) for whole ν.
double bessel_i(int order, double x) {
  const double value = std::cyl_bessel_i(order, std::abs(x));
  return x < 0 && order % 2 != 0 ? -value : value;
}

double bessel_k(int order, double x) { return x < 0 ? std::nan("") : std::cyl_bessel_k(order, x); }

/// Arithmetic and the functions that real and complex numbers share; false if `op` is none.
template <class T>
bool shared(Op op, const T& a, const T& b, T& result) {
  using namespace std;  // NOLINT: overloads for both types
  switch (op) {
    case Op::sum:
      result = a + b;
      return true;
    case Op::product:
      result = a * b;
      return true;
    case Op::division:
      result = a / b;
      return true;
    case Op::power:
      result = pow(a, b);
      return true;
    case Op::sqrt:
      result = sqrt(a);
      return true;
    case Op::exp:
      result = exp(a);
      return true;
    case Op::ln:
      result = log(a);
      return true;
    case Op::sin:
      result = sin(a);
      return true;
    case Op::cos:
      result = cos(a);
      return true;
    case Op::tan:
      result = tan(a);
      return true;
    case Op::asin:
      result = asin(a);
      return true;
    case Op::acos:
      result = acos(a);
      return true;
    case Op::atan:
      result = atan(a);
      return true;
    case Op::sinh:
      result = sinh(a);
      return true;
    case Op::cosh:
      result = cosh(a);
      return true;
    case Op::tanh:
      result = tanh(a);
      return true;
    case Op::eq:
      result = T(a == b ? 1.0 : 0.0);
      return true;
    case Op::ne:
      result = T(a != b ? 1.0 : 0.0);
      return true;
    case Op::logical_and:
      result = T(a != T(0.0) && b != T(0.0) ? 1.0 : 0.0);
      return true;
    case Op::logical_or:
      result = T(a != T(0.0) || b != T(0.0) ? 1.0 : 0.0);
      return true;
    case Op::logical_not:
      result = T(a == T(0.0) ? 1.0 : 0.0);
      return true;
    case Op::variable:
      result = a;
      return true;
    default:
      return false;
  }
}

}  // namespace

double evaluate_scalar(Op op, int number, double a, double b) {
  double result = 0.0;
  if (shared(op, a, b, result)) return result;
  switch (op) {
    case Op::abs:
      return std::abs(a);
    case Op::sign:
      return a > 0 ? 1.0 : a < 0 ? -1.0 : 0.0;
    case Op::conj:
    case Op::real_part:
      return a;
    case Op::imag_part:
      return 0.0;
    case Op::erf:
      return std::erf(a);
    case Op::bessel_j:
      return ::jn(number, a);
    case Op::bessel_y:
      return ::yn(number, a);
    case Op::bessel_i:
      return bessel_i(number, a);
    case Op::bessel_k:
      return bessel_k(number, a);
    case Op::atan2:
      return std::atan2(a, b);
    case Op::min_value:
      return std::fmin(a, b);
    case Op::max_value:
      return std::fmax(a, b);
    case Op::lt:
      return a < b ? 1.0 : 0.0;
    case Op::le:
      return a <= b ? 1.0 : 0.0;
    case Op::gt:
      return a > b ? 1.0 : 0.0;
    case Op::ge:
      return a >= b ? 1.0 : 0.0;
    default:
      throw InternalError(fmt::format("{} is no operation on scalars", name_of(op)));
  }
}

std::complex<double> evaluate_scalar(Op op, int number, std::complex<double> a,
                                     std::complex<double> b) {
  std::complex<double> result;
  if (shared(op, a, b, result)) return result;
  switch (op) {
    case Op::abs:
      return std::abs(a);
    case Op::conj:
      return std::conj(a);
    case Op::real_part:
      return a.real();
    case Op::imag_part:
      return a.imag();
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      return evaluate_scalar(op, number, a.real(), b.real());
    default:
      if (a.imag() != 0.0 || b.imag() != 0.0) {
        throw InputError(fmt::format("{}() of a complex value", name_of(op)));
      }
      return evaluate_scalar(op, number, a.real(), b.real());
  }
}

}  // namespace femsynth::fem
