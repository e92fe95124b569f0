#include "cli/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/console.hpp"
#include "cli/json_output.hpp"
#include "cli/verbs.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::cli {
namespace {

/// In the order of `femsynth --help`.
constexpr AddVerb verbs[] = {add_compile,  add_assemble, add_verify, add_solve,  add_generate,
                             add_validate, add_stats,    add_show,   add_export, add_doctor};

/// A program that was started with a closed standard stream would get its number for the next
/// file that it opens, and write its messages there. Reserve the numbers; writing fails then.
void reserve_standard_streams() {
  for (int file = 0; file <= 2; ++file) {
    if (::fcntl(file, F_GETFD) != -1 || errno != EBADF) continue;
    if (::open("/dev/null", file == 0 ? O_WRONLY : O_RDONLY) < 0) std::abort();
  }
}

std::string command_line(int argc, const char* const* argv) {
  std::string line;
  for (int k = 0; k < argc; ++k) line += fmt::format("{}{}", k == 0 ? "" : " ", argv[k]);
  return line;
}

/// What stands in place of a verb's document.
void print_failure(Console& console, ExitStatus status, const std::string& reason) {
  if (!console.json) return;
  try {
    print_json(console, {{"status", static_cast<int>(status)}, {"reason", reason}});
  } catch (const Error& error) {  // standard output fails
    write_error(fmt::format("femsynth: error: {}", error.what()));
  }
}

/// The message of the exception being handled on standard error, its text in `reason`, and the exit
/// status it means.
ExitStatus report_exception(const std::string& command, std::string& reason) {
  try {
    throw;
  } catch (const LocatedError& error) {
    reason = error.what();
    write_error(error.what());
    return error.status();
  } catch (const Error& error) {
    reason = error.what();
    if (error.status() != ExitStatus::internal_error) {
      write_error(fmt::format("femsynth: error: {}", error.what()));
      return error.status();
    }
    write_error(fmt::format("femsynth: internal error: {}", error.what()));
  } catch (const std::bad_alloc&) {
    reason = "out of memory";
    write_error("femsynth: error: out of memory; try a smaller mesh or form");
    return ExitStatus::bad_input;
  } catch (const std::exception& error) {
    reason = error.what();
    write_error(fmt::format("femsynth: internal error: {}", error.what()));
  } catch (...) {
    write_error("femsynth: internal error: an exception of unknown type");
  }
  write_error(fmt::format(
      "This is a bug of femsynth {}. Please report it with these lines, the input files, and the\n"
      "command: {}",
      FEMSYNTH_VERSION, command));
  return ExitStatus::internal_error;
}

constexpr const char* footer = R"(Examples:
  femsynth compile poisson.py --level cuda
  femsynth assemble poisson.py --mesh triangle:8x8 --set f=sin(pi*x[0]) -o A.mtx
  femsynth doctor

Exit status: 0 done and right, 1 a check found a mismatch, 2 bad usage or input,
3 a needed component is not on this machine, 70 an internal error.)";

/// Reads the command line into `invocation`. Returns false, with everything said, if that is all.
bool parse(int argc, const char* const* argv, Invocation& invocation, ExitStatus& status) {
  CLI::App app(
      "Weak forms to verified CUDA kernels: compiles UFL form files, runs and verifies the\n"
      "kernels, and makes corpora of them.",
      "femsynth");
  app.set_version_flag("--version", "femsynth " FEMSYNTH_VERSION);
  app.footer(footer);
  app.require_subcommand(1);
  for (const AddVerb add : verbs) add(app, invocation);
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    status = app.exit(error, out, err) == 0 ? ExitStatus::done : ExitStatus::bad_input;
    invocation.console.print(out.str());
    if (status != ExitStatus::done) {
      const std::string text = err.str();
      write_error("femsynth: error: " + text.substr(0, text.find_last_not_of('\n') + 1));
    }
    return false;
  }
}

}  // namespace

int run(int argc, const char* const* argv) {
  reserve_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is told by write()
  ExitStatus status = ExitStatus::done;
  Invocation invocation;
  try {
    if (parse(argc, argv, invocation, status)) status = invocation.action(invocation.console);
    invocation.console.end_progress();
  } catch (...) {
    invocation.console.end_progress();
    std::string reason = "an exception of unknown type";
    status = report_exception(command_line(argc, argv), reason);
    print_failure(invocation.console, status, reason);
  }
  return static_cast<int>(status);
}

}  // namespace femsynth::cli
