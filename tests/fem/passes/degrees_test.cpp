#include <gmock/gmock.h>

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

}  // namespace
}  // namespace femsynth::fem
