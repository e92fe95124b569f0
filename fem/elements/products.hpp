#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// For the sources of this folder only.
namespace femsynth::fem {

/// Functions φ_i(X) = Π_k f_{index[i t + k]}(X_k) of t variables, as products of ones of one
/// variable.
struct Products {
  std::size_t dimension = 1;   ///< t
  std::size_t factors = 0;     ///< number of the f
  std::span<const int> index;  ///< functions × t
};

/// Multiplies tables of the f out: `lines` holds [order][coordinate][factor] with the derivatives
/// of order 0 to `derivatives` at the t coordinates of each point, points × t. Returns
/// [derivative][point][function], numbered as in a Tabulation.
std::vector<double> multiply_out(const Products& products, int derivatives,
                                 std::span<const double> lines);

}  // namespace femsynth::fem
