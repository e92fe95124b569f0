#include "synth/compile/resource_usage.hpp"

#include <gtest/gtest.h>

namespace femsynth::synth {
namespace {

// NVRTC 13.0's words for two kernels, of which one calls a function that was not
// inlined; its figures must not be taken for the kernel's.
constexpr const char* kLogSm80 =
    "ptxas info    : 272 bytes gmem, 16 bytes cmem[4]\n"
    "ptxas info    : Compiling entry function 'spilly' for 'sm_80'\n"
    "ptxas info    : Function properties for spilly\n"
    "ptxas         .     1696 bytes stack frame, 1888 bytes spill stores, 2220 bytes spill loads\n"
    "ptxas info    : Used 32 registers, used 1 barriers, 1696 bytes cumulative stack size, 2048 "
    "bytes smem, 372 bytes cmem[0]\n"
    "ptxas info    : Compile time = 46.989 ms\n"
    "ptxas info    : Compiling entry function 'simple' for 'sm_80'\n"
    "ptxas info    : Function properties for simple\n"
    "ptxas         .     40 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n"
    "ptxas info    : Used 28 registers, used 0 barriers, 40 bytes cumulative stack size, 376 bytes "
    "cmem[0], 32 bytes cmem[2]\n"
    "ptxas info    : Compile time = 8.183 ms\n"
    "ptxas info    : Function properties for __internal_trig_reduction_slowpathd\n"
    "ptxas         .     8 bytes stack frame, 4 bytes spill stores, 4 bytes spill loads\n";

TEST(ResourceUsage, TakesEachKernelsFiguresFromTheLog) {
  const auto kernels = parse_resource_usage(kLogSm80);
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_EQ(kernels[0].kernel, "spilly");
  EXPECT_EQ(kernels[0].registers, 32);
  EXPECT_EQ(kernels[0].spill_store_bytes, 1888);
  EXPECT_EQ(kernels[0].spill_load_bytes, 2220);
  EXPECT_EQ(kernels[0].stack_bytes, 1696);
  EXPECT_EQ(kernels[0].shared_bytes, 2048);
  EXPECT_EQ(kernels[0].constant_bytes, 372);
  EXPECT_EQ(kernels[0].barriers, 1);
  EXPECT_EQ(kernels[1].kernel, "simple");
  EXPECT_EQ(kernels[1].registers, 28);
  EXPECT_EQ(kernels[1].spill_store_bytes, 0);
  EXPECT_EQ(kernels[1].spill_load_bytes, 0);
  EXPECT_EQ(kernels[1].stack_bytes, 40);
  EXPECT_EQ(kernels[1].shared_bytes, 0);
  EXPECT_EQ(kernels[1].constant_bytes, 376 + 32);
  EXPECT_EQ(kernels[1].barriers, 0);
}

TEST(ResourceUsage, ReadsTheLayoutOfNvrtc12) {
  const auto kernels = parse_resource_usage(
      "ptxas info    : 0 bytes gmem\n"
      "ptxas info    : Compiling entry function 'mass' for 'sm_90'\n"
      "ptxas info    : Function properties for mass\n"
      "    16 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads\n"
      "ptxas info    : Used 255 registers, 4096 bytes smem, 560 bytes cmem[0]\n");
  ASSERT_EQ(kernels.size(), 1U);
  EXPECT_EQ(kernels[0].kernel, "mass");
  EXPECT_EQ(kernels[0].registers, 255);
  EXPECT_EQ(kernels[0].stack_bytes, 16);
  EXPECT_EQ(kernels[0].spill_store_bytes, 12);
  EXPECT_EQ(kernels[0].spill_load_bytes, 8);
  EXPECT_EQ(kernels[0].shared_bytes, 4096);
  EXPECT_EQ(kernels[0].constant_bytes, 560);
}

TEST(ResourceUsage, GivesNothingForALogWithoutKernels) {
  EXPECT_TRUE(parse_resource_usage("").empty());
  EXPECT_TRUE(parse_resource_usage("k.cu(1): error: identifier \"foo\" is undefined\n").empty());
  EXPECT_TRUE(parse_resource_usage("Compiling entry function '").empty());
  EXPECT_TRUE(parse_resource_usage("ptxas info : Used 3 registers").empty());
}

TEST(ResourceUsage, DropsTimingsAndNothingElse) {
  const std::string kept = without_timings(kLogSm80);
  EXPECT_EQ(kept.find("Compile time"), std::string::npos);
  EXPECT_NE(kept.find("Used 28 registers"), std::string::npos);
  const std::string expected_loss =
      "ptxas info    : Compile time = 46.989 ms\nptxas info    : Compile time = 8.183 ms\n";
  EXPECT_EQ(kept.size() + expected_loss.size(), std::string(kLogSm80).size());
  EXPECT_EQ(without_timings(kept), kept);
  EXPECT_EQ(without_timings(""), "");
}

}  // namespace
}  // namespace femsynth::synth
