#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "meshes/cell_type.hpp"

namespace femsynth::fem {

/// Quadrature points and weights on a reference cell of dimension d.
struct QuadratureRule {
  int dim = 0;                  ///< d, coordinates of a point
  std::vector<double> points;   ///< n × d, row-major, in reference coordinates of the cell
  std::vector<double> weights;  ///< n
  std::size_t size() const { return weights.size(); }
  bool operator==(const QuadratureRule&) const = default;
};

/// How an integral's points are chosen, beside the degree.
struct QuadratureScheme {
  std::string name = "default";  ///< one of cell_quadrature's, or "custom"
  /// Of "custom" alone, shared and never changed: points in the reference cell of what is
  /// integrated over (of facets: the facet's own), as a measure or a quadrature element gives them.
  std::shared_ptr<const QuadratureRule> custom{};

  bool is_default() const { return name == "default"; }
  /// Whether a degree has a say: not at vertices, nor at given points.
  bool has_degree() const { return name != "vertex" && name != "custom"; }
  bool operator==(const QuadratureScheme& other) const;
};

/// The scheme of a quadrature element: its points and weights if it has them.
QuadratureScheme scheme_of(const Element& quadrature_element);

/// A rule on a reference cell, exact for polynomials of total degree `degree` on simplices and of
/// that degree in each variable on the other cells; the weights sum to the cell's reference volume.
/// Schemes:
/// - "default": Basix's. On simplices Xiao and Gimbutas up to degree 30, then Gauss–Jacobi; on
///   tensor-product cells Gauss–Legendre; on prisms Gauss–Jacobi × Gauss–Legendre; on pyramids
///   Gauss–Legendre of degree + 2 on the cube, collapsed;
/// - "gauss_jacobi", "gll", "xiao_gimbutas": Basix's of that name;
/// - "vertex": the vertices with equal weights, whatever `degree` is; exact for degree 1, on
///   pyramids for constants alone.
/// Throws InputError unless 0 ≤ degree ≤ max_quadrature_degree, and for a scheme that is unknown or
/// does not exist on that cell.
QuadratureRule cell_quadrature(meshes::CellType cell, int degree,
                               const std::string& scheme = "default");
/// The same, or the points of a "custom" scheme; InputError if they are not of the cell's
/// dimension.
QuadratureRule cell_quadrature(meshes::CellType cell, int degree, const QuadratureScheme& scheme);

/// Degree of the polynomials, as above, that a scheme integrates exactly for sure; −1 if none.
int exact_degree(meshes::CellType cell, int degree, const QuadratureScheme& scheme);

/// The rule of the facet's own reference cell, mapped onto facet `facet` of the
/// reference cell by X = v_0 + T · ξ (T: facet_tangents). Points are in coordinates of the
/// cell; the weights are those of the facet's reference cell, unscaled: they sum to 1 for a
/// point (facet of an interval: one point of weight 1), 1 for an interval, 1/2 for a
/// triangle, 1 for a square. A surface integral multiplies them by facet_scale's
/// sqrt(det(Tᵀ Jᵀ J T)). Errors as cell_quadrature; of a "custom" scheme also on intervals, whose
/// facets are points, and on prisms and pyramids, whose facets have two shapes.
QuadratureRule facet_quadrature(meshes::CellType cell, int facet, int degree,
                                const QuadratureScheme& scheme = {});

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
