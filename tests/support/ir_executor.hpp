#pragma once

#include "synth/kernel/module.hpp"
#include "synth/run/executor.hpp"

namespace femsynth::synth::testing {

/// Runs a program's kernel IR itself, in double precision, by the tests' interpreter: checks
/// lowering without NVRTC or the PTX emulator. The module to load is given as its text in
/// CompiledModule::ptx.
class IrExecutor : public Executor {
 public:
  std::string name() const override { return "ir"; }
  std::shared_ptr<const LoadedModule> load(const CompiledModule& module) override;
  ExecutionCounts run(const LoadedModule& module, const Launch& launch,
                      std::span<Buffer> buffers) override;
};

}  // namespace femsynth::synth::testing
