#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "meshes/support/error.hpp"
#include "solvers/reference/reference.hpp"
#include "solvers/reference/solve.hpp"

namespace femsynth::solvers {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "femsynth_dealii.so";

std::vector<fs::path> candidates() {
  std::vector<fs::path> paths;
  if (const char* folder = std::getenv("FEMSYNTH_MODULE_PATH"); folder != nullptr && *folder) {
    return {fs::path(folder) / kModule};
  }
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) {
    paths.push_back(program.parent_path().parent_path() / "lib" / kModule);
  }
  paths.push_back(fs::path(FEMSYNTH_MODULE_DIR) / kModule);
  return paths;
}

/// Loads the module once a process; it stays loaded.
MakeBackend load_entry() {
  std::string tried;
  for (const fs::path& path : candidates()) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      tried += fmt::format("\n  {}: not there", path.string());
      continue;
    }
    void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* entry = module == nullptr ? nullptr : dlsym(module, kBackendEntry);
    if (entry != nullptr) return reinterpret_cast<MakeBackend>(entry);
    tried += fmt::format("\n  {}: {}", path.string(), dlerror());
  }
  throw MissingComponent("deal.II, which judges kernels, cannot be loaded; tried" + tried);
}

}  // namespace

std::shared_ptr<Backend> load_backend() {
  static const MakeBackend entry = load_entry();
  return std::shared_ptr<Backend>(entry());
}

std::unique_ptr<Reference> load_reference() { return make_reference(load_backend()); }

}  // namespace femsynth::solvers
