#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "meshes/mesh.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {

/// The same mesh as any other program might have written it: vertices and cells randomly
/// renumbered; each quadrilateral or hexahedron seen in a random one of its 8 or 48
/// symmetries (reflections too, so that Jacobian determinants take both signs).
inline Mesh scrambled(const Mesh& mesh, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto d = static_cast<std::size_t>(mesh.dim());
  const auto corners = static_cast<std::size_t>(vertex_count(mesh.cell_type));
  std::vector<std::int32_t> number(mesh.vertices());
  std::iota(number.begin(), number.end(), 0);
  std::shuffle(number.begin(), number.end(), random);
  std::vector<std::size_t> order(mesh.cell_count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  Mesh result;
  result.cell_type = mesh.cell_type;
  result.coordinates.resize(mesh.coordinates.size());
  for (std::size_t v = 0; v < mesh.vertices(); ++v) {
    std::copy_n(mesh.vertex(v).begin(), d,
                result.coordinates.begin() +
                    static_cast<std::ptrdiff_t>(static_cast<std::size_t>(number[v]) * d));
  }
  for (const std::size_t c : order) {
    std::array<std::size_t, 3> axes{0, 1, 2};
    std::shuffle(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(d), random);
    const std::size_t reflected = random() % (std::size_t{1} << d);
    for (std::size_t k = 0; k < corners; ++k) {
      std::size_t old = k;
      if (!is_simplex(mesh.cell_type)) {
        old = 0;
        for (std::size_t j = 0; j < d; ++j) old |= ((k ^ reflected) >> j & 1) << axes[j];
      }
      result.cells.push_back(number[static_cast<std::size_t>(mesh.cell(c)[old])]);
    }
    result.cell_tags.push_back(mesh.cell_tags[c]);
  }
  sort_simplices(result);
  result.exterior_facets = exterior_facets(result);
  return result;
}

}  // namespace femsynth::meshes
