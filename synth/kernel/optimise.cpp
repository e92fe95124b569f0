#include "synth/kernel/optimise.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "meshes/support/error.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/optimise/passes.hpp"

namespace femsynth::synth {
namespace {

// Folding makes values equal that sharing then finds; hoisting leaves copies to no one else.
constexpr std::array<KernelPass, 4> kPasses = {{
    {"fold", fold},
    {"share", share_subexpressions},
    {"hoist", hoist_invariants},
    {"dead", remove_dead_code},
}};

std::string pass_names() {
  std::string names;
  for (const KernelPass& pass : kPasses) {
    names += names.empty() ? "" : ", ";
    names += pass.name;
  }
  return names;
}

}  // namespace

std::span<const KernelPass> kernel_passes() { return kPasses; }

void optimise(Module& module, const OptimiseOptions& options) {
  for (const std::string& name : options.skip) {
    const bool known = std::any_of(kPasses.begin(), kPasses.end(),
                                   [&](const KernelPass& pass) { return pass.name == name; });
    if (!known) {
      throw InputError("'" + name + "' is no pass over kernels; there are " + pass_names());
    }
  }
  for (const KernelPass& pass : kPasses) {
    if (options.skip.contains(pass.name)) continue;
    const auto begin = std::chrono::steady_clock::now();
    pass.run(module);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    try {
      check(module);
    } catch (const InternalError& error) {
      throw InternalError("after pass " + std::string(pass.name) + ": " + error.what());
    }
    if (options.observe) options.observe(pass.name, seconds.count(), module);
  }
}

}  // namespace femsynth::synth
