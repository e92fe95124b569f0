#include <benchmark/benchmark.h>

#include "meshes/generate.hpp"
#include "synth/run/assembly.hpp"
#include "synth/run/ptx_executor.hpp"
#include "tests/bench/forms.hpp"

/// The emulator's rate: instructions a second, one for each active lane.
namespace femsynth::bench {
namespace {

void emulate(benchmark::State& state, const std::string& source, const char* mesh_spec) {
  const Sample sample = make_sample(source);
  const meshes::Mesh mesh = meshes::generate_mesh(mesh_spec, {.perturb = 0.2});
  const auto executor = synth::make_ptx_executor();
  const auto loaded = executor->load(sample.compiled);
  const auto spaces = synth::make_spaces(sample.module, sample.program, mesh);
  synth::FormInputs inputs;
  inputs.constants.assign(sample.module.graph.constants().size(), {1.0});
  double instructions = 0;
  double flops = 0;
  for (auto _ : state) {
    const synth::Assembled result =
        synth::assemble(sample.module, sample.program, *loaded, *executor, mesh, spaces, inputs);
    instructions += static_cast<double>(result.counts.total_instructions());
    flops += static_cast<double>(result.counts.flops());
  }
  state.counters["instructions"] = benchmark::Counter(instructions, benchmark::Counter::kIsRate);
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(emulate, poisson_full_warps, poisson(), "tetrahedron:4x4x4")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(emulate, poisson_one_cell, poisson(), "reference:tetrahedron")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(emulate, elasticity_full_warps, elasticity(), "tetrahedron:4x4x4")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(emulate, elasticity_one_cell, elasticity(), "reference:tetrahedron")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace femsynth::bench
