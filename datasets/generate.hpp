#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "datasets/family.hpp"
#include "datasets/maker.hpp"

namespace femsynth::datasets {

/// How far a run is.
struct Progress {
  std::uint64_t samples = 0;     ///< verified, in the corpus or about to be written
  std::uint64_t count = 0;       ///< wanted
  std::uint64_t candidates = 0;  ///< drawn so far
  std::uint64_t failures = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t too_costly = 0;
  double seconds = 0;  ///< since the run began
  double samples_per_second = 0;
  double seconds_left = 0;  ///< at that rate
};

struct GenerateOptions {
  std::filesystem::path folder;
  std::uint64_t count = 0;
  std::uint64_t seed = 0;
  unsigned jobs = 0;                  ///< worker threads; 0: one for each processor
  std::vector<std::string> families;  ///< names; empty: all
  std::uint64_t shard_size = 64;
  double cost_limit = 2.0e5;  ///< estimated operations for one cell; above: dropped
  std::function<void(const Progress&)> progress;  ///< called after each sample; may be empty
  const std::atomic<bool>* stop = nullptr;        ///< becomes true: stop, keep what is done
};

struct GenerateSummary {
  Progress total;                 ///< of the corpus: what it holds now
  std::uint64_t new_samples = 0;  ///< made by this run
  bool interrupted = false;
  unsigned jobs = 0;
  double wall_seconds = 0;
  /// Summed over all threads; stages of SampleMaker::make, and "sample", "store".
  std::map<std::string, double> seconds;
};

/// Makes a corpus of `count` verified, distinct samples in `folder`, or continues it.
///
/// Candidates 0, 1, 2, … are drawn by counter (Sampler). A candidate whose key (canonical form
/// and schedule) an earlier candidate has is a duplicate and dropped, one beyond the cost limit
/// is dropped, one that fails at any stage goes into the failures; the others, in order, are the
/// samples. All of this depends on candidate numbers only: not on `jobs`, on kills, or on how
/// the count was reached, and so do the bytes of every file but timings.jsonl.
///
/// Files: manifest.jsonl; samples-FIRST-LAST.h5 of shard_size samples each (the last may have
/// fewer), failures-FIRST-LAST.h5 beside it where there are any; timings.jsonl (seconds of each
/// sample by stage); .lock. A kill at any moment loses at most the shard that was being filled.
///
/// Throws InputError, with nothing written, when the folder holds another corpus (other seed,
/// families, versions, settings), something else, or another generate is at work there;
/// InputError with what is done kept when the disk is full or the families have no more distinct
/// samples; InternalError, likewise, when 200 candidates in a row fail.
GenerateSummary generate(const GenerateOptions& options, const std::vector<Family>& families,
                         SampleMaker& maker);

}  // namespace femsynth::datasets
