#include "datasets/store/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "meshes/support/error.hpp"

namespace femsynth::datasets {

const char* const lock_name = ".lock";

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / lock_name;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) {
    throw InputError(
        fmt::format("cannot write into {}: {}", folder.string(), std::strerror(errno)));
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(file_);
  if (reason == EWOULDBLOCK) {
    throw InputError(fmt::format(
        "another femsynth writes into {} now; wait until it is done, or choose another folder",
        folder.string()));
  }
  throw InputError(fmt::format("cannot lock {}: {}", path.string(), std::strerror(reason)));
}

FolderLock::~FolderLock() { ::close(file_); }

}  // namespace femsynth::datasets
