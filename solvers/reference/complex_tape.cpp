#include "solvers/reference/complex_tape.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::solvers {

using fem::Op;
using Pair = ComplexEntry;

Pair ComplexTape::add(const Pair& a, const Pair& b) const {
  return {tape_.add(a.re, b.re), tape_.add(a.im, b.im)};
}

Pair ComplexTape::subtract(const Pair& a, const Pair& b) const {
  return {tape_.subtract(a.re, b.re), tape_.subtract(a.im, b.im)};
}

Pair ComplexTape::negate(const Pair& a) const { return {tape_.negate(a.re), tape_.negate(a.im)}; }

Pair ComplexTape::multiply(const Pair& a, const Pair& b) const {
  return {tape_.subtract(tape_.multiply(a.re, b.re), tape_.multiply(a.im, b.im)),
          tape_.add(tape_.multiply(a.re, b.im), tape_.multiply(a.im, b.re))};
}

Pair ComplexTape::divide(const Pair& a, const Pair& b) const {
  if (is_real(b)) return {tape_.divide(a.re, b.re), tape_.divide(a.im, b.re)};
  const Pair numerator = multiply(a, conj(b));
  const Id square = tape_.add(tape_.multiply(b.re, b.re), tape_.multiply(b.im, b.im));
  return {tape_.divide(numerator.re, square), tape_.divide(numerator.im, square)};
}

Pair ComplexTape::conj(const Pair& a) const { return {a.re, tape_.negate(a.im)}; }

Pair ComplexTape::scaled(double factor, const Pair& a) const {
  return {tape_.multiply(tape_.real(factor), a.re), tape_.multiply(tape_.real(factor), a.im)};
}

Pair ComplexTape::times_i(const Pair& a) const { return {tape_.negate(a.im), a.re}; }

ComplexTape::Id ComplexTape::modulus(const Pair& a) const {
  return f(Op::sqrt, tape_.add(tape_.multiply(a.re, a.re), tape_.multiply(a.im, a.im)));
}

/// √|z| (cos φ/2 + i sin φ/2), φ = arg z: no cancellation.
Pair ComplexTape::square_root(const Pair& a) const {
  const Id half = tape_.multiply(tape_.real(0.5), tape_.apply(Op::atan2, a.im, a.re));
  const Id size = f(Op::sqrt, modulus(a));
  return {tape_.multiply(size, f(Op::cos, half)), tape_.multiply(size, f(Op::sin, half))};
}

Pair ComplexTape::exponential(const Pair& a) const {
  const Id size = f(Op::exp, a.re);
  return {tape_.multiply(size, f(Op::cos, a.im)), tape_.multiply(size, f(Op::sin, a.im))};
}

Pair ComplexTape::logarithm(const Pair& a) const {
  return {f(Op::ln, modulus(a)), tape_.apply(Op::atan2, a.im, a.re)};
}

Pair ComplexTape::sine(const Pair& a) const {
  return {tape_.multiply(f(Op::sin, a.re), f(Op::cosh, a.im)),
          tape_.multiply(f(Op::cos, a.re), f(Op::sinh, a.im))};
}

Pair ComplexTape::cosine(const Pair& a) const {
  return {tape_.multiply(f(Op::cos, a.re), f(Op::cosh, a.im)),
          tape_.negate(tape_.multiply(f(Op::sin, a.re), f(Op::sinh, a.im)))};
}

/// −i ln(i z + √(1 − z²))
Pair ComplexTape::arc_sine(const Pair& a) const {
  const Pair root = square_root(subtract(real(1.0), multiply(a, a)));
  return negate(times_i(logarithm(add(times_i(a), root))));
}

/// i/2 (ln(1 − i z) − ln(1 + i z))
Pair ComplexTape::arc_tangent(const Pair& a) const {
  const Pair iz = times_i(a);
  const Pair minus = logarithm(subtract(real(1.0), iz));
  return scaled(0.5, times_i(subtract(minus, logarithm(add(real(1.0), iz)))));
}

Pair ComplexTape::power(const Pair& a, const Pair& b) const {
  const Tape::Entry& exponent = tape_[b.re];
  const bool literal = is_real(b) && exponent.op == Op::real;
  if (is_real(a) && is_real(b)) return of_real(tape_.apply(Op::power, a.re, b.re));
  const double n = literal ? exponent.value : 0.0;
  if (literal && n == std::floor(n) && std::abs(n) <= 16.0) {
    Pair result = real(1.0);
    for (int k = 0; k < static_cast<int>(std::abs(n)); ++k) result = multiply(result, a);
    return n < 0.0 ? divide(real(1.0), result) : result;
  }
  return exponential(multiply(b, logarithm(a)));
}

Pair ComplexTape::apply(Op op, const Pair& a) const {
  if (op == Op::conj) return conj(a);
  if (op == Op::real_part) return of_real(a.re);
  if (op == Op::imag_part) return of_real(a.im);
  if (op == Op::logical_not || is_real(a)) return of_real(f(op, a.re));
  switch (op) {
    case Op::abs:
      return of_real(modulus(a));
    case Op::sqrt:
      return square_root(a);
    case Op::exp:
      return exponential(a);
    case Op::ln:
      return logarithm(a);
    case Op::sin:
      return sine(a);
    case Op::cos:
      return cosine(a);
    case Op::tan:
      return divide(sine(a), cosine(a));
    case Op::sinh:  // −i sin(i z)
      return negate(times_i(sine(times_i(a))));
    case Op::cosh:
      return cosine(times_i(a));
    case Op::tanh:
      return divide(negate(times_i(sine(times_i(a)))), cosine(times_i(a)));
    case Op::asin:
      return arc_sine(a);
    case Op::acos:
      return subtract(real(std::numbers::pi / 2.0), arc_sine(a));
    case Op::atan:
      return arc_tangent(a);
    default:
      throw MissingComponent(
          fmt::format("deal.II is asked for {} of a complex number", fem::name_of(op)));
  }
}

Pair ComplexTape::apply(Op op, const Pair& a, const Pair& b) const {
  if (op == Op::power) return power(a, b);
  if (fem::is_condition(op) || (is_real(a) && is_real(b))) {
    return of_real(tape_.apply(op, a.re, b.re));
  }
  throw MissingComponent(
      fmt::format("deal.II is asked for {} of complex numbers", fem::name_of(op)));
}

Pair ComplexTape::bessel(Op op, int order, const Pair& a) const {
  if (!is_real(a)) apply(op, a);  // refuses
  return of_real(tape_.bessel(op, order, a.re));
}

Pair ComplexTape::choose(const Pair& condition, const Pair& a, const Pair& b) const {
  return {tape_.apply(Op::conditional, condition.re, a.re, b.re),
          tape_.apply(Op::conditional, condition.re, a.im, b.im)};
}

}  // namespace femsynth::solvers
