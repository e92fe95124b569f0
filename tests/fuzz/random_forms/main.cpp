#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "fem/language/form_file.hpp"
#include "solvers/verify/verify.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/kernel/print.hpp"
#include "synth/run/ptx_executor.hpp"
#include "tests/fuzz/random_forms/form_generator.hpp"
#include "tests/support/ir_executor.hpp"

/// Random well-typed forms: what the compiler makes of each, executed, equals what the oracle
/// makes of it.
namespace femsynth::testing {
namespace {

struct Options {
  int count = 200;
  std::uint64_t first = 1;
  GeneratorOptions generator;
  std::string executor = "ir";
  bool print = false;
  bool verbose = false;
  double time_limit = 0;
};

enum class Outcome { verified, untested, refused, wrong };

struct Result {
  Outcome outcome = Outcome::wrong;
  std::string detail;
};

/// The strategy is a function of the seed, so that all take part.
synth::Strategy strategy_for(std::uint64_t seed, int rank) {
  constexpr synth::Strategy all[] = {synth::Strategy::element, synth::Strategy::atomic,
                                     synth::Strategy::matrix_free, synth::Strategy::reduction};
  for (std::uint64_t k = seed;; ++k) {
    if (synth::applies(all[k % 4], rank)) return all[k % 4];
  }
}

/// Does everything in the form cancel, as the language or lowering sees? A random one may be.
bool is_zero(const std::string& message) {
  return message.find(" is zero") != std::string::npos ||
         message.find("of a form that has no argument") != std::string::npos;
}

/// Is the error one of a limit, or of what the notes say is not supported?
bool is_limit(const std::string& message) {
  for (const char* text : {"quadrature degree", "limit", "more than", "too large", "too many",
                           "of a finite element function: at most"}) {
    if (message.find(text) != std::string::npos) return true;
  }
  return false;
}

class Judge {
 public:
  explicit Judge(const std::string& executor)
      : reference_(solvers::load_reference()), ptx_(executor == "ptx") {
    if (ptx_) {
      executor_ = synth::make_ptx_executor();
    } else {
      executor_ = std::make_unique<synth::testing::IrExecutor>();
    }
  }

  Result operator()(std::uint64_t seed, const RandomForm& form) {
    try {
      return verdict(seed, form);
    } catch (const InputError& error) {
      if (is_zero(error.what())) return {Outcome::untested, error.what()};
      return {is_limit(error.what()) ? Outcome::refused : Outcome::wrong, error.what()};
    } catch (const MissingComponent& error) {
      return {is_limit(error.what()) ? Outcome::refused : Outcome::wrong, error.what()};
    } catch (const std::exception& error) {
      return {Outcome::wrong, error.what()};
    }
  }

 private:
  Result verdict(std::uint64_t seed, const RandomForm& random) {
    const fem::FormModule module = fem::parse_form(random.text, "random.py", {.form = "form"});
    const fem::Form& form = module.forms.at(0);
    synth::Schedule schedule;
    schedule.strategy = strategy_for(seed, fem::rank(module.graph, form));
    if (random.complex) schedule.precision = synth::Precision::c128;
    schedule.block_size = 32;
    const synth::Program program = synth::make_program(module, form, schedule);
    synth::CompiledModule compiled;
    if (ptx_) {
      compiled = synth::compile_cuda(program.cuda, "random.cu");
    } else {
      compiled.ptx = synth::to_text(program.ir);
    }
    solvers::VerifyOptions options;
    options.matrix_entries = 2'000;
    const auto cases = make_cases(seed, module, program);
    const solvers::VerifyReport report =
        solvers::verify_on(module, program, compiled, *executor_, *reference_, cases, options);
    if (report.passed()) return {Outcome::verified, ""};
    if (report.verdict() == "untested") return {Outcome::untested, report.reason};
    return {Outcome::wrong, solvers::to_text(report)};
  }

  /// One mesh of a few perturbed cells, with two inputs.
  static std::vector<solvers::VerifyCase> make_cases(std::uint64_t seed,
                                                     const fem::FormModule& module,
                                                     const synth::Program& program) {
    auto meshes = solvers::trial_meshes(module, program, seed, 0);
    solvers::VerifyCase one{std::move(meshes.at(1)), {}};
    const synth::AssemblySpaces spaces = synth::make_spaces(module, program, one.mesh.mesh);
    for (std::uint64_t k = 0; k < 2; ++k) {
      one.inputs.push_back(solvers::random_inputs(module, program, spaces, {}, seed, k));
    }
    return {std::move(one)};
  }

  std::unique_ptr<solvers::Reference> reference_;
  std::unique_ptr<synth::Executor> executor_;
  bool ptx_;
};

int run(const Options& options) {
  Judge judge(options.executor);
  int counts[4] = {};
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  int done = 0;
  for (; done < options.count && !(options.time_limit > 0 && seconds() > options.time_limit);
       ++done) {
    const std::uint64_t seed = options.first + static_cast<std::uint64_t>(done);
    const RandomForm form = random_form(seed, options.generator);
    if (options.print) {
      fmt::print("# seed {}\n{}\n", seed, form.text);
      continue;
    }
    const Result result = judge(seed, form);
    ++counts[static_cast<int>(result.outcome)];
    if (result.outcome == Outcome::wrong || (options.verbose && !result.detail.empty())) {
      fmt::print("seed {}: {}\n{}\n", seed, result.detail, form.text);
    }
    std::fflush(stdout);
  }
  if (options.print) return 0;
  fmt::print("{} forms in {:.1f} s ({}): {} verified, {} untested, {} refused, {} wrong\n", done,
             seconds(), options.executor, counts[0], counts[1], counts[2], counts[3]);
  // A generator whose forms show nothing is broken as well; one in ten is zero (second derivatives
  // of linear functions, jumps of continuous ones).
  return counts[3] == 0 && 5 * counts[0] >= 4 * done ? 0 : 1;
}

}  // namespace
}  // namespace femsynth::testing

int main(int argc, char** argv) {
  using namespace femsynth::testing;
  CLI::App app("Random well-typed forms: compiled and interpreted values agree");
  Options options;
  std::vector<std::string> features;
  bool plain = false;
  app.add_option("--count", options.count, "Forms")->capture_default_str();
  app.add_flag("--verbose", options.verbose, "Prints the forms that are untested or refused, too");
  app.add_option("--first", options.first, "Seed of the first form")->capture_default_str();
  app.add_option("--depth", options.generator.depth, "Nesting of expressions")
      ->capture_default_str();
  app.add_option("--executor", options.executor, "ir: the kernel IR interpreted; ptx: emulated")
      ->check(CLI::IsMember({"ir", "ptx"}))
      ->capture_default_str();
  std::vector<std::string> known;
  for (const auto& [name, feature] : feature_names()) known.push_back(name);
  app.add_option("--with", features, "Features that forms may have; default: all")
      ->check(CLI::IsMember(known));
  app.add_flag("--plain", plain, "Forms without any of the features");
  app.add_option("--seconds", options.time_limit, "Ends after this time");
  app.add_flag("--print", options.print, "Prints the forms and judges none");
  CLI11_PARSE(app, argc, argv);
  for (const auto& [name, feature] : feature_names()) {
    const bool named = std::find(features.begin(), features.end(), name) != features.end();
    if (!plain && (features.empty() || named)) options.generator.features.insert(feature);
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
