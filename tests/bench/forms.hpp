#pragma once

#include <string>

#include "fem/form/form.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/program.hpp"

namespace femsynth::bench {

/// P2 Poisson on tetrahedra, as a form file.
const std::string& poisson();
/// P2 isotropic elasticity on tetrahedra, as a form file.
const std::string& elasticity();

/// A form's program and what NVRTC makes of it.
struct Sample {
  fem::FormModule module;
  synth::Program program;
  synth::CompiledModule compiled;
};
Sample make_sample(const std::string& source);

}  // namespace femsynth::bench
