// Every arithmetic instruction against the host, bit by bit: on every instruction set of this
// machine, at each width of a warp, with each choice of operands that are the same in all lanes,
// and under a partial mask.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <functional>
#include <limits>

#include "ptx_runner.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

using Bits = std::uint64_t;
using Reference = std::function<Bits(Bits a, Bits b, Bits c)>;

Bits bits(double value) { return std::bit_cast<Bits>(value); }
Bits bits(float value) { return std::bit_cast<std::uint32_t>(value); }
double f64(Bits value) { return std::bit_cast<double>(value); }
float f32(Bits value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }
std::int32_t s32(Bits value) { return static_cast<std::int32_t>(value); }
std::int64_t s64(Bits value) { return static_cast<std::int64_t>(value); }
std::uint32_t u32(Bits value) { return static_cast<std::uint32_t>(value); }
Bits of(std::int32_t value) { return static_cast<std::uint32_t>(value); }

constexpr Bits kSentinel = 0xDEADBEEFCAFEF00D;

std::string load_operands(int uniform) {
  std::string text = R"(
.reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<20>; .reg .f32 %f<8>; .reg .b64 %rd<30>;
.reg .f64 %fd<8>;
ld.param.u64 %rd1, [p0]; ld.param.u64 %rd2, [p1]; ld.param.u64 %rd3, [p2]; ld.param.u64 %rd4, [p3];
mov.u32 %r10, %tid.x; mul.wide.u32 %rd10, %r10, 8; add.s64 %rd14, %rd4, %rd10;
)";
  for (int i = 0; i < 3; ++i) {
    const std::string k = std::to_string(i + 1);
    const bool same = ((uniform >> i) & 1) != 0;
    if (!same) text += "add.s64 %rd" + k + ", %rd" + k + ", %rd10;\n";
    text += "ld.global.u64 %rd2" + k + ", [%rd" + k + "];\n";
    text += "mov.b64 %fd" + k + ", %rd2" + k + ";\ncvt.u32.u64 %r" + k + ", %rd2" + k + ";\n";
    text += "mov.b32 %f" + k + ", %r" + k + ";\ncvt.u16.u32 %h" + k + ", %r" + k + ";\n";
  }
  return text;
}

/// Operands: %rd21 %rd22 %rd23 as 64-bit, %r1.. as 32-bit, %fd1.., %f1.., %h1.. ; the body leaves
/// its result in %rd20.
std::string operation_text(const std::string& body, int uniform, bool diverge) {
  std::string text = load_operands(uniform);
  text += "mov.u64 %rd20, 0x" + std::string("DEADBEEFCAFEF00D") + ";\n";
  if (diverge) text += "and.b32 %r11, %r10, 1; setp.eq.u32 %p7, %r11, 0; @%p7 bra DONE;\n";
  text += body;
  text += "\nDONE:\nst.global.u64 [%rd14], %rd20;";
  return kernel_text(4, 0, text);
}

std::vector<Bits> default_values() {
  const double inf = std::numeric_limits<double>::infinity();
  const auto pair = [](float low, float high) { return bits(low) | (bits(high) << 32); };
  std::vector<Bits> values{0,
                           1,
                           2,
                           31,
                           32,
                           33,
                           63,
                           64,
                           0x80,
                           0xFF,
                           0x7FFF,
                           0x8000,
                           0xFFFF,
                           0x7FFFFFFF,
                           0x80000000,
                           0xFFFFFFFF,
                           0x7FFFFFFFFFFFFFFF,
                           0x8000000000000000,
                           0xFFFFFFFFFFFFFFFF,
                           0xFFFFFFFF80000000,
                           0x0123456789ABCDEF,
                           0xFEDCBA9876543210,
                           bits(0.0),
                           bits(-0.0),
                           bits(1.0),
                           bits(-1.5),
                           bits(1e308),
                           bits(-1e-310),
                           bits(inf),
                           bits(-inf),
                           bits(std::nan("")),
                           bits(2147483647.5),
                           bits(-2.5),
                           bits(1e19),
                           pair(1.0F, 2.0F),
                           pair(-0.0F, 3.0F),
                           pair(1e-40F, 1.0F),
                           pair(3e38F, 1.0F),
                           pair(std::numeric_limits<float>::infinity(), 1.0F),
                           pair(std::nanf(""), 1.0F),
                           pair(-2.5F, 1.0F),
                           pair(3e9F, -1.0F)};
  Bits state = 1;
  for (int i = 0; i < 22; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    values.push_back(state ^ (state >> 29));
  }
  return values;  // 64
}

/// Launches over all values of `a` against shifted values of `b` and `c`, and compares. `same`
/// tells whether two results agree.
class Operation {
 public:
  std::vector<Bits> a = default_values(), b = default_values(), c = default_values();
  std::function<bool(Bits, Bits)> same = [](Bits x, Bits y) { return x == y; };

  void check(const std::string& body, const Reference& reference) const {
    for (const HandlerTable* table : all_handlers()) {
      for (int uniform = 0; uniform < 8; ++uniform) {
        for (const bool diverge : {false, true}) {
          const auto module = decode(operation_text(body, uniform, diverge), *table);
          for (const std::uint32_t width : {5U, 16U, 31U, 32U}) {
            for (std::size_t round = 0; round < 4; ++round) {
              compare(*module, body, reference, uniform, diverge, width, round, table->name);
              if (::testing::Test::HasFailure()) return;
            }
          }
        }
      }
    }
  }

 private:
  void compare(const DecodedModule& module, const std::string& body, const Reference& reference,
               int uniform, bool diverge, std::uint32_t width, std::size_t round,
               const char* table) const {
    std::vector<Bits> x(width), y(width), z(width);
    for (std::size_t i = 0; i < width; ++i) {
      x[i] = a[(i + 16 * round) % a.size()];
      y[i] = b[(i * 5 + 3 * round + 1) % b.size()];
      z[i] = c[(i * 11 + 7 * round + 2) % c.size()];
    }
    std::vector<TestBuffer> buffers{TestBuffer::of("a", x), TestBuffer::of("b", y),
                                    TestBuffer::of("c", z),
                                    TestBuffer::of("d", std::vector<Bits>(width), true)};
    launch(module, "k", buffers, {}, width);
    const auto result = buffers[3].as<Bits>();
    for (std::size_t i = 0; i < width; ++i) {
      const Bits p = x[(uniform & 1) != 0 ? 0 : i];
      const Bits q = y[(uniform & 2) != 0 ? 0 : i];
      const Bits r = z[(uniform & 4) != 0 ? 0 : i];
      const Bits expected = diverge && i % 2 == 0 ? kSentinel : reference(p, q, r);
      ASSERT_TRUE(same(result[i], expected))
          << body << "\nlane " << i << " of " << width << ", uniform operands " << uniform
          << (diverge ? ", divergent, " : ", ") << table << std::hex << "\na = " << p
          << " b = " << q << " c = " << r << "\nis " << result[i] << ", must be " << expected;
    }
  }
};

/// A NaN result may be any NaN.
bool same_f64(Bits x, Bits y) { return x == y || (std::isnan(f64(x)) && std::isnan(f64(y))); }
bool same_f32(Bits x, Bits y) {
  return x == y || (x != kSentinel && y != kSentinel && std::isnan(f32(x)) && std::isnan(f32(y)));
}

void integer64(const std::string& body, const Reference& reference) {
  Operation().check(body, reference);
}
void integer32(const std::string& instruction, const Reference& reference) {
  Operation().check(instruction + "\ncvt.u64.u32 %rd20, %r4;",
                    [&](Bits a, Bits b, Bits c) { return reference(a, b, c) & 0xFFFFFFFF; });
}
void integer16(const std::string& instruction, const Reference& reference) {
  Operation().check(instruction + "\ncvt.u64.u16 %rd20, %h4;",
                    [&](Bits a, Bits b, Bits c) { return reference(a, b, c) & 0xFFFF; });
}
void double_precision(const std::string& instruction, const Reference& reference) {
  Operation operation;
  operation.same = same_f64;
  operation.check(instruction + "\nmov.b64 %rd20, %fd4;", reference);
}
void single_precision(const std::string& instruction, const Reference& reference) {
  Operation operation;
  operation.same = same_f32;
  operation.check(instruction + "\nmov.b32 %r4, %f4;\ncvt.u64.u32 %rd20, %r4;", reference);
}
void predicate(const std::string& instruction, const Reference& reference) {
  Operation().check(instruction + "\nselp.u64 %rd20, 1, 0, %p1;",
                    [&](Bits a, Bits b, Bits c) { return reference(a, b, c) != 0 ? 1 : 0; });
}

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

TEST(Operation, IntegerSumsAndProducts) {
  integer32("add.s32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) { return a + b; });
  integer64("add.s64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return a + b; });
  integer16("add.s16 %h4, %h1, %h2;", [](Bits a, Bits b, Bits) { return a + b; });
  integer32("sub.u32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) { return a - b; });
  integer64("sub.s64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return a - b; });
  integer32("add.sat.s32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) {
    return of(static_cast<std::int32_t>(std::clamp<std::int64_t>(
        std::int64_t{s32(a)} + s32(b), std::numeric_limits<std::int32_t>::min(),
        std::numeric_limits<std::int32_t>::max())));
  });
  integer32("mul.lo.s32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return Bits{u32(a) * u32(b)}; });
  integer64("mul.lo.s64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return a * b; });
  integer16("mul.lo.s16 %h4, %h1, %h2;", [](Bits a, Bits b, Bits) { return a * b; });
  integer16("mul.hi.s16 %h4, %h1, %h2;", [](Bits a, Bits b, Bits) {
    return of((std::int32_t{static_cast<std::int16_t>(a)} * static_cast<std::int16_t>(b)) >> 16);
  });
  integer32("mul.hi.s32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) {
    return static_cast<Bits>((std::int64_t{s32(a)} * s32(b)) >> 32);
  });
  integer32("mul.hi.u32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return (Bits{u32(a)} * u32(b)) >> 32; });
  __extension__ using Wide = __int128;
  __extension__ using UnsignedWide = unsigned __int128;
  integer64("mul.hi.s64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) {
    return static_cast<Bits>((static_cast<Wide>(s64(a)) * s64(b)) >> 64);
  });
  integer64("mul.hi.u64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) {
    return static_cast<Bits>((static_cast<UnsignedWide>(a) * b) >> 64);
  });
  integer64("mul.wide.s32 %rd20, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return static_cast<Bits>(std::int64_t{s32(a)} * s32(b)); });
  integer64("mul.wide.u32 %rd20, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return Bits{u32(a)} * u32(b); });
  integer32("mul.wide.s16 %r4, %h1, %h2;", [](Bits a, Bits b, Bits) {
    return of(std::int32_t{static_cast<std::int16_t>(a)} * static_cast<std::int16_t>(b));
  });
  integer32("mul.wide.u16 %r4, %h1, %h2;",
            [](Bits a, Bits b, Bits) { return (a & 0xFFFF) * (b & 0xFFFF); });
  integer32("mad.lo.s32 %r4, %r1, %r2, %r3;", [](Bits a, Bits b, Bits c) { return a * b + c; });
  integer64("mad.lo.s64 %rd20, %rd21, %rd22, %rd23;",
            [](Bits a, Bits b, Bits c) { return a * b + c; });
  integer32("mad.hi.u32 %r4, %r1, %r2, %r3;",
            [](Bits a, Bits b, Bits c) { return ((Bits{u32(a)} * u32(b)) >> 32) + c; });
  integer64("mad.wide.s32 %rd20, %r1, %r2, %rd23;", [](Bits a, Bits b, Bits c) {
    return static_cast<Bits>(std::int64_t{s32(a)} * s32(b)) + c;
  });
  integer64("mad.wide.u32 %rd20, %r1, %r2, %rd23;",
            [](Bits a, Bits b, Bits c) { return Bits{u32(a)} * u32(b) + c; });
  integer32("mul24.lo.s32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) {
    return static_cast<Bits>(std::int64_t{s32(a << 8) >> 8} * (s32(b << 8) >> 8));
  });
  integer32("mad24.hi.u32 %r4, %r1, %r2, %r3;",
            [](Bits a, Bits b, Bits c) { return (((a & 0xFFFFFF) * (b & 0xFFFFFF)) >> 16) + c; });
  integer32("sad.s32 %r4, %r1, %r2, %r3;", [](Bits a, Bits b, Bits c) {
    return static_cast<Bits>(std::llabs(std::int64_t{s32(a)} - s32(b))) + c;
  });
  integer32("sad.u16 %r5, %r1, %r2, %r3;\nsad.u32 %r4, %r1, %r2, %r3;", [](Bits a, Bits b, Bits c) {
    return static_cast<Bits>(std::llabs(std::int64_t{u32(a)} - std::int64_t{u32(b)})) + c;
  });
}

TEST(Operation, IntegerDivision) {
  Operation operation;
  std::replace_if(
      operation.b.begin(), operation.b.end(), [](Bits b) { return u32(b) == 0; }, Bits{3});
  operation.check("div.u32 %r4, %r1, %r2;\ncvt.u64.u32 %rd20, %r4;",
                  [](Bits a, Bits b, Bits) { return Bits{u32(a) / u32(b)}; });
  operation.check("rem.u32 %r4, %r1, %r2;\ncvt.u64.u32 %rd20, %r4;",
                  [](Bits a, Bits b, Bits) { return Bits{u32(a) % u32(b)}; });
  operation.check("div.u64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return a / b; });
  operation.check("rem.u64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return a % b; });
  operation.check("div.s32 %r4, %r1, %r2;\ncvt.u64.u32 %rd20, %r4;", [](Bits a, Bits b, Bits) {
    return Bits{u32(static_cast<Bits>(std::int64_t{s32(a)} / s32(b)))};
  });
  operation.check("rem.s32 %r4, %r1, %r2;\ncvt.u64.u32 %rd20, %r4;", [](Bits a, Bits b, Bits) {
    return Bits{u32(static_cast<Bits>(std::int64_t{s32(a)} % s32(b)))};
  });
  operation.check("rem.s64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) {
    return s64(b) == -1 ? 0 : static_cast<Bits>(s64(a) % s64(b));
  });
  operation.check("div.s64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) {
    return s64(b) == -1 ? 0 - a : static_cast<Bits>(s64(a) / s64(b));
  });
}

TEST(Operation, MinMaxAbsNeg) {
  integer32("min.s32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return of(std::min(s32(a), s32(b))); });
  integer32("max.u32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return Bits{std::max(u32(a), u32(b))}; });
  integer64("min.u64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return std::min(a, b); });
  integer64("max.s64 %rd20, %rd21, %rd22;",
            [](Bits a, Bits b, Bits) { return static_cast<Bits>(std::max(s64(a), s64(b))); });
  integer16("min.s16 %h4, %h1, %h2;", [](Bits a, Bits b, Bits) {
    return of(std::min(static_cast<std::int16_t>(a), static_cast<std::int16_t>(b)));
  });
  integer32("abs.s32 %r4, %r1;", [](Bits a, Bits, Bits) { return s32(a) < 0 ? 0 - a : a; });
  integer64("abs.s64 %rd20, %rd21;", [](Bits a, Bits, Bits) { return s64(a) < 0 ? 0 - a : a; });
  integer32("neg.s32 %r4, %r1;", [](Bits a, Bits, Bits) { return 0 - a; });
  integer64("neg.s64 %rd20, %rd21;", [](Bits a, Bits, Bits) { return 0 - a; });
}

TEST(Operation, Bits) {
  integer32("and.b32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) { return a & b; });
  integer64("or.b64 %rd20, %rd21, %rd22;", [](Bits a, Bits b, Bits) { return a | b; });
  integer32("xor.b32 %r4, %r1, %r2;", [](Bits a, Bits b, Bits) { return a ^ b; });
  integer16("not.b16 %h4, %h1;", [](Bits a, Bits, Bits) { return ~a; });
  integer64("not.b64 %rd20, %rd21;", [](Bits a, Bits, Bits) { return ~a; });
  integer32("cnot.b32 %r4, %r1;", [](Bits a, Bits, Bits) { return u32(a) == 0 ? 1 : 0; });
  integer32("shl.b32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return u32(b) > 31 ? 0 : a << u32(b); });
  integer64("shl.b64 %rd20, %rd21, %r2;",
            [](Bits a, Bits b, Bits) { return u32(b) > 63 ? 0 : a << u32(b); });
  integer16("shl.b16 %h4, %h1, %r2;",
            [](Bits a, Bits b, Bits) { return u32(b) > 15 ? 0 : a << u32(b); });
  integer32("shr.u32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return u32(b) > 31 ? 0 : Bits{u32(a) >> u32(b)}; });
  integer32("shr.s32 %r4, %r1, %r2;",
            [](Bits a, Bits b, Bits) { return of(s32(a) >> std::min(u32(b), 31U)); });
  integer64("shr.u64 %rd20, %rd21, %r2;",
            [](Bits a, Bits b, Bits) { return u32(b) > 63 ? 0 : a >> u32(b); });
  integer64("shr.s64 %rd20, %rd21, %r2;", [](Bits a, Bits b, Bits) {
    return static_cast<Bits>(s64(a) >> std::min(u32(b), 63U));
  });
  integer16("shr.s16 %h4, %h1, %r2;", [](Bits a, Bits b, Bits) {
    return of(static_cast<std::int16_t>(a) >> std::min(u32(b), 15U));
  });
  integer32("popc.b32 %r4, %r1;",
            [](Bits a, Bits, Bits) { return static_cast<Bits>(std::popcount(u32(a))); });
  integer32("popc.b64 %r4, %rd21;",
            [](Bits a, Bits, Bits) { return static_cast<Bits>(std::popcount(a)); });
  integer32("clz.b32 %r4, %r1;",
            [](Bits a, Bits, Bits) { return static_cast<Bits>(std::countl_zero(u32(a))); });
  integer32("clz.b64 %r4, %rd21;",
            [](Bits a, Bits, Bits) { return static_cast<Bits>(std::countl_zero(a)); });
  integer32("brev.b32 %r4, %r1;", [](Bits a, Bits, Bits) {
    Bits out = 0;
    for (int i = 0; i < 32; ++i) out |= ((a >> i) & 1) << (31 - i);
    return out;
  });
  integer64("brev.b64 %rd20, %rd21;", [](Bits a, Bits, Bits) {
    Bits out = 0;
    for (int i = 0; i < 64; ++i) out |= ((a >> i) & 1) << (63 - i);
    return out;
  });
  integer32("bfind.u32 %r4, %r1;",
            [](Bits a, Bits, Bits) { return Bits{31U - std::countl_zero(u32(a))}; });
  integer32("bfind.shiftamt.s64 %r4, %rd21;", [](Bits a, Bits, Bits) {
    const Bits x = s64(a) < 0 ? ~a : a;
    return x == 0 ? ~Bits{0} : static_cast<Bits>(std::countl_zero(x));
  });
  const auto field = [](Bits a, Bits b, Bits c, unsigned width, bool is_signed) {
    const Bits position = b & 255, length = c & 255, top = width - 1;
    const Bits sign =
        is_signed && length != 0 ? (a >> std::min(position + length - 1, top)) & 1 : 0;
    Bits out = 0;
    for (Bits i = 0; i <= top; ++i) {
      const Bits bit = i < length && position + i <= top ? (a >> (position + i)) & 1 : sign;
      out |= bit << i;
    }
    return out;
  };
  integer32("bfe.u32 %r4, %r1, %r2, %r3;",
            [&](Bits a, Bits b, Bits c) { return field(a, b, c, 32, false); });
  integer32("bfe.s32 %r4, %r1, %r2, %r3;",
            [&](Bits a, Bits b, Bits c) { return field(a, b, c, 32, true); });
  integer64("bfe.u64 %rd20, %rd21, %r2, %r3;",
            [&](Bits a, Bits b, Bits c) { return field(a, b, c, 64, false); });
  integer64("bfe.s64 %rd20, %rd21, %r2, %r3;",
            [&](Bits a, Bits b, Bits c) { return field(a, b, c, 64, true); });
  const auto insert = [](Bits a, Bits b, Bits c, Bits d, unsigned width) {
    Bits out = b;
    for (Bits i = 0; i < (d & 255) && (c & 255) + i < width; ++i) {
      const Bits at = Bits{1} << ((c & 255) + i);
      out = (out & ~at) | (((a >> i) & 1) != 0 ? at : 0);
    }
    return out;
  };
  integer32("bfi.b32 %r4, %r1, %r2, %r3, 7;",
            [&](Bits a, Bits b, Bits c) { return insert(a, b, c, 7, 32); });
  integer64("bfi.b64 %rd20, %rd21, %rd22, %r3, %r2;",
            [&](Bits a, Bits b, Bits c) { return insert(a, b, c, b, 64); });
  integer32("prmt.b32 %r4, %r1, %r2, %r3;", [](Bits a, Bits b, Bits c) {
    const Bits pool = (b << 32) | u32(a);
    Bits out = 0;
    for (int i = 0; i < 4; ++i) {
      const Bits pick = (c >> (4 * i)) & 15;
      Bits byte = (pool >> (8 * (pick & 7))) & 255;
      if ((pick & 8) != 0) byte = (byte & 128) != 0 ? 255 : 0;
      out |= byte << (8 * i);
    }
    return out;
  });
  integer32("shf.l.wrap.b32 %r4, %r1, %r2, %r3;",
            [](Bits a, Bits b, Bits c) { return (((b << 32) | u32(a)) << (c & 31)) >> 32; });
  integer32("shf.r.clamp.b32 %r4, %r1, %r2, %r3;",
            [](Bits a, Bits b, Bits c) { return ((b << 32) | u32(a)) >> std::min(u32(c), 32U); });
  integer32("lop3.b32 %r4, %r1, %r2, %r3, 0x96;", [](Bits a, Bits b, Bits c) { return a ^ b ^ c; });
  integer32("lop3.b32 %r4, %r1, %r2, %r3, 0xCA;",
            [](Bits a, Bits b, Bits c) { return (a & b) | (~a & c); });
}

TEST(Operation, Carries) {
  __extension__ using UnsignedWide = unsigned __int128;
  integer64("add.cc.u32 %r4, %r1, %r2;\naddc.u32 %r5, %r3, 0;\nmov.b64 %rd20, {%r4, %r5};",
            [](Bits a, Bits b, Bits c) {
              const Bits low = Bits{u32(a)} + u32(b);
              return u32(low) | ((c + (low >> 32)) << 32);
            });
  integer64("sub.cc.u64 %rd24, %rd21, %rd22;\nsubc.u64 %rd20, %rd23, 5;",
            [](Bits a, Bits b, Bits c) { return c - 5 - (a < b ? 1 : 0); });
  // The 128-bit product of 64-bit numbers from 32-bit pieces, as NVRTC writes it.
  integer64(R"(mov.b64 {%r4, %r5}, %rd21; mov.b64 {%r6, %r7}, %rd22;
mul.lo.u32 %r8, %r4, %r6; mul.hi.u32 %r9, %r4, %r6;
mad.lo.cc.u32 %r9, %r5, %r6, %r9; madc.hi.u32 %r11, %r5, %r6, 0;
mad.lo.cc.u32 %r9, %r4, %r7, %r9; madc.hi.cc.u32 %r11, %r4, %r7, %r11; addc.u32 %r12, 0, 0;
mad.lo.cc.u32 %r11, %r5, %r7, %r11; madc.hi.u32 %r12, %r5, %r7, %r12;
mov.b64 %rd20, {%r11, %r12};)",
            [](Bits a, Bits b, Bits) {
              return static_cast<Bits>((static_cast<UnsignedWide>(a) * b) >> 64);
            });
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

TEST(Operation, PackingAndUnpacking) {
  integer64("mov.b64 %rd20, {%r2, %r1};", [](Bits a, Bits b, Bits) { return u32(b) | (a << 32); });
  integer64("mov.b64 {%r4, %r5}, %rd21; mov.b64 %rd20, {%r5, %r4};",
            [](Bits a, Bits, Bits) { return (a >> 32) | (a << 32); });
  integer32("mov.b32 {%h4, %h5}, %r1; mov.b32 %r4, {%h5, %h4};",
            [](Bits a, Bits, Bits) { return Bits{u32(a) >> 16} | (u32(a) << 16); });
  integer64("mov.b64 %rd20, {%h1, %h2, %h3, %h1};", [](Bits a, Bits b, Bits c) {
    return (a & 0xFFFF) | ((b & 0xFFFF) << 16) | ((c & 0xFFFF) << 32) | ((a & 0xFFFF) << 48);
  });
  integer64("{ .reg .b32 %t; mov.b64 {%t, %r4}, %rd21; } cvt.u64.u32 %rd20, %r4;",
            [](Bits a, Bits, Bits) { return a >> 32; });
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
