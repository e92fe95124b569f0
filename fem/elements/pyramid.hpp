#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// For the sources of this folder only.
namespace femsynth::fem {

/// Lagrange functions of degree k on the reference pyramid in the space of Bergot, Cohen and
/// Duruflé ("Higher-order finite elements for hybrid meshes using new nodal pyramidal elements",
/// J. Sci. Comput. 42, 2010): rational functions whose traces on the faces are Q_k on the square
/// and P_k on the triangles, so that neighbours agree; of the dimension of Basix's, whose
/// functions on pyramids are polynomials and do not agree. For k = 1 these are meshes::vertex_basis
/// and those of deal.II.
///
/// `nodes`: the points that the functions are dual to, n × 3. Returns, as Basix's tabulate,
/// [derivative][point][function] with all derivatives up to an order. At the apex, where
/// derivatives have no limit, that along the line from the base's centre.
std::vector<double> tabulate_pyramid(int degree, std::span<const double> nodes, int derivatives,
                                     std::span<const double> points);

}  // namespace femsynth::fem
