#include "meshes/pyramid_basis.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "meshes/bernstein.hpp"

namespace femsynth::meshes {
namespace {

constexpr std::size_t kMaxDegree = 3;

/// One function of the space, L_i(u) L_j(v) (1 − z)^n.
struct Term {
  std::size_t i;
  std::size_t j;
  std::size_t n;
};

std::vector<Term> terms_of(std::size_t degree) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i <= degree; ++i) {
    for (std::size_t j = 0; j <= degree; ++j) {
      for (std::size_t n = std::max(i, j); n <= degree; ++n) terms.push_back({i, j, n});
    }
  }
  return terms;
}

using Row = std::array<double, kMaxDegree + 1>;

/// Legendre's polynomials on [0, 1].
Row legendre(double u) {
  const double s = 2.0 * u - 1.0;
  return {1.0, s, 1.5 * s * s - 0.5, (2.5 * s * s - 1.5) * s};
}

/// Their derivatives.
Row legendre_slopes(double u) {
  const double s = 2.0 * u - 1.0;
  return {0.0, 2.0, 6.0 * s, 15.0 * s * s - 3.0};
}

/// A function's value, then its derivatives by x, y and z.
using Jet = std::array<double, 4>;

/// Of all terms. By x: ∂u/∂x = 1 / (1 − z); by z: ∂u/∂z = u / (1 − z), and the power's own. What
/// has a slope in u or v has a power n ≥ 1 that takes the quotient.
std::vector<Jet> jets(std::size_t degree, const std::array<double, 3>& at) {
  const auto [u, v, z] = at;
  const double h = 1.0 - z;
  const Row powers{1.0, h, h * h, h * h * h};
  const Row f = legendre(u), g = legendre(v);
  const Row df = legendre_slopes(u), dg = legendre_slopes(v);
  std::vector<Jet> result;
  for (const auto [i, j, n] : terms_of(degree)) {
    Jet jet{f[i] * g[j] * powers[n], 0.0, 0.0, 0.0};
    if (n > 0) {
      jet[1] = df[i] * g[j] * powers[n - 1];
      jet[2] = f[i] * dg[j] * powers[n - 1];
      jet[3] = u * jet[1] + v * jet[2] - static_cast<double>(n) * f[i] * g[j] * powers[n - 1];
    }
    result.push_back(jet);
  }
  return result;
}

/// φ_k = Σ_i coefficients[i · n + k] term_i, 1 at node k and 0 at the others.
std::vector<double> make_coefficients(std::size_t degree) {
  const std::vector<double>& points = geometry_points(CellType::pyramid, static_cast<int>(degree));
  const std::size_t n = points.size() / 3;
  std::vector<double> values(n * n);
  for (std::size_t k = 0; k < n; ++k) {
    const std::vector<Jet> row = jets(degree, collapsed(&points[3 * k]));
    for (std::size_t i = 0; i < n; ++i) values[k * n + i] = row[i][0];
  }
  return inverse_of(std::move(values), n);
}

}  // namespace

std::array<double, 3> collapsed(const double* X) {
  constexpr double kNearest = 1e-12;  // to the apex, where x / (1 − z) is no number
  const double h = 1.0 - X[2];
  if (h < kNearest) return {0.5, 0.5, X[2]};
  return {X[0] / h, X[1] / h, X[2]};
}

GeometryBasis pyramid_basis(int degree, const std::array<double, 3>& at) {
  static const std::array<std::vector<double>, kMaxDegree> all{
      make_coefficients(1), make_coefficients(2), make_coefficients(3)};
  const std::vector<double>& coefficients = all.at(static_cast<std::size_t>(degree) - 1);
  const std::vector<Jet> terms = jets(static_cast<std::size_t>(degree), at);
  GeometryBasis basis;
  basis.count = terms.size();
  for (std::size_t i = 0; i < basis.count; ++i) {
    for (std::size_t k = 0; k < basis.count; ++k) {
      const double c = coefficients[i * basis.count + k];
      basis.values[k] += c * terms[i][0];
      for (std::size_t j = 0; j < 3; ++j) basis.gradients[k][j] += c * terms[i][j + 1];
    }
  }
  return basis;
}

}  // namespace femsynth::meshes
