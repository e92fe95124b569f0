#include <fmt/format.h>

#include "fem/passes/passes.hpp"
#include "synth/describe.hpp"
#include "synth/emit/cuda.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/optimise.hpp"
#include "synth/lower/context.hpp"
#include "synth/lower/element_function.hpp"
#include "synth/lower/integrand_function.hpp"
#include "synth/lower/kernels.hpp"
#include "synth/program.hpp"
#include "synth/program_size.hpp"

namespace femsynth::synth {
namespace {

/// The expression with derivatives at terminals only, as the integrand of a form's one integral.
fem::PassState lowered(const fem::FormModule& module, const fem::Form& form, bool complex) {
  fem::PassState state{module, module.graph, form, {}, complex};
  fem::lower_complex(state);
  fem::apply_derivatives(state);
  return state;
}

std::string describe(const fem::FormModule& module, const fem::PointExpression& expression,
                     const Program& program) {
  return fmt::format("{} at {} point{} of each cell\n\n{}{}",
                     fem::to_string(module.graph, expression.value), program.tabulated->points,
                     program.tabulated->points == 1 ? "" : "s",
                     describe_functions(module, program.form), name_of(program.schedule.precision));
}

/// Throws InputError for what would keep NVRTC busy for minutes.
void check_size(const Function& integrand, const Function& element, const TableSet& tables) {
  if (tables.entries() > limits::table_entries) {
    throw InputError(
        fmt::format("its tables have {} entries, at most {} are taken: take fewer "
                    "points, or lower the degree of an element",
                    tables.entries(), limits::table_entries));
  }
  ProgramSize size;
  size.add(integrand);
  size.add(element);
  const std::string excess = size.excess();
  if (!excess.empty()) throw InputError("the expression becomes " + excess);
}

}  // namespace

Program make_expression_program(const fem::FormModule& module,
                                const fem::PointExpression& expression, const Schedule& schedule) {
  Program program;
  const SourceLocation where = module.graph.location(expression.value);
  program.form = {expression.name, {{fem::IntegralKind::cell, {}, {}, expression.value, where}}};
  program.schedule = schedule;
  program.schedule.strategy = Strategy::element;
  program.rank = fem::rank(module.graph, program.form);
  if (program.rank > 1) {
    throw InputError(fmt::format("the expression '{}' has two arguments, at most one is tabulated",
                                 expression.name));
  }
  const bool complex = is_complex(schedule.precision);
  fem::PassState state = lowered(module, program.form, complex);
  FactorisedTensor value;
  const std::vector<fem::Element> arguments = fem::argument_elements(module.graph, program.form);
  const FormNames names =
      name_inputs(module.graph, fem::used_coefficients(module.graph, program.form),
                  fem::used_constants(module.graph, program.form));
  TableSet tables;
  IntegralContext context;
  IntegrandFunction integrand;
  ElementFunction element;
  try {
    value = factorise_components(state.graph, state.form.integrals[0].integrand, complex);
    const FormSettings settings{state.graph, arguments, expression.name, program.schedule, names};
    context = make_context(settings, expression.points, std::move(value), tables);
    integrand = make_integrand_function(context);
    element = make_element_function(context, integrand, tables);
    check_size(integrand.function, element.function, tables);
  } catch (const InputError& error) {
    throw LocatedError(module.path, where, error.what(), module.source);
  }
  program.tabulated = TabulatedShape{static_cast<int>(context.points.count),
                                     static_cast<int>(context.real.size()), context.dofs(0)};
  Kernel kernel = make_integral_kernel(context, element, false);
  Module& ir = program.ir;
  ir.name = context.form_name;
  ir.single_precision = is_single(schedule.precision);
  ir.comment = describe(module, expression, program);
  if (integrand.coefficients > 0) ir.functions.push_back(std::move(integrand.function));
  ir.functions.push_back(std::move(element.function));
  program.kernels.push_back(
      {kernel.function.name, KernelPlan::Kind::integral, 0, kernel.parameters});
  ir.functions.push_back(std::move(kernel.function));
  ir.tables = tables.take();
  check(ir);
  optimise(ir);
  program.cuda = emit_cuda(ir);
  program.lowered =
      std::make_shared<fem::LoweredForm>(fem::LoweredForm{std::move(state.graph), {}, {}});
  return program;
}

}  // namespace femsynth::synth
