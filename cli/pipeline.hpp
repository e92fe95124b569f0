#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "fem/form/form.hpp"
#include "fem/passes/passes.hpp"
#include "synth/compile/compiler.hpp"
#include "synth/program.hpp"

/// A form's way through the compiler, with what `compile` reports about it.
namespace femsynth::cli {

/// A form, or an expression at points, at every level.
struct CompiledForm {
  synth::Program program;
  std::optional<synth::CompiledModule> module;  ///< PTX and cubin
  std::string not_compiled;                     ///< why there is no module
  bool from_cache = false;
  std::vector<fem::PassTiming> times;  ///< of all steps, the program's among them
};

/// Passes, lowering and emission.
CompiledForm lower_form(const fem::FormModule& module, const fem::Form& form,
                        const synth::Schedule& schedule);
CompiledForm lower_expression(const fem::FormModule& module, const fem::PointExpression& expression,
                              const synth::Schedule& schedule);
/// Adds PTX and cubin. Throws MissingComponent without NVRTC.
void compile_form(CompiledForm& form, synth::Compiler& compiler, const std::string& arch);
/// The request that compile_form makes.
synth::CompileRequest request_for(const synth::Program& program, const std::string& arch);

/// A compiler for one verb's work: one thread.
synth::Compiler::Settings compiler_settings(unsigned threads);

}  // namespace femsynth::cli
