#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "solvers/reference/reference.hpp"
#include "solvers/verify/sampling.hpp"
#include "synth/run/assembly.hpp"

/// The ladder: compiled → executed cleanly → equal to deal.II.
namespace femsynth::solvers {

/// How a form is verified.
struct VerifyOptions {
  int inputs = 8;                       ///< random inputs on each mesh
  std::uint64_t seed = 1;               ///< of all meshes and inputs
  ValueRange range;                     ///< of coefficients and constants
  std::size_t matrix_entries = 40'000;  ///< the full matrix is compared up to this size
};

/// One comparison: a form, on a mesh, with one input.
struct Check {
  std::string form;
  std::string strategy;
  std::string executor;
  std::string oracle;
  std::string mesh;
  int input = 0;
  /// "value", "vector", "action" (A x), "matrix", "numbering", "poison", "reproduction" (that the
  /// basis functions span their family's space, where deal.II has no such element), "symmetry" (of
  /// the matrix of a real form that is its own adjoint).
  std::string quantity;
  std::size_t entries = 0;    ///< compared
  std::size_t undecided = 0;  ///< left out: rounding alone may decide their value
  /// |kernel − oracle| and its tolerance at the entry where their ratio is greatest.
  double error = 0;
  double tolerance = 0;
  double ratio = 0;
  std::string entry;   ///< that entry: "12", "(3, 4)"
  std::string detail;  ///< what is wrong, or ""
  bool pass = false;
};

/// How far a kernel came.
enum class Tier {
  compiled,  ///< but a run failed
  executed,  ///< cleanly; but some value is wrong, or nothing could be compared
  verified,  ///< equal to deal.II
};
/// "compiled", "executed", "verified".
const char* name_of(Tier tier);

/// What one kernel run cost on one mesh, of the first input.
struct MeshRun {
  std::string mesh;
  std::size_t cells = 0;
  synth::ExecutionCounts counts;
};

/// The verdict on a program, and all that it rests on.
struct VerifyReport {
  std::string form;
  std::string strategy;
  std::string precision;
  std::string executor;
  std::string oracle;
  std::string oracle_version;
  /// The integrals with a rule of their own that is not exact, "dx by the rule gll of degree 3": of
  /// these the rule's sums are judged.
  std::vector<std::string> rules{};
  Tier tier = Tier::compiled;
  std::string reason;  ///< why the tier is not higher, or ""
  std::vector<Check> checks;
  std::vector<MeshRun> runs;

  bool passed() const { return tier == Tier::verified; }
  /// "verified", "mismatch" (a check failed), "fault" (a run did), "untested" (nothing was
  /// compared that a kernel that does nothing would fail).
  std::string verdict() const;
  /// The check with the greatest ratio of error to tolerance; null without checks.
  const Check* worst() const;
};

/// A mesh that the caller chose, with inputs for it. Coordinates and inputs are rounded to the
/// program's precision before they are used.
struct VerifyCase {
  TrialMesh mesh;
  std::vector<synth::FormInputs> inputs;  ///< x is drawn where it is missing
};

/// Verifies a compiled program on trial_meshes() with random inputs. A form that reads neither
/// coefficients nor constants gets other vertex coordinates with each input instead.
/// Deterministic in the options, up to the order of atomic additions. Throws MissingComponent
/// when the oracle cannot evaluate such a form; what the kernels do wrong is reported.
VerifyReport verify(const fem::FormModule& module, const synth::Program& program,
                    const synth::CompiledModule& compiled, synth::Executor& executor,
                    Reference& reference, const VerifyOptions& options = {});

/// The same on given meshes with given inputs.
VerifyReport verify_on(const fem::FormModule& module, const synth::Program& program,
                       const synth::CompiledModule& compiled, synth::Executor& executor,
                       Reference& reference, std::span<const VerifyCase> cases,
                       const VerifyOptions& options = {});

/// A table for people: a line a mesh and quantity, with the worst figure over the inputs.
std::string to_text(const VerifyReport& report);
/// JSON of several reports: {verdict, reports: [...], checks: [{form, strategy, executor,
/// oracle, mesh, error, tolerance, pass, …}]}. Figures that are not finite are null.
std::string to_json(std::span<const VerifyReport> reports);

}  // namespace femsynth::solvers
