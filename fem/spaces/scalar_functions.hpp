#pragma once

#include <complex>

#include "fem/form/graph.hpp"

/// For the sources of this folder only.
namespace femsynth::fem {

/// A function of one or two scalars; `number` is a Bessel function's order. Conditions give 1 and
/// 0. Throws InternalError for an operator that is none.
double evaluate_scalar(Op op, int number, double a, double b);
/// The same of complex numbers; InputError where a function has none and an argument is not real.
std::complex<double> evaluate_scalar(Op op, int number, std::complex<double> a,
                                     std::complex<double> b);

}  // namespace femsynth::fem
