#include "synth/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "fem/passes/passes.hpp"
#include "synth/describe.hpp"
#include "synth/emit/cuda.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/optimise.hpp"
#include "synth/lower/choose_method.hpp"
#include "synth/lower/context.hpp"
#include "synth/lower/element_function.hpp"
#include "synth/lower/integrand_function.hpp"
#include "synth/lower/kernels.hpp"
#include "synth/program_size.hpp"

namespace femsynth::synth {

const char* name_of(Strategy strategy) {
  switch (strategy) {
    case Strategy::element:
      return "element";
    case Strategy::atomic:
      return "atomic";
    case Strategy::matrix_free:
      return "matrix_free";
    case Strategy::reduction:
      return "reduction";
  }
  throw InternalError("unknown strategy");
}

const char* name_of(Method method) {
  switch (method) {
    case Method::quadrature:
      return "quadrature";
    case Method::reference_tensor:
      return "reference_tensor";
    case Method::sum_factorisation:
      return "sum_factorisation";
  }
  throw InternalError("unknown method");
}

const char* name_of(Precision precision) {
  switch (precision) {
    case Precision::f64:
      return "f64";
    case Precision::f32:
      return "f32";
    case Precision::c128:
      return "c128";
    case Precision::c64:
      return "c64";
  }
  throw InternalError("unknown precision");
}

bool applies(Strategy strategy, int rank) {
  switch (strategy) {
    case Strategy::element:
      return true;
    case Strategy::atomic:
      return rank >= 1;
    case Strategy::matrix_free:
      return rank == 2;
    case Strategy::reduction:
      return rank == 0;
  }
  throw InternalError("unknown strategy");
}

Strategy default_strategy(int rank) { return rank == 0 ? Strategy::reduction : Strategy::atomic; }

namespace {

/// "dx" where the form has one integral, else "dx0", "ds1", ….
std::string suffix_of(const std::vector<fem::IntegralGroup>& groups, std::size_t k) {
  const char* measure = fem::measure_name(groups[k].kind);
  return groups.size() == 1 ? measure : fmt::format("{}{}", measure, k);
}

/// "degree 4", "degree 3, rule gll", "at the vertices".
std::string rule_text(const fem::IntegralGroup& group) {
  if (group.scheme.is_default()) return fmt::format("degree {}", group.degree);
  if (group.scheme.has_degree()) {
    return fmt::format("degree {}, rule {}", group.degree, group.scheme.name);
  }
  return group.scheme.custom ? fmt::format("at {} points", group.scheme.custom->size())
                             : "at the vertices";
}

std::string describe(const fem::FormModule& module, const fem::Form& form,
                     const std::vector<fem::IntegralGroup>& groups, const Schedule& schedule) {
  std::string text =
      fmt::format("{}\n", fem::to_string(module.graph, form)) + describe_functions(module, form);
  for (std::size_t k = 0; k < groups.size(); ++k) {
    text += fmt::format("{}: quadrature {}{}\n", suffix_of(groups, k), rule_text(groups[k]),
                        groups[k].exact ? ", exact" : "");
  }
  return text +
         fmt::format("strategy {}, {}", name_of(schedule.strategy), name_of(schedule.precision));
}

/// Notes how long steps take that follow one another without a gap.
class StepClock {
 public:
  explicit StepClock(std::vector<fem::PassTiming>& timings) : timings_(timings) {}
  void start() { begin_ = std::chrono::steady_clock::now(); }
  /// Ends a step, which began where the one before ended.
  void end(std::string_view step) {
    const auto now = std::chrono::steady_clock::now();
    timings_.push_back({std::string(step), std::chrono::duration<double>(now - begin_).count()});
    begin_ = now;
  }

 private:
  std::vector<fem::PassTiming>& timings_;
  std::chrono::steady_clock::time_point begin_;
};

/// Lowers the form's groups one after another into one module.
class ProgramBuilder {
 public:
  ProgramBuilder(const fem::FormModule& source, const fem::Form& form, const Schedule& schedule)
      : source_(source) {
    program_.lowered = std::make_shared<fem::LoweredForm>(
        fem::run_passes(source, form, is_complex(schedule.precision)));
    program_.timings = program_.lowered->timings;
    program_.form = form;
    program_.schedule = schedule;
    program_.rank = fem::rank(source.graph, form);
    if (!applies(schedule.strategy, program_.rank)) {
      throw InputError(fmt::format("strategy '{}' does not apply to the form '{}' of rank {}",
                                   name_of(schedule.strategy), form.name, program_.rank));
    }
    const int block = schedule.block_size;
    if (block < 32 || block > 1024 || (block & (block - 1)) != 0) {
      throw InputError(
          fmt::format("block size {}: a power of two from 32 to 1024 is needed", block));
    }
    clock_.start();
    factorise_groups();
    clock_.end("factorise");
    if (program_.integrals.empty()) {
      throw InputError(
          fmt::format("the form '{}' is zero: there is nothing to compute", form.name));
    }
  }

  Program build() {
    const std::string name = identifier(program_.form.name);
    program_.ir.name = name;
    program_.ir.single_precision = is_single(program_.schedule.precision);
    program_.ir.comment = describe(source_, program_.form, program_.integrals, program_.schedule);
    const bool accumulates = program_.schedule.strategy == Strategy::atomic ||
                             program_.schedule.strategy == Strategy::matrix_free;
    const int block = program_.schedule.block_size;
    const bool complex = is_complex(program_.schedule.precision);
    if (accumulates) add(make_fill_kernel(name, block, complex), KernelPlan::Kind::fill, 0);
    const FormNames names =
        name_inputs(source_.graph, fem::used_coefficients(source_.graph, program_.form),
                    fem::used_constants(source_.graph, program_.form));
    const std::vector<fem::Element> arguments =
        fem::argument_elements(source_.graph, program_.form);
    const FormSettings settings{program_.lowered->graph, arguments, program_.form.name,
                                program_.schedule, names};
    for (std::size_t k = 0; k < program_.integrals.size(); ++k) add_integral(k, settings);
    if (program_.schedule.strategy == Strategy::reduction) {
      add(make_finish_kernel(name, block, complex), KernelPlan::Kind::finish, 0);
    }
    program_.ir.tables = tables_.take();
    check(program_.ir);
    clock_.end("lower");
    OptimiseOptions options;
    options.observe = [&](std::string_view pass, double, const Module&) { clock_.end(pass); };
    optimise(program_.ir, options);
    program_.cuda = emit_cuda(program_.ir);
    clock_.end("emit");
    return std::move(program_);
  }

 private:
  void add(Kernel kernel, KernelPlan::Kind kind, std::size_t integral) {
    program_.kernels.push_back({kernel.function.name, kind, integral, kernel.parameters});
    program_.ir.functions.push_back(std::move(kernel.function));
  }

  [[noreturn]] void refuse(const fem::IntegralGroup& group, const std::string& why) const {
    const fem::Integral& first = program_.form.integrals[group.members.front()];
    throw LocatedError(source_.path, first.where, why, source_.source);
  }

  void check_size(const fem::IntegralGroup& group, const Function& function) {
    size_.add(function);
    const std::string excess = size_.excess();
    if (!excess.empty()) refuse(group, "the form becomes " + excess);
  }

  /// Factorises the integrands; those in which everything cancels are left out.
  void factorise_groups() {
    for (const fem::IntegralGroup& group : program_.lowered->groups) {
      Integrand integrand;
      try {
        integrand = factorise(program_.lowered->graph, group.integrand,
                              is_complex(program_.schedule.precision));
      } catch (const InputError& error) {
        refuse(group, error.what());
      }
      if (integrand.terms.empty() && integrand.imaginary.empty()) continue;
      program_.integrals.push_back(group);
      integrands_.push_back(std::move(integrand));
    }
  }

  void add_integral(std::size_t k, const FormSettings& settings) {
    const fem::IntegralGroup& group = program_.integrals[k];
    IntegralContext context;
    IntegrandFunction integrand;
    ElementFunction element;
    MethodChoice choice;
    try {
      context = make_context(settings, group, std::move(integrands_[k]),
                             suffix_of(program_.integrals, k), tables_);
      integrand = make_integrand_function(context);
      element =
          choose_element_function(context, integrand, tables_, program_.schedule.method, choice);
    } catch (const InputError& error) {
      refuse(group, error.what());
    }
    program_.methods.push_back(std::move(choice));
    check_size(group, integrand.function);
    check_size(group, element.function);
    if (element.preparation) check_size(group, *element.preparation);
    program_.ir.functions.push_back(std::move(integrand.function));
    Kernel kernel = make_integral_kernel(context, element, !group.subdomains.empty());
    if (element.preparation) program_.ir.functions.push_back(std::move(*element.preparation));
    program_.ir.functions.push_back(std::move(element.function));
    add(std::move(kernel), KernelPlan::Kind::integral, k);
  }

  const fem::FormModule& source_;
  Program program_;
  StepClock clock_{program_.timings};
  std::vector<Integrand> integrands_;  // beside Program::integrals
  TableSet tables_;
  ProgramSize size_;
};

}  // namespace

Program make_program(const fem::FormModule& module, const fem::Form& form,
                     const Schedule& schedule) {
  return ProgramBuilder(module, form, schedule).build();
}

}  // namespace femsynth::synth
