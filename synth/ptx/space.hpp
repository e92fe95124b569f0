#pragma once

#include <cstdint>

namespace femsynth::synth::ptx {

/// State space of a variable or an access.
enum class Space : std::uint8_t { generic, global, constant, shared, local, param };
/// "generic", "global", "const", "shared", "local", "param".
const char* name_of(Space space);

/// The address map. A 64-bit address is a region number and an offset from the middle of the
/// region, so that indices gone wrong either way still name their buffer.
inline constexpr unsigned kRegionBits = 40;
inline constexpr std::uint64_t kRegionOrigin = std::uint64_t{1} << (kRegionBits - 1);
inline constexpr std::uint64_t region_base(std::uint64_t region) {
  return (region << kRegionBits) + kRegionOrigin;
}
/// Generic addresses of shared and local memory lie in regions of their own.
inline constexpr std::uint64_t kSharedRegion = 0xFFFFF0, kLocalRegion = 0xFFFFF1;
inline constexpr std::uint64_t kSharedWindow = region_base(kSharedRegion);
inline constexpr std::uint64_t kLocalWindow = region_base(kLocalRegion);

}  // namespace femsynth::synth::ptx
