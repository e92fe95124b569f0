#include "meshes/gmsh/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {
namespace {

constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw InputError(fmt::format("{}: {}", name, reason));
}

/// The cell with Gmsh's dimension and number of nodes, if it is one of ours.
std::optional<CellType> cell_of(const GmshBlock& block) {
  if (block.order != 1) return std::nullopt;
  for (const CellType cell : {CellType::interval, CellType::triangle, CellType::tetrahedron,
                              CellType::quadrilateral, CellType::hexahedron}) {
    if (dimension(cell) == block.dim && vertex_count(cell) == block.nodes_per_element) return cell;
  }
  return std::nullopt;
}

/// Gmsh's place of our vertex k: it goes round a quadrilateral, we go row by row.
std::size_t gmsh_place(CellType cell, std::size_t k) {
  constexpr std::array<std::size_t, 8> kAround{0, 1, 3, 2, 4, 5, 7, 6};
  return is_simplex(cell) ? k : kAround[k];
}

/// The blocks of highest dimension: all of one supported type, or an error naming what
/// is there.
CellType find_cell_type(const GmshMesh& gmsh, const std::string& name, int& dim) {
  dim = 0;
  for (const GmshBlock& block : gmsh.blocks) {
    if (!block.nodes.empty()) dim = std::max(dim, block.dim);
  }
  std::set<std::string> types;
  const GmshBlock* first = nullptr;
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != dim || block.nodes.empty()) continue;
    types.insert(block.type_name);
    first = &block;
  }
  if (dim == 0) refuse(name, "no cells: the file holds no element of dimension 1 to 3");
  if (types.size() > 1) {
    refuse(name, fmt::format("cells of several types: {}; a mesh must have cells of one type",
                             fmt::join(types, ", ")));
  }
  if (first->order != 1) {
    refuse(name,
           fmt::format("cells of order {} ({}); only straight first-order cells are supported: "
                       "mesh with Mesh.ElementOrder = 1",
                       first->order, first->type_name));
  }
  const std::optional<CellType> cell = cell_of(*first);
  if (!cell) {
    refuse(name, fmt::format("cells of type {}; intervals, triangles, tetrahedra, quadrilaterals "
                             "and hexahedra are supported",
                             first->type_name));
  }
  return *cell;
}

std::int32_t physical_tag(const GmshBlock& block, const std::string& name) {
  if (block.physical_tags.empty()) return 0;
  if (block.physical_tags.size() > 1) {
    refuse(name,
           fmt::format("entity {} of dimension {} is in the physical groups {}; one subdomain "
                       "id for a cell or facet is supported",
                       block.entity, block.dim, fmt::join(block.physical_tags, " and ")));
  }
  return block.physical_tags[0];
}

/// Our number of each of Gmsh's node tags: tags ascending, and the numbers beside them;
/// kNone for a node that no cell uses.
struct Numbering {
  std::vector<std::pair<std::uint64_t, std::size_t>> tags;  ///< (tag, place in node_tags), sorted
  std::vector<std::int32_t> numbers;                        ///< beside `tags`

  std::size_t find(std::uint64_t tag, const std::string& name) const {
    const auto at = std::lower_bound(tags.begin(), tags.end(), std::pair{tag, std::size_t{0}});
    if (at == tags.end() || at->first != tag) {
      refuse(name, fmt::format("an element names node {}, which the file does not hold", tag));
    }
    return static_cast<std::size_t>(at - tags.begin());
  }
};

Numbering number_vertices(const GmshMesh& gmsh, int dim, const std::string& name) {
  Numbering numbering;
  for (std::size_t i = 0; i < gmsh.node_tags.size(); ++i) {
    numbering.tags.push_back({gmsh.node_tags[i], i});
  }
  std::sort(numbering.tags.begin(), numbering.tags.end());
  for (std::size_t i = 1; i < numbering.tags.size(); ++i) {
    if (numbering.tags[i].first == numbering.tags[i - 1].first) {
      refuse(name, fmt::format("node {} stands twice", numbering.tags[i].first));
    }
  }
  numbering.numbers.assign(numbering.tags.size(), kNone);
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != dim) continue;
    for (const std::uint64_t tag : block.nodes) numbering.numbers[numbering.find(tag, name)] = 0;
  }
  std::int32_t next = 0;
  for (std::int32_t& number : numbering.numbers) {
    if (number != kNone) number = next++;
  }
  return numbering;
}

/// Coordinates of the used nodes; the ones beyond the dimension must be constant.
void take_coordinates(const GmshMesh& gmsh, const Numbering& numbering, const std::string& name,
                      Mesh& mesh) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  std::array<double, 3> low;
  low.fill(std::numeric_limits<double>::infinity());
  std::array<double, 3> high;
  high.fill(-std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < numbering.tags.size(); ++i) {
    if (numbering.numbers[i] == kNone) continue;
    for (std::size_t j = 0; j < 3; ++j) {
      const double x = gmsh.coordinates[3 * numbering.tags[i].second + j];
      if (j < d) mesh.coordinates.push_back(x);
      low[j] = std::min(low[j], x);
      high[j] = std::max(high[j], x);
    }
  }
  double extent = 0.0;
  for (std::size_t j = 0; j < d; ++j) extent = std::max(extent, high[j] - low[j]);
  for (std::size_t j = d; j < 3; ++j) {
    if (high[j] - low[j] > 1e-12 * extent) {
      refuse(name, fmt::format("a mesh of {}s whose {} runs from {} to {}: it must be constant, as "
                               "meshes curved in space are not supported",
                               name_of(mesh.cell_type), "xyz"[j], low[j], high[j]));
    }
  }
}

using FacetKey = std::array<std::int32_t, 4>;

/// Sorted vertices of the facets that physical groups cover, with their tags.
std::vector<std::pair<FacetKey, std::int32_t>> tagged_facets(const GmshMesh& gmsh,
                                                             const Numbering& numbering,
                                                             const Mesh& mesh,
                                                             const std::string& name) {
  const auto size = static_cast<std::size_t>(max_facet_vertex_count(mesh.cell_type));
  std::vector<std::pair<FacetKey, std::int32_t>> facets;
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != mesh.dim() - 1 || block.physical_tags.empty()) continue;
    if (static_cast<std::size_t>(block.nodes_per_element) != size) {
      refuse(name, fmt::format("a mesh of {}s with facets of type {}", name_of(mesh.cell_type),
                               block.type_name));
    }
    const std::int32_t tag = physical_tag(block, name);
    for (std::size_t i = 0; i + size <= block.nodes.size(); i += size) {
      FacetKey key{kNone, kNone, kNone, kNone};
      for (std::size_t k = 0; k < size; ++k) {
        key[k] = numbering.numbers[numbering.find(block.nodes[i + k], name)];
      }
      std::sort(key.begin(), key.end());
      facets.push_back({key, tag});
    }
  }
  std::sort(facets.begin(), facets.end());
  return facets;
}

void tag_facets(const std::vector<std::pair<FacetKey, std::int32_t>>& tagged,
                const std::string& name, Mesh& mesh) {
  for (ExteriorFacet& facet : mesh.exterior_facets) {
    FacetKey key{kNone, kNone, kNone, kNone};
    std::size_t k = 0;
    for (const int v : entity_vertices(mesh.cell_type, mesh.dim() - 1, facet.local_facet)) {
      key[k++] = mesh.cell(static_cast<std::size_t>(facet.cell))[static_cast<std::size_t>(v)];
    }
    std::sort(key.begin(), key.end());
    const auto at = std::lower_bound(tagged.begin(), tagged.end(),
                                     std::pair{key, std::numeric_limits<std::int32_t>::min()});
    if (at == tagged.end() || at->first != key) continue;
    facet.tag = at->second;
    for (auto other = at; other != tagged.end() && other->first == key; ++other) {
      if (other->second != facet.tag) {
        refuse(name, fmt::format("a boundary facet of cell {} is in the physical groups {} and {}; "
                                 "one subdomain id a facet is supported",
                                 facet.cell, facet.tag, other->second));
      }
    }
  }
}

}  // namespace

Mesh convert(const GmshMesh& gmsh, const std::string& name) {
  Mesh mesh;
  int dim = 0;
  mesh.cell_type = find_cell_type(gmsh, name, dim);
  if (gmsh.coordinates.size() != 3 * gmsh.node_tags.size() ||
      gmsh.node_tags.size() >= static_cast<std::size_t>(kNone)) {
    refuse(name, fmt::format("{} nodes with {} coordinates", gmsh.node_tags.size(),
                             gmsh.coordinates.size()));
  }
  const Numbering numbering = number_vertices(gmsh, dim, name);
  take_coordinates(gmsh, numbering, name, mesh);
  const auto corners = static_cast<std::size_t>(vertex_count(mesh.cell_type));
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != dim) continue;
    const std::int32_t tag = physical_tag(block, name);
    for (std::size_t i = 0; i + corners <= block.nodes.size(); i += corners) {
      for (std::size_t k = 0; k < corners; ++k) {
        const std::uint64_t node = block.nodes[i + gmsh_place(mesh.cell_type, k)];
        mesh.cells.push_back(numbering.numbers[numbering.find(node, name)]);
      }
      mesh.cell_tags.push_back(tag);
    }
  }
  sort_simplices(mesh);
  try {
    mesh.exterior_facets = exterior_facets(mesh);
    check_mesh(mesh);
  } catch (const InputError& error) {
    refuse(name, error.what());
  }
  tag_facets(tagged_facets(gmsh, numbering, mesh, name), name, mesh);
  return mesh;
}

}  // namespace femsynth::meshes
