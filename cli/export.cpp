#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/json_output.hpp"
#include "cli/verbs.hpp"
#include "datasets/show.hpp"
#include "datasets/store/corpus.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  std::string folder;
  std::string file;
  datasets::ExportOptions what;
};

ExitStatus run_export(const Options& options, Console& console) {
  datasets::Corpus corpus(options.folder);
  const std::uint64_t lines = datasets::export_jsonl(corpus, options.file, options.what);
  if (console.json) {
    print_json(console, {{"file", options.file}, {"lines", lines}});
  } else {
    console.note(fmt::format("wrote {} samples to {}", lines, options.file));
  }
  return ExitStatus::done;
}

}  // namespace

void add_export(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("export", "Writes a corpus as JSON, a sample a line");
  auto options = std::make_shared<Options>();
  verb->add_option("DIR", options->folder, "The corpus's folder")->required();
  verb->add_option("-o,--output", options->file, "File to write")
      ->required()
      ->type_name("FILE.jsonl");
  verb->add_option("--split", options->what.split, "Only this split; default: all")
      ->check(CLI::IsMember({"train", "validation", "test"}));
  verb->add_flag("--cubin", options->what.cubin, "With the cubin, in base64");
  verb->add_flag("--failures", options->what.failures, "The failures instead of the samples");
  add_output_options(*verb, invocation.console);
  verb->footer("Example:\n  femsynth export datasets/quickstart -o train.jsonl --split train");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_export(*options, console); };
  });
}

}  // namespace femsynth::cli
