#include "synth/run/cuda_executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "meshes/support/error.hpp"
#include "synth/compile/nvrtc.hpp"
#include "tests/synth/compile/support.hpp"

namespace femsynth::synth {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFakePtx =
    ".visible .entry scale(\n"
    "\t.param .u64 .ptr .align 1 scale_param_0,\n\t.param .u64 .ptr .align 1 scale_param_1,\n"
    "\t.param .f64 scale_param_2,\n\t.param .f32 scale_param_3,\n"
    "\t.param .u32 scale_param_4,\n\t.param .u64 scale_param_5\n)\n{\n\tret;\n}\n";

/// A module that the stand-in for cudart accepts, with one kernel.
CompiledModule fake_module(const std::string& kernel) {
  CompiledModule module;
  module.arch = "sm_90";
  module.cubin = "fake";
  module.ptx = kFakePtx;
  for (std::size_t at = 0; (at = module.ptx.find("scale", at)) != std::string::npos;) {
    module.ptx.replace(at, 5, kernel);
    at += kernel.size();
  }
  return module;
}

Launch scale_launch(const std::string& kernel) {
  return {kernel,
          {2, 1, 1},
          {4, 1, 1},
          {BufferArgument{1}, BufferArgument{0}, 2.5, 0.5F, std::int32_t{6}, std::int64_t{1}}};
}

std::vector<Buffer> scale_buffers() {
  const std::vector<double> x{1, 2, 3, 4, 5, 6};
  const std::vector<double> y(6, -1.0);
  return {Buffer::of<double>("x", ScalarType::f64, x),
          Buffer::of<double>("y", ScalarType::f64, y, true)};
}

/// Tests against the stand-in for cudart.
class CudaExecutorFake : public ::testing::Test {
 protected:
  void TearDown() override {
    constexpr std::array names{"libcudart.so.13"};
    const SharedLibrary fake = open_toolkit_library({"stand-in", "tests", names, {}});
    EXPECT_EQ(fake.function<int (*)()>("fake_cudart_live")(), 0) << "memory or libraries leaked";
  }
  void run(const std::string& kernel, const Launch& launch, std::vector<Buffer>& buffers) {
    const auto executor = make_cuda_executor();
    executor->run(*executor->load(fake_module(kernel)), launch, buffers);
  }
  /// what() of the exception E that running `kernel` throws.
  template <class E>
  std::string failure(const std::string& kernel, const Launch& launch) {
    auto buffers = scale_buffers();
    try {
      run(kernel, launch, buffers);
    } catch (const E& error) {
      return error.what();
    } catch (const std::exception& other) {
      return std::string("another exception: ") + other.what();
    }
    return "nothing was thrown";
  }

  ScopedVariable path_{"FEMSYNTH_CUDA_PATH", FEMSYNTH_FAKE_CUDART};
};

TEST_F(CudaExecutorFake, PassesEveryKindOfArgumentAndBringsOutputsBack) {
  auto buffers = scale_buffers();
  run("scale", scale_launch("scale"), buffers);
  const auto x = buffers[0].as<double>();
  const auto y = buffers[1].as<double>();
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(x[i], static_cast<double>(i + 1));
    EXPECT_EQ(y[i], 2.5 * x[i] + 0.5 + 1.0);
  }
}

TEST_F(CudaExecutorFake, ReportsAChangedGuardZoneOnEitherSide) {
  EXPECT_THAT(failure<ExecutionFault>("overrun", scale_launch("overrun")),
              HasSubstr("kernel overrun wrote outside buffer y of 48 bytes: byte 53 "));
  EXPECT_THAT(failure<ExecutionFault>("underrun", scale_launch("underrun")),
              HasSubstr("buffer y of 48 bytes: byte -3 "));
}

TEST_F(CudaExecutorFake, ReportsAnInputThatWasWritten) {
  EXPECT_THAT(failure<ExecutionFault>("spoil_input", scale_launch("spoil_input")),
              HasSubstr("changed buffer x"));
}

TEST_F(CudaExecutorFake, RefusesArgumentsThatDoNotFitTheKernel) {
  Launch launch = scale_launch("scale");
  launch.arguments.pop_back();
  EXPECT_THAT(failure<InternalError>("scale", launch), HasSubstr("takes 6 arguments"));
  const std::array<std::pair<std::size_t, KernelArgument>, 8> wrong{{
      {0, std::int64_t{0}},    // an address must be a buffer's
      {0, BufferArgument{2}},  // no such buffer
      {2, 2.5F},               // f32 for f64
      {2, std::int64_t{2}},    // i64 for f64
      {2, BufferArgument{0}},  // a buffer for f64
      {3, std::int32_t{1}},    // i32 for f32
      {4, std::int64_t{6}},    // i64 for i32
      {5, 1.0},                // f64 for i64
  }};
  for (const auto& [index, argument] : wrong) {
    launch = scale_launch("scale");
    launch.arguments[index] = argument;
    EXPECT_THAT(failure<InternalError>("scale", launch),
                HasSubstr("argument " + std::to_string(index) + " of kernel scale is "));
  }
  EXPECT_THAT(failure<InternalError>("scale", scale_launch("overrun")),
              HasSubstr("no kernel overrun"));
}

TEST_F(CudaExecutorFake, NamesTheCallTheKernelAndTheReasonOfAnError) {
  const auto planted = [&]<class E>(const char* error, E*) {
    const ScopedVariable plant("FAKE_CUDART_ERROR", error);
    return failure<E>("scale", scale_launch("scale"));
  };
  EXPECT_THAT(planted("cudaLaunchKernel=701", static_cast<InternalError*>(nullptr)),
              HasSubstr("cudaLaunchKernel for kernel scale with grid (2, 1, 1) and block (4, 1, 1) "
                        "failed: a reason (cudaError701)"));
  EXPECT_THAT(planted("cudaDeviceSynchronize=700", static_cast<ExecutionFault*>(nullptr)),
              HasSubstr("kernel scale failed on Fake H200: a reason (cudaError700)"));
  EXPECT_THAT(planted("cudaMemcpy=1", static_cast<InternalError*>(nullptr)),
              HasSubstr("cudaMemcpy for buffer x failed"));
  EXPECT_THAT(planted("cudaMalloc=2", static_cast<InputError*>(nullptr)),
              HasSubstr("buffer x needs 8240 bytes of device memory; 1000 of 5000 are free"));
  EXPECT_THAT(planted("cudaMalloc=3", static_cast<InternalError*>(nullptr)),
              HasSubstr("cudaMalloc for buffer x failed"));
  EXPECT_THAT(planted("cudaLibraryLoadData=209", static_cast<InputError*>(nullptr)),
              HasSubstr("sm_90 does not run on Fake H200 (compute capability 9.0)"));
  EXPECT_THAT(planted("cudaLibraryLoadData=218", static_cast<InternalError*>(nullptr)),
              HasSubstr("cudaLibraryLoadData for a cubin for sm_90 failed"));
  EXPECT_THAT(failure<InternalError>("unknown", scale_launch("unknown")),
              HasSubstr("cudaLibraryGetKernel for kernel unknown failed"));
}

TEST_F(CudaExecutorFake, RefusesALaunchThatCudaRefuses) {
  Launch launch = scale_launch("scale");
  launch.grid = {0, 1, 1};
  EXPECT_THAT(failure<InternalError>("scale", launch), HasSubstr("grid (0, 1, 1)"));
}

TEST_F(CudaExecutorFake, DescribesTheDevice) {
  const DeviceInfo info = describe_device();
  EXPECT_EQ(info.name, "Fake H200");
  EXPECT_EQ(info.compute_capability, "9.0");
  EXPECT_EQ(info.multiprocessors, 132);
  EXPECT_EQ(info.memory_bytes, 5000U);
  EXPECT_EQ(info.driver_version, "12.8");
  EXPECT_EQ(info.runtime_version, "13.0");
  EXPECT_THAT(info.runtime_path, HasSubstr("libcudart.so.13"));
}

TEST_F(CudaExecutorFake, SaysWhyThereIsNoDevice) {
  const auto reason = [](const char* error) {
    const ScopedVariable plant("FAKE_CUDART_ERROR", error);
    try {
      make_cuda_executor();
    } catch (const MissingComponent& missing) {
      return std::string(missing.what());
    }
    return std::string("an executor was made");
  };
  EXPECT_THAT(reason("cudaGetDeviceCount=100"), HasSubstr("no GPU can be used: a reason "));
  EXPECT_THAT(reason("cudaGetDeviceCount=35"), HasSubstr("the driver supports CUDA up to 12.8"));
  const ScopedVariable none("FAKE_CUDART_NO_DRIVER", "1");
  EXPECT_THAT(reason("cudaGetDeviceCount=35"), HasSubstr("no NVIDIA driver is installed"));
}

/// Tests against what is on this machine.
class CudaExecutorReal : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      executor_ = make_cuda_executor();
    } catch (const MissingComponent& missing) {
      GTEST_SKIP() << missing.what();
    }
    FEMSYNTH_REQUIRE_NVRTC();
    const std::string capability = describe_device().compute_capability;
    arch_ = "sm_" + capability.substr(0, capability.find('.')) +
            capability.substr(capability.find('.') + 1);
  }
  std::unique_ptr<Executor> executor_;
  std::string arch_;
};

TEST(CudaExecutorHere, IsMadeOrSaysWhatIsMissing) {
  try {
    EXPECT_EQ(make_cuda_executor()->name(), "cuda");
    EXPECT_FALSE(describe_device().name.empty());
  } catch (const MissingComponent& missing) {
    EXPECT_EQ(missing.status(), ExitStatus::missing_component);
    EXPECT_THAT(missing.what(), ::testing::AnyOf(HasSubstr("no GPU can be used: "),
                                                 HasSubstr("the CUDA runtime (cudart) is needed")));
  }
}

TEST_F(CudaExecutorReal, ComputesWhatTheHostComputes) {
  const CompiledModule module = compile_cuda(
      "extern \"C\" __global__ void f(double* y, const double* x, double a, float b, int n,"
      " long long m) {\n"
      "  const int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
      "  if (i < n) y[i] = fma(a, x[i], (double)b + (double)m);\n"
      "}\n",
      "f.cu", {.arch = arch_});
  std::vector<double> x(1000);
  std::iota(x.begin(), x.end(), 0.25);
  const std::vector<double> poison(x.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<Buffer> buffers{Buffer::of<double>("x", ScalarType::f64, x),
                              Buffer::of<double>("y", ScalarType::f64, poison, true)};
  const Launch launch{"f",
                      {8, 1, 1},
                      {128, 1, 1},
                      {BufferArgument{1}, BufferArgument{0}, 1.1, 0.5F,
                       static_cast<std::int32_t>(x.size()), std::int64_t{1} << 33}};
  const auto loaded = executor_->load(module);
  for (int repeat = 0; repeat < 2; ++repeat) executor_->run(*loaded, launch, buffers);
  const auto y = buffers[1].as<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(y[i], std::fma(1.1, x[i], 0.5 + 8589934592.0)) << i;
  }
}

TEST_F(CudaExecutorReal, ReportsAWriteBehindTheBuffer) {
  const CompiledModule module = compile_cuda(
      "extern \"C\" __global__ void f(double* y, int n) { y[n] = 1; }", "f.cu", {.arch = arch_});
  const std::vector<double> zeros(10);
  std::vector<Buffer> buffers{Buffer::of<double>("y", ScalarType::f64, zeros, true)};
  const auto loaded = executor_->load(module);
  for (const int index : {10, -1}) {
    const Launch launch{"f", {1, 1, 1}, {1, 1, 1}, {BufferArgument{0}, std::int32_t{index}}};
    EXPECT_THROW(executor_->run(*loaded, launch, buffers), ExecutionFault) << index;
  }
}

TEST_F(CudaExecutorReal, RefusesACubinForAnotherArchitecture) {
  const std::string other = arch_ == "sm_80" ? "sm_90" : "sm_80";
  const CompiledModule module =
      compile_cuda("extern \"C\" __global__ void f() {}", "f.cu", {.arch = other});
  if (arch_ == "sm_86" || arch_ == "sm_89") GTEST_SKIP() << arch_ << " runs cubins for sm_80";
  EXPECT_THROW(executor_->load(module), Error);
}

TEST_F(CudaExecutorReal, RefusesAConfigurationThatDoesNotFit) {
  const CompiledModule module =
      compile_cuda("extern \"C\" __global__ void f() {}", "f.cu", {.arch = arch_});
  const auto loaded = executor_->load(module);
  std::vector<Buffer> none;
  EXPECT_THROW(executor_->run(*loaded, {"f", {1, 1, 1}, {2048, 1, 1}, {}}, none), InternalError);
  executor_->run(*loaded, {"f", {1, 1, 1}, {32, 1, 1}, {}}, none);
}

}  // namespace
}  // namespace femsynth::synth
