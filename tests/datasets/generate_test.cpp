#include "datasets/generate.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "datasets/store/corpus.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "tests/datasets/quick_maker.hpp"
#include "tests/datasets/sample_records.hpp"

namespace femsynth::datasets {
namespace {

using ::testing::HasSubstr;
using testing::QuickMaker;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;
using Path = std::filesystem::path;

const std::vector<Family>& families() {
  static const auto all = load_families(FEMSYNTH_SOURCE_DIR "/datasets/families");
  return all;
}

GenerateOptions options(const Path& folder, std::uint64_t count, unsigned jobs = 2) {
  GenerateOptions o;
  o.folder = folder;
  o.count = count;
  o.seed = 7;
  o.jobs = jobs;
  o.shard_size = 16;
  return o;
}

GenerateSummary run(const GenerateOptions& o, int delay_us = 0) {
  QuickMaker maker;
  maker.delay_us = delay_us;
  return generate(o, families(), maker);
}

/// Every file of a corpus but the timings, by name.
std::map<std::string, std::string> contents(const Path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "timings.jsonl") files[name] = read_file(entry.path());
  }
  return files;
}

/// Equal contents, said by names (the bytes themselves would fill the log).
void expect_same(const Path& a, const Path& b) {
  const auto x = contents(a);
  const auto y = contents(b);
  std::vector<std::string> names_x;
  std::vector<std::string> names_y;
  for (const auto& [name, bytes] : x) names_x.push_back(name);
  for (const auto& [name, bytes] : y) names_y.push_back(name);
  EXPECT_EQ(names_x, names_y);
  for (const auto& [name, bytes] : x) {
    EXPECT_TRUE(y.contains(name) && bytes == y.at(name)) << name;
  }
}

/// The corpus that all tests compare with: 100 samples, made in one go by one worker.
const Path& reference() {
  static const TemporaryFolder folder;
  static const bool made = [] {
    run(options(folder.path(), 100, 1));
    return true;
  }();
  EXPECT_TRUE(made);
  return folder.path();
}

TEST(Generate, GivesAsManyDistinctSamplesAsAskedFor) {
  Corpus corpus(reference());
  EXPECT_EQ(corpus.size(), 100U);
  std::set<std::string> keys;
  std::set<std::string> ids;
  std::uint64_t last_index = 0;
  corpus.for_each_sample([&](const Record& r) {
    EXPECT_TRUE(keys.insert(r.key).second) << r.id;
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
    EXPECT_TRUE(keys.size() == 1 || r.index > last_index);
    last_index = r.index;
    EXPECT_EQ(r.tier, Tier::verified);
    EXPECT_EQ(r.failure, Failure{});
    EXPECT_EQ(r.seed, 7U);
    EXPECT_FALSE(r.split.empty());
  });
}

TEST(Generate, KeepsFailuresApartWithStageAndReason) {
  Corpus corpus(reference());
  std::set<std::string> stages;
  corpus.for_each_failure([&](const Record& r) {
    stages.insert(r.failure.stage);
    EXPECT_FALSE(r.failure.reason.empty());
    EXPECT_FALSE(r.form_text.empty());
  });
  EXPECT_EQ(stages, (std::set<std::string>{"language", "compile", "verify"}));
}

TEST(Generate, DecidesEveryCandidateOnce) {
  Corpus corpus(reference());
  const Manifest& manifest = corpus.manifest();
  std::uint64_t decided = manifest.sample_count() + manifest.failure_count();
  for (const ManifestRow& row : manifest.rows) decided += row.duplicates + row.too_costly;
  EXPECT_EQ(decided, manifest.next_candidate());
}

TEST(Generate, GivesTheSameBytesWithAnyNumberOfJobs) {
  for (unsigned jobs : {2U, 5U}) {
    const TemporaryFolder folder;
    run(options(folder.path(), 100, jobs), 300);
    expect_same(folder.path(), reference());
  }
}

TEST(Generate, GivesTheSameBytesWhenContinuedToALargerCount) {
  const TemporaryFolder folder;
  for (std::uint64_t count : {1U, 7U, 16U, 17U, 50U, 64U, 100U}) {
    const auto summary = run(options(folder.path(), count));
    EXPECT_EQ(summary.total.samples, count);
  }
  expect_same(folder.path(), reference());
  EXPECT_EQ(run(options(folder.path(), 100)).new_samples, 0U);
  EXPECT_EQ(run(options(folder.path(), 30)).total.samples, 100U);
  expect_same(folder.path(), reference());
}

TEST(Generate, DropsDuplicatesOfEarlierRunsToo) {
  // One family with few samples: duplicates abound.
  const TemporaryFolder once;
  const TemporaryFolder twice;
  auto all = options(once.path(), 120);
  all.families = {"l2_norm"};
  // The quick maker takes the text for the canonical form; without literals there are few.
  auto few = families();
  for (Family& family : few) {
    for (auto& [name, range] : family.literals) range = {1, 2, 0};
  }
  QuickMaker maker;
  const auto summary = generate(all, few, maker);
  EXPECT_GT(summary.total.duplicates, 20U);
  all.folder = twice.path();
  all.count = 50;
  generate(all, few, maker);
  all.count = 120;
  generate(all, few, maker);
  expect_same(once.path(), twice.path());
}

TEST(Generate, SaysWhenThereAreNoMoreDistinctSamplesAndKeepsThem) {
  const TemporaryFolder folder;
  auto o = options(folder.path(), 100000);
  o.families = {"l2_norm"};
  auto few = families();
  for (Family& family : few) {
    for (auto& [name, range] : family.literals) range = {1, 1, 0};
  }
  QuickMaker maker;
  EXPECT_THAT([&] { generate(o, few, maker); },
              ThrowsMessage<InputError>(HasSubstr("no more than about")));
  EXPECT_GT(Corpus(folder.path()).size(), 50U);
}

TEST(Generate, StopsWhenAskedAndKeepsWhatIsDone) {
  const TemporaryFolder folder;
  std::atomic<bool> stop{false};
  auto o = options(folder.path(), 100);
  o.stop = &stop;
  o.progress = [&](const Progress& p) { stop = p.samples >= 37; };
  const auto summary = run(o, 100);
  EXPECT_TRUE(summary.interrupted);
  EXPECT_GE(summary.total.samples, 37U);
  EXPECT_LT(summary.total.samples, 100U);
  EXPECT_EQ(Corpus(folder.path()).size(), summary.total.samples);
  run(options(folder.path(), 100));
  expect_same(folder.path(), reference());
}

TEST(Generate, GivesTheSameBytesAfterKillsAtRandomMoments) {
  const TemporaryFolder folder;
  std::mt19937_64 random(11);
  int killed = 0;
  for (int round = 0; round < 40; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      run(options(folder.path(), 100), 400);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(random() % 40000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
  }
  EXPECT_GE(killed, 5);
  run(options(folder.path(), 100));
  expect_same(folder.path(), reference());
}

TEST(Generate, CleansUpWhatAKillBetweenItsStepsLeaves) {
  const TemporaryFolder folder;
  run(options(folder.path(), 40));
  const auto before = contents(folder.path());
  // A shard without its row, temporary files, a line that was cut off.
  write_file_atomically(folder.path() / "samples-000032-000048.h5", "unfinished");
  write_file_atomically(folder.path() / "samples-000032-000048.h5.12.0.tmp", "x");
  write_file_atomically(folder.path() / "manifest.jsonl", before.at("manifest.jsonl") + "{\"can");
  run(options(folder.path(), 100));
  expect_same(folder.path(), reference());
}

TEST(Generate, RefusesACorpusThatWasMadeOtherwiseAndLeavesItAlone) {
  const TemporaryFolder folder;
  run(options(folder.path(), 20));
  const auto before = contents(folder.path());
  auto other = options(folder.path(), 30);
  other.seed = 8;
  EXPECT_THAT([&] { run(other); }, ThrowsMessage<InputError>(HasSubstr("seed: 7, not 8")));
  other = options(folder.path(), 30);
  other.families = {"mass"};
  EXPECT_THAT([&] { run(other); }, ThrowsMessage<InputError>(HasSubstr("family poisson")));
  QuickMaker maker;
  maker.version_map["femsynth"] = "newer";
  EXPECT_THAT([&] { generate(options(folder.path(), 30), families(), maker); },
              ThrowsMessage<InputError>(HasSubstr("version of femsynth: test, not newer")));
  EXPECT_EQ(contents(folder.path()), before);
}

TEST(Generate, RefusesAFolderOfOtherFilesAndAManifestThatLostRows) {
  const TemporaryFolder other;
  write_file_atomically(other.path() / "thesis.tex", "x");
  EXPECT_THAT([&] { run(options(other.path(), 5)); },
              ThrowsMessage<InputError>(HasSubstr("is not empty and holds no corpus")));
  EXPECT_EQ(contents(other.path()).size(), 1U);

  const TemporaryFolder folder;
  run(options(folder.path(), 64));
  const auto before = contents(folder.path());
  const std::string& manifest = before.at("manifest.jsonl");
  write_file_atomically(folder.path() / "manifest.jsonl",
                        manifest.substr(0, manifest.find('\n') + 1));
  EXPECT_THAT([&] { run(options(folder.path(), 100)); },
              ThrowsMessage<InputError>(HasSubstr("it has lost rows")));
  EXPECT_EQ(contents(folder.path()).size(), before.size());
}

TEST(Generate, RefusesToContinueADamagedCorpus) {
  const TemporaryFolder folder;
  run(options(folder.path(), 40));
  const Path shard = folder.path() / "samples-000000-000016.h5";
  std::string bytes = read_file(shard);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomically(shard, bytes);
  EXPECT_THAT([&] { run(options(folder.path(), 100)); },
              ThrowsMessage<InputError>(HasSubstr("samples-000000-000016.h5")));
  EXPECT_EQ(read_file(shard), bytes);
}

TEST(Generate, RefusesASecondRunInTheSameFolder) {
  const TemporaryFolder folder;
  auto o = options(folder.path(), 100);
  std::string message;
  o.progress = [&](const Progress&) {
    if (!message.empty()) return;
    try {
      run(options(folder.path(), 100));
      message = "no error";
    } catch (const InputError& error) {
      message = error.what();
    }
  };
  run(o);
  EXPECT_THAT(message, HasSubstr("another femsynth writes into"));
  expect_same(folder.path(), reference());
}

TEST(Generate, SaysThatTheDiskIsFullAndGoesOnWhenItIsNot) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20000, 20000};  // less than a shard
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      run(options(folder.path(), 100));
    } catch (const InputError& error) {
      ::_exit(std::string(error.what()).starts_with("cannot write") ? 0 : 2);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  run(options(folder.path(), 100));
  expect_same(folder.path(), reference());
}

TEST(Generate, SaysThatAFolderCannotBeMadeOrWritten) {
  EXPECT_THAT([] { run(options("/proc/corpus", 1)); },
              ThrowsMessage<InputError>(HasSubstr("/proc/corpus")));
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "file", "x");
  EXPECT_THAT([&] { run(options(folder.path() / "file", 1)); },
              ThrowsMessage<InputError>(HasSubstr("file")));
  const Path read_only = folder.path() / "read_only";
  std::filesystem::create_directory(read_only);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(read_only, std::filesystem::perms(0555));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);  // root may write anywhere
    try {
      run(options(read_only, 1));
    } catch (const InputError& error) {
      ::_exit(std::string(error.what()).find("Permission denied") != std::string::npos ? 0 : 2);
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Generate, NamesTheFamiliesThatThereAre) {
  const TemporaryFolder folder;
  auto o = options(folder.path(), 1);
  o.families = {"poison"};
  EXPECT_THAT([&] { run(o); },
              ThrowsMessage<InputError>(HasSubstr("no family 'poison'; there are advection")));
}

/// A maker whose every sample fails, or which throws.
class BrokenMaker : public QuickMaker {
 public:
  void make(const Prepared& prepared, Record& record, SampleTimes& times) override {
    QuickMaker::make(prepared, record, times);
    if (record.index < 40) return;
    if (throws) throw MissingComponent("no NVRTC");
    record.failure = {"compile", "always"};
  }
  bool throws = false;
};

TEST(Generate, GivesUpWhenEverythingFailsAndKeepsWhatIsDone) {
  for (bool throws : {false, true}) {
    const TemporaryFolder folder;
    BrokenMaker maker;
    maker.throws = throws;
    if (throws) {
      EXPECT_THROW(generate(options(folder.path(), 100), families(), maker), MissingComponent);
    } else {
      EXPECT_THAT([&] { generate(options(folder.path(), 100), families(), maker); },
                  ThrowsMessage<InternalError>(HasSubstr("at stage compile: always")));
    }
    EXPECT_GT(Corpus(folder.path()).size(), 10U);
    run(options(folder.path(), 100));
    if (throws) expect_same(folder.path(), reference());
  }
}

}  // namespace
}  // namespace femsynth::datasets
