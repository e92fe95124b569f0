#include "datasets/show.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/verbs.hpp"
#include "datasets/store/corpus.hpp"
#include "synth/compile/disassemble.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  std::string folder;
  std::string id;
  std::string level = "report";
};

ExitStatus run_show(const Options& options, Console& console) {
  datasets::Corpus corpus(options.folder);
  const datasets::Record record = corpus.find(options.id);
  if (console.json) {
    console.print_document(datasets::to_json(record));
  } else if (options.level == "sass") {
    console.print_document(synth::disassemble(record.cubin));
  } else {
    console.print_document(datasets::show(record, options.level));
  }
  return ExitStatus::done;
}

}  // namespace

void add_show(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("show", "Shows a sample of a corpus");
  auto options = std::make_shared<Options>();
  verb->add_option("DIR", options->folder, "The corpus's folder")->required();
  verb->add_option("ID", options->id, "The sample's id, or its position from 0 on")->required();
  verb->add_option("--level", options->level,
                   fmt::format("What to show: sass, {}", fmt::join(datasets::levels(), ", ")))
      ->capture_default_str();
  add_output_options(*verb, invocation.console);
  verb->footer(
      "--json prints the whole sample, but for its cubin.\n"
      "Example:\n  femsynth show datasets/quickstart 0 --level cuda");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_show(*options, console); };
  });
}

}  // namespace femsynth::cli
