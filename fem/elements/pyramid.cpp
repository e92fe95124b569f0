#include "fem/elements/pyramid.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "fem/elements/derivatives.hpp"

namespace femsynth::fem {
namespace {

/// Most derivatives that a jet has.
constexpr std::size_t kMost = derivative_count(3, max_tabulated_order);

/// A function at a point: its derivatives in space, in the order of a Tabulation.
using Jet = std::array<double, kMost>;

/// The rules of calculus for jets up to an order.
class Jets {
 public:
  explicit Jets(int order) : count_(derivative_count(3, order)) {
    for (int k = 0; k <= order; ++k) {
      for (const Directions& along : directions_of_order(3, k)) {
        for (const ProductTerm& term : product_rule(along)) {
          terms_.push_back({derivative_index(3, along), derivative_index(3, term.first),
                            derivative_index(3, term.second), static_cast<double>(term.times)});
        }
      }
    }
  }

  std::size_t count() const { return count_; }

  static Jet constant(double value) { return {value}; }
  Jet variable(double value, std::size_t axis) const {
    Jet jet = constant(value);
    if (count_ > 1) jet[derivative_index(axis)] = 1.0;
    return jet;
  }
  /// α a + β b
  Jet combine(double alpha, const Jet& a, double beta, const Jet& b) const {
    Jet jet{};
    for (std::size_t k = 0; k < count_; ++k) jet[k] = alpha * a[k] + beta * b[k];
    return jet;
  }
  Jet multiply(const Jet& a, const Jet& b) const {
    Jet jet{};
    for (const Term& t : terms_) jet[t.place] += t.times * a[t.first] * b[t.second];
    return jet;
  }
  /// 1/a, from a · (1/a) = 1 differentiated: lower derivatives come first.
  Jet reciprocal(const Jet& a) const {
    Jet jet = constant(1.0 / a[0]);
    for (const Term& t : terms_) {
      if (t.first > 0) jet[t.place] -= jet[0] * t.times * a[t.first] * jet[t.second];
    }
    return jet;
  }

 private:
  struct Term {
    std::size_t place, first, second;
    double times;
  };
  std::size_t count_;
  std::vector<Term> terms_;  // ascending by place
};

/// wⁿ L_n(2 x/w − 1) for n = 0 … degree: Legendre's recurrence, homogeneous in (x, w).
std::vector<Jet> scaled_legendre(const Jets& jets, int degree, const Jet& x, const Jet& w) {
  std::vector<Jet> result{Jets::constant(1.0)};
  const Jet s = jets.combine(2.0, x, -1.0, w);
  const Jet ww = jets.multiply(w, w);
  for (int n = 0; n < degree; ++n) {
    Jet next = jets.combine((2.0 * n + 1.0) / (n + 1.0), jets.multiply(s, result.back()), 0.0, s);
    if (n > 0) {
      next = jets.combine(1.0, next, -n / (n + 1.0),
                          jets.multiply(ww, result[static_cast<std::size_t>(n) - 1]));
    }
    result.push_back(next);
  }
  return result;
}

/// Jacobi's P_n^(α, 0)(t) for n = 0 … degree (DLMF 18.9.2).
std::vector<Jet> jacobi(const Jets& jets, int degree, double alpha, const Jet& t) {
  const Jet one = Jets::constant(1.0);
  std::vector<Jet> result{one};
  if (degree > 0) result.push_back(jets.combine((alpha + 2.0) / 2.0, t, alpha / 2.0, one));
  for (int n = 1; n < degree; ++n) {
    const double m = 2.0 * n + alpha;
    const double denominator = 2.0 * (n + 1.0) * (n + alpha + 1.0) * m;
    const double linear = (m + 1.0) * (m + 2.0) * m / denominator;
    const double shift = (m + 1.0) * alpha * alpha / denominator;
    const double back = 2.0 * (n + alpha) * n * (m + 2.0) / denominator;
    const Jet& now = result.back();
    Jet next = jets.combine(linear, jets.multiply(t, now), shift, now);
    next = jets.combine(1.0, next, -back, result[static_cast<std::size_t>(n) - 1]);
    result.push_back(next);
  }
  return result;
}

/// The space's orthogonal functions at a point:
/// L_a(2 x/w − 1) L_b(2 y/w − 1) w^max(a,b) P_c^(2 max(a,b) + 2, 0)(2z − 1), w = 1 − z, for
/// 0 ≤ a, b ≤ k and c ≤ k − max(a, b).
std::vector<Jet> orthogonal_functions(const Jets& jets, int degree, const double* point) {
  constexpr double nearest = 1e-10;  // to the apex, where x/w is no number
  const bool apex = 1.0 - point[2] < nearest;
  const Jet x = jets.variable(apex ? nearest / 2.0 : point[0], 0);
  const Jet y = jets.variable(apex ? nearest / 2.0 : point[1], 1);
  const Jet z = jets.variable(point[2], 2);
  const Jet one = Jets::constant(1.0);
  Jet w = jets.combine(1.0, one, -1.0, z);
  if (apex) w[0] = nearest;
  const Jet inverse = jets.reciprocal(w);
  const Jet t = jets.combine(2.0, z, -1.0, one);
  const std::vector<Jet> in_x = scaled_legendre(jets, degree, x, w);
  const std::vector<Jet> in_y = scaled_legendre(jets, degree, y, w);
  std::vector<std::vector<Jet>> in_z;
  for (int m = 0; m <= degree; ++m) in_z.push_back(jacobi(jets, degree - m, 2.0 * m + 2.0, t));
  std::vector<Jet> result;
  for (int a = 0; a <= degree; ++a) {
    for (int b = 0; b <= degree; ++b) {
      Jet plane =
          jets.multiply(in_x[static_cast<std::size_t>(a)], in_y[static_cast<std::size_t>(b)]);
      for (int k = 0; k < std::min(a, b); ++k) plane = jets.multiply(plane, inverse);
      for (const Jet& f : in_z[static_cast<std::size_t>(std::max(a, b))]) {
        result.push_back(jets.multiply(plane, f));
      }
    }
  }
  return result;
}

using Matrix = Eigen::MatrixXd;

}  // namespace

std::vector<double> tabulate_pyramid(int degree, std::span<const double> nodes, int derivatives,
                                     std::span<const double> points) {
  const std::size_t n = nodes.size() / 3;
  const auto size = static_cast<Eigen::Index>(n);
  const Jets values(0);
  Matrix vandermonde(size, size);
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<Jet> functions = orthogonal_functions(values, degree, &nodes[3 * i]);
    for (std::size_t j = 0; j < n; ++j) {
      vandermonde(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = functions[j][0];
    }
  }
  const Matrix coefficients = vandermonde.inverse();  // (j, i) of φ_i = Σ_j C_ji ψ_j
  const std::size_t count = points.size() / 3;
  const Jets jets(derivatives);
  std::vector<double> table(jets.count() * count * n);
  for (std::size_t p = 0; p < count; ++p) {
    const std::vector<Jet> functions = orthogonal_functions(jets, degree, &points[3 * p]);
    for (std::size_t i = 0; i < n; ++i) {
      Jet sum{};
      for (std::size_t j = 0; j < n; ++j) {
        sum = jets.combine(1.0, sum,
                           coefficients(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)),
                           functions[j]);
      }
      for (std::size_t d = 0; d < jets.count(); ++d) table[(d * count + p) * n + i] = sum[d];
    }
  }
  return table;
}

}  // namespace femsynth::fem
