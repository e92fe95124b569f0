#pragma once

#include <string>

#include "datasets/pipeline/form_pipeline.hpp"

namespace femsynth::cli {

/// The pipeline of `generate` and `validate`: an executor of that name (ptx, cuda, auto) and a
/// deal.II oracle for each thread.
datasets::PipelineOptions pipeline_options(const std::string& executor, const std::string& arch);

}  // namespace femsynth::cli
