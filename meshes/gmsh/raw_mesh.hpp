#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What passes between the Gmsh module and its loader. The module is built apart and
/// loaded on demand, so this header includes nothing of femsynth.
namespace femsynth::meshes {

/// Elements of one type on one of Gmsh's model entities.
struct GmshBlock {
  std::int32_t dim = 0;     ///< of the entity and its elements
  std::int32_t entity = 0;  ///< Gmsh's entity tag, for messages
  std::int32_t order = 1;   ///< polynomial order of the geometry
  std::int32_t nodes_per_element = 0;
  std::string type_name;                    ///< Gmsh's: "Triangle 3"
  std::vector<std::int32_t> physical_tags;  ///< physical groups of the entity
  std::vector<std::uint64_t> nodes;         ///< elements × nodes_per_element, node tags
  std::int32_t primary_nodes = 0;           ///< the corners, first of an element's nodes; 0: all
  /// Gmsh's reference coordinates of the nodes, nodes_per_element × dim; may be missing at order 1.
  std::vector<double> local_nodes{};

  /// Corners of an element.
  std::int32_t corners() const { return primary_nodes > 0 ? primary_nodes : nodes_per_element; }
};

/// The content of a .msh file as Gmsh's library gives it.
struct GmshMesh {
  std::vector<std::uint64_t> node_tags;
  std::vector<double> coordinates;  ///< nodes × 3
  std::vector<GmshBlock> blocks;
};

}  // namespace femsynth::meshes

/// The module's one function: reads the file at `path` with Gmsh; 0 when done, otherwise
/// `error` says what Gmsh said. The number in its name changes with this header.
extern "C" int femsynth_read_gmsh_2(const char* path, femsynth::meshes::GmshMesh* mesh,
                                    std::string* error);
