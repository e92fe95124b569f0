// The mathematical library as NVRTC expands it, against the host's long double functions. The
// bounds are the maximum errors of the CUDA C++ Programming Guide, in units of the last place.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "ptx_runner.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const DecodedModule& math_module() {
  static const auto module = decode(fixture("math.ptx"));
  return *module;
}

/// |x - exact| in units of the last place of T at exact.
template <class T>
long double ulps(T x, long double exact) {
  const T nearest = static_cast<T>(exact);
  if (std::isnan(nearest) || std::isnan(x))
    return std::isnan(nearest) == std::isnan(x) ? 0 : kInfinity;
  if (std::isinf(nearest) || std::isinf(x)) return nearest == x ? 0 : kInfinity;
  const T size = std::max(std::abs(nearest), std::numeric_limits<T>::min());
  const int exponent = std::ilogb(size) - std::numeric_limits<T>::digits + 1;
  return std::abs(static_cast<long double>(x) - exact) / std::ldexp(1.0L, exponent);
}

using Function1 = std::function<long double(long double)>;

template <class T>
void check_unary(const std::string& name, const Function1& exact, const std::vector<T>& x,
                 double bound, double absolute = 0) {
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x),
                                  TestBuffer::of("y", std::vector<T>(x.size()), true)};
  const auto n = static_cast<std::int32_t>(x.size());
  launch(math_module(), name, buffers, {n}, 128, (static_cast<std::uint32_t>(n) + 127) / 128);
  const auto y = buffers[1].as<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double value = exact(static_cast<long double>(x[i]));
    if (std::abs(static_cast<long double>(y[i]) - value) <= absolute) continue;
    ASSERT_LE(ulps(y[i], value), bound + 0.5) << name << "(" << x[i] << ") is " << y[i]
                                              << ", must be near " << static_cast<double>(value);
  }
}

/// Points between `low` and `high`, and the special values where the function allows them.
template <class T>
std::vector<T> points(double low, double high, bool specials = true) {
  std::vector<T> out;
  constexpr int count = 701;
  for (int i = 0; i < count; ++i)
    out.push_back(static_cast<T>(low + (high - low) * (i + 0.5) / count));
  if (specials) {
    for (const double x :
         {0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, kInfinity, -kInfinity, std::nan("")}) {
      out.push_back(static_cast<T>(x));
    }
  }
  return out;
}

struct Unary {
  const char* name;
  long double (*exact)(long double);
  double low, high, bound_double, bound_float;
};

long double ten_to(long double x) { return std::pow(10.0L, x); }
long double inverse_root(long double x) { return 1.0L / std::sqrt(x); }
#define EXACT(f) [](long double argument) -> long double { return std::f(argument); }

const std::vector<Unary>& unary_functions() {
  static const std::vector<Unary> table{
      {"sqrt", EXACT(sqrt), 0, 1e4, 0, 0},     {"exp", EXACT(exp), -80, 80, 1, 2},
      {"exp2", EXACT(exp2), -120, 120, 1, 2},  {"exp10", ten_to, -37, 37, 1, 2},
      {"log", EXACT(log), 1e-3, 30, 1, 1},     {"log2", EXACT(log2), 1e-3, 30, 1, 1},
      {"log10", EXACT(log10), 1e-3, 30, 1, 2}, {"log1p", EXACT(log1p), -0.99, 10, 1, 1},
      {"expm1", EXACT(expm1), -5, 20, 1, 1},   {"sin", EXACT(sin), -1000, 1000, 2, 2},
      {"cos", EXACT(cos), -1000, 1000, 2, 2},  {"tan", EXACT(tan), -1000, 1000, 2, 4},
      {"asin", EXACT(asin), -1, 1, 2, 2},      {"acos", EXACT(acos), -1, 1, 2, 2},
      {"atan", EXACT(atan), -20, 20, 2, 2},    {"sinh", EXACT(sinh), -20, 20, 2, 3},
      {"cosh", EXACT(cosh), -20, 20, 1, 2},    {"tanh", EXACT(tanh), -5, 5, 1, 2},
      {"asinh", EXACT(asinh), -50, 50, 3, 3},  {"acosh", EXACT(acosh), 1, 50, 3, 4},
      {"atanh", EXACT(atanh), -1, 1, 2, 3},    {"fabs", EXACT(fabs), -9, 9, 0, 0},
      {"floor", EXACT(floor), -9, 9, 0, 0},    {"ceil", EXACT(ceil), -9, 9, 0, 0},
      {"trunc", EXACT(trunc), -9, 9, 0, 0},    {"rint", EXACT(rint), -9, 9, 0, 0},
      {"round", EXACT(round), -9, 9, 0, 0},    {"cbrt", EXACT(cbrt), -30, 30, 1, 1},
      {"rsqrt", inverse_root, 1e-3, 50, 1, 2}, {"erf", EXACT(erf), -4, 4, 2, 2},
      {"erfc", EXACT(erfc), -4, 8, 5, 4},      {"tgamma", EXACT(tgamma), 0.1, 30, 10, 5},
  };
  return table;
}

TEST(MathLibrary, DoublePrecisionStaysWithinTheDocumentedErrors) {
  for (const Unary& f : unary_functions()) {
    check_unary<double>(std::string(f.name) + "_double", f.exact, points<double>(f.low, f.high),
                        f.bound_double);
    if (HasFatalFailure()) return;
  }
}

TEST(MathLibrary, SinglePrecisionStaysWithinTheDocumentedErrors) {
  for (const Unary& f : unary_functions()) {
    check_unary<float>(std::string(f.name) + "_float", f.exact, points<float>(f.low, f.high),
                       f.bound_float);
    if (HasFatalFailure()) return;
  }
}

TEST(MathLibrary, LargeArgumentsOfSineTakeTheSlowReduction) {
  std::vector<double> x;
  std::vector<float> xf;
  for (int i = 0; i < 200; ++i) {
    x.push_back(std::ldexp(1.0 + i / 211.0, 20 + 5 * i));
    xf.push_back(std::ldexp(1.0F + static_cast<float>(i) / 211.0F, 10 + i / 2));
  }
  x.push_back(3.0);  // some lanes take the other way
  check_unary<double>("sin_double", EXACT(sin), x, 2);
  check_unary<double>("cos_double", EXACT(cos), x, 2);
  check_unary<float>("sin_float", EXACT(sin), xf, 2);
}

TEST(MathLibrary, LogarithmOfTheGammaFunction) {
  check_unary<double>("lgamma_double", EXACT(lgamma), points<double>(3, 80, false), 4);
  check_unary<float>("lgamma_float", EXACT(lgamma), points<float>(3, 80, false), 6);
  check_unary<double>("lgamma_double", EXACT(lgamma), points<double>(-2.4, 3, false), 4, 1e-14);
}

TEST(MathLibrary, BesselFunctions) {
  const auto x = points<double>(0.01, 8, false);
  const auto xf = points<float>(0.01, 8, false);
  // Near zeros of the function the guide bounds the absolute error.
  check_unary<double>(
      "j0_double", [](long double a) { return j0l(a); }, x, 7, 5e-12);
  check_unary<double>(
      "j1_double", [](long double a) { return j1l(a); }, x, 7, 5e-12);
  check_unary<double>(
      "y0_double", [](long double a) { return y0l(a); }, x, 7, 5e-12);
  check_unary<double>(
      "y1_double", [](long double a) { return y1l(a); }, x, 7, 5e-12);
  check_unary<float>(
      "j0_float", [](long double a) { return j0l(a); }, xf, 9, 2.2e-6);
  check_unary<float>(
      "y1_float", [](long double a) { return y1l(a); }, xf, 9, 2.2e-6);
}

template <class T>
void check_order(const std::string& name, const std::function<long double(int, long double)>& exact,
                 double bound, double absolute) {
  std::vector<T> x;
  std::vector<std::int32_t> order;
  for (int i = 0; i < 300; ++i) {
    x.push_back(static_cast<T>(0.3 + 0.025 * i));
    order.push_back(i % 7);
  }
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x), TestBuffer::of("z", order),
                                  TestBuffer::of("y", std::vector<T>(x.size()), true)};
  launch(math_module(), name, buffers, {300}, 96, 4);
  const auto y = buffers[2].as<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double value = exact(order[i], static_cast<long double>(x[i]));
    if (std::abs(static_cast<long double>(y[i]) - value) <=
        absolute * std::max(1.0L, std::abs(value)))
      continue;
    ASSERT_LE(ulps(y[i], value), bound + 0.5) << name << "(" << order[i] << ", " << x[i] << ")";
  }
}

TEST(MathLibrary, IntegerOrders) {
  // An integer power is a chain of at most five products here.
  check_order<double>(
      "jn_double", [](int n, long double x) { return jnl(n, x); }, 8, 5e-12);
  check_order<float>(
      "jn_float", [](int n, long double x) { return jnl(n, x); }, 8, 2.2e-6);
  check_order<double>(
      "yn_double", [](int n, long double x) { return ynl(n, x); }, 8, 5e-12);
  check_order<double>(
      "powi_double", [](int n, long double x) { return std::pow(x, static_cast<long double>(n)); },
      5, 0);
  check_order<float>(
      "powi_float", [](int n, long double x) { return std::pow(x, static_cast<long double>(n)); },
      5, 0);
}

template <class T>
void check_binary(const std::string& name,
                  const std::function<long double(long double, long double)>& exact, double bound,
                  bool positive) {
  std::vector<T> x, z;
  for (int i = 0; i < 500; ++i) {
    x.push_back(static_cast<T>((positive ? 0.01 : -7.0) + 0.0371 * i));
    z.push_back(static_cast<T>(-5.0 + 0.0217 * ((i * 97) % 500)));
  }
  for (const double a : {0.0, -0.0, 1.0, -1.0, 2.0, -3.0, kInfinity, -kInfinity, std::nan("")}) {
    for (const double b : {0.0, -0.0, 1.0, -2.0, 0.5, 3.0, kInfinity, -kInfinity, std::nan("")}) {
      x.push_back(static_cast<T>(a));
      z.push_back(static_cast<T>(b));
    }
  }
  const auto n = static_cast<std::int32_t>(x.size());
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x), TestBuffer::of("z", z),
                                  TestBuffer::of("y", std::vector<T>(x.size()), true)};
  launch(math_module(), name, buffers, {n}, 64, (static_cast<std::uint32_t>(n) + 63) / 64);
  const auto y = buffers[2].as<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double value = exact(static_cast<long double>(x[i]), static_cast<long double>(z[i]));
    ASSERT_LE(ulps(y[i], value), bound + 0.5)
        << name << "(" << x[i] << ", " << z[i] << ") is " << y[i] << ", must be near "
        << static_cast<double>(value);
  }
}

TEST(MathLibrary, FunctionsOfTwoArguments) {
  const auto power = [](long double a, long double b) { return std::pow(a, b); };
  check_binary<double>("pow_double", power, 2, true);
  check_binary<float>("pow_float", power, 4, true);
  check_binary<double>("pow_double", power, 2, false);
  const auto angle = [](long double a, long double b) { return std::atan2(a, b); };
  check_binary<double>("atan2_double", angle, 2, false);
  check_binary<float>("atan2_float", angle, 3, false);
  const auto length = [](long double a, long double b) { return std::hypot(a, b); };
  check_binary<double>("hypot_double", length, 2, false);
  check_binary<float>("hypot_float", length, 3, false);
  const auto rest = [](long double a, long double b) { return std::fmod(a, b); };
  check_binary<double>("fmod_double", rest, 0, false);
  check_binary<float>("fmod_float", rest, 0, false);
  const auto least = [](long double a, long double b) { return std::fmin(a, b); };
  check_binary<double>("fmin_double", least, 0, false);
  const auto most = [](long double a, long double b) { return std::fmax(a, b); };
  check_binary<float>("fmax_float", most, 0, false);
  const auto sign = [](long double a, long double b) { return std::copysign(a, b); };
  check_binary<double>("copysign_double", sign, 0, false);
}

TEST(MathLibrary, AllInstructionSetsGiveTheSameBits) {
  const std::string text = fixture("math.ptx");
  std::vector<std::vector<double>> results;
  for (const HandlerTable* table : all_handlers()) {
    const auto module = decode(text, *table);
    std::vector<double> all;
    for (const Unary& f : unary_functions()) {
      const auto x = points<double>(f.low, f.high, false);
      std::vector<TestBuffer> buffers{TestBuffer::of("x", x), TestBuffer::of("y", x, true)};
      launch(*module, std::string(f.name) + "_double", buffers,
             {static_cast<std::int32_t>(x.size())}, 256, 3);
      const auto y = buffers[1].as<double>();
      all.insert(all.end(), y.begin(), y.end());
    }
    results.push_back(std::move(all));
  }
  for (const auto& result : results) {
    EXPECT_EQ(std::memcmp(result.data(), results[0].data(), result.size() * sizeof(double)), 0);
  }
}

}  // namespace
}  // namespace femsynth::synth::ptx::testing
