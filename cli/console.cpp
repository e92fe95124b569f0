#include "cli/console.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "meshes/support/error.hpp"

namespace femsynth::cli {
namespace {

/// Writes everything; 0 or the system's error number.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

bool stderr_is_terminal() {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return terminal;
}

double now() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void write_error(const std::string& line) { write_all(STDERR_FILENO, line + "\n"); }

void Console::print(std::string_view text) {
  if (broken_pipe_) return;
  const int error = write_all(STDOUT_FILENO, text);
  if (error == EPIPE) {
    broken_pipe_ = true;
  } else if (error != 0) {
    throw InputError(fmt::format("cannot write to standard output: {}", std::strerror(error)));
  }
}

void Console::print_document(const std::string& text) {
  print(text.ends_with('\n') ? text : text + "\n");
}

void Console::note(const std::string& line) {
  if (quiet) return;
  end_progress();
  write_error(line);
}

void Console::progress(double fraction, const std::string& line) {
  if (quiet) return;
  const double time = now();
  const double pause = stderr_is_terminal() ? 0.1 : 5.0;  // seconds
  if (time - last_progress_ < pause) return;
  last_progress_ = time;
  if (!stderr_is_terminal()) {
    write_error(line);
    return;
  }
  constexpr int width = 30;
  const int full = static_cast<int>(fraction * width);
  write_all(STDERR_FILENO,
            fmt::format("\r\x1b[K[{:#<{}}{:.<{}}] {}", "", full, "", width - full, line));
  progress_open_ = true;
}

void Console::end_progress() {
  if (!progress_open_) return;
  write_all(STDERR_FILENO, "\n");
  progress_open_ = false;
}

}  // namespace femsynth::cli
