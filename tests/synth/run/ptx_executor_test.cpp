// The emulator behind the executor interface: arguments, counts, threads.
#include "synth/run/ptx_executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::synth {
namespace {

using ::testing::HasSubstr;

constexpr const char* kAxpy = R"(.version 9.0
.target sm_80
.address_size 64
.visible .entry axpy(.param .u64 y, .param .u64 x, .param .f64 a, .param .u32 n)
{
  .reg .pred %p<2>; .reg .b32 %r<6>; .reg .f64 %fd<5>; .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [y]; ld.param.u64 %rd2, [x]; ld.param.f64 %fd1, [a]; ld.param.u32 %r1, [n];
  mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;
  mad.lo.s32 %r5, %r2, %r3, %r4;
  setp.ge.s32 %p1, %r5, %r1;
  @%p1 bra DONE;
  mul.wide.s32 %rd3, %r5, 8; add.s64 %rd4, %rd1, %rd3; add.s64 %rd5, %rd2, %rd3;
  ld.global.nc.f64 %fd2, [%rd5]; ld.global.f64 %fd3, [%rd4];
  fma.rn.f64 %fd4, %fd1, %fd2, %fd3;
  st.global.f64 [%rd4], %fd4;
DONE:
  ret;
}
)";

CompiledModule module_of(std::string ptx) {
  CompiledModule module;
  module.arch = "sm_80";
  module.ptx = std::move(ptx);
  return module;
}

std::vector<Buffer> axpy_buffers(std::size_t n) {
  std::vector<double> x(n), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = 0.5 * static_cast<double>(i);
    y[i] = 3.0 - static_cast<double>(i);
  }
  std::vector<Buffer> buffers;
  buffers.push_back(Buffer::of<double>("y", ScalarType::f64, y, true));
  buffers.push_back(Buffer::of<double>("x", ScalarType::f64, x));
  return buffers;
}

Launch axpy_launch(std::int32_t n, std::uint32_t block = 64) {
  Launch launch;
  launch.kernel = "axpy";
  launch.block = {block, 1, 1};
  launch.grid = {(static_cast<std::uint32_t>(n) + block - 1) / block, 1, 1};
  launch.arguments = {BufferArgument{0}, BufferArgument{1}, 2.0, n};
  return launch;
}

std::string launch_error(const Launch& launch) {
  const auto executor = make_ptx_executor();
  const auto module = executor->load(module_of(kAxpy));
  auto buffers = axpy_buffers(10);
  try {
    executor->run(*module, launch, buffers);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(PtxExecutor, RunsAKernelAndLeavesInputsAlone) {
  const auto executor = make_ptx_executor();
  EXPECT_EQ(executor->name(), "ptx");
  const auto module = executor->load(module_of(kAxpy));
  for (const std::int32_t n : {1, 7, 64, 65, 300}) {
    auto buffers = axpy_buffers(static_cast<std::size_t>(n));
    const auto before = axpy_buffers(static_cast<std::size_t>(n));
    executor->run(*module, axpy_launch(n), buffers);
    EXPECT_EQ(buffers[1].bytes, before[1].bytes);
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      EXPECT_EQ(buffers[0].as<double>()[i],
                std::fma(2.0, before[1].as<double>()[i], before[0].as<double>()[i]));
    }
  }
}

TEST(PtxExecutor, CountsWhatTheKernelDoes) {
  const auto executor = make_ptx_executor();
  const auto module = executor->load(module_of(kAxpy));
  auto buffers = axpy_buffers(40);
  const ExecutionCounts counts = executor->run(*module, axpy_launch(40), buffers);
  // 64 threads read 4 parameters and 3 special registers, and branch; 40 go on.
  const std::map<std::string, std::uint64_t> expected{
      {"load.constant", 64 * 4}, {"move", 64 * 3},    {"integer", 64 + 40 * 3},
      {"predicate", 64},         {"branch", 64 + 40}, {"load.global", 80},
      {"f64.fma", 40},           {"store.global", 40}};
  EXPECT_EQ(counts.instructions, expected);
  EXPECT_EQ(counts.flops(), 80U);
  const std::map<std::string, std::uint64_t> bytes{
      {"constant.read", 64 * 28}, {"global.read", 40 * 16}, {"global.write", 40 * 8}};
  EXPECT_EQ(counts.bytes, bytes);
  // Three accesses of 32 lanes touch 8 sectors each, three of 8 lanes 2 each.
  EXPECT_EQ(counts.global_sectors, 3U * 8 + 3U * 2);
  EXPECT_EQ(counts.warp_instructions, 2U * 18);
}

TEST(PtxExecutor, SectorsOfStridedAndRepeatedAccesses) {
  const auto executor = make_ptx_executor();
  const auto sectors = [&](const std::string& stride) {
    const auto module = executor->load(
        module_of(R"(.version 9.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 x)
{ .reg .b32 %r<6>; .reg .f64 %fd<5>; .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [x]; mov.u32 %r1, %tid.x; xor.b32 %r1, %r1, 5; mul.wide.u32 %rd2, %r1, )" +
                  stride + R"(; add.s64 %rd3, %rd1, %rd2; ld.global.f64 %fd1, [%rd3]; ret; })"));
    std::vector<double> x(2048);
    std::vector<Buffer> buffers;
    buffers.push_back(Buffer::of<double>("x", ScalarType::f64, x));
    Launch launch;
    launch.kernel = "k";
    launch.block = {32, 1, 1};
    launch.arguments = {BufferArgument{0}};
    return executor->run(*module, launch, buffers).global_sectors;
  };
  EXPECT_EQ(sectors("8"), 8U);
  EXPECT_EQ(sectors("16"), 16U);
  EXPECT_EQ(sectors("256"), 32U);
  EXPECT_EQ(sectors("0"), 1U);
}

TEST(PtxExecutor, ArgumentsMustFitTheParameters) {
  Launch launch = axpy_launch(10);
  launch.arguments.pop_back();
  EXPECT_THAT(launch_error(launch), HasSubstr("3 arguments, but the kernel takes 4"));
  launch = axpy_launch(10);
  launch.arguments[2] = 2.0F;
  EXPECT_THAT(launch_error(launch), HasSubstr("argument 2 has 4 bytes, the parameter 8"));
  launch = axpy_launch(10);
  launch.arguments[1] = BufferArgument{2};
  EXPECT_THAT(launch_error(launch), HasSubstr("argument 1 names buffer 2 of 2"));
  launch = axpy_launch(10);
  launch.kernel = "other";
  EXPECT_THAT(launch_error(launch), HasSubstr("no kernel 'other'"));
  launch = axpy_launch(10);
  launch.block = {2048, 1, 1};
  EXPECT_THAT(launch_error(launch), HasSubstr("at most 1024"));
  launch.block = {32, 1, 1};
  launch.grid = {0, 1, 1};
  EXPECT_THAT(launch_error(launch), HasSubstr("grid"));
}

TEST(PtxExecutor, FaultsNameTheBuffer) {
  const auto executor = make_ptx_executor();
  const auto module = executor->load(module_of(kAxpy));
  auto buffers = axpy_buffers(10);
  try {
    executor->run(*module, axpy_launch(11), buffers);
    FAIL() << "the fault was not seen";
  } catch (const ExecutionFault& fault) {
    EXPECT_THAT(
        fault.what(),
        HasSubstr("kernel 'axpy', PTX line 13: ld.global.nc.f64 %fd2, [%rd5]; ld.global.f64 %fd3, "
                  "[%rd4];: thread (10,0,0) of block (0,0,0): out of bounds read of 8 bytes"));
    EXPECT_THAT(fault.what(), HasSubstr("'x', offset 80 of 80 bytes"));
  }
}

TEST(PtxExecutor, OptionsReachTheMachine) {
  PtxExecutorOptions options;
  options.outputs_uninitialised = true;
  auto executor = make_ptx_executor(options);
  auto module = executor->load(module_of(kAxpy));
  auto buffers = axpy_buffers(10);
  EXPECT_THROW(executor->run(*module, axpy_launch(10), buffers), ExecutionFault);
  options.outputs_uninitialised = false;
  options.instruction_budget = 100;
  executor = make_ptx_executor(options);
  EXPECT_THROW(executor->run(*module, axpy_launch(10), buffers), ExecutionFault);
}

TEST(PtxExecutor, MultidimensionalBlocksAndGrids) {
  const auto executor = make_ptx_executor();
  const auto module = executor->load(module_of(R"(.version 9.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 y)
{ .reg .b32 %r<20>; .reg .b64 %rd<8>;
  ld.param.u64 %rd1, [y];
  mov.u32 %r1, %tid.x; mov.u32 %r2, %tid.y; mov.u32 %r3, %tid.z; mov.u32 %r4, %ctaid.y; mov.u32 %r5, %nctaid.x;
  mov.u32 %r6, %ctaid.x; mov.u32 %r7, %ntid.y; mov.u32 %r8, %ntid.x;
  mad.lo.s32 %r9, %r3, %r7, %r2; mad.lo.s32 %r9, %r9, %r8, %r1;
  mad.lo.s32 %r10, %r4, %r5, %r6; mad.lo.s32 %r11, %r10, 30, %r9;
  mul.wide.u32 %rd2, %r11, 4; add.s64 %rd2, %rd1, %rd2;
  mad.lo.s32 %r12, %r1, 1000, %r2; mad.lo.s32 %r12, %r12, 10, %r3; mad.lo.s32 %r12, %r10, 100000, %r12;
  st.global.u32 [%rd2], %r12; ret; })"));
  std::vector<std::int32_t> y(30 * 6);
  std::vector<Buffer> buffers;
  buffers.push_back(Buffer::of<std::int32_t>("y", ScalarType::i32, y, true));
  Launch launch;
  launch.kernel = "k";
  launch.block = {5, 3, 2};
  launch.grid = {3, 2, 1};
  launch.arguments = {BufferArgument{0}};
  executor->run(*module, launch, buffers);
  for (int i = 0; i < 180; ++i) {
    const int t = i % 30;
    EXPECT_EQ(buffers[0].as<std::int32_t>()[static_cast<std::size_t>(i)],
              (i / 30) * 100000 + ((t % 5) * 1000 + t / 5 % 3) * 10 + t / 15);
  }
}

TEST(PtxExecutor, ThreadsShareAnExecutorAndAModule) {
  const auto executor = make_ptx_executor();
  const auto module = executor->load(module_of(kAxpy));
  auto expected = axpy_buffers(500);
  const ExecutionCounts counts = executor->run(*module, axpy_launch(500), expected);
  std::vector<int> right(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        auto buffers = axpy_buffers(500);
        const ExecutionCounts mine = executor->run(*module, axpy_launch(500), buffers);
        right[t] += buffers[0].bytes == expected[0].bytes &&
                    mine.instructions == counts.instructions &&
                    mine.global_sectors == counts.global_sectors;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 50));
}

TEST(PtxExecutor, CountsAddUp) {
  ExecutionCounts a;
  a.instructions = {{"f64.fma", 3}, {"integer", 4}, {"f32.add", 2}};
  a.bytes = {{"global.read", 8}};
  a.warp_instructions = 5;
  a.global_sectors = 6;
  ExecutionCounts b = a;
  b += a;
  EXPECT_EQ(b.total_instructions(), 18U);
  EXPECT_EQ(b.flops(), 16U);
  EXPECT_EQ(b.bytes.at("global.read"), 16U);
  EXPECT_EQ(b.warp_instructions, 10U);
  EXPECT_EQ(b.global_sectors, 12U);
}

}  // namespace
}  // namespace femsynth::synth
