#pragma once

#include "fem/form/tensor_builder.hpp"

namespace femsynth::fem {

/// Derivatives ∂/∂x_k of what describes a cell whose Jacobian J varies, written by ∂J/∂X, J and
/// the quantities themselves. All follow from ∂_k J = Σ_a ∂J/∂X_a K_ak, with ∂_k f for ∂f/∂x_k:
/// - ∂K = −K ∂J K + K Kᵀ ∂Jᵀ (I − J K); the second summand is 0 but on manifolds, where K is the
///   pseudo-inverse (Golub and Pereyra, SIAM J. Numer. Anal. 10, 1973, for full column rank);
/// - ∂δ = δ tr(K ∂J) for the (pseudo-)determinant δ of J;
/// - ∂n = (I − n nᵀ) ∂Kᵀ Jᵀ n for the facets' normal n = Kᵀ N/|Kᵀ N|, N that of the reference
///   facet: n and its derivatives are those of the level sets of the facet's coordinate;
/// - ∂ν = −Kᵀ ∂Jᵀ ν for the normal ν of a surface.
class GeometryDerivative {
 public:
  GeometryDerivative(TensorBuilder& build, int k) : build_(build), k_(k) {}

  /// Of a quantity that varies in a cell, but CellCoordinate and FacetCoordinate. Throws
  /// InputError for the third derivative of J.
  ExprId of(GeometricQuantity quantity);
  /// Of FacetNormal.
  ExprId of_normal();

 private:
  ExprId quantity(GeometricQuantity which);
  ExprId dot(ExprId a, ExprId b) { return build_.bilinear(Op::dot, a, b); }
  ExprId transposed(ExprId a) { return build_.linear(Op::transpose, a); }
  ExprId minus(ExprId a, ExprId b) { return build_.plus(a, build_.minus(b)); }
  /// ∂_k of what has that derivative along X in its last axis.
  ExprId along(GeometricQuantity gradient);
  ExprId of_jacobian();
  ExprId of_facet_jacobian();
  /// Of the (pseudo-)inverse K of a matrix J and of its determinant.
  ExprId of_inverse(ExprId K, ExprId J, ExprId dJ);
  ExprId of_determinant(ExprId det, ExprId K, ExprId dJ);

  TensorBuilder& build_;
  int k_;
};

}  // namespace femsynth::fem
