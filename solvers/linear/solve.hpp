#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "solvers/linear/dirichlet.hpp"

namespace femsynth::solvers {

/// How a linear system is solved.
enum class LinearMethod {
  ldlt,  ///< A = L D Lᵀ, for symmetric matrices
  lu,    ///< A = L U with partial pivoting, for any matrix
  cg,    ///< conjugate gradients preconditioned by the diagonal, for symmetric positive matrices
};
/// "ldlt", "lu", "cg".
const char* name_of(LinearMethod method);
/// The method of that name, if there is one.
std::optional<LinearMethod> linear_method_of(std::string_view name);

struct LinearOptions {
  LinearMethod method = LinearMethod::ldlt;
  double tolerance = 1e-10;  ///< largest relative residual ‖b − A x‖₂ / ‖b‖₂ that is accepted
  int max_iterations = 0;  ///< of cg; 0: ten times the number of unknowns
};

/// A solution and how good it is.
struct LinearSolution {
  std::vector<double> x;
  double residual = 0;  ///< ‖b − A x‖₂ / ‖b‖₂; 0 where b is 0
  double backward_error = 0;  ///< ‖b − A x‖₁ / (‖A‖₁ ‖x‖₁ + ‖b‖₁) (Rigal and Gaches, 1967)
  double condition = 1;  ///< estimate of κ₁(A) = ‖A‖₁ ‖A⁻¹‖₁
  int iterations = 0;    ///< of cg
};

/// Solves A x = b, computes the residual anew and checks it, and estimates the condition number
/// by Hager's and Higham's method (Higham, "Accuracy and Stability of Numerical Algorithms",
/// 2nd ed., algorithm 15.1: a lower bound, seldom off by more than a factor of three).
/// Throws InputError where the matrix is singular to working precision, where the method needs a
/// symmetric or positive definite matrix and this one is not, where cg does not converge, and for
/// a residual above the tolerance, each with the figures.
LinearSolution solve(const LinearSystem& system, const LinearOptions& options);

}  // namespace femsynth::solvers
