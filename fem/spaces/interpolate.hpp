#pragma once

#include <span>
#include <vector>

#include "fem/form/graph.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::fem {

/// Values of scalar expressions at points (n × d row-major): n × components row-major, in IEEE
/// double arithmetic. They may read the spatial coordinate and literals: throws InputError for
/// ones with arguments, coefficients, constants, the facet normal or derivatives.
std::vector<double> evaluate_at(const ExprGraph& graph, std::span<const ExprId> components,
                                std::span<const double> points);

/// Dofs of the interpolant of a field with these components (of the element's value shape,
/// row-major): their values at the element's nodes, node-major, component fastest. Throws
/// InputError as evaluate_at does, for another number of components than the element has, and for
/// a value that is not finite, with the point.
std::vector<double> interpolate(const ExprGraph& graph, std::span<const ExprId> components,
                                const meshes::Mesh& mesh, const Element& element,
                                const DofMap& dof_map);

}  // namespace femsynth::fem
