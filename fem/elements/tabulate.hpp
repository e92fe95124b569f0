#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "fem/elements/element.hpp"

/// Everything here speaks of one copy of a basic element: its basis functions, before blocking.
namespace femsynth::fem {

/// Basis functions and their reference derivatives at points of the reference cell.
/// The derivatives stand in the order: value; ∂/∂X_0 … ∂/∂X_{d−1}; then ∂²/∂X_i∂X_j for
/// i ≤ j, lexicographically (2D: XX, XY, YY; 3D: XX, XY, XZ, YY, YZ, ZZ); then the third ones alike
/// (2D: XXX, XXY, XYY, YYY).
struct Tabulation {
  std::size_t derivatives = 0;  ///< derivative_count(d, order)
  std::size_t points = 0;
  std::size_t nodes = 0;
  std::size_t components = 1;  ///< of a reference value: 1, t or t², row-major
  std::vector<double> values;  ///< [derivative][point][node][component]

  double at(std::size_t derivative, std::size_t point, std::size_t node,
            std::size_t component = 0) const {
    return values[((derivative * points + point) * nodes + node) * components + component];
  }
};

/// Place of ∂/∂X_i in a Tabulation.
constexpr std::size_t derivative_index(std::size_t i) { return 1 + i; }
/// Place of ∂²/∂X_i∂X_j in a Tabulation of dimension `dim`; i and j in either order.
constexpr std::size_t derivative_index(std::size_t dim, std::size_t i, std::size_t j) {
  if (i > j) return derivative_index(dim, j, i);
  return 1 + dim + i * dim - i * (i + 1) / 2 + j;
}

/// Place of ∂³/∂X_i∂X_j∂X_k in a Tabulation of dimension `dim`; in any order.
constexpr std::size_t derivative_index(std::size_t dim, std::size_t i, std::size_t j,
                                       std::size_t k) {
  if (i > j) return derivative_index(dim, j, i, k);
  if (j > k) return derivative_index(dim, i, k, j);
  std::size_t place = 1 + dim + dim * (dim + 1) / 2;
  for (std::size_t a = 0; a < i; ++a) place += (dim - a) * (dim - a + 1) / 2;
  for (std::size_t b = i; b < j; ++b) place += dim - b;
  return place + k - j;
}
/// Derivatives of dimension `dim` up to an order, 0 to 3, the value with them.
constexpr std::size_t derivative_count(std::size_t dim, int order) {
  std::size_t count = 1;
  for (std::size_t k = 1; k <= static_cast<std::size_t>(order); ++k) count = count * (dim + k) / k;
  return count;
}

/// The basis functions of one copy of `element`, in Basix's order and with reference values (no
/// pull-back), at `points`, n × t row-major, with all derivatives up to order `derivatives` (0 to
/// 3). Values that differ from 0, 1 or −1 by rounding (at most 64 ε times the greatest value of
/// that order of derivative, or 1) become exactly 0, 1 or −1, so that later stages see structural
/// zeros. Raviart–Thomas and Nédélec elements on quadrilaterals and hexahedra are multiplied out of
/// piola_factors. Lagrange elements on pyramids have Basix's nodes, and the rational functions of
/// pyramid.hpp where Basix's would jump between cells. A quadrature element has the values δ_ij at
/// its own points. Elements are created once and kept; thread-safe. Throws InputError for an
/// element that check_element refuses, and for a quadrature element that is read elsewhere or
/// differentiated.
Tabulation tabulate(const Element& element, int derivatives, std::span<const double> points);

/// Are the dofs values at points (nodes), one each?
bool is_nodal(const Element& element);

/// The points of a nodal element's dofs, dimension(element) × t row-major (of a Real element the
/// cell's midpoint). Throws InputError for an element that is not nodal.
const std::vector<double>& nodes(const Element& element);

/// Basis functions of one copy.
int dimension(const Element& element);

/// Basis functions that belong to each entity: entity_nodes(e)[dim][entity], Basix's order; all
/// inside the cell for discontinuous, quadrature and Real elements.
const std::vector<std::vector<std::vector<int>>>& entity_nodes(const Element& element);

/// Do the functions stay what they are however the entities of a cell (sorted or not) are
/// numbered? Else cells must agree on their entities' frames for dofs to be shared.
bool is_orientation_free(const Element& element);

/// Degree of the smallest Lagrange space on the cell that holds the element's reference functions:
/// basix.ufl's embedded_superdegree, from which UFL estimates the degree of integrands. 0 for Real;
/// a quadrature element's own degree; the greatest of composed elements' parts.
int embedded_degree(const Element& element);

}  // namespace femsynth::fem
