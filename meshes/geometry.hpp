#pragma once

#include <array>
#include <cstddef>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Degree-one geometry map x(X) = Σ_k φ_k(X) · vertex_k of a cell at one reference point.
/// Arrays are padded to three: entries beyond the dimension d are 0.
struct GeometryMap {
  std::array<double, 3> x{};                        ///< physical point
  std::array<std::array<double, 3>, 3> jacobian{};  ///< jacobian[i][j] = ∂x_i/∂X_j
  double determinant = 0.0;                         ///< of the d × d jacobian; may be negative
};

/// The map of cell `c` at reference point `X` (d numbers).
GeometryMap map_point(const Mesh& mesh, std::size_t c, const double* X);

/// Values of the vertex basis functions (linear, or bi-/trilinear) at `X`; the entries
/// beyond `vertex_count` are 0.
std::array<double, 8> vertex_basis(CellType cell, const double* X);

/// gradient[k][j] = ∂φ_k/∂X_j of the vertex basis functions at `X`.
std::array<std::array<double, 3>, 8> vertex_basis_gradient(CellType cell, const double* X);

/// A lower bound of s · det J over the whole cell, s = +1 or −1: the least coefficient of
/// det J in the Bernstein basis, which is exact for simplices and quadrilaterals. Positive
/// means that the cell is nowhere inverted.
double determinant_bound(const Mesh& mesh, std::size_t c, double s);

}  // namespace femsynth::meshes
