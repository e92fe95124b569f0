#pragma once

#include <map>
#include <vector>

#include "fem/form/form.hpp"
#include "solvers/problem/field.hpp"
#include "synth/run/assembly.hpp"

namespace femsynth::solvers {

/// The values that [set] gives to the coefficients and constants of a problem's forms.
class ProblemInputs {
 public:
  /// Throws LocatedError for a name that no form reads, a name without a value, a wrong shape, and
  /// a constant that depends on x.
  ProblemInputs(const Problem& problem, const fem::FormModule& module,
                const std::vector<const fem::Form*>& forms);

  /// Values on a mesh for the functions and constants that a form reads.
  synth::FormInputs on(const meshes::Mesh& mesh, const synth::AssemblySpaces& spaces) const;

 private:
  struct Input {
    bool constant = false;
    std::int32_t number = 0;
    fem::Shape shape;
  };
  void match(const std::map<std::string, Input>& wanted);

  const Problem& problem_;
  const fem::FormModule& module_;
  std::vector<std::pair<Input, Field>> inputs_;
};

}  // namespace femsynth::solvers
