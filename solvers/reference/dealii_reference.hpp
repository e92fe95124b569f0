#pragma once

#include <span>
#include <vector>

#include "solvers/reference/backend.hpp"

/// deal.II's elements and rules on reference cells; only for the module's own files.
namespace femsynth::solvers {

/// See Backend::shape_values.
std::vector<double> dealii_shape_values(meshes::CellType cell, int degree,
                                        std::span<const double> points);
/// See Backend::rule.
ReferenceRule dealii_rule(meshes::CellType cell, int degree);

}  // namespace femsynth::solvers
