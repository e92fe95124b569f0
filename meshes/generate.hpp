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
/// "quadrilateral:8x8", "tetrahedron:4x4x4", "hexahedron:4x4x4" (sizes count intervals,
/// squares or cubes along x, y, z); or the single reference cell: "reference:triangle".
/// Each square is cut into 2 triangles by the diagonal from its lowest to its highest
/// corner, each cube into the 6 tetrahedra of Kuhn. Vertices and cells are numbered
/// lexicographically, x fastest. Where a displacement would invert a cell, it is halved
/// until no cell's Jacobian determinant is less than a tenth of the regular one, anywhere.
/// Throws InputError, which says what would be right; at most 10⁸ cells.
Mesh generate_mesh(std::string_view spec, const GenerateOptions& options = {});

}  // namespace femsynth::meshes
