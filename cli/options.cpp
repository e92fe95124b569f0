#include "cli/options.hpp"

#include <fmt/format.h>

#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <span>

#include <CLI/CLI.hpp>

#include "cli/verbs.hpp"
#include "fem/language/form_file.hpp"
#include "meshes/read.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::cli {

void add_output_options(CLI::App& verb, Console& console) {
  verb.add_flag("--json", console.json, "One JSON document on standard output, nothing else there");
  verb.add_flag("-q,--quiet", console.quiet, "No progress and no messages but errors");
}

namespace {

constexpr std::array methods{synth::Method::quadrature, synth::Method::reference_tensor,
                             synth::Method::sum_factorisation};

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const synth::Method method : methods) names.emplace_back(synth::name_of(method));
  return names;
}

}  // namespace

void add_form_options(CLI::App& verb, FormOptions& options, const char* more_strategy) {
  std::vector<std::string> strategies = strategy_names();
  if (more_strategy != nullptr) strategies.emplace_back(more_strategy);
  verb.add_option("FORM", options.file, "UFL form file (.py or .ufl)")->required();
  verb.add_option(
      "--form", options.form,
      "Name of one form, or of one expression; default: all that the file exports (a, L, M, F,\n"
      "J, or `forms`, and `expressions`)");
  verb.add_option("--strategy", options.strategy,
                  "Where a cell's contributions go; default: atomic, or reduction for rank 0")
      ->check(CLI::IsMember(strategies));
  verb.add_option(
          "--method", options.method,
          "How element tensors are summed up, where that applies; default: for each integral\n"
          "the way that takes the fewest operations")
      ->check(CLI::IsMember(method_names()));
  verb.add_option(
          "--precision", options.precision,
          "f64 or f32; c128 or c64 for complex forms (pairs of f64 or f32). Default: f64, or c128\n"
          "where a form has complex literals")
      ->capture_default_str()
      ->check(CLI::IsMember({"f64", "f32", "c128", "c64"}));
  verb.add_option("--block-size", options.block_size, "Threads a block, a power of two")
      ->capture_default_str();
  verb.add_option("--arch", options.arch, "GPU architecture that NVRTC compiles for")
      ->capture_default_str()
      ->check(CLI::IsMember({"sm_80", "sm_90"}));
}

void add_mesh_options(CLI::App& verb, MeshOptions& options, bool several) {
  CLI::Option* mesh = verb.add_option(
      "--mesh", options.meshes,
      "A .msh file, or a generator: interval:16, triangle:8x8, quadrilateral:8x8,\n"
      "tetrahedron:4x4x4, hexahedron:4x4x4, prism:2x2x2, pyramid:2x2x2 (unit domains),\n"
      "reference:triangle; +2 or +3 behind it bends the cells, @3 puts them into space:\n"
      "triangle:8x8+2, quadrilateral:4x4@3");
  mesh->type_name("M")->allow_extra_args(false);
  if (!several) mesh->required()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  verb.add_option("--perturb", options.perturb,
                  "Moves inner vertices by up to this fraction of the mesh width, 0 to 0.4");
  verb.add_option("--mesh-seed", options.seed, "Seed of --perturb")
      ->check(CLI::Range(std::int64_t{0}, largest_seed))
      ->capture_default_str();
}

meshes::Mesh load_mesh(const MeshOptions& options, const std::string& name) {
  return meshes::load_mesh(name, {.perturb = options.perturb, .seed = options.seed});
}

void require_cell(const fem::FormModule& module, const meshes::Mesh& mesh,
                  const std::string& mesh_name) {
  if (module.graph.cell() == mesh.cell_type) return;
  throw InputError(fmt::format("{} is about {} cells, the mesh {} has {} cells", module.path,
                               meshes::name_of(module.graph.cell()), mesh_name,
                               meshes::name_of(mesh.cell_type)));
}

void add_set_option(CLI::App& verb, std::vector<std::string>& settings) {
  verb.add_option("--set", settings,
                  "Value of a Coefficient: a UFL expression in x (a tuple for a vector), or of a\n"
                  "Constant: a number (a tuple for a vector). May be repeated")
      ->type_name("NAME=EXPR")
      ->allow_extra_args(false);
}

fem::FormModule load_forms(const FormOptions& options) {
  fem::FormModule module = fem::load_form_file(options.file, {.form = options.form});
  if (module.forms.empty()) {
    throw InputError(
        fmt::format("{}: there is no form in it, only elements or expressions", options.file));
  }
  return module;
}

std::vector<std::string> strategy_names() {
  std::vector<std::string> names;
  for (const synth::Strategy s : {synth::Strategy::element, synth::Strategy::atomic,
                                  synth::Strategy::matrix_free, synth::Strategy::reduction}) {
    names.emplace_back(synth::name_of(s));
  }
  return names;
}

synth::Strategy strategy_of(const std::string& name) {
  for (const synth::Strategy s : {synth::Strategy::element, synth::Strategy::atomic,
                                  synth::Strategy::matrix_free, synth::Strategy::reduction}) {
    if (name == synth::name_of(s)) return s;
  }
  throw InputError(
      fmt::format("no strategy '{}': choose from {}", name, fmt::join(strategy_names(), ", ")));
}

namespace {

/// The precision that is asked for, or that the expressions need.
synth::Precision precision_of(const FormOptions& options, const fem::ExprGraph& graph,
                              std::span<const fem::ExprId> roots) {
  for (const synth::Precision precision : {synth::Precision::f64, synth::Precision::f32,
                                           synth::Precision::c128, synth::Precision::c64}) {
    if (options.precision == synth::name_of(precision)) return precision;
  }
  const std::vector<fem::ExprId> ids = fem::reachable(graph, roots);
  const bool complex = std::any_of(ids.begin(), ids.end(), [&](fem::ExprId id) {
    return graph[id].op == fem::Op::imaginary_unit;
  });
  return complex ? synth::Precision::c128 : synth::Precision::f64;
}

}  // namespace

ChosenSchedule choose_schedule(const FormOptions& options, const fem::FormModule& module,
                               const fem::Form& form) {
  const int rank = fem::rank(module.graph, form);
  ChosenSchedule chosen;
  chosen.schedule.strategy = synth::default_strategy(rank);
  chosen.schedule.precision = precision_of(options, module.graph, fem::integrands(form));
  chosen.schedule.block_size = options.block_size;
  for (const synth::Method method : methods) {
    if (options.method == synth::name_of(method)) chosen.schedule.method = method;
  }
  if (options.strategy.empty()) return chosen;
  const synth::Strategy wanted = strategy_of(options.strategy);
  if (module.forms.size() == 1 || synth::applies(wanted, rank)) {
    chosen.schedule.strategy = wanted;
  } else {
    chosen.note =
        fmt::format("form {} (rank {}): strategy {} does not apply, {} is taken", form.name, rank,
                    options.strategy, synth::name_of(chosen.schedule.strategy));
  }
  return chosen;
}

synth::Schedule expression_schedule(const FormOptions& options, const fem::FormModule& module,
                                    const fem::PointExpression& expression) {
  synth::Schedule schedule;
  schedule.precision = precision_of(options, module.graph, std::span(&expression.value, 1));
  schedule.block_size = options.block_size;
  return schedule;
}

bool is_one_form(const FormOptions& options, const fem::FormModule& module) {
  return !options.form.empty() || module.forms.size() == 1;
}

std::string method_note(const synth::Program& program, bool refuse) {
  const std::optional<synth::Method> wanted = program.schedule.method;
  if (!wanted) return "";
  std::string why;
  for (const synth::MethodChoice& choice : program.methods) {
    if (choice.method == *wanted) return "";
    for (const synth::MethodCandidate& candidate : choice.candidates) {
      if (candidate.method == *wanted) why = candidate.why_not;
    }
  }
  const std::string note = fmt::format("form {}: method {} does not apply: {}", program.form.name,
                                       synth::name_of(*wanted), why);
  if (refuse) throw InputError(note);
  return note + ", the cheapest other is taken";
}

}  // namespace femsynth::cli
