#pragma once

#include "solvers/reference/tape.hpp"

namespace femsynth::solvers {

/// Complex arithmetic on a tape, pairs of real entries. Where an imaginary part is the entry 0,
/// everything reduces to real arithmetic: real forms use nothing else. Functions have their
/// principal values.
class ComplexTape {
 public:
  explicit ComplexTape(Tape& tape) : tape_(tape) {}

  ComplexEntry real(double value) const { return {tape_.real(value), tape_.real(0.0)}; }
  ComplexEntry of_real(std::int32_t re) const { return {re, tape_.real(0.0)}; }
  bool is_real(const ComplexEntry& a) const { return tape_.is_zero(a.im); }

  ComplexEntry add(const ComplexEntry& a, const ComplexEntry& b) const;
  ComplexEntry subtract(const ComplexEntry& a, const ComplexEntry& b) const;
  ComplexEntry negate(const ComplexEntry& a) const;
  ComplexEntry multiply(const ComplexEntry& a, const ComplexEntry& b) const;
  ComplexEntry divide(const ComplexEntry& a, const ComplexEntry& b) const;
  ComplexEntry conj(const ComplexEntry& a) const;
  /// power, a function of one or two scalars, or a condition, which reads real parts alone. Throws
  /// MissingComponent for functions that C++ has no complex version of (erf, atan2, Bessel).
  ComplexEntry apply(fem::Op op, const ComplexEntry& a) const;
  ComplexEntry apply(fem::Op op, const ComplexEntry& a, const ComplexEntry& b) const;
  ComplexEntry bessel(fem::Op op, int order, const ComplexEntry& a) const;
  ComplexEntry choose(const ComplexEntry& condition, const ComplexEntry& a,
                      const ComplexEntry& b) const;

 private:
  using Id = std::int32_t;
  Id f(fem::Op op, Id a) const { return tape_.apply(op, a); }
  Id modulus(const ComplexEntry& a) const;
  ComplexEntry scaled(double factor, const ComplexEntry& a) const;
  ComplexEntry times_i(const ComplexEntry& a) const;
  ComplexEntry square_root(const ComplexEntry& a) const;
  ComplexEntry exponential(const ComplexEntry& a) const;
  ComplexEntry logarithm(const ComplexEntry& a) const;
  ComplexEntry sine(const ComplexEntry& a) const;
  ComplexEntry cosine(const ComplexEntry& a) const;
  ComplexEntry arc_sine(const ComplexEntry& a) const;
  ComplexEntry arc_tangent(const ComplexEntry& a) const;
  ComplexEntry power(const ComplexEntry& a, const ComplexEntry& b) const;

  Tape& tape_;
};

}  // namespace femsynth::solvers
