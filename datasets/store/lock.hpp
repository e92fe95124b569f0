#pragma once

#include <filesystem>

namespace femsynth::datasets {

/// The right to write into a corpus's folder: held by one process at a time, given up when the
/// object or the process ends, however it ends. Readers need none.
class FolderLock {
 public:
  /// Throws InputError when another process holds it, or the folder cannot be written.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

/// ".lock": empty, stays in the folder.
extern const char* const lock_name;

}  // namespace femsynth::datasets
