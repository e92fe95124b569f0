#pragma once

#include "fem/elements/element.hpp"
#include "meshes/cell_type.hpp"

namespace femsynth::fem {

/// The scalar Lagrange element of a geometry map of degree 1 to 3, whose nodes are
/// meshes::geometry_points and whose functions meshes::geometry_basis: variant gll_warped, on
/// pyramids equispaced, as Basix has no other points there.
Element geometry_element(meshes::CellType cell, int degree);

}  // namespace femsynth::fem
