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
  std::function<Expression(int i, int k)> first;    ///< ∂/∂x_k
  std::function<Expression(int i, int kl)> second;  ///< ∂²/∂x_k∂x_l, k ≤ l
  std::string ending{};  ///< of names of intermediate values, where their scope is not their own
};

/// Statements that turn reference into physical values and derivatives of the orders that the
/// integrand reads: nothing for the value of a scalar function, which is the same.
Statements physical_jet(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                        const ReferenceJet& reference, const PhysicalJet& physical);

/// Does the gradient have to be computed: read, or needed by second derivatives?
bool wants_gradient(const Geometry& geometry, JetOrders orders);

}  // namespace femsynth::synth
