#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/generate.hpp"
#include "datasets/progress.hpp"
#include "datasets/show.hpp"
#include "datasets/stats.hpp"
#include "datasets/store/columns.hpp"
#include "datasets/validate.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"
#include "tests/datasets/quick_maker.hpp"
#include "tests/datasets/sample_records.hpp"

namespace femsynth::datasets {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

const std::vector<Family>& families() {
  static const auto all = load_families(FEMSYNTH_SOURCE_DIR "/datasets/families");
  return all;
}

class InspectedCorpus : public ::testing::Test {
 protected:
  InspectedCorpus() {
    GenerateOptions o;
    o.folder = folder_.path();
    o.count = 50;
    o.seed = 7;
    o.shard_size = 16;
    testing::QuickMaker maker;
    summary_ = generate(o, families(), maker);
  }

  /// Replaces the first shard by one with a changed record, its digest in the manifest too.
  void change_first_record(const std::function<void(Record&)>& change) {
    Manifest manifest = read_manifest(folder_.path());
    const auto path = folder_.path() / manifest.rows[0].samples.name;
    std::vector<Record> records;
    const Shard shard(path);
    for (std::size_t i = 0; i < shard.size(); ++i) records.push_back(shard.record(i));
    change(records[0]);
    const std::string bytes = encode_shard(shard.header(), records);
    write_file_atomically(path, bytes);
    manifest.rows[0].samples.sha256 = hex(sha256(bytes));
    write_manifest(folder_.path(), manifest);
  }

  TemporaryFolder folder_;
  GenerateSummary summary_;
};

TEST_F(InspectedCorpus, IsValidAndEverySampleIsExecuted) {
  std::atomic<int> runs{0};
  ValidateOptions o;
  o.execute = std::nullopt;
  o.run = [&](const Record& record) {
    ++runs;
    return record.ptx.empty() ? "no PTX" : "";
  };
  const ValidateReport report = validate(folder_.path(), o);
  EXPECT_TRUE(report.passed()) << to_text(report);
  EXPECT_EQ(report.samples, 50U);
  EXPECT_EQ(report.failures, summary_.total.failures);
  EXPECT_EQ(report.executed, 50U);
  EXPECT_EQ(runs, 50);
  o.execute = 7;
  EXPECT_EQ(validate(folder_.path(), o).executed, 7U);
}

TEST_F(InspectedCorpus, TellsWhichSampleDoesNotComputeWhatItShould) {
  ValidateOptions o;
  o.execute = std::nullopt;
  const std::string bad = Corpus(folder_.path()).record(20).id;
  o.run = [&](const Record& record) { return record.id == bad ? "mismatch" : ""; };
  const ValidateReport report = validate(folder_.path(), o);
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].where, bad);
  EXPECT_EQ(json::parse(to_json(report))["valid"], false);
}

TEST_F(InspectedCorpus, GathersDamagedMissingAndForeignFiles) {
  const Manifest manifest = read_manifest(folder_.path());
  const auto first = folder_.path() / manifest.rows[0].samples.name;
  std::string bytes = read_file(first);
  bytes[100] ^= 4;
  write_file_atomically(first, bytes);
  std::filesystem::remove(folder_.path() / manifest.rows[2].samples.name);
  write_file_atomically(folder_.path() / "samples-000999-001000.h5", "x");
  const ValidateReport report = validate(folder_.path());
  std::set<std::string> where;
  for (const Problem& p : report.problems) where.insert(p.where);
  EXPECT_EQ(where,
            (std::set<std::string>{manifest.rows[0].samples.name, manifest.rows[2].samples.name,
                                   "samples-000999-001000.h5"}));
}

TEST_F(InspectedCorpus, IsNotValidWhenARecordContradictsItself) {
  const std::vector<std::pair<std::function<void(Record&)>, std::string>> lies{
      {[](Record& r) { r.canonical_form += "x"; }, "canonical_sha256 is not"},
      {[](Record& r) { r.block_size += 1; }, "its key does not follow"},
      {[](Record& r) { r.split = r.split == "train" ? "test" : "train"; }, "another split"},
      {[](Record& r) { r.checks[0].pass = false; }, "a check of it did not pass"},
      {[](Record& r) { r.checks.clear(); }, "a check of it did not pass, or there is none"},
      {[](Record& r) { r.tier = Tier::executed; }, "it is not verified"},
      {[](Record& r) { r.ptx.clear(); }, "a level is empty"},
      {[](Record& r) { r.index = 1'000'000; }, "its candidate is not one of its shard"},
      {[](Record& r) { r.family = "mass"; }, "its id does not follow"}};
  for (const auto& [lie, message] : lies) {
    Record original;
    change_first_record([&](Record& r) {
      original = r;
      lie(r);
    });
    EXPECT_THAT(to_text(validate(folder_.path())), HasSubstr(message));
    change_first_record([&](Record& r) { r = original; });
  }
}

TEST_F(InspectedCorpus, HasStatisticsThatAddUp) {
  Corpus corpus(folder_.path());
  const CorpusStatistics s = statistics(corpus);
  EXPECT_EQ(s.samples, 50U);
  EXPECT_EQ(s.failures, summary_.total.failures);
  EXPECT_EQ(s.samples + s.failures + s.duplicates + s.too_costly, s.candidates);
  for (const auto& [name, counts] : s.counts) {
    std::uint64_t sum = 0;
    for (const auto& [value, count] : counts) sum += count;
    EXPECT_EQ(sum, 50U) << name;
  }
  std::uint64_t failed = 0;
  for (const auto& [stage, count] : s.failures_by_stage) failed += count;
  EXPECT_EQ(failed, s.failures);
  std::uint64_t ptx = 0;
  std::vector<std::uint64_t> registers;
  corpus.for_each_sample([&](const Record& r) {
    ptx += r.ptx.size();
    registers.push_back(r.registers());
  });
  std::sort(registers.begin(), registers.end());
  EXPECT_EQ(s.distributions.at("ptx").sum, ptx);
  EXPECT_EQ(s.distributions.at("registers").median, registers[49 / 2]);
  EXPECT_EQ(s.distributions.at("registers").greatest, registers.back());

  const json document = json::parse(to_json(s));
  EXPECT_EQ(document["samples"], 50);
  EXPECT_EQ(document["by_tier"]["verified"], 50);
  EXPECT_THAT(to_text(s), HasSubstr("50 samples of"));
  EXPECT_THAT(to_markdown(s), HasSubstr("| tier     | samples |   share |"));
}

TEST_F(InspectedCorpus, IsExportedLineByLine) {
  Corpus corpus(folder_.path());
  const auto path = folder_.path() / "out.jsonl";
  ExportOptions o;
  o.cubin = true;
  EXPECT_EQ(export_jsonl(corpus, path, o), 50U);
  std::ifstream file(path);
  std::string line;
  std::uint64_t position = 0;
  while (std::getline(file, line)) {
    const json object = json::parse(line);
    const Record record = corpus.record(position++);
    EXPECT_EQ(object["id"], record.id);
    EXPECT_EQ(object["ptx"], record.ptx);
    EXPECT_EQ(object["cubin_base64"], base64(record.cubin));
    EXPECT_EQ(object["checks"][0]["pass"], true);
  }
  EXPECT_EQ(position, 50U);
  std::uint64_t parts = 0;
  for (const char* split : {"train", "validation", "test"}) {
    ExportOptions one;
    one.split = split;
    parts += export_jsonl(corpus, path, one);
  }
  EXPECT_EQ(parts, 50U);
  EXPECT_THAT([&] { export_jsonl(corpus, "/nowhere/out.jsonl"); },
              ThrowsMessage<InputError>(HasSubstr("/nowhere/out.jsonl: No such file")));
}

TEST_F(InspectedCorpus, ShowsEveryLevel) {
  Corpus corpus(folder_.path());
  const Record record = corpus.record(3);
  EXPECT_EQ(show(record, "form"), record.form_text);
  EXPECT_EQ(show(record, "ptx"), record.ptx);
  EXPECT_EQ(show(record, "cubin"), record.cubin);
  EXPECT_THAT(show(record), HasSubstr("matrix, 1 input: error 1.00e-16, tolerance 1.00e-13: pass"));
  for (const std::string& level : levels()) EXPECT_NO_THROW(show(record, level)) << level;
  EXPECT_THAT([&] { show(record, "sass"); },
              ThrowsMessage<InputError>(HasSubstr("no level 'sass'")));
}

TEST_F(InspectedCorpus, LeaksNoFormFromOneSplitToAnother) {
  Corpus corpus(folder_.path());
  std::map<std::string, std::string> split_of_form;
  corpus.for_each_sample([&](const Record& r) {
    const auto [entry, is_new] = split_of_form.emplace(r.split_group, r.split);
    EXPECT_EQ(entry->second, r.split);
  });
}

std::string readme() { return read_file(FEMSYNTH_SOURCE_DIR "/datasets/README.md"); }

TEST(Readme, ListsTheColumnsThatThereAre) { EXPECT_THAT(readme(), HasSubstr(schema_table())); }

/// The reader that datasets/README.md shows, run as it stands there.
TEST_F(InspectedCorpus, IsReadByTheReaderInTheReadme) {
  if (std::system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) {
    GTEST_SKIP() << "/usr/bin/python3 has no h5py (Debian: python3-h5py)";
  }
  const std::string text = readme();
  const std::string opening = "```python\n";
  const std::size_t begin = text.find(opening) + opening.size();
  const auto script = folder_.path() / "reader.py";
  write_file_atomically(script, text.substr(begin, text.find("```", begin) - begin));
  Corpus corpus(folder_.path());
  const std::string name = corpus.manifest().rows[0].samples.name;
  const auto output = folder_.path() / "output";
  const std::string command = "/usr/bin/python3 " + script.string() + " " +
                              (folder_.path() / name).string() + " > " + output.string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream lines(output);
  std::string line;
  for (std::uint64_t i = 0; i < 16; ++i) {
    ASSERT_TRUE(std::getline(lines, line));
    const Record record = corpus.record(i);
    EXPECT_EQ(line, record.id + " " + std::to_string(record.registers()) + " 1e-16 1e-13");
  }
  EXPECT_FALSE(std::getline(lines, line));
}

/// RFC 4648, section 10.
TEST(Base64, GivesThePublishedTexts) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Progress, ReadsAsOneLineWithoutTheTimeLeftWhenThereIsNone) {
  Progress p;
  p.count = 1000;
  p.samples = 137;
  p.samples_per_second = 12.34;
  p.seconds_left = 70;
  EXPECT_EQ(to_text(p),
            "137 of 1000 samples, 12.3 a second, 1 min 10 s left; 0 failed, 0 duplicates");
  p.samples = 1000;
  p.seconds_left = 0;
  EXPECT_EQ(to_text(p), "1000 of 1000 samples, 12.3 a second; 0 failed, 0 duplicates");
}

}  // namespace
}  // namespace femsynth::datasets
