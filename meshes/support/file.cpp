#include "meshes/support/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "meshes/support/error.hpp"

namespace femsynth {
namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path) {
  throw InputError(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno)));
}

/// A file descriptor that is closed on every way out.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, const char* what)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail(what, path);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void sync(const std::filesystem::path& path, int flags) {
  const Descriptor file(path, flags, "open");
  if (::fsync(file.get()) != 0) fail("flush", path);
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor file(path, O_RDONLY, "read");
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail("read", path);
  if (!S_ISREG(info.st_mode)) {
    throw InputError(fmt::format("cannot read {}: not a regular file", path.string()));
  }
  if (static_cast<std::size_t>(info.st_size) > max_bytes) {
    throw InputError(fmt::format("cannot read {}: {} bytes, at most {} are taken", path.string(),
                                 info.st_size, max_bytes));
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::read(file.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  static std::atomic<unsigned> serial{0};
  const std::filesystem::path temporary =
      fmt::format("{}.{}.{}.tmp", path.string(), ::getpid(), serial++);
  try {
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC, "write");
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("write", path);
      done += static_cast<std::size_t>(n);
    }
    publish_file(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void publish_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  sync(from, O_RDONLY);
  if (::rename(from.c_str(), to.c_str()) != 0) fail("write", to);
  const std::filesystem::path folder = to.has_parent_path() ? to.parent_path() : ".";
  sync(folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace femsynth
