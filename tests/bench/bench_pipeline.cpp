#include <benchmark/benchmark.h>

#include "fem/language/form_file.hpp"
#include "tests/bench/forms.hpp"

/// Form file to CUDA source, beside its goal and beside what NVRTC takes for that source.
namespace femsynth::bench {
namespace {

void form_to_cuda(benchmark::State& state, const std::string& source, double goal_seconds) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    const fem::FormModule module = fem::parse_form(source, "bench.py");
    const synth::Program program =
        synth::make_program(module, module.forms[0], {.strategy = synth::Strategy::atomic});
    bytes = program.cuda.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["of_goal"] = benchmark::Counter(
      goal_seconds, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["cuda_bytes"] = static_cast<double>(bytes);
}

void nvrtc_alone(benchmark::State& state, const std::string& source) {
  const Sample sample = make_sample(source);
  for (auto _ : state) {
    benchmark::DoNotOptimize(synth::compile_cuda(sample.program.cuda, "bench.cu", {}).cubin.size());
  }
}

BENCHMARK_CAPTURE(form_to_cuda, poisson_p2_tetrahedron, poisson(), 5e-3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(form_to_cuda, elasticity_p2_tetrahedron, elasticity(), 20e-3)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(nvrtc_alone, poisson_p2_tetrahedron, poisson())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(nvrtc_alone, elasticity_p2_tetrahedron, elasticity())
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace femsynth::bench
