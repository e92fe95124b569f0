#pragma once

#include <string>
#include <vector>

#include "meshes/support/error.hpp"
#include "synth/compile/module.hpp"

namespace femsynth::synth {

/// How a source is compiled. Everything here is part of the cache key.
struct CompileOptions {
  std::string arch = "sm_90";  ///< a real architecture: PTX and cubin come of one compilation
  bool fmad = true;            ///< contract a*b+c into a fused multiply-add (NVRTC's own default)
  int max_registers = 0;       ///< per thread; 0 leaves it to ptxas
  bool line_info = false;      ///< keep source lines in PTX and cubin (.loc)

  bool operator==(const CompileOptions&) const = default;
};

/// The options in NVRTC's spelling, in a fixed order.
std::vector<std::string> nvrtc_arguments(const CompileOptions& options);

/// NVRTC refused a source that we generated: a bug of ours. what() holds NVRTC's
/// errors, each with its line of the source; log() is the whole log.
class CompileError : public InternalError {
 public:
  CompileError(const std::string& message, std::string log)
      : InternalError(message), log_(std::move(log)) {}
  const std::string& log() const { return log_; }

 private:
  std::string log_;
};

/// Which NVRTC this process uses.
struct NvrtcInfo {
  std::string path;                    ///< the library's file
  std::string version;                 ///< "13.0"
  std::string identity;                ///< version and size of the file, for cache keys
  std::vector<std::string> supported;  ///< "sm_75", "sm_80", …
};

/// Loads NVRTC on first use (12 or newer). Throws MissingComponent when there is
/// none; a later call tries again.
const NvrtcInfo& nvrtc_info();

/// Compiles CUDA C++ to PTX and cubin. `name` is the file name that the log's
/// messages carry. No header is available to the source. The same source and
/// options give the same bytes. Thread safe. Throws CompileError when NVRTC
/// refuses the source, InputError for an architecture that this NVRTC does not
/// know, MissingComponent without NVRTC.
CompiledModule compile_cuda(const std::string& source, const std::string& name,
                            const CompileOptions& options = {});

}  // namespace femsynth::synth
