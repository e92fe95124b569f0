#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/executors.hpp"
#include "cli/json_output.hpp"
#include "cli/pipeline.hpp"
#include "cli/verbs.hpp"
#include "solvers/problem/report.hpp"
#include "solvers/problem/solve.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  std::string problem;
  std::string executor = "auto";
  std::string oracle = "auto";
  std::string arch = "sm_90";
  std::string file;
};

/// deal.II, or null with the reason in `missing`. Throws MissingComponent if it is asked for by
/// name.
std::shared_ptr<solvers::Backend> load_oracle(const Options& options, std::string& missing) {
  if (options.oracle == "none") return nullptr;
  try {
    return solvers::load_backend();
  } catch (const MissingComponent& error) {
    if (options.oracle == "dealii") throw;
    missing = error.what();
    return nullptr;
  }
}

ExitStatus run_solve(const Options& options, Console& console) {
  const solvers::Problem problem = solvers::load_problem(options.problem);
  std::string missing;
  const auto oracle = load_oracle(options, missing);
  if (!missing.empty()) console.note("not compared with deal.II: " + missing);
  const auto executor = make_executor(options.executor);
  synth::Compiler compiler(compiler_settings(1));
  solvers::SolveTools tools;
  tools.executor = executor.get();
  tools.compile = [&](const synth::Program& program) {
    return compiler.compile(request_for(program, options.arch));
  };
  tools.oracle = oracle.get();
  tools.progress = [&](std::size_t level, const std::string& mesh) {
    const std::size_t count = problem.meshes.size();
    console.progress(static_cast<double>(level) / static_cast<double>(count),
                     fmt::format("mesh {} of {}: {}", level + 1, count, mesh));
  };
  solvers::SolveReport report = solvers::solve_problem(problem, tools);
  console.end_progress();
  report.oracle_missing = missing;
  if (!options.file.empty()) {
    solvers::write_solution(options.file, report);
    console.note(
        fmt::format("wrote the solution on {} to {}", report.levels.back().mesh, options.file));
  }
  console.note(solvers::solve_times(report));
  if (console.json) {
    print_json(console, solvers::solve_json(report));
  } else {
    console.print(solvers::solve_text(report));
  }
  return report.pass() ? ExitStatus::done : ExitStatus::mismatch;
}

}  // namespace

void add_solve(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand(
      "solve",
      "Solves a boundary-value problem; compares with the exact solution and with deal.II");
  auto options = std::make_shared<Options>();
  verb->add_option("PROBLEM", options->problem, "Problem file (TOML, see notes/solve.md)")
      ->required();
  verb->add_option("-o,--output", options->file,
                   "VTKHDF file of the solution on the last mesh, for ParaView")
      ->type_name("OUT.vtkhdf");
  add_executor_option(*verb, options->executor);
  verb->add_option("--oracle", options->oracle,
                   "dealii (compare with deal.II's own solution), none, or auto: deal.II if it is "
                   "there")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "dealii", "none"}));
  verb->add_option("--arch", options->arch, "GPU architecture that NVRTC compiles for")
      ->capture_default_str()
      ->check(CLI::IsMember({"sm_80", "sm_90"}));
  add_output_options(*verb, invocation.console);
  verb->footer(
      "Exit status 1: the error falls too slowly under refinement, or deal.II's solution differs.\n"
      "Example:\n  femsynth solve poisson.toml -o poisson.vtkhdf");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_solve(*options, console); };
  });
}

}  // namespace femsynth::cli
