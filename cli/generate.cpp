#include "datasets/generate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/corpus_options.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "datasets/family.hpp"
#include "datasets/pipeline/form_pipeline.hpp"
#include "datasets/progress.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  datasets::GenerateOptions generate;
  std::string folder;
  std::string arch = "sm_90";
};

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
    console.progress(fraction, datasets::to_text(p));
  };
  const datasets::GenerateSummary summary = datasets::generate(generate, families, pipeline);
  console.end_progress();
  console.print_document(console.json ? datasets::to_json(summary) : datasets::to_text(summary));
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
      ->check(CLI::Range(1, 100'000'000));
  verb->add_option("--seed", options->generate.seed, "Seed of the samples")
      ->required()
      ->check(CLI::Range(std::int64_t{0}, largest_seed));
  verb->add_option("-j,--jobs", options->generate.jobs, "Threads; 0: one a processor")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
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
