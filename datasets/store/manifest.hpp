#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace femsynth::datasets {

/// What decides every byte of a corpus but its length; the first line of the manifest.
/// A folder is only ever continued by a `generate` with an equal one.
struct CorpusHeader {
  std::uint64_t seed = 0;
  std::uint64_t shard_size = 64;                ///< samples a shard; the last may hold fewer
  std::string arch;                             ///< "sm_90"
  std::map<std::string, std::string> families;  ///< name → SHA-256 of the template
  std::map<std::string, std::string> settings;  ///< inputs a check, cost limit, …
  std::map<std::string, std::string> versions;  ///< femsynth, NVRTC, deal.II, Basix
  bool operator==(const CorpusHeader&) const = default;
};

/// A file with its digest.
struct StoredFile {
  std::string name;    ///< in the corpus's folder
  std::string sha256;  ///< hexadecimal
  std::uint64_t count = 0;
  bool operator==(const StoredFile&) const = default;
};

/// A line of the manifest: one shard, and the failures among its candidates.
struct ManifestRow {
  StoredFile samples;
  StoredFile failures;                ///< name empty: none
  std::uint64_t first = 0;            ///< position of its first sample in the corpus
  std::uint64_t candidate_begin = 0;  ///< candidates [begin, end) have been decided
  std::uint64_t candidate_end = 0;
  std::uint64_t duplicates = 0;  ///< candidates dropped: exact duplicates of earlier ones
  std::uint64_t too_costly = 0;  ///< candidates dropped: beyond the cost limit
  std::map<std::string, std::uint64_t> families;  ///< samples by family
  bool operator==(const ManifestRow&) const = default;
};

/// manifest.jsonl: a header line, then a line a shard, each with a digest of itself.
struct Manifest {
  CorpusHeader header;
  std::vector<ManifestRow> rows;
  bool torn = false;  ///< the last line was cut off by a kill; it counts as not written

  std::uint64_t sample_count() const;
  std::uint64_t failure_count() const;
  std::uint64_t next_candidate() const;
};

/// "manifest.jsonl"
extern const char* const manifest_name;

/// Whether the folder holds a manifest.
bool has_manifest(const std::filesystem::path& folder);
/// Throws InputError, naming file and line, when the manifest is missing, damaged, of another
/// schema version, or its rows do not follow one another.
Manifest read_manifest(const std::filesystem::path& folder);
/// Writes the whole manifest as one step.
void write_manifest(const std::filesystem::path& folder, const Manifest& manifest);
/// Adds a line and flushes it to the disk.
void append_row(const std::filesystem::path& folder, const ManifestRow& row);

}  // namespace femsynth::datasets
