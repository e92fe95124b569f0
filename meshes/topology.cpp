#include "meshes/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "meshes/curve.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

/// Fills keys of less than four vertices; sorts after every vertex.
constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();

/// A facet seen from one cell: its sorted global vertices, and where it stands.
struct Side {
  std::array<std::int32_t, 4> key;
  std::int32_t cell;
  std::int32_t local_facet;
};

/// All facets of all cells, equal keys side by side, ascending by (key, cell).
std::vector<Side> sorted_sides(const Mesh& mesh) {
  const int facets = facet_count(mesh.cell_type);
  std::vector<Side> sides;
  sides.reserve(mesh.cell_count() * static_cast<std::size_t>(facets));
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    for (int f = 0; f < facets; ++f) {
      Side side{{kNone, kNone, kNone, kNone}, static_cast<std::int32_t>(c), f};
      const auto local = entity_vertices(mesh.cell_type, mesh.topological_dim() - 1, f);
      for (std::size_t k = 0; k < local.size(); ++k) {
        side.key[k] = cell[static_cast<std::size_t>(local[k])];
      }
      std::sort(side.key.begin(), side.key.end());
      sides.push_back(side);
    }
  }
  std::sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) {
    return a.key != b.key ? a.key < b.key : a.cell < b.cell;
  });
  return sides;
}

/// Calls `visit(first, count)` for each distinct facet; count is 1 or 2.
template <typename Visit>
void for_each_facet(const std::vector<Side>& sides, Visit visit) {
  for (std::size_t i = 0; i < sides.size();) {
    std::size_t end = i + 1;
    while (end < sides.size() && sides[end].key == sides[i].key) ++end;
    if (end - i > 2) {
      throw InputError(fmt::format(
          "cells {}, {} and {} share one facet; a facet may belong to at most two cells",
          sides[i].cell, sides[i + 1].cell, sides[i + 2].cell));
    }
    visit(&sides[i], end - i);
    i = end;
  }
}

/// The permutation of facet_permutation between two sides of one facet.
std::int32_t permutation_between(const Mesh& mesh, const Side& first, const Side& second) {
  const int dim = mesh.topological_dim() - 1;
  const auto one = entity_vertices(mesh.cell_type, dim, first.local_facet);
  const auto two = entity_vertices(mesh.cell_type, dim, second.local_facet);
  const auto cells = std::array{mesh.cell(static_cast<std::size_t>(first.cell)),
                                mesh.cell(static_cast<std::size_t>(second.cell))};
  const int n = static_cast<int>(one.size());
  for (int p = 0; p < facet_permutation_count(n); ++p) {
    const auto pi = facet_permutation(n, p);
    bool same = one.size() == two.size();
    for (std::size_t k = 0; same && k < one.size(); ++k) {
      const int other = two[static_cast<std::size_t>(pi[k])];
      same =
          cells[0][static_cast<std::size_t>(one[k])] == cells[1][static_cast<std::size_t>(other)];
    }
    if (same) return p;
  }
  throw InputError(
      fmt::format("cells {} and {} share the vertices of a facet, but not in an order around it",
                  first.cell, second.cell));
}

void check_geometry_sizes(const Mesh& mesh) {
  const auto count =
      static_cast<std::size_t>(geometry_node_count(mesh.cell_type, mesh.geometry_degree));
  if (mesh.geometry_nodes.size() != mesh.cell_count() * count) {
    throw InputError(fmt::format("a mesh of {} cells of {} geometry nodes each with {} of them",
                                 mesh.cell_count(), count, mesh.geometry_nodes.size()));
  }
  if (mesh.vertices() > mesh.points()) {
    throw InputError(
        fmt::format("a mesh of {} vertices with {} points", mesh.vertices(), mesh.points()));
  }
}

/// Degree, dimensions, and what depends on them.
void check_dimensions(const Mesh& mesh) {
  if (mesh.dim() < mesh.topological_dim() || mesh.dim() > 3) {
    throw InputError(fmt::format("a mesh of {}s in {} dimensions; {} to 3 are right",
                                 name_of(mesh.cell_type), mesh.dim(), mesh.topological_dim()));
  }
  geometry_node_count(mesh.cell_type, mesh.geometry_degree);  // refuses a wrong degree
  if (mesh.geometry_degree == 1 && !mesh.geometry_nodes.empty()) {
    throw InputError("geometry nodes on a mesh of straight cells");
  }
}

void check_sizes(const Mesh& mesh) {
  check_dimensions(mesh);
  const auto dim = static_cast<std::size_t>(mesh.dim());
  const auto corners = static_cast<std::size_t>(vertex_count(mesh.cell_type));
  if (mesh.coordinates.size() % dim != 0 || mesh.cells.size() % corners != 0) {
    throw InputError(fmt::format(
        "a mesh of {}s with {} coordinates and {} cell vertices; multiples of {} and {} are right",
        name_of(mesh.cell_type), mesh.coordinates.size(), mesh.cells.size(), dim, corners));
  }
  if (mesh.cell_count() == 0) throw InputError("a mesh without cells");
  constexpr auto limit = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  if (mesh.points() > limit || mesh.cell_count() > limit) {
    throw InputError(fmt::format("a mesh of {} points and {} cells; at most {} of each are taken",
                                 mesh.points(), mesh.cell_count(), limit));
  }
  if (mesh.geometry_degree > 1) check_geometry_sizes(mesh);
  if (mesh.cell_tags.size() != mesh.cell_count()) {
    throw InputError(fmt::format("a mesh of {} cells with {} cell tags", mesh.cell_count(),
                                 mesh.cell_tags.size()));
  }
  const std::size_t hints = mesh.orientation_hints.size();
  if (hints > 0 && hints != mesh.cell_count()) {
    throw InputError(
        fmt::format("a mesh of {} cells with {} orientations", mesh.cell_count(), hints));
  }
  for (const std::int32_t hint : mesh.orientation_hints) {
    if (hint != 1 && hint != -1) {
      throw InputError(fmt::format("a cell's orientation is {}; 1 and -1 are right", hint));
    }
  }
  for (std::size_t i = 0; i < mesh.coordinates.size(); ++i) {
    if (!std::isfinite(mesh.coordinates[i])) {
      throw InputError(
          fmt::format("vertex {} has the coordinate {}", i / dim, mesh.coordinates[i]));
    }
  }
}

void check_cell_vertices(const Mesh& mesh, std::size_t c) {
  const auto cell = mesh.cell(c);
  for (std::size_t k = 0; k < cell.size(); ++k) {
    if (cell[k] < 0 || static_cast<std::size_t>(cell[k]) >= mesh.vertices()) {
      throw InputError(fmt::format("cell {} names vertex {}; the mesh has vertices 0 to {}", c,
                                   cell[k], mesh.vertices() - 1));
    }
    if (std::find(cell.begin(), cell.begin() + static_cast<std::ptrdiff_t>(k), cell[k]) !=
        cell.begin() + static_cast<std::ptrdiff_t>(k)) {
      throw InputError(fmt::format("cell {} has vertex {} twice", c, cell[k]));
    }
  }
  if (is_simplex(mesh.cell_type) && !std::is_sorted(cell.begin(), cell.end())) {
    throw InputError(fmt::format("cell {}: the vertices of a {} must be in ascending order", c,
                                 name_of(mesh.cell_type)));
  }
}

/// The geometry nodes of cell `c`: its vertices, then others.
void check_geometry_nodes(const Mesh& mesh, std::size_t c) {
  const auto cell = mesh.cell(c);
  const auto nodes = mesh.geometry(c);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const auto node = static_cast<std::size_t>(nodes[k]);
    const bool right = k < cell.size()
                           ? nodes[k] == cell[k]
                           : nodes[k] >= 0 && node >= mesh.vertices() && node < mesh.points();
    if (!right) {
      throw InputError(fmt::format(
          "cell {}: its geometry node {} is point {}; the first are the cell's vertices, the "
          "others points {} to {}",
          c, k, nodes[k], mesh.vertices(), mesh.points() - 1));
    }
  }
}

/// Neighbours whose facets have different nodes would overlap or gape.
void check_shared_nodes(const Mesh& mesh) {
  std::vector<std::vector<int>> local;
  for (int f = 0; f < facet_count(mesh.cell_type); ++f) {
    local.push_back(facet_geometry_nodes(mesh.cell_type, mesh.geometry_degree, f));
  }
  for (const InteriorFacet& facet : interior_facets(mesh)) {
    std::array<std::vector<std::int32_t>, 2> nodes;
    for (std::size_t side = 0; side < 2; ++side) {
      const auto geometry = mesh.geometry(static_cast<std::size_t>(facet.cells[side]));
      for (const int k : local[static_cast<std::size_t>(facet.local_facets[side])]) {
        nodes[side].push_back(geometry[static_cast<std::size_t>(k)]);
      }
      std::sort(nodes[side].begin(), nodes[side].end());
    }
    if (nodes[0] != nodes[1]) {
      throw InputError(fmt::format("cells {} and {} do not share the geometry nodes of their facet",
                                   facet.cells[0], facet.cells[1]));
    }
  }
}

/// A vertex without a cell would be a node that no equation reaches.
void check_vertices_used(const Mesh& mesh) {
  std::vector<bool> used(mesh.points(), false);
  for (const std::int32_t v : mesh.cells) used[static_cast<std::size_t>(v)] = true;
  for (const std::int32_t v : mesh.geometry_nodes) used[static_cast<std::size_t>(v)] = true;
  const auto unused = std::find(used.begin(), used.end(), false);
  if (unused != used.end()) {
    throw InputError(fmt::format("vertex {} belongs to no cell", unused - used.begin()));
  }
}

/// A cell that stands twice would count twice; facets do not show it, as each has two sides.
void check_cells_distinct(const Mesh& mesh) {
  std::vector<std::pair<std::array<std::int32_t, 8>, std::size_t>> keys(mesh.cell_count());
  for (std::size_t c = 0; c < keys.size(); ++c) {
    keys[c].first.fill(kNone);
    std::copy(mesh.cell(c).begin(), mesh.cell(c).end(), keys[c].first.begin());
    std::sort(keys[c].first.begin(), keys[c].first.end());
    keys[c].second = c;
  }
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (keys[i].first == keys[i - 1].first) {
      throw InputError(fmt::format("cells {} and {} have the same vertices", keys[i - 1].second,
                                   keys[i].second));
    }
  }
}

/// Determinants at the vertices must share one sign, and be no rounding noise.
void check_jacobians(const Mesh& mesh, std::size_t c) {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  double scale = 0.0;
  const std::vector<double>& nodes = geometry_points(mesh.cell_type, mesh.geometry_degree);
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  for (std::size_t k = 0; k < nodes.size(); k += t) {
    const GeometryMap map = map_point(mesh, c, &nodes[k]);
    double bound = 1.0;  // Hadamard: |det J| ≤ Π |columns|
    for (std::size_t j = 0; j < t; ++j) {
      bound *= std::hypot(map.jacobian[0][j], map.jacobian[1][j], map.jacobian[2][j]);
    }
    least = std::min(least, map.determinant);
    greatest = std::max(greatest, map.determinant);
    scale = std::max(scale, bound);
  }
  const double noise = 1e-14 * scale;
  if (!(least > noise || greatest < -noise)) {
    throw InputError(fmt::format(
        "cell {} is degenerate or inverted: its Jacobian determinant runs from {} to {} over the "
        "{}",
        c, least, greatest, mesh.geometry_degree == 1 ? "vertices" : "geometry nodes"));
  }
}

}  // namespace

std::vector<ExteriorFacet> exterior_facets(const Mesh& mesh) {
  std::vector<ExteriorFacet> facets;
  for_each_facet(sorted_sides(mesh), [&](const Side* side, std::size_t count) {
    if (count == 1) facets.push_back({side->cell, side->local_facet, 0});
  });
  std::sort(facets.begin(), facets.end(), [](const ExteriorFacet& a, const ExteriorFacet& b) {
    return a.cell != b.cell ? a.cell < b.cell : a.local_facet < b.local_facet;
  });
  return facets;
}

int facet_permutation_count(int facet_vertices) {
  return facet_vertices <= 2 ? facet_vertices : 2 * facet_vertices;
}

std::array<int, 4> facet_permutation(int facet_vertices, int permutation) {
  if (permutation < 0 || permutation >= facet_permutation_count(facet_vertices)) {
    throw InternalError(
        fmt::format("permutation {} of a facet of {} vertices", permutation, facet_vertices));
  }
  std::array<int, 4> around{0, 1, 2, 3};
  if (facet_vertices == 4) std::swap(around[2], around[3]);
  const int n = facet_vertices;
  // On an interval the exchange is both a rotation and a reflection.
  const int rotation = n == 2 ? permutation : permutation / 2;
  const bool reflection = n > 2 && permutation % 2 == 1;
  std::array<int, 4> result{0, 1, 2, 3};
  for (int q = 0; q < n; ++q) {
    const int at = (reflection ? rotation - q + n : rotation + q) % n;
    result[static_cast<std::size_t>(around[static_cast<std::size_t>(q)])] =
        around[static_cast<std::size_t>(at)];
  }
  return result;
}

std::array<double, 2> permute_facet_point(int facet_vertices, int permutation,
                                          const std::array<double, 2>& xi) {
  if (facet_vertices == 1) return xi;
  const CellType type = facet_vertices == 2   ? CellType::interval
                        : facet_vertices == 3 ? CellType::triangle
                                              : CellType::quadrilateral;
  const auto pi = facet_permutation(facet_vertices, permutation);
  const auto origin = reference_vertex(type, pi[0]);
  std::array<double, 2> result{origin[0], origin[1]};
  for (std::size_t k = 0; k < static_cast<std::size_t>(dimension(type)); ++k) {
    const auto end = reference_vertex(type, pi[k + 1]);
    for (std::size_t i = 0; i < 2; ++i) result[i] += xi[k] * (end[i] - origin[i]);
  }
  return result;
}

std::vector<InteriorFacet> interior_facets(const Mesh& mesh) {
  std::vector<InteriorFacet> facets;
  for_each_facet(sorted_sides(mesh), [&](const Side* side, std::size_t count) {
    if (count == 2) {
      facets.push_back({{side[0].cell, side[1].cell},
                        {side[0].local_facet, side[1].local_facet},
                        permutation_between(mesh, side[0], side[1])});
    }
  });
  const auto& tags = mesh.interior_facet_tags;
  if (tags.empty()) return facets;
  if (tags.size() != facets.size()) {
    throw InputError(fmt::format("a mesh of {} interior facets with {} tags for them",
                                 facets.size(), tags.size()));
  }
  for (std::size_t i = 0; i < facets.size(); ++i) facets[i].tag = tags[i];
  return facets;
}

void check_mesh(const Mesh& mesh) {
  check_sizes(mesh);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    check_cell_vertices(mesh, c);
    if (mesh.geometry_degree > 1) check_geometry_nodes(mesh, c);
    check_jacobians(mesh, c);
  }
  check_vertices_used(mesh);
  check_cells_distinct(mesh);
  const std::vector<ExteriorFacet> expected = exterior_facets(mesh);
  const bool same = std::equal(expected.begin(), expected.end(), mesh.exterior_facets.begin(),
                               mesh.exterior_facets.end(), [](const auto& a, const auto& b) {
                                 return a.cell == b.cell && a.local_facet == b.local_facet;
                               });
  if (!same) {
    throw InputError(
        fmt::format("the {} exterior facets of the mesh are not, in order, the {} of its topology",
                    mesh.exterior_facets.size(), expected.size()));
  }
  if (!mesh.interior_facet_tags.empty()) interior_facets(mesh);  // refuses a wrong number of tags
  if (mesh.geometry_degree > 1) check_shared_nodes(mesh);
}

}  // namespace femsynth::meshes
