#include "meshes/gmsh/gmsh_loader.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "meshes/gmsh/msh_header.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::meshes {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModule = "femsynth_gmsh.so";
constexpr std::size_t kMaxFileBytes = std::size_t{8} << 30;
constexpr std::size_t kFreeBytes = std::size_t{4} << 30;  // beside 64 for each of the file

/// How the child ended.
enum ChildStatus : int { kDone = 0, kGmshRefused = 1, kNoModule = 2, kNoSpace = 3 };

/// A file in memory, shared by parent and child.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(::memfd_create(name, 0)) {
    if (fd_ < 0)
      throw InputError(fmt::format("cannot make a file in memory: {}", std::strerror(errno)));
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }
  bool write(const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t n = ::write(fd_, at, size);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      size -= static_cast<std::size_t>(n);
    }
    return true;
  }
  void rewind() { ::lseek(fd_, 0, SEEK_SET); }
  std::size_t size() const {
    return static_cast<std::size_t>(std::max<off_t>(0, ::lseek(fd_, 0, SEEK_END)));
  }
  bool read(void* data, std::size_t size) {
    char* at = static_cast<char*>(data);
    while (size > 0) {
      const ssize_t n = ::read(fd_, at, size);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += n;
      size -= static_cast<std::size_t>(n);
    }
    return true;
  }

 private:
  int fd_;
};

template <typename T>
bool put(MemoryFile& file, const T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return file.write(&value, sizeof(value));
  } else {
    const std::uint64_t count = value.size();
    return put(file, count) && file.write(value.data(), count * sizeof(*value.data()));
  }
}

bool put_mesh(MemoryFile& file, const GmshMesh& mesh) {
  bool good = put(file, mesh.node_tags) && put(file, mesh.coordinates) &&
              put(file, static_cast<std::uint64_t>(mesh.blocks.size()));
  for (const GmshBlock& block : mesh.blocks) {
    good = good && put(file, block.dim) && put(file, block.entity) && put(file, block.order) &&
           put(file, block.nodes_per_element) && put(file, block.type_name) &&
           put(file, block.physical_tags) && put(file, block.nodes) &&
           put(file, block.primary_nodes) && put(file, block.local_nodes);
  }
  return good;
}

/// Reads back what `put` wrote; sizes are bounded by the file's own.
class Reader {
 public:
  explicit Reader(MemoryFile& file) : file_(file), left_(file.size()) { file.rewind(); }

  template <typename T>
  void get(T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      take(&value, sizeof(value));
    } else {
      std::uint64_t count = 0;
      get(count);
      if (count > left_ / sizeof(*value.data())) fail();
      value.resize(count);
      take(value.data(), count * sizeof(*value.data()));
    }
  }
  GmshMesh mesh() {
    GmshMesh result;
    get(result.node_tags);
    get(result.coordinates);
    std::uint64_t blocks = 0;
    get(blocks);
    if (blocks > left_) fail();
    result.blocks.resize(blocks);
    for (GmshBlock& block : result.blocks) {
      get(block.dim);
      get(block.entity);
      get(block.order);
      get(block.nodes_per_element);
      get(block.type_name);
      get(block.physical_tags);
      get(block.nodes);
      get(block.primary_nodes);
      get(block.local_nodes);
    }
    return result;
  }

 private:
  [[noreturn]] static void fail() { throw InternalError("the Gmsh module's answer is incomplete"); }
  void take(void* data, std::size_t size) {
    if (size > left_ || !file_.read(data, size)) fail();
    left_ -= size;
  }
  MemoryFile& file_;
  std::size_t left_;
};

/// Bounds what a malformed file can cost: counts in it make Gmsh allocate or loop.
void limit_resources(std::size_t file_bytes) {
  ::alarm(static_cast<unsigned>(60 + (file_bytes >> 20)));
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#ifndef __SANITIZE_ADDRESS__  // whose shadow memory is a huge mapping
  std::size_t pages = 0;      // of address space in use; the parent's mappings count
  std::ifstream("/proc/self/statm") >> pages;
  const std::size_t used = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const rlim_t limit = used + kFreeBytes + 64 * file_bytes;
  const rlimit space{limit, limit};
  ::setrlimit(RLIMIT_AS, &space);
#endif
}

/// The child's whole life: no terminal, a time limit, Gmsh, the answer. Never returns.
[[noreturn]] void run_child(const fs::path& module, MemoryFile& input, MemoryFile& output) {
  const int null = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
  limit_resources(input.size());
  int status = kNoModule;
  std::string error;
  GmshMesh mesh;
  void* const library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const symbol = library == nullptr ? nullptr : ::dlsym(library, "femsynth_read_gmsh_2");
  if (symbol == nullptr) {
    const char* const reason = ::dlerror();
    error = reason == nullptr ? "no function femsynth_read_gmsh_2" : reason;
  } else {
    const auto read = reinterpret_cast<decltype(&femsynth_read_gmsh_2)>(symbol);
    // Gmsh opens the very bytes that were checked, under a name without an extension and
    // with no neighbours: it picks formats by extension and runs option files beside a mesh.
    status = read(fmt::format("/proc/self/fd/{}", input.fd()).c_str(), &mesh, &error) == 0
                 ? kDone
                 : kGmshRefused;
  }
  const bool written = status == kDone ? put_mesh(output, mesh) : put(output, error);
  ::_exit(written ? status : kNoSpace);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw InternalError(fmt::format("waitpid: {}", std::strerror(errno)));
  }
  return status;
}

[[noreturn]] void report(int status, MemoryFile& output, const fs::path& path) {
  if (WIFSIGNALED(status)) {
    throw InputError(fmt::format("{}: Gmsh failed on this file ({}); it is corrupted or too large",
                                 path.string(), ::strsignal(WTERMSIG(status))));
  }
  const int code = WEXITSTATUS(status);
  std::string error;
  if (code == kGmshRefused || code == kNoModule) Reader(output).get(error);
  if (code == kNoModule) {
    throw MissingComponent(fmt::format(
        "Gmsh's module cannot be loaded: {}. Install libgmsh-dev (Debian) and build again", error));
  }
  if (code == kNoSpace) {
    throw InputError(fmt::format("{}: not enough memory for this mesh", path.string()));
  }
  throw InputError(fmt::format("{}: Gmsh cannot read this file: {}", path.string(),
                               error.empty() ? "it gives no reason" : error));
}

fs::path module_or_throw() {
  if (const auto module = find_gmsh_module()) return *module;
  throw MissingComponent(fmt::format(
      "reading .msh files needs {}, which is built with Gmsh's library: install libgmsh-dev "
      "(Debian) and build again, or name its folder in FEMSYNTH_MODULE_PATH",
      kModule));
}

}  // namespace

std::optional<fs::path> find_gmsh_module() {
  std::vector<fs::path> folders;
  if (const char* const paths = std::getenv("FEMSYNTH_MODULE_PATH")) {
    std::string_view rest = paths;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      if (end > 0) folders.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::error_code error;
  if (folders.empty()) {
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) folders.push_back(program.parent_path().parent_path() / "lib");
    folders.emplace_back(FEMSYNTH_MODULE_DIR);
  }
  for (const fs::path& folder : folders) {
    if (fs::is_regular_file(folder / kModule, error)) return folder / kModule;
  }
  return std::nullopt;
}

GmshMesh read_with_gmsh(const fs::path& path) {
  MemoryFile input("femsynth-msh");
  MshHeader header;
  {
    const std::string bytes = read_file(path, kMaxFileBytes);
    header = read_msh_header(bytes, path.string());
    if (!input.write(bytes.data(), bytes.size())) {
      throw InputError(fmt::format("{}: not enough memory for this mesh", path.string()));
    }
  }
  const fs::path module = module_or_throw();
  MemoryFile output("femsynth-gmsh");
  const pid_t child = ::fork();
  if (child < 0) throw InputError(fmt::format("cannot start Gmsh: {}", std::strerror(errno)));
  if (child == 0) run_child(module, input, output);
  const int status = wait_for(child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kDone) report(status, output, path);
  GmshMesh mesh = Reader(output).mesh();
  std::uint64_t elements = 0;
  for (const GmshBlock& block : mesh.blocks) {
    elements += block.nodes.size() / static_cast<std::size_t>(std::max(1, block.nodes_per_element));
  }
  // In format 2.2 Gmsh drops nodes that no element names; in 4.1 they belong to an entity.
  const bool fewer_nodes = header.version_4 && mesh.node_tags.size() < header.nodes;
  if (fewer_nodes || elements < header.elements) {
    throw InputError(fmt::format(
        "{}: declares {} nodes and {} elements but holds {} and {}: it is truncated or corrupted",
        path.string(), header.nodes, header.elements, mesh.node_tags.size(), elements));
  }
  return mesh;
}

}  // namespace femsynth::meshes
