#pragma once

#include <array>
#include <cstddef>

#include "solvers/reference/number.hpp"

namespace femsynth::solvers {

/// A function of the reference coordinates X at one point, by its derivatives to second order, each
/// with its error bound. Arithmetic takes those to the order that it is given; the others
/// are left 0.
struct Jet {
  /// Value; ∂/∂X_a at 1 + a; ∂²/∂X_a∂X_b at 4 + pair(a, b).
  std::array<Number, 10> c{};

  static constexpr std::size_t pair(std::size_t a, std::size_t b) {
    return a <= b ? a * (5 - a) / 2 + b : pair(b, a);
  }
  const Number& value() const { return c[0]; }
  const Number& first(std::size_t a) const { return c[1 + a]; }
  const Number& second(std::size_t a, std::size_t b) const { return c[4 + pair(a, b)]; }
  Number& first(std::size_t a) { return c[1 + a]; }
  Number& second(std::size_t a, std::size_t b) { return c[4 + pair(a, b)]; }
};

/// Arithmetic of jets in t variables, to order 0, 1 or 2, with unit roundoff u.
class JetArithmetic {
 public:
  JetArithmetic(std::size_t t, int order, double u) : t_(t), order_(order), u_(u) {}
  int order() const { return order_; }
  JetArithmetic to_order(int order) const { return {t_, order, u_}; }

  static Jet constant(double value) {
    Jet result;
    result.c[0] = {value, std::abs(value), 0.0};
    return result;
  }
  Jet add(const Jet& a, const Jet& b) const {
    Jet result;
    for (std::size_t i = 0; i < size(); ++i) result.c[i] = solvers::add(a.c[i], b.c[i], u_);
    return result;
  }
  Jet negate(Jet a) const {
    for (Number& n : a.c) n.value = -n.value;
    return a;
  }
  Jet subtract(const Jet& a, const Jet& b) const { return add(a, negate(b)); }
  Jet multiply(const Jet& a, const Jet& b) const {
    Jet r;
    r.c[0] = mul(a.c[0], b.c[0]);
    for_each_first(
        [&](std::size_t i) { r.first(i) = sum(mul(a.c[0], b.first(i)), mul(a.first(i), b.c[0])); });
    for_each_second([&](std::size_t i, std::size_t j) {
      const Number outer = sum(mul(a.c[0], b.second(i, j)), mul(a.second(i, j), b.c[0]));
      const Number cross = sum(mul(a.first(i), b.first(j)), mul(a.first(j), b.first(i)));
      r.second(i, j) = sum(outer, cross);
    });
    return r;
  }
  /// q = a/b: b q = a, differentiated.
  Jet divide(const Jet& a, const Jet& b) const {
    Jet q;
    q.c[0] = solvers::divide(a.c[0], b.c[0], u_);
    for_each_first([&](std::size_t i) {
      const Number rest = sum(a.first(i), minus(mul(q.c[0], b.first(i))));
      q.first(i) = solvers::divide(rest, b.c[0], u_);
    });
    for_each_second([&](std::size_t i, std::size_t j) {
      Number rest = sum(a.second(i, j), minus(mul(q.c[0], b.second(i, j))));
      rest = sum(rest, minus(mul(q.first(i), b.first(j))));
      rest = sum(rest, minus(mul(q.first(j), b.first(i))));
      q.second(i, j) = solvers::divide(rest, b.c[0], u_);
    });
    return q;
  }
  /// s = √a: s² = a, differentiated.
  Jet square_root(const Jet& a) const {
    Jet s;
    s.c[0] = solvers::square_root(a.c[0], u_);
    const Number twice{2.0 * s.c[0].value, 2.0 * s.c[0].magnitude, 2.0 * s.c[0].error};
    for_each_first([&](std::size_t i) { s.first(i) = solvers::divide(a.first(i), twice, u_); });
    for_each_second([&](std::size_t i, std::size_t j) {
      Number rest = mul(s.first(i), s.first(j));
      rest = sum(a.second(i, j), minus(sum(rest, rest)));
      s.second(i, j) = solvers::divide(rest, twice, u_);
    });
    return s;
  }
  /// ∂a/∂X_i: one order less is known.
  Jet derivative(const Jet& a, std::size_t i) const {
    Jet r;
    r.c[0] = a.first(i);
    for (std::size_t j = 0; j < t_; ++j) r.first(j) = a.second(i, j);
    return r;
  }
  /// The same function, computed as a whole: nobody expands its parts further.
  Jet whole(Jet a) const {
    for (Number& n : a.c) n.magnitude = std::abs(n.value);
    return a;
  }

 private:
  std::size_t size() const { return order_ == 0 ? 1 : order_ == 1 ? 4 : 10; }
  Number mul(const Number& a, const Number& b) const { return solvers::multiply(a, b, u_); }
  Number sum(const Number& a, const Number& b) const { return solvers::add(a, b, u_); }
  static Number minus(const Number& a) { return {-a.value, a.magnitude, a.error}; }
  template <class F>
  void for_each_first(F f) const {
    for (std::size_t i = 0; order_ >= 1 && i < t_; ++i) f(i);
  }
  template <class F>
  void for_each_second(F f) const {
    for (std::size_t i = 0; order_ >= 2 && i < t_; ++i) {
      for (std::size_t j = i; j < t_; ++j) f(i, j);
    }
  }

  std::size_t t_;
  int order_;
  double u_;
};

}  // namespace femsynth::solvers
