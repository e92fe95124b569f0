#include "datasets/pipeline/launch_records.hpp"

#include <fmt/format.h>

#include "meshes/support/error.hpp"
#include "solvers/verify/sampling.hpp"
#include "synth/run/assembly.hpp"

namespace femsynth::datasets {
namespace {

/// An executor that takes launches down and runs nothing.
class Scribe : public synth::Executor {
 public:
  Scribe(const synth::Program& program, std::string mesh, std::vector<LaunchRecord>& launches)
      : program_(program), mesh_(std::move(mesh)), launches_(launches) {}

  std::string name() const override { return "none"; }
  std::shared_ptr<const synth::LoadedModule> load(const synth::CompiledModule&) override {
    return std::make_shared<synth::LoadedModule>();
  }
  synth::ExecutionCounts run(const synth::LoadedModule&, const synth::Launch& launch,
                             std::span<synth::Buffer> buffers) override {
    LaunchRecord record{mesh_, launch.kernel, launch.grid, launch.block, {}};
    for (std::size_t i = 0; i < launch.arguments.size(); ++i) {
      const synth::KernelArgument& argument = launch.arguments[i];
      if (const auto* buffer = std::get_if<synth::BufferArgument>(&argument)) {
        const synth::Buffer& memory = buffers[buffer->buffer];
        record.arguments.push_back(
            {memory.name, std::string(synth::name_of(memory.type)) + "*", memory.size(), ""});
      } else {
        record.arguments.push_back({scalar_name(launch.kernel, i), "i32", 0,
                                    fmt::format("{}", std::get<std::int32_t>(argument))});
      }
    }
    launches_.push_back(std::move(record));
    return {};
  }

 private:
  std::string scalar_name(const std::string& kernel, std::size_t parameter) const {
    for (const synth::KernelPlan& plan : program_.kernels) {
      if (plan.name != kernel) continue;
      switch (plan.parameters.at(parameter).role) {
        case synth::ParameterRole::entity_count:
          return "entity_count";
        case synth::ParameterRole::value_count:
          return "value_count";
        case synth::ParameterRole::output_offset:
          return "output_offset";
        default:
          break;
      }
    }
    throw InternalError(fmt::format("kernel {}: parameter {} is no scalar", kernel, parameter));
  }

  const synth::Program& program_;
  std::string mesh_;
  std::vector<LaunchRecord>& launches_;
};

}  // namespace

std::vector<LaunchRecord> launch_records(const fem::FormModule& module,
                                         const synth::Program& program, std::uint64_t seed) {
  std::vector<LaunchRecord> launches;
  const solvers::ValueRange range;
  for (const auto& trial : solvers::trial_meshes(module, program, seed, 0)) {
    const auto spaces = synth::make_spaces(module, program, trial.mesh);
    const auto inputs = solvers::random_inputs(module, program, spaces, range, seed, 0);
    Scribe scribe(program, trial.name, launches);
    const auto loaded = scribe.load({});
    synth::assemble(module, program, *loaded, scribe, trial.mesh, spaces, inputs);
  }
  return launches;
}

}  // namespace femsynth::datasets
