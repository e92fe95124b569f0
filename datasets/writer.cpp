#include "datasets/writer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/store/corpus.hpp"
#include "datasets/store/shard.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {
namespace {

/// "samples-000064-000128.h5" of samples [64, 128).
std::string shard_name(const std::string& kind, std::uint64_t first, std::uint64_t end) {
  return fmt::format("{}-{:06}-{:06}.h5", kind, first, end);
}

/// The first number in a shard's name; nothing for names of other files.
std::optional<std::uint64_t> first_of_name(const std::string& name) {
  for (const std::string kind : {"samples-", "failures-"}) {
    if (!name.starts_with(kind) || !name.ends_with(".h5")) continue;
    std::uint64_t first = 0;
    const auto [end, error] =
        std::from_chars(name.data() + kind.size(), name.data() + name.size(), first);
    if (error == std::errc() && *end == '-') return first;
  }
  return std::nullopt;
}

std::string differing_entries(const std::string& what,
                              const std::map<std::string, std::string>& there,
                              const std::map<std::string, std::string>& here) {
  std::string text;
  std::set<std::string> names;
  for (const auto& [name, value] : there) names.insert(name);
  for (const auto& [name, value] : here) names.insert(name);
  for (const std::string& name : names) {
    const auto value = [&](const auto& map) {
      const auto found = map.find(name);
      return found == map.end() ? std::string("none") : found->second.substr(0, 24);
    };
    if (value(there) == value(here)) continue;
    text += fmt::format("; {} {}: {}, not {}", what, name, value(there), value(here));
  }
  return text;
}

/// Why a corpus with header `there` cannot be continued with header `here`; empty if it can.
std::string difference(const CorpusHeader& there, const CorpusHeader& here) {
  std::string text;
  if (there.seed != here.seed) text += fmt::format("; seed: {}, not {}", there.seed, here.seed);
  if (there.shard_size != here.shard_size) {
    text += fmt::format("; samples a shard: {}, not {}", there.shard_size, here.shard_size);
  }
  if (there.arch != here.arch) text += fmt::format("; arch: {}, not {}", there.arch, here.arch);
  text += differing_entries("version of", there.versions, here.versions);
  text += differing_entries("setting", there.settings, here.settings);
  text += differing_entries("family", there.families, here.families);
  return text.empty() ? text : text.substr(2);
}

void remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) {
    throw InputError(fmt::format("cannot remove {}: {}", path.string(), error.message()));
  }
}

}  // namespace

std::uint64_t key_bits(const std::string& key) {
  std::uint64_t bits = 0;
  std::from_chars(key.data(), key.data() + std::min<std::size_t>(key.size(), 16), bits, 16);
  return bits;
}

CorpusWriter::CorpusWriter(const std::filesystem::path& folder, const CorpusHeader& header)
    : folder_(folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw InputError(fmt::format("cannot make {}: {}", folder.string(), error.message()));
  }
  if (!has_manifest(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name == lock_name || name.ends_with(".tmp")) continue;
      throw InputError(
          fmt::format("{} is not empty and holds no corpus (there is {}, but no {}); choose "
                      "another folder",
                      folder.string(), name, manifest_name));
    }
  }
  lock_.emplace(folder);
  resume(header);
}

void CorpusWriter::resume(const CorpusHeader& header) {
  if (!has_manifest(folder_)) {
    manifest_.header = header;
    write_manifest(folder_, manifest_);
  }
  manifest_ = read_manifest(folder_);
  const std::string differs = difference(manifest_.header, header);
  if (!differs.empty()) {
    throw InputError(fmt::format(
        "{} holds a corpus that was made otherwise ({}); continue it as it was made, or choose "
        "another folder",
        folder_.string(), differs));
  }
  remove_leftovers();
  if (manifest_.torn) {
    manifest_.torn = false;
    write_manifest(folder_, manifest_);
  }
  collect_keys();
  row_.first = manifest_.sample_count();
  row_.candidate_begin = row_.candidate_end = manifest_.next_candidate();
  if (!manifest_.rows.empty() &&
      manifest_.rows.back().samples.count < manifest_.header.shard_size) {
    reopen_last_shard();
  }
  for (const ManifestRow& row : manifest_.rows) {
    published_failures_ += row.failures.count;
    published_duplicates_ += row.duplicates;
    published_too_costly_ += row.too_costly;
  }
  at_last_sample_ = row_;
  failures_at_last_sample_ = failures_.size();
}

void CorpusWriter::reopen_last_shard() {
  Corpus corpus(folder_);
  const std::size_t last = manifest_.rows.size() - 1;
  row_ = manifest_.rows.back();
  const Shard& samples = corpus.samples(last);
  for (std::size_t i = 0; i < samples.size(); ++i) samples_.push_back(samples.record(i));
  if (!row_.failures.name.empty()) {
    const Shard& failures = corpus.failures(last);
    for (std::size_t i = 0; i < failures.size(); ++i) failures_.push_back(failures.record(i));
  }
  superseded_ = row_;
  manifest_.rows.pop_back();
}

void CorpusWriter::collect_keys() {
  Corpus corpus(folder_);
  for (std::size_t i = 0; i < manifest_.rows.size(); ++i) {
    for (const std::string& key : corpus.samples(i).texts("key")) keys_.push_back(key_bits(key));
    if (manifest_.rows[i].failures.name.empty()) continue;
    for (const std::string& key : corpus.failures(i).texts("key")) keys_.push_back(key_bits(key));
  }
}

/// Removes what a kill can leave: temporary files, a shard whose row was not written, a shard
/// that a fuller one replaced. Any other shard that the manifest does not list means that the
/// manifest lost rows, and is not ours to remove.
void CorpusWriter::remove_leftovers() const {
  std::set<std::string> listed;
  for (const ManifestRow& row : manifest_.rows) {
    listed.insert(row.samples.name);
    listed.insert(row.failures.name);
  }
  const std::uint64_t next = manifest_.sample_count();
  const std::uint64_t last = manifest_.rows.empty() ? 0 : manifest_.rows.back().first;
  std::vector<std::filesystem::path> leftovers;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    const auto first = first_of_name(name);
    if (name.ends_with(".tmp")) {
      leftovers.push_back(entry.path());
    } else if (first && !listed.contains(name)) {
      if (*first != next && *first != last) {
        throw InputError(fmt::format("{} does not list {}: it has lost rows; restore it",
                                     (folder_ / manifest_name).string(), name));
      }
      leftovers.push_back(entry.path());
    }
  }
  for (const auto& path : leftovers) remove_file(path);
}

void CorpusWriter::add(Outcome outcome, Record record, SampleTimes times) {
  ++row_.candidate_end;
  if (!times.seconds.empty()) times_.push_back(std::move(times));
  switch (outcome) {
    case Outcome::duplicate:
      ++row_.duplicates;
      return;
    case Outcome::too_costly:
      ++row_.too_costly;
      return;
    case Outcome::failure:
      failures_.push_back(std::move(record));
      return;
    case Outcome::sample:
      break;
  }
  ++row_.families[record.family];
  samples_.push_back(std::move(record));
  at_last_sample_ = row_;
  failures_at_last_sample_ = failures_.size();
  dirty_ = true;
  if (samples_.size() == manifest_.header.shard_size) flush();
}

StoredFile CorpusWriter::publish(const std::string& kind, const std::vector<Record>& records,
                                 std::uint64_t candidate_end) const {
  const ShardHeader header{kind, manifest_.header.seed, row_.first, row_.candidate_begin,
                           candidate_end};
  const std::string bytes = encode_shard(header, records);
  StoredFile file{shard_name(kind, row_.first, row_.first + samples_.size()), hex(sha256(bytes)),
                  records.size()};
  write_file_atomically(folder_ / file.name, bytes);
  return file;
}

void CorpusWriter::flush() {
  if (!dirty_) return;
  // Failures and drops after the last sample belong to the next shard: whether a run ended here
  // must not show.
  ManifestRow row = at_last_sample_;
  row.failures = {};
  std::vector<Record> failures(
      failures_.begin(), failures_.begin() + static_cast<std::ptrdiff_t>(failures_at_last_sample_));
  if (!failures.empty()) row.failures = publish("failures", failures, row.candidate_end);
  row.samples = publish("samples", samples_, row.candidate_end);
  if (superseded_) {
    Manifest whole = manifest_;
    whole.rows.push_back(row);
    write_manifest(folder_, whole);
    remove_file(folder_ / superseded_->samples.name);
    if (!superseded_->failures.name.empty()) remove_file(folder_ / superseded_->failures.name);
    superseded_.reset();
  } else {
    append_row(folder_, row);
  }
  manifest_.rows.push_back(row);
  write_timings();
  dirty_ = false;
  if (samples_.size() < manifest_.header.shard_size) {
    // Filled further if the run goes on: the row is replaced then.
    superseded_ = manifest_.rows.back();
    manifest_.rows.pop_back();
    return;
  }
  published_failures_ += failures_.size();
  published_duplicates_ += row_.duplicates;
  published_too_costly_ += row_.too_costly;
  samples_.clear();
  failures_.clear();
  row_ = {};
  row_.first = manifest_.sample_count();
  row_.candidate_begin = row_.candidate_end = manifest_.next_candidate();
  at_last_sample_ = row_;
  failures_at_last_sample_ = 0;
}

void CorpusWriter::write_timings() {
  std::ofstream file(folder_ / "timings.jsonl", std::ios::app);
  for (const SampleTimes& times : times_) {
    file << nlohmann::json{{"id", times.id}, {"seconds", times.seconds}}.dump() << '\n';
  }
  times_.clear();
}

}  // namespace femsynth::datasets
