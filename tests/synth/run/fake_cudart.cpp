// A stand-in for NVIDIA's runtime library that "executes" a few known kernels on
// host memory, so that the executor's marshalling, guard zones and error handling
// are tested on machines without a GPU. It is built as libcudart.so.13, and the
// tests point FEMSYNTH_CUDA_PATH at its folder.
//
// FAKE_CUDART_ERROR="cudaMalloc=2" makes that call return that error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int g_live_allocations = 0;
int g_live_libraries = 0;

/// The error that the test asks this call to return; 0 for none.
int planted(const char* call) {
  const char* wanted = std::getenv("FAKE_CUDART_ERROR");
  if (wanted == nullptr) return 0;
  const std::string prefix = std::string(call) + "=";
  return std::strncmp(wanted, prefix.c_str(), prefix.size()) == 0
             ? std::atoi(wanted + prefix.size())
             : 0;
}

template <class T>
T argument(void** arguments, int i) {
  T value;
  std::memcpy(&value, arguments[i], sizeof value);
  return value;
}

}  // namespace

extern "C" {

struct FakeDim3 {
  unsigned x, y, z;
};

int cudaGetDeviceCount(int* count) {
  *count = 1;
  return planted("cudaGetDeviceCount");
}
int cudaDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute == 16 ? 132 : -1;
  return planted("cudaDeviceGetAttribute");
}
int cudaGetDeviceProperties(void* properties, int) {
  std::strcpy(static_cast<char*>(properties), "Fake H200");
  return 0;
}
int cudaDriverGetVersion(int* version) {
  *version = std::getenv("FAKE_CUDART_NO_DRIVER") != nullptr ? 0 : 12080;
  return 0;
}
int cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return 0;
}
int cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total_bytes) {
  *free_bytes = 1000;
  *total_bytes = 5000;
  return 0;
}
int cudaMalloc(void** pointer, std::size_t bytes) {
  if (const int error = planted("cudaMalloc")) return error;
  *pointer = std::malloc(bytes);
  ++g_live_allocations;
  return 0;
}
int cudaFree(void* pointer) {
  std::free(pointer);
  --g_live_allocations;
  return 0;
}
int cudaMemcpy(void* to, const void* from, std::size_t bytes, int kind) {
  if (kind != 1 && kind != 2) return 21;  // cudaErrorInvalidMemcpyDirection
  if (const int error = planted("cudaMemcpy")) return error;
  std::memcpy(to, from, bytes);
  return 0;
}
int cudaLibraryLoadData(void** library, const void* code, int*, void**, unsigned, int*, void**,
                        unsigned) {
  if (const int error = planted("cudaLibraryLoadData")) return error;
  if (std::memcmp(code, "fake", 4) != 0) return 200;  // cudaErrorInvalidKernelImage
  *library = &g_live_libraries;
  ++g_live_libraries;
  return 0;
}
int cudaLibraryUnload(void*) {
  --g_live_libraries;
  return 0;
}
int cudaLibraryGetKernel(const char** kernel, void*, const char* name) {
  for (const char* known : {"scale", "overrun", "underrun", "spoil_input"}) {
    if (std::strcmp(name, known) == 0) {
      *kernel = known;
      return 0;
    }
  }
  return 500;  // cudaErrorSymbolNotFound
}

/// scale(y, x, a, b, n, m): y[i] = a x[i] + b for i < n, in as many steps as threads.
int cudaLaunchKernel(const void* kernel, FakeDim3 grid, FakeDim3 block, void** arguments,
                     std::size_t shared_bytes, void* stream) {
  if (const int error = planted("cudaLaunchKernel")) return error;
  if (shared_bytes != 0 || stream != nullptr) return 1;
  if (grid.x * grid.y * grid.z == 0 || block.x * block.y * block.z > 1024) return 9;
  const std::string name = static_cast<const char*>(kernel);
  auto* y = argument<double*>(arguments, 0);
  auto* x = argument<double*>(arguments, 1);
  const auto n = argument<std::int32_t>(arguments, 4);
  if (name == "overrun") reinterpret_cast<char*>(y)[8 * n + 5] ^= 1;
  if (name == "underrun") reinterpret_cast<char*>(y)[-3] ^= 1;
  if (name == "spoil_input") x[0] += 1;
  const std::int64_t threads = std::int64_t{grid.x} * block.x;
  for (std::int64_t i = 0; i < threads && i < n; ++i) {
    y[i] = argument<double>(arguments, 2) * x[i] + argument<float>(arguments, 3) +
           static_cast<double>(argument<std::int64_t>(arguments, 5));
  }
  return 0;
}
int cudaDeviceSynchronize() { return planted("cudaDeviceSynchronize"); }
int cudaGetLastError() { return 0; }
const char* cudaGetErrorString(int error) { return error == 2 ? "out of memory" : "a reason"; }
const char* cudaGetErrorName(int error) {
  static thread_local std::string name;
  name = "cudaError" + std::to_string(error);
  return name.c_str();
}

/// For the tests: allocations and libraries that were not given back.
int fake_cudart_live() { return g_live_allocations + g_live_libraries; }

}  // extern "C"
