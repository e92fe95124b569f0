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

/// A mesh of one cell type, degree-one geometry, topological = geometric dimension d.
/// Simplices list their vertices in ascending global number (UFC's convention), so that
/// neighbours agree on facets and edges; such a cell's Jacobian determinant may be negative.
/// Quadrilaterals and hexahedra keep Basix's lexicographic order.
struct Mesh {
  CellType cell_type = CellType::triangle;
  std::vector<double> coordinates;             ///< vertices × d, row-major
  std::vector<std::int32_t> cells;             ///< cells × vertex_count, row-major
  std::vector<std::int32_t> cell_tags;         ///< one a cell: subdomain id of dx(id), 0 default
  std::vector<ExteriorFacet> exterior_facets;  ///< ascending by (cell, local_facet)

  int dim() const { return dimension(cell_type); }
  std::size_t vertices() const { return coordinates.size() / static_cast<std::size_t>(dim()); }
  std::size_t cell_count() const {
    return cells.size() / static_cast<std::size_t>(vertex_count(cell_type));
  }
  std::span<const std::int32_t> cell(std::size_t c) const {
    const auto n = static_cast<std::size_t>(vertex_count(cell_type));
    return std::span(cells).subspan(c * n, n);
  }
  std::span<const double> vertex(std::size_t v) const {
    const auto n = static_cast<std::size_t>(dim());
    return std::span(coordinates).subspan(v * n, n);
  }
};

/// SHA-256 over everything a mesh holds (cell type, sizes, coordinates' bits, cells, tags,
/// exterior facets): equal meshes, and only those, have equal hashes on every machine.
Sha256 mesh_hash(const Mesh& mesh);

}  // namespace femsynth::meshes
