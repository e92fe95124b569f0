#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "fem/spaces/csr_pattern.hpp"

/// Linear systems: essential boundary conditions and direct and iterative solution.
namespace femsynth::solvers {

/// A square matrix in compressed sparse rows and a right-hand side.
struct LinearSystem {
  fem::CsrPattern pattern;
  std::vector<double> values;  ///< one an entry of the pattern
  std::vector<double> rhs;     ///< one a row
};

/// Prescribed values by dof.
using PrescribedValues = std::map<std::int32_t, double>;

/// What is left of a system A u = b when some u_i are prescribed.
struct ReducedSystem {
  LinearSystem system;                  ///< A_ff u_f = b_f − A_fp u_p; A_ff is symmetric if A is
  std::vector<std::int32_t> free_dofs;  ///< dof of each unknown, ascending
};

/// Takes the prescribed dofs p out of a system and lifts their values to the right-hand side of
/// the free ones f. Throws InternalError for arrays whose sizes do not fit or dofs out of range.
ReducedSystem reduce(const LinearSystem& system, const PrescribedValues& prescribed);

/// The whole solution vector: `free_values` at the free dofs, the prescribed ones elsewhere.
std::vector<double> expand(const ReducedSystem& reduced, std::span<const double> free_values,
                           const PrescribedValues& prescribed);

}  // namespace femsynth::solvers
