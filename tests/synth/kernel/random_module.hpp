#pragma once

#include <cstdint>

#include "synth/kernel/module.hpp"

namespace femsynth::synth::testing {

/// Threads a block and blocks for which a random module's kernel is made, and the number of
/// threads that do work (the kernel's n), not a multiple of the block.
inline constexpr int kRandomBlock = 8;
inline constexpr int kRandomGrid = 3;
inline constexpr int kRandomCells = 19;
/// Reals in x and ints in `index` (each in 0 .. 3) that the kernel reads per cell, and reals in y
/// that it writes per cell; z has kRandomSums entries, added to atomically.
inline constexpr int kRandomInputs = 4;
inline constexpr int kRandomSums = 4;

/// A well-formed module from a seed, with every kind of statement and expression: tables, a device
/// function, and a kernel `run(n: int, x: real*, index: int*, y: out real*, z: out real*)`. It
/// reads nothing that it has not written, repeats itself, and contains what passes simplify.
Module random_module(std::uint64_t seed);

}  // namespace femsynth::synth::testing
