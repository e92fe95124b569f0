#pragma once

// Arithmetic of single lanes, for lanes.cpp alone, which is compiled once an instruction set:
// everything here is local to its file, so that the linker cannot mix the copies.

#include <cstdint>

#include "synth/ptx/warp.hpp"

namespace femsynth::synth::ptx {
namespace {

using u64 = std::uint64_t;
using u32 = std::uint32_t;
using s64 = std::int64_t;
using s32 = std::int32_t;
using s16 = std::int16_t;
using s8 = std::int8_t;
using f64 = double;
using f32 = float;
__extension__ using s128 = __int128;
__extension__ using u128 = unsigned __int128;

[[maybe_unused]] constexpr u64 kSign64 = u64{1} << 63;
[[maybe_unused]] constexpr u32 kSign32 = u32{1} << 31;

using namespace scalar;  // NOLINT

inline u32 reverse_bits(u32 a) {
  a = ((a & 0x55555555U) << 1) | ((a >> 1) & 0x55555555U);
  a = ((a & 0x33333333U) << 2) | ((a >> 2) & 0x33333333U);
  a = ((a & 0x0F0F0F0FU) << 4) | ((a >> 4) & 0x0F0F0F0FU);
  return __builtin_bswap32(a);
}
inline u64 reverse_bits(u64 a) {
  return (static_cast<u64>(reverse_bits(static_cast<u32>(a))) << 32) |
         reverse_bits(static_cast<u32>(a >> 32));
}

/// bfind: the position of the highest one, or how far it would have to shift.
inline u32 find_leading(u32 a, bool shift_amount) {
  if (a == 0) return ~0U;
  const u32 zeros = static_cast<u32>(__builtin_clz(a));
  return shift_amount ? zeros : 31 - zeros;
}
inline u32 find_leading(u64 a, bool shift_amount) {
  if (a == 0) return ~0U;
  const u32 zeros = static_cast<u32>(__builtin_clzll(a));
  return shift_amount ? zeros : 63 - zeros;
}

/// bfe: `length` bits from `position`, both taken modulo 256.
template <class T>
inline T extract_unsigned(T a, u32 position, u32 length) {
  constexpr u32 bits = sizeof(T) * 8;
  position &= 255;
  length &= 255;
  if (position >= bits || length == 0) return 0;
  const T moved = a >> position;
  return length >= bits ? moved : moved & ((T{1} << length) - 1);
}
inline u64 sign_extended(u64 field, bool sign, u32 length) {
  return sign && length < 64 ? field | (~u64{0} << length) : field;
}
/// The sign is that of the highest bit extracted, or of a's highest bit where the field
/// reaches beyond it.
inline s64 extract_signed_bits(u64 a, u32 bits, u32 position, u32 length) {
  position &= 255;
  length &= 255;
  if (length == 0) return 0;
  const u32 top = position + length - 1 < bits - 1 ? position + length - 1 : bits - 1;
  const bool sign = ((a >> top) & 1) != 0;
  const u32 kept = position >= bits ? 0 : top - position + 1;
  const u64 mask = kept >= 64 ? ~u64{0} : (u64{1} << kept) - 1;
  const u64 field = position >= bits ? 0 : (a >> position) & mask;
  return static_cast<s64>(sign_extended(field, sign, kept));
}
inline s32 extract_signed(s32 a, u32 position, u32 length) {
  return static_cast<s32>(extract_signed_bits(static_cast<u32>(a), 32, position, length));
}
inline s64 extract_signed(s64 a, u32 position, u32 length) {
  return extract_signed_bits(static_cast<u64>(a), 64, position, length);
}
/// bfi: b with `length` bits from `position` replaced by the low bits of a.
template <class T>
inline T insert_bits(T a, T b, u32 position, u32 length) {
  constexpr u32 bits = sizeof(T) * 8;
  position &= 255;
  length &= 255;
  if (position >= bits || length == 0) return b;
  const T field = length >= bits ? ~T{0} : (T{1} << length) - 1;
  return (b & ~(field << position)) | ((a & field) << position);
}

/// prmt; mode 0 is the general form, 1… are f4e, b4e, rc8, ecl, ecr, rc16.
inline u32 permute_bytes(u32 a, u32 b, u32 selector, s64 mode) {
  const u64 pool = (static_cast<u64>(b) << 32) | a;
  const u32 k = selector & 3;
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) {
    u32 pick = (selector >> (4 * i)) & 15;
    if (mode == 1) pick = k + i;
    if (mode == 2) pick = (k + 8 - i) & 7;
    if (mode == 3) pick = k;
    if (mode == 4) pick = i < k ? k : i;
    if (mode == 5) pick = i < k ? i : k;
    if (mode == 6) pick = (k & 1) * 2 + (i & 1);
    u32 byte = static_cast<u32>(pool >> (8 * (pick & 7))) & 0xFF;
    if ((pick & 8) != 0) byte = (byte & 0x80) != 0 ? 0xFF : 0;
    result |= byte << (8 * i);
  }
  return result;
}
inline u32 funnel_left(u32 low, u32 high, u32 count) {
  const u64 both = (static_cast<u64>(high) << 32) | low;
  return static_cast<u32>((both << count) >> 32);
}
inline u32 funnel_right(u32 low, u32 high, u32 count) {
  const u64 both = (static_cast<u64>(high) << 32) | low;
  return static_cast<u32>(both >> count);
}
inline u32 lookup(u32 a, u32 b, u32 c, s64 table) {
  u32 result = 0;
  if ((table & 0x01) != 0) result |= ~a & ~b & ~c;
  if ((table & 0x02) != 0) result |= ~a & ~b & c;
  if ((table & 0x04) != 0) result |= ~a & b & ~c;
  if ((table & 0x08) != 0) result |= ~a & b & c;
  if ((table & 0x10) != 0) result |= a & ~b & ~c;
  if ((table & 0x20) != 0) result |= a & ~b & c;
  if ((table & 0x40) != 0) result |= a & b & ~c;
  if ((table & 0x80) != 0) result |= a & b & c;
  return result;
}

inline s32 saturate32(s64 a) {
  return a > 0x7FFFFFFF         ? 0x7FFFFFFF
         : a < -s64{0x80000000} ? static_cast<s32>(-s64{0x80000000})
                                : static_cast<s32>(a);
}
inline s64 product24_signed(u32 a, u32 b) {
  return static_cast<s64>(static_cast<s32>(a << 8) >> 8) * (static_cast<s32>(b << 8) >> 8);
}
/// Division by zero gives all ones and -2^31 / -1 wraps: PTX leaves both open, and lanes that are
/// not active must not trap.
template <class T>
inline T divide(T a, T b) {
  if (b == 0) return -1;
  if (b == -1) return static_cast<T>(u64{0} - static_cast<u64>(a));
  return a / b;
}
template <class T>
inline T remainder_of(T a, T b) {
  return b == 0 ? a : b == -1 ? 0 : a % b;
}

/// min and max of PTX: a NaN gives the other operand, and -0 is less than +0.
inline bool sign_of(f64 a) { return __builtin_signbit(a) != 0; }
inline bool sign_of(f32 a) { return __builtin_signbit(a) != 0; }
template <class T>
inline T minimum(T a, T b) {
  const T tie = sign_of(a) ? a : b;
  const T ordered = a < b ? a : b < a ? b : tie;
  return a != a ? b : b != b ? a : ordered;
}
template <class T>
inline T maximum(T a, T b) {
  const T tie = sign_of(a) ? b : a;
  const T ordered = a > b ? a : b > a ? b : tie;
  return a != a ? b : b != b ? a : ordered;
}

/// Saturating conversions of integral values; a NaN gives 1 << (bits - 1).
inline s32 to_s32(f64 a) {
  return a >= 2147483648.0 ? 0x7FFFFFFF : a > -2147483649.0 ? static_cast<s32>(a) : -0x7FFFFFFF - 1;
}
inline u32 to_u32(f64 a) {
  if (a != a) return kSign32;
  return a >= 4294967296.0 ? ~0U : a > 0 ? static_cast<u32>(static_cast<s64>(a)) : 0U;
}
inline s64 to_s64(f64 a) {
  return a >= 9223372036854775808.0    ? static_cast<s64>(kSign64 - 1)
         : a >= -9223372036854775808.0 ? static_cast<s64>(a)
                                       : static_cast<s64>(kSign64);
}
inline u64 to_u64(f64 a) {
  if (a != a) return kSign64;
  return a >= 18446744073709551616.0 ? ~u64{0} : a > 0 ? static_cast<u64>(a) : 0;
}

}  // namespace
}  // namespace femsynth::synth::ptx
