#pragma once

#include <cstdint>
#include <vector>

#include "datasets/store/record.hpp"
#include "synth/program.hpp"

namespace femsynth::datasets {

/// The launches of a program on each of the meshes that verify() tries it on with that seed:
/// what assemble() hands to an executor, taken down by one that runs nothing.
std::vector<LaunchRecord> launch_records(const fem::FormModule& module,
                                         const synth::Program& program, std::uint64_t seed);

}  // namespace femsynth::datasets
