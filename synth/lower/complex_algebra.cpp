#include "synth/lower/complex_algebra.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "meshes/support/error.hpp"

namespace femsynth::synth {

ComplexForm ComplexAlgebra::scalar(const ComplexScalar& value) {
  return {real_.scalar(value.re), real_.scalar(value.im)};
}

ComplexForm ComplexAlgebra::add(const ComplexForm& a, const ComplexForm& b) {
  return {real_.add(a.re, b.re), real_.add(a.im, b.im)};
}

ComplexForm ComplexAlgebra::subtract(const ComplexForm& a, const ComplexForm& b) {
  return {real_.subtract(a.re, b.re), real_.subtract(a.im, b.im)};
}

ComplexForm ComplexAlgebra::scale(double factor, const ComplexForm& a) {
  return {real_.scale(factor, a.re), real_.scale(factor, a.im)};
}

ComplexForm ComplexAlgebra::multiply(const ComplexForm& a, const ComplexForm& b) {
  if (a.is_real() && b.is_real()) return {real_.multiply(a.re, b.re), {}};
  return {real_.subtract(real_.multiply(a.re, b.re), real_.multiply(a.im, b.im)),
          real_.add(real_.multiply(a.re, b.im), real_.multiply(a.im, b.re))};
}

ComplexForm ComplexAlgebra::divide(const ComplexForm& a, const ComplexScalar& divisor) {
  if (is_real(divisor)) return {real_.divide(a.re, divisor.re), real_.divide(a.im, divisor.re)};
  const ScalarId norm = square_norm(divisor);
  const ComplexForm product = multiply(a, conjugate(scalar(divisor)));
  return {real_.divide(product.re, norm), real_.divide(product.im, norm)};
}

ComplexForm ComplexAlgebra::select(ScalarId condition, const ComplexForm& a, const ComplexForm& b) {
  return {real_.select(condition, a.re, b.re), real_.select(condition, a.im, b.im)};
}

ComplexScalar ComplexAlgebra::value(const ComplexForm& a) {
  return {real_.value(a.re), real_.value(a.im)};
}

ComplexScalar ComplexAlgebra::add(const ComplexScalar& a, const ComplexScalar& b) {
  return {s_.add(a.re, b.re), s_.add(a.im, b.im)};
}

ComplexScalar ComplexAlgebra::multiply(const ComplexScalar& a, const ComplexScalar& b) {
  return {subtract(s_.multiply(a.re, b.re), s_.multiply(a.im, b.im)),
          s_.add(s_.multiply(a.re, b.im), s_.multiply(a.im, b.re))};
}

ScalarId ComplexAlgebra::square_norm(const ComplexScalar& a) {
  return s_.add(s_.multiply(a.re, a.re), s_.multiply(a.im, a.im));
}

ComplexScalar ComplexAlgebra::divide(const ComplexScalar& a, const ComplexScalar& b) {
  if (is_real(b)) return {s_.divide(a.re, b.re), s_.divide(a.im, b.re)};
  const ScalarId norm = square_norm(b);
  const ComplexScalar product = multiply(a, {b.re, s_.negate(b.im)});
  return {s_.divide(product.re, norm), s_.divide(product.im, norm)};
}

ComplexScalar ComplexAlgebra::modulus(const ComplexScalar& a) {
  const ScalarId none = s_.literal(0);
  if (is_real(a)) return {s_.call("abs", {a.re}), none};
  return {s_.call("sqrt", {square_norm(a)}), none};
}

ComplexScalar ComplexAlgebra::power(const ComplexScalar& a, const ComplexScalar& b) {
  const ScalarId none = s_.literal(0);
  if (is_real(a) && is_real(b)) return {s_.power(a.re, b.re), none};
  const Scalar& exponent = s_[b.re];
  const bool integer = is_real(b) && exponent.op == ScalarOp::literal &&
                       exponent.value == std::floor(exponent.value) &&
                       std::abs(exponent.value) <= 16;
  if (!integer) return call("exp", multiply(b, call("log", a)));
  const bool inverted = exponent.value < 0;
  ComplexScalar result{s_.literal(1), none};
  ComplexScalar square = a;
  for (auto n = static_cast<unsigned>(std::abs(exponent.value)); n != 0; n >>= 1U) {
    if ((n & 1U) != 0) result = multiply(result, square);
    if (n > 1) square = multiply(square, square);
  }
  return inverted ? divide({s_.literal(1), none}, result) : result;
}

// W. Kahan, Branch cuts for complex elementary functions (1987): with p = √(1 + z), m = √(1 − z),
// asin z = atan2(x, Re(m p)) + i asinh(Im(m̄ p)), acos z = 2 atan2(Re m, Re p) + i asinh(Im(p̄ m)).
ComplexScalar ComplexAlgebra::arc(bool is_sine, const ComplexScalar& z) {
  const ComplexScalar one{s_.literal(1), s_.literal(0)};
  const ComplexScalar p = call("sqrt", {s_.add(one.re, z.re), z.im});
  const ComplexScalar m = call("sqrt", {subtract(one.re, z.re), s_.negate(z.im)});
  const auto imaginary = [&](const ComplexScalar& a, const ComplexScalar& b) {  // of ā b
    return subtract(s_.multiply(a.re, b.im), s_.multiply(a.im, b.re));
  };
  const ScalarId t = is_sine ? imaginary(m, p) : imaginary(p, m);
  // asinh t = sgn(t) ln(|t| + √(t² + 1))
  const ScalarId root = s_.call("sqrt", {s_.add(s_.multiply(t, t), one.re)});
  const ScalarId size = s_.call("log", {s_.add(s_.call("abs", {t}), root)});
  const ScalarId below = s_.choice(ScalarOp::less, {t, s_.literal(0)});
  const ScalarId im = s_.choice(ScalarOp::select, {below, s_.negate(size), size});
  if (is_sine) return {s_.call("atan2", {z.re, multiply(m, p).re}), im};
  return {s_.multiply(s_.literal(2), s_.call("atan2", {m.re, p.re})), im};
}

ComplexScalar ComplexAlgebra::call(const char* function, const ComplexScalar& a) {
  const std::string_view name = function;
  if (is_real(a)) return {s_.call(function, {a.re}), s_.literal(0)};
  const auto real_call = [&](const char* f, ScalarId x) { return s_.call(f, {x}); };
  const auto times = [&](ScalarId x, ScalarId y) { return s_.multiply(x, y); };
  const ScalarId x = a.re;
  const ScalarId y = a.im;
  if (name == "exp") {
    const ScalarId size = real_call("exp", x);
    return {times(size, real_call("cos", y)), times(size, real_call("sin", y))};
  }
  if (name == "log") {
    return {s_.multiply(s_.literal(0.5), real_call("log", square_norm(a))),
            s_.call("atan2", {y, x})};
  }
  if (name == "sqrt") {
    // √z = t + i y/(2t) if x ≥ 0, else |y|/(2t) + i sgn(y) t, with t = √((|z| + |x|)/2): nothing
    // cancels. The branch with Re √z ≥ 0.
    const ScalarId none = s_.literal(0);
    const auto select = [&](ScalarId condition, ScalarId yes, ScalarId no) {
      return s_.choice(ScalarOp::select, {condition, yes, no});
    };
    const ScalarId sum = s_.add(modulus(a).re, real_call("abs", x));
    const ScalarId t = real_call("sqrt", times(s_.literal(0.5), sum));
    const ScalarId other =
        select(s_.choice(ScalarOp::less, {none, t}), s_.divide(y, s_.add(t, t)), none);
    const ScalarId left = s_.choice(ScalarOp::less, {x, none});
    const ScalarId below = s_.choice(ScalarOp::less, {y, none});
    return {select(left, real_call("abs", other), t),
            select(left, select(below, s_.negate(t), t), other)};
  }
  if (name == "sin") {
    return {times(real_call("sin", x), real_call("cosh", y)),
            times(real_call("cos", x), real_call("sinh", y))};
  }
  if (name == "cos") {
    return {times(real_call("cos", x), real_call("cosh", y)),
            s_.negate(times(real_call("sin", x), real_call("sinh", y)))};
  }
  if (name == "sinh") {
    return {times(real_call("sinh", x), real_call("cos", y)),
            times(real_call("cosh", x), real_call("sin", y))};
  }
  if (name == "cosh") {
    return {times(real_call("cosh", x), real_call("cos", y)),
            times(real_call("sinh", x), real_call("sin", y))};
  }
  if (name == "asin" || name == "acos") return arc(name == "asin", a);
  if (name == "atan") {
    // Re = arg((1 + iz)/(1 − iz))/2, Im = ln |(1 − iz)/(1 + iz)|/2, with z = x + iy.
    const ScalarId one = s_.literal(1);
    const ScalarId above = s_.add(one, y);
    const ScalarId below = subtract(one, y);
    const ScalarId square = times(x, x);
    const ScalarId ratio =
        s_.divide(s_.add(square, times(above, above)), s_.add(square, times(below, below)));
    const ScalarId arg = s_.call("atan2", {times(s_.literal(2), x), subtract(one, square_norm(a))});
    return {times(s_.literal(0.5), arg), times(s_.literal(0.25), real_call("log", ratio))};
  }
  if (name == "tan") return divide(call("sin", a), call("cos", a));
  if (name == "tanh") return divide(call("sinh", a), call("cosh", a));
  throw InputError(fmt::format("{}() of a complex value is not supported", function));
}

ComplexForm ComplexAlgebra::determinant(const std::vector<ComplexForm>& a, int n) {
  if (n == 1) return a[0];
  const std::vector<ComplexForm> cofactors = cofactor(a, n);
  ComplexForm sum;
  for (std::size_t k = 0; k < static_cast<std::size_t>(n); ++k) {
    sum = add(sum, multiply(a[k], cofactors[k]));
  }
  return sum;
}

std::vector<ComplexForm> ComplexAlgebra::cofactor(const std::vector<ComplexForm>& a, int n) {
  if (n == 1) return {literal(1)};
  if (n == 2) return {a[3], scale(-1, a[2]), scale(-1, a[1]), a[0]};
  std::vector<ComplexForm> result(9);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) {
      // Cyclic indices carry the sign.
      const std::size_t r1 = 3 * ((r + 1) % 3);
      const std::size_t r2 = 3 * ((r + 2) % 3);
      const std::size_t c1 = (c + 1) % 3;
      const std::size_t c2 = (c + 2) % 3;
      result[3 * r + c] =
          subtract(multiply(a[r1 + c1], a[r2 + c2]), multiply(a[r1 + c2], a[r2 + c1]));
    }
  }
  return result;
}

std::vector<ComplexForm> ComplexAlgebra::inverse(const std::vector<ComplexForm>& a, int n) {
  const ComplexScalar det = value(determinant(a, n));
  const std::vector<ComplexForm> cofactors = cofactor(a, n);
  std::vector<ComplexForm> result;
  const auto m = static_cast<std::size_t>(n);
  for (std::size_t r = 0; r < m; ++r) {
    for (std::size_t c = 0; c < m; ++c) result.push_back(divide(cofactors[c * m + r], det));
  }
  return result;
}

}  // namespace femsynth::synth
