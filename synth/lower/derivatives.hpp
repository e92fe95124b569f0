#pragma once

#include "fem/elements/tabulate.hpp"
#include "fem/form/graph.hpp"

/// Second physical derivatives ∂_l ∂_k f and how they are numbered.
namespace femsynth::synth {

/// Do they commute? The gradient on a manifold is tangential, and where the tangent plane turns,
/// ∂_l (Kᵀ ∂f/∂X)_k has a part that is not symmetric.
inline bool derivatives_commute(const fem::Domain& domain) {
  return domain.is_affine() || !domain.is_manifold();
}

/// Distinct second derivatives.
inline int second_count(const fem::Domain& domain) {
  const int d = domain.geometric_dim;
  return derivatives_commute(domain) ? d * (d + 1) / 2 : d * d;
}

/// Number of ∂_l ∂_k f among them: as in fem::Tabulation, or k d + l.
inline int second_number(const fem::Domain& domain, int k, int l) {
  const auto d = static_cast<std::size_t>(domain.geometric_dim);
  const auto i = static_cast<std::size_t>(k), j = static_cast<std::size_t>(l);
  return static_cast<int>(derivatives_commute(domain) ? fem::derivative_index(d, i, j) - 1 - d
                                                      : i * d + j);
}

}  // namespace femsynth::synth
