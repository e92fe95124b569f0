#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/json_output.hpp"
#include "cli/options.hpp"
#include "cli/pipeline.hpp"
#include "cli/report.hpp"
#include "cli/verbs.hpp"
#include "fem/language/form_file.hpp"
#include "meshes/support/file.hpp"
#include "synth/compile/disassemble.hpp"
#include "synth/kernel/print.hpp"

namespace femsynth::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  FormOptions form;
  std::string level;
  std::string folder;
};

/// A level of the pipeline, and the ending of its file under -o.
struct Level {
  const char* name;
  const char* ending;
  bool needs_nvrtc;
};
constexpr Level levels[] = {{"form", ".form.txt", false}, {"kernel", ".kernel", false},
                            {"cuda", ".cu", false},       {"report", ".report.txt", false},
                            {"ptx", ".ptx", true},        {"cubin", ".cubin", true},
                            {"log", ".log", true},        {"sass", ".sass", true}};

const Level& level_of(const std::string& name) {
  for (const Level& level : levels) {
    if (name == level.name) return level;
  }
  throw InternalError("no level " + name);
}

/// The form as written, with its functions and rules; then its integrands as they are lowered. Of
/// an expression, itself alone.
std::string form_text(const CompiledForm& form) {
  if (form.program.tabulated) return form.program.ir.comment + "\n";
  std::string text = form.program.ir.comment + "\n\nafter the passes:\n";
  for (const fem::IntegralGroup& group : form.program.lowered->groups) {
    std::vector<std::string> rule;
    if (group.scheme.has_degree()) rule.push_back(fmt::format("degree={}", group.degree));
    if (!group.scheme.is_default()) {
      rule.push_back(fmt::format("scheme=\"{}\"", group.scheme.name));
    }
    text +=
        fmt::format("{} * {}({})\n", fem::to_string(form.program.lowered->graph, group.integrand),
                    fem::measure_name(group.kind), fmt::join(rule, ", "));
  }
  return text;
}

std::string text_of(const Level& level, const fem::FormModule& module, const CompiledForm& form,
                    const std::string& arch) {
  const std::string name = level.name;
  if (name == "form") return form_text(form);
  if (name == "kernel") return synth::to_text(form.program.ir);
  if (name == "cuda") return form.program.cuda;
  if (name == "report") return report_text(report_json(module, form, arch));
  if (name == "ptx") return form.module->ptx;
  if (name == "cubin") return form.module->cubin;
  if (name == "log") return form.module->log;
  return synth::disassemble(form.module->cubin);
}

/// Compiles if it can; without NVRTC, levels that need none remain.
void try_compile(CompiledForm& form, std::unique_ptr<synth::Compiler>& compiler,
                 const std::string& arch) {
  try {
    if (!compiler) compiler = std::make_unique<synth::Compiler>(compiler_settings(1));
    compile_form(form, *compiler, arch);
  } catch (const MissingComponent& missing) {
    form.not_compiled = missing.what();
  }
}

void write_level(const Options& options, const Level& level, const fem::FormModule& module,
                 const CompiledForm& form, Console& console) {
  const fs::path path = fs::path(options.folder) / (form.program.form.name + level.ending);
  std::string text;
  if (std::string(level.name) == "report") {
    // Without times: the same command writes the same bytes.
    Json report = report_json(module, form, options.form.arch);
    report.erase("seconds");
    text = report_text(report);
  } else {
    text = text_of(level, module, form, options.form.arch);
  }
  write_file_atomically(path, text);
  console.note("wrote " + path.string());
}

/// Every level that can be had, or the one that was asked for, into a folder.
void write_levels(const Options& options, const fem::FormModule& module, const CompiledForm& form,
                  Console& console) {
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) {
    throw InputError(fmt::format("cannot make the folder {}: {}", options.folder, error.message()));
  }
  if (!options.level.empty()) {
    const Level& level = level_of(options.level);
    if (level.needs_nvrtc && !form.module) throw MissingComponent(form.not_compiled);
    return write_level(options, level, module, form, console);
  }
  for (const Level& level : levels) {
    if (level.needs_nvrtc && !form.module) continue;
    try {
      write_level(options, level, module, form, console);
    } catch (const MissingComponent& missing) {  // no disassembler
      console.note(fmt::format("no {}: {}", level.name, missing.what()));
    }
  }
  if (!form.module) throw MissingComponent(form.not_compiled);
}

/// The elements of a file, where it has no forms or expressions to show.
void show_elements(const fem::FormModule& module, Console& console, Json& document) {
  const bool alone = module.forms.empty() && module.expressions.empty();
  document["elements"] = Json::array();
  for (const fem::Element& element : module.elements) {
    document["elements"].push_back({{"element", to_string(element)}, {"dofs", dof_count(element)}});
    if (!console.json && alone) {
      console.print(fmt::format("{}: {} dofs a cell\n", to_string(element), dof_count(element)));
    }
  }
}

/// What is done with each form and expression of a file.
class Shower {
 public:
  Shower(const Options& options, const fem::FormModule& module, Console& console)
      : options_(options),
        module_(module),
        console_(console),
        level_(level_of(!options.level.empty() ? options.level
                        : console.json         ? "report"
                                               : "cuda")) {}

  /// Shows it or writes its files; what `--json` says about it.
  Json show(CompiledForm compiled) {
    const bool to_folder = !options_.folder.empty();
    const bool reports = std::string(level_.name) == "report";
    if (level_.needs_nvrtc || to_folder || reports) {
      try_compile(compiled, compiler_, options_.form.arch);
    }
    if (to_folder) write_levels(options_, module_, compiled, console_);
    if (level_.needs_nvrtc && !compiled.module) throw MissingComponent(compiled.not_compiled);
    if (!console_.json) {
      if (!to_folder) console_.print(text_of(level_, module_, compiled, options_.form.arch));
      return {};
    }
    Json entry = report_json(module_, compiled, options_.form.arch);
    entry["level"] = level_.name;
    if (!reports) entry["text"] = text_of(level_, module_, compiled, options_.form.arch);
    return entry;
  }

 private:
  const Options& options_;
  const fem::FormModule& module_;
  Console& console_;
  const Level& level_;
  std::unique_ptr<synth::Compiler> compiler_;
};

ExitStatus run_compile(const Options& options, Console& console) {
  const auto start = std::chrono::steady_clock::now();
  const fem::FormModule module =
      fem::load_form_file(options.form.file, {.form = options.form.form});
  const double read =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Shower shower(options, module, console);
  Json document;
  document["file"] = module.path;
  document["forms"] = Json::array();
  for (const fem::Form& form : module.forms) {
    const ChosenSchedule chosen = choose_schedule(options.form, module, form);
    if (!chosen.note.empty()) console.note(chosen.note);
    CompiledForm compiled = lower_form(module, form, chosen.schedule);
    const std::string note = method_note(compiled.program, is_one_form(options.form, module));
    if (!note.empty()) console.note(note);
    compiled.times.insert(compiled.times.begin(), {"read the form file", read});
    document["forms"].push_back(shower.show(std::move(compiled)));
  }
  show_elements(module, console, document);
  document["expressions"] = Json::array();
  for (const fem::PointExpression& expression : module.expressions) {
    const synth::Schedule schedule = expression_schedule(options.form, module, expression);
    CompiledForm compiled = lower_expression(module, expression, schedule);
    compiled.times.insert(compiled.times.begin(), {"read the form file", read});
    Json entry = shower.show(std::move(compiled));
    entry["expression"] = to_string(module.graph, expression.value);
    document["expressions"].push_back(std::move(entry));
  }
  if (console.json) print_json(console, document);
  return ExitStatus::done;
}

}  // namespace

void add_compile(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("compile", "Shows or writes any level of the pipeline");
  auto options = std::make_shared<Options>();
  add_form_options(*verb, options->form);
  verb->add_option("--level", options->level,
                   "What to show: form, kernel, cuda, ptx, sass or report; default: cuda, with\n"
                   "--json report")
      ->check(CLI::IsMember({"form", "kernel", "cuda", "ptx", "sass", "report"}));
  verb->add_option(
          "-o,--output", options->folder,
          "Writes files NAME.form.txt, .kernel, .cu, .ptx, .cubin, .sass, .log, .report.txt\n"
          "into this folder: all levels, or the one of --level")
      ->type_name("DIR");
  add_output_options(*verb, invocation.console);
  verb->footer(
      "Example:\n  femsynth compile poisson.py --form a --strategy element --level kernel");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_compile(*options, console); };
  });
}

}  // namespace femsynth::cli
