#pragma once

#include <filesystem>
#include <optional>

#include "meshes/gmsh/raw_mesh.hpp"

namespace femsynth::meshes {

/// The Gmsh module's file: in FEMSYNTH_MODULE_PATH (folders joined by ':') if it is set, else in
/// ../lib beside the running program, or in the folder it was built in; nothing where there is
/// none.
std::optional<std::filesystem::path> find_gmsh_module();

/// Reads a .msh file with Gmsh's library. The library runs in a child process, with no
/// terminal: it changes process-wide state (locale, signal handlers, MPI), loads some ninety
/// libraries, and a malformed file can crash it. Throws InputError for a file that cannot be
/// read, that read_msh_header refuses, that Gmsh refuses, or that holds less than it declares;
/// MissingComponent where the module or Gmsh's library is missing.
GmshMesh read_with_gmsh(const std::filesystem::path& path);

}  // namespace femsynth::meshes
