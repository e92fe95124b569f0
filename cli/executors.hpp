#pragma once

#include <memory>
#include <string>

#include "cli/console.hpp"
#include "synth/run/executor.hpp"

namespace CLI {
class App;
}

namespace femsynth::cli {

/// --executor auto|ptx|cuda
void add_executor_option(CLI::App& verb, std::string& executor);

/// The executor of that name; "auto": the GPU if there is one, else the emulator. Throws
/// MissingComponent for "cuda" where there is no device.
std::unique_ptr<synth::Executor> make_executor(const std::string& name);

}  // namespace femsynth::cli
