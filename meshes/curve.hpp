#pragma once

#include <vector>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// The same cells with a geometry of degree 1 to 3: straight still, as the new nodes lie where the
/// straight map puts them, and ready to be moved. New nodes are numbered after the vertices, in
/// the order in which the cells meet them; neighbours share those of their common facet. Throws
/// InputError as geometry_node_count; the mesh must be of degree 1.
Mesh with_geometry_degree(const Mesh& mesh, int degree);

/// Local numbers of the geometry nodes on facet `facet`, ascending.
std::vector<int> facet_geometry_nodes(CellType cell, int degree, int facet);

}  // namespace femsynth::meshes
