// Compiled with -frounding-math: the directed roundings change the processor's mode.
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>

#include "synth/ptx/warp.hpp"

namespace femsynth::synth::ptx::scalar {
namespace {

class RoundingMode {
 public:
  explicit RoundingMode(std::int64_t mode) : before_(std::fegetround()) {
    static constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    std::fesetround(modes[mode]);
  }
  ~RoundingMode() { std::fesetround(before_); }
  RoundingMode(const RoundingMode&) = delete;
  RoundingMode& operator=(const RoundingMode&) = delete;

 private:
  int before_;
};

/// Computes f() in the mode. The volatile copies keep the operation between the changes of mode.
template <class T, class F>
T in_mode(std::int64_t mode, F f) {
  const RoundingMode guard(mode);
  volatile T result = f();
  return result;
}

template <class T>
T hide(T value) {
  volatile T hidden = value;
  return hidden;
}

double keep_high_word(double a) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(a) & 0xFFFFFFFF00000000U);
}

/// Rounds a finite normal value to 20 bits of fraction, to nearest.
double round_to_high_word(double a) {
  const auto bits = std::bit_cast<std::uint64_t>(a);
  return std::bit_cast<double>((bits + 0x80000000U) & 0xFFFFFFFF00000000U);
}

double flush(double a) { return std::fpclassify(a) == FP_SUBNORMAL ? std::copysign(0.0, a) : a; }

}  // namespace

double rounded_add(double a, double b, std::int64_t mode) {
  return in_mode<double>(mode, [&] { return hide(a) + hide(b); });
}
double rounded_mul(double a, double b, std::int64_t mode) {
  return in_mode<double>(mode, [&] { return hide(a) * hide(b); });
}
double rounded_div(double a, double b, std::int64_t mode) {
  return in_mode<double>(mode, [&] { return hide(a) / hide(b); });
}
double rounded_fma(double a, double b, double c, std::int64_t mode) {
  return in_mode<double>(mode, [&] { return std::fma(hide(a), hide(b), hide(c)); });
}
double rounded_sqrt(double a, std::int64_t mode) {
  return in_mode<double>(mode, [&] { return std::sqrt(hide(a)); });
}
float rounded_add(float a, float b, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return hide(a) + hide(b); });
}
float rounded_mul(float a, float b, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return hide(a) * hide(b); });
}
float rounded_div(float a, float b, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return hide(a) / hide(b); });
}
float rounded_fma(float a, float b, float c, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return std::fmaf(hide(a), hide(b), hide(c)); });
}
float rounded_sqrt(float a, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return std::sqrt(hide(a)); });
}
float rounded_narrow(double a, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return static_cast<float>(hide(a)); });
}
float rounded_f32_of(std::int64_t a, std::int64_t mode) {
  return in_mode<float>(mode, [&] { return static_cast<float>(hide(a)); });
}
float rounded_f32_of(std::uint64_t a, std::int64_t mode) {
  // Conversions of unsigned values round twice in other modes where the processor has no
  // instruction for them; the high bit is brought down with a sticky bit instead.
  return in_mode<float>(mode, [&] {
    if (static_cast<std::int64_t>(a) >= 0)
      return static_cast<float>(static_cast<std::int64_t>(hide(a)));
    const auto half = static_cast<std::int64_t>((a >> 1) | (a & 1));
    return 2.0F * static_cast<float>(hide(half));
  });
}
double rounded_f64_of(std::int64_t a, std::int64_t mode) {
  return in_mode<double>(mode, [&] { return static_cast<double>(hide(a)); });
}
double rounded_f64_of(std::uint64_t a, std::int64_t mode) {
  return in_mode<double>(mode, [&] {
    if (static_cast<std::int64_t>(a) >= 0)
      return static_cast<double>(static_cast<std::int64_t>(hide(a)));
    const auto half = static_cast<std::int64_t>((a >> 1) | (a & 1));
    return 2.0 * static_cast<double>(hide(half));
  });
}

// The PTX manual: the low word of the operand is ignored, the low word of the result is zero,
// subnormals count as zero.
double gross_reciprocal(double a) {
  const double x = flush(keep_high_word(a));
  if (std::isnan(a)) return a;
  const double y = 1.0 / x;
  return std::isfinite(y) ? flush(round_to_high_word(y)) : y;
}
double gross_rsqrt(double a) {
  const double x = flush(keep_high_word(a));
  if (std::isnan(a)) return a;
  const double y = 1.0 / std::sqrt(x);
  return std::isfinite(y) ? round_to_high_word(y) : y;
}

// The nearest float of the value in double, instead of the device's tables.
float approximate_ex2(float a) { return static_cast<float>(std::exp2(static_cast<double>(a))); }
float approximate_lg2(float a) { return static_cast<float>(std::log2(static_cast<double>(a))); }
float approximate_sin(float a) { return static_cast<float>(std::sin(static_cast<double>(a))); }
float approximate_cos(float a) { return static_cast<float>(std::cos(static_cast<double>(a))); }
float approximate_tanh(float a) { return static_cast<float>(std::tanh(static_cast<double>(a))); }

}  // namespace femsynth::synth::ptx::scalar
