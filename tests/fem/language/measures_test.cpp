#include <gtest/gtest.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

Integral integral(const std::string& measure) {
  return parse_after_prelude("M = c*" + measure).forms[0].integrals.at(0);
}

TEST(Measures, HaveTheirKindsAndLongNames) {
  EXPECT_EQ(integral("dx").kind, IntegralKind::cell);
  EXPECT_EQ(integral("ds").kind, IntegralKind::exterior_facet);
  EXPECT_EQ(integral("dS").kind, IntegralKind::interior_facet);
  EXPECT_EQ(integral("dP").kind, IntegralKind::vertex);
  EXPECT_EQ(integral("Measure(\"interior_facet\")").kind, IntegralKind::interior_facet);
  EXPECT_EQ(integral("Measure(\"dS\", domain=mesh)").kind, IntegralKind::interior_facet);
  EXPECT_EQ(integral("Measure(\"vertex\")").kind, IntegralKind::vertex);
}

TEST(Measures, CallsReplaceWhatTheySay) {
  EXPECT_EQ(integral("dx(mesh)").subdomains, std::vector<int>{});
  EXPECT_EQ(integral("dx(1)(mesh)").subdomains, std::vector<int>{});
  EXPECT_EQ(integral("dx(1)()").subdomains, std::vector<int>{});
  EXPECT_EQ(integral("dx(domain=mesh)(2)").subdomains, std::vector<int>{2});
  EXPECT_EQ(integral("dx(2)(degree=3)").subdomains, std::vector<int>{2});
  // Metadata are replaced as a whole.
  EXPECT_EQ(integral("dx(degree=3)(metadata={})").degree, std::nullopt);
  EXPECT_EQ(integral("dx(degree=3)(1)").degree, 3);
}

TEST(Measures, ADegreeOfMinusOneIsEstimated) {
  EXPECT_EQ(integral("dx(degree=-1)").degree, std::nullopt);
  EXPECT_EQ(integral("dx(metadata={\"quadrature_degree\": -1})").degree, std::nullopt);
  EXPECT_EQ(integral("dx(degree=0)").degree, 0);
  EXPECT_EQ(integral("dx(0, metadata={\"precision\": 1})").degree, std::nullopt);
}

TEST(Measures, FormsMayHaveSeveralDegrees) {
  const FormModule module = parse_after_prelude(
      "M = f*dx(0, degree=8) + f*dx(1, degree=4) + f*dx(1, degree=2) + f*(dx(2) + dS(3))\n"
      "dx = dx(mesh)\nM += g*dx");
  ASSERT_EQ(module.forms[0].integrals.size(), 6U);
  EXPECT_EQ(module.forms[0].integrals[2].degree, 2);
  EXPECT_EQ(module.forms[0].integrals[4].kind, IntegralKind::interior_facet);
}

}  // namespace
}  // namespace femsynth::fem::testing
