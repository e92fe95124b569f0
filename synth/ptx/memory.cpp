#include "synth/ptx/memory.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace femsynth::synth::ptx {
namespace {

std::string thread_name(const LaunchState& launch, const BlockState& block, std::uint32_t thread) {
  const std::uint32_t x = thread % launch.block[0];
  const std::uint32_t y = thread / launch.block[0] % launch.block[1];
  const std::uint32_t z = thread / launch.block[0] / launch.block[1];
  return fmt::format("thread ({},{},{}) of block ({},{},{})", x, y, z, block.position[0],
                     block.position[1], block.position[2]);
}

std::string place(const LaunchState& launch, std::uint32_t source) {
  const Source& at = launch.program->sources[source];
  return fmt::format("kernel '{}', PTX line {}: {}", launch.program->name, at.line, at.text);
}

/// Names the variable at or before `offset` of shared or local memory.
std::string describe_placed(const char* space, const std::vector<PlacedVariable>& variables,
                            std::uint64_t offset) {
  const PlacedVariable* nearest = nullptr;
  for (const PlacedVariable& variable : variables) {
    const bool before = variable.offset <= offset;
    if (before && (nearest == nullptr || variable.offset > nearest->offset)) nearest = &variable;
  }
  if (nearest == nullptr) {
    return fmt::format("{} offset {}", space, static_cast<std::int64_t>(offset));
  }
  return fmt::format("{} variable '{}', offset {} of {} bytes", space, nearest->name,
                     offset - nearest->offset, nearest->size);
}

// --- the owner words of global memory ---

constexpr std::uint64_t kKindMask = 7, kManyBlocks = 8, kWrote = 16;
enum Kind : std::uint64_t { none, reads, reads_many, writes, atomics, atomics_many };

std::uint64_t pack(std::uint64_t kind, std::uint64_t flags, std::uint32_t thread,
                   std::uint32_t epoch) {
  return kind | flags | (static_cast<std::uint64_t>(thread) << 5) |
         (static_cast<std::uint64_t>(epoch & 0x7FFFFFF) << 37);
}

std::uint64_t kind_of(Touch touch) {
  return touch == Touch::read ? reads : touch == Touch::write ? writes : atomics;
}

}  // namespace

void fault(const Warp& warp, std::uint32_t source, unsigned lane, const std::string& message) {
  throw Fault(fmt::format("{}: {}: {}", place(*warp.launch, source),
                          thread_name(*warp.launch, *warp.block, warp.first_thread + lane),
                          message));
}

void fault_of_block(const LaunchState& launch, const BlockState& block, std::uint32_t source,
                    const std::string& message) {
  throw Fault(fmt::format("{}: block ({},{},{}): {}", place(launch, source), block.position[0],
                          block.position[1], block.position[2], message));
}

std::string describe_address(const Warp& warp, std::uint64_t address) {
  const LaunchState& launch = *warp.launch;
  const std::uint64_t number = address >> kRegionBits;
  if (number == kSharedRegion) {
    return describe_placed("shared", launch.program->shared, address - kSharedWindow);
  }
  if (number == kLocalRegion) {
    return describe_placed("local", launch.program->local, address - kLocalWindow);
  }
  if (number == 0 || number >= launch.regions.size()) {
    return fmt::format("address {:#x} belongs to no buffer", address);
  }
  const Region& region = launch.regions[number];
  return fmt::format("address {:#x}, '{}', offset {} of {} bytes", address,
                     launch.region_names[region.name],
                     static_cast<std::int64_t>(address - region.base), region.size);
}

bool note_global(std::uint64_t& word, Touch touch, std::uint32_t thread, const Warp& warp) {
  const LaunchState& launch = *warp.launch;
  const std::uint32_t epoch = warp.block->epoch;
  const std::uint32_t id = warp.block->index * launch.threads_per_block + thread;
  const std::uint64_t wrote = touch == Touch::read ? 0 : kWrote;
  if (word == 0) {
    word = pack(kind_of(touch), wrote, id, epoch);
    return true;
  }
  const std::uint64_t kind = word & kKindMask;
  const bool many_blocks = (word & kManyBlocks) != 0;
  const auto owner = static_cast<std::uint32_t>(word >> 5);
  const auto since = static_cast<std::uint32_t>(word >> 37);
  const bool many = kind == reads_many || kind == atomics_many;
  if (owner == id && !many && !many_blocks) {
    const std::uint64_t stronger =
        std::max(kind == atomics ? static_cast<std::uint64_t>(writes) : kind,
                 touch == Touch::read ? kind : kind_of(touch));
    const bool still_atomic = kind == atomics && touch != Touch::write;
    word = pack(still_atomic     ? static_cast<std::uint64_t>(atomics)
                : kind == writes ? static_cast<std::uint64_t>(writes)
                                 : stronger,
                (word & kWrote) | wrote, id, epoch);
    return true;
  }
  const std::uint32_t owner_block = owner / launch.threads_per_block;
  const bool same_block = owner_block == warp.block->index;
  bool ordered = false;
  if (many_blocks) {
    ordered = kind == atomics_many && touch == Touch::read && warp.block->acquired;
  } else if (same_block) {
    ordered = since < epoch;
  } else {
    ordered = warp.block->acquired && launch.published[owner_block] > since;
  }
  if (ordered) {
    const std::uint64_t before = same_block ? word & kWrote : 0;
    word = pack(kind_of(touch), before | wrote, id, epoch);
    return true;
  }
  const bool foreign_write = (word & kWrote) != 0 && (many_blocks || !same_block);
  const bool both_read =
      touch == Touch::read && (kind == reads || kind == reads_many) && !foreign_write;
  const bool both_atomic = touch == Touch::atomic && (kind == atomics || kind == atomics_many);
  if (!both_read && !both_atomic) return false;
  const std::uint64_t blocks = many_blocks || !same_block ? kManyBlocks : 0;
  word =
      pack(both_read ? reads_many : atomics_many, (word & kWrote) | wrote | blocks, owner, epoch);
  return true;
}

bool note_shared(std::uint64_t& word, Touch touch, std::uint32_t thread, const Warp& warp) {
  // kind: 3 bits, thread: 11, the block's epoch: 25, the warp's: 25.
  const std::uint64_t epoch = warp.block->epoch & 0x1FFFFFF;
  const std::uint64_t sync = warp.sync_epoch & 0x1FFFFFF;
  const std::uint64_t now = (std::uint64_t{thread} << 3) | (epoch << 14) | (sync << 39);
  const std::uint64_t kind = word & kKindMask;
  const auto owner = static_cast<std::uint32_t>(word >> 3) & 0x7FF;
  const std::uint64_t since = (word >> 14) & 0x1FFFFFF;
  const std::uint64_t since_sync = word >> 39;
  const bool many = kind == reads_many || kind == atomics_many;
  const bool ordered = word == 0 || since < epoch ||
                       (!many && owner / kLanes == thread / kLanes && since_sync < sync);
  if (ordered) {
    word = now | kind_of(touch);
    return true;
  }
  if (owner == thread && !many) {
    word = now | (touch == Touch::read || kind == writes ? kind : kind_of(touch));
    return true;
  }
  const bool both_read = touch == Touch::read && (kind == reads || kind == reads_many);
  const bool both_atomic = touch == Touch::atomic && (kind == atomics || kind == atomics_many);
  if (!both_read && !both_atomic) return false;
  word = (word & ~kKindMask) | (both_read ? reads_many : atomics_many);
  return true;
}

}  // namespace femsynth::synth::ptx
