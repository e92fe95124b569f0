#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "synth/compile/toolkit.hpp"

namespace femsynth::synth {

/// The part of NVIDIA's runtime library that executing a cubin takes, found at
/// run time (12.8 or newer: the functions that load a library came with it).
/// Signatures as cuda_runtime_api.h of CUDA 13.0 declares them.
class CudaRuntime {
 public:
  using Result = int;                         ///< cudaError_t
  using Library = struct CudaLibraryHandle*;  ///< cudaLibrary_t
  using Kernel = struct CudaKernelHandle*;    ///< cudaKernel_t
  using Stream = struct CudaStreamHandle*;    ///< cudaStream_t
  struct Dim3 {                               ///< dim3
    unsigned x, y, z;
  };
  static constexpr Result success = 0;
  static constexpr Result memory_allocation = 2;
  static constexpr Result insufficient_driver = 35;
  static constexpr Result no_device = 100;
  static constexpr Result no_kernel_image = 209;
  static constexpr int host_to_device = 1;
  static constexpr int device_to_host = 2;

  /// Throws MissingComponent when cudart is not found or too old.
  CudaRuntime();

  /// Throws InternalError that names the call, what it was for, and cudart's reason.
  void check(Result result, const char* call, const std::string& context) const;
  /// "an illegal memory access was encountered (cudaErrorIllegalAddress)".
  std::string describe(Result result) const;
  const std::filesystem::path& path() const { return library_.path(); }

 private:
  SharedLibrary library_;

 public:
  Result (*get_device_count)(int*);
  Result (*get_device_attribute)(int* value, int attribute, int device);
  Result (*get_device_properties)(void* properties, int device);
  Result (*driver_version)(int*);
  Result (*runtime_version)(int*);
  Result (*memory_info)(std::size_t* free, std::size_t* total);
  Result (*malloc)(void** pointer, std::size_t bytes);
  Result (*free)(void* pointer);
  Result (*memcpy)(void* to, const void* from, std::size_t bytes, int kind);
  Result (*load_library)(Library*, const void* code, int* jit_options, void** jit_values,
                         unsigned jit_count, int* options, void** values, unsigned count);
  Result (*unload_library)(Library);
  Result (*get_kernel)(Kernel*, Library, const char* name);
  Result (*launch)(const void* kernel, Dim3 grid, Dim3 block, void** arguments,
                   std::size_t shared_bytes, Stream);
  Result (*synchronize)();
  Result (*last_error)();
  const char* (*error_string)(Result);
  const char* (*error_name)(Result);
};

/// The device that executes, for `doctor` and for measurements.
struct DeviceInfo {
  std::string name;                ///< "NVIDIA H200"
  std::string compute_capability;  ///< "9.0"
  std::uint64_t memory_bytes = 0;
  int multiprocessors = 0;
  std::string driver_version;   ///< newest CUDA the driver supports: "13.0"
  std::string runtime_version;  ///< of cudart: "13.0"
  std::string runtime_path;     ///< of cudart
};

/// Describes device 0. Throws MissingComponent, with the reason, when there is no
/// cudart, no driver or no device.
DeviceInfo describe_device();
/// The same with a runtime that is loaded already.
DeviceInfo describe_device(const CudaRuntime& runtime);

}  // namespace femsynth::synth
