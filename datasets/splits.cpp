#include "datasets/splits.hpp"

#include <string_view>

#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {

std::string split_of(const std::string& split_group) {
  // A hash of its own: the group's own digits stay free for other uses.
  const Sha256 digest = sha256(std::string_view("split:" + split_group));
  const unsigned number = digest[0] << 8U | digest[1];
  constexpr unsigned whole = 1U << 16;
  if (number < whole * 8 / 10) return "train";
  return number < whole * 9 / 10 ? "validation" : "test";
}

}  // namespace femsynth::datasets
