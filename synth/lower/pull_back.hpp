#pragma once

#include <functional>
#include <optional>
#include <string>

#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

/// The reference value (order 0) or a derivative of a function at the point, by component A of a
/// reference value (0 for scalars) and place among those of its order, as in fem::Tabulation;
/// nullopt where it is zero.
using ReferenceJet = std::function<std::optional<Expression>(int A, int order, int place)>;

/// Where the physical ones go.
struct PhysicalJet {
  /// By component i of the value and number_in_order().
  std::function<Expression(int i, int order, int number)> target;
  std::string ending{};  ///< of names of intermediate values, where their scope is not their own
};

/// Statements that turn reference into physical values and derivatives of the orders that the
/// integrand reads: nothing for the value of a scalar function, which is the same.
///
/// The Piola maps are products u = M F of functions of X, and are differentiated along X as such.
/// What takes a function to space is one step, ∂f/∂x_k = Σ_a K_ak ∂f/∂X_a: from the derivatives of
/// f along X up to order n it has those of ∂f/∂x_k up to order n − 1, by the product rule, and so
/// on n times.
Statements physical_jet(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                        const ReferenceJet& reference, const PhysicalJet& physical);

}  // namespace femsynth::synth
