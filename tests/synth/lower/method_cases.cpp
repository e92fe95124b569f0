#include "tests/synth/lower/method_cases.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "meshes/topology.hpp"

namespace femsynth::synth::testing {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;

namespace {

/// The plainest numbering of a quadrilateral's or hexahedron's vertices, turned: axes permuted and
/// flipped, as the bits of the vertex numbers.
void turn(Mesh& mesh, std::size_t cell, const std::vector<int>& axes, int flips) {
  const std::size_t n = mesh.cell(0).size();
  const std::vector<std::int32_t> old(mesh.cell(cell).begin(), mesh.cell(cell).end());
  for (std::size_t v = 0; v < n; ++v) {
    std::size_t w = 0;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      const auto bit = ((v >> k) ^ (static_cast<std::size_t>(flips) >> k)) & 1U;
      w |= bit << static_cast<std::size_t>(axes[k]);
    }
    mesh.cells[cell * n + v] = old[w];
  }
}

}  // namespace

Mesh turned_pair(CellType cell) {
  const bool flat = cell == CellType::quadrilateral;
  Mesh mesh = meshes::generate_mesh(flat ? "quadrilateral:2x1" : "hexahedron:2x1x1",
                                    {.perturb = 0.2, .seed = 5, .perturb_all = true});
  turn(mesh, 1, flat ? std::vector<int>{1, 0} : std::vector<int>{2, 0, 1}, flat ? 1 : 6);
  mesh.exterior_facets = meshes::exterior_facets(mesh);
  return mesh;
}

Mesh mesh_of(CellType cell) {
  const char* spec = cell == CellType::triangle        ? "triangle:2x1"
                     : cell == CellType::quadrilateral ? "quadrilateral:2x1"
                     : cell == CellType::tetrahedron   ? "tetrahedron:1x1x1"
                                                       : "hexahedron:1x1x1";
  return meshes::generate_mesh(spec, {.perturb = 0.2, .seed = 5, .perturb_all = true});
}

std::vector<double> numbers(std::size_t n, double phase) {
  std::vector<double> values;
  for (std::size_t k = 0; k < n; ++k) values.push_back(std::sin(1.7 * double(k) + 1 + phase));
  return values;
}

Element scalar(ElementRunner& r, int degree) {
  return {Family::lagrange, r.mesh.cell_type, degree, {}};
}
Element vector(ElementRunner& r, int degree) {
  return {Family::lagrange, r.mesh.cell_type, degree, {r.mesh.dim()}};
}
ExprId trial(ElementRunner& r, const Element& e) { return argument(r.graph(), 1, e); }
ExprId test(ElementRunner& r, const Element& e) { return argument(r.graph(), 0, e); }

ExprId field(ElementRunner& r, const Element& e, const char* name) {
  std::size_t n = r.mesh.cell_count() * static_cast<std::size_t>(dof_count(e));
  if (is_complex(r.schedule.precision)) n *= 2;
  r.coefficients.push_back(numbers(n, 0.3 * double(r.coefficients.size())));
  return coefficient(r.graph(), e, name);
}
ExprId number(ElementRunner& r, const char* name) {
  r.constants.push_back({1.5 + double(r.constants.size())});
  if (is_complex(r.schedule.precision)) r.constants.back().push_back(0.7);
  return constant(r.graph(), {}, name);
}

namespace {

struct Result {
  std::vector<double> values;
  MethodChoice choice;
};

Result run(const Case& c, CellType cell, int degree, std::optional<Method> method) {
  ElementRunner runner(c.kind == IntegralKind::interior_facet ? turned_pair(cell) : mesh_of(cell));
  runner.schedule.strategy = c.strategy;
  runner.schedule.method = method;
  runner.schedule.precision = c.precision;
  const ExprId integrand = c.integrand(runner, degree);
  const Form form{"a", {{c.kind, {}, c.quadrature_degree, integrand, {1, 1}}}};
  const auto elements = argument_elements(runner.module.graph, form);
  if (c.strategy == Strategy::matrix_free) {
    const std::size_t n =
        runner.mesh.cell_count() * static_cast<std::size_t>(dof_count(elements[1]));
    runner.x = numbers(is_complex(c.precision) ? 2 * n : n, 0.7);
  }
  const MethodChoice choice = make_program(runner.module, form, runner.schedule).methods.at(0);
  return {runner.run(form).at(0), choice};
}

}  // namespace

std::vector<double> element_tensors(const Case& c, CellType cell, int degree, Method method) {
  return run(c, cell, degree, method).values;
}

void expect_same(const Case& c, CellType cell, int degree, Method method) {
  SCOPED_TRACE(fmt::format("{} of degree {} on a {} by {}", c.name, degree, meshes::name_of(cell),
                           name_of(method)));
  const Result expected = run(c, cell, degree, Method::quadrature);
  const Result result = run(c, cell, degree, method);
  ASSERT_EQ(expected.choice.method, Method::quadrature);
  ASSERT_EQ(result.choice.method, method) << result.choice.reason;
  ASSERT_EQ(result.values.size(), expected.values.size());
  double largest = 0;
  double difference = 0;
  for (std::size_t k = 0; k < expected.values.size(); ++k) {
    largest = std::max(largest, std::abs(expected.values[k]));
    // A NaN is a difference too.
    const double d = std::abs(expected.values[k] - result.values[k]);
    if (!(d <= difference)) difference = d;
  }
  EXPECT_GT(largest, 0);
  EXPECT_LE(difference, 2e-13 * largest * degree * degree);
}

}  // namespace femsynth::synth::testing
