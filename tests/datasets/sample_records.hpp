#pragma once

#include <unistd.h>

#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "datasets/store/record.hpp"

namespace femsynth::datasets::testing {

/// A folder of its own, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "femsynth-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

inline std::string random_text(std::mt19937_64& random, std::size_t size) {
  std::string text(size, ' ');
  for (char& letter : text) letter = static_cast<char>(' ' + random() % 95);
  return text;
}

/// A record whose every member is filled, and differs from those of other seeds.
inline Record random_record(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto text = [&](std::size_t size) { return random_text(random, size); };
  Record r;
  r.id = "family-" + std::to_string(seed);
  r.key = text(64);
  r.index = random();
  r.seed = random();
  r.family = text(8);
  r.title = text(20);
  r.description = "∇·(κ∇u): " + text(200);
  r.form_text = text(400);
  r.form = "a";
  r.cell = "triangle";
  r.element = "P";
  r.degree = random() % 4 + 1;
  r.strategy = "atomic";
  r.precision = "f64";
  r.block_size = 128;
  r.parameters = {{"kappa", "2.5"}, {"degree", "1"}};
  r.rank = random() % 3;
  r.canonical_form = text(300);
  r.canonical_sha256 = text(64);
  r.split_group = text(64);
  r.split = "train";
  r.kernel_ir = text(2000);
  r.cuda = text(random() % 5000);
  r.arch = "sm_90";
  r.options = {"-arch=sm_90", "--fmad=true"};
  r.ptx = text(8000);
  r.cubin = random_bytes(random, 4000);
  r.compile_log = "";
  r.resources = {{"kernel", 40, 8, 16, 32, 64, 128, 1}};
  LaunchRecord launch{"triangle:3x2", "kernel", {3, 1, 1}, {128, 1, 1}, {}};
  launch.arguments = {
      {"coordinates", "f64*", 24, ""}, {"empty", "i32*", 0, ""}, {"n", "i32", 0, "12"}};
  r.launches = {launch};
  CountsRecord counts{"triangle:3x2", 12, {}};
  counts.counts.instructions = {{"f64.fma", random()}, {"branch", 3}};
  counts.counts.warp_instructions = random();
  counts.counts.bytes = {{"global.read", 1234}};
  counts.counts.global_sectors = 7;
  r.counts = {counts};
  Check check{"a", "atomic", "ptx", "dealii", "triangle:3x2", 3,  "matrix", 900,
              2,   1.0 / 3,  1e-13, 0.25,     "(3, 4)",       "", true};
  r.checks = {check, check};
  r.checks[1].error = seed % 2 == 0 ? std::numeric_limits<double>::infinity() : 5e-324;
  r.tier = static_cast<Tier>(random() % 5);
  r.failure = {"verify", "because \"quotes\" and\nnewlines"};
  r.versions = {{"femsynth", "0.1.0"}, {"nvrtc", "13.0"}};
  return r;
}

inline std::vector<Record> random_records(std::size_t count, std::uint64_t seed = 1) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) records.push_back(random_record(seed + i));
  return records;
}

}  // namespace femsynth::datasets::testing
