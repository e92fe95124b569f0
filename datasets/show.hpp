#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/store/corpus.hpp"
#include "datasets/store/record.hpp"

namespace femsynth::datasets {

/// Names that show() takes: those of the compiler's `--level` ("form", "kernel", "cuda", "ptx",
/// "log"), "report", and every column.
std::vector<std::string> levels();

/// One level of a sample as stored; "report" (or ""): all figures and the verdict for people.
/// Throws InputError, with the names there are, for a level that does not exist.
std::string show(const Record& record, const std::string& level = "report");

/// A sample as one JSON object, a member a column; the cubin in base64 if it is wanted.
std::string to_json(const Record& record, bool with_cubin = false);

struct ExportOptions {
  bool cubin = false;     ///< with the cubin, in base64
  bool failures = false;  ///< the failures instead of the samples
  std::string split;      ///< only this split; empty: all
};

/// Writes a JSON object a line. The file appears when it is whole. Returns the number of lines.
/// Throws InputError for a damaged corpus or a file that cannot be written.
std::uint64_t export_jsonl(Corpus& corpus, const std::filesystem::path& path,
                           const ExportOptions& options = {});

/// RFC 4648 base64.
std::string base64(const std::string& bytes);

}  // namespace femsynth::datasets
