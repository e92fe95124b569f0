#include "cli/pipeline.hpp"

#include <chrono>

namespace femsynth::cli {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

CompiledForm lower_form(const fem::FormModule& module, const fem::Form& form,
                        const synth::Schedule& schedule) {
  CompiledForm result{synth::make_program(module, form, schedule), {}, {}, false, {}};
  result.times = result.program.timings;
  return result;
}

CompiledForm lower_expression(const fem::FormModule& module, const fem::PointExpression& expression,
                              const synth::Schedule& schedule) {
  const auto start = std::chrono::steady_clock::now();
  CompiledForm result{
      synth::make_expression_program(module, expression, schedule), {}, {}, false, {}};
  result.times.push_back({"lower and emit", seconds_since(start)});
  return result;
}

synth::CompileRequest request_for(const synth::Program& program, const std::string& arch) {
  synth::CompileRequest request;
  request.source = program.cuda;
  request.name = program.ir.name + ".cu";
  request.options.arch = arch;
  return request;
}

void compile_form(CompiledForm& form, synth::Compiler& compiler, const std::string& arch) {
  const std::uint64_t before = compiler.statistics().compilations;
  const auto start = std::chrono::steady_clock::now();
  form.module = compiler.compile(request_for(form.program, arch));
  form.from_cache = compiler.statistics().compilations == before;
  form.times.push_back(
      {form.from_cache ? "NVRTC (from the cache)" : "NVRTC", seconds_since(start)});
}

synth::Compiler::Settings compiler_settings(unsigned threads) {
  synth::Compiler::Settings settings;
  settings.threads = threads;
  return settings;
}

}  // namespace femsynth::cli
