#pragma once

#include <string>

#include "fem/form/form.hpp"

namespace femsynth::synth {

/// The arguments, coefficients and constants that a form reads, each on a line with its element or
/// shape: "coefficient f: element("P", "triangle", 2)".
std::string describe_functions(const fem::FormModule& module, const fem::Form& form);

}  // namespace femsynth::synth
