#include "cli/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace femsynth::cli {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

CompiledForm lower_form(const fem::FormModule& module, const fem::Form& form,
                        const synth::Schedule& schedule) {
  const auto start = std::chrono::steady_clock::now();
  synth::Program program = synth::make_program(module, form, schedule);
  const double total = seconds_since(start);
  // make_program runs the same passes; here they are timed one by one.
  CompiledForm result{std::move(program), fem::run_passes(module, form), {}, {}, false, {}};
  double passes = 0;
  for (const fem::PassTiming& pass : result.lowered.timings) {
    result.times.push_back({pass.name, pass.seconds});
    passes += pass.seconds;
  }
  result.times.push_back({"lower, optimise, emit", std::max(0.0, total - passes)});
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
