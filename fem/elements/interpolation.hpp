#pragma once

#include <cstddef>
#include <vector>

#include "fem/elements/element.hpp"

namespace femsynth::fem {

/// The dofs of one copy of a basic element as functionals of reference values:
/// dof_i(F) = Σ_p Σ_k matrix[i][p][k] F_k(X_p).
struct InterpolationOperator {
  std::size_t points = 0;
  std::size_t components = 1;  ///< of a reference value
  std::size_t dofs = 0;
  std::vector<double> X;       ///< points × t, row-major
  std::vector<double> matrix;  ///< dofs × points × components, row-major
  bool is_identity = false;    ///< one component, and dof i is the value at point i

  /// The dofs of values given at the points (points × components, row-major).
  void apply(const double* values, double* dof_values) const;
};

/// Basix's interpolation into one copy of `element`: exact for all functions of its space. The
/// dofs of Hermite elements, which read derivatives, are taken of the cubic that agrees at the
/// nodes of P3. Made once and kept; thread-safe. Throws InputError for an element that
/// check_element refuses and InternalError for a composed one.
const InterpolationOperator& interpolation(const Element& element);

}  // namespace femsynth::fem
