#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace femsynth::synth {

/// SASS of a cubin, as NVIDIA's own disassembler prints it: nvdisasm, else
/// cuobjdump, from the toolkit or PATH. Throws MissingComponent when neither is on
/// this machine, InputError when the disassembler refuses the image or exceeds
/// the time limit.
std::string disassemble(std::string_view cubin,
                        std::chrono::milliseconds limit = std::chrono::seconds(30));

}  // namespace femsynth::synth
