#include <benchmark/benchmark.h>

#include <chrono>

#include "meshes/support/error.hpp"
#include "solvers/reference/reference.hpp"
#include "solvers/verify/verify.hpp"
#include "synth/run/ptx_executor.hpp"
#include "tests/bench/forms.hpp"

/// A sample's whole check (8 inputs × 3 meshes, emulator and oracle) beside its compile time.
namespace femsynth::bench {
namespace {

double seconds_of(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void check_over_compile(benchmark::State& state, const std::string& source) {
  const Sample sample = make_sample(source);
  std::unique_ptr<solvers::Reference> reference;
  try {
    reference = solvers::load_reference();
  } catch (const MissingComponent& missing) {
    state.SkipWithError(missing.what());
    return;
  }
  const auto executor = synth::make_ptx_executor();
  double compile = 0;
  double check = 0;
  for (auto _ : state) {
    compile += seconds_of([&] { synth::compile_cuda(sample.program.cuda, "bench.cu", {}); });
    check += seconds_of([&] {
      solvers::verify(sample.module, sample.program, sample.compiled, *executor, *reference);
    });
  }
  state.counters["check_over_compile"] = check / compile;
}

BENCHMARK_CAPTURE(check_over_compile, poisson_p2_tetrahedron, poisson())
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(check_over_compile, elasticity_p2_tetrahedron, elasticity())
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace femsynth::bench
