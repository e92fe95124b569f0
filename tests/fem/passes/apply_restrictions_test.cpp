#include <gmock/gmock.h>

#include "tests/fem/passes/support.hpp"

namespace femsynth::fem {
namespace {

using femsynth::fem::testing::lagrange;
using femsynth::fem::testing::module_on;
using meshes::CellType;
using ::testing::HasSubstr;

class Restrictions : public ::testing::Test {
 protected:
  ExprId lowered(ExprId integrand, IntegralKind kind = IntegralKind::interior_facet) {
    result = run_passes(module, {"a", {{kind, {}, {}, integrand, {1, 5}}}});
    return result.groups.at(0).integrand;
  }
  std::string error_of(ExprId integrand, IntegralKind kind = IntegralKind::interior_facet) {
    try {
      lowered(integrand, kind);
    } catch (const LocatedError& error) {
      return error.message();
    }
    return "accepted";
  }
  /// Each restriction stands on a terminal or its gradient, and nothing that needs one lacks it.
  void expect_restricted_terminals(ExprId root) {
    const ExprGraph& lg = result.graph;
    for (const ExprId id : reachable(lg, root)) {
      if (lg[id].op != Op::restricted) continue;
      ExprId below = lg[id].operands[0];
      while (lg[below].op == Op::grad) below = lg[below].operands[0];
      EXPECT_TRUE(lg[below].operands.empty());
    }
  }

  FormModule module = module_on(CellType::triangle);
  ExprGraph& g = module.graph;
  Element dg{Family::discontinuous_lagrange, CellType::triangle, 1, {}};
  ExprId u = argument(g, 1, dg);
  ExprId v = argument(g, 0, dg);
  ExprId f = coefficient(g, dg, "f");
  ExprId smooth = coefficient(g, lagrange(CellType::triangle, 2), "s");
  ExprId n = facet_normal(g);
  LoweredForm result{ExprGraph(CellType::triangle), {}, {}};
};

TEST_F(Restrictions, ArePushedToTerminalsAndGradients) {
  const ExprId flux = dot(g, grad(g, multiply(g, f, u)), n);
  const ExprId root = lowered(multiply(g, restricted(g, flux, 1), restricted(g, v, 0)));
  expect_restricted_terminals(root);
  EXPECT_EQ(rank(result.graph, {"", {{IntegralKind::cell, {}, {}, root, {}}}}), 2);
}

TEST_F(Restrictions, ContinuousValuesTakeThePlusSide) {
  const ExprId x0 = indexed(g, spatial_coordinate(g), {{false, 0}});
  const ExprId root = lowered(multiply(g, multiply(g, smooth, x0), restricted(g, v, 1)));
  int plus = 0;
  for (const ExprId id : reachable(result.graph, root)) {
    if (result.graph[id].op == Op::restricted && result.graph[id].number == 0) ++plus;
  }
  EXPECT_EQ(plus, 2);
}

TEST_F(Restrictions, DiscontinuousQuantitiesNeedOne) {
  const ExprId side = restricted(g, v, 0);
  EXPECT_THAT(error_of(multiply(g, f, side)), HasSubstr("'f' needs a restriction"));
  EXPECT_THAT(error_of(v), HasSubstr("the test function needs a restriction"));
  EXPECT_THAT(error_of(multiply(g, dot(g, grad(g, smooth), restricted(g, n, 0)), side)),
              HasSubstr("a derivative of 's'"));
  EXPECT_THAT(error_of(multiply(g, dot(g, n, restricted(g, n, 0)), side)),
              HasSubstr("FacetNormal needs"));
  const ExprId h = geometric_quantity(g, GeometricQuantity::circumradius);
  EXPECT_THAT(error_of(multiply(g, h, side)), HasSubstr("Circumradius needs"));
  const ExprId area = geometric_quantity(g, GeometricQuantity::facet_area);
  EXPECT_EQ(error_of(multiply(g, area, side)), "accepted");
}

TEST_F(Restrictions, AreForInteriorFacetsAlone) {
  EXPECT_THAT(error_of(restricted(g, v, 0), IntegralKind::cell), HasSubstr("over dx"));
  EXPECT_THAT(error_of(restricted(g, v, 0), IntegralKind::exterior_facet), HasSubstr("over ds"));
}

TEST_F(Restrictions, AreNotGivenTwice) {
  EXPECT_THROW(restricted(g, multiply(g, f, restricted(g, v, 0)), 1), InputError);
}

}  // namespace
}  // namespace femsynth::fem
