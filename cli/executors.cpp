#include "cli/executors.hpp"

#include <CLI/CLI.hpp>

#include "meshes/support/error.hpp"
#include "synth/run/cuda_executor.hpp"
#include "synth/run/ptx_executor.hpp"

namespace femsynth::cli {

void add_executor_option(CLI::App& verb, std::string& executor) {
  verb.add_option("--executor", executor,
                  "ptx (the emulator), cuda (a GPU), or auto: cuda if a device is there, else ptx")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "ptx", "cuda"}));
}

std::unique_ptr<synth::Executor> make_executor(const std::string& name) {
  if (name == "ptx") return synth::make_ptx_executor();
  if (name == "cuda") return synth::make_cuda_executor();
  try {
    return synth::make_cuda_executor();
  } catch (const MissingComponent&) {
    return synth::make_ptx_executor();
  }
}

}  // namespace femsynth::cli
