#include "synth/compile/subprocess.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "meshes/support/error.hpp"

extern char** environ;

namespace femsynth::synth {
namespace {

using Clock = std::chrono::steady_clock;

/// A pipe whose ends are closed on every way out.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) {
      throw InternalError(fmt::format("pipe: {}", std::strerror(errno)));
    }
  }
  ~Pipe() {
    close_write();
    close_read();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { close_end(ends_[0]); }
  void close_write() { close_end(ends_[1]); }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

/// Redirections of the child: nothing to read, output and errors into pipes.
class FileActions {
 public:
  FileActions(const Pipe& output, const Pipe& errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output.write_end(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors.write_end(), STDERR_FILENO);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

pid_t spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            const FileActions& actions) {
  const std::string path = program.string();
  std::vector<char*> raw{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  pid_t child = -1;
  const int error = posix_spawn(&child, path.c_str(), actions.get(), nullptr, raw.data(), environ);
  if (error != 0) {
    throw MissingComponent(fmt::format("cannot run {}: {}", path, std::strerror(error)));
  }
  return child;
}

/// Moves what is ready in `pipe` to `text`; closes the pipe at its end.
void drain(Pipe& pipe, std::string& text) {
  std::array<char, 65536> block;
  const ssize_t n = ::read(pipe.read_end(), block.data(), block.size());
  if (n > 0) {
    text.append(block.data(), static_cast<std::size_t>(n));
  } else if (n == 0 || errno != EINTR) {
    pipe.close_read();
  }
}

/// Reads both pipes to their ends, or until a limit is reached.
void collect(Pipe& output, Pipe& errors, const ProcessLimits& limits, Clock::time_point deadline,
             ProcessResult& result) {
  while (output.read_end() >= 0 || errors.read_end() >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      result.timed_out = true;
      return;
    }
    // poll passes over negative descriptors.
    std::array<pollfd, 2> fds{{{output.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}}};
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) {
      throw InternalError(fmt::format("poll: {}", std::strerror(errno)));
    }
    if (ready <= 0) continue;
    if (fds[0].revents != 0) drain(output, result.output);
    if (fds[1].revents != 0) drain(errors, result.errors);
    if (result.output.size() + result.errors.size() > limits.output_bytes) {
      result.truncated = true;
      return;
    }
  }
}

/// Waits for the child's end; nullopt when the deadline comes first.
std::optional<int> wait_until(pid_t child, Clock::time_point deadline) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) {
      throw InternalError(fmt::format("waitpid: {}", std::strerror(errno)));
    }
    if (Clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void kill_child(pid_t child) {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

ProcessResult run_process(const std::filesystem::path& program,
                          const std::vector<std::string>& arguments, const ProcessLimits& limits) {
  Pipe output;
  Pipe errors;
  const FileActions actions(output, errors);
  const pid_t child = spawn(program, arguments, actions);
  output.close_write();
  errors.close_write();

  const auto deadline = Clock::now() + limits.time;
  ProcessResult result;
  try {
    collect(output, errors, limits, deadline, result);
  } catch (...) {
    kill_child(child);
    throw;
  }
  if (result.timed_out || result.truncated) {
    kill_child(child);
    return result;
  }
  // A child may close its output and go on; the limit holds for that as well.
  std::optional<int> status = wait_until(child, deadline);
  if (!status) {
    kill_child(child);
    result.timed_out = true;
  } else if (WIFEXITED(*status)) {
    result.exit_code = WEXITSTATUS(*status);
  }
  return result;
}

}  // namespace femsynth::synth
