#include "synth/compile/compiler.hpp"

#include <algorithm>
#include <exception>

namespace femsynth::synth {

Compiler::Compiler(Settings settings) : cache_(std::move(settings.cache)) {
  nvrtc_info();  // a missing NVRTC is reported here, not by a worker
  const unsigned count =
      settings.threads > 0 ? settings.threads : std::max(1U, std::thread::hardware_concurrency());
  workers_.reserve(count);
  for (unsigned i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
}

Compiler::~Compiler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  ready_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

CompiledModule Compiler::compile(const CompileRequest& request) {
  const std::string key =
      cache_key(nvrtc_info().identity, request.options, request.name, request.source);
  if (auto found = cache_.find(key)) return std::move(*found);
  const auto begin = std::chrono::steady_clock::now();
  CompiledModule module = compile_cuda(request.source, request.name, request.options);
  const auto spent = std::chrono::steady_clock::now() - begin;
  nvrtc_nanoseconds_ += std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count();
  ++compilations_;
  cache_.store(key, module);
  return module;
}

std::future<CompiledModule> Compiler::submit(CompileRequest request) {
  std::packaged_task<CompiledModule()> task(
      [this, request = std::move(request)] { return compile(request); });
  std::future<CompiledModule> future = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
  }
  ready_.notify_one();
  return future;
}

std::vector<CompiledModule> Compiler::compile_all(std::vector<CompileRequest> requests) {
  std::vector<std::future<CompiledModule>> futures;
  futures.reserve(requests.size());
  for (CompileRequest& request : requests) futures.push_back(submit(std::move(request)));
  std::vector<CompiledModule> modules;
  modules.reserve(futures.size());
  std::exception_ptr first;
  for (std::future<CompiledModule>& future : futures) {
    try {
      modules.push_back(future.get());
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
  return modules;
}

CompilerStatistics Compiler::statistics() const {
  return {cache_.statistics(), compilations_, 1e-9 * static_cast<double>(nvrtc_nanoseconds_)};
}

void Compiler::work() {
  for (;;) {
    std::packaged_task<CompiledModule()> task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace femsynth::synth
