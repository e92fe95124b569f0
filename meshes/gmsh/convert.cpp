#include "meshes/gmsh/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "meshes/bernstein.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {
namespace {

constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw InputError(fmt::format("{}: {}", name, reason));
}

/// The cell with Gmsh's dimension and number of corners, if it is one of ours.
std::optional<CellType> cell_of(const GmshBlock& block) {
  for (const CellType cell : kCellTypes) {
    if (dimension(cell) == block.dim && vertex_count(cell) == block.corners()) return cell;
  }
  return std::nullopt;
}

/// Gmsh's place of our vertex k: it goes round a quadrilateral, we go row by row.
std::size_t gmsh_vertex(CellType cell, std::size_t k) {
  constexpr std::array<std::size_t, 8> kAround{0, 1, 3, 2, 4, 5, 7, 6};
  return is_simplex(cell) || cell == CellType::prism ? k : kAround[k];
}

/// Our coordinates of a point of Gmsh's reference cell: its intervals are [−1, 1] where ours are
/// [0, 1], its pyramid has the base [−1, 1]² and our height.
std::array<double, 3> our_point(CellType cell, const double* gmsh) {
  const auto t = static_cast<std::size_t>(dimension(cell));
  const std::size_t simplex_axes = cell == CellType::prism ? 2 : is_simplex(cell) && t > 1 ? t : 0;
  std::array<double, 3> X{};
  for (std::size_t j = 0; j < t; ++j) X[j] = j < simplex_axes ? gmsh[j] : 0.5 * (gmsh[j] + 1.0);
  if (cell == CellType::pyramid) {
    X[2] = gmsh[2];
    for (std::size_t j = 0; j < 2; ++j) X[j] = 0.5 * (gmsh[j] + 1.0 - gmsh[2]);
  }
  return X;
}

/// Gmsh's place of each of our geometry nodes. Gmsh's lie equispaced; the node of Gmsh's at
/// k / order stands for ours between the same neighbours.
std::vector<std::size_t> gmsh_places(CellType cell, const GmshBlock& block) {
  std::vector<std::size_t> places;
  if (block.order == 1) {
    for (int k = 0; k < vertex_count(cell); ++k) {
      places.push_back(gmsh_vertex(cell, static_cast<std::size_t>(k)));
    }
    return places;
  }
  const auto t = static_cast<std::size_t>(block.dim);
  const std::vector<double>& ours = geometry_points(cell, block.order);
  for (std::size_t node = 0; node < ours.size(); node += t) {
    std::size_t place = 0;
    const auto is_here = [&] {
      const auto X = our_point(cell, &block.local_nodes[place * t]);
      for (std::size_t j = 0; j < t; ++j) {
        if (std::abs(X[j] * block.order - std::round(ours[node + j] * block.order)) > 1e-6) {
          return false;
        }
      }
      return true;
    };
    while (place * t < block.local_nodes.size() && !is_here()) ++place;
    if (place * t >= block.local_nodes.size()) {
      throw InternalError(
          fmt::format("Gmsh's nodes of a {} are not where they are known to be", block.type_name));
    }
    places.push_back(place);
  }
  return places;
}

/// The first block of cells, those of highest dimension: all of one supported type, or an error
/// naming what is there.
const GmshBlock& find_cells(const GmshMesh& gmsh, const std::string& name) {
  int dim = 0;
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
  const std::optional<CellType> cell = cell_of(*first);
  if (!cell) {
    refuse(name, fmt::format("cells of type {}; intervals, triangles, tetrahedra, quadrilaterals, "
                             "hexahedra, prisms and pyramids are supported",
                             first->type_name));
  }
  if (first->order < 1 || first->order > 3 ||
      first->nodes_per_element != geometry_node_count(*cell, first->order)) {
    refuse(name, fmt::format("cells of order {} ({}); complete elements of order 1 to 3 are "
                             "supported: mesh with Mesh.ElementOrder up to 3 and "
                             "Mesh.SecondOrderIncomplete = 0",
                             first->order, first->type_name));
  }
  if (first->order > 1 &&
      static_cast<int>(first->local_nodes.size()) != first->nodes_per_element * dim) {
    refuse(name, fmt::format("cells of type {} without their nodes' places", first->type_name));
  }
  return *first;
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

/// Our number of each of Gmsh's node tags: tags ascending, and the numbers beside them, vertices
/// first; kNone for a node that no cell uses.
struct Numbering {
  std::size_t vertices = 0;
  std::size_t points = 0;
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

Numbering number_nodes(const GmshMesh& gmsh, const GmshBlock& cells, const std::string& name) {
  Numbering numbering;
  for (std::size_t i = 0; i < gmsh.node_tags.size(); ++i) {
    numbering.tags.emplace_back(gmsh.node_tags[i], i);
  }
  std::sort(numbering.tags.begin(), numbering.tags.end());
  for (std::size_t i = 1; i < numbering.tags.size(); ++i) {
    if (numbering.tags[i].first == numbering.tags[i - 1].first) {
      refuse(name, fmt::format("node {} stands twice", numbering.tags[i].first));
    }
  }
  numbering.numbers.assign(numbering.tags.size(), kNone);
  constexpr std::int32_t kCorner = 0;
  constexpr std::int32_t kOther = 1;
  const auto size = static_cast<std::size_t>(cells.nodes_per_element);
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != cells.dim) continue;
    for (std::size_t i = 0; i < block.nodes.size(); ++i) {
      const bool corner = i % size < static_cast<std::size_t>(cells.corners());
      std::int32_t& number = numbering.numbers[numbering.find(block.nodes[i], name)];
      number = std::min(number, corner ? kCorner : kOther);
    }
  }
  std::vector<std::int32_t> result(numbering.numbers.size(), kNone);
  std::int32_t next = 0;
  for (const std::int32_t kind : {kCorner, kOther}) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (numbering.numbers[i] == kind) result[i] = next++;
    }
    if (kind == kCorner) numbering.vertices = static_cast<std::size_t>(next);
  }
  numbering.points = static_cast<std::size_t>(next);
  numbering.numbers = std::move(result);
  return numbering;
}

/// Coordinates of the used nodes. Those behind the last one that varies are dropped: the
/// geometric dimension is what is left, and at least that of the cells.
void take_coordinates(const GmshMesh& gmsh, const Numbering& numbering, Mesh& mesh) {
  std::vector<double> points(3 * numbering.points);
  std::array<double, 3> low;
  low.fill(std::numeric_limits<double>::infinity());
  std::array<double, 3> high;
  high.fill(-std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < numbering.tags.size(); ++i) {
    if (numbering.numbers[i] == kNone) continue;
    for (std::size_t j = 0; j < 3; ++j) {
      const double x = gmsh.coordinates[3 * numbering.tags[i].second + j];
      points[3 * static_cast<std::size_t>(numbering.numbers[i]) + j] = x;
      low[j] = std::min(low[j], x);
      high[j] = std::max(high[j], x);
    }
  }
  double extent = 0.0;
  for (std::size_t j = 0; j < 3; ++j) extent = std::max(extent, high[j] - low[j]);
  std::size_t d = 3;
  while (d > static_cast<std::size_t>(mesh.topological_dim()) &&
         high[d - 1] - low[d - 1] <= 1e-12 * extent) {
    --d;
  }
  if (d > static_cast<std::size_t>(mesh.topological_dim())) {
    mesh.geometric_dim = static_cast<int>(d);
  }
  mesh.coordinates.reserve(numbering.points * d);
  for (std::size_t v = 0; v < numbering.points; ++v) {
    const auto first = points.begin() + static_cast<std::ptrdiff_t>(3 * v);
    mesh.coordinates.insert(mesh.coordinates.end(), first, first + static_cast<std::ptrdiff_t>(d));
  }
}

/// The coordinates of Gmsh's equispaced nodes become those of our nodes on the same cells.
void to_our_nodes(Mesh& mesh) {
  // The same nodes up to degree 2, and on pyramids.
  if (mesh.geometry_degree < 3 || mesh.cell_type == CellType::pyramid) return;
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const auto d = static_cast<std::size_t>(mesh.dim());
  const std::vector<double>& nodes = geometry_points(mesh.cell_type, mesh.geometry_degree);
  const std::size_t n = nodes.size() / t;
  std::vector<double> values(n * n);  // of our basis at Gmsh's nodes
  for (std::size_t k = 0; k < n; ++k) {
    std::array<double, 3> X{};
    for (std::size_t j = 0; j < t; ++j) {
      X[j] = std::round(nodes[k * t + j] * mesh.geometry_degree) / mesh.geometry_degree;
    }
    const GeometryBasis basis = geometry_basis(mesh.cell_type, mesh.geometry_degree, X.data());
    std::copy_n(basis.values.begin(), n, values.begin() + static_cast<std::ptrdiff_t>(k * n));
  }
  std::vector<double> inverse = inverse_of(std::move(values), n);
  for (double& entry : inverse) {
    if (std::abs(entry) < 1e-12) entry = 0.0;  // rounding, which would make facets differ
  }
  const std::vector<double> gmsh = mesh.coordinates;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto row = mesh.geometry(c);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < d; ++i) {
        double x = 0.0;
        for (std::size_t m = 0; m < n; ++m) {
          x += inverse[k * n + m] * gmsh[static_cast<std::size_t>(row[m]) * d + i];
        }
        if (k >= mesh.cell(c).size())
          mesh.coordinates[static_cast<std::size_t>(row[k]) * d + i] = x;
      }
    }
  }
}

using FacetKey = std::array<std::int32_t, 4>;

/// Sorted vertices of the facets that physical groups cover, with their tags.
std::vector<std::pair<FacetKey, std::int32_t>> tagged_facets(const GmshMesh& gmsh,
                                                             const Numbering& numbering,
                                                             const Mesh& mesh,
                                                             const std::string& name) {
  std::set<std::int32_t> sizes;
  for (int f = 0; f < facet_count(mesh.cell_type); ++f) {
    sizes.insert(facet_vertex_count(mesh.cell_type, f));
  }
  std::vector<std::pair<FacetKey, std::int32_t>> facets;
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != mesh.topological_dim() - 1 || block.physical_tags.empty()) continue;
    if (!sizes.contains(block.corners())) {
      refuse(name, fmt::format("a mesh of {}s with facets of type {}", name_of(mesh.cell_type),
                               block.type_name));
    }
    const auto size = static_cast<std::size_t>(block.nodes_per_element);
    const std::int32_t tag = physical_tag(block, name);
    for (std::size_t i = 0; i + size <= block.nodes.size(); i += size) {
      FacetKey key{kNone, kNone, kNone, kNone};
      for (std::size_t k = 0; k < static_cast<std::size_t>(block.corners()); ++k) {
        key[k] = numbering.numbers[numbering.find(block.nodes[i + k], name)];
      }
      std::sort(key.begin(), key.end());
      facets.emplace_back(key, tag);
    }
  }
  std::sort(facets.begin(), facets.end());
  return facets;
}

/// The tag of one facet of a cell, 0 if it has none.
std::int32_t tag_of(const std::vector<std::pair<FacetKey, std::int32_t>>& tagged, const Mesh& mesh,
                    std::int32_t cell, std::int32_t local_facet, const std::string& name) {
  FacetKey key{kNone, kNone, kNone, kNone};
  std::size_t k = 0;
  for (const int v : entity_vertices(mesh.cell_type, mesh.topological_dim() - 1, local_facet)) {
    key[k++] = mesh.cell(static_cast<std::size_t>(cell))[static_cast<std::size_t>(v)];
  }
  std::sort(key.begin(), key.end());
  const auto at = std::lower_bound(tagged.begin(), tagged.end(),
                                   std::pair{key, std::numeric_limits<std::int32_t>::min()});
  if (at == tagged.end() || at->first != key) return 0;
  for (auto other = at; other != tagged.end() && other->first == key; ++other) {
    if (other->second != at->second) {
      refuse(name, fmt::format("a facet of cell {} is in the physical groups {} and {}; one "
                               "subdomain id a facet is supported",
                               cell, at->second, other->second));
    }
  }
  return at->second;
}

void tag_facets(const std::vector<std::pair<FacetKey, std::int32_t>>& tagged,
                const std::string& name, Mesh& mesh) {
  if (tagged.empty()) return;
  for (ExteriorFacet& facet : mesh.exterior_facets) {
    facet.tag = tag_of(tagged, mesh, facet.cell, facet.local_facet, name);
  }
  std::vector<std::int32_t> inner;
  for (const InteriorFacet& facet : interior_facets(mesh)) {
    inner.push_back(tag_of(tagged, mesh, facet.cells[0], facet.local_facets[0], name));
  }
  if (std::any_of(inner.begin(), inner.end(), [](std::int32_t tag) { return tag != 0; })) {
    mesh.interior_facet_tags = std::move(inner);
  }
}

/// Cells, geometry nodes and tags, in the file's order.
void take_cells(const GmshMesh& gmsh, const GmshBlock& cells, const Numbering& numbering,
                const std::string& name, Mesh& mesh) {
  const auto corners = static_cast<std::size_t>(cells.corners());
  const auto size = static_cast<std::size_t>(cells.nodes_per_element);
  const std::vector<std::size_t> places = gmsh_places(mesh.cell_type, cells);
  for (const GmshBlock& block : gmsh.blocks) {
    if (block.dim != cells.dim) continue;
    const std::int32_t tag = physical_tag(block, name);
    for (std::size_t i = 0; i + size <= block.nodes.size(); i += size) {
      for (std::size_t k = 0; k < size; ++k) {
        const std::uint64_t node = block.nodes[i + places[k]];
        const std::int32_t number = numbering.numbers[numbering.find(node, name)];
        if (k < corners) mesh.cells.push_back(number);
        if (mesh.geometry_degree > 1) mesh.geometry_nodes.push_back(number);
      }
      mesh.cell_tags.push_back(tag);
    }
  }
}

}  // namespace

Mesh convert(const GmshMesh& gmsh, const std::string& name) {
  const GmshBlock& cells = find_cells(gmsh, name);
  Mesh mesh;
  mesh.cell_type = *cell_of(cells);
  mesh.geometry_degree = cells.order;
  if (gmsh.coordinates.size() != 3 * gmsh.node_tags.size() ||
      gmsh.node_tags.size() >= static_cast<std::size_t>(kNone)) {
    refuse(name, fmt::format("{} nodes with {} coordinates", gmsh.node_tags.size(),
                             gmsh.coordinates.size()));
  }
  const Numbering numbering = number_nodes(gmsh, cells, name);
  if (mesh.geometry_degree > 1) mesh.curved_vertices = numbering.vertices;
  take_coordinates(gmsh, numbering, mesh);
  take_cells(gmsh, cells, numbering, name, mesh);
  to_our_nodes(mesh);
  // On a manifold, which way the file's cells run must outlast their being renumbered.
  if (mesh.dim() > mesh.topological_dim()) mesh.orientation_hints.assign(mesh.cell_count(), 1);
  orient_cells(mesh);  // where it cannot be, consistently_oriented tells who needs it
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
