#pragma once

#include <optional>
#include <string>
#include <vector>

#include "solvers/problem/form_kernels.hpp"

namespace femsynth::solvers {

/// One mesh of a manufactured problem.
struct ManufacturedLevel {
  std::string mesh;
  std::size_t dofs = 0;
  double l2_error = 0;
  double h1_error = 0;  ///< of the gradient
  std::optional<double> l2_order;
  std::optional<double> h1_order;
};

/// Whether a bilinear form's discrete solutions converge as the theory says.
struct ManufacturedReport {
  std::string form;
  bool applies = false;
  std::string reason;  ///< why it does not apply, or why it failed; else ""
  double expected_l2 = 0;
  double expected_h1 = 0;
  std::vector<ManufacturedLevel> levels;
  bool passed = false;
};

/// What a manufactured problem is run with.
struct ManufacturedTools {
  Compile compile;
  synth::Executor* executor = nullptr;
};

/// The last rung of the ladder, for second-order elliptic problems: with a smooth u* the
/// right-hand side is a(u*, v), so that u* solves a(u, v) = a(u*, v) for all v, and the discrete
/// solutions with u = u* on the boundary must approach it with order p + 1 in L² and p in H¹
/// (Céa's lemma and Nitsche's trick; Ciarlet, "The Finite Element Method for Elliptic Problems",
/// §3.2). Coefficients and constants are set to constants that keep such forms elliptic: positive
/// scalars, small vectors, identity matrices. It applies to forms of rank 2 over cells with one
/// continuous Lagrange element whose matrix is positive definite on the free dofs; for others the
/// report says why it does not.
ManufacturedReport solve_manufactured(const fem::FormModule& module, const fem::Form& form,
                                      const ManufacturedTools& tools);

/// A table of the levels, for people.
std::string to_text(const ManufacturedReport& report);
/// {form, applies, pass, reason, expected_l2, expected_h1, levels: [{mesh, dofs, l2_error, …}]}.
std::string to_json(const ManufacturedReport& report);

}  // namespace femsynth::solvers
