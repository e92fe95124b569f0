#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Finds NVIDIA's libraries at run time, by dlopen alone: nothing of CUDA is
/// needed to build, and a machine without it runs all that does not need it.
///
/// Environment:
///   FEMSYNTH_CUDA_PATH        a toolkit to take first (its root, or the folder of its libraries)
///   FEMSYNTH_NO_SYSTEM_CUDA=1 look neither in /usr/local nor on the loader's path (for tests)
namespace femsynth::synth {

/// A folder that may hold a toolkit's libraries or programs, and why it is looked at.
struct ToolkitFolder {
  std::filesystem::path path;  ///< empty: the loader's own search
  std::string origin;          ///< "FEMSYNTH_CUDA_PATH", "the project's wheels", "system", …
};

/// Folders of libraries in the order in which they are searched: FEMSYNTH_CUDA_PATH,
/// the project's wheels (.deps/cuda, where scripts/setup puts them; both at the
/// place of the build and relative to the running program), /usr/local/cuda,
/// /usr/local/cuda-* (newest first), the loader's default path.
std::vector<ToolkitFolder> library_folders();

/// Folders of programs (nvdisasm, cuobjdump), in the same order; the last is empty
/// and stands for PATH.
std::vector<ToolkitFolder> program_folders();

/// A shared library that stays loaded for the life of the process (NVIDIA's
/// libraries keep threads and exit handlers, so unloading them is not safe).
class SharedLibrary {
 public:
  SharedLibrary(void* handle, std::filesystem::path path)
      : handle_(handle), path_(std::move(path)) {}

  /// Where it was loaded from.
  const std::filesystem::path& path() const { return path_; }

  /// The function `name` as a pointer of type F. Throws MissingComponent when the
  /// library has no such symbol (it is older than what is needed here).
  template <class F>
  F function(const char* name) const {
    return reinterpret_cast<F>(symbol(name));
  }
  /// Whether the library has the symbol.
  bool has(const char* name) const;

 private:
  void* symbol(const char* name) const;
  void* handle_;
  std::filesystem::path path_;
};

/// What to look for: the file names of one library, best first, and what needs it.
struct LibraryQuery {
  std::string_view component;          ///< for messages: "NVRTC"
  std::string_view purpose;            ///< for messages: "compiling CUDA C++"
  std::span<const char* const> names;  ///< {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"}
  /// How the names of files begin that are loaded first from the same folder.
  std::span<const char* const> companions;
};

/// Opens the first library found. Throws MissingComponent with every place looked
/// at, the loader's reason where a file is there but does not load, and the way to
/// get it.
SharedLibrary open_toolkit_library(const LibraryQuery& query);

/// The path of a toolkit's program ("nvdisasm"), or an empty path.
std::filesystem::path find_toolkit_program(const std::string& name);

}  // namespace femsynth::synth
