#pragma once

#include <vector>

#include "solvers/problem/field.hpp"

namespace femsynth::solvers {

/// A [[dirichlet]] entry on a mesh: the facets that it is about, and the value there.
struct DirichletPart {
  std::vector<meshes::ExteriorFacet> facets;
  const Field* value = nullptr;
};

/// The exterior facets that an entry names. Throws LocatedError for a tag that no facet has.
std::vector<meshes::ExteriorFacet> facets_of(const Problem& problem, const DirichletEntry& entry,
                                             const meshes::Mesh& mesh);

/// Local nodes of a continuous element that lie on a facet of its cell, vertices and edges of
/// the facet included, ascending.
std::vector<int> facet_nodes(const fem::Element& element, int facet);

/// The dofs on the parts' facets, with the values at their nodes; of two parts that share a node,
/// the later one counts.
PrescribedValues prescribed_values(const Problem& problem, const meshes::Mesh& mesh,
                                   const fem::Element& element, const fem::DofMap& dof_map,
                                   const std::vector<DirichletPart>& parts);

}  // namespace femsynth::solvers
