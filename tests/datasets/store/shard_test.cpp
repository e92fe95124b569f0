#include "datasets/store/shard.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "datasets/store/columns.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"
#include "tests/datasets/sample_records.hpp"

/// HDF5 1.10.8 itself loses some memory when it refuses a damaged file.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace femsynth::datasets {
namespace {

using ::testing::HasSubstr;
using testing::random_record;
using testing::random_records;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

const ShardHeader header{"samples", 18446744073709551615U, 128, 190, 260};

/// Every column of two records agrees: columns() covers all that a Record holds.
void expect_equal(const Record& a, const Record& b) {
  for (const Column& column : columns()) {
    if (column.type == ColumnType::number) {
      EXPECT_EQ(number_value(column, a), number_value(column, b)) << column.name;
    } else {
      EXPECT_EQ(text_value(column, a), text_value(column, b)) << column.name;
    }
  }
}

TEST(Shard, GivesBackEveryMemberOfEveryRecord) {
  const TemporaryFolder folder;
  const auto records = random_records(20);
  write_file_atomically(folder.path() / "s.h5", encode_shard(header, records));
  const Shard shard(folder.path() / "s.h5");
  EXPECT_EQ(shard.header(), header);
  ASSERT_EQ(shard.size(), records.size());
  for (std::size_t i : {7U, 0U, 19U, 3U}) {
    const Record read = shard.record(i);
    expect_equal(read, records[i]);
    EXPECT_EQ(read.checks, records[i].checks);
    EXPECT_EQ(read.launches, records[i].launches);
    EXPECT_EQ(read.failure, records[i].failure);
    EXPECT_EQ(read.cubin, records[i].cubin);
    EXPECT_EQ(read.counts[0].counts.instructions, records[i].counts[0].counts.instructions);
  }
  EXPECT_EQ(shard.texts("id")[4], records[4].id);
  EXPECT_EQ(shard.numbers("index")[5], records[5].index);
}

TEST(Shard, EncodesReadRecordsToTheSameBytes) {
  const TemporaryFolder folder;
  const std::string bytes = encode_shard(header, random_records(9));
  write_file_atomically(folder.path() / "s.h5", bytes);
  const Shard shard(folder.path() / "s.h5");
  std::vector<Record> again;
  for (std::size_t i = 0; i < shard.size(); ++i) again.push_back(shard.record(i));
  EXPECT_TRUE(encode_shard(header, again) == bytes);
}

TEST(Shard, IsTheSameBytesInAnotherSecondAndAnotherProcess) {
  const auto records = random_records(5);
  const std::string bytes = encode_shard(header, records);
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5's timestamps are seconds
    std::vector<char> disturbed(12345, 'x');
    write_file_atomically(folder.path() / "s.h5", encode_shard(header, records));
    ::_exit(disturbed[0] == 'x' ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(read_file(folder.path() / "s.h5") == bytes);
}

TEST(Shard, HoldsNoRecordAndARecordOfEmptyTexts) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "none.h5", encode_shard(header, {}));
  EXPECT_EQ(Shard(folder.path() / "none.h5").size(), 0U);
  const std::vector<Record> empty(2);
  write_file_atomically(folder.path() / "empty.h5", encode_shard(header, empty));
  expect_equal(Shard(folder.path() / "empty.h5").record(1), Record{});
}

TEST(Shard, CompressesText) {
  Record record = random_record(1);
  record.ptx.clear();
  for (int i = 0; i < 4000; ++i) record.ptx += "fma.rn.f64 %fd1, %fd2, %fd3, %fd4;\n";
  EXPECT_LT(encode_shard(header, std::vector<Record>{record}).size(), record.ptx.size() / 2);
}

TEST(Shard, NamesItselfWhenAnyByteIsFlipped) {
  const TemporaryFolder folder;
  const std::string bytes = encode_shard(header, random_records(3));
  const std::string digest = hex(sha256(bytes));
  std::mt19937_64 random(5);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    const std::size_t position = i < 100 ? static_cast<std::size_t>(i) : random() % bytes.size();
    damaged[position] = static_cast<char>(damaged[position] ^ (1 << random() % 8));
    write_file_atomically(folder.path() / "s.h5", damaged);
    EXPECT_THAT([&] { Shard(folder.path() / "s.h5", digest); },
                ThrowsMessage<InputError>(HasSubstr("s.h5: its ")));
  }
}

/// Without the manifest HDF5's own checksums stand guard: a flipped byte is an error, or lies
/// where nothing is stored, and is never another value.
TEST(Shard, WithoutManifestAFlippedByteIsNeverAnotherValue) {
  const TemporaryFolder folder;
  const auto records = random_records(3);
  const std::string bytes = encode_shard(header, records);
  std::mt19937_64 random(6);
  int errors = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = bytes;
    damaged[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    write_file_atomically(folder.path() / "s.h5", damaged);
    try {
      const Shard shard(folder.path() / "s.h5");
      for (std::size_t row = 0; row < shard.size(); ++row) {
        expect_equal(shard.record(row), records[row]);
      }
    } catch (const InputError& error) {
      ++errors;
      EXPECT_THAT(error.what(), HasSubstr("s.h5"));
    }
  }
  EXPECT_GT(errors, 200);
}

TEST(Shard, NamesItselfWhenTruncatedOrMissingOrNoHdf5) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "s.h5";
  const std::string bytes = encode_shard(header, random_records(2));
  EXPECT_THAT([&] { Shard{path}; }, ThrowsMessage<InputError>(HasSubstr("No such file")));
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    write_file_atomically(path, bytes.substr(0, size));
    EXPECT_THAT([&] { Shard{path}; }, ThrowsMessage<InputError>(HasSubstr("s.h5"))) << size;
  }
  write_file_atomically(path, std::string(5000, 'x'));
  EXPECT_THAT([&] { Shard{path}; },
              ThrowsMessage<InputError>(HasSubstr("not a readable HDF5 file (HDF5: ")));
}

TEST(Shard, RefusesAColumnThatDoesNotExist) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "s.h5", encode_shard(header, random_records(2)));
  const Shard shard(folder.path() / "s.h5");
  EXPECT_THAT([&] { shard.texts("sass"); },
              ThrowsMessage<InputError>(HasSubstr("no level 'sass'; there are: id, key")));
  EXPECT_THROW(shard.record(2), InputError);
}

TEST(Columns, HaveNamesAndDescriptionsOfTheirOwn) {
  std::vector<std::string> names;
  for (const Column& column : columns()) {
    names.emplace_back(column.name);
    EXPECT_GT(std::string(column.description).size(), 9U) << column.name;
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(Columns, RefuseJsonThatIsNotTheirs) {
  Record record;
  for (const char* text : {"", "{", "[{}]", "[1]", "{\"a\": 1}", "[{\"form\": 3}]"}) {
    EXPECT_THROW(set_text(column("checks"), record, text), InputError) << text;
  }
}

}  // namespace
}  // namespace femsynth::datasets
