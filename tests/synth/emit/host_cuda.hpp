#pragma once

#include <atomic>
#include <barrier>
#include <cmath>

// The part of CUDA C++ that emitted sources use, on the host: one thread a CUDA thread, blocks one
// after another, shared memory as statics.

struct HostIndex {
  int x = 0;
};

inline thread_local HostIndex threadIdx;
inline HostIndex blockIdx, blockDim, gridDim;
inline std::barrier<>* host_barrier = nullptr;

inline void __syncthreads() { host_barrier->arrive_and_wait(); }

inline void atomicAdd(double* place, double value) {
  std::atomic_ref<double>(*place).fetch_add(value);
}

#define __global__
#define __device__
#define __constant__ static
#define __forceinline__ inline
#define __noinline__
#define __shared__ static
#define __launch_bounds__(threads)

namespace femsynth::synth::testing {

/// The kernel of a random module: n, x, index, y, z.
using HostKernel = void (*)(int, const double*, const int*, double*, double*);
extern const HostKernel kSamples[];
extern const int kSampleCount;

}  // namespace femsynth::synth::testing
