#include "synth/run/entities.hpp"

#include <algorithm>

namespace femsynth::synth {
namespace {

bool selected(const fem::IntegralGroup& group, std::int32_t tag) {
  const std::vector<int>& ids = group.subdomains;
  return ids.empty() || std::find(ids.begin(), ids.end(), tag) != ids.end();
}

void add_cells(const fem::IntegralGroup& group, const meshes::Mesh& mesh, Entities& result) {
  result.count = mesh.cell_count();
  if (group.subdomains.empty()) return;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    if (selected(group, mesh.cell_tags[c])) result.cells.push_back(static_cast<std::int32_t>(c));
  }
  result.count = result.cells.size();
}

void add_exterior_facets(const fem::IntegralGroup& group, const meshes::Mesh& mesh,
                         Entities& result) {
  for (const meshes::ExteriorFacet& facet : mesh.exterior_facets) {
    if (!selected(group, facet.tag)) continue;
    result.cells.push_back(facet.cell);
    result.places.push_back(facet.local_facet);
  }
  result.count = result.cells.size();
}

void add_vertices(const fem::IntegralGroup& group, const meshes::Mesh& mesh, Entities& result) {
  if (!selected(group, 0)) return;
  std::vector<bool> seen(mesh.vertices(), false);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto vertices = mesh.cell(c);
    for (std::size_t k = 0; k < vertices.size(); ++k) {
      const auto v = static_cast<std::size_t>(vertices[k]);
      if (seen[v]) continue;
      seen[v] = true;
      result.cells.push_back(static_cast<std::int32_t>(c));
      result.places.push_back(static_cast<std::int32_t>(k));
    }
  }
  result.count = result.cells.size();
}

}  // namespace

std::vector<meshes::InteriorFacet> selected_facets(
    const fem::IntegralGroup& group, std::span<const meshes::InteriorFacet> interior) {
  std::vector<meshes::InteriorFacet> result;
  for (const meshes::InteriorFacet& facet : interior) {
    if (selected(group, facet.tag)) result.push_back(facet);
  }
  return result;
}

Entities entities_of(const fem::IntegralGroup& group, const meshes::Mesh& mesh,
                     std::span<const meshes::InteriorFacet> interior) {
  Entities result;
  switch (group.kind) {
    case fem::IntegralKind::cell:
      add_cells(group, mesh, result);
      break;
    case fem::IntegralKind::exterior_facet:
      add_exterior_facets(group, mesh, result);
      break;
    case fem::IntegralKind::interior_facet:
      result.sides = 2;
      for (const meshes::InteriorFacet& facet : selected_facets(group, interior)) {
        result.cells.insert(result.cells.end(), facet.cells, facet.cells + 2);
        result.places.insert(result.places.end(), facet.local_facets, facet.local_facets + 2);
        result.permutations.push_back(facet.permutation);
      }
      result.count = result.permutations.size();
      break;
    case fem::IntegralKind::vertex:
      add_vertices(group, mesh, result);
  }
  return result;
}

}  // namespace femsynth::synth
