#pragma once

#include <cstdint>
#include <memory>

#include "synth/run/executor.hpp"

namespace femsynth::synth {

struct PtxExecutorOptions {
  /// Instructions, one a lane, after which a launch is stopped with an ExecutionFault.
  std::uint64_t instruction_budget = 100'000'000'000;
  /// Outputs count as never written until the kernel writes them: a plain load of one before
  /// that is an ExecutionFault. Atomics may still add to what the caller put there.
  bool outputs_uninitialised = false;
};

/// The emulator: runs the PTX text of a module on any machine, checks every access, and counts
/// (notes/ptx_emulator.md). Deterministic. load() throws LocatedError at an instruction that it
/// does not know. Any number of threads may call load() and run() of one executor at a time, and
/// share a LoadedModule, as long as no two runs share buffers.
std::unique_ptr<Executor> make_ptx_executor(const PtxExecutorOptions& options = {});

}  // namespace femsynth::synth
