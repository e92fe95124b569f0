#include <gtest/gtest.h>

#include <cmath>

#include "oracle.hpp"
#include "solvers/reference/polynomial_basis.hpp"

/// The oracle's own maps and polynomials against deal.II's FEValues, and against mathematics.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprId;
using fem::Family;
using fem::IntegralKind;
using meshes::CellType;
using Quantity = fem::GeometricQuantity;

/// 1, as a geometric quantity: with it the oracle takes its own maps, not FEValues.
ExprId one(fem::ExprGraph& g, bool between = false) {
  const ExprId sign = fem::geometric_quantity(g, Quantity::cell_orientation);
  const ExprId factor = between ? fem::restricted(g, sign, 0) : sign;
  return fem::multiply(g, factor, factor);
}

struct Variation {
  CellType cell;
  int degree;
  IntegralKind kind;
};

class OwnMaps : public testing::TestWithParam<Variation> {};

/// a(u, v) = ∫ w grad grad u : grad grad v + grad u · grad v + n-dependent terms on facets.
ReferenceValues bilinear_form(const Variation& v, bool own) {
  Case c(small_mesh(v.cell, 0.2));
  const Element element{Family::lagrange, v.cell, v.degree, {}};
  c.arguments = {element, element};
  auto& g = c.graph;
  const auto count = fem::make_dof_map(c.mesh, element).dof_count();
  const ExprId w = c.coefficient(element, random_values(count, 5, 0.5, 1.5));
  const ExprId test = fem::argument(g, 0, element);
  const ExprId trial = fem::argument(g, 1, element);
  if (v.kind == IntegralKind::interior_facet) {
    // Both sides meet in every term, with values, derivatives and the normal.
    const ExprId flux = fem::dot(g, fem::restricted(g, fem::grad(g, trial), 1),
                                 fem::restricted(g, fem::facet_normal(g), 0));
    ExprId term = fem::multiply(g, fem::restricted(g, w, 1), flux);
    term = fem::multiply(g, term, fem::restricted(g, test, 0));
    if (own) term = fem::multiply(g, one(g, true), term);
    c.add(term, given_rule(v.cell, v.kind, 4), v.kind);
    return c.matrix();
  }
  const auto hessian = [&](ExprId f) { return fem::grad(g, fem::grad(g, f)); };
  ExprId integrand = fem::inner(g, fem::grad(g, trial), fem::grad(g, test));
  integrand = fem::add(g, integrand, fem::inner(g, hessian(trial), hessian(test)));
  integrand = fem::multiply(g, w, integrand);
  if (v.kind == IntegralKind::exterior_facet) {
    const ExprId flux = fem::dot(g, fem::grad(g, trial), fem::facet_normal(g));
    integrand = fem::add(g, integrand, fem::multiply(g, flux, test));
  }
  if (own) integrand = fem::multiply(g, one(g), integrand);
  c.add(integrand, given_rule(v.cell, v.kind, 4), v.kind);
  return c.matrix();
}

TEST_P(OwnMaps, AgreeWithFEValuesWithinBothBounds) {
  const ReferenceValues library = bilinear_form(GetParam(), false);
  const ReferenceValues own = bilinear_form(GetParam(), true);
  double scale = 0.0;
  for (const double m : library.magnitude) scale = std::max(scale, m);
  for (std::size_t i = 0; i < own.value.size(); ++i) {
    ASSERT_NEAR(own.value[i], library.value[i], library.bound[i]) << i;
    ASSERT_NEAR(own.value[i], library.value[i], own.bound[i]) << i;
    ASSERT_LE(own.bound[i], 1e-8 * scale);
  }
}

std::vector<Variation> variations() {
  std::vector<Variation> result;
  for (const CellType cell : kCells) {
    for (const int degree : {1, 2, 3}) {
      if (degree == 3 && meshes::dimension(cell) == 3) continue;
      for (const auto kind :
           {IntegralKind::cell, IntegralKind::exterior_facet, IntegralKind::interior_facet}) {
        result.push_back({cell, degree, kind});
      }
    }
  }
  return result;
}

INSTANTIATE_TEST_SUITE_P(Cells, OwnMaps, testing::ValuesIn(variations()), [](const auto& p) {
  return std::string(meshes::name_of(p.param.cell)) + std::to_string(p.param.degree) +
         fem::measure_name(p.param.kind);
});

/// ∫ 1 over meshes and their boundaries.
double measure(meshes::Mesh mesh, IntegralKind kind, int degree = 12) {
  Case c(std::move(mesh));
  c.add(one(c.graph), own_rule_of(degree), kind);
  return c.value();
}

TEST(Measures, OfStraightCellsAreThoseOfTheUnitCube) {
  for (const char* spec : {"prism:2x2x2", "pyramid:2x2x2", "hexahedron:2x2x2"}) {
    const auto mesh = meshes::generate_mesh(spec, {0.2, 3, false});
    EXPECT_NEAR(measure(mesh, IntegralKind::cell), 1.0, 1e-13) << spec;
    EXPECT_NEAR(measure(mesh, IntegralKind::exterior_facet), 6.0, 1e-12) << spec;
  }
}

/// ∫_Ω div F dx = ∫_∂Ω F · n ds for F = (x², xy, …): Gauss' theorem, on every kind of cell.
TEST(Measures, SatisfyGaussTheoremOnCurvedCellsPrismsAndPyramids) {
  for (const char* spec :
       {"triangle:2x2+2", "triangle:2x2+3", "quadrilateral:2x2+2", "tetrahedron:1x1x1+2",
        "tetrahedron:1x1x1+3", "hexahedron:1x1x1+2", "prism:1x1x1", "prism:1x1x1+2",
        "pyramid:1x1x1", "pyramid:1x1x1+2", "pyramid:1x1x1+3", "interval:3+2"}) {
    Case c(meshes::generate_mesh(spec, {0.1, 3, true}));
    auto& g = c.graph;
    const ExprId x = fem::spatial_coordinate(g);
    const ExprId first = fem::indexed(g, x, {{false, 0}});
    const ExprId field = fem::multiply(g, first, x);
    const int degree = 14;
    c.add(fem::multiply(g, one(g), fem::div(g, field)), own_rule_of(degree));
    const ExprId flux = fem::multiply(g, one(g), fem::dot(g, field, fem::facet_normal(g)));
    c.add(fem::negate(g, flux), own_rule_of(degree), IntegralKind::exterior_facet);
    const ReferenceValues total = c.vector();
    EXPECT_NEAR(total.value[0], 0.0, 1e-12 * total.magnitude[0]) << spec;
    EXPECT_GT(total.magnitude[0], 1.0);
  }
}

}  // namespace
}  // namespace femsynth::solvers
