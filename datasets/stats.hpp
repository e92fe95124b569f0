#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/store/corpus.hpp"

namespace femsynth::datasets {

/// Least, quartiles, greatest and sum of a figure over all samples.
struct Distribution {
  std::uint64_t least = 0;
  std::uint64_t lower_quartile = 0;
  std::uint64_t median = 0;
  std::uint64_t upper_quartile = 0;
  std::uint64_t greatest = 0;
  std::uint64_t sum = 0;
};

/// What a corpus holds. Deterministic.
struct CorpusStatistics {
  std::uint64_t samples = 0;
  std::uint64_t failures = 0;
  std::uint64_t candidates = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t too_costly = 0;
  std::uint64_t stored_bytes = 0;  ///< of the shards, as compressed
  std::uint64_t seed = 0;
  std::map<std::string, std::string> versions;
  std::uint64_t checks = 0;          ///< comparisons with the oracle, all passed ones and others
  double worst_ratio = 0;            ///< largest error / tolerance of a sample
  std::uint64_t distinct_forms = 0;  ///< canonical forms
  std::uint64_t split_groups = 0;
  /// "family", "cell", "element", "degree", "strategy", "precision", "block_size", "rank",
  /// "tier", "split": samples by value.
  std::map<std::string, std::map<std::string, std::uint64_t>> counts;
  /// Bytes of each level; "registers", "spill_bytes", "instructions".
  std::map<std::string, Distribution> distributions;
  /// Failures by stage; examples: one reason a stage.
  std::map<std::string, std::uint64_t> failures_by_stage;
  std::map<std::string, std::string> failure_examples;
};

/// Reads the whole corpus once.
CorpusStatistics statistics(Corpus& corpus);

/// Tables for people; one JSON document; Markdown (notes/data_stats.md).
std::string to_text(const CorpusStatistics& statistics);
std::string to_json(const CorpusStatistics& statistics);
std::string to_markdown(const CorpusStatistics& statistics);

}  // namespace femsynth::datasets
