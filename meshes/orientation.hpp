#pragma once

#include <array>
#include <cstddef>

#include "meshes/mesh.hpp"

/// For the sources and tests of this folder only.
namespace femsynth::meshes {

/// Sees cell `c` in another of its symmetries: its local vertex k becomes what was `order[k]`,
/// and its geometry nodes move with the vertices.
void renumber_cell(Mesh& mesh, std::size_t c, const std::array<std::size_t, 8>& order);

}  // namespace femsynth::meshes
