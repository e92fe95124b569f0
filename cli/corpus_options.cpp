#include "cli/corpus_options.hpp"

#include "cli/executors.hpp"

namespace femsynth::cli {

datasets::PipelineOptions pipeline_options(const std::string& executor, const std::string& arch) {
  datasets::PipelineOptions options;
  options.arch = arch;
  options.make_executor = [executor] { return make_executor(executor); };
  return options;
}

}  // namespace femsynth::cli
