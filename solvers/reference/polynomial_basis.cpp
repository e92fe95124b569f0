#include "solvers/reference/polynomial_basis.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "fem/elements/tabulate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::solvers {
namespace {

using meshes::CellType;
using Real = long double;
using RealMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// How far a fit may be off at points that it has not seen, relative to the greatest value.
constexpr double kFitTolerance = 1e-11;
constexpr int kMoreDegrees = 3;
constexpr std::size_t kMaxTables = 512;

/// The k-th derivative of all Legendre polynomials P_n(2 x − 1), n ≤ degree:
/// (n + 1) P_{n+1} = (2 n + 1) s P_n − n P_{n−1}, differentiated k times by s = 2 x − 1.
std::vector<Real> legendre(int degree, Real x, int k) {
  const Real s = 2.0L * x - 1.0L;
  const auto size = static_cast<std::size_t>(degree) + 1;
  std::vector<std::vector<Real>> p(static_cast<std::size_t>(k) + 1);
  for (int m = 0; m <= k; ++m) {
    auto& now = p[static_cast<std::size_t>(m)];
    now.assign(size, 0.0L);
    now[0] = m == 0 ? 1.0L : 0.0L;
    for (std::size_t n = 0; n + 1 < size; ++n) {
      const auto r = static_cast<Real>(n);
      Real next = (2.0L * r + 1.0L) * s * now[n];
      if (m > 0)
        next += (2.0L * r + 1.0L) * static_cast<Real>(m) * p[static_cast<std::size_t>(m) - 1][n];
      if (n > 0) next -= r * now[n - 1];
      now[n + 1] = next / (r + 1.0L);
    }
  }
  auto result = p[static_cast<std::size_t>(k)];
  for (Real& value : result) value *= std::pow(2.0L, static_cast<Real>(k));
  return result;
}

/// The l-th derivative of (1 − z)^(−s).
Real falling_inverse(Real rest, int s, int l) {
  Real value = std::pow(rest, static_cast<Real>(-s - l));
  for (int k = 0; k < l; ++k) value *= static_cast<Real>(s + k);
  return value;
}

/// The k-th derivatives of P_n(2 x − 1) xˢ: [s][n].
std::vector<std::vector<Real>> legendre_times_powers(int degree, Real x, int k) {
  std::vector<std::vector<Real>> legendres;
  for (int m = 0; m <= k; ++m) legendres.push_back(legendre(degree, x, m));
  std::vector<std::vector<Real>> result;
  for (int s = 0; s <= degree; ++s) {
    auto& row = result.emplace_back(legendres[0].size(), 0.0L);
    Real factor = 1.0L;  // C(k, m) s!/(s − m)!
    for (int m = 0; m <= std::min(k, s); ++m) {
      const Real power = factor * std::pow(x, static_cast<Real>(s - m));
      const auto& f = legendres[static_cast<std::size_t>(k - m)];
      for (std::size_t n = 0; n < row.size(); ++n) row[n] += power * f[n];
      factor *= static_cast<Real>((k - m) * (s - m)) / static_cast<Real>(m + 1);
    }
  }
  return result;
}

/// The rational functions on the reference pyramid at one point, or a derivative of each:
/// P_a(2 x − 1) P_b(2 y − 1) P_m(2 r − 1) with r = xy/(1 − z).
class PyramidTerms {
 public:
  PyramidTerms(int degree, const double* X, const Exponents& along) {
    constexpr Real nearest = 1e-10L;  // to the apex, where r → 0 and its derivatives have no limit
    Real x = X[0];
    Real y = X[1];
    Real rest = 1.0L - static_cast<Real>(X[2]);
    if (rest < nearest) {
      const bool value = along == Exponents{};
      rest = value ? 1.0L : nearest;
      x = y = value ? 0.0L : nearest / 2.0L;
    }
    in_x_ = legendre_times_powers(degree, x, along[0]);
    in_y_ = legendre_times_powers(degree, y, along[1]);
    for (int s = 0; s <= degree; ++s) in_z_.push_back(falling_inverse(rest, s, along[2]));
  }
  /// P_m(2 r − 1) = Σ_s (−1)^(m + s) C(m, s) C(m + s, s) rˢ.
  Real operator()(std::size_t a, std::size_t b, std::size_t m) const {
    Real sum = 0.0L;
    Real factor = m % 2 == 0 ? 1.0L : -1.0L;
    for (std::size_t s = 0; s <= m; ++s) {
      sum += factor * in_x_[s][a] * in_y_[s][b] * in_z_[s];
      factor *= -static_cast<Real>((m - s) * (m + s + 1)) / static_cast<Real>((s + 1) * (s + 1));
    }
    return sum;
  }

 private:
  std::vector<std::vector<Real>> in_x_;
  std::vector<std::vector<Real>> in_y_;
  std::vector<Real> in_z_;
};

/// Points spread over the reference cell (van der Corput in each direction), n × t.
std::vector<double> spread(CellType cell, std::size_t n, std::size_t skip) {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  std::vector<double> points;
  for (std::size_t k = skip + 1; points.size() < n * t; ++k) {
    std::array<double, 3> X{};
    constexpr std::array<std::size_t, 3> bases{2, 3, 5};
    for (std::size_t i = 0; i < t; ++i) {
      double scale = 1.0;
      for (std::size_t rest = k; rest > 0; rest /= bases[i]) {
        scale /= static_cast<double>(bases[i]);
        X[i] += scale * static_cast<double>(rest % bases[i]);
      }
    }
    const bool inside = cell == CellType::triangle      ? X[0] + X[1] <= 1.0
                        : cell == CellType::tetrahedron ? X[0] + X[1] + X[2] <= 1.0
                        : cell == CellType::prism       ? X[0] + X[1] <= 1.0
                        : cell == CellType::pyramid     ? std::max(X[0], X[1]) + X[2] <= 0.95
                                                        : true;
    if (inside) points.insert(points.end(), X.begin(), X.begin() + static_cast<std::ptrdiff_t>(t));
  }
  return points;
}

/// Degrees along the axes of the terms of degree k; on a pyramid a third one of −m stands for
/// P_m(2 r − 1).
std::vector<std::array<int, 3>> indices(CellType cell, int k) {
  const int t = meshes::dimension(cell);
  std::vector<std::array<int, 3>> result;
  for (int i = 0; i <= k; ++i) {
    for (int j = 0; j <= (t > 1 ? k : 0); ++j) {
      for (int l = 0; l <= (t > 2 ? k : 0); ++l) {
        const bool in = meshes::is_simplex(cell)    ? i + j + l <= k
                        : cell == CellType::prism   ? i + j <= k
                        : cell == CellType::pyramid ? i + j + l <= k
                                                    : true;
        if (in) result.push_back({i, j, l});
        if (in && l > 0 && cell == CellType::pyramid) result.push_back({i, j, -l});
      }
    }
  }
  return result;
}

std::vector<Exponents> exponents(std::size_t t, int order) {
  std::vector<Exponents> result;
  for (int i = 0; i <= order; ++i) {
    for (int j = 0; i + j <= order && (t > 1 || j == 0); ++j) {
      for (int l = 0; i + j + l <= order && (t > 2 || l == 0); ++l) result.push_back({i, j, l});
    }
  }
  return result;
}

}  // namespace

PolynomialBasis::PolynomialBasis(CellType cell, int degree, std::size_t nodes,
                                 std::size_t components, const Values& values)
    : cell_(cell), degree_(degree), nodes_(nodes), components_(components) {
  const int last = degree + kMoreDegrees;
  for (; degree_ <= last; ++degree_) {
    if (fit(values)) return;
  }
  throw MissingComponent(
      fmt::format("the oracle on a {}: the basis functions are no polynomials of degree {} to {}",
                  meshes::name_of(cell), degree, last));
}

bool PolynomialBasis::fit(const Values& values) {
  index_ = indices(cell_, degree_);
  const auto t = static_cast<std::size_t>(meshes::dimension(cell_));
  const std::size_t columns = nodes_ * components_;
  const std::size_t count = 2 * index_.size() + 8;
  const std::vector<double> points = spread(cell_, count, 0);
  const std::vector<double> given = values(points);
  RealMatrix matrix(count, index_.size());
  RealMatrix rhs(count, columns);
  for (std::size_t q = 0; q < count; ++q) {
    const auto row = terms(&points[q * t], {0, 0, 0});
    for (std::size_t k = 0; k < row.size(); ++k) matrix(q, k) = row[k];
    for (std::size_t c = 0; c < columns; ++c) rhs(q, c) = static_cast<Real>(given[q * columns + c]);
  }
  columns_.clear();
  for (std::size_t c = 0; c < columns; ++c) {
    if (!rhs.col(static_cast<Eigen::Index>(c)).isZero(0)) columns_.push_back(c);
  }
  const RealMatrix solution = matrix.colPivHouseholderQr().solve(rhs(Eigen::all, columns_));
  coefficients_.assign(solution.data(), solution.data() + solution.size());
  const std::vector<double> others = spread(cell_, 40, 7 * count + 1000);
  const std::vector<double> expected = values(others);
  const BasisTable table = tabulate(others, 0);
  const auto& found = table.derivatives.at({0, 0, 0});
  double scale = 1.0;
  residual_ = 0.0;
  for (std::size_t q = 0; q < table.points; ++q) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double value = expected[q * columns + c];
      scale = std::max(scale, std::abs(value));
      residual_ = std::max(residual_, std::abs(value - found[c * table.points + q]));
    }
  }
  return residual_ <= kFitTolerance * scale;
}

PolynomialBasis::PolynomialBasis(CellType cell, int degree, std::span<const double> nodes)
    : cell_(cell), degree_(degree), components_(1), index_(indices(cell, degree)) {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  nodes_ = nodes.size() / t;
  if (nodes_ != index_.size()) {
    throw InternalError(fmt::format("{} nodes, {} functions", nodes_, index_.size()));
  }
  RealMatrix V(nodes_, nodes_);
  for (std::size_t i = 0; i < nodes_; ++i) {
    const auto row = terms(&nodes[i * t], {0, 0, 0});
    for (std::size_t k = 0; k < row.size(); ++k) V(i, k) = row[k];
    columns_.push_back(i);
  }
  const RealMatrix solution = V.fullPivLu().inverse();
  coefficients_.assign(solution.data(), solution.data() + solution.size());
  residual_ = static_cast<double>(
      (V * solution - RealMatrix::Identity(nodes_, nodes_)).cwiseAbs().maxCoeff());
}

std::vector<long double> PolynomialBasis::terms(const double* X, const Exponents& along) const {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell_));
  std::array<std::vector<Real>, 3> axes;
  for (std::size_t i = 0; i < t; ++i) axes[i] = legendre(degree_, X[i], along[i]);
  std::optional<PyramidTerms> rational;
  if (cell_ == CellType::pyramid) rational.emplace(degree_, X, along);
  std::vector<Real> result;
  result.reserve(index_.size());
  for (const auto& index : index_) {
    if (index[2] < 0) {
      result.push_back((*rational)(static_cast<std::size_t>(index[0]),
                                   static_cast<std::size_t>(index[1]),
                                   static_cast<std::size_t>(-index[2])));
      continue;
    }
    Real product = 1.0L;
    for (std::size_t i = 0; i < t; ++i) product *= axes[i][static_cast<std::size_t>(index[i])];
    result.push_back(product);
  }
  return result;
}

BasisTable PolynomialBasis::tabulate(std::span<const double> points, int order) const {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell_));
  BasisTable table;
  table.points = points.size() / t;
  const Eigen::Map<const RealMatrix> coefficients(coefficients_.data(), index_.size(),
                                                  columns_.size());
  RealMatrix values(table.points, index_.size());
  for (const Exponents& along : exponents(t, order)) {
    for (std::size_t q = 0; q < table.points; ++q) {
      const auto row = terms(&points[q * t], along);
      for (std::size_t k = 0; k < row.size(); ++k) values(q, k) = row[k];
    }
    const RealMatrix sums = values * coefficients;
    auto& out = table.derivatives[along];
    out.assign(nodes_ * components_ * table.points, 0.0);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      for (std::size_t q = 0; q < table.points; ++q) {
        out[columns_[c] * table.points + q] = static_cast<double>(sums(q, c));
      }
    }
  }
  return table;
}

void PolynomialBasis::change(const std::vector<double>& change) {
  if (columns_.size() != nodes_) throw InternalError("a change of basis of a vector's components");
  const Eigen::Map<const RowMatrix> to(change.data(), nodes_, nodes_);
  const Eigen::Map<const RealMatrix> old(coefficients_.data(), index_.size(), nodes_);
  const RealMatrix changed = old * to.cast<Real>().transpose();
  coefficients_.assign(changed.data(), changed.data() + changed.size());
}

bool has_nodal_basis(const fem::Element& element) {
  using fem::Family;
  const bool lagrange =
      element.family == Family::lagrange || element.family == Family::discontinuous_lagrange;
  return lagrange && element.lagrange_variant != fem::LagrangeVariant::legendre &&
         element.lagrange_variant != fem::LagrangeVariant::bernstein;
}

const PolynomialBasis& ReferenceBases::geometry(CellType cell, int degree) {
  auto& entry = geometries_[{cell, degree}];
  if (!entry) entry = nodal(cell, degree, meshes::geometry_points(cell, degree));
  return *entry;
}

const PolynomialBasis& ReferenceBases::basis(fem::Element element) {
  element.shape.clear();
  element.symmetric = false;
  auto& entry = bases_[element];
  if (entry) return *entry;
  if (has_nodal_basis(element)) {
    entry = nodal(element.cell, element.degree, fem::nodes(element));
    return *entry;
  }
  const double origin[3] = {0.25, 0.25, 0.25};
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  const fem::Tabulation probe = fem::tabulate(element, 0, std::span(origin).first(t));
  const auto values = [&](std::span<const double> points) {
    return fem::tabulate(element, 0, points).values;
  };
  entry = std::make_unique<PolynomialBasis>(element.cell, std::max(element.degree, 1), probe.nodes,
                                            probe.components, values);
  return *entry;
}

/// Values at `nodes` are the unknowns: with V_ij = ψ_j(node_i), φ_i = Σ_j (V⁻¹)_ji ψ_j.
std::unique_ptr<PolynomialBasis> ReferenceBases::nodal(CellType cell, int degree,
                                                       std::span<const double> nodes) {
  if (cell == CellType::pyramid && degree > 1) {
    return std::make_unique<PolynomialBasis>(cell, degree, nodes);
  }
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  const std::size_t n = nodes.size() / t;
  const auto values = [&](std::span<const double> points) {
    return backend_.shape_values(cell, degree, points);
  };
  auto basis = std::make_unique<PolynomialBasis>(cell, degree, n, 1, values);
  const std::vector<double> at_nodes = values(nodes);
  RealMatrix V(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) V(i, j) = static_cast<Real>(at_nodes[i * n + j]);
  }
  const RealMatrix inverse = V.inverse();
  std::vector<double> change(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) change[i * n + j] = static_cast<double>(inverse(j, i));
  }
  basis->change(change);
  return basis;
}

const BasisTable& ReferenceBases::table(const PolynomialBasis& basis,
                                        std::span<const double> points, int order) {
  if (tables_.size() > kMaxTables) tables_.clear();
  const auto [at, fresh] =
      tables_.try_emplace({&basis, order, std::vector<double>(points.begin(), points.end())});
  if (fresh) at->second = basis.tabulate(points, order);
  return at->second;
}

const ReferenceRule& ReferenceBases::rule(CellType cell, int degree) {
  const auto [at, fresh] = rules_.try_emplace({cell, degree});
  if (fresh) at->second = backend_.rule(cell, degree);
  return at->second;
}

}  // namespace femsynth::solvers
