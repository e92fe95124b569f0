#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "synth/run/launch.hpp"

namespace femsynth::synth {

/// One parameter of a kernel, as its PTX declares it.
struct KernelParameter {
  std::string type;  ///< "u64", "f64", "u32", …; "b8" for a structure
  std::size_t bytes = 0;
  bool pointer = false;  ///< declared `.ptr`; older PTX leaves that out
};

/// Parameters of every entry in a PTX text, by the kernel's name.
std::map<std::string, std::vector<KernelParameter>> kernel_signatures(std::string_view ptx);

/// Throws InternalError unless the launch gives each parameter an argument of its
/// kind and size, and every buffer argument names one of `buffer_count` buffers.
void check_arguments(const Launch& launch, const std::vector<KernelParameter>& parameters,
                     std::size_t buffer_count);

}  // namespace femsynth::synth
