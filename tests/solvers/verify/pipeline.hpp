#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fem/language/form_file.hpp"
#include "meshes/support/error.hpp"
#include "solvers/verify/verify.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/run/ptx_executor.hpp"

namespace femsynth::solvers {

/// A form file with the usual head: `cell`, P (scalar, degree k), W (vector), d.
inline std::string form_text(const std::string& cell, int degree, const std::string& body) {
  const std::string k = std::to_string(degree);
  const char* dims[] = {"1", "2", "3"};
  const std::string d = cell == "interval"                              ? dims[0]
                        : cell == "triangle" || cell == "quadrilateral" ? dims[1]
                                                                        : dims[2];
  return "from ufl import *\nfrom basix.ufl import element\n"
         "mesh = Mesh(element(\"P\", \"" +
         cell + "\", 1, shape=(" + d +
         ",)))\n"
         "V = FunctionSpace(mesh, element(\"P\", \"" +
         cell + "\", " + k +
         "))\n"
         "W = FunctionSpace(mesh, element(\"P\", \"" +
         cell + "\", " + k + ", shape=(" + d +
         ",)))\n"
         "x = SpatialCoordinate(mesh)\nn = FacetNormal(mesh)\n" +
         body;
}

inline Reference& oracle() {
  static const std::unique_ptr<Reference> reference = load_reference();
  return *reference;
}

inline bool has_nvrtc() {
  try {
    synth::nvrtc_info();
    return true;
  } catch (const MissingComponent&) {
    return false;
  }
}

/// A form that went through the compiler up to CUDA.
struct Lowered {
  fem::FormModule module;
  synth::Program program;
};

inline Lowered lower(const std::string& text, const synth::Schedule& schedule) {
  Lowered result{fem::parse_form(text, "test.py"), {}};
  result.program = synth::make_program(result.module, result.module.forms.at(0), schedule);
  return result;
}

inline VerifyReport judge(const Lowered& form, const VerifyOptions& options = {}) {
  const auto compiled = synth::compile_cuda(form.program.cuda, "test.cu");
  const auto executor = synth::make_ptx_executor();
  return verify(form.module, form.program, compiled, *executor, oracle(), options);
}

}  // namespace femsynth::solvers
