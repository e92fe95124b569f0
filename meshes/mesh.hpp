#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "meshes/cell_type.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::meshes {

/// A facet on the boundary: it belongs to exactly one cell.
struct ExteriorFacet {
  std::int32_t cell = 0;
  std::int32_t local_facet = 0;  ///< Basix's facet number in `cell`
  std::int32_t tag = 0;          ///< subdomain id of ds(id); 0 when the file names none
  bool operator==(const ExteriorFacet&) const = default;
};

/// Nodes of a cell's geometry of polynomial degree `degree`: dimension of P_k on a simplex, of
/// Q_k on a tensor-product cell, of P_k × P_k on a prism; 5, 14, 30 on a pyramid. Throws
/// InputError for other degrees than 1 to 3.
int geometry_node_count(CellType cell, int degree);

/// A mesh of one cell type, of topological dimension t in a space of geometric dimension
/// d ≥ t (a manifold where d > t). Simplices list their vertices in ascending global number
/// (UFC's convention), so that neighbours agree on facets and edges; such a cell's Jacobian
/// determinant may be negative. Quadrilaterals and hexahedra keep Basix's lexicographic order.
/// On prisms and pyramids, too, either sign of the determinant may be.
struct Mesh {
  CellType cell_type = CellType::triangle;
  int geometric_dim = 0;    ///< d; 0 means t (read it by dim())
  int geometry_degree = 1;  ///< polynomial degree of the cells' maps, 1 to 3
  /// Points × d, row-major; the vertices first, then a curved mesh's other geometry nodes.
  std::vector<double> coordinates;
  std::vector<std::int32_t> cells;  ///< cells × vertex_count, row-major
  /// Empty at degree 1. Else cells × geometry_node_count: rows of `coordinates`, in the order of
  /// Basix's Lagrange element of that degree, variant gll_warped, on pyramids equispaced (see
  /// geometry_points); the first of a row are the cell's vertices.
  std::vector<std::int32_t> geometry_nodes;
  std::size_t curved_vertices = 0;  ///< count of vertices where degree > 1 (read it by vertices())
  std::vector<std::int32_t> cell_tags;  ///< one a cell: subdomain id of dx(id), 0 default
  /// Empty, or one a cell of a mesh of dimension 1 or 2: +1 where its local vertices run as the
  /// file or generator meant its curve or surface to be oriented, −1 where they run the other way.
  /// Of each connected component the lowest cell's counts: see cell_orientations().
  std::vector<std::int32_t> orientation_hints;
  std::vector<ExteriorFacet> exterior_facets;  ///< ascending by (cell, local_facet)
  /// Subdomain ids of dS(id), one for each of interior_facets(mesh) in its order; empty where
  /// all are 0.
  std::vector<std::int32_t> interior_facet_tags;

  /// Geometric dimension d: numbers in a row of `coordinates`.
  int dim() const { return geometric_dim > 0 ? geometric_dim : dimension(cell_type); }
  /// Dimension of the cells, t ≤ d.
  int topological_dim() const { return dimension(cell_type); }
  /// Rows of `coordinates`: vertices and other geometry nodes.
  std::size_t points() const { return coordinates.size() / static_cast<std::size_t>(dim()); }
  std::size_t vertices() const { return geometry_degree > 1 ? curved_vertices : points(); }
  std::size_t cell_count() const {
    return cells.size() / static_cast<std::size_t>(vertex_count(cell_type));
  }
  std::span<const std::int32_t> cell(std::size_t c) const {
    const auto n = static_cast<std::size_t>(vertex_count(cell_type));
    return std::span(cells).subspan(c * n, n);
  }
  /// The geometry nodes of cell `c`: its vertices at degree 1.
  std::span<const std::int32_t> geometry(std::size_t c) const {
    if (geometry_degree == 1) return cell(c);
    const auto n = static_cast<std::size_t>(geometry_node_count(cell_type, geometry_degree));
    return std::span(geometry_nodes).subspan(c * n, n);
  }
  /// Coordinates of row `v`, a vertex or another geometry node.
  std::span<const double> vertex(std::size_t v) const {
    const auto n = static_cast<std::size_t>(dim());
    return std::span(coordinates).subspan(v * n, n);
  }
};

/// SHA-256 over everything a mesh holds (cell type, dimensions, geometry degree, sizes,
/// coordinates' bits, cells, geometry nodes, tags, hints, exterior facets): equal meshes, and only
/// those, have equal hashes on every machine.
Sha256 mesh_hash(const Mesh& mesh);

}  // namespace femsynth::meshes
