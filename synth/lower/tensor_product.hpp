#pragma once

#include <string>

#include "synth/lower/geometric_quantities.hpp"
#include "synth/lower/geometry.hpp"
#include "synth/lower/integrand_function.hpp"

/// Element tensors on quadrilaterals and hexahedra by sum factorisation: functions are evaluated
/// at all points at once, axis by axis; the integrand turns them into fluxes, point by point; and
/// the fluxes are integrated against the test functions, axis by axis. A matrix is made a column
/// at a time.
namespace femsynth::synth {

/// Why an integral is not sum factorised, or "" if it can be.
std::string why_no_sum_factorisation(const IntegralContext& context);

/// The statements after `before_points` and the clearing of the output that add to it.
Statements tensor_product(const IntegralContext& context, const IntegrandFunction& integrand,
                          const Geometry& geometry, const GeometricQuantities& quantities,
                          TableSet& tables);

}  // namespace femsynth::synth
