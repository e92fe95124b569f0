#include "datasets/store/corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "meshes/support/error.hpp"

namespace femsynth::datasets {

Corpus::Corpus(std::filesystem::path folder)
    : folder_(std::move(folder)), manifest_(read_manifest(folder_)) {}

const Shard& Corpus::open(const StoredFile& file, const ManifestRow& row, const std::string& kind) {
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const auto& entry) { return entry.first == file.name; });
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
    return open_.front().second;
  }
  Shard shard(folder_ / file.name, file.sha256);
  const ShardHeader expected{kind, manifest_.header.seed, row.first, row.candidate_begin,
                             row.candidate_end};
  if (shard.header() != expected || shard.size() != file.count) {
    throw InputError(fmt::format("shard {}: it is not the one that the manifest means",
                                 (folder_ / file.name).string()));
  }
  open_.emplace_front(file.name, std::move(shard));
  if (open_.size() > open_shards) open_.pop_back();
  return open_.front().second;
}

const Shard& Corpus::samples(std::size_t row) {
  const ManifestRow& entry = manifest_.rows.at(row);
  return open(entry.samples, entry, "samples");
}

const Shard& Corpus::failures(std::size_t row) {
  const ManifestRow& entry = manifest_.rows.at(row);
  return open(entry.failures, entry, "failures");
}

Record Corpus::record(std::uint64_t position) {
  if (position >= size()) {
    throw InputError(fmt::format("{} has no sample {}; it holds {}, numbered from 0",
                                 folder_.string(), position, size()));
  }
  // All shards but the last are full.
  const std::size_t row = static_cast<std::size_t>(position / manifest_.header.shard_size);
  return samples(row).record(static_cast<std::size_t>(position - manifest_.rows[row].first));
}

std::optional<Record> Corpus::find_in(const StoredFile& file, const ManifestRow& row,
                                      const std::string& kind, const std::string& id) {
  const Shard& shard = open(file, row, kind);
  const auto ids = shard.texts("id");
  const auto found = std::find(ids.begin(), ids.end(), id);
  if (found == ids.end()) return std::nullopt;
  return shard.record(static_cast<std::size_t>(found - ids.begin()));
}

Record Corpus::find(const std::string& name) {
  std::uint64_t position = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), position);
  if (error == std::errc() && end == name.data() + name.size()) return record(position);
  for (const ManifestRow& row : manifest_.rows) {
    if (auto found = find_in(row.samples, row, "samples", name)) return *found;
    if (row.failures.name.empty()) continue;
    if (auto found = find_in(row.failures, row, "failures", name)) return *found;
  }
  throw InputError(
      fmt::format("{} has no sample '{}'; `femsynth export` lists all", folder_.string(), name));
}

void Corpus::for_each_sample(const std::function<void(const Record&)>& visit) {
  for (std::size_t row = 0; row < manifest_.rows.size(); ++row) {
    const Shard& shard = samples(row);
    for (std::size_t i = 0; i < shard.size(); ++i) visit(shard.record(i));
  }
}

void Corpus::for_each_failure(const std::function<void(const Record&)>& visit) {
  for (std::size_t row = 0; row < manifest_.rows.size(); ++row) {
    if (manifest_.rows[row].failures.name.empty()) continue;
    const Shard& shard = failures(row);
    for (std::size_t i = 0; i < shard.size(); ++i) visit(shard.record(i));
  }
}

}  // namespace femsynth::datasets
