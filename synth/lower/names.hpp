#pragma once

#include <map>
#include <set>
#include <string>

namespace femsynth::synth {

/// Gives the coefficients and constants of a form names that are good in generated code: ASCII
/// identifiers that are no keyword of C++ or CUDA, no name that lowering uses itself, and
/// different from each other and from what lowering makes of the others (grad_f, f_local, …).
class Names {
 public:
  /// The name for `wanted`, a variable's name in the form file; a new one on each call.
  std::string unique(const std::string& wanted);

 private:
  std::set<std::string> taken_;
};

/// `text` with everything but ASCII letters, digits and '_' made '_', and no digit in front.
std::string identifier(const std::string& text);

}  // namespace femsynth::synth
