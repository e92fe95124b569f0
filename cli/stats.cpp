#include "datasets/stats.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/verbs.hpp"
#include "datasets/store/corpus.hpp"

namespace femsynth::cli {
namespace {

struct Options {
  std::string folder;
  bool markdown = false;
};

ExitStatus run_stats(const Options& options, Console& console) {
  datasets::Corpus corpus(options.folder);
  const datasets::CorpusStatistics statistics = datasets::statistics(corpus);
  console.print_document(console.json       ? datasets::to_json(statistics)
                         : options.markdown ? datasets::to_markdown(statistics)
                                            : datasets::to_text(statistics));
  return ExitStatus::done;
}

}  // namespace

void add_stats(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand("stats", "Statistics of a corpus");
  auto options = std::make_shared<Options>();
  verb->add_option("DIR", options->folder, "The corpus's folder")->required();
  verb->add_flag("--markdown", options->markdown, "As Markdown");
  add_output_options(*verb, invocation.console);
  verb->footer("Example:\n  femsynth stats datasets/quickstart");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_stats(*options, console); };
  });
}

}  // namespace femsynth::cli
