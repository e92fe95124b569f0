#pragma once

// The fast paths of memory operations, for lanes.cpp alone (see lanes_math.hpp). Whatever is not
// the common case goes to the checked functions of access.cpp, which look at each lane.

#include "synth/ptx/lanes_rows.hpp"
#include "synth/ptx/owner.hpp"

namespace femsynth::synth::ptx {
namespace {

/// The rows or slots that a load writes or a store reads: dst, b, c, d.
inline u32 element_of(const Insn& insn, int element) {
  return element == 0 ? insn.dst : element == 1 ? insn.b : element == 2 ? insn.c : insn.d;
}

/// Distinct 32-byte sectors among the lanes' offsets (a multiple of 8 lanes, none masked out).
template <int W>
inline u32 count_sectors(const u64* offsets) {
  u32 sector[W];
  for (int i = 0; i < W; ++i) sector[i] = static_cast<u32>(offsets[i] >> 5);
  u32 steps = 0;
  u32 backward = 0;
  for (int i = 1; i < W; ++i) {
    steps += sector[i] != sector[i - 1] ? 1 : 0;
    backward |= sector[i] < sector[i - 1] ? 1U : 0U;
  }
  if (backward == 0) return steps + 1;
  u32 repeated = 0;
  for (int i = 1; i < W; ++i) {
    u32 seen = 0;
    for (int j = 0; j < W; ++j) seen |= (j < i && sector[j] == sector[i]) ? 1U : 0U;
    repeated += seen;
  }
  return W - repeated;
}

/// The lanes' offsets in the region that the leader's address lies in, or null where a lane is out
/// of it or misaligned. Lanes that are not active get the leader's offset.
template <int W>
inline const Region* find_offsets(std::byte* file, const Insn& insn, const Warp& warp, u64 bytes,
                                  u64* offset) {
  const auto* address = row<u64, W>(file, insn.a);
  const u64 first = address[__builtin_ctz(warp.active)] + static_cast<u64>(insn.imm);
  const u64 number = first >> kRegionBits;
  if (number >= warp.region_count) return nullptr;
  const Region& region = warp.regions[number];
  if (region.size < bytes) return nullptr;
  const u64 limit = region.size - bytes;
  const u64 shift = static_cast<u64>(insn.imm) - region.base;
  const u64 leader_offset = first - region.base;
  u64 bad = 0;
  for (int i = 0; i < W; ++i) {
    const u64 o = warp.active64[i] != 0 ? address[i] + shift : leader_offset;
    bad |= (o > limit ? u64{1} : u64{0}) | (o & (bytes - 1));
    offset[i] = o;
  }
  return bad != 0 ? nullptr : &region;
}

/// Loads by addresses that differ by lane, all in one region that is never written.
template <class T, int W>
void load_global_rows(std::byte* file, const Insn& insn, Warp& warp) {
  const int lanes = warp.accesses[insn.access].lanes;
  alignas(64) u64 offset[W];
  const Region* region =
      find_offsets<W>(file, insn, warp, sizeof(T) * static_cast<u64>(lanes), offset);
  if (region == nullptr || region->shadow != nullptr) return load_checked(file, insn, warp);
  warp.sectors += count_sectors<W>(offset);
  for (int element = 0; element < lanes; ++element) {
    auto* d = row<T, W>(file, element_of(insn, element));
    const std::byte* from = region->host + sizeof(T) * static_cast<std::size_t>(element);
    if (!warp.partial) {
#pragma GCC ivdep
      for (int i = 0; i < W; ++i) d[i] = *reinterpret_cast<const Cell<T>*>(from + offset[i]);
    } else {
      for (int i = 0; i < W; ++i) {
        if (warp.active64[i] != 0) d[i] = *reinterpret_cast<const Cell<T>*>(from + offset[i]);
      }
    }
  }
}

/// Stores to granules that nobody but the lane itself has accessed in this launch.
template <class T, int W>
void store_global_rows(std::byte* file, const Insn& insn, Warp& warp) {
  const int lanes = warp.accesses[insn.access].lanes;
  alignas(64) u64 offset[W];
  const Region* region =
      find_offsets<W>(file, insn, warp, sizeof(T) * static_cast<u64>(lanes), offset);
  constexpr unsigned shift = sizeof(T) == 8 ? 3 : 2;
  if (region == nullptr || region->shadow == nullptr || region->granule_shift != shift) {
    return store_checked(file, insn, warp);
  }
  const u64 mine = warp.owner | kWrites | kOwnerWrote;
  u64 foreign = 0;
  for (int element = 0; element < lanes; ++element) {
    const u64* shadow = region->shadow + element;
    for (int i = 0; i < W; ++i) {
      const u64 word = shadow[offset[i] >> shift];
      const u64 own = mine + (static_cast<u64>(i) << kOwnerThreadShift);
      foreign |= word != 0 && word != own && warp.active64[i] != 0 ? u64{1} : u64{0};
    }
  }
  if (foreign != 0) return store_checked(file, insn, warp);
  u64 lost = 0;
  for (int element = 0; element < lanes; ++element) {
    u64* shadow = region->shadow + element;
    std::byte* to = region->host + sizeof(T) * static_cast<std::size_t>(element);
    const auto* v = row<T, W>(file, element_of(insn, element));
    for (u32 rest = warp.active; rest != 0; rest &= rest - 1) {
      const int i = __builtin_ctz(rest);
      shadow[offset[i] >> shift] = mine + (static_cast<u64>(i) << kOwnerThreadShift);
      *reinterpret_cast<Cell<T>*>(to + offset[i]) = v[i];
    }
    // Two lanes with one address: the later one has taken the word, and the check finds the race.
    for (int i = 0; i < W; ++i) {
      const u64 own = mine + (static_cast<u64>(i) << kOwnerThreadShift);
      lost |= shadow[offset[i] >> shift] != own && warp.active64[i] != 0 ? u64{1} : u64{0};
    }
  }
  if (lost != 0) return store_checked(file, insn, warp);
  warp.sectors += count_sectors<W>(offset);
}

/// Sums of floats into global memory, in the order of the lanes.
template <class T, int W>
void atomic_add_rows(std::byte* file, const Insn& insn, Warp& warp) {
  const Access& access = warp.accesses[insn.access];
  alignas(64) u64 offset[W];
  const Region* region = find_offsets<W>(file, insn, warp, sizeof(T), offset);
  constexpr unsigned shift = sizeof(T) == 8 ? 3 : 2;
  if (region == nullptr || region->shadow == nullptr || region->granule_shift != shift) {
    return atomic_checked(file, insn, warp);
  }
  // All owners first: after a race nothing may have been added.
  const u64 mine = warp.owner | kAtomics | kOwnerWrote;
  for (u32 rest = warp.active; rest != 0; rest &= rest - 1) {
    const int i = __builtin_ctz(rest);
    u64& word = region->shadow[offset[i] >> shift];
    if (word == 0) {
      word = mine + (static_cast<u64>(i) << kOwnerThreadShift);
    } else if (!note_atomic(word, warp, static_cast<unsigned>(i))) {
      return atomic_checked(file, insn, warp);
    }
  }
  warp.sectors += count_sectors<W>(offset);
  const auto* value = row<T, W>(file, insn.b);
  for (u32 rest = warp.active; rest != 0; rest &= rest - 1) {
    const int i = __builtin_ctz(rest);
    auto& cell = *reinterpret_cast<Cell<T>*>(region->host + offset[i]);
    const T old = cell;
    cell = old + value[i];
    if (access.returns) row<T, W>(file, insn.dst)[i] = old;
  }
  atomic_done(access, warp);
}

/// Loads by one address for the whole warp, of what is never written; into slots or rows.
template <class T, int W>
void load_global_same(std::byte* file, const Insn& insn, Warp& warp) {
  const u64 address = slot<u64>(file, insn.a) + static_cast<u64>(insn.imm);
  const u64 region_number = address >> kRegionBits;
  const int lanes = warp.accesses[insn.access].lanes;
  const u64 bytes = sizeof(T) * static_cast<u64>(lanes);
  if (region_number >= warp.region_count) return load_checked(file, insn, warp);
  const Region& region = warp.regions[region_number];
  const u64 offset = address - region.base;
  if (region.shadow != nullptr || region.size < bytes || offset > region.size - bytes ||
      (offset & (bytes - 1)) != 0 || (insn.shape & kScalarResult) == 0) {
    return load_checked(file, insn, warp);
  }
  warp.sectors += warp.accesses[insn.access].space == Space::constant ? 0 : 1;
  for (int element = 0; element < lanes; ++element) {
    slot<T>(file, element_of(insn, element)) = *reinterpret_cast<const Cell<T>*>(
        region.host + offset + sizeof(T) * static_cast<u64>(element));
  }
}

/// The bits of one unit's mask of written bytes that an access of T at `offset` concerns.
template <class T>
inline std::uint8_t written_bits(u64 offset) {
  return sizeof(T) == 8 ? 0xFF : static_cast<std::uint8_t>(0x0F << (offset & 7));
}

/// Loads of local memory at one offset for the whole warp: in the interleaved layout a row.
template <class T, int W>
void load_local_same(std::byte* file, const Insn& insn, Warp& warp) {
  const u64 start = slot<u64>(file, insn.a) + static_cast<u64>(insn.imm);
  const int lanes = warp.accesses[insn.access].lanes;
  const u64 bytes = sizeof(T) * static_cast<u64>(lanes);
  if (warp.local_bytes < bytes || start > warp.local_bytes - bytes || (start & (bytes - 1)) != 0) {
    return load_checked(file, insn, warp);
  }
  for (int element = 0; element < lanes; ++element) {
    const u64 offset = start + sizeof(T) * static_cast<u64>(element);
    const std::uint8_t* written = warp.local_written + (offset >> 3) * W;
    const std::uint8_t wanted = written_bits<T>(offset);
    std::uint8_t missing = 0;
    for (int i = 0; i < W; ++i) {
      missing = static_cast<std::uint8_t>(missing | (~written[i] & wanted & warp.active8[i]));
    }
    if (missing != 0) return load_checked(file, insn, warp);
    const auto* from =
        reinterpret_cast<const Cell<T>*>(warp.local + (offset >> 3) * (8 * W) + (offset & 7));
    auto* d = row<T, W>(file, element_of(insn, element));
    constexpr int step = 8 / static_cast<int>(sizeof(T));
    if (!warp.partial) {
#pragma GCC ivdep
      for (int i = 0; i < W; ++i) d[i] = from[i * step];
    } else {
#pragma GCC ivdep
      for (int i = 0; i < W; ++i) d[i] = warp.active64[i] != 0 ? from[i * step] : d[i];
    }
  }
}

template <class T, int W>
void store_local_same(std::byte* file, const Insn& insn, Warp& warp) {
  const u64 start = slot<u64>(file, insn.a) + static_cast<u64>(insn.imm);
  const int lanes = warp.accesses[insn.access].lanes;
  const u64 bytes = sizeof(T) * static_cast<u64>(lanes);
  if (warp.local_bytes < bytes || start > warp.local_bytes - bytes || (start & (bytes - 1)) != 0) {
    return store_checked(file, insn, warp);
  }
  warp.wrote_local = true;
  for (int element = 0; element < lanes; ++element) {
    const u64 offset = start + sizeof(T) * static_cast<u64>(element);
    std::uint8_t* written = warp.local_written + (offset >> 3) * W;
    const std::uint8_t bits = written_bits<T>(offset);
    auto* to = reinterpret_cast<Cell<T>*>(warp.local + (offset >> 3) * (8 * W) + (offset & 7));
    const auto* v = row<T, W>(file, element_of(insn, element));
    constexpr int step = 8 / static_cast<int>(sizeof(T));
    if (!warp.partial) {
      for (int i = 0; i < W; ++i) written[i] = static_cast<std::uint8_t>(written[i] | bits);
#pragma GCC ivdep
      for (int i = 0; i < W; ++i) to[i * step] = v[i];
    } else {
      for (int i = 0; i < W; ++i) {
        written[i] = static_cast<std::uint8_t>(written[i] | (bits & warp.active8[i]));
      }
#pragma GCC ivdep
      for (int i = 0; i < W; ++i) to[i * step] = warp.active64[i] != 0 ? v[i] : to[i * step];
    }
  }
}

}  // namespace
}  // namespace femsynth::synth::ptx
