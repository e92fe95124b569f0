#include "solvers/verify/expression.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fem/form/algebra.hpp"
#include "fem/form/transform.hpp"
#include "solvers/verify/compare.hpp"

namespace femsynth::solvers {
namespace {

using meshes::Mesh;

/// Cells of a mesh that are compared.
constexpr std::size_t kMaxCells = 5;
/// Inputs on each mesh, at most: each costs a walk through all cells and points.
constexpr int kMaxInputs = 4;

/// The values of a cell's dofs, in the numbering of that cell's own mesh.
std::vector<double> restricted(const std::vector<double>& values, const fem::DofMap& map,
                               std::size_t c, const fem::DofMap& own, int parts) {
  std::vector<double> result(own.dof_count() * static_cast<std::size_t>(parts));
  const std::size_t width =
      static_cast<std::size_t>(map.block_size) * static_cast<std::size_t>(parts);
  for (std::size_t i = 0; i < map.cell(c).size(); ++i) {
    const std::size_t from = static_cast<std::size_t>(map.cell(c)[i]) * width;
    const std::size_t to = static_cast<std::size_t>(own.cell(0)[i]) * width;
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(from), width,
                result.begin() + static_cast<std::ptrdiff_t>(to));
  }
  return result;
}

class ExpressionVerifier {
 public:
  ExpressionVerifier(const fem::FormModule& module, const fem::PointExpression& expression,
                     const synth::Program& program, Reference& reference)
      : module_(module),
        program_(program),
        reference_(reference),
        parts_(synth::is_complex(program.schedule.precision) ? 2 : 1),
        u_(unit_roundoff(program.schedule.precision)) {
    fem::ExprGraph graph = module.graph;
    const fem::ExprId det =
        fem::geometric_quantity(graph, fem::GeometricQuantity::jacobian_determinant);
    const fem::ExprId measure = fem::function(graph, fem::Op::abs, det);
    const std::vector<fem::ExprId> components = fem::components_of(graph, expression.value);
    std::vector<fem::Form> forms;
    for (const fem::ExprId component : components) {
      const fem::ExprId value = fem::divide(graph, component, measure);
      fem::Form form{"", {{fem::IntegralKind::cell, {}, {}, value, {}}}};
      forms.push_back(fem::renumbered_arguments(graph, form));
    }
    const auto t = static_cast<std::size_t>(graph.topological_dim());
    for (std::size_t p = 0; p < expression.points.size() / t; ++p) {
      const auto begin = expression.points.begin() + static_cast<std::ptrdiff_t>(p * t);
      const PointRule rule{true, 0, {begin, begin + static_cast<std::ptrdiff_t>(t)}, {1.0}, {}};
      for (const fem::Form& form : forms) {
        const std::vector<ReferenceIntegral> integrals{
            {fem::IntegralKind::cell, {}, form.integrals[0].integrand, rule}};
        forms_.push_back(std::make_unique<ReferenceForm>(graph, fem::argument_elements(graph, form),
                                                         integrals, parts_ == 2));
      }
    }
  }

  /// The oracle's values of a cell: [point][component][dof], (re, im) pairs.
  ReferenceValues expected(const Mesh& mesh, const synth::AssemblySpaces& spaces, std::size_t c,
                           const synth::FormInputs& inputs) const {
    Mesh cell = only_cell(mesh, c);
    if (!spaces.cell_orientations.empty()) {
      cell.orientation_hints = {spaces.cell_orientations[c]};
    }
    const synth::AssemblySpaces own = synth::make_spaces(module_, program_, cell);
    std::vector<std::vector<double>> values(inputs.coefficients.size());
    ReferenceSpaces maps;
    ReferenceInputs view;
    for (const fem::DofMap& map : own.arguments) maps.arguments.push_back(&map);
    for (std::size_t k = 0; k < inputs.coefficients.size(); ++k) {
      const bool read = k < own.coefficients.size() && own.coefficients[k].nodes_per_cell > 0;
      if (read) {
        values[k] = restricted(inputs.coefficients[k], spaces.coefficients[k], c,
                               own.coefficients[k], parts_);
      }
      maps.coefficients.push_back(read ? &own.coefficients[k] : nullptr);
      view.coefficients.emplace_back(values[k]);
    }
    for (const auto& constant : inputs.constants) view.constants.emplace_back(constant);
    ReferenceValues all;
    for (const auto& form : forms_) {
      const ReferenceValues one =
          reference_.evaluate(*form, cell, maps, std::span(&view, 1), u_).front();
      append(one, own, all);
    }
    return all;
  }

 private:
  /// Puts a functional or vector behind `all`, dofs in the order of the cell.
  void append(const ReferenceValues& one, const synth::AssemblySpaces& own,
              ReferenceValues& all) const {
    const auto take = [&](std::size_t k) {
      for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
        const std::size_t at = k * static_cast<std::size_t>(parts_) + part;
        all.value.push_back(one.value[at]);
        all.magnitude.push_back(one.magnitude[at]);
        all.bound.push_back(one.bound[at]);
      }
    };
    if (own.arguments.empty()) return take(0);
    const fem::DofMap& map = own.arguments[0];
    for (const std::int32_t node : map.cell(0)) {
      for (int b = 0; b < map.block_size; ++b) {
        take(static_cast<std::size_t>(node) * static_cast<std::size_t>(map.block_size) +
             static_cast<std::size_t>(b));
      }
    }
  }

  const fem::FormModule& module_;
  const synth::Program& program_;
  Reference& reference_;
  int parts_;
  double u_;
  std::vector<std::unique_ptr<ReferenceForm>> forms_;  // [point][component]
};

void finish(VerifyReport& report, bool meaningful) {
  report.tier = Tier::executed;
  const Check* worst = report.worst();
  const bool failed = std::any_of(report.checks.begin(), report.checks.end(),
                                  [](const Check& check) { return !check.pass; });
  if (failed) {
    report.reason = "a value differs from the oracle's: " + worst->mesh;
  } else if (!meaningful) {
    report.reason = "no test: every value is zero or undecided";
  } else {
    report.tier = Tier::verified;
  }
}

}  // namespace

VerifyReport verify_expression(const fem::FormModule& module,
                               const fem::PointExpression& expression,
                               const synth::Program& program, const synth::CompiledModule& compiled,
                               synth::Executor& executor, Reference& reference,
                               const VerifyOptions& options) {
  VerifyReport report;
  report.form = expression.name;
  report.strategy = synth::name_of(program.schedule.strategy);
  report.precision = synth::name_of(program.schedule.precision);
  report.executor = executor.name();
  report.oracle = reference.name();
  report.oracle_version = reference.version();
  const ExpressionVerifier verifier(module, expression, program, reference);
  const auto loaded = executor.load(compiled);
  bool meaningful = false;
  std::uint64_t counter = 0;
  for (const TrialMesh& trial : trial_meshes(module, program, options.seed, 0)) {
    const synth::AssemblySpaces spaces = synth::make_spaces(module, program, trial.mesh);
    for (int input = 0; input < std::min(options.inputs, kMaxInputs); ++input) {
      const synth::FormInputs inputs =
          random_inputs(module, program, spaces, options.range, options.seed, counter++);
      synth::Tabulated run;
      try {
        run = synth::tabulate_expression(module, program, *loaded, executor, trial.mesh, spaces,
                                         inputs);
      } catch (const synth::ExecutionFault& fault) {
        report.reason = std::string("fault: ") + fault.what();
        return report;
      }
      const std::size_t a_cell = run.values.size() / trial.mesh.cell_count();
      Check check;
      check.form = report.form;
      check.strategy = report.strategy;
      check.executor = report.executor;
      check.oracle = report.oracle;
      check.mesh = trial.name;
      check.input = input;
      check.quantity = "expression";
      ReferenceValues expected;
      const std::size_t cells = std::min(trial.mesh.cell_count(), kMaxCells);
      for (std::size_t c = 0; c < cells; ++c) {
        const ReferenceValues one = verifier.expected(trial.mesh, spaces, c, inputs);
        expected.value.insert(expected.value.end(), one.value.begin(), one.value.end());
        expected.magnitude.insert(expected.magnitude.end(), one.magnitude.begin(),
                                  one.magnitude.end());
        expected.bound.insert(expected.bound.end(), one.bound.begin(), one.bound.end());
      }
      compare(std::span(run.values).first(a_cell * cells), expected, {}, program.schedule.precision,
              0, check);
      check.pass = check.pass && run.inputs_unchanged;
      meaningful = meaningful || has_nonzero(expected);
      report.checks.push_back(std::move(check));
    }
  }
  finish(report, meaningful);
  return report;
}

}  // namespace femsynth::solvers
