#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "meshes/support/file.hpp"
#include "tests/fuzz/form_language_entry.hpp"

namespace {

namespace fs = std::filesystem;

/// A text of a few kilobytes that takes longer hangs on a size it should not.
constexpr double slowest_seconds = 5;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() != ".expected") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// What is wrong with that input, or "".
std::string fault_of(const std::string& text) {
  const auto start = std::chrono::steady_clock::now();
  try {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  } catch (const std::exception& error) {
    return error.what();
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return seconds > slowest_seconds ? fmt::format("took {:.1f} s", seconds) : "";
}

}  // namespace

/// usage: form_language_replay FOLDER... Every file of each folder goes through the fuzzer's entry.
int main(int argc, char** argv) {
  std::size_t count = 0;
  std::size_t faults = 0;
  for (int k = 1; k < argc; ++k) {
    for (const fs::path& file : files_in(argv[k])) {
      ++count;
      const std::string fault = fault_of(femsynth::read_file(file));
      if (fault.empty()) continue;
      ++faults;
      fmt::print(stderr, "{}: {}\n", file.string(), fault);
    }
  }
  fmt::print("{} texts, {} faults\n", count, faults);
  return faults == 0 && count > 0 ? 0 : 1;
}
