#pragma once

#include <memory>
#include <vector>

#include "solvers/reference/backend.hpp"
#include "solvers/reference/reference.hpp"

/// A boundary-value problem, assembled and solved by the oracle alone.
namespace femsynth::solvers {

/// Prescribed values on some exterior facets; later conditions win on shared nodes.
struct ReferenceCondition {
  std::vector<meshes::ExteriorFacet> facets;
  PointFunction value;
};

/// A bilinear and a linear form over one space, and what they read. `spaces.arguments` is not
/// read: the oracle numbers the unknowns itself.
struct ReferenceProblem {
  ReferenceForm* bilinear = nullptr;
  ReferenceForm* linear = nullptr;
  ReferenceSpaces spaces;
  ReferenceInputs inputs;
  std::vector<ReferenceCondition> conditions;
};

/// The oracle's solution, seen from our element.
struct ReferenceSolution {
  std::size_t dofs = 0;  ///< that the oracle has
  /// Values at our element's nodes, cell by cell: cells × nodes × block size.
  std::vector<double> at_nodes;
};

/// Assembles and solves with the library's own elements, quadrature, numbering, treatment of the
/// conditions and direct solver. Throws InputError where its solver gives up, MissingComponent for
/// anything but Lagrange elements, on straight intervals, triangles, tetrahedra, quadrilaterals and
/// hexahedra, with integrals over cells and exterior facets.
ReferenceSolution solve_reference(Backend& backend, const meshes::Mesh& mesh,
                                  const ReferenceProblem& problem);

/// deal.II, loaded as load_reference() does.
std::shared_ptr<Backend> load_backend();

}  // namespace femsynth::solvers
