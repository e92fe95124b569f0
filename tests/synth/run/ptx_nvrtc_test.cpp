// What NVRTC on this machine emits for both architectures runs in the emulator, with line
// information as without, and gives what the stored PTX gives.
#include <gtest/gtest.h>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/run/ptx_executor.hpp"

namespace femsynth::synth {
namespace {

std::string fixture(const std::string& name) {
  return read_file(std::string(FEMSYNTH_SOURCE_DIR) + "/tests/synth/ptx/fixtures/" + name);
}

/// The results of two kernels with divergence, calls and shared memory.
std::vector<std::byte> results(const CompiledModule& compiled) {
  const auto executor = make_ptx_executor();
  const auto module = executor->load(compiled);
  std::vector<double> x(77);
  std::vector<std::int32_t> k(77);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = (i % 3 == 0 ? -0.01 : 0.013) * static_cast<double>(i + 1);
    k[i] = static_cast<std::int32_t>(1 + i * 7919 % 1013);
  }
  std::vector<Buffer> buffers;
  buffers.push_back(Buffer::of<double>("x", ScalarType::f64, x));
  buffers.push_back(Buffer::of<double>("y", ScalarType::f64, x, true));
  buffers.push_back(Buffer::of<std::int32_t>("k", ScalarType::i32, k));
  buffers.push_back(Buffer::of<std::int32_t>("m", ScalarType::i32, k, true));
  Launch launch;
  launch.grid = {2, 1, 1};
  launch.block = {64, 1, 1};
  launch.kernel = "calls";
  launch.arguments = {BufferArgument{0}, BufferArgument{1}, std::int32_t{77}};
  executor->run(*module, launch, buffers);
  launch.kernel = "maze";
  launch.arguments = {BufferArgument{2}, BufferArgument{3}, std::int32_t{77}};
  executor->run(*module, launch, buffers);
  std::vector<std::byte> all = buffers[1].bytes;
  all.insert(all.end(), buffers[3].bytes.begin(), buffers[3].bytes.end());
  return all;
}

TEST(PtxOfNvrtc, RunsForBothArchitectures) {
  try {
    nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  CompiledModule stored;
  stored.ptx = fixture("control.ptx");
  const std::vector<std::byte> expected = results(stored);
  for (const std::string arch : {"sm_80", "sm_90"}) {
    for (const bool line_info : {false, true}) {
      CompileOptions options;
      options.arch = arch;
      options.line_info = line_info;
      EXPECT_EQ(results(compile_cuda(fixture("control.cu"), "control.cu", options)), expected)
          << arch;
    }
  }
}

TEST(PtxOfNvrtc, NothingOfTheMathLibraryIsUnknown) {
  try {
    nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  // The stored PTX is that with contraction.
  CompileOptions options;
  options.fmad = false;
  const CompiledModule compiled = compile_cuda(fixture("math.cu"), "math.cu", options);
  EXPECT_NO_THROW(make_ptx_executor()->load(compiled));
}

}  // namespace
}  // namespace femsynth::synth
