#pragma once

#include <string>

#include "meshes/gmsh/raw_mesh.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Our mesh from Gmsh's: the elements of highest dimension are the cells, in the file's
/// order; vertices are the corners the cells use, by ascending Gmsh tag, and behind them the other
/// nodes; nodes that no cell uses are dropped. Vertices are reordered to Basix's order, simplices
/// sorted, other cells oriented where they can be (orient_cells). Cells of order 2 and 3 become
/// curved; Gmsh's equispaced nodes are turned into ours, on the same curves. Physical groups of
/// cells become cell tags; those of codimension one tag the facets they cover, exterior and
/// interior. Trailing coordinates that are constant are dropped; cells in a space of higher
/// dimension are a manifold, oriented as the first cell of each of its components is in the file.
/// Throws InputError, `name` in front, where there are no cells, cells of
/// several types, of an unsupported type or order (serendipity elements, order above 3), an entity
/// of cells or a facet in two physical groups, or a mesh that check_mesh refuses.
Mesh convert(const GmshMesh& gmsh, const std::string& name);

}  // namespace femsynth::meshes
