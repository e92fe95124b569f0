#pragma once

#include <string>
#include <vector>

#include "synth/lower/context.hpp"

/// Geometry of the current cell in kernel IR: the map x(X) = Σ_v X_v ψ_v(X) of degree one, its
/// Jacobian J_ke = ∂x_k/∂X_e, det J, and the inverse K_ek = ∂X_e/∂x_k.
namespace femsynth::synth {

using Statements = std::vector<Statement>;

/// Emits the geometry of one integral; vertex coordinates are in the array `X[v][k]`.
class Geometry {
 public:
  Geometry(const IntegralContext& context, TableSet& tables, bool needs_inverse, bool needs_second);

  /// What is the same in the whole cell; to stand before the loop over points.
  Statements before_points() const;
  /// What varies: J, det J, K of a cell that is not affine, `scale` = weight · |det J| (· ratio of
  /// facet measures), x and n where the integrand reads them.
  Statements at_point() const;

  /// From reference derivatives to physical ones: ∂f/∂x_k = Σ_e K_ek ∂f/∂X_e.
  Expression first(int k, const std::vector<Expression>& reference) const;
  /// ∂²f/∂x_k∂x_l = Σ_ef K_ek K_fl (∂²f/∂X_e∂X_f − Σ_m ∂f/∂x_m ∂²x_m/∂X_e∂X_f); `reduced` is the
  /// bracket, e ≤ f.
  Expression second(int k, int l, const std::vector<Expression>& reduced) const;
  /// The bracket above; `gradient` are the ∂f/∂x_m (not read on affine cells).
  Expression reduce(int ef, const Expression& reference,
                    const std::vector<Expression>& gradient) const;
  /// Is the map's second derivative non-zero?
  bool curved() const { return !context_.affine; }

 private:
  Statements jacobian() const;
  Statements determinant() const;
  Statements inverse() const;
  Statements second_derivatives() const;
  Statements facet_scale() const;
  Expression J(int k, int e) const;
  Expression K(int e, int k) const;

  const IntegralContext& context_;
  bool needs_inverse_;
  bool needs_second_;
  int dim_;
  std::optional<PointTable> vertex_values_;     // ψ_v
  std::optional<PointTable> vertex_gradients_;  // ∂ψ_v/∂X_e
  std::optional<PointTable> vertex_hessians_;   // ∂²ψ_v/∂X_e∂X_f
  std::string weights_;
  std::string normals_;  // outward normals of the reference facets, scaled by their measure ratio
};

/// a[0] + a[1] + …; the empty sum is 0.
Expression sum_of(std::vector<Expression> terms);

}  // namespace femsynth::synth
