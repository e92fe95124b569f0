#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "datasets/generate.hpp"

namespace femsynth::datasets {

/// Shows how far a run is: a bar that is redrawn on a terminal, a line every few seconds
/// elsewhere. Call it from one thread.
class ProgressDisplay {
 public:
  /// `stream` is usually stderr; quiet: shows nothing.
  explicit ProgressDisplay(std::FILE* stream, bool quiet = false);
  /// Ends the bar's line.
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void operator()(const Progress& progress);

 private:
  std::FILE* stream_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

/// "137 of 1000 samples, 12.3 a second, 1 min 10 s left; 4 failed, 9 duplicates".
std::string to_text(const Progress& progress);

/// The summary of a run for people: counts, rate, seconds by stage with their shares.
std::string to_text(const GenerateSummary& summary);
/// The same as one JSON document.
std::string to_json(const GenerateSummary& summary);

}  // namespace femsynth::datasets
