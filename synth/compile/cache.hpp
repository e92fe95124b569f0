#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "synth/compile/module.hpp"

namespace femsynth::synth {

struct CompileOptions;

/// Where compiled modules are kept, and how much of them.
struct CacheSettings {
  /// Empty: no cache.
  std::filesystem::path folder = {};
  /// Bound on the sum of all entries. It is kept in each of the cache's 256
  /// folders separately (1/256 of it each), so that storing looks at one folder.
  std::uint64_t max_bytes = std::uint64_t{2} << 30;
  /// Receives one line, once, when the folder cannot be used. Default: stderr.
  std::function<void(const std::string&)> warn = {};

  /// FEMSYNTH_CACHE ("off" or empty: no cache), else $XDG_CACHE_HOME/femsynth, else
  /// ~/.cache/femsynth.
  static CacheSettings from_environment();
};

/// What a cache has done in this process.
struct CacheStatistics {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t stored = 0;
  std::uint64_t corrupt = 0;  ///< entries found damaged, removed (counted as misses too)
  std::uint64_t evicted = 0;
};

/// Key of one compilation: SHA-256 of the schema version, NVRTC's identity, the
/// options, the name and the source, as 64 hexadecimal digits.
std::string cache_key(std::string_view nvrtc_identity, const CompileOptions& options,
                      std::string_view name, std::string_view source);

/// Content-addressed cache of compiled modules on disk.
///
/// One file an entry; it carries its key and the SHA-256 of its content, so a
/// truncated, damaged or misplaced entry is noticed, removed and made again, never
/// trusted. Entries are written under a temporary name and renamed: any number of
/// processes may share a folder, and a kill leaves at most a temporary file, which
/// a later store removes. There is no fsync, since an entry that a power cut tears
/// is only an entry to be made again. A folder that cannot be written costs one
/// warning and the cache. Thread safe.
class Cache {
 public:
  explicit Cache(CacheSettings settings);

  /// The module stored under `key`, byte for byte what was stored.
  std::optional<CompiledModule> find(const std::string& key);
  void store(const std::string& key, const CompiledModule& module);

  CacheStatistics statistics() const;
  const CacheSettings& settings() const { return settings_; }
  /// Where the entry of `key` stands.
  std::filesystem::path entry_path(const std::string& key) const;

 private:
  void evict(const std::filesystem::path& folder);
  void warn_once(const std::string& message);

  CacheSettings settings_;
  std::atomic<bool> writable_{true};
  std::atomic<bool> warned_{false};
  std::atomic<std::uint64_t> hits_{0}, misses_{0}, stored_{0}, corrupt_{0}, evicted_{0};
  std::atomic<std::uint64_t> serial_{0};
};

}  // namespace femsynth::synth
