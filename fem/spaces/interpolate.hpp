#pragma once

#include <functional>
#include <span>
#include <vector>

#include "fem/form/graph.hpp"
#include "fem/spaces/dof_map.hpp"
#include "fem/spaces/evaluate.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::fem {

/// Values of a field at points (n × d row-major): n × components row-major, the components of an
/// element's value shape, row-major (those of a mixed element's parts one after another).
using FieldFunction = std::function<std::vector<double>(std::span<const double> points)>;

/// Dofs of the interpolant of a field, as `dof_map` numbers them: each basic element's dofs
/// (Basix's functionals, see interpolation) of the field's values, pulled back to the reference
/// cell. Of an enriched element, the first part takes the interpolant and bubbles that follow the
/// interpolant of what is left; other enrichment is an InputError, as is a Real element where
/// the field is not the same everywhere, and a value that is not finite, with the point.
std::vector<double> interpolate(const FieldFunction& field, const meshes::Mesh& mesh,
                                const Element& element, const DofMap& dof_map);

/// The same of a field with these components. Throws InputError also as evaluate_at does, and for
/// another number of components than the element has.
std::vector<double> interpolate(const ExprGraph& graph, std::span<const ExprId> components,
                                const meshes::Mesh& mesh, const Element& element,
                                const DofMap& dof_map);

/// The same of a complex field, by evaluate_complex_at: pairs (real part, imaginary part).
std::vector<double> interpolate_complex(const ExprGraph& graph, std::span<const ExprId> components,
                                        const meshes::Mesh& mesh, const Element& element,
                                        const DofMap& dof_map);

}  // namespace femsynth::fem
