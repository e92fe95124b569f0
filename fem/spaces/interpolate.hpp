#pragma once

#include <span>
#include <vector>

#include "fem/form/graph.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::fem {

/// Values of an expression at points (n × d row-major), n × components row-major, in IEEE
/// double arithmetic. The expression may read the spatial coordinate and literals: throws
/// InputError for one with free indices, arguments, coefficients, constants, the facet normal or
/// derivatives.
std::vector<double> evaluate_at(const ExprGraph& graph, ExprId expression,
                                std::span<const double> points);

/// Dofs of the interpolant: the expression's values at the element's nodes, node-major, component
/// fastest. Throws InputError as evaluate_at does, for an expression of another shape than the
/// element's, and for a value that is not finite, with the point.
std::vector<double> interpolate(const ExprGraph& graph, ExprId expression, const meshes::Mesh& mesh,
                                const Element& element, const DofMap& dof_map);

}  // namespace femsynth::fem
