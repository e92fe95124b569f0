#include "meshes/geometry.hpp"

#include <algorithm>
#include <limits>

namespace femsynth::meshes {
namespace {

double determinant_of(const std::array<std::array<double, 3>, 3>& J, int dim) {
  switch (dim) {
    case 1:
      return J[0][0];
    case 2:
      return J[0][0] * J[1][1] - J[0][1] * J[1][0];
    default:
      return J[0][0] * (J[1][1] * J[2][2] - J[1][2] * J[2][1]) -
             J[0][1] * (J[1][0] * J[2][2] - J[1][2] * J[2][0]) +
             J[0][2] * (J[1][0] * J[2][1] - J[1][1] * J[2][0]);
  }
}

/// Turns values at 0, 1/2, 1 into quadratic Bernstein coefficients, along one axis of
/// the 3 × 3 × 3 array `f`.
void to_bernstein(std::array<double, 27>& f, std::size_t stride) {
  for (std::size_t i = 0; i < 27; ++i) {
    if (i / stride % 3 == 1) f[i] = 2.0 * f[i] - 0.5 * (f[i - stride] + f[i + stride]);
  }
}

}  // namespace

std::array<double, 8> vertex_basis(CellType cell, const double* X) {
  std::array<double, 8> phi{};
  const auto dim = static_cast<std::size_t>(dimension(cell));
  if (is_simplex(cell)) {
    phi[0] = 1.0;
    for (std::size_t j = 0; j < dim; ++j) {
      phi[0] -= X[j];
      phi[j + 1] = X[j];
    }
    return phi;
  }
  for (std::size_t k = 0; k < std::size_t{1} << dim; ++k) {
    phi[k] = 1.0;
    for (std::size_t j = 0; j < dim; ++j) phi[k] *= (k >> j & 1) ? X[j] : 1.0 - X[j];
  }
  return phi;
}

std::array<std::array<double, 3>, 8> vertex_basis_gradient(CellType cell, const double* X) {
  std::array<std::array<double, 3>, 8> gradient{};
  const auto dim = static_cast<std::size_t>(dimension(cell));
  if (is_simplex(cell)) {
    for (std::size_t j = 0; j < dim; ++j) {
      gradient[0][j] = -1.0;
      gradient[j + 1][j] = 1.0;
    }
    return gradient;
  }
  for (std::size_t k = 0; k < std::size_t{1} << dim; ++k) {
    for (std::size_t j = 0; j < dim; ++j) {
      double value = (k >> j & 1) ? 1.0 : -1.0;
      for (std::size_t i = 0; i < dim; ++i) {
        if (i != j) value *= (k >> i & 1) ? X[i] : 1.0 - X[i];
      }
      gradient[k][j] = value;
    }
  }
  return gradient;
}

GeometryMap map_point(const Mesh& mesh, std::size_t c, const double* X) {
  GeometryMap map;
  const auto phi = vertex_basis(mesh.cell_type, X);
  const auto gradient = vertex_basis_gradient(mesh.cell_type, X);
  const auto dim = static_cast<std::size_t>(mesh.dim());
  const auto vertices = mesh.cell(c);
  for (std::size_t k = 0; k < vertices.size(); ++k) {
    const auto point = mesh.vertex(static_cast<std::size_t>(vertices[k]));
    for (std::size_t i = 0; i < dim; ++i) {
      map.x[i] += phi[k] * point[i];
      for (std::size_t j = 0; j < dim; ++j) map.jacobian[i][j] += gradient[k][j] * point[i];
    }
  }
  map.determinant = determinant_of(map.jacobian, mesh.dim());
  return map;
}

double determinant_bound(const Mesh& mesh, std::size_t c, double s) {
  constexpr std::array<double, 3> origin{};
  if (is_simplex(mesh.cell_type)) return s * map_point(mesh, c, origin.data()).determinant;
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

}  // namespace femsynth::meshes
