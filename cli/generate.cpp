#include "datasets/generate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/corpus_options.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_output.hpp"
#include "cli/verbs.hpp"
#include "datasets/family.hpp"
#include "datasets/pipeline/form_pipeline.hpp"

namespace femsynth::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  datasets::GenerateOptions generate;
  std::string folder;
  std::string arch = "sm_90";
};

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

std::string progress_line(const datasets::Progress& p) {
  return fmt::format("{} of {} samples, {:.1f} a second, {} left; {} duplicates, {} failures",
                     p.samples, p.count, p.samples_per_second, duration(p.seconds_left),
                     p.duplicates, p.failures);
}

Json summary_json(const std::string& folder, const datasets::GenerateSummary& summary) {
  const datasets::Progress& p = summary.total;
  Json document;
  document["folder"] = folder;
  document["samples"] = p.samples;
  document["count"] = p.count;
  document["new_samples"] = summary.new_samples;
  document["candidates"] = p.candidates;
  document["duplicates"] = p.duplicates;
  document["failures"] = p.failures;
  document["too_costly"] = p.too_costly;
  document["interrupted"] = summary.interrupted;
  document["jobs"] = summary.jobs;
  document["wall_seconds"] = summary.wall_seconds;
  document["seconds"] = summary.seconds;
  return document;
}

std::string summary_text(const std::string& folder, const datasets::GenerateSummary& summary) {
  const datasets::Progress& p = summary.total;
  std::string text = fmt::format(
      "{}: {} of {} verified samples ({} new) out of {} candidates; {} duplicates, {} failures, "
      "{} too costly\n",
      folder, p.samples, p.count, summary.new_samples, p.candidates, p.duplicates, p.failures,
      p.too_costly);
  text += fmt::format("{:.1f} s with {} threads; seconds by stage, all threads together:\n",
                      summary.wall_seconds, summary.jobs);
  for (const auto& [stage, seconds] : summary.seconds) {
    text += fmt::format("  {:<10} {:>9.2f}\n", stage, seconds);
  }
  return text;
}

ExitStatus run_generate(const Options& options, Console& console) {
  const std::vector<datasets::Family> families =
      datasets::load_families(datasets::families_folder());
  synth::Compiler::Settings settings;
  settings.threads = 1;  // the generator's own threads compile
  synth::Compiler compiler(settings);
  datasets::FormPipeline pipeline(pipeline_options("ptx", options.arch), compiler);
  datasets::GenerateOptions generate = options.generate;
  generate.folder = options.folder;
  generate.stop = &catch_interrupt();
  generate.progress = [&console](const datasets::Progress& p) {
    const double fraction =
        p.count == 0 ? 1 : static_cast<double>(p.samples) / static_cast<double>(p.count);
    console.progress(fraction, progress_line(p));
  };
  const datasets::GenerateSummary summary = datasets::generate(generate, families, pipeline);
  console.end_progress();
  if (console.json) {
    print_json(console, summary_json(options.folder, summary));
  } else {
    console.print(summary_text(options.folder, summary));
  }
  if (!summary.interrupted) return ExitStatus::done;
  console.note("interrupted; what is done is kept, and the same command goes on from there");
  return ExitStatus::interrupted;
}

}  // namespace

void add_generate(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("generate", "Makes a corpus of verified kernels, or goes on");
  auto options = std::make_shared<Options>();
  verb->add_option("-o,--output", options->folder, "The corpus's folder")
      ->required()
      ->type_name("DIR");
  verb->add_option("--count", options->generate.count, "Samples that the corpus is to hold")
      ->required()
      ->check(CLI::PositiveNumber);
  verb->add_option("--seed", options->generate.seed, "Seed of the samples")->required();
  verb->add_option("-j,--jobs", options->generate.jobs, "Threads; 0: one a processor")
      ->capture_default_str();
  verb->add_option("--families", options->generate.families,
                   "Families to draw from, separated by commas; default: all")
      ->delimiter(',');
  verb->add_option("--arch", options->arch, "GPU architecture that NVRTC compiles for")
      ->capture_default_str()
      ->check(CLI::IsMember({"sm_80", "sm_90"}));
  add_output_options(*verb, invocation.console);
  verb->footer(
      "The same command again goes on where it was stopped, by Ctrl-C or a kill.\n"
      "Example:\n  femsynth generate -o datasets/quickstart --count 64 --seed 1");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_generate(*options, console); };
  });
}

}  // namespace femsynth::cli
