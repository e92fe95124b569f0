#include "tests/synth/lower/element_runner.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include "fem/elements/geometry_element.hpp"
#include "meshes/topology.hpp"
#include "tests/synth/kernel/interpret.hpp"

namespace femsynth::synth::testing {

namespace {

std::vector<double> iota(std::size_t n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace

/// What a launch runs over.
struct ElementRunner::Entities {
  std::size_t count = 0;
  std::vector<double> cells, facets, permutations;
};

ElementRunner::ElementRunner(meshes::Mesh m)
    : module{"form.py",
             "line\n",
             fem::ExprGraph(fem::Domain(m.cell_type, m.dim(), m.geometry_degree)),
             {},
             {}},
      mesh(std::move(m)) {
  schedule.block_size = 32;
}

ElementRunner::Entities ElementRunner::entities_of(const fem::IntegralGroup* group) const {
  Entities result;
  const auto kind = group == nullptr ? fem::IntegralKind::cell : group->kind;
  switch (kind) {
    case fem::IntegralKind::cell:
      result.count = mesh.cell_count();
      return result;
    case fem::IntegralKind::exterior_facet:
      for (const meshes::ExteriorFacet& f : mesh.exterior_facets) {
        result.cells.push_back(f.cell);
        result.facets.push_back(f.local_facet);
      }
      result.count = result.cells.size();
      return result;
    case fem::IntegralKind::interior_facet:
      for (const meshes::InteriorFacet& f : meshes::interior_facets(mesh)) {
        result.cells.insert(result.cells.end(), {double(f.cells[0]), double(f.cells[1])});
        result.facets.insert(result.facets.end(),
                             {double(f.local_facets[0]), double(f.local_facets[1])});
        result.permutations.push_back(f.permutation);
      }
      result.count = result.permutations.size();
      return result;
    case fem::IntegralKind::vertex: {
      std::map<int, std::pair<std::size_t, int>> owners;
      for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
        int local = 0;
        for (const std::int32_t v : mesh.cell(c)) owners.try_emplace(v, c, local++);
      }
      for (const auto& [vertex, owner] : owners) {
        result.cells.push_back(static_cast<double>(owner.first));
        result.facets.push_back(owner.second);
      }
      result.count = result.cells.size();
    }
  }
  return result;
}

void ElementRunner::launch(const Program& program, const KernelPlan& kernel,
                           std::vector<double>& output, std::vector<double>& partials) {
  const bool integral = kernel.kind == KernelPlan::Kind::integral;
  const fem::IntegralGroup* group =
      integral && !program.tabulated ? &program.integrals[kernel.integral] : nullptr;
  Entities entities = entities_of(group);
  const bool interior = group != nullptr && group->kind == fem::IntegralKind::interior_facet;
  const std::size_t pair = is_complex(program.schedule.precision) ? 2 : 1;
  std::vector<std::size_t> dofs;
  for (const fem::Element& e : fem::argument_elements(module.graph, program.form)) {
    dofs.push_back(static_cast<std::size_t>(fem::dof_count(e)));
  }
  const std::size_t cells = mesh.cell_count();
  const auto nodes_of = [&](const fem::Element& e) {
    return iota(cells * static_cast<std::size_t>(fem::dof_count(e) / e.block_size()));
  };
  std::size_t tensor = program.tabulated
                           ? static_cast<std::size_t>(program.tabulated->points) *
                                 static_cast<std::size_t>(program.tabulated->components)
                           : 1;
  for (const std::size_t n : dofs) tensor *= interior ? 2 * n : n;
  if (integral && program.schedule.strategy == Strategy::element) {
    output.assign(entities.count * tensor * pair, std::nan(""));
  }
  const auto blocks = static_cast<int>((entities.count + 31) / 32);
  std::vector<std::vector<double>> memory;
  memory.reserve(kernel.parameters.size());
  std::vector<Argument> arguments;
  const auto give = [&](std::vector<double> values) {
    memory.push_back(std::move(values));
    arguments.push_back({0, &memory.back()});
  };
  for (const Parameter& parameter : kernel.parameters) {
    const auto number = static_cast<std::size_t>(parameter.number);
    switch (parameter.role) {
      case ParameterRole::entity_count:
        arguments.push_back({static_cast<double>(entities.count), nullptr});
        break;
      case ParameterRole::value_count: {
        const auto& summed = kernel.kind == KernelPlan::Kind::finish ? partials : output;
        const std::size_t values = summed.size() / pair;
        arguments.push_back({static_cast<double>(values), nullptr});
        break;
      }
      case ParameterRole::output:
        if (integral && program.schedule.strategy == Strategy::reduction) {
          partials.assign(static_cast<std::size_t>(blocks) * pair, std::nan(""));
          arguments.push_back({0, &partials});
        } else {
          arguments.push_back({0, &output});
        }
        break;
      case ParameterRole::output_offset:
        arguments.push_back({0, nullptr});
        break;
      case ParameterRole::partial_sums:
        arguments.push_back({0, &partials});
        break;
      case ParameterRole::coordinates:
        give(mesh.coordinates);
        break;
      case ParameterRole::cell_vertices: {
        const auto& rows = mesh.geometry_degree > 1 ? mesh.geometry_nodes : mesh.cells;
        give({rows.begin(), rows.end()});
        break;
      }
      case ParameterRole::entity_cells:
        give(entities.cells);
        break;
      case ParameterRole::entity_facets:
        give(entities.facets);
        break;
      case ParameterRole::entity_permutations:
        give(entities.permutations);
        break;
      case ParameterRole::cell_orientations: {
        const std::vector<std::int32_t> signs = meshes::cell_orientations(mesh);
        give({signs.begin(), signs.end()});
        break;
      }
      case ParameterRole::test_nodes:
        give(nodes_of(fem::argument_elements(module.graph, program.form)[0]));
        break;
      case ParameterRole::trial_nodes:
        give(nodes_of(fem::argument_elements(module.graph, program.form)[1]));
        break;
      case ParameterRole::positions:
      case ParameterRole::interior_positions:
        give(iota(std::max(cells, entities.count) * tensor));
        break;
      case ParameterRole::input_vector:
        give(x);
        break;
      case ParameterRole::coefficient:
        give(coefficients.at(number));
        break;
      case ParameterRole::coefficient_nodes:
        give(nodes_of(module.graph.coefficients()[number].element));
        break;
      case ParameterRole::constants: {
        std::vector<double> all;
        for (const std::int32_t k : fem::used_constants(module.graph, program.form)) {
          const auto& values = constants.at(static_cast<std::size_t>(k));
          all.insert(all.end(), values.begin(), values.end());
        }
        give(all);
      }
    }
  }
  int grid = blocks;
  if (kernel.kind == KernelPlan::Kind::fill) {
    grid = static_cast<int>((output.size() / pair + 31) / 32);
  }
  if (kernel.kind == KernelPlan::Kind::finish) grid = 1;
  interpret(program.ir, kernel.name, grid, 32, arguments);
}

fem::ExprId ElementRunner::position() {
  fem::Element element = fem::geometry_element(mesh.cell_type, mesh.geometry_degree);
  element.shape = {mesh.dim()};
  std::vector<double> dofs;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (const std::int32_t node : mesh.geometry(c)) {
      const auto point = mesh.vertex(static_cast<std::size_t>(node));
      dofs.insert(dofs.end(), point.begin(), point.end());
    }
  }
  coefficients.push_back(std::move(dofs));
  return fem::coefficient(module.graph, element, "position");
}

std::vector<std::vector<double>> ElementRunner::run(const fem::Form& form) {
  const Program program = make_program(module, form, schedule);
  const std::size_t pair = is_complex(schedule.precision) ? 2 : 1;
  std::vector<std::vector<double>> results;
  std::vector<double> output, partials;
  if (program.rank == 0) output.assign(pair, std::nan(""));
  if (schedule.strategy == Strategy::atomic || schedule.strategy == Strategy::matrix_free) {
    std::size_t size = mesh.cell_count() * pair;
    size *=
        static_cast<std::size_t>(fem::dof_count(fem::argument_elements(module.graph, form).at(0)));
    output.assign(size, std::nan(""));
  }
  for (const KernelPlan& kernel : program.kernels) {
    launch(program, kernel, output, partials);
    if (schedule.strategy == Strategy::element) results.push_back(output);
  }
  if (schedule.strategy != Strategy::element) results.push_back(output);
  return results;
}

std::vector<double> ElementRunner::integrate(fem::IntegralKind kind, fem::ExprId integrand,
                                             std::optional<int> degree) {
  return run({"a", {{kind, {}, degree, integrand, {1, 1}}}}).at(0);
}

double ElementRunner::total(fem::IntegralKind kind, fem::ExprId integrand,
                            std::optional<int> degree) {
  const std::vector<double> values = integrate(kind, integrand, degree);
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> ElementRunner::tabulate(fem::ExprId value, const std::vector<double>& points) {
  const Program program = make_expression_program(module, {"e", value, points}, schedule);
  std::vector<double> output, partials;
  launch(program, program.kernels.at(0), output, partials);
  return output;
}

meshes::Mesh single_cell(const meshes::Mesh& mesh, std::size_t c) {
  meshes::Mesh one;
  one.cell_type = mesh.cell_type;
  one.geometric_dim = mesh.geometric_dim;
  one.geometry_degree = mesh.geometry_degree;
  std::int32_t next = 0;
  for (const std::int32_t node : mesh.geometry(c)) {
    const auto x = mesh.vertex(static_cast<std::size_t>(node));
    one.coordinates.insert(one.coordinates.end(), x.begin(), x.end());
    if (next < meshes::vertex_count(mesh.cell_type)) one.cells.push_back(next);
    if (mesh.geometry_degree > 1) one.geometry_nodes.push_back(next);
    ++next;
  }
  one.curved_vertices = static_cast<std::size_t>(meshes::vertex_count(mesh.cell_type));
  one.cell_tags = {0};
  one.exterior_facets = meshes::exterior_facets(one);
  return one;
}

meshes::Mesh rotated(meshes::Mesh mesh, const std::vector<double>& R) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  for (std::size_t p = 0; p < mesh.points(); ++p) {
    std::vector<double> x(mesh.coordinates.begin() + static_cast<std::ptrdiff_t>(p * d),
                          mesh.coordinates.begin() + static_cast<std::ptrdiff_t>((p + 1) * d));
    for (std::size_t i = 0; i < d; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < d; ++j) sum += R[i * d + j] * x[j];
      mesh.coordinates[p * d + i] = sum;
    }
  }
  return mesh;
}

std::vector<double> rotation(int d, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  if (d == 1) return {1};
  if (d == 2) return {c, -s, s, c};
  const double n = std::sqrt(14.0);
  const double u[3] = {1 / n, 2 / n, 3 / n};
  std::vector<double> R(9);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      double value = (1 - c) * u[i] * u[j] + (i == j ? c : 0);
      if (j == (i + 1) % 3) value -= s * u[(i + 2) % 3];
      if (j == (i + 2) % 3) value += s * u[(i + 1) % 3];
      R[3 * static_cast<std::size_t>(i) + static_cast<std::size_t>(j)] = value;
    }
  }
  return R;
}

}  // namespace femsynth::synth::testing
