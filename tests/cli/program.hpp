#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// Runs the real femsynth, without a shell.
namespace femsynth::cli {

/// What a run left behind.
struct Outcome {
  int status = -1;  ///< exit status; 1000 + signal if one ended it
  std::string output;
  std::string errors;

  /// Standard output as exactly one JSON document; a test failure (and null) if it is none.
  nlohmann::json json() const;
};

/// What standard output is.
enum class Output {
  captured,
  closed,       ///< the program starts without one
  broken_pipe,  ///< a pipe that nobody reads
  full,         ///< /dev/full: every write fails
  no_errors,    ///< captured, but the program starts without a standard error
};

/// Runs femsynth in a folder with these arguments and environment variables (besides those of
/// the test). `while_running` is called with its process id once it has been started.
Outcome run_femsynth(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment = {},
                     Output output = Output::captured,
                     const std::function<void(pid_t)>& while_running = {});

/// Why kernels cannot be compiled here; empty when they can.
std::string missing(const std::string& component);

/// A folder of its own, with form files, removed at the end of the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const;
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The text of a file.
std::string text_of(const std::string& path);

/// The start of a form file: imports, a scalar element `e` of that degree on `cell`, its space V,
/// and u, v, x, n.
std::string preamble(const std::string& cell, int degree);

}  // namespace femsynth::cli

/// Skips a test for which a component is not on this machine.
#define FEMSYNTH_REQUIRE(component)                                                  \
  if (const std::string reason = femsynth::cli::missing(component); !reason.empty()) \
  GTEST_SKIP() << reason
