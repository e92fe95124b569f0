#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"
#include "oracle.hpp"

/// deal.II, as the oracle uses it, against mathematics: closed forms, exact integrals of
/// polynomials, the divergence theorem.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::Family;
using fem::IntegralKind;
using meshes::CellType;

std::string label(const Element& element) { return fem::to_string(element); }

std::vector<Element> all_elements() {
  std::vector<Element> elements;
  for (const CellType cell : kCells) {
    for (int degree = 0; degree <= 4; ++degree) {
      if (degree > 0) elements.push_back({Family::lagrange, cell, degree, {}});
      elements.push_back({Family::discontinuous_lagrange, cell, degree, {}});
    }
  }
  return elements;
}

TEST(ClosedForm, LinearMassMatrixOfEachReferenceSimplex) {
  for (const CellType cell : {CellType::interval, CellType::triangle, CellType::tetrahedron}) {
    Case c(meshes::generate_mesh("reference:" + std::string(meshes::name_of(cell))));
    const Element p1{Family::lagrange, cell, 1, {}};
    c.arguments = {p1, p1};
    const auto v = fem::argument(c.graph, 0, p1);
    const auto u = fem::argument(c.graph, 1, p1);
    c.add(fem::multiply(c.graph, u, v), own_rule_of(2));
    const auto m = c.matrix();
    const int d = meshes::dimension(cell);
    const int n = d + 1;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        const double expected =
            meshes::reference_volume(cell) * (i == j ? 2.0 : 1.0) / ((d + 1) * (d + 2));
        EXPECT_NEAR(m.value[static_cast<std::size_t>(i * n + j)], expected, 1e-16) << i << j;
      }
    }
  }
}

TEST(ClosedForm, LinearStiffnessMatrixOfTheReferenceTriangle) {
  Case c(meshes::generate_mesh("reference:triangle"));
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  c.arguments = {p1, p1};
  const auto v = fem::argument(c.graph, 0, p1);
  const auto u = fem::argument(c.graph, 1, p1);
  c.add(fem::inner(c.graph, fem::grad(c.graph, u), fem::grad(c.graph, v)), own_rule_of(0));
  const double expected[] = {1, -0.5, -0.5, -0.5, 0.5, 0, -0.5, 0, 0.5};
  const auto a = c.matrix();
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(a.value[i], expected[i], 1e-15);
}

/// Σ of monomials x^a y^b z^c with a + b + c ≤ k, and its exact integral over the unit cube.
double polynomial(const double* x, int dim, int k) {
  double sum = 0.0;
  for (int a = 0; a <= k; ++a) {
    for (int b = 0; b <= (dim > 1 ? k - a : 0); ++b) {
      for (int c = 0; c <= (dim > 2 ? k - a - b : 0); ++c) {
        sum += std::pow(x[0], a) * (dim > 1 ? std::pow(x[1], b) : 1.0) *
               (dim > 2 ? std::pow(x[2], c) : 1.0) * (1.0 + 0.5 * a - 0.25 * c);
      }
    }
  }
  return sum;
}
double exact_integral(int dim, int k) {
  double sum = 0.0;
  for (int a = 0; a <= k; ++a) {
    for (int b = 0; b <= (dim > 1 ? k - a : 0); ++b) {
      for (int c = 0; c <= (dim > 2 ? k - a - b : 0); ++c) {
        sum +=
            (1.0 + 0.5 * a - 0.25 * c) / ((a + 1) * (dim > 1 ? b + 1 : 1) * (dim > 2 ? c + 1 : 1));
      }
    }
  }
  return sum;
}

TEST(Exactness, PolynomialsOfEachElementsDegreeAreIntegratedExactly) {
  for (const Element& element : all_elements()) {
    Case c(small_mesh(element.cell));
    const int d = c.mesh.dim();
    const auto w = c.interpolated(
        element, [&](const double* x, int) { return polynomial(x, d, element.degree); });
    c.add(w, own_rule_of(element.degree + (meshes::is_simplex(element.cell) ? 0 : 2)));
    const double exact = exact_integral(d, element.degree);
    EXPECT_NEAR(c.value(), exact, 2e-14 * exact) << label(element);
  }
}

TEST(Exactness, GradientsOfPolynomialsAreExactAtEveryPoint) {
  // |∇w − ∇p|² integrated: x enters through the form's own coordinates.
  for (const Element& element : all_elements()) {
    if (element.degree < 1) continue;
    Case c(small_mesh(element.cell));
    auto& g = c.graph;
    const int d = c.mesh.dim();
    const int k = element.degree;
    const auto w = c.interpolated(
        element, [&](const double* x, int) { return std::pow(x[0] + 0.5 * x[d - 1], k); });
    const auto x = fem::spatial_coordinate(g);
    const auto s =
        fem::add(g, fem::indexed(g, x, {{false, 0}}),
                 fem::multiply(g, fem::real(g, 0.5), fem::indexed(g, x, {{false, d - 1}})));
    const auto p = fem::power(g, s, fem::real(g, k));
    const auto difference = fem::grad(g, fem::subtract(g, w, p));
    c.add(fem::inner(g, difference, difference), own_rule_of(2 * k));
    EXPECT_LT(c.value(), 1e-24) << label(element);
  }
}

TEST(Exactness, SecondDerivativesOfPolynomialsAreExact) {
  for (const Element& element : all_elements()) {
    if (element.degree < 2) continue;
    Case c(small_mesh(element.cell));
    auto& g = c.graph;
    const int d = c.mesh.dim();
    const auto w = c.interpolated(
        element, [&](const double* x, int) { return x[0] * x[0] - 3.0 * x[0] * x[d - 1]; });
    const auto x = fem::spatial_coordinate(g);
    const auto x0 = fem::indexed(g, x, {{false, 0}});
    const auto x1 = fem::indexed(g, x, {{false, d - 1}});
    const auto p = fem::subtract(g, fem::multiply(g, x0, x0),
                                 fem::multiply(g, fem::real(g, 3.0), fem::multiply(g, x0, x1)));
    const auto h = fem::grad(g, fem::grad(g, fem::subtract(g, w, p)));
    c.add(fem::inner(g, h, h), own_rule_of(4));
    EXPECT_LT(c.value(), 1e-20) << label(element);
  }
}

TEST(Exactness, GivenPointsAndOwnRulesAgreeOnAffineCells) {
  for (const CellType cell : kCells) {
    for (const IntegralKind kind : {IntegralKind::cell, IntegralKind::exterior_facet}) {
      const Element element{Family::lagrange, cell, 2, {}};
      double values[2];
      for (const bool given : {false, true}) {
        Case c(small_mesh(cell, meshes::is_simplex(cell) ? 0.2 : 0.0));
        const auto map = fem::make_dof_map(c.mesh, element);
        const auto w = c.coefficient(element, random_values(map.node_count, 7));
        auto& g = c.graph;
        auto f = fem::multiply(g, w, w);
        f = fem::add(g, f, fem::inner(g, fem::grad(g, w), fem::grad(g, w)));
        c.add(f, given ? given_rule(cell, kind, 4) : own_rule_of(4), kind);
        values[given] = c.value();
      }
      EXPECT_NEAR(values[0], values[1], 1e-13 * std::abs(values[0])) << meshes::name_of(cell);
    }
  }
}

TEST(Exactness, EveryDegreeOfOwnRuleIntegratesItsMonomials) {
  for (const CellType cell : kCells) {
    for (int degree = 0; degree <= 20; ++degree) {
      Case c(small_mesh(cell, 0.0));
      auto& g = c.graph;
      const auto x0 = fem::indexed(g, fem::spatial_coordinate(g), {{false, 0}});
      const auto x1 = fem::indexed(g, fem::spatial_coordinate(g), {{false, c.mesh.dim() - 1}});
      const auto power = [&](fem::ExprId f, int k) { return fem::power(g, f, fem::real(g, k)); };
      const int a = degree / 2;
      const int b = c.mesh.dim() == 1 ? 0 : degree - a;
      c.add(fem::multiply(g, power(x0, a), power(x1, b)), own_rule_of(degree));
      EXPECT_NEAR(c.value() * (a + 1) * (b + 1), 1.0, 1e-13) << meshes::name_of(cell) << degree;
    }
  }
}

TEST(DivergenceTheorem, HoldsOnEveryMeshForCoefficientsAndTestFunctions) {
  for (const CellType cell : kCells) {
    const int d = meshes::dimension(cell);
    const Element element{Family::lagrange, cell, 2, {d}};
    for (const bool given : {false, true}) {
      Case c(small_mesh(cell));
      auto& g = c.graph;
      c.arguments = {{Family::lagrange, cell, 1, {}}};
      const auto v = fem::argument(g, 0, c.arguments[0]);
      const auto map = fem::make_dof_map(c.mesh, element);
      const auto w = c.coefficient(element, random_values(map.dof_count(), 11));
      // ∫ div(w v) dx − ∫ w·n v ds = 0 for every v.
      const auto flux = fem::multiply(g, v, w);
      const int degree = 8;
      const auto rule = [&](IntegralKind kind) {
        return given ? given_rule(cell, kind, degree) : own_rule_of(degree);
      };
      c.add(fem::div(g, flux), rule(IntegralKind::cell));
      c.add(fem::negate(g, fem::dot(g, flux, fem::facet_normal(g))),
            rule(IntegralKind::exterior_facet), IntegralKind::exterior_facet);
      const auto result = c.vector();
      for (std::size_t i = 0; i < result.value.size(); ++i) {
        EXPECT_LE(std::abs(result.value[i]), result.bound[i]) << meshes::name_of(cell) << i;
        EXPECT_LE(result.bound[i], 1e-11) << meshes::name_of(cell) << i;
      }
    }
  }
}

TEST(DivergenceTheorem, HoldsOnOneMeshAfterAnother) {
  // deal.II keeps the last cell of the last mesh; a new mesh may stand in the same place.
  for (const CellType cell : kCells) {
    const int d = meshes::dimension(cell);
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const std::string spec = "reference:" + std::string(meshes::name_of(cell));
      Case c(meshes::generate_mesh(spec, {0.3, seed, true}));
      auto& g = c.graph;
      const Element element{Family::lagrange, cell, 1, {d}};
      const auto w =
          c.coefficient(element, random_values(fem::make_dof_map(c.mesh, element).dof_count(), 13));
      c.add(fem::div(g, w), own_rule_of(4));
      c.add(fem::negate(g, fem::dot(g, w, fem::facet_normal(g))), own_rule_of(4),
            IntegralKind::exterior_facet);
      EXPECT_NEAR(c.value(), 0.0, 1e-13) << spec << ' ' << seed;
    }
  }
}

TEST(Numbering, TheDofMapsOfAllElementsAreDealIIs) {
  for (const Element& element : all_elements()) {
    const auto mesh = small_mesh(element.cell);
    EXPECT_EQ(oracle().check_numbering(mesh, element, fem::make_dof_map(mesh, element)), "")
        << label(element);
  }
}

TEST(Numbering, ASwapInOneCellIsSeen) {
  for (const Element& element : all_elements()) {
    if (element.family != Family::lagrange) continue;
    const auto mesh = small_mesh(element.cell);
    auto map = fem::make_dof_map(mesh, element);
    std::swap(map.cell_nodes[0], map.cell_nodes[1]);
    EXPECT_NE(oracle().check_numbering(mesh, element, map), "") << label(element);
  }
}

TEST(Numbering, AMissingNodeIsSeen) {
  for (const Element& element : all_elements()) {
    const auto mesh = small_mesh(element.cell);
    auto map = fem::make_dof_map(mesh, element);
    map.cell_nodes.back() = map.cell_nodes.front();
    EXPECT_NE(oracle().check_numbering(mesh, element, map), "") << label(element);
  }
}

}  // namespace
}  // namespace femsynth::solvers
