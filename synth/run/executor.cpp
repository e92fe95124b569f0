#include "synth/run/executor.hpp"

#include <string_view>

namespace femsynth::synth {

std::uint64_t ExecutionCounts::total_instructions() const {
  std::uint64_t total = 0;
  for (const auto& [name, count] : instructions) total += count;
  return total;
}

std::uint64_t ExecutionCounts::flops() const {
  std::uint64_t total = 0;
  for (const auto& [name, count] : instructions) {
    const std::string_view prefix = std::string_view(name).substr(0, 4);
    if (prefix != "f64." && prefix != "f32.") continue;
    total += name.ends_with(".fma") ? 2 * count : count;
  }
  return total;
}

ExecutionCounts& ExecutionCounts::operator+=(const ExecutionCounts& other) {
  for (const auto& [name, count] : other.instructions) instructions[name] += count;
  for (const auto& [name, count] : other.bytes) bytes[name] += count;
  warp_instructions += other.warp_instructions;
  global_sectors += other.global_sectors;
  return *this;
}

}  // namespace femsynth::synth
