#include <gmock/gmock.h>

#include <cctype>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "tests/fem/passes/support.hpp"

namespace femsynth::fem {
namespace {

using femsynth::fem::testing::form_of;
using femsynth::fem::testing::lagrange;
using femsynth::fem::testing::module_on;
using meshes::CellType;

IntegralGroup group_of(const FormModule& module, const Form& form) {
  return run_passes(module, form).groups.at(0);
}

TEST(Degrees, StiffnessOfDegreeKOnSimplicesNeedsTwiceKMinusOne) {
  for (int k = 1; k <= 4; ++k) {
    FormModule m = module_on(CellType::tetrahedron);
    const Element e = lagrange(CellType::tetrahedron, k);
    const ExprId a = inner(m.graph, grad(m.graph, argument(m.graph, 1, e)),
                           grad(m.graph, argument(m.graph, 0, e)));
    const IntegralGroup group = group_of(m, form_of(a));
    EXPECT_EQ(group.degree, 2 * (k - 1));
    EXPECT_TRUE(group.exact);
  }
}

TEST(Degrees, DerivativesDoNotLowerTheDegreeOnQuadrilaterals) {
  FormModule m = module_on(CellType::quadrilateral);
  const Element e = lagrange(CellType::quadrilateral, 2);
  const ExprId a = inner(m.graph, grad(m.graph, argument(m.graph, 1, e)),
                         grad(m.graph, argument(m.graph, 0, e)));
  const IntegralGroup group = group_of(m, form_of(a));
  EXPECT_EQ(group.degree, 6);  // 2 + 2, and two for the determinant of bilinear rows
  EXPECT_FALSE(group.exact);
}

TEST(Degrees, FunctionsAddTwoAndAreNotExact) {
  FormModule m = module_on(CellType::triangle);
  const Element e = lagrange(CellType::triangle, 1);
  const ExprId f = coefficient(m.graph, e, "f");
  const ExprId v = argument(m.graph, 0, e);
  const IntegralGroup group =
      group_of(m, form_of(multiply(m.graph, function(m.graph, Op::sin, f), v)));
  EXPECT_EQ(group.degree, 4);
  EXPECT_FALSE(group.exact);
}

TEST(Degrees, AnIntegerPowerMultipliesTheDegree) {
  FormModule m = module_on(CellType::triangle);
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 2), "f");
  const IntegralGroup group = group_of(m, form_of(power(m.graph, f, real(m.graph, 3))));
  EXPECT_EQ(group.degree, 6);
  EXPECT_TRUE(group.exact);
}

TEST(Degrees, TheDegreeThatTheFormAsksForIsTakenAndToldApart) {
  FormModule m = module_on(CellType::triangle);
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 2), "f");
  const IntegralGroup low = group_of(m, form_of(multiply(m.graph, f, f), 2));
  EXPECT_EQ(low.degree, 2);
  EXPECT_EQ(low.estimated_degree, 4);
  EXPECT_FALSE(low.exact);
  EXPECT_TRUE(group_of(m, form_of(multiply(m.graph, f, f), 7)).exact);
}

TEST(Degrees, ADegreeBeyondTheLimitIsRefusedAtItsMeasure) {
  FormModule m = module_on(CellType::triangle);
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 4), "f");
  const Form form = form_of(power(m.graph, f, real(m.graph, 9)));
  try {
    run_passes(m, form);
    FAIL() << "accepted";
  } catch (const LocatedError& error) {
    EXPECT_EQ(error.where(), (SourceLocation{1, 5}));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("36"));
  }
}

/// Degrees that UFL 2026.2 (compute_form_data with integral scaling) gives u v on P2, over cells
/// and over exterior facets, and u v n_0 over exterior facets.
struct OfGeometry {
  Domain domain;
  int cell, facet, facet_with_normal;
};

TEST(Degrees, DerivativesOfTheJacobianCountAsTheyDoInUfl) {
  FormModule m{"form.py", "the only line\n", ExprGraph(Domain(CellType::triangle, 2, 2)), {}, {}};
  ExprGraph& g = m.graph;
  const ExprId gradient = grad(g, geometric_quantity(g, GeometricQuantity::jacobian));
  const Form form{"M", {{IntegralKind::cell, {}, {}, inner(g, gradient, gradient), {1, 1}}}};
  EXPECT_EQ(group_of(m, form).degree, 8);
}

TEST(Degrees, TheJacobianCountsAsItDoesInUfl) {
  const OfGeometry table[] = {
      {Domain(CellType::triangle), 4, 4, 4},
      {Domain(CellType::quadrilateral), 6, 8, 8},
      {Domain(CellType::hexahedron), 7, 10, 11},
      {Domain(CellType::triangle, 2, 2), 6, 8, 10},
      {Domain(CellType::quadrilateral, 2, 2), 8, 10, 12},
      {Domain(CellType::tetrahedron, 3, 2), 7, 10, 12},
      {Domain(CellType::tetrahedron, 3, 3), 10, 14, 17},
      {Domain(CellType::hexahedron, 3, 2), 10, 14, 16},
      {Domain(CellType::triangle, 3, 1), 4, 4, 4},
      {Domain(CellType::triangle, 3, 2), 10, 8, 10},
      {Domain(CellType::quadrilateral, 3, 1), 10, 8, 8},
      {Domain(CellType::interval, 2, 2), 8, 4, 6},
      {Domain(CellType::interval, 1, 3), 6, 4, 7},
  };
  for (const OfGeometry& row : table) {
    FormModule m{"form.py", "the only line\n", ExprGraph(row.domain), {}, {}};
    const Element e = lagrange(row.domain.cell, 2);
    const ExprId uv = multiply(m.graph, argument(m.graph, 1, e), argument(m.graph, 0, e));
    const ExprId n0 = indexed(m.graph, facet_normal(m.graph), {{false, 0}});
    const auto degree = [&](IntegralKind kind, ExprId integrand) {
      return group_of(m, {"a", {{kind, {}, {}, integrand, {1, 1}}}}).degree;
    };
    const std::string name = std::string(meshes::name_of(row.domain.cell)) + " in " +
                             std::to_string(row.domain.geometric_dim) + "D, degree " +
                             std::to_string(row.domain.degree);
    EXPECT_EQ(degree(IntegralKind::cell, uv), row.cell) << name;
    EXPECT_EQ(degree(IntegralKind::exterior_facet, uv), row.facet) << name;
    EXPECT_EQ(degree(IntegralKind::exterior_facet, multiply(m.graph, uv, n0)),
              row.facet_with_normal)
        << name;
  }
}

TEST(Degrees, InversesAndDeterminantsCountAsWhatUflMakesOfThem) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId A = coefficient(g, lagrange(CellType::triangle, 2, {2, 2}), "A");
  const auto degree = [&](Op op) {
    const ExprId matrix = matrix_operator(g, op, A);
    const ExprId value =
        g[matrix].is_scalar() ? matrix : indexed(g, matrix, {{false, 0}, {false, 1}});
    return group_of(m, form_of(value)).degree;
  };
  EXPECT_EQ(degree(Op::determinant), 4);
  EXPECT_EQ(degree(Op::cofactor), 2);
  EXPECT_EQ(degree(Op::inverse), 6);
  const ExprId c = constant(g, {}, "c");
  EXPECT_EQ(group_of(m, form_of(function(g, Op::exp, c))).degree, 0);
}

TEST(Degrees, AComponentOfAMixedFunctionHasItsPartsDegree) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  Element mixed{Family::mixed, CellType::triangle, 3};
  mixed.parts = {lagrange(CellType::triangle, 3, {2}), lagrange(CellType::triangle, 1)};
  const ExprId w = coefficient(g, mixed, "w");
  EXPECT_EQ(group_of(m, form_of(indexed(g, w, {{false, 1}}))).degree, 3);
  EXPECT_EQ(group_of(m, form_of(indexed(g, w, {{false, 2}}))).degree, 1);
  EXPECT_EQ(group_of(m, form_of(dot(g, w, w))).degree, 6);
}

TEST(Degrees, AQuadratureElementSetsTheRule) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  Element points{Family::quadrature, CellType::triangle, 3};
  points.scheme = "default";
  const ExprId q = coefficient(g, points, "q");
  const ExprId v = argument(g, 0, lagrange(CellType::triangle, 2));
  const ExprId L = multiply(g, q, v);
  const IntegralGroup group = group_of(m, form_of(L));
  EXPECT_EQ(group.degree, 3);
  EXPECT_TRUE(group.of_element);
  EXPECT_TRUE(group.scheme.is_default());
  EXPECT_FALSE(group.exact);
  EXPECT_EQ(group_of(m, form_of(L, 3)).degree, 3);
  EXPECT_THROW(group_of(m, form_of(L, 4)), LocatedError);
  EXPECT_THROW(group_of(m, {"a", {{IntegralKind::exterior_facet, {}, {}, L, {1, 1}}}}),
               LocatedError);
  EXPECT_THROW(group_of(m, form_of(dot(g, grad(g, q), grad(g, v)))), LocatedError);
}

TEST(Degrees, MinusOneIsEstimated) {
  FormModule m = module_on(CellType::triangle);
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 2), "f");
  EXPECT_EQ(group_of(m, form_of(f, -1)).degree, 2);
}

TEST(Degrees, AVertexIntegralHasOnePoint) {
  FormModule m = module_on(CellType::triangle);
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 2), "f");
  const IntegralGroup group = group_of(m, {"a", {{IntegralKind::vertex, {}, {}, f, {1, 1}}}});
  EXPECT_EQ(group.degree, 0);
  EXPECT_TRUE(group.exact);
}

TEST(Degrees, WhatVariesOnACurvedCellIsNotExact) {
  FormModule m{"form.py", "the only line\n", ExprGraph(Domain(CellType::triangle, 2, 2)), {}, {}};
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 1), "f");
  EXPECT_FALSE(group_of(m, form_of(f, 20)).exact);
}

/// Σ_q w_q Σ φ² over all functions and their components, or ∂φ² over all first derivatives.
double sum_of_squares(const Element& element, const QuadratureRule& rule, bool derivatives) {
  const Tabulation table = tabulate(element, 1, rule.points);
  const std::size_t size = table.values.size() / table.derivatives;  // of one derivative
  const std::size_t of_point = size / table.points;
  double sum = 0;
  for (std::size_t d = derivatives ? 1 : 0; d < (derivatives ? table.derivatives : 1); ++d) {
    for (std::size_t q = 0; q < table.points; ++q) {
      for (std::size_t k = 0; k < of_point; ++k) {
        const double value = table.values[d * size + q * of_point + k];
        sum += rule.weights[q] * value * value;
      }
    }
  }
  return sum;
}

class PolynomialDegrees : public ::testing::TestWithParam<Element> {};

TEST_P(PolynomialDegrees, AreThoseOfRulesThatAreExact) {
  const Element& element = GetParam();
  FormModule m = module_on(element.cell);
  ExprGraph& g = m.graph;
  const ExprId f = coefficient(g, element, "f");
  for (const bool derivatives : {false, true}) {
    const ExprId x = derivatives ? grad(g, f) : f;
    const int degree = polynomial_degree(g, inner(g, x, x));
    ASSERT_GE(degree, 0);
    const double exact = sum_of_squares(element, cell_quadrature(element.cell, 20), derivatives);
    EXPECT_NEAR(sum_of_squares(element, cell_quadrature(element.cell, degree), derivatives), exact,
                1e-11 * exact)
        << to_string(element) << ", degree " << degree;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Elements, PolynomialDegrees,
    ::testing::Values(Element{Family::lagrange, CellType::interval, 3},
                      Element{Family::lagrange, CellType::triangle, 2},
                      Element{Family::lagrange, CellType::tetrahedron, 3},
                      Element{Family::lagrange, CellType::quadrilateral, 1},
                      Element{Family::lagrange, CellType::quadrilateral, 3},
                      Element{Family::lagrange, CellType::hexahedron, 2},
                      Element{Family::lagrange, CellType::prism, 2},
                      Element{Family::lagrange, CellType::pyramid, 2},
                      Element{Family::serendipity, CellType::quadrilateral, 3},
                      Element{Family::serendipity, CellType::hexahedron, 2},
                      Element{Family::dpc, CellType::hexahedron, 2},
                      Element{Family::bubble, CellType::tetrahedron, 4},
                      Element{Family::bubble, CellType::quadrilateral, 2},
                      Element{Family::raviart_thomas, CellType::triangle, 2},
                      Element{Family::raviart_thomas, CellType::hexahedron, 1},
                      Element{Family::bdm, CellType::tetrahedron, 2},
                      Element{Family::bdm, CellType::quadrilateral, 2},
                      Element{Family::bdm, CellType::hexahedron, 1},
                      Element{Family::nedelec_first, CellType::quadrilateral, 2},
                      Element{Family::nedelec_second, CellType::hexahedron, 2},
                      Element{Family::nedelec_second, CellType::triangle, 1},
                      Element{Family::regge, CellType::triangle, 1},
                      Element{Family::hhj, CellType::triangle, 2},
                      Element{Family::hermite, CellType::triangle, 3}),
    [](const auto& p) {
      std::string name = to_string(p.param);
      std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
      return name;
    });

TEST(Groups, IntegralsOverOneDomainWithOneDegreeBecomeOne) {
  FormModule m = module_on(CellType::triangle);
  const ExprId f = coefficient(m.graph, lagrange(CellType::triangle, 1), "f");
  Form form = form_of(f);
  form.integrals.push_back(
      {IntegralKind::cell, {}, {}, multiply(m.graph, real(m.graph, 2), f), {1, 1}});
  form.integrals.push_back({IntegralKind::cell, {1}, {}, f, {1, 1}});
  form.integrals.push_back({IntegralKind::exterior_facet, {}, {}, f, {1, 1}});
  const std::vector<IntegralGroup> groups = run_passes(m, form).groups;
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_THAT(groups[0].members, ::testing::ElementsAre(0, 1));
  EXPECT_THAT(groups[1].members, ::testing::ElementsAre(2));
  EXPECT_EQ(groups[2].kind, IntegralKind::exterior_facet);
}

Integral by(const char* scheme, ExprId integrand, std::optional<int> degree = {},
            IntegralKind kind = IntegralKind::cell) {
  return {kind, {}, degree, integrand, {1, 5}, {scheme, {}}};
}

TEST(Groups, TermsOfOneFormMayHaveSeveralRules) {
  FormModule m = module_on(CellType::interval);
  const ExprId f = coefficient(m.graph, lagrange(CellType::interval, 2), "f");
  const ExprId g = multiply(m.graph, f, f);
  // At the vertices no degree has a say.
  const Form form{"M",
                  {by("default", f), by("gll", f), by("gauss_jacobi", f), by("gll", g, 2),
                   by("vertex", f), by("vertex", g), by("gll", g)}};
  const std::vector<IntegralGroup> groups = run_passes(m, form).groups;
  ASSERT_EQ(groups.size(), 5U);
  EXPECT_THAT(groups[1].members, ::testing::ElementsAre(1, 3));
  EXPECT_EQ(groups[1].scheme.name, "gll");
  EXPECT_THAT(groups[3].members, ::testing::ElementsAre(4, 5));
  EXPECT_EQ(groups[3].scheme.name, "vertex");
  EXPECT_THAT(groups[4].members, ::testing::ElementsAre(6));
}

TEST(Degrees, ARuleIsExactForItsOwnDegree) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId f = coefficient(g, lagrange(CellType::triangle, 1), "f");
  const auto exact = [&](Integral integral) {
    return group_of(m, {"M", {std::move(integral)}}).exact;
  };
  EXPECT_TRUE(exact(by("vertex", f)));
  EXPECT_FALSE(exact(by("vertex", multiply(g, f, f))));
  EXPECT_FALSE(exact(by("vertex", multiply(g, f, f), 2)));
  EXPECT_TRUE(exact(by("gauss_jacobi", multiply(g, f, f))));
  EXPECT_TRUE(exact(by("vertex", f, {}, IntegralKind::exterior_facet)));
  Integral points = by("custom", f);
  points.scheme.custom = std::make_shared<const QuadratureRule>(QuadratureRule{2, {0, 0}, {0.5}});
  EXPECT_FALSE(exact(points));
}

TEST(Degrees, ARuleThatTheCellLacksIsRefusedAtTheMeasure) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId f = coefficient(g, lagrange(CellType::triangle, 1), "f");
  EXPECT_THROW(group_of(m, {"M", {by("gll", f)}}), LocatedError);
  EXPECT_EQ(group_of(m, {"M", {by("gll", f, {}, IntegralKind::exterior_facet)}}).scheme.name,
            "gll");
  Integral points = by("custom", f);
  points.scheme.custom = std::make_shared<const QuadratureRule>(QuadratureRule{1, {0.5}, {0.5}});
  EXPECT_THROW(group_of(m, {"M", {points}}), LocatedError);
  points.kind = IntegralKind::exterior_facet;
  EXPECT_NO_THROW(group_of(m, {"M", {points}}));
}

TEST(Degrees, AQuadratureElementAndTheMeasureMustNotDisagree) {
  FormModule m = module_on(CellType::triangle);
  Element points{Family::quadrature, CellType::triangle, 3};
  points.scheme = "vertex";
  const ExprId q = coefficient(m.graph, points, "q");
  EXPECT_EQ(group_of(m, {"M", {by("default", q)}}).scheme.name, "vertex");
  EXPECT_EQ(group_of(m, {"M", {by("vertex", q)}}).scheme.name, "vertex");
  EXPECT_THROW(group_of(m, {"M", {by("gauss_jacobi", q)}}), LocatedError);
}

}  // namespace
}  // namespace femsynth::fem
