#include "synth/compile/nvrtc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "support.hpp"
#include "synth/compile/disassemble.hpp"
#include "synth/compile/toolkit.hpp"

namespace femsynth::synth {
namespace {

using ::testing::HasSubstr;

class Nvrtc : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { FEMSYNTH_REQUIRE_NVRTC(); }
};

TEST_P(Nvrtc, MakesPtxAndCubinForTheArchitecture) {
  const CompiledModule module = compile_cuda(kKernelSource, "axpy.cu", {.arch = GetParam()});
  EXPECT_EQ(module.arch, GetParam());
  EXPECT_THAT(module.ptx, HasSubstr("\n.target " + GetParam() + "\n"));
  EXPECT_THAT(module.ptx, HasSubstr(".visible .entry axpy("));
  EXPECT_NE(module.ptx.back(), '\0');
  EXPECT_EQ(module.cubin.substr(0, 4),
            "\x7f"
            "ELF");
  EXPECT_THAT(module.log, HasSubstr("for '" + GetParam() + "'"));
}

TEST_P(Nvrtc, ReadsResourcesFromItsOwnLog) {
  const CompiledModule module = compile_cuda(kKernelSource, "axpy.cu", {.arch = GetParam()});
  ASSERT_EQ(module.resources.size(), 1U) << module.log;
  EXPECT_EQ(module.resources[0].kernel, "axpy");
  EXPECT_GT(module.resources[0].registers, 8);
  EXPECT_LE(module.resources[0].registers, 255);
  EXPECT_EQ(module.resources[0].shared_bytes, 64 * 8);
}

INSTANTIATE_TEST_SUITE_P(Architectures, Nvrtc, ::testing::Values("sm_80", "sm_90"),
                         [](const auto& test) { return test.param; });

TEST(NvrtcOptions, FmadDecidesWhetherProductsAndSumsAreFused) {
  FEMSYNTH_REQUIRE_NVRTC();
  const std::string source =
      "extern \"C\" __global__ void f(double* y, double a) { y[0] = a * y[0] + y[1]; }";
  const auto ptx = [&](bool fmad) { return compile_cuda(source, "f.cu", {.fmad = fmad}).ptx; };
  EXPECT_THAT(ptx(true), HasSubstr("fma.rn.f64"));
  EXPECT_THAT(ptx(false), ::testing::Not(HasSubstr("fma.rn.f64")));
}

TEST(NvrtcOptions, RegisterBoundAndLineInfoReachTheCompiler) {
  FEMSYNTH_REQUIRE_NVRTC();
  // 32 values live at once need more than 64 registers.
  const std::string source =
      "extern \"C\" __global__ void f(double* y) {\n"
      "  double v[32];\n"
      "#pragma unroll\n"
      "  for (int i = 0; i < 32; ++i) v[i] = y[i];\n"
      "  __syncthreads();\n"
      "#pragma unroll\n"
      "  for (int i = 0; i < 32; ++i) y[i] = v[31 - i];\n"
      "}\n";
  const CompiledModule free = compile_cuda(source, "f.cu");
  const CompiledModule tight = compile_cuda(source, "f.cu", {.max_registers = 40});
  EXPECT_GT(free.resources.at(0).registers, 64);
  EXPECT_EQ(free.resources.at(0).spill_store_bytes, 0);
  EXPECT_LE(tight.resources.at(0).registers, 40);
  EXPECT_GT(tight.resources.at(0).spill_store_bytes, 0);
  EXPECT_GT(tight.resources.at(0).spill_load_bytes, 0);
  EXPECT_THAT(compile_cuda(kKernelSource, "axpy.cu", {.line_info = true}).ptx, HasSubstr(".loc"));
}

TEST(NvrtcErrors, CarryTheLineOfTheSource) {
  FEMSYNTH_REQUIRE_NVRTC();
  const std::string source =
      "extern \"C\" __global__ void bad(double* x) {\n  x[0] = jacobian_inverse;\n}\n";
  try {
    compile_cuda(source, "bad.cu");
    FAIL() << "an undefined name must not compile";
  } catch (const CompileError& error) {
    EXPECT_EQ(error.status(), ExitStatus::internal_error);
    EXPECT_THAT(error.what(), HasSubstr("bad.cu(2): error: identifier \"jacobian_inverse\""));
    EXPECT_THAT(error.what(), HasSubstr("x[0] = jacobian_inverse;"));
    EXPECT_THAT(error.log(), HasSubstr("1 error detected"));
  }
}

TEST(NvrtcErrors, RefuseAnUnknownArchitectureAndNameTheKnownOnes) {
  FEMSYNTH_REQUIRE_NVRTC();
  for (const char* arch : {"sm_91", "sm_35", "90", "", "sm_90 --help", "compute_90"}) {
    try {
      compile_cuda(kKernelSource, "axpy.cu", {.arch = arch});
      FAIL() << arch;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("sm_80, ")) << arch;
    }
  }
}

TEST(NvrtcErrors, RefuseAZeroByteInsteadOfCompilingHalfTheSource) {
  FEMSYNTH_REQUIRE_NVRTC();
  std::string source = kKernelSource;
  source += '\0';
  EXPECT_THROW(compile_cuda(source, "axpy.cu"), InternalError);
}

TEST(NvrtcDeterminism, GivesTheSameBytesOnEveryThread) {
  FEMSYNTH_REQUIRE_NVRTC();
  const CompiledModule first = compile_cuda(kKernelSource, "axpy.cu");
  std::vector<CompiledModule> others(4);
  std::vector<std::thread> threads;
  for (CompiledModule& other : others) {
    threads.emplace_back([&other] { other = compile_cuda(kKernelSource, "axpy.cu"); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const CompiledModule& other : others) {
    EXPECT_EQ(other.ptx, first.ptx);
    EXPECT_EQ(other.cubin, first.cubin);
    EXPECT_EQ(other.log, first.log);
  }
}

TEST(Disassembler, PrintsMachineCodeOrSaysHowToGetIt) {
  FEMSYNTH_REQUIRE_NVRTC();
  const CompiledModule module = compile_cuda(kKernelSource, "axpy.cu");
  const bool there =
      !find_toolkit_program("nvdisasm").empty() || !find_toolkit_program("cuobjdump").empty();
  if (there) {
    EXPECT_THAT(disassemble(module.cubin), HasSubstr("EXIT"));
    EXPECT_THROW(disassemble("no ELF image"), InputError);
    return;
  }
  try {
    disassemble(module.cubin);
    FAIL() << "no disassembler is on this machine";
  } catch (const MissingComponent& missing) {
    EXPECT_THAT(missing.what(), HasSubstr("nvdisasm"));
    EXPECT_THAT(missing.what(), HasSubstr("scripts/setup"));
  }
}

}  // namespace
}  // namespace femsynth::synth
