#pragma once

#include <string_view>

namespace femsynth::synth {

/// CUDA C++ source of `double bessel_i(int n, double x)` and `double bessel_k(int n, double x)`,
/// the modified Bessel functions of integer order n ≥ 0, which CUDA's library has not. Relative
/// error some 1e-14, growing to 1e-13 where a value comes near the ends of the range of double.
/// I_n: the power series (all of whose terms have one sign) or, for x ≥ 30 + n², Hankel's
/// asymptotic expansion (DLMF 10.25.2, 10.40.1). K_n: the trapezoidal rule for
/// ∫_0^∞ exp(−x cosh t) cosh(nt) dt (DLMF 10.32.9), which converges exponentially; NaN for x < 0.
extern const std::string_view kBesselI;
extern const std::string_view kBesselK;

}  // namespace femsynth::synth
