#pragma once

#include <string_view>
#include <vector>

#include "synth/compile/module.hpp"

namespace femsynth::synth {

/// Reads ptxas's figures (`-v`) out of a compile log: one entry for each
/// "Compiling entry function", in the log's order. Figures that ptxas leaves out
/// are zero (it names no constant bank for sm_90, where parameters have a bank of
/// fixed size). Lines about device functions that were not inlined are not counted.
std::vector<ResourceUsage> parse_resource_usage(std::string_view log);

/// The log without what differs between two runs of the same compilation (the
/// lines "Compile time = …"), so that it can be stored and compared byte by byte.
std::string without_timings(std::string_view log);

}  // namespace femsynth::synth
