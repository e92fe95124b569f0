#pragma once

#include <cstdint>
#include <string_view>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// How a generated mesh departs from the regular one.
struct GenerateOptions {
  /// Inner vertices move by up to this fraction of the mesh width in each direction, 0 to 0.4.
  double perturb = 0.0;
  /// Seed of the counter-based generator: the displacement of a vertex depends on (seed,
  /// vertex, direction) alone.
  std::uint64_t seed = 1;
  /// Boundary vertices move too; for small meshes, such as a single cell.
  bool perturb_all = false;
};

/// Whether `text` is written as a generator's specification, NAME:REST with NAME a cell's
/// name or "reference"; its sizes may still be wrong.
bool is_mesh_spec(std::string_view text);

/// A mesh of the unit interval, square or cube: "interval:16", "triangle:8x8",
/// "quadrilateral:8x8", "tetrahedron:4x4x4", "hexahedron:4x4x4", "prism:4x4x4", "pyramid:4x4x4"
/// (sizes count intervals, squares or cubes along x, y, z); or the single reference cell:
/// "reference:triangle". Each square is cut into 2 triangles by the diagonal from its lowest to
/// its highest corner, each cube into the 6 tetrahedra of Kuhn, the 2 prisms over those triangles,
/// or the 6 pyramids over its faces with their apex at its centre. Vertices and cells are numbered
/// lexicographically, x fastest (centres of cubes after their corners). Where a displacement
/// would invert a cell, it is halved until no cell's Jacobian determinant is less than a tenth of
/// the regular one, anywhere. Every generated mesh is consistently_oriented.
///
/// "+2" or "+3" behind a specification makes cells of that geometry degree: vertices stay, the
/// other nodes move by a smooth displacement u less its vertices' interpolation,
/// u_i = 0.2 x_j² + 0.1 x_i³ − 0.15 x_i x_j, j the axis after i; also on the boundary, which
/// bends. No cell is inverted. "@2" or "@3" makes a manifold in that dimension, after perturbation
/// and bending: an interval mesh becomes the curve (x, 0.2 x + 0.3 x², 0.1 x − 0.2 x³), a mesh of
/// triangles or quadrilaterals the surface z = 0.2 x + 0.3 x y − 0.1 y². Both may be given:
/// "triangle:8x8+2@3".
///
/// Throws InputError, which says what would be right; at most 10⁸ cells, divided by
/// degree^dimension where they are curved.
Mesh generate_mesh(std::string_view spec, const GenerateOptions& options = {});

/// The same cells as another program might have numbered them: vertices and cells in random order,
/// a function of `seed`, cells of intervals and quadrilaterals (and, where simplices are sorted
/// anew, triangles) that run either way. Then orient_cells makes it a mesh as any other. Tags of
/// cells go with them; those of facets are lost. For cells of dimension 1 and 2.
Mesh renumbered(const Mesh& mesh, std::uint64_t seed);

}  // namespace femsynth::meshes
