// femsynth_gmsh.so: the only code that links Gmsh's library.
#include <gmsh.h>

#include <cstdlib>
#include <exception>
#include <utility>

#include "meshes/gmsh/raw_mesh.hpp"

namespace {

using femsynth::meshes::GmshBlock;
using femsynth::meshes::GmshMesh;

/// Appends the elements of one model entity, a block for each of their types.
void read_entity(int dim, int tag, GmshMesh& mesh) {
  std::vector<int> types;
  std::vector<std::vector<std::size_t>> tags;
  std::vector<std::vector<std::size_t>> nodes;
  gmsh::model::mesh::getElements(types, tags, nodes, dim, tag);
  std::vector<int> physical;
  gmsh::model::getPhysicalGroupsForEntity(dim, tag, physical);
  for (std::size_t i = 0; i < types.size(); ++i) {
    GmshBlock block;
    block.dim = dim;
    block.entity = tag;
    int element_dim = 0;
    gmsh::model::mesh::getElementProperties(types[i], block.type_name, element_dim, block.order,
                                            block.nodes_per_element, block.local_nodes,
                                            block.primary_nodes);
    for (const int p : physical) block.physical_tags.push_back(std::abs(p));  // sign: orientation
    block.nodes.assign(nodes[i].begin(), nodes[i].end());
    mesh.blocks.push_back(std::move(block));
  }
}

/// The first error in Gmsh's log, if any: it reports some faults there and goes on.
std::string first_error() {
  std::vector<std::string> log;
  gmsh::logger::get(log);
  for (const std::string& line : log) {
    if (line.starts_with("Error")) return line;
  }
  return {};
}

}  // namespace

extern "C" int femsynth_read_gmsh_2(const char* path, GmshMesh* mesh, std::string* error) {
  try {
    gmsh::initialize(0, nullptr, false);
    gmsh::option::setNumber("General.Terminal", 0);
    gmsh::logger::start();
    gmsh::merge(path);
    *error = first_error();
    if (!error->empty()) return 1;
    std::vector<std::size_t> tags;
    std::vector<double> parametric;
    gmsh::model::mesh::getNodes(tags, mesh->coordinates, parametric, -1, -1, false, false);
    mesh->node_tags.assign(tags.begin(), tags.end());
    gmsh::vectorpair entities;
    gmsh::model::getEntities(entities);
    for (const auto& [dim, tag] : entities) read_entity(dim, tag, *mesh);
    return 0;
  } catch (const std::exception& failure) {
    *error = failure.what();
  } catch (...) {
    // Gmsh throws a bare number; the reason stands in its log.
    *error = first_error();
    if (error->empty()) *error = "unknown failure";
  }
  return 1;
}
