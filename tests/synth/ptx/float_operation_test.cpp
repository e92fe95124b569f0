// Instructions on floating-point numbers against the host: arithmetic in every rounding,
// comparisons, conversions, approximations.
#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>

#include "operation.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

template <class F>
auto with_rounding(int mode, F f) {
  const int before = std::fegetround();
  std::fesetround(mode);
  volatile auto result = f();
  std::fesetround(before);
  return static_cast<decltype(f())>(result);
}
double hide(double x) {
  volatile double y = x;
  return y;
}
float hide(float x) {
  volatile float y = x;
  return y;
}

TEST(Operation, DoublePrecision) {
  double_precision("add.f64 %fd4, %fd1, %fd2;",
                   [](Bits a, Bits b, Bits) { return bits(f64(a) + f64(b)); });
  double_precision("sub.rn.f64 %fd4, %fd1, %fd2;",
                   [](Bits a, Bits b, Bits) { return bits(f64(a) - f64(b)); });
  double_precision("mul.f64 %fd4, %fd1, %fd2;",
                   [](Bits a, Bits b, Bits) { return bits(f64(a) * f64(b)); });
  double_precision("div.rn.f64 %fd4, %fd1, %fd2;",
                   [](Bits a, Bits b, Bits) { return bits(f64(a) / f64(b)); });
  double_precision("fma.rn.f64 %fd4, %fd1, %fd2, %fd3;",
                   [](Bits a, Bits b, Bits c) { return bits(std::fma(f64(a), f64(b), f64(c))); });
  double_precision("sqrt.rn.f64 %fd4, %fd1;",
                   [](Bits a, Bits, Bits) { return bits(std::sqrt(f64(a))); });
  double_precision("rcp.rn.f64 %fd4, %fd1;", [](Bits a, Bits, Bits) { return bits(1.0 / f64(a)); });
  double_precision("abs.f64 %fd4, %fd1;", [](Bits a, Bits, Bits) { return a & ~(Bits{1} << 63); });
  double_precision("neg.f64 %fd4, %fd1;", [](Bits a, Bits, Bits) { return a ^ (Bits{1} << 63); });
  double_precision("copysign.f64 %fd4, %fd1, %fd2;",
                   [](Bits a, Bits b, Bits) { return bits(std::copysign(f64(b), f64(a))); });
  double_precision("min.f64 %fd4, %fd1, %fd2;", [](Bits a, Bits b, Bits) {
    const double x = f64(a), y = f64(b);
    return x == y ? (std::signbit(x) ? a : b) : bits(std::fmin(x, y));
  });
  double_precision("max.f64 %fd4, %fd1, %fd2;", [](Bits a, Bits b, Bits) {
    const double x = f64(a), y = f64(b);
    return x == y ? (std::signbit(x) ? b : a) : bits(std::fmax(x, y));
  });
  const auto modes = {std::pair{"rz", FE_TOWARDZERO}, std::pair{"rm", FE_DOWNWARD},
                      std::pair{"rp", FE_UPWARD}};
  for (const auto& [name, mode] : modes) {
    const std::string n = name;
    const int m = mode;
    double_precision("add." + n + ".f64 %fd4, %fd1, %fd2;", [m](Bits a, Bits b, Bits) {
      return bits(with_rounding(m, [&] { return hide(f64(a)) + hide(f64(b)); }));
    });
    double_precision("fma." + n + ".f64 %fd4, %fd1, %fd2, %fd3;", [m](Bits a, Bits b, Bits c) {
      return bits(
          with_rounding(m, [&] { return std::fma(hide(f64(a)), hide(f64(b)), hide(f64(c))); }));
    });
    double_precision("div." + n + ".f64 %fd4, %fd1, %fd2;", [m](Bits a, Bits b, Bits) {
      return bits(with_rounding(m, [&] { return hide(f64(a)) / hide(f64(b)); }));
    });
    single_precision("mul." + n + ".f32 %f4, %f1, %f2;", [m](Bits a, Bits b, Bits) {
      return bits(with_rounding(m, [&] { return hide(f32(a)) * hide(f32(b)); }));
    });
    single_precision("cvt." + n + ".f32.f64 %f4, %fd1;", [m](Bits a, Bits, Bits) {
      return bits(with_rounding(m, [&] { return static_cast<float>(hide(f64(a))); }));
    });
  }
}

TEST(Operation, SinglePrecision) {
  single_precision("add.f32 %f4, %f1, %f2;",
                   [](Bits a, Bits b, Bits) { return bits(f32(a) + f32(b)); });
  single_precision("mul.rn.f32 %f4, %f1, %f2;",
                   [](Bits a, Bits b, Bits) { return bits(f32(a) * f32(b)); });
  single_precision("div.rn.f32 %f4, %f1, %f2;",
                   [](Bits a, Bits b, Bits) { return bits(f32(a) / f32(b)); });
  single_precision("fma.rn.f32 %f4, %f1, %f2, %f3;",
                   [](Bits a, Bits b, Bits c) { return bits(std::fma(f32(a), f32(b), f32(c))); });
  single_precision("sqrt.rn.f32 %f4, %f1;",
                   [](Bits a, Bits, Bits) { return bits(std::sqrt(f32(a))); });
  const auto flush = [](float x) {
    return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0F, x) : x;
  };
  single_precision("add.ftz.f32 %f4, %f1, %f2;", [&](Bits a, Bits b, Bits) {
    return bits(flush(flush(f32(a)) + flush(f32(b))));
  });
  single_precision("fma.rn.sat.f32 %f4, %f1, %f2, %f3;", [](Bits a, Bits b, Bits c) {
    const float x = std::fma(f32(a), f32(b), f32(c));
    return bits(x > 0.0F ? std::min(x, 1.0F) : 0.0F);
  });
  single_precision("max.NaN.f32 %f4, %f1, %f2;", [](Bits a, Bits b, Bits) {
    const float x = f32(a), y = f32(b);
    if (std::isnan(x) || std::isnan(y)) return bits(std::nanf(""));
    return x == y ? bits(std::signbit(x) ? y : x) : bits(std::fmax(x, y));
  });
}

TEST(Operation, Comparisons) {
  const auto test = [](const std::string& name, const std::string& type, const std::string& reg,
                       const Reference& f) {
    predicate("setp." + name + "." + type + " %p1, " + reg + "1, " + reg + "2;", f);
  };
  test("lt", "s32", "%r", [](Bits a, Bits b, Bits) { return Bits{s32(a) < s32(b)}; });
  test("ge", "s32", "%r", [](Bits a, Bits b, Bits) { return Bits{s32(a) >= s32(b)}; });
  test("gt", "u32", "%r", [](Bits a, Bits b, Bits) { return Bits{u32(a) > u32(b)}; });
  test("ls", "u32", "%r", [](Bits a, Bits b, Bits) { return Bits{u32(a) <= u32(b)}; });
  test("ne", "b32", "%r", [](Bits a, Bits b, Bits) { return Bits{u32(a) != u32(b)}; });
  test("le", "s64", "%rd2", [](Bits a, Bits b, Bits) { return Bits{s64(a) <= s64(b)}; });
  test("hi", "u64", "%rd2", [](Bits a, Bits b, Bits) { return Bits{a > b}; });
  test("lt", "s16", "%h", [](Bits a, Bits b, Bits) {
    return Bits{static_cast<std::int16_t>(a) < static_cast<std::int16_t>(b)};
  });
  const std::vector<std::pair<std::string, std::function<bool(double, double)>>> floats{
      {"eq", [](double a, double b) { return a == b; }},
      {"ne", [](double a, double b) { return a < b || a > b; }},
      {"lt", [](double a, double b) { return a < b; }},
      {"le", [](double a, double b) { return a <= b; }},
      {"gt", [](double a, double b) { return a > b; }},
      {"ge", [](double a, double b) { return a >= b; }},
      {"equ", [](double a, double b) { return !(a < b || a > b); }},
      {"neu", [](double a, double b) { return a != b; }},
      {"ltu", [](double a, double b) { return !(a >= b); }},
      {"leu", [](double a, double b) { return !(a > b); }},
      {"gtu", [](double a, double b) { return !(a <= b); }},
      {"geu", [](double a, double b) { return !(a < b); }},
      {"num", [](double a, double b) { return !std::isnan(a) && !std::isnan(b); }},
      {"nan", [](double a, double b) { return std::isnan(a) || std::isnan(b); }}};
  for (const auto& [name, f] : floats) {
    test(name, "f64", "%fd", [&f](Bits a, Bits b, Bits) { return Bits{f(f64(a), f64(b))}; });
    test(name, "f32", "%f", [&f](Bits a, Bits b, Bits) { return Bits{f(f32(a), f32(b))}; });
  }
  predicate(
      "setp.eq.u32 %p2, %r3, %r2; setp.lt.and.s32 %p1|%p3, %r1, %r2, !%p2; xor.pred %p4, %p1, %p3; "
      "or.pred %p1, %p1, %p4;",
      [](Bits, Bits b, Bits c) { return Bits{u32(c) != u32(b)}; });
  predicate("setp.lt.or.f64 %p1, %fd1, %fd2, 0;",
            [](Bits a, Bits b, Bits) { return Bits{f64(a) < f64(b)}; });
  predicate("testp.finite.f64 %p1, %fd1;",
            [](Bits a, Bits, Bits) { return Bits{std::isfinite(f64(a))}; });
  predicate("testp.subnormal.f32 %p1, %f1;",
            [](Bits a, Bits, Bits) { return Bits{std::fpclassify(f32(a)) == FP_SUBNORMAL}; });
  predicate("testp.normal.f64 %p1, %fd1;",
            [](Bits a, Bits, Bits) { return Bits{std::isnormal(f64(a))}; });
  integer32("set.gt.u32.s32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return s32(a) > s32(b) ? ~Bits{0} : 0; });
  integer32("slct.s32.s32 %r4, %r1, %r2, %r3;",
            [](Bits a, Bits b, Bits c) { return s32(c) >= 0 ? a : b; });
  integer64("setp.ne.s32 %p1, %r3, 0; selp.b64 %rd20, %rd21, %rd22, %p1;",
            [](Bits a, Bits b, Bits c) { return u32(c) != 0 ? a : b; });
}

template <class To, class From>
Bits saturated(From value, Bits of_nan) {
  if (std::isnan(value)) return of_nan & static_cast<Bits>(std::make_unsigned_t<To>(~To{0}));
  const long double x = value;
  if (x <= static_cast<long double>(std::numeric_limits<To>::min())) {
    return static_cast<Bits>(static_cast<std::make_unsigned_t<To>>(std::numeric_limits<To>::min()));
  }
  if (x >= static_cast<long double>(std::numeric_limits<To>::max())) {
    return static_cast<Bits>(std::numeric_limits<To>::max());
  }
  return static_cast<Bits>(static_cast<std::make_unsigned_t<To>>(static_cast<To>(x)));
}

TEST(Operation, Conversions) {
  integer64("cvt.s64.s32 %rd20, %r1;",
            [](Bits a, Bits, Bits) { return static_cast<Bits>(std::int64_t{s32(a)}); });
  integer64("cvt.u64.u16 %rd20, %h1;", [](Bits a, Bits, Bits) { return a & 0xFFFF; });
  integer64("cvt.s64.s8 %rd20, %rd21;", [](Bits a, Bits, Bits) {
    return static_cast<Bits>(std::int64_t{static_cast<std::int8_t>(a)});
  });
  integer32("cvt.s32.s16 %r4, %h1;",
            [](Bits a, Bits, Bits) { return of(static_cast<std::int16_t>(a)); });
  integer32("cvt.u8.u32 %r4, %r1;", [](Bits a, Bits, Bits) { return a & 0xFF; });
  integer32("cvt.sat.u8.s32 %r4, %r1;",
            [](Bits a, Bits, Bits) { return static_cast<Bits>(std::clamp(s32(a), 0, 255)); });
  integer32("cvt.sat.s32.s64 %r4, %rd21;", [](Bits a, Bits, Bits) {
    return of(
        static_cast<std::int32_t>(std::clamp<std::int64_t>(s64(a), -2147483648LL, 2147483647LL)));
  });
  double_precision("cvt.rn.f64.s32 %fd4, %r1;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<double>(s32(a))); });
  double_precision("cvt.rn.f64.u32 %fd4, %r1;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<double>(u32(a))); });
  double_precision("cvt.rn.f64.s64 %fd4, %rd21;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<double>(s64(a))); });
  double_precision("cvt.rn.f64.u64 %fd4, %rd21;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<double>(a)); });
  double_precision("cvt.rp.f64.u64 %fd4, %rd21;", [](Bits a, Bits, Bits) {
    const double down = static_cast<double>(a);
    const long double exact = a;
    return bits(static_cast<long double>(down) < exact ? std::nextafter(down, INFINITY) : down);
  });
  single_precision("cvt.rn.f32.s64 %f4, %rd21;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<float>(s64(a))); });
  single_precision("cvt.rn.f32.u32 %f4, %r1;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<float>(u32(a))); });
  single_precision("cvt.rn.f32.f64 %f4, %fd1;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<float>(f64(a))); });
  double_precision("cvt.f64.f32 %fd4, %f1;",
                   [](Bits a, Bits, Bits) { return bits(static_cast<double>(f32(a))); });
  double_precision("cvt.rni.f64.f64 %fd4, %fd1;",
                   [](Bits a, Bits, Bits) { return bits(std::nearbyint(f64(a))); });
  double_precision("cvt.rmi.f64.f64 %fd4, %fd1;",
                   [](Bits a, Bits, Bits) { return bits(std::floor(f64(a))); });
  single_precision("cvt.rpi.f32.f32 %f4, %f1;",
                   [](Bits a, Bits, Bits) { return bits(std::ceil(f32(a))); });
  single_precision("cvt.sat.f32.f32 %f4, %f1;", [](Bits a, Bits, Bits) {
    return bits(f32(a) > 0.0F ? std::min(f32(a), 1.0F) : 0.0F);
  });
  constexpr Bits half = Bits{1} << 31;
  constexpr Bits high = Bits{1} << 63;
  integer32("cvt.rzi.s32.f64 %r4, %fd1;",
            [](Bits a, Bits, Bits) { return saturated<std::int32_t>(std::trunc(f64(a)), half); });
  integer32("cvt.rni.s32.f64 %r4, %fd1;", [](Bits a, Bits, Bits) {
    return saturated<std::int32_t>(std::nearbyint(f64(a)), half);
  });
  integer32("cvt.rzi.u32.f64 %r4, %fd1;",
            [](Bits a, Bits, Bits) { return saturated<std::uint32_t>(std::trunc(f64(a)), half); });
  integer64("cvt.rzi.s64.f64 %rd20, %fd1;",
            [](Bits a, Bits, Bits) { return saturated<std::int64_t>(std::trunc(f64(a)), high); });
  integer64("cvt.rzi.u64.f64 %rd20, %fd1;",
            [](Bits a, Bits, Bits) { return saturated<std::uint64_t>(std::trunc(f64(a)), high); });
  integer32("cvt.rni.s32.f32 %r4, %f1;",
            [](Bits a, Bits, Bits) { return saturated<std::int32_t>(std::nearbyint(f32(a)), 0); });
  integer32("cvt.rmi.u32.f32 %r4, %f1;",
            [](Bits a, Bits, Bits) { return saturated<std::uint32_t>(std::floor(f32(a)), 0); });
  integer16("cvt.rzi.s16.f32 %h4, %f1;",
            [](Bits a, Bits, Bits) { return saturated<std::int16_t>(std::trunc(f32(a)), 0); });
}

/// Of approximations only the accuracy is promised.
void approximate_f32(const std::string& instruction, double (*reference)(double), double relative) {
  Operation operation;
  operation.a.clear();
  for (int i = 0; i < 64; ++i) operation.a.push_back(bits(0.05F + 0.37F * static_cast<float>(i)));
  operation.same = [=](Bits x, Bits y) {
    return x == y || (x != kSentinel && y != kSentinel &&
                      std::abs(f32(x) - f64(y)) <= relative * std::max(std::abs(f64(y)), 1e-3));
  };
  operation.check(instruction + "\nmov.b32 %r4, %f4;\ncvt.u64.u32 %rd20, %r4;",
                  [=](Bits a, Bits, Bits) { return bits(reference(static_cast<double>(f32(a)))); });
}

TEST(Operation, Approximations) {
  approximate_f32("ex2.approx.ftz.f32 %f4, %f1;", std::exp2, 1e-7);
  approximate_f32("lg2.approx.f32 %f4, %f1;", std::log2, 1e-6);
  approximate_f32("sin.approx.f32 %f4, %f1;", std::sin, 1e-6);
  approximate_f32("cos.approx.ftz.f32 %f4, %f1;", std::cos, 1e-6);
  approximate_f32("tanh.approx.f32 %f4, %f1;", std::tanh, 1e-7);
  approximate_f32(
      "rsqrt.approx.ftz.f32 %f4, %f1;", [](double x) { return 1.0 / std::sqrt(x); }, 1e-7);
  approximate_f32(
      "rcp.approx.ftz.f32 %f4, %f1;", [](double x) { return 1.0 / x; }, 1e-7);
  // The gross approximations deliver 20 bits and a zero low word.
  Operation operation;
  operation.a.clear();
  for (int i = 0; i < 64; ++i) operation.a.push_back(bits(1e-3 + 0.77 * i));
  operation.same = [](Bits x, Bits y) {
    return x == y ||
           (y != kSentinel && (x & 0xFFFFFFFF) == 0 && std::abs(f64(x) / f64(y) - 1) < 2e-6);
  };
  operation.check("rcp.approx.ftz.f64 %fd4, %fd1;\nmov.b64 %rd20, %fd4;",
                  [](Bits a, Bits, Bits) { return bits(1.0 / f64(a)); });
  operation.check("rsqrt.approx.ftz.f64 %fd4, %fd1;\nmov.b64 %rd20, %fd4;",
                  [](Bits a, Bits, Bits) { return bits(1.0 / std::sqrt(f64(a))); });
}

}  // namespace
}  // namespace femsynth::synth::ptx::testing
