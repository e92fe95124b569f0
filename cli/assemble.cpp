#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "cli/executors.hpp"
#include "cli/inputs.hpp"
#include "cli/json_output.hpp"
#include "cli/matrix_market.hpp"
#include "cli/options.hpp"
#include "cli/pipeline.hpp"
#include "cli/verbs.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  FormOptions form;
  MeshOptions mesh;
  std::vector<std::string> settings;
  std::string executor = "auto";
  std::string apply = "1";
  std::string file;
};

/// A form, assembled.
struct Result {
  const fem::Form* form = nullptr;
  synth::Program program;
  synth::AssemblySpaces spaces;
  synth::Assembled values;

  bool is_matrix() const {
    return program.rank == 2 && program.schedule.strategy != synth::Strategy::matrix_free;
  }
  std::span<const double> entries() const {
    return is_matrix() ? values.csr_values : values.vector;
  }
  bool is_complex() const { return synth::is_complex(program.schedule.precision); }
};

/// |x| of each number; of complex ones, which stand as (re, im) side by side, too.
std::vector<double> moduli(std::span<const double> x, bool complex) {
  std::vector<double> result;
  for (std::size_t k = 0; k < x.size(); k += complex ? 2 : 1) {
    result.push_back(complex ? std::hypot(x[k], x[k + 1]) : std::abs(x[k]));
  }
  return result;
}

/// (Σ x^p)^(1/p) of numbers that are not negative, scaled so that it cannot overflow.
double norm(std::span<const double> x, double p) {
  double largest = 0;
  for (const double value : x) {
    if (std::isnan(value)) return value;
    largest = std::max(largest, value);
  }
  if (largest == 0 || std::isinf(largest)) return largest;
  double sum = 0;
  for (const double value : x) sum += std::pow(value / largest, p);
  return largest * std::pow(sum, 1 / p);
}

/// x of y = A x: the expression at the trial space's nodes; a scalar stands for all components.
std::vector<double> applied_vector(const Options& options, const fem::FormModule& module,
                                   const meshes::Mesh& mesh, const Result& result) {
  const fem::Element element = fem::argument_elements(module.graph, *result.form)[1];
  const fem::DofMap& dofs = result.spaces.arguments[1];
  fem::FieldExpression x = fem::parse_field(options.apply, module.graph.domain(), "--apply");
  if (x.components.size() == 1) {
    const int size = fem::size_of(fem::value_shape(element, module.graph.dim()));
    x.components.resize(static_cast<std::size_t>(size), x.components[0]);
  }
  return interpolate_field("--apply", x, mesh, element, dofs, result.program.schedule.precision);
}

Result assemble_form(const Options& options, const fem::FormModule& module, const fem::Form& form,
                     const Settings& settings, const meshes::Mesh& mesh, synth::Compiler& compiler,
                     synth::Executor& executor, Console& console) {
  const ChosenSchedule chosen = choose_schedule(options.form, module, form);
  if (!chosen.note.empty()) console.note(chosen.note);
  Result result;
  result.form = &form;
  result.program = synth::make_program(module, form, chosen.schedule);
  const std::string note = method_note(result.program, is_one_form(options.form, module));
  if (!note.empty()) console.note(note);
  result.spaces = synth::make_spaces(module, result.program, mesh);
  synth::FormInputs inputs;
  settings.apply(mesh, result.spaces, chosen.schedule.precision, inputs);
  if (chosen.schedule.strategy == synth::Strategy::matrix_free) {
    inputs.x = applied_vector(options, module, mesh, result);
  }
  const synth::CompiledModule compiled =
      compiler.compile(request_for(result.program, options.form.arch));
  const auto loaded = executor.load(compiled);
  result.values =
      synth::assemble(module, result.program, *loaded, executor, mesh, result.spaces, inputs);
  if (!result.values.inputs_unchanged) {
    throw InternalError(fmt::format("the kernels of form {} changed their inputs", form.name));
  }
  return result;
}

Json result_json(const Result& result) {
  const synth::Schedule& schedule = result.program.schedule;
  Json json;
  json["name"] = result.form->name;
  json["rank"] = result.program.rank;
  json["strategy"] = synth::name_of(schedule.strategy);
  json["precision"] = synth::name_of(schedule.precision);
  const auto dofs = [&](std::size_t k) { return result.spaces.arguments[k].dof_count(); };
  json["size"] = nullptr;
  if (result.program.rank == 1) json["size"] = dofs(0);
  if (result.program.rank == 2) json["size"] = {dofs(0), dofs(1)};
  json["nnz"] = nullptr;
  if (result.is_matrix()) json["nnz"] = result.spaces.pattern.nonzeros();
  json["norm"] = nullptr;
  json["norm4"] = nullptr;
  json["value"] = nullptr;
  if (result.program.rank == 0) {
    json["value"] = result.values.value;
    if (result.is_complex()) json["value_imaginary"] = result.values.value_imaginary;
  } else {
    const std::vector<double> sizes = moduli(result.entries(), result.is_complex());
    json["norm"] = norm(sizes, 2);
    json["norm4"] = norm(sizes, 4);
  }
  const std::uint64_t instructions = result.values.counts.total_instructions();
  if (instructions > 0) {
    json["instructions"] = instructions;
    json["flops"] = result.values.counts.flops();
  }
  return json;
}

std::string result_line(const Result& result) {
  const std::string head =
      fmt::format("{} (rank {}, {}, {})", result.form->name, result.program.rank,
                  synth::name_of(result.program.schedule.strategy),
                  synth::name_of(result.program.schedule.precision));
  if (result.program.rank == 0) {
    if (!result.is_complex()) return fmt::format("{}: {:.17g}\n", head, result.values.value);
    return fmt::format("{}: {:.17g} {:+.17g}j\n", head, result.values.value,
                       result.values.value_imaginary);
  }
  const std::size_t rows = result.spaces.arguments[0].dof_count();
  std::string size = fmt::format("{} entries", rows);
  if (result.program.rank == 2) {
    const std::size_t cols = result.spaces.arguments[1].dof_count();
    size = result.is_matrix()
               ? fmt::format("{} x {}, {} nonzeros", rows, cols, result.spaces.pattern.nonzeros())
               : fmt::format("{} x {}, applied: {} entries", rows, cols, rows);
  }
  const std::vector<double> sizes = moduli(result.entries(), result.is_complex());
  return fmt::format("{}: {}, norm {:.17g}, norm4 {:.17g}\n", head, size, norm(sizes, 2),
                     norm(sizes, 4));
}

std::string file_text(const Result& result, const std::string& form_file, const std::string& mesh) {
  const std::string comment = fmt::format("femsynth {}: form {} of {} on {}", FEMSYNTH_VERSION,
                                          result.form->name, form_file, mesh);
  if (result.is_matrix()) {
    return matrix_market(result.spaces.pattern, result.values.csr_values, result.is_complex(),
                         comment);
  }
  if (result.program.rank == 0) {
    const double value[] = {result.values.value, result.values.value_imaginary};
    return matrix_market(std::span(value, result.is_complex() ? 2 : 1), result.is_complex(),
                         comment);
  }
  return matrix_market(result.values.vector, result.is_complex(), comment);
}

/// Where each form goes: FILE for the only form of the highest rank, STEM.NAME.EXT for the others.
std::vector<fs::path> file_names(const fs::path& file, const std::vector<Result>& results) {
  int highest = 0;
  for (const Result& r : results) highest = std::max(highest, r.program.rank);
  const auto count = std::count_if(results.begin(), results.end(),
                                   [&](const Result& r) { return r.program.rank == highest; });
  std::vector<fs::path> names;
  for (const Result& r : results) {
    fs::path name = file;
    if (count != 1 || r.program.rank != highest) {
      name.replace_filename(file.stem().string() + "." + r.form->name + file.extension().string());
    }
    names.push_back(name);
  }
  return names;
}

/// Tells of values that are infinite or no numbers: a wrong form, or values out of range.
void note_what_is_not_finite(const Result& result, Console& console) {
  const std::span<const double> values =
      result.program.rank == 0 ? std::span(&result.values.value, 1) : result.entries();
  const auto count = std::count_if(values.begin(), values.end(),
                                   [](double value) { return !std::isfinite(value); });
  if (count == 0) return;
  console.note(fmt::format("femsynth: warning: form {}: {} of {} values are not finite",
                           result.form->name, count, values.size()));
}

ExitStatus run_assemble(const Options& options, Console& console) {
  const fem::FormModule module = load_forms(options.form);
  const Settings settings(module, options.settings);
  settings.require_all();
  const std::string& mesh_name = options.mesh.meshes.front();
  const meshes::Mesh mesh = load_mesh(options.mesh, mesh_name);
  require_cell(module, mesh, mesh_name);
  const auto executor = make_executor(options.executor);
  synth::Compiler compiler(compiler_settings(1));
  std::vector<Result> results;
  for (const fem::Form& form : module.forms) {
    results.push_back(
        assemble_form(options, module, form, settings, mesh, compiler, *executor, console));
    note_what_is_not_finite(results.back(), console);
  }
  if (!options.file.empty()) {
    const std::vector<fs::path> names = file_names(options.file, results);
    for (std::size_t k = 0; k < results.size(); ++k) {
      write_file_atomically(names[k], file_text(results[k], module.path, mesh_name));
      console.note(fmt::format("wrote {} to {}", results[k].form->name, names[k].string()));
    }
  }
  if (console.json) {
    Json document;
    document["file"] = module.path;
    document["mesh"] = {{"name", mesh_name},
                        {"cell", meshes::name_of(mesh.cell_type)},
                        {"cells", mesh.cell_count()},
                        {"vertices", mesh.vertices()}};
    document["executor"] = executor->name();
    document["forms"] = Json::array();
    for (const Result& result : results) document["forms"].push_back(result_json(result));
    print_json(console, document);
  } else {
    for (const Result& result : results) console.print(result_line(result));
  }
  return ExitStatus::done;
}

}  // namespace

void add_assemble(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("assemble", "Assembles the forms of a file on a mesh");
  auto options = std::make_shared<Options>();
  add_form_options(*verb, options->form);
  add_mesh_options(*verb, options->mesh, false);
  add_set_option(*verb, options->settings);
  add_executor_option(*verb, options->executor);
  verb->add_option("--apply", options->apply,
                   "With --strategy matrix_free: x of y = A x, a UFL expression in x")
      ->type_name("EXPR")
      ->capture_default_str();
  verb->add_option(
          "-o,--output", options->file,
          "Matrix Market file. With several forms it gets the one of the highest rank, the\n"
          "others go beside it, into STEM.NAME.mtx")
      ->type_name("FILE.mtx");
  add_output_options(*verb, invocation.console);
  verb->footer(
      "Example:\n"
      "  femsynth assemble poisson.py --mesh triangle:8x8 --set 'f=sin(pi*x[0])' --json -o A.mtx");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_assemble(*options, console); };
  });
}

}  // namespace femsynth::cli
