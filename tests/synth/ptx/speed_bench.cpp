// The emulator's speed: lane instructions a second on an element kernel and on fma chains, for
// warps of 8, 16 and 32 lanes. Not a test; run build/release/bin/ptx_speed_bench.
#include <benchmark/benchmark.h>

#include <cmath>

#include "ptx_runner.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

std::uint64_t lane_instructions(const Program& program, const RunCounts& counts) {
  std::uint64_t total = 0;
  for (std::size_t b = 0; b < program.blocks.size(); ++b) {
    total += counts.lanes[b] * program.blocks[b].issued;
  }
  return total;
}

void report(benchmark::State& state, const Program& program, const RunCounts& counts) {
  std::uint64_t warps = 0;
  for (std::size_t b = 0; b < program.blocks.size(); ++b) {
    warps += counts.warps[b] * program.blocks[b].issued;
  }
  const auto rate = [&](std::uint64_t count) {
    return benchmark::Counter(static_cast<double>(count),
                              benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["lane_instructions"] = rate(lane_instructions(program, counts));
  state.counters["warp_instructions"] = rate(warps);
}

void element_kernel(benchmark::State& state) {
  const auto module = decode(fixture("speed.ptx"));
  const auto cells = static_cast<std::size_t>(state.range(0));
  std::vector<double> x(12 * cells);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::fmod(0.37 * static_cast<double>(i * i + 1), 1.0);
  std::vector<std::int32_t> dofs(4 * cells);
  for (std::size_t i = 0; i < dofs.size(); ++i) dofs[i] = static_cast<std::int32_t>(i);
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x), TestBuffer::of("dofs", dofs),
                                  TestBuffer::of("w", x),
                                  TestBuffer::of("A", std::vector<double>(900 * cells), true)};
  RunCounts counts;
  for (auto _ : state)
    counts = launch(*module, "elem", buffers, {static_cast<std::int32_t>(cells)}, 64);
  report(state, *module->find("elem"), counts);
}
BENCHMARK(element_kernel)->Arg(1)->Arg(8)->Arg(16)->Arg(32)->Arg(64)->Unit(benchmark::kMicrosecond);

void fma_chains(benchmark::State& state, const char* kernel) {
  const auto module = decode(fixture("speed.ptx"));
  std::vector<TestBuffer> buffers{TestBuffer::of("x", std::vector<double>(64, 0.5)),
                                  TestBuffer::of("y", std::vector<double>(64), true)};
  RunCounts counts;
  for (auto _ : state)
    counts = launch(*module, kernel, buffers, {1000}, static_cast<std::uint32_t>(state.range(0)));
  report(state, *module->find(kernel), counts);
}
BENCHMARK_CAPTURE(fma_chains, f64, "fmas")->Arg(8)->Arg(32)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(fma_chains, f32, "fmasf")->Arg(8)->Arg(32)->Unit(benchmark::kMicrosecond);

void decoding(benchmark::State& state) {
  const std::string text = fixture("math.ptx");
  for (auto _ : state) benchmark::DoNotOptimize(decode(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(decoding)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace femsynth::synth::ptx::testing

BENCHMARK_MAIN();
