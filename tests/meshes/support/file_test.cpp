#include "meshes/support/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "meshes/support/error.hpp"

namespace femsynth {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  File() {
    std::string name = (fs::temp_directory_path() / "femsynth-file-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~File() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(File, WhatIsWrittenIsReadBack) {
  const std::string bytes("a\0b\nc", 5);
  write_file_atomically(folder_ / "x", bytes);
  EXPECT_EQ(read_file(folder_ / "x"), bytes);
  write_file_atomically(folder_ / "x", "");
  EXPECT_EQ(read_file(folder_ / "x"), "");
}

TEST_F(File, NoTemporaryFileIsLeft) {
  write_file_atomically(folder_ / "x", "one");
  write_file_atomically(folder_ / "x", "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(File, AFailedWriteLeavesTheOldFileAndNoTemporaryOne) {
  fs::create_directory(folder_ / "taken");
  std::ofstream(folder_ / "taken" / "inside") << "kept";
  EXPECT_THROW(write_file_atomically(folder_ / "taken", "x"), InputError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
  EXPECT_EQ(read_file(folder_ / "taken" / "inside"), "kept");
}

TEST_F(File, ASymbolicLinkStaysAndTheFileBehindItIsReplaced) {
  fs::create_directory(folder_ / "elsewhere");
  write_file_atomically(folder_ / "elsewhere" / "x", "old");
  fs::create_symlink("elsewhere/x", folder_ / "link");
  write_file_atomically(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "elsewhere" / "x"), "new");
}

TEST_F(File, APipeIsWrittenToAndNeverReplaced) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file_atomically(pipe, "abc");
  EXPECT_TRUE(fs::is_fifo(pipe));
  char read[4] = {};
  EXPECT_EQ(::read(reader, read, 3), 3);
  EXPECT_STREQ(read, "abc");
  ::close(reader);
  write_file_atomically(folder_ / "x", "kept");
  EXPECT_THROW(publish_file(folder_ / "x", pipe), InputError);
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(File, MissingAndOversizedFilesAndFoldersAreRefusedByName) {
  const auto message = [](const fs::path& path, std::size_t limit) -> std::string {
    try {
      read_file(path, limit);
    } catch (const InputError& error) {
      return error.what();
    }
    return "read";
  };
  EXPECT_THAT(message(folder_ / "none", 10), testing::HasSubstr("none: No such file"));
  EXPECT_THAT(message(folder_, 10), testing::HasSubstr("not a regular file"));
  write_file_atomically(folder_ / "x", "0123456789");
  EXPECT_EQ(message(folder_ / "x", 10), "read");
  EXPECT_THAT(message(folder_ / "x", 9), testing::HasSubstr("10 bytes, at most 9"));
}

}  // namespace
}  // namespace femsynth
