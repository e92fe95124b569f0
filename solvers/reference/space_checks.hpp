#pragma once

#include <string>

#include "fem/elements/element.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"
#include "solvers/reference/polynomial_basis.hpp"

/// Laws that replace deal.II's elements where it has none.
namespace femsynth::solvers {

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

}  // namespace femsynth::solvers
