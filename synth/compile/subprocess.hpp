#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace femsynth::synth {

/// Bounds on a child process.
struct ProcessLimits {
  std::chrono::milliseconds time{30'000};
  std::size_t output_bytes = std::size_t{256} << 20;
};

/// What a child process left behind.
struct ProcessResult {
  int exit_code = -1;      ///< its exit status, or -1 when a signal or a limit ended it
  bool timed_out = false;  ///< killed for running past the time limit
  bool truncated = false;  ///< killed for writing more than the limit
  std::string output;      ///< its standard output
  std::string errors;      ///< its standard error
};

/// Runs a program with the given arguments and waits for its end. No shell takes
/// part: each argument arrives as it is. Its standard input is empty. Throws
/// MissingComponent when the program cannot be started.
ProcessResult run_process(const std::filesystem::path& program,
                          const std::vector<std::string>& arguments,
                          const ProcessLimits& limits = {});

}  // namespace femsynth::synth
