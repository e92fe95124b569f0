#pragma once

#include <string>

namespace femsynth::datasets {

/// The split of a sample: "train" (80 %), "validation" (10 %) or "test" (10 %). It depends on
/// `split_group` alone, the SHA-256 (hexadecimal) of the sample's canonical form with all literals
/// equal: forms that differ by literals, names, schedule or family's name stand in one split.
std::string split_of(const std::string& split_group);

}  // namespace femsynth::datasets
