#pragma once

#include <cstddef>
#include <cstdint>

#include "synth/ptx/insn.hpp"

/// What the handlers of operations see of a warp and a launch. Kept free of the standard
/// library's templates, since it is compiled for several instruction sets.
namespace femsynth::synth::ptx {

inline constexpr unsigned kLanes = 32;

struct LaunchState;  // memory.hpp
struct BlockState;   // memory.hpp

/// A global buffer or a module variable.
struct Region {
  std::uint64_t base = 0;  ///< address of its first byte
  std::uint64_t size = 0;  ///< bytes
  std::byte* host = nullptr;
  std::uint64_t* shadow = nullptr;  ///< one word a granule; only of what may be written
  std::uint32_t granule_shift = 3;  ///< log2 of the granule's bytes
  std::uint32_t name = 0;           ///< index into LaunchState::region_names
};

/// A warp while it runs: `width` lanes wide, 8, 16 or 32.
struct Warp {
  alignas(64) std::int64_t active64[kLanes];  ///< all ones for an active lane, else 0
  alignas(64) std::uint32_t lane_registers[static_cast<std::size_t>(LaneRegister::count)][kLanes];
  std::uint8_t active8[kLanes];
  std::uint32_t warp_registers[static_cast<std::size_t>(WarpRegister::count)];
  std::uint32_t active = 0;  ///< lanes that execute the current block
  std::uint32_t alive = 0;   ///< lanes that have not ended
  bool partial = false;      ///< results must be merged: some lanes that live are not active
  bool wrote_local = false;
  std::uint32_t width = kLanes;
  std::uint64_t owner = 0;                ///< owner word of lane 0 (owner.hpp), without a kind
  std::uint32_t sync_epoch = 0;           ///< warp barriers so far
  std::uint32_t first_thread = 0;         ///< linear index in the block of lane 0
  std::byte* local = nullptr;             ///< 8-byte units, interleaved by lane
  std::uint8_t* local_written = nullptr;  ///< [unit][lane], one bit a byte
  std::uint64_t local_bytes = 0;          ///< per lane, a multiple of 8
  const Region* regions = nullptr;        ///< regions[0] is unused
  std::uint64_t region_count = 0;
  const std::byte* parameters = nullptr;
  const Access* accesses = nullptr;
  std::uint64_t sectors = 0;
  LaunchState* launch = nullptr;
  BlockState* block = nullptr;
};

using Handler = void (*)(std::byte* file, const Insn& insn, Warp& warp);

/// Handlers of one instruction set: by width (8, 16, 32, and 1 for scalar results), operation
/// and the low three bits of the shape; null where a combination has none.
struct HandlerTable {
  const char* name;
  Handler at[4][kOpCount][8];
  /// Merge a scratch row into `dst` where lanes are active; by width.
  void (*merge32[3])(std::byte* file, std::uint32_t dst, std::uint32_t scratch, const Warp& warp);
  void (*merge64[3])(std::byte* file, std::uint32_t dst, std::uint32_t scratch, const Warp& warp);
};

/// The widest instruction set of this machine; `FEMSYNTH_PTX_ISA` = "portable", "haswell" or
/// "x86-64-v4" asks for a lesser one. All give the same bits.
const HandlerTable& handlers();
/// Index of a width in the tables: 8 → 0, 16 → 1, 32 → 2.
inline constexpr unsigned width_index(unsigned width) {
  return width == 8 ? 0 : width == 16 ? 1 : 2;
}
inline constexpr unsigned kScalarWidth = 3;

// Handlers that are the same at every width; they look at each lane.
void load_checked(std::byte* file, const Insn& insn, Warp& warp);
void store_checked(std::byte* file, const Insn& insn, Warp& warp);
/// Notes an atomic of a lane in an owner word. False: a race.
bool note_atomic(std::uint64_t& word, Warp& warp, unsigned lane);
/// After an atomic on global memory: what it publishes and acquires.
void atomic_done(const Access& access, Warp& warp);
void atomic_checked(std::byte* file, const Insn& insn, Warp& warp);
void shuffle_lanes(std::byte* file, const Insn& insn, Warp& warp);
void vote_lanes(std::byte* file, const Insn& insn, Warp& warp);
void warp_barrier(std::byte* file, const Insn& insn, Warp& warp);
void memory_fence(std::byte* file, const Insn& insn, Warp& warp);

// Scalar functions of the device that have no counterpart in an instruction set.
namespace scalar {
double rounded_add(double a, double b, std::int64_t mode);
double rounded_mul(double a, double b, std::int64_t mode);
double rounded_div(double a, double b, std::int64_t mode);
double rounded_fma(double a, double b, double c, std::int64_t mode);
double rounded_sqrt(double a, std::int64_t mode);
float rounded_add(float a, float b, std::int64_t mode);
float rounded_mul(float a, float b, std::int64_t mode);
float rounded_div(float a, float b, std::int64_t mode);
float rounded_fma(float a, float b, float c, std::int64_t mode);
float rounded_sqrt(float a, std::int64_t mode);
float rounded_narrow(double a, std::int64_t mode);
float rounded_f32_of(std::int64_t a, std::int64_t mode);
float rounded_f32_of(std::uint64_t a, std::int64_t mode);
double rounded_f64_of(std::int64_t a, std::int64_t mode);
double rounded_f64_of(std::uint64_t a, std::int64_t mode);
double gross_reciprocal(double a);
double gross_rsqrt(double a);
float approximate_ex2(float a);
float approximate_lg2(float a);
float approximate_sin(float a);
float approximate_cos(float a);
float approximate_tanh(float a);
}  // namespace scalar

}  // namespace femsynth::synth::ptx
