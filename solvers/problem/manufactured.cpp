#include "solvers/problem/manufactured.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fem/form/algebra.hpp"
#include "fem/form/tensor_builder.hpp"
#include "fem/form/transform.hpp"
#include "fem/passes/passes.hpp"
#include "fem/spaces/interpolate.hpp"
#include "meshes/generate.hpp"
#include "solvers/linear/solve.hpp"
#include "solvers/problem/boundary.hpp"
#include "solvers/problem/error_forms.hpp"
#include "synth/run/assembly.hpp"

namespace femsynth::solvers {
namespace {

/// How far an observed order may stay below the theory's on these meshes.
constexpr double kOrderSlack = 0.35;
/// Largest number of dofs of the finest mesh.
constexpr double kMaxDofs = 6000;

/// The components of u*, sin(Σ_i (1 + (i + 2 c)/5) x_i + c/2): smooth, different in each component.
std::vector<fem::ExprId> exact_components(fem::ExprGraph& graph, int count) {
  const fem::ExprId x = fem::spatial_coordinate(graph);
  std::vector<fem::ExprId> components;
  for (int c = 0; c < count; ++c) {
    fem::ExprId phase = fem::real(graph, 0.5 * c + 0.25);
    for (int i = 0; i < graph.dim(); ++i) {
      const fem::ExprId factor = fem::real(graph, 1.0 + (i + 2 * c) / 5.0);
      const fem::ExprId x_i = fem::indexed(graph, x, {{false, i}});
      phase = fem::add(graph, phase, fem::multiply(graph, factor, x_i));
    }
    components.push_back(fem::function(graph, fem::Op::sin, phase));
  }
  return components;
}

/// Constant values of a coefficient or constant of that shape that keep a form elliptic.
std::vector<double> tame_values(const fem::Shape& shape) {
  const auto n = static_cast<std::size_t>(fem::size_of(shape));
  if (shape.empty()) return {1.25};
  std::vector<double> values(n, 0.0);
  if (shape.size() == 2 && shape[0] == shape[1]) {
    for (std::size_t k = 0; k < n; k += static_cast<std::size_t>(shape[0]) + 1) values[k] = 1.0;
    return values;
  }
  for (std::size_t k = 0; k < n; ++k) values[k] = 0.1 * static_cast<double>(k + 1);
  return values;
}

/// Meshes each twice as fine as the one before, of about kMaxDofs at most.
std::vector<std::string> mesh_sequence(const fem::Element& element) {
  const meshes::CellType cell = element.cell;
  const int dim = meshes::dimension(cell);
  const auto spec = [&](int n) {
    std::string text = fmt::format("{}:{}", meshes::name_of(cell), n);
    for (int k = 1; k < dim; ++k) text += fmt::format("x{}", n);
    return text;
  };
  const double per_axis =
      std::pow(kMaxDofs / element.block_size(), 1.0 / dim) / std::max(element.degree, 1);
  int finest = 4;
  while (2 * finest <= std::min(per_axis, dim == 1 ? 64.0 : 32.0)) finest *= 2;
  return {spec(finest / 4), spec(finest / 2), spec(finest)};
}

std::string why_not(const fem::FormModule& module, const fem::Form& form) {
  if (fem::rank(module.graph, form) != 2) return "it is no bilinear form";
  const std::vector<fem::Element> elements = fem::argument_elements(module.graph, form);
  if (elements[0] != elements[1]) return "test and trial function are of different spaces";
  if (elements[0].symmetric) return "the space is one of symmetric tensors, which u* is not";
  if (elements[0].family != fem::Family::lagrange) return "the element is not continuous Lagrange";
  if (!meshes::is_simplex(elements[0].cell) &&
      elements[0].cell != meshes::CellType::quadrilateral &&
      elements[0].cell != meshes::CellType::hexahedron) {
    return "no sequence of meshes is made of such cells";
  }
  if (!(module.graph.domain() == fem::Domain(elements[0].cell))) return "the mesh is curved";
  bool derivative = false;
  for (const fem::Integral& integral : form.integrals) {
    if (integral.kind != fem::IntegralKind::cell || !integral.subdomains.empty()) {
      return "it has integrals over facets or subdomains";
    }
    for (const fem::ExprId id : fem::reachable(module.graph, integral.integrand)) {
      const fem::Op op = module.graph[id].op;
      derivative = derivative || op == fem::Op::grad || op == fem::Op::div || op == fem::Op::curl;
      if (op == fem::Op::coefficient) {
        const auto k = static_cast<std::size_t>(module.graph[id].number);
        const fem::Family family = module.graph.coefficients()[k].element.family;
        if (family != fem::Family::lagrange && family != fem::Family::discontinuous_lagrange) {
          return "a coefficient is not Lagrange";
        }
        if (module.graph.coefficients()[k].element.symmetric) return "a coefficient is symmetric";
      }
    }
  }
  return derivative ? "" : "it has no derivatives";
}

/// The problem on all meshes.
class Manufactured {
 public:
  Manufactured(const fem::FormModule& module, const fem::Form& form, const ManufacturedTools& tools)
      : tools_(tools), module_(module), element_(fem::argument_elements(module.graph, form)[0]) {
    const fem::Form load = right_hand_side(form);
    bilinear_ = compile(module_, form);
    load_ = compile(module_, load);
    Field exact{{"", fem::ExprGraph(module.graph.domain()), {}}, element_.shape, {}, ""};
    exact.expression.components =
        exact_components(exact.expression.graph, fem::size_of(element_.shape));
    error_module_ = std::make_unique<fem::FormModule>(make_error_forms(element_, exact));
    for (const fem::Form& norm : error_module_->forms) {
      errors_.push_back(compile(*error_module_, norm));
    }
    exact_ = std::move(exact.expression);
  }

  ManufacturedLevel solve_on(const std::string& name) const {
    const meshes::Mesh mesh = meshes::generate_mesh(name, {});
    const synth::AssemblySpaces of_a = synth::make_spaces(module_, bilinear_.program, mesh);
    const synth::AssemblySpaces of_l = synth::make_spaces(module_, load_.program, mesh);
    const fem::DofMap& dofs = of_a.arguments[0];
    LinearSystem system{of_a.pattern, run(bilinear_, mesh, of_a, inputs(of_a)).csr_values,
                        run(load_, mesh, of_l, inputs(of_l)).vector};
    const std::vector<double> exact =
        fem::interpolate(exact_->graph, exact_->components, mesh, element_, dofs);
    const PrescribedValues prescribed = on_boundary(mesh, dofs, exact);
    const ReducedSystem reduced = reduce(system, prescribed);
    const LinearSolution solution =
        solve(reduced.system, {.method = LinearMethod::lu, .tolerance = 1e-8});
    require_positive(reduced.system);
    const std::vector<double> u = expand(reduced, solution.x, prescribed);
    ManufacturedLevel level{name, dofs.dof_count(), 0, 0, {}, {}};
    level.l2_error = error_norm(errors_[0], mesh, dofs, u);
    level.h1_error = error_norm(errors_[1], mesh, dofs, u);
    return level;
  }

 private:
  /// a(u*, v): the trial function's place taken by u*.
  fem::Form right_hand_side(const fem::Form& form) {
    fem::ExprGraph& graph = module_.graph;
    const std::vector<fem::ExprId> components =
        exact_components(graph, fem::size_of(element_.shape));
    const fem::ExprId exact = element_.shape.empty()
                                  ? components[0]
                                  : fem::TensorBuilder(graph).stacked(components, element_.shape);
    const fem::ExprId trial = fem::argument(graph, 1, element_);
    fem::Form load = fem::replace(graph, form, {{trial, exact}});
    load.name = form.name + "_load";
    const int degree = std::min(2 * element_.degree + 4, fem::max_form_degree);
    for (fem::Integral& integral : load.integrals) {
      integral.degree = std::max(integral.degree.value_or(0), degree);
      integral.scheme = {};  // u* is no polynomial: the vertices say too little of it
    }
    return load;
  }

  FormKernels compile(const fem::FormModule& module, const fem::Form& form) const {
    return make_kernels(module, form, tools_.compile, *tools_.executor);
  }

  synth::Assembled run(const FormKernels& kernels, const meshes::Mesh& mesh,
                       const synth::AssemblySpaces& spaces, const synth::FormInputs& values) const {
    return synth::assemble(*kernels.module, kernels.program, *kernels.loaded, *tools_.executor,
                           mesh, spaces, values);
  }

  synth::FormInputs inputs(const synth::AssemblySpaces& spaces) const {
    synth::FormInputs values;
    const auto& coefficients = module_.graph.coefficients();
    values.coefficients.resize(coefficients.size());
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      if (k >= spaces.coefficients.size()) break;
      const std::vector<double> block = tame_values(coefficients[k].element.shape);
      values.coefficients[k].resize(spaces.coefficients[k].dof_count());
      for (std::size_t i = 0; i < values.coefficients[k].size(); ++i) {
        values.coefficients[k][i] = block[i % block.size()];
      }
    }
    for (const fem::Constant& constant : module_.graph.constants()) {
      values.constants.push_back(tame_values(constant.shape));
    }
    return values;
  }

  PrescribedValues on_boundary(const meshes::Mesh& mesh, const fem::DofMap& dofs,
                               const std::vector<double>& exact) const {
    PrescribedValues prescribed;
    for (const meshes::ExteriorFacet& facet : mesh.exterior_facets) {
      const auto cell = dofs.cell(static_cast<std::size_t>(facet.cell));
      for (const int node : facet_nodes(element_, facet.local_facet)) {
        for (int c = 0; c < dofs.block_size; ++c) {
          const std::int32_t dof = cell[static_cast<std::size_t>(node)] * dofs.block_size + c;
          prescribed[dof] = exact[static_cast<std::size_t>(dof)];
        }
      }
    }
    return prescribed;
  }

  /// xᵀ A x > 0 for the eight first of a sequence of vectors: no proof, but indefinite matrices
  /// of differential operators do not pass.
  static void require_positive(const LinearSystem& system) {
    const auto n = static_cast<std::size_t>(system.pattern.rows);
    for (std::size_t wave = 1; wave <= 8; ++wave) {
      double form = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const auto x = [&](std::size_t k) {
          return std::sin(static_cast<double>(wave * wave) * 0.7 * static_cast<double>(k + 1));
        };
        for (auto k = static_cast<std::size_t>(system.pattern.row_offsets[i]);
             k < static_cast<std::size_t>(system.pattern.row_offsets[i + 1]); ++k) {
          form += x(i) * system.values[k] * x(static_cast<std::size_t>(system.pattern.columns[k]));
        }
      }
      if (!(form > 0)) throw InputError("its matrix is not positive definite");
    }
  }

  double error_norm(const FormKernels& kernels, const meshes::Mesh& mesh, const fem::DofMap& dofs,
                    const std::vector<double>& u) const {
    synth::AssemblySpaces spaces;
    spaces.coefficients = {dofs};
    synth::FormInputs values;
    values.coefficients = {u};
    return std::sqrt(run(kernels, mesh, spaces, values).value);
  }

  const ManufacturedTools& tools_;
  fem::FormModule module_;
  fem::Element element_;
  FormKernels bilinear_;
  FormKernels load_;
  std::unique_ptr<fem::FormModule> error_module_;
  std::vector<FormKernels> errors_;  // L², H¹
  std::optional<fem::FieldExpression> exact_;
};

void judge(ManufacturedReport& report) {
  for (std::size_t k = 1; k < report.levels.size(); ++k) {
    const ManufacturedLevel& coarse = report.levels[k - 1];
    ManufacturedLevel& fine = report.levels[k];
    fine.l2_order = std::log2(coarse.l2_error / fine.l2_error);
    fine.h1_order = std::log2(coarse.h1_error / fine.h1_error);
  }
  const ManufacturedLevel& last = report.levels.back();
  // An error at rounding shows no order, and needs none.
  const bool at_rounding = last.l2_error < 1e-11;
  report.passed = at_rounding || (last.l2_order >= report.expected_l2 - kOrderSlack &&
                                  last.h1_order >= report.expected_h1 - kOrderSlack);
  if (!report.passed) {
    report.reason =
        fmt::format("orders {:.2f} in L2 and {:.2f} in H1, {:g} and {:g} are expected",
                    *last.l2_order, *last.h1_order, report.expected_l2, report.expected_h1);
  }
}

}  // namespace

ManufacturedReport solve_manufactured(const fem::FormModule& module, const fem::Form& form,
                                      const ManufacturedTools& tools) {
  ManufacturedReport report;
  report.form = form.name;
  report.reason = why_not(module, form);
  if (!report.reason.empty()) return report;
  const fem::Element element = fem::argument_elements(module.graph, form)[0];
  report.expected_l2 = element.degree + 1;
  report.expected_h1 = element.degree;
  try {
    const Manufactured problem(module, form, tools);
    for (const std::string& name : mesh_sequence(element)) {
      report.levels.push_back(problem.solve_on(name));
    }
  } catch (const InputError& error) {  // singular, indefinite: no elliptic form
    report.levels.clear();
    report.reason = error.what();
    return report;
  }
  report.applies = true;
  judge(report);
  return report;
}

}  // namespace femsynth::solvers
