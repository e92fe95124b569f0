#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/store/record.hpp"

namespace femsynth::datasets {

/// What a shard says of itself; a shard is a function of these and of the versions in its
/// records.
struct ShardHeader {
  std::string kind = "samples";  ///< or "failures"
  std::uint64_t seed = 0;
  std::uint64_t first = 0;            ///< position of its first sample in the corpus
  std::uint64_t candidate_begin = 0;  ///< candidates that it covers: [begin, end)
  std::uint64_t candidate_end = 0;
  bool operator==(const ShardHeader&) const = default;
};

/// The bytes of the HDF5 file that holds `records`: for each number column (columns.hpp) a data
/// set /NAME, for each other one /NAME/bytes and /NAME/offsets (one more than there are records;
/// record i is bytes[offsets[i]:offsets[i+1]]). The same records give the same bytes.
std::string encode_shard(const ShardHeader& header, std::span<const Record> records);

/// A shard that is open for reading; the file is in memory.
class Shard {
 public:
  /// `expected_sha256` in hexadecimal; empty: not checked. Throws InputError, naming the file,
  /// when it is missing, truncated, corrupted or of another schema version.
  explicit Shard(const std::filesystem::path& path, const std::string& expected_sha256 = {});
  ~Shard();
  Shard(Shard&&) noexcept;
  Shard& operator=(Shard&&) noexcept;

  const ShardHeader& header() const { return header_; }
  std::size_t size() const { return size_; }
  /// Record `row`, whole.
  Record record(std::size_t row) const;
  /// All values of a text, JSON or binary column.
  std::vector<std::string> texts(const std::string& column) const;
  /// All values of a number column.
  std::vector<std::uint64_t> numbers(const std::string& column) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  ShardHeader header_;
  std::size_t size_ = 0;
};

}  // namespace femsynth::datasets
