#pragma once

#include <functional>
#include <optional>
#include <string>

#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

/// Reference values and derivatives of a function at the point, by component A of a reference
/// value (0 for scalars); nullopt where they are zero.
struct ReferenceJet {
  std::function<std::optional<Expression>(int A)> value;
  std::function<std::optional<Expression>(int A, int e)> first;    ///< ∂/∂X_e
  std::function<std::optional<Expression>(int A, int ef)> second;  ///< ∂²/∂X_e∂X_f, e ≤ f
};

/// Where the physical ones go, by component i of the value.
struct PhysicalJet {
  std::function<Expression(int i)> value;
  std::function<Expression(int i, int k)> first;   ///< ∂/∂x_k
  std::function<Expression(int i, int n)> second;  ///< by second_number()
  std::string ending{};  ///< of names of intermediate values, where their scope is not their own
};

/// Statements that turn reference into physical values and derivatives of the orders that the
/// integrand reads: nothing for the value of a scalar function, which is the same.
///
/// The Piola maps are products u = M F of functions of X, and are differentiated along X as such;
/// ∂u/∂x_k = Σ_e K_ek ∂u/∂X_e then takes each derivative to physical space, where the Jacobian
/// varies with the derivatives of K.
Statements physical_jet(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                        const ReferenceJet& reference, const PhysicalJet& physical);

}  // namespace femsynth::synth
