#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/json_output.hpp"
#include "cli/verbs.hpp"
#include "datasets/family.hpp"
#include "meshes/read.hpp"
#include "solvers/reference/reference.hpp"
#include "synth/compile/cache.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/compile/toolkit.hpp"
#include "synth/run/cuda_runtime.hpp"

namespace femsynth::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  std::vector<std::string> required;
};

/// Something that femsynth uses if it is there.
struct Component {
  const char* name;
  const char* title;
  const char* cost;                    ///< what does not work without it
  std::function<std::string()> probe;  ///< what is there; throws Error if nothing is
};

std::string probe_nvrtc() {
  const synth::NvrtcInfo& info = synth::nvrtc_info();
  return fmt::format("version {}, {}", info.version, info.path);
}

std::string probe_cudart() { return synth::CudaRuntime().path().string(); }

std::string probe_device() {
  const synth::DeviceInfo device = synth::describe_device();
  return fmt::format(
      "{}, compute capability {}, {:.1f} GiB, {} multiprocessors, driver for CUDA {}", device.name,
      device.compute_capability, static_cast<double>(device.memory_bytes) / (1U << 30),
      device.multiprocessors, device.driver_version);
}

std::string probe_disassembler() {
  for (const char* name : {"nvdisasm", "cuobjdump"}) {
    const fs::path path = synth::find_toolkit_program(name);
    if (!path.empty()) return path.string();
  }
  throw MissingComponent("neither nvdisasm nor cuobjdump is in the toolkit or on PATH");
}

std::string probe_dealii() { return "version " + solvers::load_reference()->version(); }

/// A file that is removed when it goes out of scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = (fs::temp_directory_path() / "femsynth-XXXXXX.msh").string();
    const int file = ::mkstemps(name.data(), 4);
    if (file < 0) throw MissingComponent("no temporary file can be made to try it with");
    ::close(file);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string probe_gmsh() {
  const TemporaryFile triangle(
      "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 1 0\n$EndNodes\n"
      "$Elements\n1\n1 2 2 1 1 1 2 3\n$EndElements\n");
  meshes::read_mesh(triangle.path());
  return "reads .msh files";
}

std::string probe_compiler() {
  const char* const path = std::getenv("PATH");
  for (const char* name : {"c++", "g++", "clang++"}) {
    std::stringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
      const fs::path program = fs::path(folder) / name;
      if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) return program.string();
    }
  }
  throw MissingComponent("no c++, g++ or clang++ on PATH");
}

std::string probe_cache() {
  const synth::CacheSettings settings = synth::CacheSettings::from_environment();
  if (settings.folder.empty()) throw MissingComponent("switched off by FEMSYNTH_CACHE");
  std::uintmax_t bytes = 0;
  std::size_t files = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(settings.folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;  // another process may evict it now
    const std::uintmax_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (gone || size == 0) continue;
    bytes += size;
    ++files;
  }
  return fmt::format("{}, {} files, {:.1f} of at most {:.0f} MiB", settings.folder.string(), files,
                     static_cast<double>(bytes) / (1U << 20),
                     static_cast<double>(settings.max_bytes) / (1U << 20));
}

std::string probe_families() {
  const fs::path folder = datasets::families_folder();
  return fmt::format("{} in {}", datasets::load_families(folder).size(), folder.string());
}

const std::vector<Component>& components() {
  static const std::vector<Component> all{
      {"nvrtc", "NVRTC",
       "no PTX, no cubin: compile stops at CUDA C++; no assemble, verify, generate", probe_nvrtc},
      {"dealii", "deal.II", "no oracle: no verify, generate, validate", probe_dealii},
      {"gmsh", "Gmsh", "no .msh files: generated meshes only", probe_gmsh},
      {"cudart", "CUDA runtime", "no GPU: kernels run in the PTX emulator", probe_cudart},
      {"device", "GPU", "kernels run in the PTX emulator", probe_device},
      {"disassembler", "Disassembler", "no compile --level sass", probe_disassembler},
      {"compiler", "C++ compiler", "femsynth cannot be built anew", probe_compiler},
      {"cache", "Cubin cache", "each kernel is compiled anew", probe_cache},
      {"families", "Families", "no generate", probe_families},
  };
  return all;
}

struct Finding {
  const Component* component;
  bool found = false;
  std::string detail;
};

Finding examine(const Component& component) {
  try {
    return {&component, true, component.probe()};
  } catch (const std::exception& error) {
    return {&component, false, error.what()};
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void print_findings(const std::vector<Finding>& findings, Console& console) {
  if (console.json) {
    Json document;
    document["version"] = FEMSYNTH_VERSION;
    document["components"] = Json::array();
    for (const Finding& f : findings) {
      Json entry{{"name", f.component->name}, {"title", f.component->title}, {"found", f.found}};
      entry[f.found ? "detail" : "reason"] = f.detail;
      if (!f.found) entry["cost"] = f.component->cost;
      document["components"].push_back(std::move(entry));
    }
    return print_json(console, document);
  }
  console.print("femsynth " FEMSYNTH_VERSION "\n");
  for (const Finding& f : findings) {
    console.print(fmt::format("  {:<3} {:<13} {}\n", f.found ? "yes" : "no", f.component->title,
                              first_line(f.detail)));
    if (!f.found)
      console.print(fmt::format("      {:<13} without it: {}\n", "", f.component->cost));
  }
}

ExitStatus run_doctor(const Options& options, Console& console) {
  std::vector<Finding> findings;
  for (const Component& component : components()) findings.push_back(examine(component));
  print_findings(findings, console);
  for (const Finding& f : findings) {
    const auto& names = options.required;
    if (f.found || std::find(names.begin(), names.end(), f.component->name) == names.end())
      continue;
    throw MissingComponent(fmt::format("{}: {}", f.component->title, f.detail));
  }
  return ExitStatus::done;
}

}  // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
  CLI::App* verb = app.add_subcommand(
      "doctor", "Says what is on this machine, and what each missing component costs");
  auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  for (const Component& component : components()) names.emplace_back(component.name);
  verb->add_option("--require", options->required,
                   "Exit with 3 unless this component is there; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(names));
  add_output_options(*verb, invocation.console);
  verb->footer("Example:\n  femsynth doctor --require nvrtc --require dealii");
  verb->callback([options, &invocation] {
    invocation.action = [options](Console& console) { return run_doctor(*options, console); };
  });
}

}  // namespace femsynth::cli
