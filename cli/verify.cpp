#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/executors.hpp"
#include "cli/inputs.hpp"
#include "cli/options.hpp"
#include "cli/pipeline.hpp"
#include "cli/verbs.hpp"
#include "solvers/reference/reference.hpp"
#include "solvers/verify/verify.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  FormOptions form;
  MeshOptions mesh;
  std::vector<std::string> settings;
  std::string executor = "auto";
  int inputs = 8;
  std::uint64_t seed = 1;
};

constexpr const char* every_strategy = "all";

/// The schedules that a form is verified under.
std::vector<synth::Schedule> schedules(const Options& options, const fem::FormModule& module,
                                       const fem::Form& form, Console& console) {
  FormOptions chosen_options = options.form;
  const bool all = chosen_options.strategy == every_strategy;
  if (all) chosen_options.strategy.clear();
  ChosenSchedule chosen = choose_schedule(chosen_options, module, form);
  if (!chosen.note.empty()) console.note(chosen.note);
  if (!all) return {chosen.schedule};
  std::vector<synth::Schedule> result;
  for (const std::string& name : strategy_names()) {
    chosen.schedule.strategy = strategy_of(name);
    if (synth::applies(chosen.schedule.strategy, fem::rank(module.graph, form))) {
      result.push_back(chosen.schedule);
    }
  }
  return result;
}

/// The meshes of the command line, or those of the trial, with inputs: what is set, the rest
/// random.
std::vector<solvers::VerifyCase> make_cases(const Options& options, const fem::FormModule& module,
                                            const synth::Program& program,
                                            const Settings& settings) {
  std::vector<solvers::TrialMesh> meshes;
  for (const std::string& name : options.mesh.meshes) {
    const std::string suffix =
        options.mesh.perturb == 0 ? "" : fmt::format(" --perturb {}", options.mesh.perturb);
    meshes.push_back({name + suffix, load_mesh(options.mesh, name)});
    require_cell(module, meshes.back().mesh, name);
  }
  if (meshes.empty()) meshes = solvers::trial_meshes(module, program, options.seed, 0);
  std::vector<solvers::VerifyCase> cases;
  std::uint64_t counter = 0;
  for (solvers::TrialMesh& mesh : meshes) {
    const synth::AssemblySpaces spaces = synth::make_spaces(module, program, mesh.mesh);
    solvers::VerifyCase next{std::move(mesh), {}};
    for (int k = 0; k < options.inputs; ++k) {
      next.inputs.push_back(
          solvers::random_inputs(module, program, spaces, {}, options.seed, counter++));
      settings.apply(next.mesh.mesh, spaces, program.schedule.precision, next.inputs.back());
    }
    cases.push_back(std::move(next));
  }
  return cases;
}

ExitStatus run_verify(const Options& options, Console& console) {
  const fem::FormModule module = load_forms(options.form);
  const Settings settings(module, options.settings);
  const auto reference = solvers::load_reference();
  const auto executor = make_executor(options.executor);
  synth::Compiler compiler(compiler_settings(1));
  solvers::VerifyOptions verify_options;
  verify_options.inputs = options.inputs;
  verify_options.seed = options.seed;
  std::vector<solvers::VerifyReport> reports;
  bool passed = true;
  for (const fem::Form& form : module.forms) {
    for (const synth::Schedule& schedule : schedules(options, module, form, console)) {
      console.note(fmt::format("verifying {}, {}, {}", form.name, synth::name_of(schedule.strategy),
                               synth::name_of(schedule.precision)));
      const synth::Program program = synth::make_program(module, form, schedule);
      const synth::CompiledModule compiled =
          compiler.compile(request_for(program, options.form.arch));
      const bool own_cases = !settings.empty() || !options.mesh.meshes.empty();
      reports.push_back(
          own_cases
              ? solvers::verify_on(module, program, compiled, *executor, *reference,
                                   make_cases(options, module, program, settings), verify_options)
              : solvers::verify(module, program, compiled, *executor, *reference, verify_options));
      passed = passed && reports.back().passed();
      if (!console.json) console.print(solvers::to_text(reports.back()));
    }
  }
  if (console.json) console.print_document(solvers::to_json(reports));
  return passed ? ExitStatus::done : ExitStatus::mismatch;
}

}  // namespace

void add_verify(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand(
      "verify", "Runs a file's kernels and compares them with deal.II on the untouched form");
  auto options = std::make_shared<Options>();
  add_form_options(*verb, options->form, every_strategy);
  add_mesh_options(*verb, options->mesh, true);
  add_set_option(*verb, options->settings);
  add_executor_option(*verb, options->executor);
  verb->add_option("--inputs", options->inputs, "Inputs on each mesh; random where nothing is set")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  verb->add_option("--seed", options->seed, "Of random inputs and meshes")
      ->check(CLI::Range(std::int64_t{0}, largest_seed))
      ->capture_default_str();
  add_output_options(*verb, invocation.console);
  verb->footer(
      "Without --mesh: three meshes, one of a single cell, the others perturbed.\n"
      "Example:\n  femsynth verify poisson.py --strategy all --mesh triangle:5x3 --perturb 0.2");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_verify(*options, console); };
  });
}

}  // namespace femsynth::cli
