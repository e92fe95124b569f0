#include "synth/compile/compiler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace femsynth::synth {
namespace {

std::string constant_kernel(int value) {
  return "extern \"C\" __global__ void k(double* y) { y[0] = " + std::to_string(value) + ".0; }";
}

class CompilerTest : public ::testing::Test {
 protected:
  void SetUp() override { FEMSYNTH_REQUIRE_NVRTC(); }
  Compiler::Settings settings(unsigned threads = 2) const {
    return {.threads = threads, .cache = {.folder = folder_.path()}};
  }
  TemporaryFolder folder_;
};

TEST_F(CompilerTest, AHitEqualsTheMissByteForByte) {
  Compiler compiler(settings());
  const CompileRequest request{kKernelSource, "axpy.cu", {}};
  const CompiledModule miss = compiler.compile(request);
  const CompiledModule hit = compiler.compile(request);
  EXPECT_EQ(hit.arch, miss.arch);
  EXPECT_EQ(hit.nvrtc_version, miss.nvrtc_version);
  EXPECT_EQ(hit.options, miss.options);
  EXPECT_EQ(hit.ptx, miss.ptx);
  EXPECT_EQ(hit.cubin, miss.cubin);
  EXPECT_EQ(hit.log, miss.log);
  ASSERT_EQ(hit.resources.size(), miss.resources.size());
  EXPECT_EQ(hit.resources[0].registers, miss.resources[0].registers);
  EXPECT_EQ(hit.resources[0].shared_bytes, miss.resources[0].shared_bytes);
  const CompilerStatistics statistics = compiler.statistics();
  EXPECT_EQ(statistics.cache.hits, 1U);
  EXPECT_EQ(statistics.cache.misses, 1U);
  EXPECT_EQ(statistics.compilations, 1U);
  EXPECT_GT(statistics.nvrtc_seconds, 0.0);
}

TEST_F(CompilerTest, GivesTheOtherArchitectureItsOwnModule) {
  Compiler compiler(settings());
  const auto compile = [&](const char* arch) {
    return compiler.compile({kKernelSource, "axpy.cu", {.arch = arch}});
  };
  EXPECT_NE(compile("sm_80").cubin, compile("sm_90").cubin);
  EXPECT_EQ(compile("sm_80").arch, "sm_80");
  EXPECT_EQ(compiler.statistics().compilations, 2U);
}

TEST_F(CompilerTest, ReturnsModulesInTheOrderOfTheRequests) {
  Compiler compiler(settings(2));
  std::vector<CompileRequest> requests;
  for (int i = 0; i < 8; ++i) requests.push_back({constant_kernel(i), "k.cu", {}});
  const auto modules = compiler.compile_all(requests);
  ASSERT_EQ(modules.size(), 8U);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(modules[static_cast<std::size_t>(i)].ptx,
              compile_cuda(constant_kernel(i), "k.cu").ptx);
  }
}

TEST_F(CompilerTest, DoesNotDependOnTheNumberOfThreads) {
  std::vector<CompileRequest> requests;
  for (int i = 0; i < 4; ++i) requests.push_back({constant_kernel(i), "k.cu", {}});
  Compiler one({.threads = 1, .cache = {}});
  Compiler three({.threads = 3, .cache = {}});
  EXPECT_EQ(one.threads(), 1U);
  EXPECT_EQ(three.threads(), 3U);
  const auto a = one.compile_all(requests);
  const auto b = three.compile_all(requests);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].cubin, b[i].cubin);
}

TEST_F(CompilerTest, PassesAFailureOnAndCompilesTheRest) {
  Compiler compiler(settings());
  auto bad = compiler.submit({"this is no C++", "bad.cu", {}});
  auto good = compiler.submit({constant_kernel(1), "k.cu", {}});
  EXPECT_THROW(bad.get(), CompileError);
  EXPECT_FALSE(good.get().ptx.empty());
  EXPECT_THROW(compiler.compile_all({{constant_kernel(1), "k.cu", {}}, {"?", "bad.cu", {}}}),
               CompileError);
  EXPECT_EQ(compiler.statistics().cache.stored, 1U) << "a failure is not stored";
}

TEST_F(CompilerTest, EndsWithWorkStillQueued) {
  std::vector<std::future<CompiledModule>> futures;
  {
    Compiler compiler(settings(1));
    for (int i = 0; i < 50; ++i)
      futures.push_back(compiler.submit({constant_kernel(i), "k.cu", {}}));
  }
  int dropped = 0;
  for (auto& future : futures) {
    try {
      future.get();
    } catch (const std::future_error& error) {
      EXPECT_EQ(error.code(), std::future_errc::broken_promise);
      ++dropped;
    }
  }
  EXPECT_GT(dropped, 0);
}

}  // namespace
}  // namespace femsynth::synth
