#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "synth/kernel/module.hpp"

/// Passes over the loop tree and the driver that runs them.
///
/// Each pass leaves a module that check() accepts, computes the same values up to rounding, and
/// run a second time changes nothing.
namespace femsynth::synth {

struct KernelPass {
  std::string_view name;
  void (*run)(Module&);
};

/// All passes, in the order in which optimise() runs them.
std::span<const KernelPass> kernel_passes();

struct OptimiseOptions {
  std::set<std::string, std::less<>> skip;  ///< names of passes not to run
  /// Called after each pass that ran, with its name and wall time in seconds.
  std::function<void(std::string_view, double, const Module&)> observe;
};

/// Runs the passes on a module that check() accepts and checks it after each one.
/// Throws InputError for an unknown name in `skip`, InternalError when a pass breaks the module.
void optimise(Module& module, const OptimiseOptions& options = {});

}  // namespace femsynth::synth
