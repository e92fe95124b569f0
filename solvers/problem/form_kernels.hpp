#pragma once

#include <functional>
#include <memory>

#include "fem/form/form.hpp"
#include "synth/compile/module.hpp"
#include "synth/program.hpp"
#include "synth/run/executor.hpp"

namespace femsynth::solvers {

/// Program → PTX and cubin.
using Compile = std::function<synth::CompiledModule(const synth::Program&)>;

/// A form, compiled once and launched on every mesh.
struct FormKernels {
  const fem::FormModule* module = nullptr;
  synth::Program program;
  std::shared_ptr<const synth::LoadedModule> loaded;
};

/// Compiles and loads a form of the module, which must outlive the result, under the default
/// strategy of its rank.
inline FormKernels make_kernels(const fem::FormModule& module, const fem::Form& form,
                                const Compile& compile, synth::Executor& executor) {
  synth::Schedule schedule;
  schedule.strategy = synth::default_strategy(fem::rank(module.graph, form));
  FormKernels kernels{&module, synth::make_program(module, form, schedule), nullptr};
  kernels.loaded = executor.load(compile(kernels.program));
  return kernels;
}

}  // namespace femsynth::solvers
