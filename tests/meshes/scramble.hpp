#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "meshes/mesh.hpp"
#include "meshes/orientation.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {

/// A random symmetry of the reference cell, as renumber_cell takes it: of the 2 to 48 of
/// interval, quadrilateral and hexahedron, the 12 of a prism and the 8 of a pyramid; the
/// identity for simplices, which are sorted anyway.
inline std::array<std::size_t, 8> random_symmetry(CellType cell, std::mt19937& random) {
  std::array<std::size_t, 8> order{0, 1, 2, 3, 4, 5, 6, 7};
  if (is_simplex(cell)) return order;
  const std::size_t d = cell == CellType::hexahedron ? 3 : 2;
  std::array<std::size_t, 3> axes{0, 1, 2};
  std::shuffle(axes.begin(), axes.begin() + (cell == CellType::prism ? 3 : d), random);
  const std::size_t reflected = random() % (std::size_t{1} << d);
  if (cell == CellType::prism) {
    for (std::size_t k = 0; k < 6; ++k) order[k] = axes[k % 3] + 3 * ((k / 3 + reflected) % 2);
    return order;
  }
  for (std::size_t k = 0; k < std::size_t{1} << d; ++k) {
    order[k] = 0;
    for (std::size_t j = 0; j < d; ++j) order[k] |= ((k ^ reflected) >> j & 1) << axes[j];
  }
  return order;
}

/// The same mesh as any other program might have written it: vertices, other geometry nodes and
/// cells randomly renumbered; each cell seen in a random one of its symmetries (reflections
/// too, so that Jacobian determinants take both signs).
inline Mesh scrambled(const Mesh& mesh, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto d = static_cast<std::size_t>(mesh.dim());
  std::vector<std::int32_t> number(mesh.points());
  std::iota(number.begin(), number.end(), 0);
  const auto inner = number.begin() + static_cast<std::ptrdiff_t>(mesh.vertices());
  std::shuffle(number.begin(), inner, random);
  std::shuffle(inner, number.end(), random);
  std::vector<std::size_t> order(mesh.cell_count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  Mesh result = mesh;
  for (std::size_t v = 0; v < mesh.points(); ++v) {
    std::copy_n(mesh.vertex(v).begin(), d,
                result.coordinates.begin() +
                    static_cast<std::ptrdiff_t>(static_cast<std::size_t>(number[v]) * d));
  }
  result.cells.clear();
  result.geometry_nodes.clear();
  result.cell_tags.clear();
  const auto renumbered = [&](std::span<const std::int32_t> old, std::vector<std::int32_t>& out) {
    for (const std::int32_t v : old) out.push_back(number[static_cast<std::size_t>(v)]);
  };
  for (const std::size_t c : order) {
    renumbered(mesh.cell(c), result.cells);
    if (mesh.geometry_degree > 1) renumbered(mesh.geometry(c), result.geometry_nodes);
    result.cell_tags.push_back(mesh.cell_tags[c]);
  }
  for (std::size_t c = 0; c < order.size(); ++c) {
    renumber_cell(result, c, random_symmetry(mesh.cell_type, random));
  }
  sort_simplices(result);
  result.exterior_facets = exterior_facets(result);
  return result;
}

}  // namespace femsynth::meshes
