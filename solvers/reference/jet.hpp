#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "meshes/support/error.hpp"
#include "solvers/reference/number.hpp"

namespace femsynth::solvers {

/// The highest order of a jet.
inline constexpr int kMaxJetOrder = 4;

/// Multi-indices α of t ≤ 3 variables with |α| ≤ kMaxJetOrder, by ascending |α| (0; e_0, …; 2e_0,
/// e_0 + e_1, …): how many there are, and which add up to which.
struct JetIndices {
  static constexpr std::size_t kMost = 35;        // C(4 + 3, 3)
  static constexpr std::size_t kMostPairs = 210;  // C(4 + 6, 6)
  struct Pair {
    std::uint8_t a = 0;
    std::uint8_t b = 0;
  };

  std::array<std::size_t, kMaxJetOrder + 1> sizes{};           ///< those with |α| ≤ order
  std::array<std::array<std::uint8_t, 3>, kMost> exponents{};  ///< of α
  std::array<std::array<std::uint8_t, kMost>, 3> raised{};     ///< α + e_i, |α| < kMaxJetOrder
  std::array<std::uint8_t, kMost + 1> starts{};                ///< pairs of α: [starts, next)
  std::array<double, kMost> factorials{};                      ///< α!
  std::array<Pair, kMostPairs> pairs{};  ///< β + γ = α, β ascending: first (0, α), last (α, 0)

  constexpr std::size_t find(const std::array<std::uint8_t, 3>& exponent) const {
    std::size_t k = 0;
    while (exponents[k] != exponent) ++k;
    return k;
  }
  explicit constexpr JetIndices(std::size_t t) {
    std::size_t count = 0;
    for (int order = 0; order <= kMaxJetOrder; ++order) {
      for (int i = order; i >= 0; --i) {
        for (int j = order - i; j >= 0; --j) {
          const int k = order - i - j;
          if ((t < 2 && j > 0) || (t < 3 && k > 0)) continue;
          exponents[count++] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(j),
                                static_cast<std::uint8_t>(k)};
        }
      }
      sizes[static_cast<std::size_t>(order)] = count;
    }
    for (std::size_t i = 0; i < t; ++i) {
      for (std::size_t k = 0; k < sizes[kMaxJetOrder - 1]; ++k) {
        auto above = exponents[k];
        ++above[i];
        raised[i][k] = static_cast<std::uint8_t>(find(above));
      }
    }
    std::size_t filled = 0;
    for (std::size_t k = 0; k < count; ++k) {
      factorials[k] = 1.0;
      for (const int n : exponents[k]) {
        for (int m = 2; m <= n; ++m) factorials[k] *= m;
      }
      starts[k] = static_cast<std::uint8_t>(filled);
      for (std::size_t b = 0; b <= k; ++b) {
        auto rest = exponents[k];
        bool within = true;
        for (std::size_t i = 0; i < 3; ++i) {
          within = within && exponents[b][i] <= rest[i];
          rest[i] = static_cast<std::uint8_t>(rest[i] - exponents[b][i]);
        }
        if (!within) continue;
        pairs[filled++] = {static_cast<std::uint8_t>(b), static_cast<std::uint8_t>(find(rest))};
      }
    }
    starts[count] = static_cast<std::uint8_t>(filled);
  }
};

inline constexpr std::array<JetIndices, 4> kJetIndices{JetIndices(0), JetIndices(1), JetIndices(2),
                                                       JetIndices(3)};

/// A function of the reference coordinates X at one point, by its Taylor coefficients
/// ∂^α f/α! in the order of JetIndices, each with its error bound. How many are known is its
/// size; what stands beyond is never read, nor touched when a jet is made or copied.
class Jet {
 public:
  Jet() : Jet(0) {}
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  explicit Jet(std::size_t size) : size_(size) {}
  Jet(const Jet& other) : Jet(other.size_) { copy(other); }
  Jet& operator=(const Jet& other) {
    size_ = other.size_;
    copy(other);
    return *this;
  }
  ~Jet() = default;

  std::size_t size() const { return size_; }
  Number operator[](std::size_t k) const {
    return {data_[3 * k], data_[3 * k + 1], data_[3 * k + 2]};
  }
  void set(std::size_t k, const Number& n) {
    data_[3 * k] = n.value;
    data_[3 * k + 1] = n.magnitude;
    data_[3 * k + 2] = n.error;
  }
  Number value() const { return (*this)[0]; }

 private:
  void copy(const Jet& other) { std::copy_n(other.data_.begin(), 3 * size_, data_.begin()); }
  std::size_t size_;
  std::array<double, 3 * JetIndices::kMost> data_;
};

/// Arithmetic of jets in t variables, to an order up to kMaxJetOrder, with unit roundoff u
/// (Griewank and Walther, "Evaluating Derivatives", §13.2: operations on truncated Taylor series).
/// Operands must be known to that order.
class JetArithmetic {
 public:
  JetArithmetic(std::size_t t, int order, double u)
      : indices_(kJetIndices[t]),
        order_(order),
        size_(indices_.sizes[static_cast<std::size_t>(order)]),
        u_(u) {}
  int order() const { return order_; }
  std::size_t size() const { return size_; }
  const JetIndices& indices() const { return indices_; }

  Jet zero() const { return constant(Number{}); }
  Jet constant(double value) const { return constant(Number{value, std::abs(value), 0.0}); }
  Jet constant(const Number& value) const {
    Jet result(size_);
    result.set(0, value);
    for (std::size_t k = 1; k < size_; ++k) result.set(k, Number{});
    return result;
  }
  /// From derivatives: coefficient k is given(k)/α! for the derivative ∂^α, α the k-th multi-index.
  template <class Given>
  Jet of_derivatives(Given given) const {
    Jet result(size_);
    for (std::size_t k = 0; k < size_; ++k) {
      const double factorial = indices_.factorials[k];
      const Number derivative = given(k);
      result.set(k, factorial == 1.0 ? derivative : scaled(derivative, 1.0 / factorial));
    }
    return result;
  }

  Jet add(const Jet& a, const Jet& b) const {
    check(a, size_);
    check(b, size_);
    Jet result(size_);
    for (std::size_t k = 0; k < size_; ++k) result.set(k, sum(a[k], b[k]));
    return result;
  }
  Jet negate(Jet a) const {
    for (std::size_t k = 0; k < a.size(); ++k) a.set(k, minus(a[k]));
    return a;
  }
  Jet subtract(const Jet& a, const Jet& b) const { return add(a, negate(b)); }
  /// r_α = Σ_β a_β b_(α − β).
  Jet multiply(const Jet& a, const Jet& b) const {
    check(a, size_);
    check(b, size_);
    Jet r(size_);
    for (std::size_t k = 0; k < size_; ++k) {
      Number total = mul(a[0], b[k]);
      for (std::size_t p = indices_.starts[k] + 1u; p < indices_.starts[k + 1]; ++p) {
        total = sum(total, mul(a[indices_.pairs[p].a], b[indices_.pairs[p].b]));
      }
      r.set(k, total);
    }
    return r;
  }
  /// q = a/b: b q = a, of which all terms of order |α| but b_0 q_α are known. Coefficients of lower
  /// order count as computed as wholes, else the bounds would grow exponentially with the order.
  Jet divide(const Jet& a, const Jet& b) const {
    check(a, size_);
    check(b, size_);
    Jet q(size_);
    for (std::size_t k = 0; k < size_; ++k) {
      Number rest = a[k];
      for (std::size_t p = indices_.starts[k]; p + 1 < indices_.starts[k + 1]; ++p) {
        rest = sum(rest, minus(mul(whole(q[indices_.pairs[p].a]), b[indices_.pairs[p].b])));
      }
      q.set(k, solvers::divide(rest, b[0], u_));
    }
    return q;
  }
  /// s = √a: s² = a, of which all terms of order |α| but 2 s_0 s_α are known; as for divide.
  Jet square_root(const Jet& a) const {
    check(a, size_);
    Jet s(size_);
    s.set(0, solvers::square_root(a[0], u_));
    const Number twice{2.0 * s[0].value, 2.0 * s[0].magnitude, 2.0 * s[0].error};
    for (std::size_t k = 1; k < size_; ++k) {
      Number rest = a[k];
      for (std::size_t p = indices_.starts[k] + 1u; p + 1 < indices_.starts[k + 1]; ++p) {
        rest = sum(rest, minus(mul(whole(s[indices_.pairs[p].a]), whole(s[indices_.pairs[p].b]))));
      }
      s.set(k, solvers::divide(rest, twice, u_));
    }
    return s;
  }
  /// ∂a/∂X_i of a jet that is known to one order more.
  Jet derivative(const Jet& a, std::size_t i) const {
    if (order_ == kMaxJetOrder) throw InternalError("a jet of too high an order");
    check(a, indices_.sizes[static_cast<std::size_t>(order_) + 1]);
    Jet r(size_);
    for (std::size_t k = 0; k < size_; ++k) {
      const double n = indices_.exponents[k][i] + 1.0;
      const Number above = a[indices_.raised[i][k]];
      r.set(k, n == 1.0 ? above : scaled(above, n));
    }
    return r;
  }
  /// The same function, computed as a whole: nobody expands its parts further.
  Jet whole(Jet a) const {
    for (std::size_t k = 0; k < a.size(); ++k) {
      a.set(k, whole(a[k]));
    }
    return a;
  }

 private:
  static void check(const Jet& a, std::size_t needed) {
    if (a.size() < needed) throw InternalError("a jet is not known to the order that is read");
  }
  Number mul(const Number& a, const Number& b) const { return solvers::multiply(a, b, u_); }
  Number sum(const Number& a, const Number& b) const { return solvers::add(a, b, u_); }
  static Number whole(const Number& a) { return {a.value, std::abs(a.value), a.error}; }
  static Number minus(const Number& a) { return {-a.value, a.magnitude, a.error}; }
  /// One rounding at most.
  Number scaled(const Number& a, double factor) const {
    const double m = a.magnitude * factor;
    return {a.value * factor, m, a.error * factor + u_ * m};
  }

  const JetIndices& indices_;
  int order_;
  std::size_t size_;
  double u_;
};

}  // namespace femsynth::solvers
