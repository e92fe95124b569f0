#pragma once

#include <cstdint>
#include <string>

#include "fem/elements/derivatives.hpp"
#include "fem/form/graph.hpp"

/// Physical derivatives ∂_{k_n} … ∂_{k_1} f: how they are numbered and named. The axes k_1, …, k_n
/// stand in the order in which f is differentiated along them, that of the last indices of UFL's
/// grad(… grad(f)).
namespace femsynth::synth {

/// Do they commute? The gradient on a manifold is tangential, and where the tangent plane turns,
/// ∂_l (Kᵀ ∂f/∂X)_k has a part that is not symmetric.
inline bool derivatives_commute(const fem::Domain& domain) {
  return domain.is_affine() || !domain.is_manifold();
}

/// Distinct derivatives of exactly that order ≥ 0.
int derivatives_of_order(const fem::Domain& domain, int order);

/// A derivative's number among those of its order: as in fem::Tabulation; where they do not
/// commute, its axes are the number's digits.
int number_in_order(const fem::Domain& domain, const fem::Directions& axes);

/// What Jet::derivative is for the first one of an order: 0 for the value, 1 for ∂/∂x_0.
std::int32_t first_of_order(const fem::Domain& domain, int order);
/// The order of the derivative of that number.
int order_of(const fem::Domain& domain, std::int32_t derivative);

/// Axes as they stand in names: "01".
std::string digits(const fem::Directions& axes);
/// What stands in comments: "∂²φ_i/∂X_e∂X_f", of φ_i, X and the axes' letters.
std::string derivative_text(const std::string& function, int order, const char* variable,
                            const std::string& letters);
constexpr const char* reference_letters = "efghk";
constexpr const char* physical_letters = "klmn";

}  // namespace femsynth::synth
