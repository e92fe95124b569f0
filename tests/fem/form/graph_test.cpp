#include "fem/form/graph.hpp"

#include <gmock/gmock.h>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"

namespace femsynth::fem {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Element p1{Family::lagrange, meshes::CellType::triangle, 1, {}};

TEST(ExprGraph, EqualExpressionsHaveEqualIds) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId v = argument(g, 0, p1);
  const ExprId x = spatial_coordinate(g);
  const ExprId first = multiply(g, grad(g, v), indexed(g, x, {{false, 1}}));
  const std::size_t size = g.size();
  const ExprId second =
      multiply(g, grad(g, argument(g, 0, p1)), indexed(g, spatial_coordinate(g), {{false, 1}}));
  EXPECT_EQ(first, second);
  EXPECT_EQ(g.size(), size);
}

TEST(ExprGraph, SumsAndScalarProductsCommute) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId a = coefficient(g, p1);
  const ExprId b = coefficient(g, p1);
  EXPECT_EQ(add(g, a, b), add(g, b, a));
  EXPECT_EQ(multiply(g, a, b), multiply(g, b, a));
  EXPECT_NE(divide(g, a, b), divide(g, b, a));
}

TEST(ExprGraph, EachNewCoefficientIsAnother) {
  ExprGraph g(meshes::CellType::triangle);
  EXPECT_NE(coefficient(g, p1), coefficient(g, p1));
  EXPECT_NE(constant(g), constant(g));
  EXPECT_EQ(g.coefficients()[1].name, "w1");
  EXPECT_EQ(g.constants()[0].name, "c0");
}

TEST(ExprGraph, NodesDifferByEachPartOfTheirIdentity) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId x = spatial_coordinate(g);
  const ExprId n = facet_normal(g);
  EXPECT_NE(x, n);
  EXPECT_NE(indexed(g, x, {{false, 0}}), indexed(g, x, {{false, 1}}));
  EXPECT_NE(indexed(g, x, {{false, 0}}), indexed(g, x, {{true, 0}}));
  EXPECT_NE(real(g, 2), real(g, 3));
  EXPECT_NE(zero(g, {2}), zero(g, {3}));
  EXPECT_NE(argument(g, 0, p1), argument(g, 1, p1));
}

TEST(ExprGraph, OperandsPrecedeTheirNodes) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, p1);
  inner(g, grad(g, f), grad(g, power(g, f, real(g, 2))));
  for (std::uint32_t k = 0; k < g.size(); ++k) {
    for (ExprId operand : g[ExprId{k}].operands) EXPECT_LT(raw(operand), k);
  }
}

TEST(ExprGraph, LocationIsWhereANodeWasFirstWritten) {
  ExprGraph g(meshes::CellType::triangle);
  g.set_location({3, 5});
  const ExprId x = spatial_coordinate(g);
  g.set_location({4, 1});
  EXPECT_EQ(spatial_coordinate(g), x);
  EXPECT_EQ(g.location(x), (SourceLocation{3, 5}));
}

TEST(ExprGraph, RefusesMoreNodesThanItsLimit) {
  ExprGraph g(meshes::CellType::triangle);
  const auto fill = [&g] {
    for (std::size_t k = 0; k <= ExprGraph::max_nodes; ++k) real(g, 1 + static_cast<double>(k));
  };
  EXPECT_THROW(fill(), InputError);
  EXPECT_EQ(g.size(), ExprGraph::max_nodes);
}

TEST(Reachable, FindsWhatARootUsesAndNothingElse) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, p1);
  const ExprId other = coefficient(g, p1);
  const ExprId gradient = grad(g, f);
  const ExprId unused = grad(g, other);
  const ExprId square = inner(g, gradient, gradient);
  EXPECT_THAT(reachable(g, square), ElementsAre(f, gradient, square));
  EXPECT_THAT(reachable(g, std::vector{unused, gradient}), ElementsAre(f, other, gradient, unused));
}

TEST(Form, RankAndUsedTerminalsAreThoseOfItsIntegrands) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId v = argument(g, 0, p1);
  const ExprId u = argument(g, 1, p1);
  coefficient(g, p1);
  const ExprId f = coefficient(g, p1);
  const ExprId c = constant(g);
  const auto form = [](ExprId integrand) { return Form{"a", {Integral{.integrand = integrand}}}; };
  EXPECT_EQ(rank(g, form(f)), 0);
  EXPECT_EQ(rank(g, form(multiply(g, f, v))), 1);
  EXPECT_EQ(rank(g, form(multiply(g, u, v))), 2);
  EXPECT_THAT(used_coefficients(g, form(multiply(g, f, c))), ElementsAre(1));
  EXPECT_THAT(used_constants(g, form(multiply(g, f, c))), ElementsAre(0));
  EXPECT_THAT(argument_elements(g, form(multiply(g, u, v))), ElementsAre(p1, p1));
}

TEST(Form, TwoTestFunctionsOrATrialFunctionAloneAreRefused) {
  ExprGraph g(meshes::CellType::triangle);
  const Element p2{Family::lagrange, meshes::CellType::triangle, 2, {}};
  const Form two{
      "L", {Integral{.integrand = argument(g, 0, p1)}, Integral{.integrand = argument(g, 0, p2)}}};
  EXPECT_THROW(argument_elements(g, two), InputError);
  const Form alone{"L", {Integral{.integrand = argument(g, 1, p1)}}};
  EXPECT_THROW(argument_elements(g, alone), InputError);
}

}  // namespace
}  // namespace femsynth::fem
