#include "synth/run/cuda_executor.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "meshes/support/error.hpp"
#include "synth/run/kernel_signature.hpp"

namespace femsynth::synth {
namespace {

/// Bytes of a guard zone; a multiple of cudaMalloc's alignment (256 bytes), so that
/// buffers keep it.
constexpr std::size_t kGuard = 4096;

/// The pattern of guard zones: it changes from byte to byte, so that a kernel which
/// shifts or fills memory shows.
std::byte guard_byte(std::size_t i) { return static_cast<std::byte>((i * 167 + 91) & 0xff); }

class CudaModule final : public LoadedModule {
 public:
  struct Entry {
    CudaRuntime::Kernel handle = nullptr;
    std::vector<KernelParameter> parameters;
  };

  CudaModule(std::shared_ptr<const CudaRuntime> runtime, CudaRuntime::Library library)
      : runtime_(std::move(runtime)), library_(library) {}
  ~CudaModule() override { runtime_->unload_library(library_); }
  CudaModule(const CudaModule&) = delete;
  CudaModule& operator=(const CudaModule&) = delete;

  /// Looks up the handle of every kernel that the PTX declares.
  void bind(const std::string& ptx) {
    for (auto& [name, parameters] : kernel_signatures(ptx)) {
      Entry entry{nullptr, std::move(parameters)};
      runtime_->check(runtime_->get_kernel(&entry.handle, library_, name.c_str()),
                      "cudaLibraryGetKernel", "kernel " + name);
      entries_.emplace(name, std::move(entry));
    }
  }
  const Entry& entry(const std::string& kernel) const {
    const auto found = entries_.find(kernel);
    if (found == entries_.end()) {
      throw InternalError(fmt::format("the module has no kernel {}", kernel));
    }
    return found->second;
  }

 private:
  std::shared_ptr<const CudaRuntime> runtime_;
  CudaRuntime::Library library_;
  std::map<std::string, Entry> entries_;
};

/// A buffer's copy in device memory, between guard zones.
class DeviceBuffer {
 public:
  /// Allocates and fills it from the host's buffer.
  DeviceBuffer(const CudaRuntime& runtime, const Buffer& buffer)
      : runtime_(runtime), staging_(buffer.bytes.size() + 2 * kGuard) {
    allocate(buffer);
    for (std::size_t i = 0; i < kGuard; ++i) {
      staging_[i] = guard_byte(i);
      staging_[staging_.size() - kGuard + i] = guard_byte(kGuard + i);
    }
    if (!buffer.bytes.empty()) {
      std::memcpy(staging_.data() + kGuard, buffer.bytes.data(), buffer.bytes.size());
    }
    const auto result =
        runtime_.memcpy(memory_, staging_.data(), staging_.size(), CudaRuntime::host_to_device);
    if (result != CudaRuntime::success) {
      runtime_.free(memory_);
      runtime_.check(result, "cudaMemcpy", "buffer " + buffer.name);
    }
  }
  ~DeviceBuffer() {
    if (memory_ != nullptr) runtime_.free(memory_);
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : runtime_(other.runtime_),
        memory_(std::exchange(other.memory_, nullptr)),
        staging_(std::move(other.staging_)) {}
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(DeviceBuffer&&) = delete;

  void* address() const { return static_cast<std::byte*>(memory_) + kGuard; }

  /// Copies an output back; checks the guard zones, and that an input is as it was.
  void finish(Buffer& buffer, const std::string& kernel) {
    runtime_.check(
        runtime_.memcpy(staging_.data(), memory_, staging_.size(), CudaRuntime::device_to_host),
        "cudaMemcpy", fmt::format("buffer {} of kernel {}", buffer.name, kernel));
    check_guards(buffer, kernel);
    if (buffer.bytes.empty()) return;
    if (buffer.output) {
      std::memcpy(buffer.bytes.data(), staging_.data() + kGuard, buffer.bytes.size());
    } else if (std::memcmp(buffer.bytes.data(), staging_.data() + kGuard, buffer.bytes.size()) !=
               0) {
      throw ExecutionFault(
          fmt::format("kernel {} changed buffer {}, which is no output", kernel, buffer.name));
    }
  }

 private:
  void allocate(const Buffer& buffer) {
    const auto result = runtime_.malloc(&memory_, staging_.size());
    if (result == CudaRuntime::success) return;
    if (result != CudaRuntime::memory_allocation) {
      runtime_.check(result, "cudaMalloc", "buffer " + buffer.name);
    }
    runtime_.last_error();
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    runtime_.memory_info(&free_bytes, &total_bytes);
    throw InputError(fmt::format("buffer {} needs {} bytes of device memory; {} of {} are free",
                                 buffer.name, staging_.size(), free_bytes, total_bytes));
  }

  void check_guards(const Buffer& buffer, const std::string& kernel) const {
    for (std::size_t i = 0; i < 2 * kGuard; ++i) {
      const std::size_t at = i < kGuard ? i : buffer.bytes.size() + i;
      if (staging_[at] == guard_byte(i)) continue;
      const auto offset = static_cast<std::ptrdiff_t>(at) - static_cast<std::ptrdiff_t>(kGuard);
      throw ExecutionFault(fmt::format(
          "kernel {} wrote outside buffer {} of {} bytes: byte {} from its beginning is changed",
          kernel, buffer.name, buffer.bytes.size(), offset));
    }
  }

  const CudaRuntime& runtime_;
  void* memory_ = nullptr;
  std::vector<std::byte> staging_;  ///< guard zone, contents, guard zone
};

class CudaExecutor final : public Executor {
 public:
  explicit CudaExecutor(std::shared_ptr<const CudaRuntime> runtime)
      : runtime_(std::move(runtime)), device_(describe_device(*runtime_)) {}

  std::string name() const override { return "cuda"; }
  std::shared_ptr<const LoadedModule> load(const CompiledModule& module) override;
  ExecutionCounts run(const LoadedModule& module, const Launch& launch,
                      std::span<Buffer> buffers) override;

 private:
  std::shared_ptr<const CudaRuntime> runtime_;
  DeviceInfo device_;
};

std::shared_ptr<const LoadedModule> CudaExecutor::load(const CompiledModule& module) {
  if (module.cubin.empty()) throw InternalError("the module to load has no cubin");
  CudaRuntime::Library library = nullptr;
  const auto result = runtime_->load_library(&library, module.cubin.data(), nullptr, nullptr, 0,
                                             nullptr, nullptr, 0);
  const std::string context = "a cubin for " + module.arch;
  if (result == CudaRuntime::no_kernel_image) {
    runtime_->last_error();
    throw InputError(fmt::format("{} does not run on {} (compute capability {}); compile for it",
                                 context, device_.name, device_.compute_capability));
  }
  runtime_->check(result, "cudaLibraryLoadData", context);
  const auto loaded = std::make_shared<CudaModule>(runtime_, library);
  loaded->bind(module.ptx);
  return loaded;
}

/// Storage for the values that cudaLaunchKernel takes by address.
struct ArgumentValues {
  ArgumentValues(const Launch& launch, const std::vector<DeviceBuffer>& memory) {
    values.reserve(launch.arguments.size());
    for (const KernelArgument& argument : launch.arguments) {
      values.push_back(std::visit(
          [&]<class T>(const T& value) {
            std::uint64_t raw = 0;
            if constexpr (std::is_same_v<T, BufferArgument>) {
              raw = reinterpret_cast<std::uintptr_t>(memory[value.buffer].address());
            } else {
              std::memcpy(&raw, &value, sizeof value);
            }
            return raw;
          },
          argument));
    }
    for (std::uint64_t& value : values) pointers.push_back(&value);
  }
  std::vector<std::uint64_t> values;
  std::vector<void*> pointers;
};

ExecutionCounts CudaExecutor::run(const LoadedModule& module, const Launch& launch,
                                  std::span<Buffer> buffers) {
  const auto* loaded = dynamic_cast<const CudaModule*>(&module);
  if (loaded == nullptr) throw InternalError("the module was loaded by another executor");
  const CudaModule::Entry& entry = loaded->entry(launch.kernel);
  check_arguments(launch, entry.parameters, buffers.size());

  std::vector<DeviceBuffer> memory;
  memory.reserve(buffers.size());
  for (const Buffer& buffer : buffers) memory.emplace_back(*runtime_, buffer);
  ArgumentValues arguments(launch, memory);

  const auto& [gx, gy, gz] = launch.grid;
  const auto& [bx, by, bz] = launch.block;
  const auto launched = runtime_->launch(entry.handle, {gx, gy, gz}, {bx, by, bz},
                                         arguments.pointers.data(), 0, nullptr);
  runtime_->check(launched, "cudaLaunchKernel",
                  fmt::format("kernel {} with grid ({}, {}, {}) and block ({}, {}, {})",
                              launch.kernel, gx, gy, gz, bx, by, bz));
  const auto ended = runtime_->synchronize();
  if (ended != CudaRuntime::success) {
    throw ExecutionFault(fmt::format("kernel {} failed on {}: {}", launch.kernel, device_.name,
                                     runtime_->describe(ended)));
  }
  for (std::size_t i = 0; i < buffers.size(); ++i) memory[i].finish(buffers[i], launch.kernel);
  return {};
}

}  // namespace

std::unique_ptr<Executor> make_cuda_executor() {
  return std::make_unique<CudaExecutor>(std::make_shared<const CudaRuntime>());
}

}  // namespace femsynth::synth
