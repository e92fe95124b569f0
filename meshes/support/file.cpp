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

void write_all(const Descriptor& file, std::string_view bytes, const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path);
    done += static_cast<std::size_t>(n);
  }
}

/// A device, pipe or socket: renaming a file over it would take it away from everybody.
bool is_special(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

/// Where a chain of symbolic links leads, so that the file is replaced and not the link.
std::filesystem::path followed(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_symlink(path, none)) return path;
  const std::filesystem::path target = std::filesystem::weakly_canonical(path, none);
  return none ? path : target;
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
  if (is_special(path)) {
    write_all(Descriptor(path, O_WRONLY, "write"), bytes, path);
    return;
  }
  static std::atomic<unsigned> serial{0};
  const std::filesystem::path target = followed(path);
  const std::filesystem::path temporary =
      fmt::format("{}.{}.{}.tmp", target.string(), ::getpid(), serial++);
  try {
    write_all(Descriptor(temporary, O_WRONLY | O_CREAT | O_TRUNC, "write"), bytes, path);
    publish_file(temporary, target);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void publish_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (is_special(to)) {
    throw InputError(fmt::format("cannot write {}: not a regular file", to.string()));
  }
  sync(from, O_RDONLY);
  if (::rename(from.c_str(), to.c_str()) != 0) fail("write", to);
  const std::filesystem::path folder = to.has_parent_path() ? to.parent_path() : ".";
  sync(folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace femsynth
