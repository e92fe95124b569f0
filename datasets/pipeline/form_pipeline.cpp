#include "datasets/pipeline/form_pipeline.hpp"

#include <fmt/format.h>

#include <chrono>

#include "datasets/pipeline/launch_records.hpp"
#include "datasets/writer.hpp"
#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/language/form_file.hpp"
#include "fem/passes/passes.hpp"
#include "meshes/support/error.hpp"
#include "solvers/verify/verify.hpp"
#include "synth/kernel/print.hpp"
#include "synth/program.hpp"

namespace femsynth::datasets {
namespace {

struct PreparedForm : Prepared {
  explicit PreparedForm(fem::FormModule read) : module(std::move(read)) {}
  fem::FormModule module;
};

/// Adds the seconds until the end of its life to a stage.
class StageTimer {
 public:
  StageTimer(SampleTimes& times, const char* stage) : times_(times), stage_(stage) {}
  ~StageTimer() {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    times_.seconds[stage_] += seconds.count();
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  SampleTimes& times_;
  const char* stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

synth::Schedule schedule_of(const Record& record) {
  synth::Schedule schedule;
  schedule.block_size = static_cast<int>(record.block_size);
  schedule.precision = record.precision == synth::name_of(synth::Precision::f32)
                           ? synth::Precision::f32
                           : synth::Precision::f64;
  for (const auto strategy : {synth::Strategy::element, synth::Strategy::atomic,
                              synth::Strategy::matrix_free, synth::Strategy::reduction}) {
    if (record.strategy == synth::name_of(strategy)) {
      schedule.strategy = strategy;
      return schedule;
    }
  }
  throw InputError(fmt::format("no strategy '{}'", record.strategy));
}

solvers::VerifyOptions verify_options(const Record& record, int inputs, std::uint64_t seed) {
  solvers::VerifyOptions options;
  options.inputs = inputs;
  options.seed = seed != 0 ? seed : key_bits(record.key);
  return options;
}

Check to_record(const solvers::Check& c) {
  return {c.form,      c.strategy, c.executor,  c.oracle, c.mesh,  c.input,  c.quantity, c.entries,
          c.undecided, c.error,    c.tolerance, c.ratio,  c.entry, c.detail, c.pass};
}

void store(const solvers::VerifyReport& report, Record& record) {
  for (const solvers::Check& check : report.checks) record.checks.push_back(to_record(check));
  for (const solvers::MeshRun& run : report.runs) {
    record.counts.push_back({run.mesh, run.cells, run.counts});
  }
  switch (report.tier) {
    case solvers::Tier::compiled:
      record.tier = Tier::compiled;
      record.failure = {"execute", report.reason};
      return;
    case solvers::Tier::executed:
      record.tier = Tier::executed;
      record.failure = {"verify", report.reason};
      return;
    case solvers::Tier::verified:
      record.tier = Tier::verified;
      return;
  }
}

/// Rough operations for one cell: what a kernel's loops over points and dofs multiply to.
double cost_of(const fem::FormModule& module) {
  const fem::Form& form = module.forms[0];
  double dofs = 1;
  for (const fem::Element& element : fem::argument_elements(module.graph, form)) {
    dofs *= fem::dimension(element) * element.block_size();
  }
  double points = 0;
  for (const fem::IntegralGroup& group : fem::run_passes(module, form).groups) {
    const auto cell = module.graph.cell();
    points += static_cast<double>(
        group.kind == fem::IntegralKind::cell
            ? fem::cell_quadrature(cell, group.degree, group.scheme).size()
            : fem::facet_quadrature(cell, 0, group.degree, group.scheme).size());
  }
  return dofs * points * (1 + module.graph.dim());
}

}  // namespace

class FormPipeline::Borrowed {
 public:
  explicit Borrowed(FormPipeline& pipeline) : pipeline_(pipeline) {
    {
      const std::lock_guard lock(pipeline.mutex_);
      if (!pipeline.shelf_.empty()) {
        bench_ = std::move(pipeline.shelf_.back());
        pipeline.shelf_.pop_back();
      }
    }
    if (bench_ != nullptr) return;
    bench_ = std::make_unique<Bench>();
    bench_->executor = pipeline.options_.make_executor();
    bench_->reference = pipeline.options_.make_reference();
  }
  ~Borrowed() {
    const std::lock_guard lock(pipeline_.mutex_);
    pipeline_.shelf_.push_back(std::move(bench_));
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Bench* operator->() const { return bench_.get(); }

 private:
  FormPipeline& pipeline_;
  std::unique_ptr<Bench> bench_;
};

FormPipeline::FormPipeline(PipelineOptions options, synth::Compiler& compiler)
    : options_(std::move(options)), compiler_(&compiler) {
  const Borrowed bench(*this);
  versions_ = {{"femsynth", FEMSYNTH_VERSION},
               {"nvrtc", synth::nvrtc_info().version},
               {bench->reference->name(), bench->reference->version()},
               {"basix", FEMSYNTH_BASIX_VERSION}};
}

FormPipeline::~FormPipeline() = default;

std::map<std::string, std::string> FormPipeline::settings() const {
  return {{"inputs", std::to_string(options_.inputs)}, {"meshes", "3"}};
}

std::unique_ptr<const Prepared> FormPipeline::prepare(const std::string& form_text,
                                                      const Choice& choice) {
  const fem::LanguageOptions language{choice.form, false};
  auto prepared =
      std::make_unique<PreparedForm>(fem::parse_form(form_text, choice.family + ".py", language));
  const fem::FormModule& module = prepared->module;
  prepared->canonical_form = fem::canonical_text(module.graph, module.forms.at(0));
  prepared->rank = fem::rank(module.graph, module.forms[0]);
  prepared->cost = cost_of(module);
  return prepared;
}

void FormPipeline::make(const Prepared& prepared, Record& record, SampleTimes& times) {
  const auto& module = dynamic_cast<const PreparedForm&>(prepared).module;
  const char* stage = "lower";
  try {
    synth::Program program;
    {
      const StageTimer timer(times, stage);
      program = synth::make_program(module, module.forms[0], schedule_of(record));
      record.kernel_ir = synth::to_text(program.ir);
      record.cuda = program.cuda;
    }
    stage = "compile";
    synth::CompiledModule compiled;
    {
      const StageTimer timer(times, stage);
      synth::CompileOptions options;
      options.arch = options_.arch;
      compiled = compiler_->compile({record.cuda, record.family + ".cu", options});
      record.options = compiled.options;
      record.ptx = compiled.ptx;
      record.cubin = compiled.cubin;
      record.compile_log = compiled.log;
      record.resources = compiled.resources;
      record.tier = Tier::compiled;
    }
    const Borrowed bench(*this);
    stage = "verify";
    const StageTimer timer(times, stage);
    const auto options = verify_options(record, options_.inputs, 0);
    record.launches = launch_records(module, program, options.seed);
    store(solvers::verify(module, program, compiled, *bench->executor, *bench->reference, options),
          record);
  } catch (const Error& error) {
    // Without NVRTC or oracle nothing is wrong with the sample; an oracle that cannot evaluate
    // this form says so by the same type.
    const bool missing = error.status() == ExitStatus::missing_component;
    if (missing && std::string_view(stage) != "verify") throw;
    record.failure = {stage, error.what()};
  }
}

std::string FormPipeline::execute_again(const Record& record, std::uint64_t seed) {
  Choice choice;
  choice.family = record.family;
  choice.form = record.form;
  const auto prepared = prepare(record.form_text, choice);
  if (prepared->canonical_form != record.canonical_form) {
    return "its form text does not give its canonical form any more";
  }
  const auto& module = dynamic_cast<const PreparedForm&>(*prepared).module;
  const synth::Program program = synth::make_program(module, module.forms[0], schedule_of(record));
  if (program.cuda != record.cuda || synth::to_text(program.ir) != record.kernel_ir) {
    return "this femsynth lowers its form to other kernels than it holds";
  }
  synth::CompiledModule stored;
  stored.arch = record.arch;
  stored.ptx = record.ptx;
  stored.cubin = record.cubin;
  stored.resources = record.resources;
  const Borrowed bench(*this);
  const auto report = solvers::verify(module, program, stored, *bench->executor, *bench->reference,
                                      verify_options(record, options_.inputs, seed));
  return report.passed() ? "" : fmt::format("{}: {}", report.verdict(), report.reason);
}

}  // namespace femsynth::datasets
