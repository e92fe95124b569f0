#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "synth/compile/cache.hpp"
#include "synth/compile/nvrtc.hpp"

namespace femsynth::synth {

/// One source to compile.
struct CompileRequest {
  std::string source;
  std::string name;  ///< file name for messages; part of the cache key
  CompileOptions options;
};

/// What a compiler has done so far.
struct CompilerStatistics {
  CacheStatistics cache;
  std::uint64_t compilations = 0;  ///< calls of NVRTC
  double nvrtc_seconds = 0;        ///< wall time inside NVRTC, summed over all threads
};

/// NVRTC, the cache and a pool of threads in one object. Thread safe.
class Compiler {
 public:
  struct Settings {
    unsigned threads = 0;  ///< of the pool; 0: one for each processor
    CacheSettings cache = CacheSettings::from_environment();
  };

  /// Throws MissingComponent when there is no NVRTC.
  explicit Compiler(Settings settings);
  Compiler() : Compiler(Settings{}) {}
  /// Drops what has not begun; the futures of dropped requests hold
  /// std::future_errc::broken_promise.
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  /// Compiles on the calling thread, or takes the module from the cache.
  /// Throws as compile_cuda does.
  CompiledModule compile(const CompileRequest& request);

  /// Hands a request to the pool; requests begin in the order of submission. The
  /// future gives what compile gives, exceptions included.
  std::future<CompiledModule> submit(CompileRequest request);

  /// Compiles all and returns the modules in the order of the requests. The first
  /// failure in that order is thrown, after all have ended.
  std::vector<CompiledModule> compile_all(std::vector<CompileRequest> requests);

  CompilerStatistics statistics() const;
  unsigned threads() const { return static_cast<unsigned>(workers_.size()); }

 private:
  void work();

  Cache cache_;
  std::atomic<std::uint64_t> compilations_{0};
  std::atomic<std::int64_t> nvrtc_nanoseconds_{0};

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::packaged_task<CompiledModule()>> queue_;  // guarded by mutex_
  bool stopping_ = false;                                   // guarded by mutex_
  std::vector<std::thread> workers_;
};

}  // namespace femsynth::synth
