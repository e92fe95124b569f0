#include "fem/spaces/entity_numbering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

constexpr std::int32_t kNone = std::numeric_limits<std::int32_t>::max();

using Coordinates = std::array<double, 2>;

/// An entity seen from one cell: its sorted global vertices, and where it stands.
struct Side {
  std::array<std::int32_t, 4> key;
  std::size_t slot;  ///< cell · entities of that dimension a cell + entity
};

/// Coordinates of the nodes in the entity's frame: origin at its vertex 0, axis j to its vertex
/// j + 1.
std::vector<Coordinates> frame_coordinates(const Element& element, int dim, int entity,
                                           const std::vector<int>& local) {
  const auto vertices = meshes::entity_vertices(element.cell, dim, entity);
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  const std::vector<double>& points = nodes(element);
  const auto origin = meshes::reference_vertex(element.cell, vertices[0]);
  const auto dot = [&](const std::array<double, 3>& a, const std::array<double, 3>& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  };
  std::array<std::array<double, 3>, 2> axes{};
  for (std::size_t j = 0; j < static_cast<std::size_t>(dim); ++j) {
    const auto end = meshes::reference_vertex(element.cell, vertices[j + 1]);
    for (std::size_t i = 0; i < t; ++i) axes[j][i] = end[i] - origin[i];
  }
  std::vector<Coordinates> coordinates;
  for (const int node : local) {
    std::array<double, 3> offset{};
    for (std::size_t i = 0; i < t; ++i) {
      offset[i] = points[static_cast<std::size_t>(node) * t + i] - origin[i];
    }
    const double a = dot(axes[0], offset);
    const double aa = dot(axes[0], axes[0]);
    if (dim == 1) {
      coordinates.push_back({a / aa, 0.0});
      continue;
    }
    const double b = dot(axes[1], offset);
    const double ab = dot(axes[0], axes[1]);
    const double bb = dot(axes[1], axes[1]);
    const double gram = aa * bb - ab * ab;
    coordinates.push_back({(a * bb - b * ab) / gram, (b * aa - a * ab) / gram});
  }
  return coordinates;
}

/// The node of `coordinates` at `point`.
int find_node(const std::vector<Coordinates>& coordinates, const Coordinates& point) {
  for (std::size_t k = 0; k < coordinates.size(); ++k) {
    if (std::abs(coordinates[k][0] - point[0]) < 1e-8 &&
        std::abs(coordinates[k][1] - point[1]) < 1e-8) {
      return static_cast<int>(k);
    }
  }
  throw InternalError(fmt::format("no node at ({}, {}) of an entity: its nodes are not symmetric",
                                  point[0], point[1]));
}

/// Symmetry of an entity with these global vertices. Edges and quadrilaterals: bits 0 (and 1) say
/// which vertex is the lowest, bit 2 that the second axis leads to the lower neighbour. Triangles:
/// 2 · the lowest vertex, + 1 where the other two descend.
std::size_t symmetry(std::span<const std::int32_t> g) {
  const auto lowest = static_cast<std::size_t>(std::min_element(g.begin(), g.end()) - g.begin());
  if (g.size() == 2) return lowest;
  if (g.size() == 4) return lowest | (g[lowest ^ 1] < g[lowest ^ 2] ? 0u : 4u);
  const std::size_t second = lowest == 0 ? 1 : 0;
  const std::size_t third = lowest == 2 ? 1 : 2;
  return 2 * lowest + (g[second] < g[third] ? 0u : 1u);
}

/// Coordinates of a point in the frame that symmetry `s` makes the common one.
Coordinates common_coordinates(std::size_t vertices, std::size_t s, Coordinates point) {
  if (vertices == 3) {
    const std::array<double, 3> weights{1.0 - point[0] - point[1], point[0], point[1]};
    const std::size_t lowest = s / 2;
    std::size_t second = lowest == 0 ? 1 : 0;
    std::size_t third = lowest == 2 ? 1 : 2;
    if (s % 2 == 1) std::swap(second, third);
    return {weights[second], weights[third]};
  }
  for (std::size_t j = 0; j < (vertices == 2 ? 1u : 2u); ++j) {
    if (s >> j & 1) point[j] = 1.0 - point[j];
  }
  if (s & 4) std::swap(point[0], point[1]);
  return point;
}

}  // namespace

EntityNumbering number_entities(const meshes::Mesh& mesh, int dim) {
  EntityNumbering result;
  result.per_cell = static_cast<std::size_t>(meshes::entity_count(mesh.cell_type, dim));
  std::vector<Side> sides;
  sides.reserve(mesh.cell_count() * result.per_cell);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    for (std::size_t e = 0; e < result.per_cell; ++e) {
      Side side{{kNone, kNone, kNone, kNone}, c * result.per_cell + e};
      std::size_t k = 0;
      for (const int v : meshes::entity_vertices(mesh.cell_type, dim, static_cast<int>(e))) {
        side.key[k++] = cell[static_cast<std::size_t>(v)];
      }
      std::sort(side.key.begin(), side.key.end());
      sides.push_back(side);
    }
  }
  std::sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.key < b.key; });
  result.numbers.resize(sides.size());
  for (std::size_t i = 0; i < sides.size(); ++i) {
    if (i == 0 || sides[i].key != sides[i - 1].key) ++result.count;
    result.numbers[sides[i].slot] = static_cast<std::int32_t>(result.count - 1);
  }
  return result;
}

EntityNodes::EntityNodes(const Element& element, int dim, int entity, bool permute)
    : local_(
          entity_nodes(element)[static_cast<std::size_t>(dim)][static_cast<std::size_t>(entity)]) {
  if (!permute || local_.size() <= 1) {
    places_.emplace_back(local_.size());
    std::iota(places_[0].begin(), places_[0].end(), 0);
    return;
  }
  const std::size_t vertices = meshes::entity_vertices(element.cell, dim, entity).size();
  const std::size_t symmetries = vertices == 2 ? 2 : vertices == 3 ? 6 : 8;
  const std::vector<Coordinates> coordinates = frame_coordinates(element, dim, entity, local_);
  for (std::size_t s = 0; s < symmetries; ++s) {
    std::vector<int> places;
    for (const Coordinates& point : coordinates) {
      places.push_back(find_node(coordinates, common_coordinates(vertices, s, point)));
    }
    places_.push_back(std::move(places));
  }
}

const std::vector<int>& EntityNodes::places(std::span<const std::int32_t> vertices) const {
  return places_[places_.size() == 1 ? 0 : symmetry(vertices)];
}

}  // namespace femsynth::fem
