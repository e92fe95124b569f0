#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/store/record.hpp"

namespace femsynth::datasets {

struct ValidateOptions {
  /// How many samples, spread evenly, are executed anew; none: all of them.
  std::optional<std::uint64_t> execute = 16;
  unsigned jobs = 0;  ///< threads that execute; 0: one for each processor
  /// Executes a sample anew and compares it with the oracle: "" when all is right, else what is
  /// wrong (FormPipeline::execute_again). Thread safe. Empty: nothing is executed.
  std::function<std::string(const Record&)> run;
  std::function<void(std::uint64_t done, std::uint64_t count)> progress;  ///< may be empty
};

/// Something wrong with a corpus.
struct Problem {
  std::string where;  ///< a file, or a sample's id
  std::string what;
};

struct ValidateReport {
  std::uint64_t shards = 0;    ///< files whose bytes are those that were written
  std::uint64_t samples = 0;   ///< read, every level
  std::uint64_t failures = 0;  ///< likewise
  std::uint64_t executed = 0;
  std::vector<Problem> problems;  ///< in order of the corpus
  bool passed() const { return problems.empty(); }
};

/// Checks a corpus: the manifest; every shard's digest, schema and every row; ids and keys unique
/// and equal to what canonical form and schedule give; digests and splits; verdicts; no file
/// that the manifest does not list. Then executes samples anew. All problems are gathered; only a
/// manifest that cannot be read throws (InputError).
ValidateReport validate(const std::filesystem::path& folder, const ValidateOptions& options = {});

std::string to_text(const ValidateReport& report);
std::string to_json(const ValidateReport& report);

}  // namespace femsynth::datasets
