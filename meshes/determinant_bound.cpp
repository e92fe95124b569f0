#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "meshes/bernstein.hpp"
#include "meshes/geometry.hpp"
#include "meshes/pyramid_basis.hpp"
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

/// det J as a polynomial: its degree on each simplex that the cell is a product of; on a pyramid
/// in its collapsed coordinates, on the unit cube.
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
      // With u = x / (1 − z), v = y / (1 − z) the map is a sum of u^i v^j (1 − z)^n, n ≥ i, j, and
      // det J = det (x_u / (1 − z), x_v / (1 − z), x_z), x_z at fixed u and v.
      return {{1, 3 * g - 1}, {1, 3 * g - 1}, {1, 3 * g - 3}};
  }
  throw InternalError("an unknown cell type");
}

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector centre_of(CellType cell) {
  Vector centre{};
  for (int k = 0; k < vertex_count(cell); ++k) {
    const auto vertex = reference_vertex(cell, k);
    for (std::size_t j = 0; j < 3; ++j) centre[j] += vertex[j] / vertex_count(cell);
  }
  return centre;
}

/// What the bound of one kind of cell needs: the geometry basis' gradients at the products of the
/// factors' lattice points, and the matrices that turn values there into coefficients.
struct Table {
  std::size_t points = 1;
  std::size_t nodes = 0;
  std::vector<Vector> gradients;              ///< points × nodes
  std::vector<std::vector<double>> matrices;  ///< of each factor, size × size
  std::vector<std::size_t> sizes;
};

Table make_table(CellType cell, int degree) {
  Table table;
  std::vector<Bernstein> factors;
  for (const Factor& factor : determinant_degrees(cell, degree)) {
    const Bernstein& basis = factors.emplace_back(factor.dim, factor.degree);
    const std::size_t n = basis.size();
    std::vector<double> values(n * n);
    for (std::size_t k = 0; k < n; ++k) {
      const Vector point = basis.lattice_point(k);
      for (std::size_t i = 0; i < n; ++i) values[k * n + i] = basis.value(i, point.data());
    }
    table.matrices.push_back(inverse_of(std::move(values), n));
    table.sizes.push_back(n);
    table.points *= n;
  }
  table.nodes = static_cast<std::size_t>(geometry_node_count(cell, degree));
  table.gradients.reserve(table.points * table.nodes);
  for (std::size_t q = 0; q < table.points; ++q) {
    Vector X{};
    std::size_t axis = 0;
    std::size_t rest = q;
    for (const Bernstein& factor : factors) {
      const Vector point = factor.lattice_point(rest % factor.size());
      for (std::size_t j = 0; j < static_cast<std::size_t>(factor.dim()); ++j) {
        X[axis++] = point[j];
      }
      rest /= factor.size();
    }
    const GeometryBasis basis = cell == CellType::pyramid
                                    ? pyramid_basis(degree, X)  // the cube's points
                                    : geometry_basis(cell, degree, X.data());
    table.gradients.insert(table.gradients.end(), basis.gradients.begin(),
                           basis.gradients.begin() + static_cast<std::ptrdiff_t>(table.nodes));
  }
  return table;
}

/// Made at first use, all at once: some milliseconds.
const Table& table_of(CellType cell, int degree) {
  static const std::vector<Table> all = [] {
    std::vector<Table> tables;
    for (const CellType type : kCellTypes) {
      for (int g = 1; g <= 3; ++g) tables.push_back(make_table(type, g));
    }
    return tables;
  }();
  return all[static_cast<std::size_t>(cell) * 3 + static_cast<std::size_t>(degree) - 1];
}

/// Values at the products of the factors' lattice points become Bernstein coefficients.
void to_coefficients(std::vector<double>& f, const Table& table) {
  std::size_t stride = 1;
  std::vector<double> result(f.size());
  for (std::size_t factor = 0; factor < table.sizes.size(); ++factor) {
    const std::size_t n = table.sizes[factor];
    const std::vector<double>& matrix = table.matrices[factor];
    for (std::size_t at = 0; at < f.size(); ++at) {
      const std::size_t i = at / stride % n;
      const std::size_t first = at - i * stride;
      result[at] = 0.0;
      for (std::size_t k = 0; k < n; ++k) result[at] += matrix[i * n + k] * f[first + k * stride];
    }
    std::swap(f, result);
    stride *= n;
  }
}

/// The Jacobian's columns at one of the table's points.
std::array<Vector, 3> columns_at(const Mesh& mesh, std::size_t c, const Vector* gradients) {
  std::array<Vector, 3> columns{};
  const auto nodes = mesh.geometry(c);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const auto point = mesh.vertex(static_cast<std::size_t>(nodes[k]));
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t i = 0; i < point.size(); ++i) columns[j][i] += gradients[k][j] * point[i];
    }
  }
  return columns;
}

/// The tangent of a curve, or the normal of a surface, of length |det J|.
Vector direction(const std::array<Vector, 3>& columns, int t) {
  return t == 1 ? columns[0] : cross(columns[0], columns[1]);
}

/// det J of a cell that fills its space.
double determinant_of(const std::array<Vector, 3>& columns, int t) {
  if (t == 1) return columns[0][0];
  if (t == 2) return columns[0][0] * columns[1][1] - columns[0][1] * columns[1][0];
  return dot(cross(columns[0], columns[1]), columns[2]);
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
  const Table& table = table_of(mesh.cell_type, mesh.geometry_degree);
  Vector along{};
  if (manifold) {
    const Vector centre = centre_of(mesh.cell_type);
    const GeometryBasis basis = geometry_basis(mesh.cell_type, mesh.geometry_degree, centre.data());
    along = direction(columns_at(mesh, c, basis.gradients.data()), t);
    const double length = std::sqrt(dot(along, along));
    for (double& a : along) a /= length;
  }
  std::vector<double> f(table.points);
  for (std::size_t q = 0; q < table.points; ++q) {
    const auto columns = columns_at(mesh, c, &table.gradients[q * table.nodes]);
    f[q] = s * (manifold ? dot(along, direction(columns, t)) : determinant_of(columns, t));
  }
  to_coefficients(f, table);
  return *std::min_element(f.begin(), f.end());
}

}  // namespace femsynth::meshes
