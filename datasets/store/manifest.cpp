#include "datasets/store/manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "datasets/store/record.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {

const char* const manifest_name = "manifest.jsonl";

namespace {

using nlohmann::json;

constexpr const char* format_name = "femsynth corpus";

json encode(const CorpusHeader& h) {
  return {{"format", format_name},  {"schema_version", schema_version}, {"licence", corpus_licence},
          {"seed", h.seed},         {"shard_size", h.shard_size},       {"arch", h.arch},
          {"families", h.families}, {"settings", h.settings},           {"versions", h.versions}};
}

CorpusHeader decode_header(const json& j) {
  if (j.value("format", "") != format_name) {
    throw InputError("not the manifest of a femsynth corpus");
  }
  const int version = j.at("schema_version").get<int>();
  if (version != schema_version) {
    throw InputError(fmt::format("a corpus of schema version {}; this femsynth reads version {}",
                                 version, schema_version));
  }
  CorpusHeader h;
  j.at("seed").get_to(h.seed);
  j.at("shard_size").get_to(h.shard_size);
  j.at("arch").get_to(h.arch);
  j.at("families").get_to(h.families);
  j.at("settings").get_to(h.settings);
  j.at("versions").get_to(h.versions);
  return h;
}

json encode(const StoredFile& f) {
  return {{"name", f.name}, {"sha256", f.sha256}, {"count", f.count}};
}

StoredFile decode_file(const json& j) {
  StoredFile f{j.at("name"), j.at("sha256"), j.at("count")};
  if (f.name.find('/') != std::string::npos) {
    throw InputError(fmt::format("'{}' is not a file of this folder", f.name));
  }
  return f;
}

json encode(const ManifestRow& r) {
  json j = {{"samples", encode(r.samples)},
            {"first", r.first},
            {"candidates", {r.candidate_begin, r.candidate_end}},
            {"duplicates", r.duplicates},
            {"too_costly", r.too_costly},
            {"families", r.families}};
  if (!r.failures.name.empty()) j["failures"] = encode(r.failures);
  return j;
}

ManifestRow decode_row(const json& j) {
  ManifestRow r;
  r.samples = decode_file(j.at("samples"));
  if (j.contains("failures")) r.failures = decode_file(j.at("failures"));
  j.at("first").get_to(r.first);
  j.at("candidates").at(0).get_to(r.candidate_begin);
  j.at("candidates").at(1).get_to(r.candidate_end);
  j.at("duplicates").get_to(r.duplicates);
  j.at("too_costly").get_to(r.too_costly);
  j.at("families").get_to(r.families);
  return r;
}

/// 64 bits of SHA-256 over the line without its digest: a flipped byte does not pass.
std::string line_digest(const json& j) { return hex(sha256(j.dump())).substr(0, 16); }

std::string to_line(json j) {
  j["line_digest"] = line_digest(j);
  return j.dump() + "\n";
}

json from_line(const std::string& line) {
  json j;
  try {
    j = json::parse(line);
  } catch (const json::exception&) {
    throw InputError("damaged: not JSON");
  }
  if (!j.is_object()) throw InputError("damaged: not a JSON object");
  const std::string digest = j.value("line_digest", "");
  j.erase("line_digest");
  // A header of another version is told apart from damage before its digest is judged.
  if (j.contains("format")) decode_header(j);
  // The digest covers the line's very bytes, so that no other spelling of it passes either.
  json again = j;
  if (digest != line_digest(j) || to_line(std::move(again)) != line + "\n") {
    throw InputError("damaged: the line does not agree with its digest");
  }
  return j;
}

/// Each row begins where the one before it ends.
void check_sequence(const Manifest& manifest, const ManifestRow& row) {
  const bool follows = row.first == manifest.sample_count() &&
                       row.candidate_begin == manifest.next_candidate() &&
                       row.candidate_end > row.candidate_begin && row.samples.count >= 1 &&
                       row.samples.count <= manifest.header.shard_size;
  const bool whole =
      manifest.rows.empty() || manifest.rows.back().samples.count == manifest.header.shard_size;
  if (!follows || !whole) {
    throw InputError(
        fmt::format("damaged: shard {} does not follow the one before it", row.samples.name));
  }
}

void add_line(Manifest& manifest, const std::string& line, bool first) {
  const json j = from_line(line);
  if (first) {
    manifest.header = decode_header(j);
    return;
  }
  const ManifestRow row = decode_row(j);
  check_sequence(manifest, row);
  manifest.rows.push_back(row);
}

}  // namespace

std::uint64_t Manifest::sample_count() const {
  return rows.empty() ? 0 : rows.back().first + rows.back().samples.count;
}

std::uint64_t Manifest::failure_count() const {
  std::uint64_t count = 0;
  for (const ManifestRow& row : rows) count += row.failures.count;
  return count;
}

std::uint64_t Manifest::next_candidate() const {
  return rows.empty() ? 0 : rows.back().candidate_end;
}

bool has_manifest(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / manifest_name, ignored);
}

Manifest read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / manifest_name;
  if (!has_manifest(folder)) {
    throw InputError(
        fmt::format("{} holds no corpus: there is no {}", folder.string(), path.string()));
  }
  const std::string text = read_file(path);
  Manifest manifest;
  std::size_t begin = 0;
  int number = 1;
  for (; begin < text.size(); ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) {
      manifest.torn = true;
      break;
    }
    try {
      add_line(manifest, text.substr(begin, end - begin), number == 1);
    } catch (const json::exception& error) {
      throw InputError(fmt::format("{}:{}: damaged: {}", path.string(), number, error.what()));
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}:{}: {}", path.string(), number, error.what()));
    }
    begin = end + 1;
  }
  if (number == 1) throw InputError(path.string() + ": damaged: it has no header line");
  return manifest;
}

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest) {
  std::string text = to_line(encode(manifest.header));
  for (const ManifestRow& row : manifest.rows) text += to_line(encode(row));
  write_file_atomically(folder / manifest_name, text);
}

void append_row(const std::filesystem::path& folder, const ManifestRow& row) {
  const std::filesystem::path path = folder / manifest_name;
  const auto fail = [&] {
    throw InputError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) fail();
  const off_t end = ::lseek(file, 0, SEEK_END);
  const std::string line = to_line(encode(row));
  // One write: either the whole line is there, or a fragment that readers take for torn.
  const ssize_t written = ::write(file, line.data(), line.size());
  const int reason = written < 0 ? errno : ENOSPC;
  const bool done = written == static_cast<ssize_t>(line.size());
  const bool flushed = done && ::fsync(file) == 0;
  const int flush_reason = errno;
  // A fragment would spoil the next line.
  if (!done && ::ftruncate(file, end) != 0) errno = reason;
  ::close(file);
  errno = done ? flush_reason : reason;
  if (!done || !flushed) fail();
}

}  // namespace femsynth::datasets
