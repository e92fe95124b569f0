#include "synth/ptx/memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "synth/ptx/owner.hpp"

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

std::uint64_t kind_of(Touch touch) {
  return touch == Touch::read ? kReads : touch == Touch::write ? kWrites : kAtomics;
}

/// A thread's own accesses of two kinds together exclude all others, as a write does.
std::uint64_t own_kind(std::uint64_t kind, Touch touch) {
  return kind == kind_of(touch) ? kind : static_cast<std::uint64_t>(kWrites);
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
  const std::uint64_t wrote = touch == Touch::read ? 0 : kOwnerWrote;
  if (word == 0) {
    word = owner_word(kind_of(touch) | wrote, id, epoch);
    return true;
  }
  const std::uint64_t kind = word & kOwnerKind;
  const std::uint64_t wrote_before = word & kOwnerWrote;
  const bool many_blocks = (word & kOwnerManyBlocks) != 0;
  const std::uint32_t owner = owner_thread(word);
  const bool many = kind == kReadsMany || kind == kAtomicsMany;
  if (owner == id && !many && !many_blocks) {
    word = owner_word(own_kind(kind, touch) | wrote_before | wrote, id, epoch);
    return true;
  }
  const std::uint32_t owner_block = owner / launch.threads_per_block;
  const bool same_block = owner_block == warp.block->index;
  bool ordered = false;
  if (many_blocks) {
    ordered = kind == kAtomicsMany && touch == Touch::read && warp.block->acquired;
  } else if (same_block) {
    ordered = owner_epoch(word) < epoch;
  } else {
    ordered = warp.block->acquired && launch.published[owner_block] > owner_epoch(word);
  }
  if (ordered) {
    word = owner_word(kind_of(touch) | (same_block ? wrote_before : 0) | wrote, id, epoch);
    return true;
  }
  const bool foreign_write = wrote_before != 0 && (many_blocks || !same_block);
  const bool reads = kind == kReads || kind == kReadsMany;
  const bool atomics = kind == kAtomics || kind == kAtomicsMany;
  const bool both_read = touch == Touch::read && reads && !foreign_write;
  const bool both_atomic = touch == Touch::atomic && atomics;
  if (!both_read && !both_atomic) return false;
  const std::uint64_t blocks = many_blocks || !same_block ? kOwnerManyBlocks : 0;
  const std::uint64_t shared_kind = both_read ? kReadsMany : kAtomicsMany;
  word = owner_word(shared_kind | wrote_before | wrote | blocks, owner, epoch);
  return true;
}

bool note_shared(std::uint64_t& word, Touch touch, std::uint32_t thread, const Warp& warp) {
  // kind: 3 bits, thread: 11, the block's epoch: 25, the warp's: 25.
  const std::uint64_t epoch = warp.block->epoch & 0x1FFFFFF;
  const std::uint64_t sync = warp.sync_epoch & 0x1FFFFFF;
  const std::uint64_t now = (std::uint64_t{thread} << 3) | (epoch << 14) | (sync << 39);
  const std::uint64_t kind = word & kOwnerKind;
  const auto owner = static_cast<std::uint32_t>(word >> 3) & 0x7FF;
  const std::uint64_t since = (word >> 14) & 0x1FFFFFF;
  const std::uint64_t since_sync = word >> 39;
  const bool many = kind == kReadsMany || kind == kAtomicsMany;
  const bool same_warp = owner / kLanes == thread / kLanes;
  const bool ordered = word == 0 || since < epoch || (!many && same_warp && since_sync < sync);
  if (ordered) {
    word = now | kind_of(touch);
    return true;
  }
  if (owner == thread && !many) {
    word = now | own_kind(kind, touch);
    return true;
  }
  const bool both_read = touch == Touch::read && (kind == kReads || kind == kReadsMany);
  const bool both_atomic = touch == Touch::atomic && (kind == kAtomics || kind == kAtomicsMany);
  if (!both_read && !both_atomic) return false;
  word = (word & ~kOwnerKind) | (both_read ? kReadsMany : kAtomicsMany);
  return true;
}

}  // namespace femsynth::synth::ptx
