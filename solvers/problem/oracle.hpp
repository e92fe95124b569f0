#pragma once

#include "solvers/problem/boundary.hpp"
#include "solvers/reference/solve.hpp"
#include "synth/run/assembly.hpp"

namespace femsynth::solvers {

/// A problem's forms made ready for the oracle: once a problem, used on every mesh.
class ProblemOracle {
 public:
  /// The programs tell which integrals are exact, and else at which points they are evaluated.
  ProblemOracle(Backend& backend, const fem::FormModule& module, const synth::Program& bilinear,
                const synth::Program& linear);

  /// One form's functions and constants, as its kernels were given them.
  struct Inputs {
    const synth::AssemblySpaces& spaces;
    const synth::FormInputs& values;
  };
  /// The oracle's own solution; see solve_reference. `parts`: Dirichlet data, whose values the
  /// oracle takes at its own support points.
  ReferenceSolution solve(const Problem& problem, const meshes::Mesh& mesh, const Inputs& bilinear,
                          const Inputs& linear, const std::vector<DirichletPart>& parts);

 private:
  Backend& backend_;
  ReferenceForm bilinear_;
  ReferenceForm linear_;
};

}  // namespace femsynth::solvers
