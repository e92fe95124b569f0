#include "synth/compile/toolkit.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

namespace fs = std::filesystem;

/// The value of an environment variable, "" when it is not set.
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool system_is_hidden() {
  const std::string value = environment("FEMSYNTH_NO_SYSTEM_CUDA");
  return !value.empty() && value != "0";
}

/// Roots of toolkits (folders with lib, lib64, bin), in the order of the search.
std::vector<ToolkitFolder> toolkit_roots() {
  std::vector<ToolkitFolder> roots;
  if (const std::string given = environment("FEMSYNTH_CUDA_PATH"); !given.empty()) {
    roots.push_back({given, "FEMSYNTH_CUDA_PATH"});
  }
  roots.push_back({FEMSYNTH_CUDA_WHEELS, "the project's wheels"});
  std::error_code error;
  // build/<preset>/bin/femsynth stands three folders below the project's root.
  if (const fs::path program = fs::read_symlink("/proc/self/exe", error); !error) {
    const fs::path root = program.parent_path() / "../../..";
    roots.push_back({(root / ".deps/cuda").lexically_normal(), "wheels beside the program"});
  }
  if (!system_is_hidden()) {
    roots.push_back({"/usr/local/cuda", "system"});
    std::vector<fs::path> versioned;
    for (fs::directory_iterator it("/usr/local", error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().filename().string().starts_with("cuda-")) versioned.push_back(it->path());
    }
    std::sort(versioned.rbegin(), versioned.rend());
    for (const fs::path& path : versioned) roots.push_back({path, "system"});
  }
  return roots;
}

void push_unique(std::vector<ToolkitFolder>& folders, ToolkitFolder folder) {
  const auto same = [&](const ToolkitFolder& other) { return other.path == folder.path; };
  if (std::none_of(folders.begin(), folders.end(), same)) folders.push_back(std::move(folder));
}

/// The file a loaded library came from, by the loader's own word.
fs::path loaded_path(void* handle, const fs::path& fallback) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != nullptr && map->l_name[0] != '\0') {
    return map->l_name;
  }
  return fallback;
}

/// Loads the files of `folder` whose names begin with one of `prefixes`. What does
/// not load is left to the library that needs it to complain about.
void load_companions(const fs::path& folder, std::span<const char* const> prefixes) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const auto wanted = [&](const char* prefix) { return name.starts_with(prefix); };
    if (std::any_of(prefixes.begin(), prefixes.end(), wanted)) {
      dlopen(it->path().c_str(), RTLD_NOW | RTLD_LOCAL);
    }
  }
}

/// Loads `name` from `folder` (the loader's search when the path is empty).
/// nullptr when it is not there; a file that is there but fails adds to `reasons`.
void* open_in(const ToolkitFolder& folder, const char* name, const LibraryQuery& query,
              std::vector<std::string>& reasons) {
  if (folder.path.empty()) return dlopen(name, RTLD_NOW | RTLD_LOCAL);
  std::error_code error;
  const fs::path file = folder.path / name;
  if (!fs::exists(file, error)) return nullptr;
  load_companions(folder.path, query.companions);
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) reasons.emplace_back(dlerror());
  return handle;
}

}  // namespace

std::vector<ToolkitFolder> library_folders() {
  std::vector<ToolkitFolder> folders;
  for (const ToolkitFolder& root : toolkit_roots()) {
    // FEMSYNTH_CUDA_PATH may name the folder of libraries itself.
    if (root.origin == "FEMSYNTH_CUDA_PATH") push_unique(folders, root);
    for (const char* sub : {"lib64", "lib", "targets/x86_64-linux/lib"}) {
      push_unique(folders, {root.path / sub, root.origin});
    }
  }
  if (!system_is_hidden()) folders.push_back({"", "the loader's path"});
  return folders;
}

std::vector<ToolkitFolder> program_folders() {
  std::vector<ToolkitFolder> folders;
  for (const ToolkitFolder& root : toolkit_roots()) {
    push_unique(folders, {root.path / "bin", root.origin});
  }
  folders.push_back({"", "PATH"});
  return folders;
}

bool SharedLibrary::has(const char* name) const { return dlsym(handle_, name) != nullptr; }

void* SharedLibrary::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr) {
    throw MissingComponent(fmt::format("{} has no function {}: it is older than what is needed",
                                       path_.string(), name));
  }
  return found;
}

SharedLibrary open_toolkit_library(const LibraryQuery& query) {
  std::vector<std::string> reasons;
  std::vector<std::string> places;
  for (const ToolkitFolder& folder : library_folders()) {
    for (const char* name : query.names) {
      if (void* handle = open_in(folder, name, query, reasons)) {
        return {handle, loaded_path(handle, folder.path / name)};
      }
    }
    places.push_back(folder.path.empty()
                         ? folder.origin
                         : fmt::format("{} ({})", folder.path.string(), folder.origin));
  }
  std::string message = fmt::format(
      "{} is needed for {} and was not found\n  looked for: {}\n  in: {}", query.component,
      query.purpose, fmt::join(query.names, ", "), fmt::join(places, "\n      "));
  for (const std::string& reason : reasons) message += "\n  does not load: " + reason;
  message +=
      "\n  to get it: run scripts/setup, or point FEMSYNTH_CUDA_PATH at a CUDA toolkit 12 or newer";
  throw MissingComponent(message);
}

std::filesystem::path find_toolkit_program(const std::string& name) {
  const auto runnable = [](const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  for (const ToolkitFolder& folder : program_folders()) {
    if (!folder.path.empty()) {
      if (runnable(folder.path / name)) return folder.path / name;
      continue;
    }
    const std::string path = environment("PATH");
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find(':', begin), path.size());
      fs::path candidate = fs::path(path.substr(begin, end - begin)) / name;
      if (candidate.is_absolute() && runnable(candidate)) return candidate;
      begin = end + 1;
    }
  }
  return {};
}

}  // namespace femsynth::synth
