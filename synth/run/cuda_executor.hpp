#pragma once

#include <memory>

#include "synth/run/cuda_runtime.hpp"
#include "synth/run/executor.hpp"

namespace femsynth::synth {

/// An executor that loads cubins through cudart and launches them on device 0.
///
/// Each launch gets its own device memory: every buffer stands between two guard
/// zones of 4 KiB filled with a pattern. A launch that changes a guard zone, or a
/// buffer that is no output, is an ExecutionFault, as is any fault that the device
/// reports (illegal address, misaligned access, trap, …). After a fault that the device reports,
/// the process's context on the device is lost, and later launches fail with the same words.
/// Returned counts are zero: the device does not count. Thread safe.
///
/// Throws MissingComponent, with the reason, when there is no cudart (12.8 or
/// newer), no driver or no device.
std::unique_ptr<Executor> make_cuda_executor();

}  // namespace femsynth::synth
