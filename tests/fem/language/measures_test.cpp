#include <gmock/gmock.h>
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

TEST(Measures, RulesGoByTheNamesOfBasixAndFfcx) {
  const std::pair<const char*, const char*> names[] = {{"default", "default"},
                                                       {"vertex", "vertex"},
                                                       {"GLL", "gll"},
                                                       {"Gauss-Lobatto-Legendre", "gll"},
                                                       {"GJ", "gauss_jacobi"},
                                                       {"Gauss-Jacobi", "gauss_jacobi"},
                                                       {"Xiao-Gimbutas", "xiao_gimbutas"}};
  for (const auto& [name, scheme] : names) {
    const std::string quoted = "\"" + std::string(name) + "\"";
    EXPECT_EQ(integral("dx(scheme=" + quoted + ")").scheme.name, scheme);
    EXPECT_EQ(integral("dx(metadata={\"quadrature_rule\": " + quoted + "})").scheme.name, scheme);
    EXPECT_EQ(integral("Measure(\"ds\", metadata={\"scheme\": " + quoted + "})").scheme.name,
              scheme);
  }
  EXPECT_TRUE(integral("dx").scheme.is_default());
  // Metadata, a degree and a scheme replace all metadata that there were.
  EXPECT_EQ(integral("dx(scheme=\"GLL\")(1)").scheme.name, "gll");
  EXPECT_TRUE(integral("dx(scheme=\"GLL\")(degree=2)").scheme.is_default());
  EXPECT_TRUE(integral("dx(scheme=\"GLL\")(metadata={})").scheme.is_default());
  EXPECT_EQ(integral("dx(degree=3, scheme=\"GLL\")").degree, 3);
}

TEST(Measures, RulesMayBeGivenPointByPoint) {
  const QuadratureScheme scheme =
      integral(
          "dx(metadata={\"quadrature_weights\": [0.25, 0.125, 0.125], \"quadrature_rule\": "
          "\"custom\", \"quadrature_points\": [[0.5, 0.25], [0, 0], [1, 0]]})")
          .scheme;
  EXPECT_EQ(scheme.name, "custom");
  ASSERT_TRUE(scheme.custom);
  EXPECT_EQ(scheme.custom->dim, 2);
  EXPECT_EQ(scheme.custom->points, (std::vector<double>{0.5, 0.25, 0, 0, 1, 0}));
  EXPECT_EQ(scheme.custom->weights, (std::vector<double>{0.25, 0.125, 0.125}));
}

TEST(Measures, RulesThatAreIncompleteAreRefused) {
  const auto error = [](const std::string& metadata) {
    try {
      integral("dx(metadata={" + metadata + "})");
    } catch (const LocatedError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(error("\"quadrature_rule\": \"simpson\""),
              HasSubstr("unknown quadrature rule 'simpson' (default, gauss_jacobi, gll, "
                        "xiao_gimbutas and vertex are known"));
  EXPECT_THAT(error("\"quadrature_rule\": \"custom\", \"quadrature_weights\": [1]"),
              HasSubstr("needs metadata that have quadrature_points and quadrature_weights"));
  EXPECT_THAT(error("\"quadrature_points\": [[0, 0]], \"quadrature_weights\": [1]"),
              HasSubstr("are read with the quadrature_rule \"custom\" alone"));
  EXPECT_THAT(error("\"quadrature_rule\": \"custom\", \"quadrature_points\": [[0, 0], [1]], "
                    "\"quadrature_weights\": [1, 1]"),
              HasSubstr("3 coordinates of quadrature points and 2 weights"));
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
