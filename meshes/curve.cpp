#include "meshes/curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

/// A node on an edge or face, known by the weights of the straight map, which are the same from
/// either cell up to rounding: (vertex, rounded weight), ascending by vertex.
using NodeKey = std::vector<std::pair<std::int32_t, std::int32_t>>;

NodeKey key_of(const std::array<double, 8>& phi, std::span<const std::int32_t> cell) {
  NodeKey key;
  for (std::size_t k = 0; k < cell.size(); ++k) {
    const auto weight = static_cast<std::int32_t>(std::lround(phi[k] * 1e6));
    if (weight != 0) key.push_back({cell[k], weight});
  }
  std::sort(key.begin(), key.end());
  return key;
}

}  // namespace

Mesh with_geometry_degree(const Mesh& mesh, int degree) {
  if (mesh.geometry_degree != 1) throw InternalError("the mesh is curved already");
  const auto count = static_cast<std::size_t>(geometry_node_count(mesh.cell_type, degree));
  Mesh result = mesh;
  if (degree == 1) return result;
  result.geometry_degree = degree;
  result.curved_vertices = mesh.vertices();
  result.geometry_nodes.reserve(mesh.cell_count() * count);
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const auto d = static_cast<std::size_t>(mesh.dim());
  const std::vector<double>& points = geometry_points(mesh.cell_type, degree);
  std::vector<std::array<double, 8>> basis;
  for (std::size_t k = 0; k < count; ++k) {
    basis.push_back(vertex_basis(mesh.cell_type, &points[k * t]));
  }
  std::map<NodeKey, std::int32_t> numbers;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    result.geometry_nodes.insert(result.geometry_nodes.end(), cell.begin(), cell.end());
    for (std::size_t k = cell.size(); k < count; ++k) {
      const auto next = static_cast<std::int32_t>(result.points());
      const auto [at, added] = numbers.try_emplace(key_of(basis[k], cell), next);
      result.geometry_nodes.push_back(at->second);
      if (!added) continue;
      std::array<double, 3> x{};
      for (std::size_t v = 0; v < cell.size(); ++v) {
        for (std::size_t i = 0; i < d; ++i) {
          x[i] += basis[k][v] * mesh.vertex(static_cast<std::size_t>(cell[v]))[i];
        }
      }
      result.coordinates.insert(result.coordinates.end(), x.begin(), x.begin() + mesh.dim());
    }
  }
  return result;
}

std::vector<int> facet_geometry_nodes(CellType cell, int degree, int facet) {
  const auto t = static_cast<std::size_t>(dimension(cell));
  const std::vector<double>& points = geometry_points(cell, degree);
  std::vector<int> nodes;
  for (std::size_t k = 0; k * t < points.size(); ++k) {
    const auto phi = vertex_basis(cell, &points[k * t]);
    double on_facet = 0.0;
    for (const int v : entity_vertices(cell, dimension(cell) - 1, facet)) {
      on_facet += phi[static_cast<std::size_t>(v)];
    }
    if (on_facet > 1.0 - 1e-8) nodes.push_back(static_cast<int>(k));
  }
  return nodes;
}

}  // namespace femsynth::meshes
