#pragma once

#include <vector>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// The facets that belong to exactly one cell, ascending by (cell, local_facet), tags 0.
/// Computed from the cells alone. Throws InputError where three or more cells share one.
std::vector<ExteriorFacet> exterior_facets(const Mesh& mesh);

/// A facet between two cells: cells[0] < cells[1].
struct InteriorFacet {
  std::int32_t cells[2];
  std::int32_t local_facets[2];
};

/// The facets that belong to exactly two cells, in the order of their sorted vertices.
/// Throws InputError where three or more cells share one.
std::vector<InteriorFacet> interior_facets(const Mesh& mesh);

/// Orders the vertices of each cell of a simplicial mesh by global number (UFC's
/// convention); leaves quadrilaterals and hexahedra as they are. To be called before
/// exterior facets are computed, as it renumbers local facets.
void sort_simplices(Mesh& mesh);

/// Checks what every other part relies on: array sizes, vertex numbers in range and
/// distinct in a cell, finite coordinates, sorted simplices, Jacobian determinants that are
/// nonzero and of one sign at the vertices of a cell, no unused vertex, no cell twice, one tag a
/// cell, exterior facets in order and exactly those of the topology. Throws InputError naming the
/// first fault.
void check_mesh(const Mesh& mesh);

}  // namespace femsynth::meshes
