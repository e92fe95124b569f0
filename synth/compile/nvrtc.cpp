#include "synth/compile/nvrtc.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "synth/compile/resource_usage.hpp"
#include "synth/compile/toolkit.hpp"

namespace femsynth::synth {
namespace {

// The part of NVRTC's C interface that is used here, as nvrtc.h declares it
// (unchanged from 12.0 to 13.0).
using nvrtcResult = int;
using nvrtcProgram = struct NvrtcProgram*;
constexpr nvrtcResult kSuccess = 0;
constexpr nvrtcResult kCompilationError = 6;

/// NVRTC's functions, loaded once.
struct Nvrtc {
  explicit Nvrtc(const SharedLibrary& library);

  const char* (*error_string)(nvrtcResult);
  nvrtcResult (*version)(int* major, int* minor);
  nvrtcResult (*number_of_archs)(int* count);
  nvrtcResult (*archs)(int* archs);
  nvrtcResult (*create)(nvrtcProgram*, const char* source, const char* name, int headers,
                        const char* const* header_texts, const char* const* header_names);
  nvrtcResult (*destroy)(nvrtcProgram*);
  nvrtcResult (*compile)(nvrtcProgram, int count, const char* const* options);
  nvrtcResult (*ptx_size)(nvrtcProgram, std::size_t*);
  nvrtcResult (*ptx)(nvrtcProgram, char*);
  nvrtcResult (*cubin_size)(nvrtcProgram, std::size_t*);
  nvrtcResult (*cubin)(nvrtcProgram, char*);
  nvrtcResult (*log_size)(nvrtcProgram, std::size_t*);
  nvrtcResult (*log)(nvrtcProgram, char*);
  NvrtcInfo info;

  void check(nvrtcResult result, const char* call) const {
    if (result != kSuccess) {
      throw InternalError(fmt::format("{} failed: {}", call, error_string(result)));
    }
  }
};

template <class F>
void bind(F& function, const SharedLibrary& library, const char* name) {
  function = library.function<F>(name);
}

Nvrtc::Nvrtc(const SharedLibrary& library) {
  bind(error_string, library, "nvrtcGetErrorString");
  bind(version, library, "nvrtcVersion");
  bind(number_of_archs, library, "nvrtcGetNumSupportedArchs");
  bind(archs, library, "nvrtcGetSupportedArchs");
  bind(create, library, "nvrtcCreateProgram");
  bind(destroy, library, "nvrtcDestroyProgram");
  bind(compile, library, "nvrtcCompileProgram");
  bind(ptx_size, library, "nvrtcGetPTXSize");
  bind(ptx, library, "nvrtcGetPTX");
  bind(cubin_size, library, "nvrtcGetCUBINSize");
  bind(cubin, library, "nvrtcGetCUBIN");
  bind(log_size, library, "nvrtcGetProgramLogSize");
  bind(log, library, "nvrtcGetProgramLog");

  int major = 0;
  int minor = 0;
  check(version(&major, &minor), "nvrtcVersion");
  if (major < 12) {
    throw MissingComponent(
        fmt::format("{} is NVRTC {}.{}; 12.0 or newer is needed: run scripts/setup, or point "
                    "FEMSYNTH_CUDA_PATH at a newer toolkit",
                    library.path().string(), major, minor));
  }
  int count = 0;
  check(number_of_archs(&count), "nvrtcGetNumSupportedArchs");
  std::vector<int> numbers(static_cast<std::size_t>(std::max(count, 0)));
  check(archs(numbers.data()), "nvrtcGetSupportedArchs");

  info.path = library.path().string();
  info.version = fmt::format("{}.{}", major, minor);
  std::error_code error;
  const auto bytes = std::filesystem::file_size(library.path(), error);
  info.identity = fmt::format("{} ({} bytes)", info.version, error ? 0 : bytes);
  for (const int number : numbers) info.supported.push_back(fmt::format("sm_{}", number));
}

const Nvrtc& nvrtc() {
  static std::mutex mutex;
  static std::unique_ptr<const Nvrtc> loaded;  // kept for the life of the process
  const std::lock_guard lock(mutex);
  if (!loaded) {
    static constexpr std::array names{"libnvrtc.so.14", "libnvrtc.so.13", "libnvrtc.so.12",
                                      "libnvrtc.so"};
    // NVRTC opens its built-in headers by name alone; loaded beforehand, they are
    // found in folders that the loader does not know.
    static constexpr std::array companions{"libnvrtc-builtins.so."};
    loaded = std::make_unique<const Nvrtc>(
        open_toolkit_library({"NVRTC", "compiling CUDA C++", names, companions}));
  }
  return *loaded;
}

/// An nvrtcProgram that is destroyed on every way out.
class Program {
 public:
  Program(const Nvrtc& api, const std::string& source, const std::string& name) : api_(api) {
    api_.check(api_.create(&program_, source.c_str(), name.c_str(), 0, nullptr, nullptr),
               "nvrtcCreateProgram");
  }
  ~Program() { api_.destroy(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  nvrtcResult compile(const std::vector<std::string>& arguments) {
    std::vector<const char*> raw;
    raw.reserve(arguments.size());
    for (const std::string& argument : arguments) raw.push_back(argument.c_str());
    return api_.compile(program_, static_cast<int>(raw.size()), raw.data());
  }
  std::string log() const { return text(api_.log_size, api_.log, "nvrtcGetProgramLog"); }
  std::string ptx() const { return text(api_.ptx_size, api_.ptx, "nvrtcGetPTX"); }
  std::string cubin() const { return fetch(api_.cubin_size, api_.cubin, "nvrtcGetCUBIN"); }

 private:
  std::string fetch(nvrtcResult (*size)(nvrtcProgram, std::size_t*),
                    nvrtcResult (*get)(nvrtcProgram, char*), const char* call) const {
    std::size_t bytes = 0;
    api_.check(size(program_, &bytes), call);
    std::string content(bytes, '\0');
    if (bytes > 0) api_.check(get(program_, content.data()), call);
    return content;
  }
  /// As fetch, without the terminating zero that NVRTC counts in.
  std::string text(nvrtcResult (*size)(nvrtcProgram, std::size_t*),
                   nvrtcResult (*get)(nvrtcProgram, char*), const char* call) const {
    std::string content = fetch(size, get, call);
    while (!content.empty() && content.back() == '\0') content.pop_back();
    return content;
  }

  const Nvrtc& api_;
  nvrtcProgram program_ = nullptr;
};

void check_arch(const NvrtcInfo& info, const std::string& arch) {
  // Variants with a letter ("sm_90a") follow the number they stand for.
  std::string number = arch;
  if (number.ends_with('a') || number.ends_with('f')) number.pop_back();
  if (std::find(info.supported.begin(), info.supported.end(), number) == info.supported.end()) {
    throw InputError(fmt::format("unknown architecture '{}': NVRTC {} takes {}", arch, info.version,
                                 fmt::join(info.supported, ", ")));
  }
}

[[noreturn]] void throw_compile_error(const Nvrtc& api, nvrtcResult result, const std::string& name,
                                      const std::string& arch, std::string log) {
  constexpr std::size_t shown = 4000;
  std::string excerpt = log.substr(0, shown);
  if (log.size() > shown) excerpt += "\n[…]";
  throw CompileError(fmt::format("NVRTC refused the generated source {} for {} ({}):\n{}", name,
                                 arch, api.error_string(result), excerpt),
                     std::move(log));
}

}  // namespace

std::vector<std::string> nvrtc_arguments(const CompileOptions& options) {
  std::vector<std::string> arguments{"-arch=" + options.arch, "--std=c++17",
                                     fmt::format("--fmad={}", options.fmad), "--ptxas-options=-v"};
  if (options.max_registers > 0) {
    arguments.push_back(fmt::format("--maxrregcount={}", options.max_registers));
  }
  if (options.line_info) arguments.emplace_back("--generate-line-info");
  return arguments;
}

const NvrtcInfo& nvrtc_info() { return nvrtc().info; }

CompiledModule compile_cuda(const std::string& source, const std::string& name,
                            const CompileOptions& options) {
  const Nvrtc& api = nvrtc();
  check_arch(api.info, options.arch);
  // A zero byte would end the text early and compile something else.
  if (source.find('\0') != std::string::npos || name.find('\0') != std::string::npos) {
    throw InternalError(fmt::format("the generated source {} contains a zero byte", name));
  }
  CompiledModule module;
  module.arch = options.arch;
  module.nvrtc_version = api.info.version;
  module.options = nvrtc_arguments(options);
  Program program(api, source, name);
  const nvrtcResult result = program.compile(module.options);
  module.log = without_timings(program.log());
  if (result == kCompilationError) {
    throw_compile_error(api, result, name, options.arch, std::move(module.log));
  }
  if (result != kSuccess) {
    throw InternalError(fmt::format("nvrtcCompileProgram of {} failed: {}\n{}", name,
                                    api.error_string(result), module.log));
  }
  module.ptx = program.ptx();
  module.cubin = program.cubin();
  module.resources = parse_resource_usage(module.log);
  return module;
}

}  // namespace femsynth::synth
