#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "ptx_runner.hpp"

/// Arithmetic instructions against the host, bit by bit: on every instruction set of this machine,
/// at each width of a warp, with each choice of operands that are the same in all lanes, and under
/// a partial mask.
namespace femsynth::synth::ptx::testing {

using Bits = std::uint64_t;
using Reference = std::function<Bits(Bits a, Bits b, Bits c)>;

inline Bits bits(double value) { return std::bit_cast<Bits>(value); }
inline Bits bits(float value) { return std::bit_cast<std::uint32_t>(value); }
inline double f64(Bits value) { return std::bit_cast<double>(value); }
inline float f32(Bits value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }
inline std::int32_t s32(Bits value) { return static_cast<std::int32_t>(value); }
inline std::int64_t s64(Bits value) { return static_cast<std::int64_t>(value); }
inline std::uint32_t u32(Bits value) { return static_cast<std::uint32_t>(value); }
inline Bits of(std::int32_t value) { return static_cast<std::uint32_t>(value); }

inline constexpr Bits kSentinel = 0xDEADBEEFCAFEF00D;

inline std::string load_operands(int uniform) {
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
inline std::string operation_text(const std::string& body, int uniform, bool diverge) {
  std::string text = load_operands(uniform);
  text += "mov.u64 %rd20, 0x" + std::string("DEADBEEFCAFEF00D") + ";\n";
  if (diverge) text += "and.b32 %r11, %r10, 1; setp.eq.u32 %p7, %r11, 0; @%p7 bra DONE;\n";
  text += body;
  text += "\nDONE:\nst.global.u64 [%rd14], %rd20;";
  return kernel_text(4, 0, text);
}

inline std::vector<Bits> default_values() {
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
inline bool same_f64(Bits x, Bits y) {
  return x == y || (std::isnan(f64(x)) && std::isnan(f64(y)));
}
inline bool same_f32(Bits x, Bits y) {
  return x == y || (x != kSentinel && y != kSentinel && std::isnan(f32(x)) && std::isnan(f32(y)));
}

inline void integer64(const std::string& body, const Reference& reference) {
  Operation().check(body, reference);
}
inline void integer32(const std::string& instruction, const Reference& reference) {
  Operation().check(instruction + "\ncvt.u64.u32 %rd20, %r4;",
                    [&](Bits a, Bits b, Bits c) { return reference(a, b, c) & 0xFFFFFFFF; });
}
inline void integer16(const std::string& instruction, const Reference& reference) {
  Operation().check(instruction + "\ncvt.u64.u16 %rd20, %h4;",
                    [&](Bits a, Bits b, Bits c) { return reference(a, b, c) & 0xFFFF; });
}
inline void double_precision(const std::string& instruction, const Reference& reference) {
  Operation operation;
  operation.same = same_f64;
  operation.check(instruction + "\nmov.b64 %rd20, %fd4;", reference);
}
inline void single_precision(const std::string& instruction, const Reference& reference) {
  Operation operation;
  operation.same = same_f32;
  operation.check(instruction + "\nmov.b32 %r4, %f4;\ncvt.u64.u32 %rd20, %r4;", reference);
}
inline void predicate(const std::string& instruction, const Reference& reference) {
  Operation().check(instruction + "\nselp.u64 %rd20, 1, 0, %p1;",
                    [&](Bits a, Bits b, Bits c) { return reference(a, b, c) != 0 ? 1 : 0; });
}

}  // namespace femsynth::synth::ptx::testing
