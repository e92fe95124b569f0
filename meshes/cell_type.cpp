#include "meshes/cell_type.hpp"

#include <fmt/format.h>

#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

/// Fills the rows of entities with less vertices than others of their dimension.
constexpr int kNone = -1;

/// Entities of one dimension: `vertices` holds `count` rows of at most `size` local vertex
/// numbers, filled up with kNone.
struct Entities {
  int count = 0;
  int size = 0;
  std::array<int, 24> vertices{};
};

/// What a reference cell is; entities in Basix's numbering (basix::cell::topology).
struct Reference {
  std::string_view name;
  int dim;
  double volume;
  std::array<Entities, 4> entities;
};

constexpr std::array<Reference, kCellTypes.size()> kReferences{{
    {"interval", 1, 1.0, {{{2, 1, {0, 1}}, {1, 2, {0, 1}}}}},
    {"triangle", 2, 0.5, {{{3, 1, {0, 1, 2}}, {3, 2, {1, 2, 0, 2, 0, 1}}, {1, 3, {0, 1, 2}}}}},
    {"tetrahedron",
     3,
     1.0 / 6.0,
     {{{4, 1, {0, 1, 2, 3}},
       {6, 2, {2, 3, 1, 3, 1, 2, 0, 3, 0, 2, 0, 1}},
       {4, 3, {1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2}},
       {1, 4, {0, 1, 2, 3}}}}},
    {"quadrilateral",
     2,
     1.0,
     {{{4, 1, {0, 1, 2, 3}}, {4, 2, {0, 1, 0, 2, 1, 3, 2, 3}}, {1, 4, {0, 1, 2, 3}}}}},
    {"hexahedron",
     3,
     1.0,
     {{{8, 1, {0, 1, 2, 3, 4, 5, 6, 7}},
       {12, 2, {0, 1, 0, 2, 0, 4, 1, 3, 1, 5, 2, 3, 2, 6, 3, 7, 4, 5, 4, 6, 5, 7, 6, 7}},
       {6, 4, {0, 1, 2, 3, 0, 1, 4, 5, 0, 2, 4, 6, 1, 3, 5, 7, 2, 3, 6, 7, 4, 5, 6, 7}},
       {1, 8, {0, 1, 2, 3, 4, 5, 6, 7}}}}},
    {"prism",
     3,
     0.5,
     {{{6, 1, {0, 1, 2, 3, 4, 5}},
       {9, 2, {0, 1, 0, 2, 0, 3, 1, 2, 1, 4, 2, 5, 3, 4, 3, 5, 4, 5}},
       {5, 4, {0, 1, 2, kNone, 0, 1, 3, 4, 0, 2, 3, 5, 1, 2, 4, 5, 3, 4, 5, kNone}},
       {1, 6, {0, 1, 2, 3, 4, 5}}}}},
    {"pyramid",
     3,
     1.0 / 3.0,
     {{{5, 1, {0, 1, 2, 3, 4}},
       {8, 2, {0, 1, 0, 2, 0, 4, 1, 3, 1, 4, 2, 3, 2, 4, 3, 4}},
       {5, 4, {0, 1, 2, 3, 0, 1, 4, kNone, 0, 2, 4, kNone, 1, 3, 4, kNone, 2, 3, 4, kNone}},
       {1, 5, {0, 1, 2, 3, 4}}}}},
}};

const Reference& reference(CellType cell) { return kReferences[static_cast<std::size_t>(cell)]; }

const Entities& entities(CellType cell, int dim) {
  if (dim < 0 || dim > reference(cell).dim) {
    throw InternalError(fmt::format("a {} has no entities of dimension {}", name_of(cell), dim));
  }
  return reference(cell).entities[static_cast<std::size_t>(dim)];
}

}  // namespace

int dimension(CellType cell) { return reference(cell).dim; }

int vertex_count(CellType cell) { return reference(cell).entities[0].count; }

int facet_count(CellType cell) { return entity_count(cell, dimension(cell) - 1); }

int facet_vertex_count(CellType cell, int facet) {
  return static_cast<int>(entity_vertices(cell, dimension(cell) - 1, facet).size());
}

int max_facet_vertex_count(CellType cell) { return entities(cell, dimension(cell) - 1).size; }

CellType facet_type(CellType cell, int facet) {
  if (dimension(cell) < 2) throw InternalError("the facets of an interval are points");
  if (dimension(cell) == 2) return CellType::interval;
  return facet_vertex_count(cell, facet) == 3 ? CellType::triangle : CellType::quadrilateral;
}

int facet_vertex(CellType cell, int facet, int k) {
  return entity_vertices(cell, dimension(cell) - 1, facet)[static_cast<std::size_t>(k)];
}

int entity_count(CellType cell, int dim) { return entities(cell, dim).count; }

std::span<const int> entity_vertices(CellType cell, int dim, int index) {
  const Entities& all = entities(cell, dim);
  if (index < 0 || index >= all.count) {
    throw InternalError(fmt::format("a {} has {} entities of dimension {}, {} is none of them",
                                    name_of(cell), all.count, dim, index));
  }
  const auto size = static_cast<std::size_t>(all.size);
  auto row = std::span(all.vertices).subspan(static_cast<std::size_t>(index) * size, size);
  while (row.back() == kNone) row = row.first(row.size() - 1);
  return row;
}

std::array<double, 3> reference_vertex(CellType cell, int k) {
  std::array<double, 3> point{};
  if (cell == CellType::prism) {
    point = reference_vertex(CellType::triangle, k % 3);
    point[2] = k / 3;
    return point;
  }
  if (cell == CellType::pyramid)
    return {k == 1 || k == 3 ? 1.0 : 0.0, k / 2 == 1 ? 1.0 : 0.0, k == 4 ? 1.0 : 0.0};
  if (is_simplex(cell)) {
    if (k > 0) point[static_cast<std::size_t>(k - 1)] = 1.0;
  } else {
    for (std::size_t axis = 0; axis < 3; ++axis) point[axis] = (k >> axis) & 1;
  }
  return point;
}

double reference_volume(CellType cell) { return reference(cell).volume; }

bool is_simplex(CellType cell) {
  return cell == CellType::interval || cell == CellType::triangle || cell == CellType::tetrahedron;
}

std::string_view name_of(CellType cell) { return reference(cell).name; }

std::optional<CellType> cell_type_of(std::string_view name) {
  for (std::size_t i = 0; i < kReferences.size(); ++i) {
    if (kReferences[i].name == name) return static_cast<CellType>(i);
  }
  return std::nullopt;
}

}  // namespace femsynth::meshes
