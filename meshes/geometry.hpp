#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Geometry map x(X) = Σ_k φ_k(X) · node_k of a cell at one reference point. Arrays are padded
/// to three: entries beyond the geometric dimension d and the topological dimension t are 0.
struct GeometryMap {
  std::array<double, 3> x{};                        ///< physical point
  std::array<std::array<double, 3>, 3> jacobian{};  ///< jacobian[i][j] = ∂x_i/∂X_j, d × t
  /// Of the jacobian, may be negative; on a manifold (d > t) its pseudo-determinant
  /// sqrt(det JᵀJ) ≥ 0.
  double determinant = 0.0;
};

/// The map of cell `c` at reference point `X` (t numbers). Any geometry degree.
GeometryMap map_point(const Mesh& mesh, std::size_t c, const double* X);

/// Values of the vertex basis functions (linear, bi-/trilinear, linear × linear on a prism; on a
/// pyramid the rational ones, with xy / (1 − z) that of vertex 3, whose traces are linear and
/// bilinear on its facets; Basix 0.5's are others, which neighbours do not share) at `X`; the
/// entries beyond `vertex_count` are 0.
std::array<double, 8> vertex_basis(CellType cell, const double* X);

/// gradient[k][j] = ∂φ_k/∂X_j of the vertex basis functions at `X`. At a pyramid's apex the limit
/// along the line to its base's centre.
std::array<std::array<double, 3>, 8> vertex_basis_gradient(CellType cell, const double* X);

/// Most nodes that a cell's geometry can have.
inline constexpr std::size_t kMaxGeometryNodes = 64;

/// Values and reference gradients of the geometry basis at one point; the first `count` entries.
struct GeometryBasis {
  std::size_t count = 0;
  std::array<double, kMaxGeometryNodes> values{};
  std::array<std::array<double, 3>, kMaxGeometryNodes> gradients{};  ///< [k][j] = ∂φ_k/∂X_j
};

/// The Lagrange basis of degree 1 to 3 on the nodes geometry_points, at `X`: Basix's P element,
/// variant gll_warped; on pyramids, as vertex_basis, not in Basix's space but in that of Bergot,
/// Cohen and Duruflé (J. Sci. Comput. 42, 2010), whose traces are Q_k on the base and P_k on the
/// triangles. Throws InputError as geometry_node_count.
GeometryBasis geometry_basis(CellType cell, int degree, const double* X);

/// Reference coordinates of the geometry nodes, geometry_node_count × t row-major, in Basix's
/// order: vertices, then inner nodes of edges, faces, the cell. They are Gauss–Lobatto–Legendre
/// points on edges and tensor products, on pyramids equispaced ones, the only ones that Basix has
/// there; the inner node of a cubic triangle is its centroid.
/// Throws InputError as geometry_node_count.
const std::vector<double>& geometry_points(CellType cell, int degree);

/// A lower bound of s · det J over the whole cell, s = +1 or −1: the least coefficient of
/// det J in the Bernstein basis (on pyramids of the cube that is collapsed), which is exact for
/// straight simplices and quadrilaterals. Positive means that the cell is nowhere inverted. On a
/// manifold det J is the component of the pseudo-determinant along the cell's tangent or normal at
/// its centre, which bounds it from below.
double determinant_bound(const Mesh& mesh, std::size_t c, double s);

}  // namespace femsynth::meshes
