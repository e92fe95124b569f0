#pragma once

#include <string>

#include "synth/kernel/module.hpp"

/// CUDA C++ from kernel IR.
namespace femsynth::synth {

/// Bytes of tables that a module keeps in constant memory; the hardware has 64 KiB, of which the
/// driver and kernel parameters want some.
inline constexpr std::size_t kConstantMemoryBytes = 48 * 1024;

/// The module as one header-free CUDA C++ source that NVRTC and nvcc compile: the module's
/// comment, tables, device functions, kernels, in the module's order.
///
/// - Tables are `__constant__ const` in order until kConstantMemoryBytes are used, the rest
///   `__device__ const`; both let the compiler fold entries into unrolled loops.
/// - Literals are the shortest decimals that read back exactly, in the module's precision.
/// - A loop marked `unroll` carries `#pragma unroll`; see unroll.hpp for the others.
/// - Lines are at most 100 columns wide where an expression can be broken.
///
/// The text is a function of the module alone. The module must pass check().
std::string emit_cuda(const Module& module);

}  // namespace femsynth::synth
