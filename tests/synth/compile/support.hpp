#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "meshes/support/error.hpp"
#include "synth/compile/nvrtc.hpp"

namespace femsynth::synth {

/// A folder of its own, removed at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "femsynth-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// An environment variable that is put back at the end of the test.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* old = ::getenv(name)) old_ = old;
    set(value);
  }
  ~ScopedVariable() { set(old_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

/// Why NVRTC cannot be used here; empty when it can.
inline std::string missing_nvrtc() {
  try {
    nvrtc_info();
    return {};
  } catch (const MissingComponent& missing) {
    return missing.what();
  }
}

/// y = a x + y with a sine, so that the PTX has both arithmetic and a call.
inline constexpr const char* kKernelSource = R"(
extern "C" __global__ void axpy(double* __restrict__ y, const double* __restrict__ x,
                                double a, int n) {
  __shared__ double tile[64];
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    tile[threadIdx.x] = sin(x[i]);
    y[i] = a * tile[threadIdx.x] + y[i];
  }
}
)";

}  // namespace femsynth::synth

/// Skips a test on a machine without NVRTC, with the reason.
#define FEMSYNTH_REQUIRE_NVRTC()                                         \
  do {                                                                   \
    const std::string reason = femsynth::synth::missing_nvrtc();         \
    if (!reason.empty()) GTEST_SKIP() << "NVRTC is missing: " << reason; \
  } while (false)
