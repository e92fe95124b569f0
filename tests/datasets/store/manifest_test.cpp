#include "datasets/store/manifest.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "datasets/store/lock.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "tests/datasets/sample_records.hpp"

namespace femsynth::datasets {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

Manifest example() {
  Manifest manifest;
  manifest.header = {7, 2, "sm_90", {{"poisson", "ab"}}, {{"inputs", "8"}}, {{"nvrtc", "13.0"}}};
  manifest.rows.push_back({{"samples-0.h5", "aa", 2}, {}, 0, 0, 5, 3, 0, {{"poisson", 2}}});
  manifest.rows.push_back(
      {{"samples-2.h5", "bb", 1}, {"failures-2.h5", "cc", 4}, 2, 5, 11, 0, 1, {{"poisson", 1}}});
  return manifest;
}

TEST(Manifest, ReadsWhatWasWrittenWholeOrLineByLine) {
  const TemporaryFolder folder;
  const Manifest manifest = example();
  write_manifest(folder.path(), manifest);
  const std::string whole = read_file(folder.path() / manifest_name);
  write_manifest(folder.path(), {manifest.header, {}, false});
  for (const ManifestRow& row : manifest.rows) append_row(folder.path(), row);
  EXPECT_EQ(read_file(folder.path() / manifest_name), whole);
  const Manifest read = read_manifest(folder.path());
  EXPECT_EQ(read.header, manifest.header);
  EXPECT_EQ(read.rows, manifest.rows);
  EXPECT_FALSE(read.torn);
  EXPECT_EQ(read.sample_count(), 3U);
  EXPECT_EQ(read.failure_count(), 4U);
  EXPECT_EQ(read.next_candidate(), 11U);
}

TEST(Manifest, RefusesAnyFlippedByte) {
  const TemporaryFolder folder;
  write_manifest(folder.path(), example());
  const std::string text = read_file(folder.path() / manifest_name);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size()) continue;  // without its newline the last line is torn, not damaged
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 7));
    write_file_atomically(folder.path() / manifest_name, damaged);
    EXPECT_THAT([&] { read_manifest(folder.path()); },
                ThrowsMessage<InputError>(HasSubstr(manifest_name)))
        << i << ": " << text[i];
  }
}

TEST(Manifest, TakesALineThatAKillCutOffForNotWritten) {
  const TemporaryFolder folder;
  write_manifest(folder.path(), example());
  const std::string text = read_file(folder.path() / manifest_name);
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (std::size_t size = last + 1; size < text.size(); size += 37) {
    write_file_atomically(folder.path() / manifest_name, text.substr(0, size));
    const Manifest read = read_manifest(folder.path());
    EXPECT_TRUE(read.torn);
    EXPECT_EQ(read.sample_count(), 2U);
  }
}

TEST(Manifest, RefusesRowsThatDoNotFollowOneAnother) {
  const TemporaryFolder folder;
  Manifest manifest = example();
  manifest.rows.erase(manifest.rows.begin());
  write_manifest(folder.path(), manifest);
  EXPECT_THAT(
      [&] { read_manifest(folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("manifest.jsonl:2: damaged: shard samples-2.h5")));
}

TEST(Manifest, NamesBothVersionsOfAnotherSchema) {
  const TemporaryFolder folder;
  write_manifest(folder.path(), example());
  std::string text = read_file(folder.path() / manifest_name);
  const std::string version = "\"schema_version\":1";
  text.replace(text.find(version), version.size(), "\"schema_version\":9");
  write_file_atomically(folder.path() / manifest_name, text);
  EXPECT_THAT(
      [&] { read_manifest(folder.path()); },
      ThrowsMessage<InputError>(HasSubstr("schema version 9; this femsynth reads version 1")));
}

TEST(Manifest, SaysThatAFolderHoldsNoCorpus) {
  EXPECT_THAT([] { read_manifest("/nowhere"); },
              ThrowsMessage<InputError>(HasSubstr("/nowhere holds no corpus")));
}

TEST(Manifest, SaysThatTheDiskIsFullAndKeepsWhatIsThere) {
  const TemporaryFolder folder;
  const Manifest manifest = example();
  write_manifest(folder.path(), {manifest.header, {}, false});
  const pid_t child = ::fork();
  if (child == 0) {
    // A limit on file size fails a write as a full disk does, half-way through a line.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlim_t size = std::filesystem::file_size(folder.path() / manifest_name) + 40;
    const rlimit limit{size, size};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      append_row(folder.path(), manifest.rows[0]);
    } catch (const InputError& error) {
      ::_exit(std::string(error.what()).find("manifest.jsonl: ") != std::string::npos ? 0 : 2);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const Manifest read = read_manifest(folder.path());
  EXPECT_EQ(read.header, manifest.header);
  EXPECT_FALSE(read.torn);  // the half line was taken back
}

TEST(FolderLock, IsHeldByOneProcessAndFreedByItsDeath) {
  const TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT([&] { FolderLock lock(folder.path()); },
              ThrowsMessage<InputError>(HasSubstr("another femsynth writes into")));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(FolderLock lock(folder.path()));
}

TEST(FolderLock, SaysWhyAFolderCannotBeWritten) {
  EXPECT_THAT([] { FolderLock lock("/nowhere"); },
              ThrowsMessage<InputError>(HasSubstr("cannot write into /nowhere: No such file")));
}

}  // namespace
}  // namespace femsynth::datasets
