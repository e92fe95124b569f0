#pragma once

#include <array>
#include <cstddef>
#include <vector>

/// For the sources of this folder only.
namespace femsynth::meshes {

/// The Bernstein polynomials of one degree on the reference simplex of dimension 1 to 3:
/// B_α(X) = degree! / α! · λ^α with the barycentric coordinates λ_0 = 1 − Σ X_j, λ_j = X_{j−1}.
/// They are positive and sum to 1, so a polynomial is nowhere less than its least coefficient.
class Bernstein {
 public:
  Bernstein(int dim, int degree);

  int dim() const { return dim_; }
  std::size_t size() const { return exponents_.size(); }
  /// The lattice point α / degree of polynomial `i` (the origin at degree 0).
  std::array<double, 3> lattice_point(std::size_t i) const;
  /// B_i at `X` (dim numbers).
  double value(std::size_t i, const double* X) const;
  /// ∂B_i/∂X_j at `X`.
  std::array<double, 3> gradient(std::size_t i, const double* X) const;

 private:
  int dim_;
  int degree_;
  std::vector<std::array<int, 4>> exponents_;
};

/// The inverse of a row-major n × n matrix, by elimination with partial pivoting. Throws
/// InternalError for a singular one.
std::vector<double> inverse_of(std::vector<double> matrix, std::size_t n);

}  // namespace femsynth::meshes
