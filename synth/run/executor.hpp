#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "synth/compile/module.hpp"
#include "synth/run/launch.hpp"

namespace femsynth::synth {

/// What executed, as deterministic labels of performance. All zero for an
/// executor that does not count (`cuda`).
struct ExecutionCounts {
  /// Executed instructions, one per active lane, by class: "f64.fma", "f64.add", "f64.mul",
  /// "f64.div", "f64.special", "f32.…", "integer", "load.global", "store.global",
  /// "load.local", "store.local", "load.shared", "store.shared", "load.constant", "atomic",
  /// "branch", "barrier", "convert", "move", "predicate".
  std::map<std::string, std::uint64_t> instructions;
  std::uint64_t warp_instructions = 0;  ///< instructions issued, one per warp
  /// Bytes moved by active lanes, by space: "global.read", "global.write",
  /// "local.read", "local.write", "shared.read", "shared.write", "constant.read".
  std::map<std::string, std::uint64_t> bytes;
  /// 32-byte sectors of global memory touched, summed over warp accesses.
  std::uint64_t global_sectors = 0;

  std::uint64_t total_instructions() const;
  /// Floating-point operations: an fma counts two.
  std::uint64_t flops() const;
  ExecutionCounts& operator+=(const ExecutionCounts& other);
};

/// A fault that the kernel committed while it ran (out of bounds, misaligned,
/// read before write, race, unknown instruction, barrier divergence, …). what()
/// names the kernel, the instruction with its PTX line, the thread and the address.
class ExecutionFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A module that an executor has made ready to run (parsed, or loaded on a device).
class LoadedModule {
 public:
  virtual ~LoadedModule() = default;
};

/// Runs compiled kernels. One interface for every way to do it.
class Executor {
 public:
  virtual ~Executor() = default;
  /// "ptx", "cuda", "host".
  virtual std::string name() const = 0;
  /// Makes a compiled module ready to run; do it once a module, then launch often.
  virtual std::shared_ptr<const LoadedModule> load(const CompiledModule& module) = 0;
  /// Runs one launch to its end. Buffers that are outputs hold their new contents
  /// afterwards; the others keep theirs. Throws ExecutionFault when the kernel
  /// misbehaves, and InternalError when the launch does not fit the kernel's
  /// parameters (number, kind and size of the arguments).
  virtual ExecutionCounts run(const LoadedModule& module, const Launch& launch,
                              std::span<Buffer> buffers) = 0;
};

}  // namespace femsynth::synth
