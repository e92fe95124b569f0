#pragma once

#include <filesystem>
#include <string>

#include "meshes/generate.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Reads a Gmsh file (.msh, format 2.2 or 4.1, ASCII or binary) of cells of one type and of order
/// 1 to 3. Physical groups become subdomain ids of cells and of facets, exterior and interior; 0
/// where there is none. (Gmsh 4.8 itself cannot read prisms of order 3.) See
/// meshes/gmsh/convert.hpp. Throws InputError, beginning with the path, and MissingComponent where
/// Gmsh's library is missing.
Mesh read_mesh(const std::filesystem::path& path);

/// The mesh that a user names: a generator's specification ("triangle:8x8", see
/// generate_mesh) or the path of a .msh file. Throws InputError for text that is neither, and
/// where `options` ask to perturb a file's mesh.
Mesh load_mesh(const std::string& spec_or_path, const GenerateOptions& options = {});

}  // namespace femsynth::meshes
