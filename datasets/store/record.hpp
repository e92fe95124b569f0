#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "synth/compile/module.hpp"
#include "synth/run/executor.hpp"

/// The corpus: what a sample holds, how it is stored, sampled and made.
namespace femsynth::datasets {

/// Version of everything below and of the layout in shard.hpp. A corpus of another
/// version is refused, never guessed at.
inline constexpr int schema_version = 1;

/// The licence of every sample (SPDX).
inline constexpr const char* corpus_licence = "CC0-1.0";

/// How far a sample got up the ladder of verification; each step contains those below.
enum class Tier : int {
  none = 0,       ///< not even compiled: a failure
  compiled = 1,   ///< NVRTC took the source
  executed = 2,   ///< ran without a fault: bounds, initialisation, races
  verified = 3,   ///< equal to the oracle within the tolerance of each check
  converges = 4,  ///< and the discrete solution converges at the order of the theory
};
/// "none", "compiled", "executed", "verified", "converges".
const char* name_of(Tier tier);

/// One comparison with the oracle: a form, on a mesh, with one input. The tolerance is the
/// running error bound of the oracle's own evaluation in the kernel's precision
/// (solvers/reference), at the entry where the error comes nearest to it.
struct Check {
  std::string form;             ///< name of the form
  std::string strategy;         ///< "atomic", …
  std::string executor;         ///< "ptx", …
  std::string oracle;           ///< what it was compared with: "dealii"
  std::string mesh;             ///< "triangle:6x3 perturbed"
  int input = 0;                ///< number of the random input
  std::string quantity;         ///< what was compared: "matrix", "action", "vector", "value", …
  std::uint64_t entries = 0;    ///< compared
  std::uint64_t undecided = 0;  ///< left out: rounding alone may decide their value
  double error = 0;             ///< |kernel − oracle|
  double tolerance = 0;         ///< what it may be
  double ratio = 0;             ///< their quotient, the largest of all entries
  std::string entry;            ///< that entry: "12", "(3, 4)"
  std::string detail;           ///< what is wrong, or ""
  bool pass = false;
  bool operator==(const Check&) const = default;
};

/// An argument of a launch: a buffer ("f64*": `size` elements) or a scalar ("i32": `value`).
struct ArgumentRecord {
  std::string name;  ///< what it is bound to: "coordinates", "output", …
  std::string type;  ///< "f64*", "i32", …
  std::uint64_t size = 0;
  std::string value;  ///< decimal, of a scalar
  bool operator==(const ArgumentRecord&) const = default;
};

/// A kernel launch on one mesh.
struct LaunchRecord {
  std::string mesh;
  std::string kernel;
  std::array<std::uint32_t, 3> grid{1, 1, 1};
  std::array<std::uint32_t, 3> block{1, 1, 1};
  std::vector<ArgumentRecord> arguments;
  bool operator==(const LaunchRecord&) const = default;
};

/// What one assembly on one mesh executed (all launches together).
struct CountsRecord {
  std::string mesh;
  std::uint64_t cells = 0;
  synth::ExecutionCounts counts;
};

/// Where a sample that failed stopped, and why. Both empty for a sample that did not.
struct Failure {
  std::string stage;  ///< "language", "lower", "compile", "execute", "verify"
  std::string reason;
  bool operator==(const Failure&) const = default;
};

/// Everything that a sample holds, of a failure everything up to where it stopped.
/// store/columns.hpp lists how each member is stored.
struct Record {
  // What it is.
  std::string id;           ///< family and the first 64 bits of `key`
  std::string key;          ///< SHA-256 of canonical form and schedule: equal for exact duplicates
  std::uint64_t index = 0;  ///< number of the candidate; (seed, index, version) rebuilds the sample
  std::uint64_t seed = 0;
  std::string family;       ///< name of the template
  std::string title;        ///< "Poisson stiffness matrix"
  std::string description;  ///< plain language: the mathematics, the discretisation, the kernel
  std::string form_text;    ///< the form file
  std::string form;         ///< which form of it

  // What was chosen.
  std::string cell;
  std::string element;  ///< "P" or "DG"
  std::uint64_t degree = 0;
  std::string strategy;
  std::string precision;
  std::uint64_t block_size = 0;
  std::map<std::string, std::string> parameters;  ///< every placeholder of the template

  // What it became.
  std::uint64_t rank = 0;
  std::string canonical_form;
  std::string canonical_sha256;
  std::string split_group;  ///< SHA-256 of the canonical form without its literals
  std::string split;        ///< "train", "validation" or "test", by split_group
  std::string kernel_ir;
  std::string cuda;
  std::string arch;
  std::vector<std::string> options;
  std::string ptx;
  std::string cubin;
  std::string compile_log;
  std::vector<synth::ResourceUsage> resources;

  // How it ran.
  std::vector<LaunchRecord> launches;
  std::vector<CountsRecord> counts;
  std::vector<Check> checks;
  Tier tier = Tier::none;
  Failure failure;

  // Where it comes from.
  std::string licence = corpus_licence;
  std::map<std::string, std::string> versions;  ///< "femsynth", "nvrtc", "deal.II", "basix", …

  /// Most registers that a kernel of it needs; bytes it spills; instructions executed.
  std::uint64_t registers() const;
  std::uint64_t spill_bytes() const;
  std::uint64_t instructions() const;
};

/// Wall-clock seconds that a sample took, by stage. Never part of a Record, which must not
/// depend on the machine's speed.
struct SampleTimes {
  std::string id;
  std::map<std::string, double> seconds;
};

}  // namespace femsynth::datasets
