#pragma once

#include <string>

#include "datasets/generate.hpp"

namespace femsynth::datasets {

/// "137 of 1000 samples, 12.3 a second, 1 min 10 s left; 4 failed, 9 duplicates".
std::string to_text(const Progress& progress);

/// The summary of a run for people: counts, rate, seconds by stage with their shares.
std::string to_text(const GenerateSummary& summary);
/// The same as one JSON document.
std::string to_json(const GenerateSummary& summary);

}  // namespace femsynth::datasets
