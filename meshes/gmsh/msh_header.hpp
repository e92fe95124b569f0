#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace femsynth::meshes {

/// What a .msh file declares of itself, read without Gmsh.
struct MshHeader {
  bool version_4 = false;  ///< 4.1; otherwise 2.2
  bool binary = false;
  std::uint64_t nodes = 0;     ///< declared number of nodes
  std::uint64_t elements = 0;  ///< declared number of elements, of every dimension
};

/// Reads the declarations of a .msh file (2.2 or 4.1) and checks that the file is whole:
/// sections for nodes and elements that end. Gmsh itself takes a file without a known
/// header for a script, which may run commands, and a truncated one for a smaller mesh; so it
/// is given nothing that this function refuses. Throws InputError, `name` in front.
MshHeader read_msh_header(std::string_view bytes, const std::string& name);

}  // namespace femsynth::meshes
