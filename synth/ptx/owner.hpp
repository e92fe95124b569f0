#pragma once

#include <cstdint>

/// The word that remembers, for each granule of writable global memory, who accessed it last in
/// a launch: kind (3 bits), many blocks (1), written (1), thread (32), epoch of its block (27).
/// Zero is "not accessed". Local to each file, since lanes.cpp is compiled several times.
namespace femsynth::synth::ptx {
namespace {

[[maybe_unused]] constexpr std::uint64_t kOwnerKind = 7;
[[maybe_unused]] constexpr std::uint64_t kOwnerManyBlocks = 8;
[[maybe_unused]] constexpr std::uint64_t kOwnerWrote = 16;
[[maybe_unused]] constexpr unsigned kOwnerThreadShift = 5;
[[maybe_unused]] constexpr unsigned kOwnerEpochShift = 37;

enum OwnerKind : std::uint64_t { kNotOwned, kReads, kReadsMany, kWrites, kAtomics, kAtomicsMany };

[[maybe_unused]] inline std::uint64_t owner_word(std::uint64_t kind_and_flags, std::uint32_t thread,
                                                 std::uint32_t epoch) {
  return kind_and_flags | (static_cast<std::uint64_t>(thread) << kOwnerThreadShift) |
         (static_cast<std::uint64_t>(epoch & 0x7FFFFFF) << kOwnerEpochShift);
}
[[maybe_unused]] inline std::uint32_t owner_thread(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> kOwnerThreadShift);
}
[[maybe_unused]] inline std::uint32_t owner_epoch(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> kOwnerEpochShift);
}

}  // namespace
}  // namespace femsynth::synth::ptx
