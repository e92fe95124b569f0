#include "fem/spaces/dof_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "fem/elements/tabulate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;
using meshes::Mesh;

constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();

/// An entity seen from one cell: its sorted global vertices, and where it stands.
struct Side {
  std::array<std::int32_t, 4> key;
  std::size_t slot;  ///< cell · entities of that dimension a cell + entity
};

/// Global number of entity `slot % count` of cell `slot / count`, for every slot, in ascending
/// order of the sorted vertices; and how many there are. For edges and faces.
std::pair<std::vector<std::int32_t>, std::size_t> number_entities(const Mesh& mesh, int dim) {
  const auto count = static_cast<std::size_t>(meshes::entity_count(mesh.cell_type, dim));
  std::vector<Side> sides;
  sides.reserve(mesh.cell_count() * count);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    for (std::size_t e = 0; e < count; ++e) {
      Side side{{kNone, kNone, kNone, kNone}, c * count + e};
      std::size_t k = 0;
      for (const int v : meshes::entity_vertices(mesh.cell_type, dim, static_cast<int>(e))) {
        side.key[k++] = cell[static_cast<std::size_t>(v)];
      }
      std::sort(side.key.begin(), side.key.end());
      sides.push_back(side);
    }
  }
  std::sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.key < b.key; });
  std::vector<std::int32_t> numbers(sides.size());
  std::size_t distinct = 0;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    if (i > 0 && sides[i].key != sides[i - 1].key) ++distinct;
    numbers[sides[i].slot] = static_cast<std::int32_t>(distinct);
  }
  return {std::move(numbers), sides.empty() ? 0 : distinct + 1};
}

/// How the nodes inside one entity of a cell are permuted. Symmetry s of the entity's frame:
/// bits 0 (and 1) say which vertex is the lowest, the next bit that the second axis leads.
/// places[s][k] is the place of local node k in the canonical order.
struct EntityNodes {
  std::vector<int> local;                ///< node numbers in the cell
  std::vector<std::vector<int>> places;  ///< [symmetry][k]; only [0] where none is needed
};

/// Coordinates of the entity's nodes in its own frame: origin at its vertex 0, axis j to its
/// vertex j + 1. The axes of edges and of quadrilateral faces are orthogonal.
std::vector<std::array<double, 2>> frame_coordinates(const Element& element, int dim, int entity,
                                                     const std::vector<int>& local) {
  const auto vertices = meshes::entity_vertices(element.cell, dim, entity);
  const auto d = static_cast<std::size_t>(meshes::dimension(element.cell));
  const std::vector<double>& points = nodes(element);
  const auto origin = meshes::reference_vertex(element.cell, vertices[0]);
  std::vector<std::array<double, 2>> coordinates(local.size());
  for (std::size_t j = 0; j < static_cast<std::size_t>(dim); ++j) {
    const auto end = meshes::reference_vertex(element.cell, vertices[j + 1]);
    for (std::size_t k = 0; k < local.size(); ++k) {
      double projection = 0.0;
      double length = 0.0;
      for (std::size_t i = 0; i < d; ++i) {
        const double axis = end[i] - origin[i];
        projection += (points[static_cast<std::size_t>(local[k]) * d + i] - origin[i]) * axis;
        length += axis * axis;
      }
      coordinates[k][j] = projection / length;
    }
  }
  return coordinates;
}

/// The node of `coordinates` at `point`.
int find_node(const std::vector<std::array<double, 2>>& coordinates,
              const std::array<double, 2>& point) {
  for (std::size_t k = 0; k < coordinates.size(); ++k) {
    if (std::abs(coordinates[k][0] - point[0]) < 1e-8 &&
        std::abs(coordinates[k][1] - point[1]) < 1e-8) {
      return static_cast<int>(k);
    }
  }
  throw InternalError(fmt::format("no node at ({}, {}) of an entity: its nodes are not symmetric",
                                  point[0], point[1]));
}

EntityNodes permutations(const Element& element, int dim, int entity) {
  EntityNodes result;
  result.local =
      entity_nodes(element)[static_cast<std::size_t>(dim)][static_cast<std::size_t>(entity)];
  const std::size_t size = result.local.size();
  const bool triangle = dim == 2 && meshes::is_simplex(element.cell);
  if (size <= 1 || triangle) {
    std::vector<int> identity(size);
    for (std::size_t k = 0; k < size; ++k) identity[k] = static_cast<int>(k);
    result.places.push_back(identity);
    return result;
  }
  const auto coordinates = frame_coordinates(element, dim, entity, result.local);
  for (unsigned s = 0; s < (dim == 1 ? 2u : 8u); ++s) {
    std::vector<int> places;
    for (auto point : coordinates) {
      for (unsigned j = 0; j < static_cast<unsigned>(dim); ++j) {
        if (s >> j & 1) point[j] = 1.0 - point[j];
      }
      if (s & 4) std::swap(point[0], point[1]);
      places.push_back(find_node(coordinates, point));
    }
    result.places.push_back(std::move(places));
  }
  return result;
}

/// Symmetry (see EntityNodes) of an edge or quadrilateral face with these global vertices.
std::size_t symmetry(std::span<const std::int32_t> g) {
  const auto lowest = static_cast<std::size_t>(std::min_element(g.begin(), g.end()) - g.begin());
  if (g.size() == 2) return lowest;
  return lowest | (g[lowest ^ 1] < g[lowest ^ 2] ? 0u : 4u);
}

/// Numbers the nodes inside the entities of one dimension, from `first` on; returns how many.
std::size_t number_inside(const Mesh& mesh, const Element& element, int dim, std::size_t first,
                          DofMap& map) {
  const auto count = static_cast<std::size_t>(meshes::entity_count(mesh.cell_type, dim));
  const std::size_t size = entity_nodes(element)[static_cast<std::size_t>(dim)][0].size();
  if (size == 0) return 0;
  std::vector<EntityNodes> inside;
  for (std::size_t e = 0; e < count; ++e) {
    inside.push_back(permutations(element, dim, static_cast<int>(e)));
  }
  const auto [numbers, distinct] = number_entities(mesh, dim);
  const auto per_cell = static_cast<std::size_t>(map.nodes_per_cell);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    for (std::size_t e = 0; e < count; ++e) {
      std::array<std::int32_t, 4> global{};
      std::size_t corners = 0;
      for (const int v : meshes::entity_vertices(mesh.cell_type, dim, static_cast<int>(e))) {
        global[corners++] = cell[static_cast<std::size_t>(v)];
      }
      const auto& places = inside[e].places;
      const auto& place =
          places[places.size() == 1 ? 0 : symmetry(std::span(global).first(corners))];
      const std::size_t base = first + static_cast<std::size_t>(numbers[c * count + e]) * size;
      for (std::size_t k = 0; k < size; ++k) {
        map.cell_nodes[c * per_cell + static_cast<std::size_t>(inside[e].local[k])] =
            static_cast<std::int32_t>(base + static_cast<std::size_t>(place[k]));
      }
    }
  }
  return distinct * size;
}

/// Nodes inside the cells, from `first` on, cell by cell; returns how many.
std::size_t number_cells(const Mesh& mesh, const std::vector<int>& local, std::size_t first,
                         DofMap& map) {
  const auto per_cell = static_cast<std::size_t>(map.nodes_per_cell);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t k = 0; k < local.size(); ++k) {
      map.cell_nodes[c * per_cell + static_cast<std::size_t>(local[k])] =
          static_cast<std::int32_t>(first + c * local.size() + k);
    }
  }
  return mesh.cell_count() * local.size();
}

void check_size(const Mesh& mesh, const Element& element, const DofMap& map) {
  // An upper bound of the nodes, so that no number can overflow on the way.
  const double bound = static_cast<double>(mesh.cell_count()) * map.nodes_per_cell *
                       static_cast<double>(map.block_size);
  if (bound > static_cast<double>(std::numeric_limits<std::int32_t>::max())) {
    throw InputError(fmt::format(
        "{} on {} cells has too many dofs: up to {:.0f}, at most {} are "
        "supported",
        to_string(element), mesh.cell_count(), bound, std::numeric_limits<std::int32_t>::max()));
  }
}

}  // namespace

DofMap make_dof_map(const Mesh& mesh, const Element& element) {
  check_element(element);
  if (element.cell != mesh.cell_type) {
    throw InputError(
        fmt::format("{} on a mesh of {}s", to_string(element), meshes::name_of(mesh.cell_type)));
  }
  DofMap map;
  map.nodes_per_cell = dimension(element);
  map.block_size = element.block_size();
  check_size(mesh, element, map);
  map.cell_nodes.resize(mesh.cell_count() * static_cast<std::size_t>(map.nodes_per_cell));
  const auto& inside = entity_nodes(element);
  if (element.family == Family::lagrange) {
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      const auto cell = mesh.cell(c);
      for (std::size_t k = 0; k < cell.size(); ++k) {
        map.cell_nodes[c * static_cast<std::size_t>(map.nodes_per_cell) +
                       static_cast<std::size_t>(inside[0][k][0])] = cell[k];
      }
    }
    map.node_count = mesh.vertices();
    for (int dim = 1; dim < mesh.dim(); ++dim) {
      map.node_count += number_inside(mesh, element, dim, map.node_count, map);
    }
  }
  map.node_count +=
      number_cells(mesh, inside[static_cast<std::size_t>(mesh.dim())][0], map.node_count, map);
  return map;
}

std::vector<double> node_points(const Mesh& mesh, const Element& element, const DofMap& dof_map) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  const std::vector<double>& reference = nodes(element);
  std::vector<double> points(dof_map.node_count * d);
  std::vector<std::array<double, 8>> basis;
  for (std::size_t k = 0; k * d < reference.size(); ++k) {
    basis.push_back(meshes::vertex_basis(mesh.cell_type, &reference[k * d]));
  }
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto vertices = mesh.cell(c);
    const auto cell_nodes = dof_map.cell(c);
    for (std::size_t k = 0; k < cell_nodes.size(); ++k) {
      for (std::size_t i = 0; i < d; ++i) {
        double x = 0.0;
        for (std::size_t v = 0; v < vertices.size(); ++v) {
          x += basis[k][v] * mesh.vertex(static_cast<std::size_t>(vertices[v]))[i];
        }
        points[static_cast<std::size_t>(cell_nodes[k]) * d + i] = x;
      }
    }
  }
  return points;
}

}  // namespace femsynth::fem
