#pragma once

#include <filesystem>
#include <string>

#include "meshes/generate.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Reads a Gmsh file (.msh, format 2.2 or 4.1, ASCII or binary) of straight first-order
/// cells of one type. Physical groups become subdomain ids of cells and exterior facets; 0 where
/// there is none. See meshes/gmsh/convert.hpp. Throws InputError, beginning with the path, and
/// MissingComponent where Gmsh's library is missing.
Mesh read_mesh(const std::filesystem::path& path);

/// The mesh that a user names: a generator's specification ("triangle:8x8", see
/// generate_mesh) or the path of a .msh file. Throws InputError for text that is neither, and
/// where `options` ask to perturb a file's mesh.
Mesh load_mesh(const std::string& spec_or_path, const GenerateOptions& options = {});

}  // namespace femsynth::meshes
