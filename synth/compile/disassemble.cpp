#include "synth/compile/disassemble.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "meshes/support/error.hpp"
#include "synth/compile/subprocess.hpp"
#include "synth/compile/toolkit.hpp"

namespace femsynth::synth {
namespace {

namespace fs = std::filesystem;

/// A file of its own in the temporary folder, removed on every way out. (The
/// disassemblers read from files only.)
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_((fs::temp_directory_path() / "femsynth-cubin-XXXXXX").string()) {
    const int fd = ::mkostemp(path_.data(), O_CLOEXEC);
    if (fd < 0) throw InputError(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
    bool written = true;
    while (!content.empty() && written) {
      const ssize_t n = ::write(fd, content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      written = n > 0;
      if (written) content.remove_prefix(static_cast<std::size_t>(n));
    }
    const int error = errno;
    ::close(fd);
    if (!written) {
      ::unlink(path_.c_str());
      throw InputError(fmt::format("cannot write {}: {}", path_, std::strerror(error)));
    }
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A disassembler and the arguments that precede the file's name.
std::pair<fs::path, std::vector<std::string>> find_disassembler() {
  if (const fs::path found = find_toolkit_program("nvdisasm"); !found.empty()) {
    return {found, {"--print-code"}};
  }
  if (const fs::path found = find_toolkit_program("cuobjdump"); !found.empty()) {
    return {found, {"--dump-sass"}};
  }
  throw MissingComponent(
      "SASS needs NVIDIA's disassembler, and neither nvdisasm nor cuobjdump was found in the "
      "toolkit's folders or on PATH\n  to get it: run scripts/setup, or install a "
      "CUDA toolkit");
}

}  // namespace

std::string disassemble(std::string_view cubin, std::chrono::milliseconds limit) {
  auto [program, arguments] = find_disassembler();
  const TemporaryFile file(cubin);
  arguments.push_back(file.path());
  const ProcessResult result = run_process(program, arguments, {.time = limit});
  if (result.timed_out) {
    throw InputError(
        fmt::format("{} did not finish within {} ms", program.string(), limit.count()));
  }
  if (result.exit_code != 0) {
    throw InputError(fmt::format("{} refused the cubin (exit status {}): {}", program.string(),
                                 result.exit_code, result.errors.substr(0, 1000)));
  }
  return result.output;
}

}  // namespace femsynth::synth
