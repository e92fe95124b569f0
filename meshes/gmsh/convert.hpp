#pragma once

#include <string>

#include "meshes/gmsh/raw_mesh.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Our mesh from Gmsh's: the elements of highest dimension are the cells, in the file's
/// order; vertices are those the cells use, by ascending Gmsh tag; quadrilaterals and hexahedra
/// are reordered to Basix's lexicographic order, simplices sorted. Physical groups of cells
/// become cell tags; those of codimension one tag the exterior facets they cover (on inner
/// facets they mean nothing yet). Coordinates beyond the dimension are dropped and must be
/// constant. Throws InputError, `name` in front, where there are no cells, cells of
/// several types, of an unsupported type or of higher order, an entity of cells or boundary
/// facets in two physical groups, a mesh curved in space, or a mesh that check_mesh refuses.
Mesh convert(const GmshMesh& gmsh, const std::string& name);

}  // namespace femsynth::meshes
