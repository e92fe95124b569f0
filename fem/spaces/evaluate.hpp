#pragma once

#include <complex>
#include <span>
#include <vector>

#include "fem/form/graph.hpp"

namespace femsynth::fem {

/// Values of scalar expressions at points (n × d row-major, d the graph's geometric dimension):
/// n × components row-major, in IEEE double arithmetic. They may read the spatial coordinate and
/// literals: throws InputError for ones with arguments, coefficients, constants, geometric
/// quantities, restrictions, derivatives or the imaginary unit.
std::vector<double> evaluate_at(const ExprGraph& graph, std::span<const ExprId> components,
                                std::span<const double> points);

/// The same in complex arithmetic, with UFL's conjugation (inner(a, b) = Σ a conj(b), outer(a, b) =
/// conj(a) ⊗ b); orders compare real parts. Throws InputError also for a function that has no
/// complex argument (atan2, erf, Bessel functions, min and max), where one has an imaginary part.
std::vector<std::complex<double>> evaluate_complex_at(const ExprGraph& graph,
                                                      std::span<const ExprId> components,
                                                      std::span<const double> points);

}  // namespace femsynth::fem
