#include <algorithm>
#include <cmath>
#include <limits>

#include "meshes/bernstein.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

using Vector = std::array<double, 3>;

/// Turns values at 0, 1/2, 1 into quadratic Bernstein coefficients, along one axis of
/// the 3 × 3 × 3 array `f`.
void to_bernstein(std::array<double, 27>& f, std::size_t stride) {
  for (std::size_t i = 0; i < 27; ++i) {
    if (i / stride % 3 == 1) f[i] = 2.0 * f[i] - 0.5 * (f[i - stride] + f[i + stride]);
  }
}

/// The bound of a straight cell that fills its space, quadrilateral or hexahedron.
double straight_bound(const Mesh& mesh, std::size_t c, double s) {
  const bool flat = mesh.dim() == 2;
  // On a quadrilateral det J is linear in each variable, on a hexahedron quadratic.
  std::array<double, 27> f{};
  f.fill(std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < 27; ++i) {
    const std::size_t index[] = {i % 3, i / 3 % 3, i / 9};
    if (flat && (index[0] == 1 || index[1] == 1 || index[2] != 0)) continue;
    const double X[] = {0.5 * static_cast<double>(index[0]), 0.5 * static_cast<double>(index[1]),
                        0.5 * static_cast<double>(index[2])};
    f[i] = s * map_point(mesh, c, X).determinant;
  }
  if (!flat) {
    for (const std::size_t stride : {1, 3, 9}) to_bernstein(f, stride);
  }
  return *std::min_element(f.begin(), f.end());
}

/// det J as a polynomial: its degree on each simplex that the cell is a product of.
struct Factor {
  int dim;
  int degree;
};

std::vector<Factor> determinant_degrees(CellType cell, int g) {
  switch (cell) {
    case CellType::interval:
      return {{1, g - 1}};
    case CellType::triangle:
      return {{2, 2 * (g - 1)}};
    case CellType::tetrahedron:
      return {{3, 3 * (g - 1)}};
    case CellType::quadrilateral:
      return {{1, 2 * g - 1}, {1, 2 * g - 1}};
    case CellType::hexahedron:
      return {{1, 3 * g - 1}, {1, 3 * g - 1}, {1, 3 * g - 1}};
    case CellType::prism:
      return {{2, 3 * g - 2}, {1, 3 * g - 1}};
    case CellType::pyramid:
      // x = (1 − z) B(u, v) + z · apex with u = x / (1 − z), v = y / (1 − z) and B the map of the
      // base: det J = det (B_u, B_v, apex − B), the same at all heights z.
      return {{1, 2}, {1, 2}};
  }
  throw InternalError("an unknown cell type");
}

/// The tangent of a curve, or the normal of a surface, of length |det J|.
Vector direction(const GeometryMap& map, int t) {
  const auto& J = map.jacobian;
  if (t == 1) return {J[0][0], J[1][0], J[2][0]};
  return {J[1][0] * J[2][1] - J[2][0] * J[1][1], J[2][0] * J[0][1] - J[0][0] * J[2][1],
          J[0][0] * J[1][1] - J[1][0] * J[0][1]};
}

Vector centre_of(CellType cell) {
  Vector centre{};
  for (int k = 0; k < vertex_count(cell); ++k) {
    const auto vertex = reference_vertex(cell, k);
    for (std::size_t j = 0; j < 3; ++j) centre[j] += vertex[j] / vertex_count(cell);
  }
  return centre;
}

/// Values at the products of the factors' lattice points become Bernstein coefficients.
void to_coefficients(std::vector<double>& f, const std::vector<Bernstein>& factors) {
  std::size_t stride = 1;
  for (const Bernstein& factor : factors) {
    const std::size_t n = factor.size();
    std::vector<double> values(n * n);
    for (std::size_t k = 0; k < n; ++k) {
      const auto point = factor.lattice_point(k);
      for (std::size_t i = 0; i < n; ++i) values[k * n + i] = factor.value(i, point.data());
    }
    const std::vector<double> inverse = inverse_of(std::move(values), n);
    std::vector<double> result(f.size(), 0.0);
    for (std::size_t at = 0; at < f.size(); ++at) {
      const std::size_t i = at / stride % n;
      for (std::size_t k = 0; k < n; ++k) {
        result[at] += inverse[i * n + k] * f[at - i * stride + k * stride];
      }
    }
    f = std::move(result);
    stride *= n;
  }
}

}  // namespace

double determinant_bound(const Mesh& mesh, std::size_t c, double s) {
  const int t = mesh.topological_dim();
  const bool manifold = mesh.dim() > t;
  if (mesh.geometry_degree == 1 && !manifold) {
    constexpr Vector origin{};
    if (is_simplex(mesh.cell_type)) return s * map_point(mesh, c, origin.data()).determinant;
    if (mesh.cell_type == CellType::quadrilateral || mesh.cell_type == CellType::hexahedron) {
      return straight_bound(mesh, c, s);
    }
  }
  Vector along{};
  if (manifold) {
    const GeometryMap map = map_point(mesh, c, centre_of(mesh.cell_type).data());
    along = direction(map, t);
    for (double& a : along) a /= map.determinant;
  }
  std::vector<Bernstein> factors;
  std::size_t count = 1;
  for (const Factor& factor : determinant_degrees(mesh.cell_type, mesh.geometry_degree)) {
    factors.emplace_back(factor.dim, factor.degree);
    count *= factors.back().size();
  }
  std::vector<double> f(count);
  for (std::size_t i = 0; i < count; ++i) {
    Vector X{};
    std::size_t axis = 0;
    std::size_t rest = i;
    for (const Bernstein& factor : factors) {
      const Vector point = factor.lattice_point(rest % factor.size());
      for (std::size_t j = 0; j < static_cast<std::size_t>(factor.dim()); ++j) {
        X[axis++] = point[j];
      }
      rest /= factor.size();
    }
    const GeometryMap map = map_point(mesh, c, X.data());
    if (manifold) {
      const Vector n = direction(map, t);
      f[i] = s * (along[0] * n[0] + along[1] * n[1] + along[2] * n[2]);
    } else {
      f[i] = s * map.determinant;
    }
  }
  to_coefficients(f, factors);
  return *std::min_element(f.begin(), f.end());
}

}  // namespace femsynth::meshes
