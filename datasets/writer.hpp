#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/store/lock.hpp"
#include "datasets/store/manifest.hpp"
#include "datasets/store/record.hpp"

namespace femsynth::datasets {

/// What became of a candidate.
enum class Outcome { sample, failure, duplicate, too_costly };

/// Writes a corpus, candidate by candidate in order: opens or makes the folder, resumes after
/// the last shard that is whole, fills shards, publishes them with their manifest rows.
class CorpusWriter {
 public:
  /// Throws InputError when the folder cannot be used for a corpus of that header.
  CorpusWriter(const std::filesystem::path& folder, const CorpusHeader& header);

  std::uint64_t sample_count() const { return row_.first + samples_.size(); }
  std::uint64_t failure_count() const { return published_failures_ + failures_.size(); }
  std::uint64_t duplicate_count() const { return published_duplicates_ + row_.duplicates; }
  std::uint64_t too_costly_count() const { return published_too_costly_ + row_.too_costly; }
  /// The first candidate that has not been decided.
  std::uint64_t next_candidate() const { return row_.candidate_end; }
  /// First 64 bits of the keys of all samples and failures, read from the shards.
  std::vector<std::uint64_t> keys() const { return keys_; }

  /// Decides candidate next_candidate(). `record` counts for samples and failures only.
  void add(Outcome outcome, Record record, SampleTimes times);
  /// Publishes what is not on disk yet, as a shard that may not be full, up to the last sample.
  void flush();

 private:
  void resume(const CorpusHeader& header);
  void reopen_last_shard();
  void remove_leftovers() const;
  void collect_keys();
  StoredFile publish(const std::string& kind, const std::vector<Record>& records,
                     std::uint64_t candidate_end) const;
  void publish_shard(std::uint64_t candidate_end);
  void write_timings();

  std::filesystem::path folder_;
  std::optional<FolderLock> lock_;
  Manifest manifest_;  ///< what is on disk, but a last shard that is being refilled
  std::optional<ManifestRow> superseded_;  ///< that shard's row
  std::vector<std::uint64_t> keys_;
  std::uint64_t published_failures_ = 0;
  std::uint64_t published_duplicates_ = 0;
  std::uint64_t published_too_costly_ = 0;

  // The shard that is being filled.
  ManifestRow row_;             ///< first, candidates, duplicates, too_costly so far
  ManifestRow at_last_sample_;  ///< the same, after the last sample: what a flush publishes
  std::size_t failures_at_last_sample_ = 0;
  std::vector<Record> samples_;
  std::vector<Record> failures_;
  std::vector<SampleTimes> times_;
  bool dirty_ = false;  ///< has samples that are not on disk
};

/// First 64 bits of a digest in hexadecimal.
std::uint64_t key_bits(const std::string& key);

}  // namespace femsynth::datasets
