#pragma once

#include <cstddef>
#include <vector>

#include "meshes/cell_type.hpp"

namespace femsynth::fem {

/// Quadrature points and weights on a reference cell of dimension d.
struct QuadratureRule {
  int dim = 0;                  ///< d, coordinates of a point
  std::vector<double> points;   ///< n × d, row-major, in reference coordinates of the cell
  std::vector<double> weights;  ///< n
  std::size_t size() const { return weights.size(); }
};

/// Basix's default rule, exact for polynomials of total degree `degree` on simplices (Xiao
/// and Gimbutas up to degree 30, then Gauss–Jacobi) and of that degree in each variable on
/// tensor-product cells (Gauss–Legendre). The weights sum to the cell's reference volume.
/// Throws InputError unless 0 ≤ degree ≤ max_quadrature_degree.
QuadratureRule cell_quadrature(meshes::CellType cell, int degree);

/// The default rule of the facet's own reference cell, mapped onto facet `facet` of the
/// reference cell by X = v_0 + T · ξ (T: facet_tangents). Points are in coordinates of the
/// cell; the weights are those of the facet's reference cell, unscaled: they sum to 1 for a
/// point (facet of an interval: one point of weight 1), 1 for an interval, 1/2 for a
/// triangle, 1 for a square. A surface integral multiplies them by facet_scale's
/// sqrt(det(Tᵀ Jᵀ J T)). Errors as cell_quadrature.
QuadratureRule facet_quadrature(meshes::CellType cell, int facet, int degree);

/// Greatest degree that the rules are made for.
inline constexpr int max_quadrature_degree = 60;

/// T, d × (d − 1) row-major: the Jacobian of the map from the facet's reference cell to the
/// cell's facet, column k = v_{k+1} − v_0 with the facet's vertices in Basix's order. Empty
/// for an interval.
std::vector<double> facet_tangents(meshes::CellType cell, int facet);

/// Unit normal of a reference cell's facet that points out of the cell, d numbers. The
/// physical outward normal is J⁻ᵀ n / |J⁻ᵀ n|, whatever the sign of det J.
std::vector<double> facet_normal(meshes::CellType cell, int facet);

/// sqrt(det(Tᵀ Jᵀ J T)), the ratio of physical to reference facet measure, for a Jacobian
/// J, d × d row-major; 1 for an interval.
double facet_scale(meshes::CellType cell, int facet, const double* jacobian);

}  // namespace femsynth::fem
