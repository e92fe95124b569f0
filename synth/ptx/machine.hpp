#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "synth/ptx/memory.hpp"
#include "synth/ptx/program.hpp"

namespace femsynth::synth::ptx {

/// One launch, its arguments already laid out as the kernel's parameters.
struct LaunchRequest {
  std::array<std::uint32_t, 3> grid{1, 1, 1}, block{1, 1, 1};
  std::span<const std::byte> parameters;
  std::span<MemoryObject> memory;
  LaunchOptions options;
};

/// The address that object `index` of the request's memory has; what a pointer argument holds.
std::uint64_t address_of_object(const DecodedModule& module, std::size_t index);

/// How often each block of the program ran.
struct RunCounts {
  std::vector<std::uint64_t> lanes;  ///< active lanes, summed over passes
  std::vector<std::uint64_t> warps;  ///< passes
  std::uint64_t sectors = 0;
};

/// Runs a launch to its end, block after block, and within a block warp after warp.
/// Throws Fault. `module` is shared and not changed; the memory objects must not be shared.
RunCounts run_launch(const DecodedModule& module, const Program& program,
                     const LaunchRequest& request);

}  // namespace femsynth::synth::ptx
