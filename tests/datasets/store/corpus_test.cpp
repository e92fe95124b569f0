#include "datasets/store/corpus.hpp"

#include <gmock/gmock.h>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"
#include "tests/datasets/sample_records.hpp"

namespace femsynth::datasets {
namespace {

using ::testing::HasSubstr;
using testing::random_record;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

StoredFile store(const std::filesystem::path& folder, const std::string& name,
                 const ShardHeader& header, const std::vector<Record>& records) {
  const std::string bytes = encode_shard(header, records);
  write_file_atomically(folder / name, bytes);
  return {name, hex(sha256(bytes)), records.size()};
}

/// Seven samples in shards of two, a failure beside the second shard.
void make_corpus(const std::filesystem::path& folder) {
  Manifest manifest;
  manifest.header.seed = 7;
  manifest.header.shard_size = 2;
  for (std::uint64_t first = 0; first < 7; first += 2) {
    std::vector<Record> records;
    for (std::uint64_t i = first; i < std::min<std::uint64_t>(first + 2, 7); ++i) {
      records.push_back(random_record(100 + i));
    }
    ManifestRow row;
    row.first = first;
    row.candidate_begin = 10 * first;
    row.candidate_end = 10 * (first + 2);
    const ShardHeader header{"samples", 7, first, row.candidate_begin, row.candidate_end};
    row.samples = store(folder, "samples-" + std::to_string(first) + ".h5", header, records);
    if (first == 2) {
      ShardHeader failed = header;
      failed.kind = "failures";
      row.failures = store(folder, "failures-2.h5", failed, {random_record(200)});
    }
    manifest.rows.push_back(row);
  }
  write_manifest(folder, manifest);
}

TEST(Corpus, FindsEverySampleByPositionAndById) {
  const TemporaryFolder folder;
  make_corpus(folder.path());
  Corpus corpus(folder.path());
  ASSERT_EQ(corpus.size(), 7U);
  for (std::uint64_t i : {6U, 0U, 3U, 5U, 1U, 2U, 4U}) {
    EXPECT_EQ(corpus.record(i).ptx, random_record(100 + i).ptx);
    EXPECT_EQ(corpus.find("family-" + std::to_string(100 + i)).ptx, random_record(100 + i).ptx);
    EXPECT_EQ(corpus.find(std::to_string(i)).id, "family-" + std::to_string(100 + i));
  }
  EXPECT_EQ(corpus.find("family-200").ptx, random_record(200).ptx);
  EXPECT_THAT([&] { corpus.find("family-1"); },
              ThrowsMessage<InputError>(HasSubstr("no sample 'family-1'")));
  EXPECT_THAT([&] { corpus.record(7); },
              ThrowsMessage<InputError>(HasSubstr("no sample 7; it holds 7")));
}

TEST(Corpus, VisitsSamplesAndFailuresInOrder) {
  const TemporaryFolder folder;
  make_corpus(folder.path());
  Corpus corpus(folder.path());
  std::string visited;
  corpus.for_each_sample([&](const Record& r) { visited += r.id.back(); });
  corpus.for_each_failure([&](const Record& r) { visited += " " + r.id; });
  EXPECT_EQ(visited, "0123456 family-200");
}

TEST(Corpus, NamesAShardThatIsGoneOrWasSwapped) {
  const TemporaryFolder folder;
  make_corpus(folder.path());
  std::filesystem::copy(folder.path() / "samples-0.h5", folder.path() / "samples-2.h5",
                        std::filesystem::copy_options::overwrite_existing);
  Corpus corpus(folder.path());
  EXPECT_THAT([&] { corpus.record(2); }, ThrowsMessage<InputError>(HasSubstr("samples-2.h5")));
  std::filesystem::remove(folder.path() / "samples-4.h5");
  EXPECT_THAT([&] { corpus.record(5); }, ThrowsMessage<InputError>(HasSubstr("samples-4.h5")));
  EXPECT_NO_THROW(corpus.record(0));
}

}  // namespace
}  // namespace femsynth::datasets
