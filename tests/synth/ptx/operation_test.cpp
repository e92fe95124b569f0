// Instructions on integers and bits against the host.
#include <algorithm>
#include <bit>

#include "operation.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

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

}  // namespace
}  // namespace femsynth::synth::ptx::testing
