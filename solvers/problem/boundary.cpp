#include "solvers/problem/boundary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "fem/elements/tabulate.hpp"

namespace femsynth::solvers {

std::vector<meshes::ExteriorFacet> facets_of(const Problem& problem, const DirichletEntry& entry,
                                             const meshes::Mesh& mesh) {
  if (entry.everywhere) return mesh.exterior_facets;
  std::set<int> present;
  for (const meshes::ExteriorFacet& facet : mesh.exterior_facets) present.insert(facet.tag);
  for (const int tag : entry.tags) {
    if (present.contains(tag)) continue;
    throw problem.error(
        entry.where, fmt::format("no exterior facet of the mesh has the tag {}; there are {}", tag,
                                 fmt::join(present, ", ")));
  }
  std::vector<meshes::ExteriorFacet> facets;
  for (const meshes::ExteriorFacet& facet : mesh.exterior_facets) {
    if (std::find(entry.tags.begin(), entry.tags.end(), facet.tag) != entry.tags.end()) {
      facets.push_back(facet);
    }
  }
  return facets;
}

std::vector<int> facet_nodes(const fem::Element& element, int facet) {
  std::set<int> corners;
  for (int k = 0; k < meshes::facet_vertex_count(element.cell, facet); ++k) {
    corners.insert(meshes::facet_vertex(element.cell, facet, k));
  }
  std::vector<int> result;
  const auto& inside = fem::entity_nodes(element);
  for (int dim = 0; dim < meshes::dimension(element.cell); ++dim) {
    for (int e = 0; e < meshes::entity_count(element.cell, dim); ++e) {
      const auto vertices = meshes::entity_vertices(element.cell, dim, e);
      if (!std::all_of(vertices.begin(), vertices.end(),
                       [&](int v) { return corners.contains(v); })) {
        continue;
      }
      const auto& nodes = inside[static_cast<std::size_t>(dim)][static_cast<std::size_t>(e)];
      result.insert(result.end(), nodes.begin(), nodes.end());
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

PrescribedValues prescribed_values(const Problem& problem, const meshes::Mesh& mesh,
                                   const fem::Element& element, const fem::DofMap& dof_map,
                                   const std::vector<DirichletPart>& parts) {
  std::vector<std::vector<int>> on_facet;
  for (int facet = 0; facet < meshes::facet_count(element.cell); ++facet) {
    on_facet.push_back(facet_nodes(element, facet));
  }
  const std::vector<double> places = fem::node_points(mesh, element, dof_map);
  const auto d = static_cast<std::size_t>(mesh.dim());
  const auto block = static_cast<std::size_t>(dof_map.block_size);
  PrescribedValues prescribed;
  for (const DirichletPart& part : parts) {
    std::set<std::int32_t> nodes;
    for (const meshes::ExteriorFacet& facet : part.facets) {
      const auto cell = dof_map.cell(static_cast<std::size_t>(facet.cell));
      for (const int k : on_facet[static_cast<std::size_t>(facet.local_facet)]) {
        nodes.insert(cell[static_cast<std::size_t>(k)]);
      }
    }
    std::vector<double> points;
    for (const std::int32_t node : nodes) {
      const double* x = &places[static_cast<std::size_t>(node) * d];
      points.insert(points.end(), x, x + d);
    }
    const std::vector<double> values = values_at(problem, *part.value, points);
    std::size_t k = 0;
    for (const std::int32_t node : nodes) {
      for (std::size_t c = 0; c < block; ++c) {
        prescribed[node * dof_map.block_size + static_cast<std::int32_t>(c)] = values[k++];
      }
    }
  }
  return prescribed;
}

}  // namespace femsynth::solvers
