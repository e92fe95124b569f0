#include "program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace femsynth::cli {
namespace {

namespace fs = std::filesystem;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : changes) result.push_back(name + "=" + value);
  return result;
}

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  }
  void close_end(std::size_t k) {
    if (ends[k] >= 0) ::close(ends[k]);
    ends[k] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  std::array<int, 2> ends{-1, -1};
};

/// Reads both pipes to their ends.
void drain(Pipe& out, Pipe& err, Outcome& run) {
  std::array<pollfd, 2> files{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
  std::array<std::string*, 2> texts{&run.output, &run.errors};
  while (files[0].fd >= 0 || files[1].fd >= 0) {
    ::poll(files.data(), files.size(), -1);
    for (std::size_t k = 0; k < files.size(); ++k) {
      if (files[k].fd < 0 || files[k].revents == 0) continue;
      std::array<char, 65536> block{};
      const ssize_t n = ::read(files[k].fd, block.data(), block.size());
      if (n > 0) {
        texts[k]->append(block.data(), static_cast<std::size_t>(n));
      } else {
        files[k].fd = -1;
      }
    }
  }
}

}  // namespace

nlohmann::json Outcome::json() const {
  nlohmann::json document = nlohmann::json::parse(output, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << "no JSON document:\n" << output << errors;
  return document.is_discarded() ? nlohmann::json() : document;
}

Outcome run_femsynth(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment, Output output,
                     const std::function<void(pid_t)>& while_running) {
  std::vector<std::string> command{FEMSYNTH_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment_with(environment);
  Pipe out, err;
  if (output == Output::broken_pipe) out.close_end(0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (output == Output::full) {
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/full", O_WRONLY, 0);
  } else if (output == Output::closed) {
    ::posix_spawn_file_actions_addclose(&actions, 1);
  } else {
    ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  }
  if (output == Output::no_errors) {
    ::posix_spawn_file_actions_addclose(&actions, 2);
  } else {
    ::posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  }
  pid_t child = 0;
  const int error = ::posix_spawn(&child, FEMSYNTH_PROGRAM, &actions, nullptr,
                                  pointers(command).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("posix_spawn of " FEMSYNTH_PROGRAM);
  out.close_end(1);
  err.close_end(1);
  if (while_running) while_running(child);
  Outcome run;
  drain(out, err, run);
  int status = 0;
  ::waitpid(child, &status, 0);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return run;
}

std::string missing(const std::string& component) {
  const Outcome doctor = run_femsynth({"doctor", "--require", component});
  return doctor.status == 0 ? "" : component + " is not on this machine: " + doctor.errors;
}

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "femsynth-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return path(name);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string preamble(const std::string& cell, int degree) {
  const int dim = cell == "interval" ? 1 : cell == "triangle" || cell == "quadrilateral" ? 2 : 3;
  return fmt::format(
      "import basix.ufl\n"
      "from ufl import *\n"
      "e = basix.ufl.element('Lagrange', '{0}', {1})\n"
      "mesh = Mesh(basix.ufl.element('Lagrange', '{0}', 1, shape=({2},)))\n"
      "V = FunctionSpace(mesh, e)\n"
      "u, v = TrialFunction(V), TestFunction(V)\n"
      "x, n = SpatialCoordinate(mesh), FacetNormal(mesh)\n",
      cell, degree, dim);
}

}  // namespace femsynth::cli
