#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "fem/elements/derivatives.hpp"
#include "fem/elements/element.hpp"

/// Everything here speaks of one copy of a basic element: its basis functions, before blocking.
namespace femsynth::fem {

/// Basis functions and their reference derivatives at points of the reference cell, numbered as in
/// derivatives.hpp.
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

/// The basis functions of one copy of `element`, in Basix's order and with reference values (no
/// pull-back), at `points`, n × t row-major, with all derivatives up to order `derivatives` (0 to
/// max_tabulated_order). Values that differ from 0, 1 or −1 by rounding (at most 64 ε times the
/// greatest value of that order of derivative, or 1) become exactly 0, 1 or −1, so that later
/// stages see structural zeros. Raviart–Thomas, Nédélec and Lagrange elements on quadrilaterals and
/// hexahedra are multiplied out of piola_factors and tensor_factors. Lagrange elements on pyramids
/// have Basix's nodes, and the rational functions of pyramid.hpp where Basix's would jump between
/// cells. A quadrature element has the values δ_ij at its own points. Elements are created once and
/// kept; thread-safe. Throws InputError for an element that check_element refuses, and for a
/// quadrature element that is read elsewhere or differentiated.
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
