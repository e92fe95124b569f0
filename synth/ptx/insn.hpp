#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "synth/ptx/space.hpp"

/// One decoded operation.
///
/// A warp keeps its registers in one file of cells. Below the file's origin lie scalar slots of
/// 8 bytes, one value for the whole warp: constants, predicates (a mask, one bit a lane) and the
/// registers that are proved to be the same in all lanes. Above it lie rows, one cell a lane.
namespace femsynth::synth::ptx {

enum class Op : std::uint16_t {
#define UNARY(name, ...) name,
#define BINARY(name, ...) name,
#define TERNARY(name, ...) name,
#define QUATERNARY(name, ...) name,
#define COMPARE(name, ...) name,
#define MASK(name, ...) name,
#define SPECIAL(name) name,
#include "synth/ptx/ops.def"
  count
};
inline constexpr std::size_t kOpCount = static_cast<std::size_t>(Op::count);

/// Rounding modes in Insn::imm of the …_round operations.
enum class Rounding : std::uint8_t { nearest, zero, down, up };

/// Special registers that differ by lane, in Insn::imm of special_lanes.
enum class LaneRegister : std::uint8_t {
  tid_x,
  tid_y,
  tid_z,
  laneid,
  lanemask_eq,
  lanemask_lt,
  lanemask_le,
  lanemask_gt,
  lanemask_ge,
  count
};
/// Special registers that a warp has in common, in Insn::imm of special_warp.
enum class WarpRegister : std::uint8_t {
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  warpid,
  nwarpid,
  count
};

enum class AtomicOp : std::uint8_t { add, min, max, exch, cas, land, lor, lxor, inc, dec };
enum class VoteOp : std::uint8_t { all, any, uni, ballot };
enum class ShuffleOp : std::uint8_t { up, down, bfly, idx };
/// Type of one element of a memory access, as it sits in memory.
enum class MemoryType : std::uint8_t { u8, s8, u16, s16, b32, b64, f32, f64, s32, s64 };
inline unsigned bytes_of(MemoryType type) {
  static constexpr std::array<unsigned char, 10> bytes{1, 1, 2, 2, 4, 8, 4, 8, 4, 8};
  return bytes[static_cast<std::size_t>(type)];
}

/// What a memory, atomic, vote or shuffle operation needs beyond its operands.
struct Access {
  Space space = Space::generic;
  MemoryType type = MemoryType::b32;
  std::uint8_t lanes = 1;  ///< elements: 1, 2 or 4
  AtomicOp atomic = AtomicOp::add;
  VoteOp vote = VoteOp::all;
  ShuffleOp shuffle = ShuffleOp::idx;
  bool returns = false;  ///< atom (true) or red
};

/// How a result is merged when only some lanes are active.
enum class Merge : std::uint8_t {
  none,   ///< nothing to merge: a scalar slot, or the handler does it
  row32,  ///< a row of 32-bit cells
  row64,
  mask,  ///< a predicate
};

/// Which operands are scalar slots. kScalarResult: the results are slots too. kScalarOnly: the
/// operation acts on slots alone, whatever the warp's width.
using Shape = std::uint8_t;
inline constexpr Shape kScalarA = 1, kScalarB = 2, kScalarC = 4;
inline constexpr Shape kScalarOnly = 64, kScalarResult = 128;

/// One operation. An operand is the number of a scalar slot or the position of a row
/// (in units of one 32-bit cell a lane), as `shape` tells.
struct Insn {
  std::uint32_t dst = 0, a = 0, b = 0, c = 0, d = 0;
  Op op = Op::mov32;
  Shape shape = 0;
  Merge merge = Merge::none;
  std::int64_t imm = 0;
  std::uint32_t source = 0;  ///< index of the PTX instruction in Program::sources
  std::uint32_t access = 0;  ///< index in Program::accesses
};

}  // namespace femsynth::synth::ptx
