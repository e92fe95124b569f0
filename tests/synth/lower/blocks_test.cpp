// The blocks of a form on several spaces are the blocks of the matrix that the form has on their
// mixed element.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "fem/elements/tabulate.hpp"
#include "fem/language/form_file.hpp"
#include "tests/synth/lower/element_runner.hpp"

namespace femsynth::synth {
namespace {

using testing::ElementRunner;

struct Case {
  const char* name;
  const char* mesh;
  const char* elements;  ///< of u and v, then of p and q
  const char* form;      ///< with the normal n, a constant k and a function c
};

// On affine cells, so that every degree of quadrature is exact.
const Case kCases[] = {
    {"Stokes", "triangle:2x2", "element(\"P\", cell, 2, shape=(2,)), element(\"P\", cell, 1)",
     "inner(grad(u), grad(v))*dx - p*div(v)*dx - q*div(u)*dx"},
    {"StokesWithTraction", "quadrilateral:2x1",
     "element(\"P\", cell, 2, shape=(2,)), element(\"P\", cell, 1)",
     "c*inner(sym(grad(u)), sym(grad(v)))*dx - p*div(v)*dx - q*div(u)*dx"
     " + p*dot(n, v)*ds + q*dot(n, u)*ds"},
    {"MixedPoisson", "triangle:2x2", "element(\"RT\", cell, 2), element(\"DG\", cell, 1)",
     "inner(u, v)*dx + p*div(v)*dx + q*div(u)*dx"},
    {"MixedPoissonOnQuadrilaterals", "quadrilateral:2x2",
     "element(\"RT\", cell, 1), element(\"DG\", cell, 0)",
     "k*inner(u, v)*dx + p*div(v)*dx + q*div(u)*dx + 2*p*q*dx"},
    {"InteriorFacets", "triangle:2x2", "element(\"DG\", cell, 1), element(\"P\", cell, 2)",
     "jump(u)*jump(v)*dS + avg(p)*jump(v)*dS + avg(q)*jump(u)*dS"},
};

/// `whole` is the form on the mixed element; the blocks follow, first those of the
/// MixedFunctionSpace and then those of the mixed element.
fem::FormModule parse(const Case& c, const meshes::Mesh& mesh) {
  const std::string text =
      std::string("from basix.ufl import element, mixed_element\nfrom ufl import *\n") +
      "cell = \"" + std::string(meshes::name_of(mesh.cell_type)) +
      "\"\nmesh = Mesh(element(\"P\", cell, 1, shape=(" + std::to_string(mesh.dim()) +
      ",)))\nA, B = " + c.elements + "\nn, k = FacetNormal(mesh), Constant(mesh)\n" +
      "c = Coefficient(FunctionSpace(mesh, element(\"P\", cell, 1)))\n" +
      "def form(trial, test):\n    (u, p), (v, q) = trial, test\n    return " + c.form + "\n" +
      "W = MixedFunctionSpace(FunctionSpace(mesh, A), FunctionSpace(mesh, B))\n" +
      "X = FunctionSpace(mesh, mixed_element([A, B]))\n" +
      "a = form(TrialFunctions(W), TestFunctions(W))\n" +
      "b = form(TrialFunctions(X), TestFunctions(X))\n" +
      "forms = [b, extract_blocks(a), extract_blocks(b)]\n";
  return fem::parse_form(text, "test.py");
}

using fem::IntegralKind;
using Tensors = std::map<IntegralKind, std::vector<double>>;

/// The sums of a form's element tensors, by the kind of entity.
Tensors tensors_of(ElementRunner& runner, const fem::Form& form) {
  Tensors sums;
  for (const fem::Integral& integral : form.integrals) {
    const std::vector<double> values = runner.run({"a", {integral}}).at(0);
    std::vector<double>& sum = sums[integral.kind];
    sum.resize(values.size());
    for (std::size_t k = 0; k < values.size(); ++k) sum[k] += values[k];
  }
  return sums;
}

/// Adds a block to matrices on the mixed element, whose dofs are those of its parts in turn.
void scatter(const Tensors& block, const std::array<std::size_t, 2>& dofs, std::size_t row,
             std::size_t column, Tensors& whole) {
  const std::size_t n = dofs[0] + dofs[1];
  for (const auto& [kind, values] : block) {
    const std::size_t sides = kind == IntegralKind::interior_facet ? 2 : 1;
    const std::size_t rows = sides * dofs[row], columns = sides * dofs[column];
    const auto place = [&](std::size_t dof, std::size_t part) {
      return dof / dofs[part] * n + part * dofs[0] + dof % dofs[part];
    };
    std::vector<double>& matrix = whole[kind];
    matrix.resize(values.size() / (rows * columns) * sides * n * sides * n);
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::size_t entity = k / (rows * columns);
      const std::size_t i = place(k / columns % rows, row), j = place(k % columns, column);
      matrix[(entity * sides * n + i) * sides * n + j] += values[k];
    }
  }
}

class BlockMatrices : public ::testing::TestWithParam<Case> {};

TEST_P(BlockMatrices, AddUpToThatOfTheMixedElement) {
  ElementRunner runner(meshes::generate_mesh(GetParam().mesh, {}));
  runner.schedule.strategy = Strategy::element;
  runner.module = parse(GetParam(), runner.mesh);
  for (const fem::Coefficient& c : runner.module.graph.coefficients()) {
    std::vector<double>& values = runner.coefficients.emplace_back();
    values.resize(runner.mesh.cell_count() * static_cast<std::size_t>(fem::dof_count(c.element)));
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = 1 + 0.3 * std::sin(double(k));
  }
  runner.constants = {{0.7}};
  const std::vector<fem::Form>& forms = runner.module.forms;
  const Tensors expected = tensors_of(runner, forms[0]);
  double largest = 0;
  for (const auto& [kind, values] : expected) {
    for (const double value : values) largest = std::max(largest, std::abs(value));
  }
  ASSERT_GT(largest, 1e-3);

  const auto parts = fem::argument_elements(runner.module.graph, forms[0])[0].parts;
  const std::array dofs{static_cast<std::size_t>(fem::dof_count(parts[0])),
                        static_cast<std::size_t>(fem::dof_count(parts[1]))};
  for (const std::string form : {"a_", "b_"}) {
    Tensors sum;
    for (const fem::Form& block : forms) {
      if (!block.name.starts_with(form)) continue;
      const std::size_t row = block.name[2] - '0', column = block.name[3] - '0';
      const auto elements = fem::argument_elements(runner.module.graph, block);
      EXPECT_EQ(elements, (std::vector{parts[row], parts[column]}));
      scatter(tensors_of(runner, block), dofs, row, column, sum);
    }
    for (const auto& [kind, values] : expected) {
      ASSERT_EQ(sum[kind].size(), values.size());
      for (std::size_t k = 0; k < values.size(); ++k) {
        ASSERT_NEAR(sum[kind][k], values[k], 1e-13 * largest) << form << k;
      }
    }
  }
}

// Every form here is symmetric, so its blocks off the diagonal are transposed to each other.
TEST_P(BlockMatrices, OffTheDiagonalAreTransposedToEachOther) {
  ElementRunner runner(meshes::generate_mesh(GetParam().mesh, {}));
  runner.schedule.strategy = Strategy::element;
  runner.module = parse(GetParam(), runner.mesh);
  const auto& forms = runner.module.forms;
  const auto named = [&](const char* name) {
    return *std::ranges::find(forms, name, &fem::Form::name);
  };
  Tensors upper = tensors_of(runner, named("a_01"));
  const Tensors lower = tensors_of(runner, named("a_10"));
  const auto elements = fem::argument_elements(runner.module.graph, named("a_10"));
  for (const auto& [kind, values] : lower) {
    const std::size_t sides = kind == IntegralKind::interior_facet ? 2 : 1;
    const std::size_t rows = sides * static_cast<std::size_t>(fem::dof_count(elements[0]));
    const std::size_t columns = sides * static_cast<std::size_t>(fem::dof_count(elements[1]));
    ASSERT_EQ(upper[kind].size(), values.size());
    for (std::size_t k = 0; k < values.size(); ++k) {
      const std::size_t entity = k / (rows * columns);
      const std::size_t i = k / columns % rows, j = k % columns;
      ASSERT_NEAR(upper[kind][(entity * columns + j) * rows + i], values[k], 1e-14) << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Systems, BlockMatrices, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace femsynth::synth
