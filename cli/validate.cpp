#include "datasets/validate.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/corpus_options.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "datasets/pipeline/form_pipeline.hpp"
#include "datasets/store/corpus.hpp"
#include "synth/compile/compiler.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  std::string folder;
  std::uint64_t sample = 16;
  bool all = false;
  unsigned jobs = 0;
  std::uint64_t seed = 0;
  std::string executor = "ptx";
};

ExitStatus run_validate(const Options& options, Console& console) {
  datasets::ValidateOptions validate;
  validate.jobs = options.jobs;
  if (options.all) {
    validate.execute.reset();
  } else {
    validate.execute = options.sample;
  }
  validate.progress = [&console](std::uint64_t done, std::uint64_t count) {
    const double fraction = count == 0 ? 1 : static_cast<double>(done) / static_cast<double>(count);
    console.progress(fraction, fmt::format("{} of {} samples executed", done, count));
  };
  std::unique_ptr<synth::Compiler> compiler;
  std::unique_ptr<datasets::FormPipeline> pipeline;
  if (options.all || options.sample > 0) {
    const std::string arch = datasets::Corpus(options.folder).manifest().header.arch;
    synth::Compiler::Settings settings;
    settings.threads = 1;  // the validator's own threads compile
    compiler = std::make_unique<synth::Compiler>(settings);
    pipeline = std::make_unique<datasets::FormPipeline>(pipeline_options(options.executor, arch),
                                                        *compiler);
    validate.run = [&pipeline, &options](const datasets::Record& record) {
      return pipeline->execute_again(record, options.seed);
    };
  }
  const datasets::ValidateReport report = datasets::validate(options.folder, validate);
  console.end_progress();
  console.print_document(console.json ? datasets::to_json(report) : datasets::to_text(report));
  return report.passed() ? ExitStatus::done : ExitStatus::mismatch;
}

}  // namespace

void add_validate(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand(
      "validate", "Checks a corpus's files, and executes stored PTX anew against the oracle");
  auto options = std::make_shared<Options>();
  verb->add_option("DIR", options->folder, "The corpus's folder")->required();
  CLI::Option* sample =
      verb->add_option("--sample", options->sample,
                       "How many samples to execute, spread evenly; 0: check the files alone")
          ->capture_default_str();
  verb->add_flag("--all", options->all, "Execute every sample")->excludes(sample);
  verb->add_option("-j,--jobs", options->jobs, "Threads; 0: one a processor")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  verb->add_option("--seed", options->seed, "Of the inputs; 0: those the samples were made with")
      ->check(CLI::Range(std::int64_t{0}, largest_seed))
      ->capture_default_str();
  verb->add_option("--executor", options->executor, "ptx (the emulator) or cuda (a GPU)")
      ->capture_default_str()
      ->check(CLI::IsMember({"ptx", "cuda"}));
  add_output_options(*verb, invocation.console);
  verb->footer("Example:\n  femsynth validate datasets/quickstart --all");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_validate(*options, console); };
  });
}

}  // namespace femsynth::cli
