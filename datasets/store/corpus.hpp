#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "datasets/store/manifest.hpp"
#include "datasets/store/record.hpp"
#include "datasets/store/shard.hpp"

namespace femsynth::datasets {

/// A corpus that is open for reading. Memory: the manifest and at most `open_shards` shards.
/// Every function throws InputError, naming the file, when it meets a missing or damaged one.
class Corpus {
 public:
  explicit Corpus(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  const Manifest& manifest() const { return manifest_; }
  std::uint64_t size() const { return manifest_.sample_count(); }

  /// The sample at a position.
  Record record(std::uint64_t position);
  /// The sample (or failure) of that id, or the sample at that position if `name` is a number;
  /// throws InputError if there is none.
  Record find(const std::string& name);

  /// Every sample (failure) in order.
  void for_each_sample(const std::function<void(const Record&)>& visit);
  void for_each_failure(const std::function<void(const Record&)>& visit);

  /// The shards of row `row`, their digests checked; `failures` must exist for that.
  const Shard& samples(std::size_t row);
  const Shard& failures(std::size_t row);

 private:
  static constexpr std::size_t open_shards = 4;
  const Shard& open(const StoredFile& file, const ManifestRow& row, const std::string& kind);
  std::optional<Record> find_in(const StoredFile& file, const ManifestRow& row,
                                const std::string& kind, const std::string& id);

  std::filesystem::path folder_;
  Manifest manifest_;
  std::list<std::pair<std::string, Shard>> open_;  ///< by name, last used first
};

}  // namespace femsynth::datasets
