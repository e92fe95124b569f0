#pragma once

#include <cstddef>
#include <string>
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

/// A rule on a reference cell, exact for polynomials of total degree `degree` on simplices and of
/// that degree in each variable on the other cells; the weights sum to the cell's reference volume.
/// Schemes:
/// - "default": Basix's. On simplices Xiao and Gimbutas up to degree 30, then Gauss–Jacobi; on
///   tensor-product cells Gauss–Legendre; on prisms Gauss–Jacobi × Gauss–Legendre; on pyramids
///   Gauss–Legendre of degree + 2 on the cube, collapsed;
/// - "gauss_jacobi", "gll", "xiao_gimbutas": Basix's of that name;
/// - "vertex": the vertices with equal weights, exact for degree 1, whatever `degree` is.
/// Throws InputError unless 0 ≤ degree ≤ max_quadrature_degree, and for a scheme that is unknown or
/// does not exist on that cell.
QuadratureRule cell_quadrature(meshes::CellType cell, int degree,
                               const std::string& scheme = "default");

/// The rule of the facet's own reference cell, mapped onto facet `facet` of the
/// reference cell by X = v_0 + T · ξ (T: facet_tangents). Points are in coordinates of the
/// cell; the weights are those of the facet's reference cell, unscaled: they sum to 1 for a
/// point (facet of an interval: one point of weight 1), 1 for an interval, 1/2 for a
/// triangle, 1 for a square. A surface integral multiplies them by facet_scale's
/// sqrt(det(Tᵀ Jᵀ J T)). Errors as cell_quadrature.
QuadratureRule facet_quadrature(meshes::CellType cell, int facet, int degree,
                                const std::string& scheme = "default");

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
/// J, d × t row-major (d = 0: d = t); 1 for an interval.
double facet_scale(meshes::CellType cell, int facet, const double* jacobian, int geometric_dim = 0);

}  // namespace femsynth::fem
