#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include "program.hpp"

namespace femsynth::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<std::string> generate(const std::string& folder, const std::string& count,
                                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"generate", "-o", folder,       "--count",        count,
                                     "--seed",   "1",  "--families", "mass,load_body", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The files of a corpus but for the record of times, with their contents.
std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "timings.jsonl") files[name] = text_of(entry.path().string());
  }
  return files;
}

class CorpusVerbs : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    reason_ = missing("nvrtc");
    if (reason_.empty()) reason_ = missing("dealii");
    if (!reason_.empty()) return;
    folder_ = new Folder;
    const Outcome made = run_femsynth(generate(corpus(), "3", {"--json"}));
    ASSERT_EQ(made.status, 0) << made.errors;
    ASSERT_EQ(made.json().at("samples"), 3);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (!reason_.empty()) GTEST_SKIP() << reason_;
  }
  static std::string corpus() { return folder_->path("corpus"); }

  static Folder* folder_;
  static std::string reason_;
};
Folder* CorpusVerbs::folder_ = nullptr;
std::string CorpusVerbs::reason_;

TEST_F(CorpusVerbs, TheSameCommandAgainChangesNothing) {
  const auto before = files_of(corpus());
  const Outcome again = run_femsynth(generate(corpus(), "3", {"--json"}));
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(again.json().at("new_samples"), 0);
  EXPECT_EQ(files_of(corpus()), before);
}

TEST_F(CorpusVerbs, TheBytesDoNotDependOnTheNumberOfJobs) {
  const std::string other = folder_->path("other");
  ASSERT_EQ(run_femsynth(generate(other, "3", {"--jobs", "1"})).status, 0);
  EXPECT_EQ(files_of(other), files_of(corpus()));
}

TEST_F(CorpusVerbs, AnotherSeedInTheSameFolderIsRefused) {
  const auto before = files_of(corpus());
  const Outcome run = run_femsynth({"generate", "-o", corpus(), "--count", "3", "--seed", "2"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.output, "");
  EXPECT_EQ(files_of(corpus()), before);
}

TEST_F(CorpusVerbs, AnInterruptKeepsWhatIsDone) {
  const std::string folder = folder_->path("interrupted");
  const Outcome run =
      run_femsynth(generate(folder, "100000", {"--json"}), {}, Output::captured, [&](pid_t child) {
        for (int k = 0; k < 2000 && !fs::exists(folder + "/.lock"); ++k) {
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        ::kill(child, SIGINT);
      });
  EXPECT_EQ(run.status, 130) << run.errors;
  EXPECT_EQ(run.json().at("interrupted"), true);
  const Outcome on = run_femsynth(generate(folder, "3"));
  EXPECT_EQ(on.status, 0) << on.errors;
}

TEST_F(CorpusVerbs, CountsAndSeedsOutOfRangeAreBadUsage) {
  const std::string folder = folder_->path("unmade");
  for (const auto& [name, value] : {std::pair{"--count", "0"},
                                    {"--count", "-1"},
                                    {"--jobs", "100000"},
                                    {"--jobs", "-1"},
                                    {"--seed", "-4"}}) {
    std::vector<std::string> arguments{"generate", "-o", folder, name, value};
    if (std::string(name) != "--seed") arguments.insert(arguments.end(), {"--seed", "1"});
    if (std::string(name) != "--count") arguments.insert(arguments.end(), {"--count", "2"});
    const Outcome run = run_femsynth(arguments);
    EXPECT_EQ(run.status, 2) << name << ' ' << value;
    EXPECT_LT(run.errors.size(), 200U) << run.errors;
    EXPECT_FALSE(fs::exists(folder));
  }
}

// Without care, the lock would get the number of standard error, and messages would go into it.
TEST_F(CorpusVerbs, MessagesWithoutStandardErrorGoIntoNoFile) {
  const std::string folder = folder_->path("silent");
  const Outcome run =
      run_femsynth({"generate", "-o", folder, "--count", "2", "--seed", "1", "--families", "mass"},
                   {}, Output::no_errors);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(text_of(folder + "/.lock"), "");
  EXPECT_EQ(run_femsynth({"validate", folder, "--sample", "0"}).status, 0);
}

TEST_F(CorpusVerbs, AMissingShardIsBadInputForEveryReader) {
  const std::string folder = folder_->path("missing");
  fs::copy(corpus(), folder);
  for (const auto& [name, text] : files_of(folder)) {
    if (name.ends_with(".h5")) fs::remove(fs::path(folder) / name);
  }
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"stats", folder},
        {"show", folder, "0"},
        {"export", folder, "-o", folder_->path("missing.jsonl")}}) {
    const Outcome run = run_femsynth(arguments);
    EXPECT_EQ(run.status, 2) << arguments[0] << ": " << run.errors;
    EXPECT_THAT(run.errors, HasSubstr("No such file"));
  }
  EXPECT_EQ(run_femsynth({"validate", folder}).status, 1);
}

TEST_F(CorpusVerbs, ValidateSeesAFlippedByte) {
  const Outcome good = run_femsynth({"validate", corpus(), "--all", "--json"});
  EXPECT_EQ(good.status, 0) << good.output << good.errors;
  EXPECT_EQ(good.json().at("executed"), 3);
  const std::string damaged = folder_->path("damaged");
  fs::copy(corpus(), damaged);
  for (const auto& [name, text] : files_of(damaged)) {
    if (!name.ends_with(".h5")) continue;
    std::string bytes = text;
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    folder_->write("damaged/" + name, bytes);
  }
  const Outcome bad = run_femsynth({"validate", damaged, "--sample", "0"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.output, HasSubstr(".h5"));
}

TEST_F(CorpusVerbs, StatsCountWhatIsThere) {
  const Outcome run = run_femsynth({"stats", corpus(), "--json"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.json().at("samples"), 3);
  EXPECT_THAT(run_femsynth({"stats", corpus()}).output, HasSubstr("3 samples"));
  EXPECT_THAT(run_femsynth({"stats", corpus(), "--markdown"}).output, HasSubstr("| "));
}

TEST_F(CorpusVerbs, ShowFindsASampleByPositionAndById) {
  const std::string id = run_femsynth({"show", corpus(), "1", "--json"}).json().at("id");
  EXPECT_EQ(run_femsynth({"show", corpus(), id}).output,
            run_femsynth({"show", corpus(), "1"}).output);
  EXPECT_THAT(run_femsynth({"show", corpus(), id, "--level", "cuda"}).output,
              HasSubstr("__global__"));
  EXPECT_EQ(run_femsynth({"show", corpus(), "99"}).status, 2);
  EXPECT_EQ(run_femsynth({"show", corpus(), "1", "--level", "wasm"}).status, 2);
  EXPECT_EQ(run_femsynth({"show", folder_->path("nowhere"), "1"}).status, 2);
}

TEST_F(CorpusVerbs, ExportWritesASampleALine) {
  const std::string file = folder_->path("corpus.jsonl");
  const Outcome run = run_femsynth({"export", corpus(), "-o", file, "--json"});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(run.json().at("lines"), 3);
  std::istringstream lines(text_of(file));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(nlohmann::json::parse(line).at("licence"), "CC0-1.0");
  }
  EXPECT_EQ(count, 3U);
}

TEST(CorpusUsage, WrongNumbersAreBadUsage) {
  for (const char* count : {"0", "-3", "many"}) {
    const Outcome run =
        run_femsynth({"generate", "-o", "/nonexistent/corpus", "--count", count, "--seed", "1"});
    EXPECT_EQ(run.status, 2) << count;
    EXPECT_EQ(run.output, "");
  }
  EXPECT_EQ(run_femsynth({"validate", "/nonexistent/corpus"}).status, 2);
  EXPECT_EQ(run_femsynth({"stats", "/nonexistent/corpus"}).status, 2);
  EXPECT_EQ(run_femsynth({"export", "/nonexistent/corpus", "-o", "/nonexistent/a"}).status, 2);
}

}  // namespace
}  // namespace femsynth::cli
