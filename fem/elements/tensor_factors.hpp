#pragma once

#include <span>
#include <vector>

#include "fem/elements/element.hpp"

namespace femsynth::fem {

/// A scalar basis on a quadrilateral or hexahedron of dimension t as products of one on the
/// interval, φ_i(X) = Π_k ψ_{index[i t + k]}(X_k): what sum factorisation rests on (Orszag,
/// "Spectral methods for problems in complex geometries", J. Comput. Phys. 37, 1980).
struct TensorFactors {
  Element interval;          ///< the basis ψ
  int extent = 0;            ///< number of the ψ: nodes along an axis
  std::vector<int> index;    ///< nodes × t
  std::vector<int> node_of;  ///< the node at (i_0, …, i_{t−1}), i_{t−1} fastest: its inverse
};

/// The factors of a basic element; null if it is on another cell or no product. Made once for each
/// element and kept; thread-safe.
const TensorFactors* tensor_factors(const Element& element);

/// The basis at points, n × t row-major, with all derivatives up to an order, as a Tabulation's
/// values: [derivative][point][function].
std::vector<double> tabulate_products(const TensorFactors& factors, int derivatives,
                                      std::span<const double> points);

}  // namespace femsynth::fem
