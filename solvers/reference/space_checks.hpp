#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"
#include "solvers/reference/polynomial_basis.hpp"

/// Laws that replace deal.II's elements where it has none.
namespace femsynth::solvers {

/// Is every node of the map some cell's, and does it name no others? Returns what is wrong, or "".
inline std::string check_nodes_used(const fem::DofMap& map) {
  std::vector<bool> used(map.node_count, false);
  for (const std::int32_t node : map.cell_nodes) {
    if (node < 0 || static_cast<std::size_t>(node) >= map.node_count) {
      return fmt::format("the dof map names node {} of {}", node, map.node_count);
    }
    used[static_cast<std::size_t>(node)] = true;
  }
  const auto idle = std::find(used.begin(), used.end(), false);
  if (idle == used.end()) return {};
  return fmt::format("no cell has node {} of the dof map", idle - used.begin());
}

/// Does a function with random dofs have the continuity of its family across every interior
/// facet, and has the space as many dofs as the entities of the mesh give? Continuous values
/// (identity; facet means for Crouzeix–Raviart), normal components (contravariant Piola),
/// tangential ones (covariant), tangential-tangential (double covariant), normal-normal (double
/// contravariant). Families that share no dofs: each dof has one cell. (Hermite's derivatives at
/// vertices are those of reference cells, as Basix has them: of them, the dofs are only counted.)
/// Returns what is wrong, or "".
std::string check_conformity(ReferenceBases& bases, const meshes::Mesh& mesh,
                             const fem::Element& element, const fem::DofMap& map);

/// Do the basis functions of a basic element on the reference cell span the space that the
/// literature gives for its family and degree (defelement.org and the sources named there)? Both
/// are sampled at points; ranks and residuals of least squares decide. Of BDM and N2curl on
/// quadrilaterals and hexahedra, whose spaces differ between sources (notes/verification.md), that
/// they hold [P_k]^d. Returns what is wrong, or "".
std::string check_reproduction(ReferenceBases& bases, const fem::Element& element);

/// The same of a given basis, at the points of a rule that is exact for products of two of its
/// functions.
std::string check_span(const PolynomialBasis& basis, const ReferenceRule& rule,
                       const fem::Element& element);

}  // namespace femsynth::solvers
