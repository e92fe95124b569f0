#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "solvers/problem/form_kernels.hpp"
#include "solvers/problem/problem.hpp"
#include "solvers/reference/solve.hpp"

/// Boundary-value problems, assembled by the compiled kernels and solved on a sequence of meshes.
namespace femsynth::solvers {

/// What a solution needs from outside.
struct SolveTools {
  synth::Executor* executor = nullptr;
  Compile compile;
  Backend* oracle = nullptr;  ///< null: no comparison
  std::function<void(std::size_t level, const std::string& mesh)> progress;  ///< may be empty
};

/// The discrete solution on one mesh, and what is known about it.
struct SolveLevel {
  std::string mesh;  ///< specification or path
  std::size_t cells = 0;
  std::size_t dofs = 0;
  std::size_t unknowns = 0;  ///< dofs that no Dirichlet data prescribe
  double width = 0;          ///< longest distance of two vertices of one cell
  double largest = 0;        ///< max |u| over the dofs

  // Quality of the linear solution; see LinearSolution.
  double condition = 1;
  double residual = 0;
  double backward_error = 0;
  int iterations = 0;

  std::optional<double> l2_error;  ///< ‖u − exact‖ in L², where exact is given
  std::optional<double> h1_error;  ///< ‖grad(u − exact)‖ in L²
  /// Observed order from the mesh before: log(e₀ / e) / log(h₀ / h). None where an error of the
  /// two is rounding alone.
  std::optional<double> l2_order;
  std::optional<double> h1_order;
  bool exact_to_rounding = false;  ///< the L² error is within what rounding explains

  /// max |u − u_oracle| over all nodes, relative to max |u|.
  std::optional<double> difference;
  /// What the difference may be: 2 κ∞ (kAssemblyRoundings · 2⁻⁵³ + backward error), at most
  /// kLargestTolerance.
  double tolerance = 0;

  std::vector<std::pair<std::string, double>> seconds;  ///< by stage, in order
};

/// A solved problem.
struct SolveReport {
  std::string problem;
  std::string form_file;
  std::string element;
  std::string executor;
  std::string oracle;          ///< "dealii 9.4.1"; empty without comparison
  std::string oracle_missing;  ///< why an asked comparison was not made, if so
  LinearMethod method = LinearMethod::ldlt;
  std::vector<SolveLevel> levels;
  double expected_l2 = 0;
  std::optional<double> expected_h1;  ///< none where the problem gives the L² order itself
  double compile_seconds = 0;
  std::vector<std::string> failures;  ///< what is wrong; empty: all is well
  bool pass() const { return failures.empty(); }

  // The solution on the last mesh, at its vertices: vertices × components.
  meshes::Mesh mesh;
  int components = 1;
  std::vector<double> solution;
  std::vector<double> exact;  ///< empty if unknown
};

/// An observed order may fall short of the expected one by so much.
inline constexpr double kOrderSlack = 0.2;

/// Two right assemblies of a system: each entry is a sum of contributions that carry a relative
/// error of at most so many unit roundoffs (geometry, tables, integrand, sum over the points; the
/// bounds that `verify` computes entry by entry stay below).
inline constexpr double kAssemblyRoundings = 128;
/// Agreement to fewer digits would prove little, whatever the condition number.
inline constexpr double kLargestTolerance = 1e-6;

/// Solves a problem on all its meshes. What is wrong with the result stands in
/// SolveReport::failures. Throws LocatedError and InputError for what is wrong with the problem,
/// and for systems that cannot be solved.
SolveReport solve_problem(const Problem& problem, const SolveTools& tools);

/// Writes the solution on the last mesh as VTKHDF: `u`, and where exact is known `exact` and
/// `error` = u − exact, at the vertices.
void write_solution(const std::filesystem::path& path, const SolveReport& report);

}  // namespace femsynth::solvers
