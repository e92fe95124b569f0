#include "synth/emit/bessel.hpp"

namespace femsynth::synth {

const std::string_view kBesselI = R"cuda(// Modified Bessel function of the first kind, I_n(x).
__device__ double bessel_i(int n, double x) {
  const double y = fabs(x);
  const double sign_of_x = x < 0.0 && n % 2 == 1 ? -1.0 : 1.0;
  if (y < 30.0 + double(n) * n) {
    // (x/2)^n / n! · Σ_k (x²/4)^k n! / (k! (k+n)!)
    double factor = sign_of_x;
    for (int k = 1; k <= n; ++k) factor *= 0.5 * y / k;
    const double z = 0.25 * y * y;
    double term = 1.0;
    double sum = 1.0;
    for (int k = 1; term > 1e-18 * sum; ++k) {
      term *= z / (double(k) * (k + n));
      sum += term;
    }
    return factor * sum;
  }
  // e^x / sqrt(2πx) · Σ_k (-1)^k ((4n² - 1²) … (4n² - (2k-1)²)) / (k! (8x)^k)
  double term = 1.0;
  double sum = 1.0;
  for (int k = 1; k < 60 && fabs(term) > 1e-17; ++k) {
    const double odd = 2.0 * k - 1.0;
    term *= (odd * odd - 4.0 * n * n) / (8.0 * k * y);
    sum += term;
  }
  const double root = exp(0.5 * y);  // e^x itself overflows a little earlier than I_n
  return sign_of_x * root * (sum / sqrt(6.283185307179586 * y)) * root;
}

)cuda";

const std::string_view kBesselK = R"cuda(// Modified Bessel function of the second kind, K_n(x).
__device__ double bessel_k(int n, double x) {
  if (!(x > 0.0)) return x == 0.0 ? 1.0 / fabs(x) : sqrt(x - 1.0);
  if (x > 1e100) return 0.0;
  // e^-x ∫ exp(-2x sinh²(t/2)) cosh(nt) dt; the integrand is no narrower than the step is small.
  const double h = 0.7 / sqrt(10.0 + sqrt(x * x + double(n) * n));
  double sum = 0.5;
  for (int k = 1;; ++k) {
    const double t = h * k;
    const double s = sinh(0.5 * t);
    const double y = 2.0 * x * s * s;
    const double term = 0.5 * (exp(n * t - y) + exp(-n * t - y));
    sum += term;
    if (!(term > 1e-18 * sum) && x * sinh(t) > n) break;
  }
  return h * sum * exp(-x);
}

)cuda";

}  // namespace femsynth::synth
