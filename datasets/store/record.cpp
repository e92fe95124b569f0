#include "datasets/store/record.hpp"

#include <algorithm>

#include "meshes/support/error.hpp"

namespace femsynth::datasets {

const char* name_of(Tier tier) {
  switch (tier) {
    case Tier::none:
      return "none";
    case Tier::compiled:
      return "compiled";
    case Tier::executed:
      return "executed";
    case Tier::verified:
      return "verified";
    case Tier::converges:
      return "converges";
  }
  throw InternalError("a tier without a name");
}

std::uint64_t Record::registers() const {
  std::uint64_t most = 0;
  for (const auto& kernel : resources) {
    most = std::max(most, static_cast<std::uint64_t>(std::max(kernel.registers, 0)));
  }
  return most;
}

std::uint64_t Record::spill_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& kernel : resources) {
    bytes += static_cast<std::uint64_t>(std::max(kernel.spill_store_bytes, 0)) +
             static_cast<std::uint64_t>(std::max(kernel.spill_load_bytes, 0));
  }
  return bytes;
}

std::uint64_t Record::instructions() const {
  std::uint64_t total = 0;
  for (const auto& run : counts) {
    for (const auto& [name, count] : run.counts.instructions) total += count;
  }
  return total;
}

}  // namespace femsynth::datasets
