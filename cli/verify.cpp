#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/executors.hpp"
#include "cli/inputs.hpp"
#include "cli/json_output.hpp"
#include "cli/options.hpp"
#include "cli/pipeline.hpp"
#include "cli/verbs.hpp"
#include "fem/language/form_file.hpp"
#include "meshes/support/error.hpp"
#include "solvers/problem/manufactured.hpp"
#include "solvers/reference/reference.hpp"
#include "solvers/verify/expression.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  FormOptions form;
  MeshOptions mesh;
  std::vector<std::string> settings;
  std::string executor = "auto";
  int inputs = 8;
  std::uint64_t seed = 1;
  bool no_convergence = false;
};

using Json = nlohmann::ordered_json;

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

/// What one run of `verify` works with, and what it has found.
struct Run {
  const Options& options;
  const fem::FormModule& module;
  Console& console;
  std::unique_ptr<solvers::Reference> reference;
  std::unique_ptr<synth::Executor> executor;
  std::optional<synth::Compiler> compiler{};  ///< made when it is first needed
  solvers::VerifyOptions verify_options{};
  std::vector<solvers::VerifyReport> reports{};
  std::vector<solvers::ManufacturedReport> manufactured{};
  /// What could not be judged for want of a component, mostly a part of the oracle's.
  struct Missing {
    std::string form;
    std::string reason;
  };
  std::vector<Missing> missing{};

  synth::CompiledModule compile(const synth::Program& program) {
    if (!compiler) compiler.emplace(compiler_settings(1));
    return compiler->compile(request_for(program, options.form.arch));
  }
  void add(solvers::VerifyReport report) {
    if (!console.json) console.print(solvers::to_text(report));
    reports.push_back(std::move(report));
  }
  bool passed() const {
    const bool verified = std::all_of(reports.begin(), reports.end(),
                                      [](const auto& report) { return report.passed(); });
    return verified && std::all_of(manufactured.begin(), manufactured.end(),
                                   [](const auto& m) { return m.passed || !m.applies; });
  }
  ExitStatus status() const {
    if (!passed()) return ExitStatus::mismatch;
    return missing.empty() ? ExitStatus::done : ExitStatus::missing_component;
  }
  /// Takes a step of the verification of a form; a missing component leaves the others to be
  /// judged.
  template <class Step>
  void attempt(const std::string& form, Step step) {
    try {
      step();
    } catch (const MissingComponent& component) {
      const std::string reason = component.what();
      const auto same = [&](const Missing& m) { return m.reason == reason; };
      console.end_progress();
      if (std::none_of(missing.begin(), missing.end(), same)) {
        write_error(fmt::format("femsynth: error: {}: {}", form, reason));
      }
      missing.push_back({form, reason});
    }
  }
};

void verify_form(Run& run, const fem::Form& form, const Settings& settings) {
  const bool own_cases = !settings.empty() || !run.options.mesh.meshes.empty();
  for (const synth::Schedule& schedule : schedules(run.options, run.module, form, run.console)) {
    run.console.note(fmt::format("verifying {}, {}, {}", form.name,
                                 synth::name_of(schedule.strategy),
                                 synth::name_of(schedule.precision)));
    const synth::Program program = synth::make_program(run.module, form, schedule);
    const bool all = run.options.form.strategy == every_strategy;
    const std::string note =
        method_note(program, !all && is_one_form(run.options.form, run.module));
    if (!note.empty()) run.console.note(note);
    const synth::CompiledModule compiled = run.compile(program);
    run.add(own_cases
                ? solvers::verify_on(run.module, program, compiled, *run.executor, *run.reference,
                                     make_cases(run.options, run.module, program, settings),
                                     run.verify_options)
                : solvers::verify(run.module, program, compiled, *run.executor, *run.reference,
                                  run.verify_options));
  }
}

void verify_expression(Run& run, const fem::PointExpression& expression) {
  const synth::Schedule schedule = expression_schedule(run.options.form, run.module, expression);
  run.console.note(fmt::format("verifying expression {}, {}", expression.name,
                               synth::name_of(schedule.precision)));
  const synth::Program program = synth::make_expression_program(run.module, expression, schedule);
  const synth::CompiledModule compiled = run.compile(program);
  run.add(solvers::verify_expression(run.module, expression, program, compiled, *run.executor,
                                     *run.reference, run.verify_options));
}

/// The last rung, for forms that it is for.
void verify_convergence(Run& run, const fem::Form& form) {
  const solvers::ManufacturedTools tools{
      [&run](const synth::Program& program) { return run.compile(program); }, run.executor.get()};
  solvers::ManufacturedReport report = solvers::solve_manufactured(run.module, form, tools);
  if (!run.console.json && report.applies) run.console.print(solvers::to_text(report));
  run.manufactured.push_back(std::move(report));
}

void print_reports(const Run& run) {
  Json document = Json::parse(solvers::to_json(run.reports));
  document["convergence"] = Json::array();
  for (const solvers::ManufacturedReport& m : run.manufactured) {
    document["convergence"].push_back(Json::parse(solvers::to_json(m)));
  }
  if (!run.passed() && document["verdict"] == "verified") document["verdict"] = "mismatch";
  document["missing"] = Json::array();
  for (const Run::Missing& m : run.missing) {
    document["missing"].push_back({{"form", m.form}, {"reason", m.reason}});
  }
  if (run.status() == ExitStatus::missing_component) document["verdict"] = "missing";
  document["status"] = static_cast<int>(run.status());
  print_json(run.console, document);
}

ExitStatus run_verify(const Options& options, Console& console) {
  const fem::FormModule module =
      fem::load_form_file(options.form.file, {.form = options.form.form});
  if (module.forms.empty() && module.expressions.empty()) {
    throw InputError(fmt::format(
        "{}: there is no form or expression in it to verify, only elements", module.path));
  }
  const Settings settings(module, options.settings);
  Run run{options, module, console, solvers::load_reference(), make_executor(options.executor)};
  run.verify_options.inputs = options.inputs;
  run.verify_options.seed = options.seed;
  for (const fem::Form& form : module.forms) {
    run.attempt(form.name, [&] { verify_form(run, form, settings); });
  }
  for (const fem::PointExpression& e : module.expressions) {
    run.attempt(e.name, [&] { verify_expression(run, e); });
  }
  const bool climbs = !options.no_convergence && settings.empty() && options.mesh.meshes.empty() &&
                      (options.form.precision.empty() || options.form.precision == "f64");
  for (const fem::Form& form : module.forms) {
    if (climbs) run.attempt(form.name, [&] { verify_convergence(run, form); });
  }
  if (console.json) print_reports(run);
  return run.status();
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
  verb->add_flag("--no-convergence", options->no_convergence,
                 "Do not solve manufactured problems with elliptic forms");
  verb->add_option("--seed", options->seed, "Of random inputs and meshes")
      ->check(CLI::Range(std::int64_t{0}, largest_seed))
      ->capture_default_str();
  add_output_options(*verb, invocation.console);
  verb->footer(
      "Without --mesh: three meshes, one of a single cell, the others perturbed; and bilinear "
      "forms\n"
      "over cells that are elliptic must converge to a manufactured solution as theory says.\n"
      "Example:\n  femsynth verify poisson.py --strategy all --mesh triangle:5x3 --perturb 0.2");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_verify(*options, console); };
  });
}

}  // namespace femsynth::cli
