#include "meshes/geometry.hpp"

#include <algorithm>
#include <cmath>

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

/// sqrt(det JᵀJ) of d × t columns, t = 1 or 2.
double pseudo_determinant(const std::array<std::array<double, 3>, 3>& J, int t) {
  const auto dot = [&](std::size_t a, std::size_t b) {
    return J[0][a] * J[0][b] + J[1][a] * J[1][b] + J[2][a] * J[2][b];
  };
  if (t == 1) return std::hypot(J[0][0], J[1][0], J[2][0]);
  return std::sqrt(std::max(0.0, dot(0, 0) * dot(1, 1) - dot(0, 1) * dot(0, 1)));
}

/// xy / (1 − z) and its gradient on the reference pyramid, the limits at the apex included.
std::array<double, 4> pyramid_bubble(const double* X) {
  const double h = 1.0 - X[2];
  const double u = h > 0.0 ? X[0] / h : 0.5;
  const double v = h > 0.0 ? X[1] / h : 0.5;
  return {u * v * h, v, u, u * v};
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
  if (cell == CellType::prism) {
    const auto base = vertex_basis(CellType::triangle, X);
    for (std::size_t k = 0; k < 3; ++k) {
      phi[k] = base[k] * (1.0 - X[2]);
      phi[k + 3] = base[k] * X[2];
    }
    return phi;
  }
  if (cell == CellType::pyramid) {
    const double q = pyramid_bubble(X)[0];
    return {1.0 - X[2] - X[0] - X[1] + q, X[0] - q, X[1] - q, q, X[2], 0.0, 0.0, 0.0};
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
  if (cell == CellType::prism) {
    const auto base = vertex_basis(CellType::triangle, X);
    const auto slope = vertex_basis_gradient(CellType::triangle, X);
    for (std::size_t k = 0; k < 3; ++k) {
      gradient[k] = {slope[k][0] * (1.0 - X[2]), slope[k][1] * (1.0 - X[2]), -base[k]};
      gradient[k + 3] = {slope[k][0] * X[2], slope[k][1] * X[2], base[k]};
    }
    return gradient;
  }
  if (cell == CellType::pyramid) {
    const auto [q, qx, qy, qz] = pyramid_bubble(X);
    gradient[0] = {-1.0 + qx, -1.0 + qy, -1.0 + qz};
    gradient[1] = {1.0 - qx, -qy, -qz};
    gradient[2] = {-qx, 1.0 - qy, -qz};
    gradient[3] = {qx, qy, qz};
    gradient[4] = {0.0, 0.0, 1.0};
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
  const auto d = static_cast<std::size_t>(mesh.dim());
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const auto add = [&](const auto& values, const auto& gradients) {
    const auto nodes = mesh.geometry(c);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const auto point = mesh.vertex(static_cast<std::size_t>(nodes[k]));
      for (std::size_t i = 0; i < d; ++i) {
        map.x[i] += values[k] * point[i];
        for (std::size_t j = 0; j < t; ++j) map.jacobian[i][j] += gradients[k][j] * point[i];
      }
    }
  };
  if (mesh.geometry_degree == 1) {
    add(vertex_basis(mesh.cell_type, X), vertex_basis_gradient(mesh.cell_type, X));
  } else {
    const GeometryBasis basis = geometry_basis(mesh.cell_type, mesh.geometry_degree, X);
    add(basis.values, basis.gradients);
  }
  map.determinant = d == t ? determinant_of(map.jacobian, mesh.dim())
                           : pseudo_determinant(map.jacobian, mesh.topological_dim());
  return map;
}

}  // namespace femsynth::meshes
