#include "synth/compile/cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/compile/resource_usage.hpp"

namespace femsynth::synth {
namespace {

namespace fs = std::filesystem;

/// Part of every key and of every entry's first line: raise it when the layout of
/// an entry or the way of compiling changes.
constexpr std::string_view kSchema = "femsynth module cache 1\n";
constexpr std::size_t kFolders = 256;
constexpr std::size_t kHexDigest = 64;
/// A temporary file older than this was left by a process that was killed.
constexpr auto kStale = std::chrono::minutes(10);

/// Appends a text with its length (8 bytes, least significant first), so that
/// texts put one after another have one reading only.
void append(std::string& to, std::string_view text) {
  for (int byte = 0; byte < 8; ++byte) {
    to.push_back(static_cast<char>((text.size() >> (8 * byte)) & 0xff));
  }
  to.append(text);
}

/// Reads back what append wrote; nullopt when the bytes run out.
std::optional<std::string_view> take(std::string_view& from) {
  if (from.size() < 8) return std::nullopt;
  std::uint64_t size = 0;
  for (int byte = 0; byte < 8; ++byte) {
    size |= std::uint64_t{static_cast<unsigned char>(from[static_cast<std::size_t>(byte)])}
            << (8 * byte);
  }
  from.remove_prefix(8);
  if (size > from.size()) return std::nullopt;
  const std::string_view text = from.substr(0, size);
  from.remove_prefix(size);
  return text;
}

std::string encode(const CompiledModule& module) {
  std::string bytes;
  bytes.reserve(module.ptx.size() + module.cubin.size() + module.log.size() + 512);
  for (const std::string* text :
       {&module.arch, &module.nvrtc_version, &module.ptx, &module.cubin, &module.log}) {
    append(bytes, *text);
  }
  for (const std::string& option : module.options) append(bytes, option);
  return bytes;
}

std::optional<CompiledModule> decode(std::string_view bytes) {
  CompiledModule module;
  for (std::string* text :
       {&module.arch, &module.nvrtc_version, &module.ptx, &module.cubin, &module.log}) {
    const auto part = take(bytes);
    if (!part) return std::nullopt;
    *text = *part;
  }
  while (!bytes.empty()) {
    const auto option = take(bytes);
    if (!option) return std::nullopt;
    module.options.emplace_back(*option);
  }
  module.resources = parse_resource_usage(module.log);
  return module;
}

/// An entry: the schema, the key, the digest of key and content, the content.
std::string seal(const std::string& key, const std::string& content) {
  return fmt::format("{}{}{}{}", kSchema, key, hex(sha256(key + content)), content);
}

/// The content of an intact entry of `key`.
std::optional<std::string_view> unseal(const std::string& key, std::string_view entry) {
  const std::size_t header = kSchema.size() + 2 * kHexDigest;
  if (entry.size() < header || !entry.starts_with(kSchema)) return std::nullopt;
  entry.remove_prefix(kSchema.size());
  if (entry.substr(0, kHexDigest) != key) return std::nullopt;
  const std::string_view digest = entry.substr(kHexDigest, kHexDigest);
  const std::string_view content = entry.substr(2 * kHexDigest);
  if (digest != hex(sha256(fmt::format("{}{}", key, content)))) return std::nullopt;
  return content;
}

/// Writes a file anew; false (with errno) when that fails, nothing left behind.
bool write_new(const fs::path& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  bool good = true;
  while (!bytes.empty() && good) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    good = n > 0;
    if (good) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  int error = errno;
  if (::close(fd) != 0 && good) {
    good = false;
    error = errno;
  }
  if (!good) {
    ::unlink(path.c_str());
    errno = error;
  }
  return good;
}

/// A file of a cache folder, for eviction.
struct Entry {
  fs::path path;
  std::uint64_t bytes;
  fs::file_time_type used;
};

}  // namespace

CacheSettings CacheSettings::from_environment() {
  CacheSettings settings;
  if (const char* given = std::getenv("FEMSYNTH_CACHE")) {
    if (*given != '\0' && std::string_view(given) != "off") settings.folder = given;
    return settings;
  }
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  // The XDG specification has relative paths ignored.
  if (xdg != nullptr && *xdg == '/') {
    settings.folder = fs::path(xdg) / "femsynth";
  } else if (home != nullptr && *home != '\0') {
    settings.folder = fs::path(home) / ".cache/femsynth";
  }
  return settings;
}

std::string cache_key(std::string_view nvrtc_identity, const CompileOptions& options,
                      std::string_view name, std::string_view source) {
  std::string bytes(kSchema);
  append(bytes, nvrtc_identity);
  append(bytes, name);
  append(bytes, source);
  for (const std::string& argument : nvrtc_arguments(options)) append(bytes, argument);
  return hex(sha256(bytes));
}

Cache::Cache(CacheSettings settings) : settings_(std::move(settings)) {}

fs::path Cache::entry_path(const std::string& key) const {
  return settings_.folder / "modules" / key.substr(0, 2) / key.substr(2);
}

std::optional<CompiledModule> Cache::find(const std::string& key) {
  if (settings_.folder.empty()) return std::nullopt;
  const fs::path path = entry_path(key);
  std::error_code error;
  if (!fs::exists(path, error)) {
    ++misses_;
    return std::nullopt;
  }
  std::optional<CompiledModule> module;
  try {
    const std::string entry = read_file(path);
    if (const auto content = unseal(key, entry)) module = decode(*content);
  } catch (const InputError& unreadable) {
    // Another process may have evicted it just now; then there is nothing to say.
    if (fs::exists(path, error)) warn_once(unreadable.what());
    ++misses_;
    return std::nullopt;
  }
  if (!module) {
    ++corrupt_;
    ++misses_;
    fs::remove(path, error);
    return std::nullopt;
  }
  ++hits_;
  // The time of last use decides what is evicted first; a failure changes nothing.
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  return module;
}

void Cache::store(const std::string& key, const CompiledModule& module) {
  if (settings_.folder.empty() || !writable_) return;
  const std::string entry = seal(key, encode(module));
  if (entry.size() > settings_.max_bytes / kFolders) return;
  const fs::path path = entry_path(key);
  const fs::path temporary =
      fmt::format("{}.{}.{}.tmp", path.string(), ::getpid(), serial_.fetch_add(1));
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (!error && !write_new(temporary, entry)) error.assign(errno, std::generic_category());
  if (!error) {
    fs::rename(temporary, path, error);
    if (error) ::unlink(temporary.c_str());
  }
  if (error) {
    writable_ = false;
    warn_once(fmt::format("compiling without a cache: cannot write {}: {}", path.string(),
                          error.message()));
    return;
  }
  ++stored_;
  evict(path.parent_path());
}

void Cache::evict(const fs::path& folder) {
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    // A file that another process removes meanwhile is none to count.
    std::error_code gone;
    const std::uint64_t bytes = it->file_size(gone);
    if (gone) continue;
    const auto used = it->last_write_time(gone);
    if (gone) continue;
    if (it->path().extension() == ".tmp") {
      if (now - used > kStale) fs::remove(it->path(), gone);
      continue;
    }
    entries.push_back({it->path(), bytes, used});
    total += bytes;
  }
  const std::uint64_t bound = settings_.max_bytes / kFolders;
  if (total <= bound) return;
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= bound) break;
    if (fs::remove(entry.path, error)) ++evicted_;
    total -= entry.bytes;
  }
}

CacheStatistics Cache::statistics() const { return {hits_, misses_, stored_, corrupt_, evicted_}; }

void Cache::warn_once(const std::string& message) {
  if (warned_.exchange(true)) return;
  if (settings_.warn) {
    settings_.warn(message);
  } else {
    fmt::print(stderr, "femsynth: warning: {}\n", message);
  }
}

}  // namespace femsynth::synth
