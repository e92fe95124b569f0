#include "synth/run/cuda_runtime.hpp"

#include <fmt/format.h>

#include <array>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

// Values of cudaDeviceAttr.
constexpr int kMultiprocessorCount = 16;
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

SharedLibrary open_runtime() {
  static constexpr std::array names{"libcudart.so.13", "libcudart.so.12", "libcudart.so"};
  return open_toolkit_library({"the CUDA runtime (cudart)", "executing on a GPU", names, {}});
}

/// cudart packs 13.0 as 13000.
std::string version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

/// Throws MissingComponent unless a device can be used.
void require_device(const CudaRuntime& runtime) {
  int count = 0;
  const CudaRuntime::Result result = runtime.get_device_count(&count);
  if (result == CudaRuntime::success && count > 0) return;
  if (result != CudaRuntime::success) runtime.last_error();  // it would stay with the thread
  std::string reason =
      result == CudaRuntime::success ? "the driver knows no device" : runtime.describe(result);
  int driver = 0;
  if (runtime.driver_version(&driver) == CudaRuntime::success) {
    reason += driver == 0
                  ? "; no NVIDIA driver is installed"
                  : fmt::format("; the driver supports CUDA up to {}", version_text(driver));
  }
  throw MissingComponent(
      fmt::format("no GPU can be used: {}\n  cudart: {}\n  the executor 'ptx' runs the same "
                  "kernels without a GPU",
                  reason, runtime.path().string()));
}

}  // namespace

CudaRuntime::CudaRuntime() : library_(open_runtime()) {
  const auto bind = [this]<class F>(F& function, const char* name) {
    function = library_.function<F>(name);
  };
  bind(get_device_count, "cudaGetDeviceCount");
  bind(get_device_attribute, "cudaDeviceGetAttribute");
  // CUDA 12 keeps the structure of CUDA 11 under the plain name. The device's name
  // comes first in all of them, and nothing else is read.
  bind(get_device_properties, library_.has("cudaGetDeviceProperties_v2")
                                  ? "cudaGetDeviceProperties_v2"
                                  : "cudaGetDeviceProperties");
  bind(driver_version, "cudaDriverGetVersion");
  bind(runtime_version, "cudaRuntimeGetVersion");
  bind(memory_info, "cudaMemGetInfo");
  bind(malloc, "cudaMalloc");
  bind(free, "cudaFree");
  bind(memcpy, "cudaMemcpy");
  bind(load_library, "cudaLibraryLoadData");
  bind(unload_library, "cudaLibraryUnload");
  bind(get_kernel, "cudaLibraryGetKernel");
  bind(launch, "cudaLaunchKernel");
  bind(synchronize, "cudaDeviceSynchronize");
  bind(last_error, "cudaGetLastError");
  bind(error_string, "cudaGetErrorString");
  bind(error_name, "cudaGetErrorName");
}

std::string CudaRuntime::describe(Result result) const {
  return fmt::format("{} ({})", error_string(result), error_name(result));
}

void CudaRuntime::check(Result result, const char* call, const std::string& context) const {
  if (result == success) return;
  last_error();  // clears it, unless the context itself is lost
  throw InternalError(fmt::format("{} for {} failed: {}", call, context, describe(result)));
}

DeviceInfo describe_device() { return describe_device(CudaRuntime()); }

DeviceInfo describe_device(const CudaRuntime& runtime) {
  require_device(runtime);
  const auto attribute = [&](int which) {
    int value = 0;
    runtime.check(runtime.get_device_attribute(&value, which, 0), "cudaDeviceGetAttribute",
                  "device 0");
    return value;
  };
  // cudaDeviceProp has about 1,000 bytes; there is room for what later versions add.
  struct alignas(16) Properties {
    std::array<char, 256> name;
    std::array<char, 8192> rest;
  } properties{};
  runtime.check(runtime.get_device_properties(&properties, 0), "cudaGetDeviceProperties",
                "device 0");
  properties.name.back() = '\0';

  DeviceInfo info;
  info.name = properties.name.data();
  info.compute_capability =
      fmt::format("{}.{}", attribute(kCapabilityMajor), attribute(kCapabilityMinor));
  info.multiprocessors = attribute(kMultiprocessorCount);
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  runtime.check(runtime.memory_info(&free_bytes, &total_bytes), "cudaMemGetInfo", "device 0");
  info.memory_bytes = total_bytes;
  int version = 0;
  runtime.check(runtime.driver_version(&version), "cudaDriverGetVersion", "device 0");
  info.driver_version = version_text(version);
  runtime.check(runtime.runtime_version(&version), "cudaRuntimeGetVersion", "device 0");
  info.runtime_version = version_text(version);
  info.runtime_path = runtime.path().string();
  return info;
}

}  // namespace femsynth::synth
