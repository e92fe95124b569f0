#pragma once

#include <array>
#include <cstdint>

namespace femsynth::datasets {

/// Philox4x32-10: a block of 128 random bits from a counter of 128 and a key of 64 bits
/// (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC'11).
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// The random numbers that belong to one candidate of a corpus: a function of (seed, index)
/// and of nothing else, so that they do not depend on who draws them, or when.
class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::uint64_t index) : seed_(seed), index_(index) {}

  /// 64 random bits.
  std::uint64_t next();
  /// Uniform in {0, …, n − 1}; n > 0. Unbiased, by rejection.
  std::uint64_t below(std::uint64_t n);

 private:
  std::uint64_t seed_;
  std::uint64_t index_;
  std::uint64_t draws_ = 0;
};

}  // namespace femsynth::datasets
