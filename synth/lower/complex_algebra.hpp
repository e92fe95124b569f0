#pragma once

#include <vector>

#include "synth/lower/multilinear.hpp"

/// Complex arithmetic on multilinear forms, as pairs of real ones.
namespace femsynth::synth {

/// re + i · im. Basis functions are real, so only coefficients differ between the two. The
/// imaginary part of a real form is empty, and arithmetic with it costs what real arithmetic does.
struct ComplexForm {
  Multilinear re{};
  Multilinear im{};
  bool is_real() const { return im.empty(); }
};

/// A complex scalar.
struct ComplexScalar {
  ScalarId re{}, im{};
};

/// Arithmetic on such pairs; scalars are made in one graph, which must outlive it.
class ComplexAlgebra {
 public:
  explicit ComplexAlgebra(ScalarGraph& scalars) : s_(scalars), real_(scalars) {}

  ComplexForm scalar(ScalarId re) { return {real_.scalar(re), {}}; }
  ComplexForm scalar(const ComplexScalar& value);
  ComplexForm literal(double value) { return scalar(s_.literal(value)); }
  /// i with i² = −1.
  ComplexForm imaginary_unit() { return {{}, real_.literal(1)}; }

  ComplexForm add(const ComplexForm& a, const ComplexForm& b);
  ComplexForm subtract(const ComplexForm& a, const ComplexForm& b);
  ComplexForm scale(double factor, const ComplexForm& a);
  ComplexForm multiply(const ComplexForm& a, const ComplexForm& b);
  /// a / divisor = a · conj(divisor) / |divisor|².
  ComplexForm divide(const ComplexForm& a, const ComplexScalar& divisor);
  ComplexForm conjugate(const ComplexForm& a) { return {a.re, real_.scale(-1, a.im)}; }
  /// condition ? a : b, term by term.
  ComplexForm select(ScalarId condition, const ComplexForm& a, const ComplexForm& b);

  /// The scalar of a form of no argument. Throws InternalError for any other.
  ComplexScalar value(const ComplexForm& a);
  /// Is it a literal zero?
  bool is_real(const ComplexScalar& a) const { return s_.is_literal(a.im, 0); }

  /// aᵇ; the principal branch exp(b ln a) where the exponent is no small integer.
  ComplexScalar power(const ComplexScalar& a, const ComplexScalar& b);
  /// |a|.
  ComplexScalar modulus(const ComplexScalar& a);
  /// sqrt, exp, log, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh on the principal branch
  /// (Abramowitz and Stegun, §4). Throws InputError for another function of a complex argument.
  ComplexScalar call(const char* function, const ComplexScalar& a);

  /// Determinant of an n × n matrix, row-major, n from 1 to 3.
  ComplexForm determinant(const std::vector<ComplexForm>& a, int n);
  /// Its cofactors: entry (r, c) is ∂ det A / ∂A_rc.
  std::vector<ComplexForm> cofactor(const std::vector<ComplexForm>& a, int n);
  /// Its inverse, by cofactors; its determinant must have no argument.
  std::vector<ComplexForm> inverse(const std::vector<ComplexForm>& a, int n);

 private:
  ComplexScalar add(const ComplexScalar& a, const ComplexScalar& b);
  ComplexScalar multiply(const ComplexScalar& a, const ComplexScalar& b);
  ComplexScalar divide(const ComplexScalar& a, const ComplexScalar& b);
  /// asin or acos of a value that is not real.
  ComplexScalar arc(bool is_sine, const ComplexScalar& z);
  ScalarId square_norm(const ComplexScalar& a);
  ScalarId subtract(ScalarId a, ScalarId b) { return s_.add(a, s_.negate(b)); }

  ScalarGraph& s_;
  MultilinearAlgebra real_;
};

}  // namespace femsynth::synth
