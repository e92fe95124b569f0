#pragma once

#include <string>

#include "synth/lower/geometry.hpp"
#include "synth/lower/integrand_function.hpp"

/// Element matrices of affine simplices by a precomputed reference tensor (Kirby and Logg, "A
/// compiler for variational forms", ACM TOMS 32, 2006): where the coefficients of the arguments'
/// jets are the same in a whole cell,
///
///     A_ij = Σ_αβ G_αβ R_αβij,   R_αβij = ∫ ∂φ_i/∂X_α ∂φ_j/∂X_β dX,
///
/// with R a table and G the geometry tensor, |det J| Σ_kl c_kl K_αk K_βl for two gradients.
namespace femsynth::synth {

/// Why an integral has no reference tensor, or "" if it has.
std::string why_no_reference_tensor(const IntegralContext& context);

/// The statements after the geometry of the cell, the context's functions tabulated, that add the
/// element matrix to A.
Statements reference_tensor(const IntegralContext& context, const IntegrandFunction& integrand,
                            const Geometry& geometry, TableSet& tables);

}  // namespace femsynth::synth
