#include "synth/compile/cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"
#include "support.hpp"

namespace femsynth::synth {
namespace {

namespace fs = std::filesystem;

/// A module whose bytes depend on `seed`: binary, with zero bytes in it.
CompiledModule make_module(unsigned seed, std::size_t cubin_bytes = 400) {
  CompiledModule module;
  module.arch = "sm_90";
  module.nvrtc_version = "13.0";
  module.options = {"-arch=sm_90", "--std=c++17"};
  module.ptx = ".version 9.0\n// " + std::to_string(seed) + "\n";
  for (std::size_t i = 0; i < cubin_bytes; ++i) {
    seed = seed * 1664525U + 1013904223U;
    module.cubin.push_back(static_cast<char>(seed >> 24));
  }
  module.log =
      "ptxas info    : Compiling entry function 'k' for 'sm_90'\n"
      "ptxas info    : Used 28 registers, used 0 barriers\n";
  return module;
}

std::string key_of(unsigned seed) { return hex(sha256("key " + std::to_string(seed))); }

void expect_equal(const CompiledModule& a, const CompiledModule& b) {
  EXPECT_EQ(a.arch, b.arch);
  EXPECT_EQ(a.nvrtc_version, b.nvrtc_version);
  EXPECT_EQ(a.options, b.options);
  EXPECT_EQ(a.ptx, b.ptx);
  EXPECT_EQ(a.cubin, b.cubin);
  EXPECT_EQ(a.log, b.log);
}

/// Overwrites a file in place, with no care for atomicity.
void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Runs `body` in a child process; its return value is the exit status.
template <class Body>
pid_t run_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      status = body();
    } catch (...) {
    }
    ::_exit(status);
  }
  return child;
}

int wait_status(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::size_t count_files(const fs::path& folder, const std::string& extension) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    count += entry.is_regular_file() && entry.path().extension() == extension ? 1 : 0;
  }
  return count;
}

TEST(Cache, GivesBackWhatWasStored) {
  const TemporaryFolder folder;
  Cache cache({.folder = folder.path() / "not/yet/there"});
  EXPECT_FALSE(cache.find(key_of(1)).has_value());
  cache.store(key_of(1), make_module(1));
  cache.store(key_of(2), make_module(2));
  const auto found = cache.find(key_of(1));
  ASSERT_TRUE(found.has_value());
  expect_equal(*found, make_module(1));
  ASSERT_EQ(found->resources.size(), 1U);
  EXPECT_EQ(found->resources[0].registers, 28);
  const CacheStatistics statistics = cache.statistics();
  EXPECT_EQ(statistics.hits, 1U);
  EXPECT_EQ(statistics.misses, 1U);
  EXPECT_EQ(statistics.stored, 2U);
}

TEST(Cache, IsSeenByAnotherCacheOnTheSameFolder) {
  const TemporaryFolder folder;
  Cache({.folder = folder.path()}).store(key_of(1), make_module(1));
  EXPECT_TRUE(Cache({.folder = folder.path()}).find(key_of(1)).has_value());
}

TEST(Cache, WithoutAFolderDoesNothing) {
  Cache cache({});
  cache.store(key_of(1), make_module(1));
  EXPECT_FALSE(cache.find(key_of(1)).has_value());
}

TEST(CacheDamage, OfAnyByteIsNoticedAndTheEntryRemoved) {
  const TemporaryFolder folder;
  Cache cache({.folder = folder.path()});
  const std::string key = key_of(1);
  cache.store(key, make_module(1, 64));
  const fs::path entry = cache.entry_path(key);
  const std::string intact = read_file(entry);
  for (std::size_t at = 0; at < intact.size(); ++at) {
    std::string damaged = intact;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    overwrite(entry, damaged);
    ASSERT_FALSE(cache.find(key).has_value()) << "byte " << at;
    ASSERT_FALSE(fs::exists(entry)) << "byte " << at;
  }
  EXPECT_EQ(cache.statistics().corrupt, intact.size());
  cache.store(key, make_module(1, 64));
  EXPECT_TRUE(cache.find(key).has_value());
}

TEST(CacheDamage, ByTruncationOrExtraBytesIsNoticed) {
  const TemporaryFolder folder;
  Cache cache({.folder = folder.path()});
  const std::string key = key_of(1);
  cache.store(key, make_module(1, 64));
  const fs::path entry = cache.entry_path(key);
  const std::string intact = read_file(entry);
  for (std::size_t size = 0; size < intact.size(); ++size) {
    overwrite(entry, intact.substr(0, size));
    ASSERT_FALSE(cache.find(key).has_value()) << size << " bytes";
  }
  overwrite(entry, intact + '\0');
  EXPECT_FALSE(cache.find(key).has_value());
  overwrite(entry, intact);
  EXPECT_TRUE(cache.find(key).has_value());
}

TEST(CacheDamage, AnEntryUnderAnotherKeysNameIsNotTaken) {
  const TemporaryFolder folder;
  Cache cache({.folder = folder.path()});
  cache.store(key_of(1), make_module(1));
  fs::create_directories(cache.entry_path(key_of(2)).parent_path());
  fs::copy_file(cache.entry_path(key_of(1)), cache.entry_path(key_of(2)));
  EXPECT_FALSE(cache.find(key_of(2)).has_value());
  EXPECT_TRUE(cache.find(key_of(1)).has_value());
}

TEST(CacheKey, DependsOnEachThingThatDecidesTheResult) {
  const CompileOptions base;
  std::set<std::string> keys;
  std::size_t made = 0;
  const auto add = [&](const char* nvrtc, const CompileOptions& options, const char* name,
                       const char* source) {
    const std::string key = cache_key(nvrtc, options, name, source);
    EXPECT_EQ(key.size(), 64U);
    EXPECT_EQ(key, cache_key(nvrtc, options, name, source));
    keys.insert(key);
    ++made;
  };
  add("13.0", base, "k.cu", "source");
  add("13.1", base, "k.cu", "source");
  add("13.0", base, "l.cu", "source");
  add("13.0", base, "k.cu", "source ");
  add("13.0", base, "k.cus", "ource");
  add("13.0k", base, ".cu", "source");
  add("13.0", {.arch = "sm_80"}, "k.cu", "source");
  add("13.0", {.fmad = false}, "k.cu", "source");
  add("13.0", {.max_registers = 64}, "k.cu", "source");
  add("13.0", {.max_registers = 32}, "k.cu", "source");
  add("13.0", {.line_info = true}, "k.cu", "source");
  EXPECT_EQ(keys.size(), made);
}

TEST(CacheProcesses, OnTheSameKeysSeeOnlyWholeEntries) {
  const TemporaryFolder folder;
  constexpr unsigned keys = 6;
  const auto body = [&] {
    Cache cache({.folder = folder.path()});
    for (unsigned round = 0; round < 60; ++round) {
      const unsigned seed = round % keys;
      const auto found = cache.find(key_of(seed));
      if (found && found->cubin != make_module(seed, 20'000).cubin) return 1;
      cache.store(key_of(seed), make_module(seed, 20'000));
    }
    return cache.statistics().corrupt == 0 ? 0 : 2;
  };
  std::array<pid_t, 6> children{};
  for (pid_t& child : children) child = run_child(body);
  for (const pid_t child : children) EXPECT_EQ(wait_status(child), 0);
  EXPECT_EQ(count_files(folder.path(), ".tmp"), 0U);
}

TEST(CacheProcesses, KilledWhileWritingLeaveNoWrongEntry) {
  const TemporaryFolder folder;
  for (int round = 0; round < 15; ++round) {
    const pid_t child = run_child([&] {
      Cache cache({.folder = folder.path()});
      for (unsigned i = 0;; ++i) cache.store(key_of(i % 4), make_module(i % 4, 300'000));
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + 2 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    EXPECT_EQ(wait_status(child), -SIGKILL);
  }
  Cache cache({.folder = folder.path()});
  for (unsigned i = 0; i < 4; ++i) {
    const auto found = cache.find(key_of(i));
    if (found) expect_equal(*found, make_module(i, 300'000));
    cache.store(key_of(i), make_module(i, 300'000));
    EXPECT_TRUE(cache.find(key_of(i)).has_value());
  }
  EXPECT_EQ(cache.statistics().corrupt, 0U);
}

TEST(CacheProcesses, TemporaryFilesOfTheKilledAreRemovedLater) {
  const TemporaryFolder folder;
  Cache cache({.folder = folder.path()});
  cache.store(key_of(1), make_module(1));
  const fs::path old = cache.entry_path(key_of(1)).string() + ".123.0.tmp";
  const fs::path fresh = cache.entry_path(key_of(1)).string() + ".124.0.tmp";
  overwrite(old, "half an entry");
  overwrite(fresh, "another process is writing this");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(1));
  cache.store(key_of(1), make_module(1));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST(CacheBound, EvictsTheLeastRecentlyUsedOfAFolder) {
  const TemporaryFolder folder;
  // Keys that share their first byte stand in one folder.
  const auto key = [](unsigned i) {
    std::string text = key_of(i);
    return "ab" + text.substr(2);
  };
  Cache cache({.folder = folder.path(), .max_bytes = 256 * 10'000});
  for (unsigned i = 0; i < 3; ++i) {
    cache.store(key(i), make_module(i, 2'500));
    fs::last_write_time(cache.entry_path(key(i)),
                        fs::file_time_type::clock::now() - std::chrono::hours(10 - i));
  }
  ASSERT_TRUE(cache.find(key(0)).has_value());  // the oldest, but used just now
  cache.store(key(3), make_module(3, 2'500));
  EXPECT_TRUE(cache.find(key(0)).has_value());
  EXPECT_FALSE(cache.find(key(1)).has_value());
  EXPECT_TRUE(cache.find(key(2)).has_value());
  EXPECT_TRUE(cache.find(key(3)).has_value());
  EXPECT_EQ(cache.statistics().evicted, 1U);
  std::uintmax_t total = 0;
  for (const auto& entry : fs::directory_iterator(cache.entry_path(key(0)).parent_path())) {
    total += entry.file_size();
  }
  EXPECT_LE(total, 10'000U);
}

TEST(CacheBound, AnEntryLargerThanItsFolderIsNotStored) {
  const TemporaryFolder folder;
  Cache cache({.folder = folder.path(), .max_bytes = 256 * 1000});
  cache.store(key_of(1), make_module(1, 2000));
  EXPECT_FALSE(cache.find(key_of(1)).has_value());
  EXPECT_EQ(cache.statistics().stored, 0U);
}

TEST(CacheFolder, ThatCannotBeMadeCostsOneWarning) {
  const TemporaryFolder folder;
  overwrite(folder.path() / "file", "in the way");
  std::vector<std::string> warnings;
  Cache cache({.folder = folder.path() / "file/cache",
               .warn = [&](const std::string& text) { warnings.push_back(text); }});
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_FALSE(cache.find(key_of(i)).has_value());
    cache.store(key_of(i), make_module(i));
  }
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], ::testing::HasSubstr((folder.path() / "file/cache").string()));
  EXPECT_THAT(warnings[0], ::testing::HasSubstr("without a cache"));
}

TEST(CacheFolder, ThatIsReadOnlyStillServesWhatItHolds) {
  const TemporaryFolder folder;
  const fs::path cache_folder = folder.path() / "cache";
  Cache({.folder = cache_folder}).store(key_of(1), make_module(1));
  fs::permissions(folder.path(),
                  fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
  for (const auto& entry : fs::recursive_directory_iterator(cache_folder)) {
    if (entry.is_directory()) fs::permissions(entry.path(), fs::perms(0555));
  }
  fs::permissions(cache_folder, fs::perms(0555));
  const pid_t child = run_child([&] {
    // Permissions do not bind root, so become nobody.
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 3;
    int warnings = 0;
    Cache cache({.folder = cache_folder, .warn = [&](const std::string&) { ++warnings; }});
    if (!cache.find(key_of(1))) return 4;
    cache.store(key_of(2), make_module(2));
    cache.store(key_of(3), make_module(3));
    if (cache.find(key_of(2))) return 5;
    return warnings == 1 && cache.find(key_of(1)) ? 0 : 6;
  });
  EXPECT_EQ(wait_status(child), 0);
  for (const auto& entry : fs::recursive_directory_iterator(cache_folder)) {
    if (entry.is_directory()) fs::permissions(entry.path(), fs::perms::owner_all);
  }
  fs::permissions(cache_folder, fs::perms::owner_all);
}

TEST(CacheSettingsTest, ComeFromTheEnvironment) {
  const ScopedVariable home("HOME", "/home/someone");
  const ScopedVariable xdg("XDG_CACHE_HOME", std::nullopt);
  const ScopedVariable own("FEMSYNTH_CACHE", std::nullopt);
  EXPECT_EQ(CacheSettings::from_environment().folder, "/home/someone/.cache/femsynth");
  const ScopedVariable xdg_set("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(CacheSettings::from_environment().folder, "/xdg/femsynth");
  const ScopedVariable own_set("FEMSYNTH_CACHE", "/own");
  EXPECT_EQ(CacheSettings::from_environment().folder, "/own");
  const ScopedVariable own_off("FEMSYNTH_CACHE", "off");
  EXPECT_TRUE(CacheSettings::from_environment().folder.empty());
  EXPECT_EQ(CacheSettings::from_environment().max_bytes, std::uint64_t{2} << 30);
}

}  // namespace
}  // namespace femsynth::synth
