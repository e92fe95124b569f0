#pragma once

#include <span>
#include <vector>

#include "fem/elements/element.hpp"

namespace femsynth::fem {

/// A Raviart–Thomas or Nédélec basis (first kind) on a quadrilateral or hexahedron of dimension t
/// as products of functions of one variable: of function i the reference component
/// A = component[i] is Π_k f_{index[i t + k]}(X_k), all others vanish. The f are sums of
/// orthonormal Legendre polynomials, f = Σ_l factors[f][l] ψ_l.
struct PiolaFactors {
  Element interval;                          ///< the basis ψ: discontinuous, Legendre's variant
  std::vector<int> component;                ///< by function
  std::vector<int> index;                    ///< functions × t
  std::vector<std::vector<double>> factors;  ///< by factor: of ψ_0, …, ψ_degree
};

/// The factors of a basic element; null if its basis is none of these. They follow from the
/// definition of Basix's dofs in closed form: Basix solves for its basis, which costs it ten digits
/// at degree 6 on hexahedra. Made once for each element and kept; thread-safe.
const PiolaFactors* piola_factors(const Element& element);

/// The basis at points, n × t row-major, with all derivatives up to an order, as a Tabulation's
/// values: [derivative][point][function][component].
std::vector<double> tabulate_products(const PiolaFactors& factors, int derivatives,
                                      std::span<const double> points);

}  // namespace femsynth::fem
