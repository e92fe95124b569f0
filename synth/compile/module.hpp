#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace femsynth::synth {

/// ptxas's figures for one kernel, read from the compile log.
struct ResourceUsage {
  std::string kernel;
  int registers = 0;          ///< per thread
  int spill_store_bytes = 0;  ///< per thread
  int spill_load_bytes = 0;   ///< per thread
  int stack_bytes = 0;        ///< local memory frame per thread
  int shared_bytes = 0;       ///< static shared memory per block
  int constant_bytes = 0;     ///< constant bank of parameters and literals
  int barriers = 0;
};

/// What NVRTC made of one CUDA source: PTX and cubin of one compilation.
struct CompiledModule {
  std::string arch;                  ///< "sm_80" or "sm_90"
  std::string nvrtc_version;         ///< "13.0"
  std::vector<std::string> options;  ///< as passed to NVRTC
  std::string ptx;
  std::string cubin;                     ///< an ELF image
  std::string log;                       ///< NVRTC's and ptxas's words
  std::vector<ResourceUsage> resources;  ///< one a kernel, in the log's order
};

}  // namespace femsynth::synth
