#include <gtest/gtest.h>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"

namespace femsynth::fem {
namespace {

constexpr Element p1{Family::lagrange, meshes::CellType::triangle, 1, {}};

TEST(Print, WritesParenthesesWherePrecedenceNeedsThem) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, p1, "f");
  const ExprId h = coefficient(g, p1, "h");
  const ExprId sum = add(g, f, h);
  const ExprId product = multiply(g, f, h);
  const ExprId two = real(g, 2);
  EXPECT_EQ(to_string(g, multiply(g, sum, f)), "(f + h) * f");
  EXPECT_EQ(to_string(g, add(g, product, f)), "f * h + f");
  EXPECT_EQ(to_string(g, power(g, sum, two)), "(f + h) ** 2");
  EXPECT_EQ(to_string(g, power(g, power(g, f, two), two)), "(f ** 2) ** 2");
  EXPECT_EQ(to_string(g, negate(g, sum)), "-(f + h)");
  EXPECT_EQ(to_string(g, power(g, negate(g, f), two)), "(-f) ** 2");
  EXPECT_EQ(to_string(g, subtract(g, f, sum)), "f - (f + h)");
  EXPECT_EQ(to_string(g, divide(g, f, product)), "f / (f * h)");
  EXPECT_EQ(to_string(g, divide(g, product, f)), "f * h / f");
  EXPECT_EQ(to_string(g, multiply(g, f, divide(g, f, h))), "f * (f / h)");
  EXPECT_EQ(to_string(g, power(g, f, real(g, -2))), "f ** -2");
  EXPECT_EQ(to_string(g, power(g, real(g, -2), f)), "(-2) ** f");
}

TEST(Print, WritesTensorsAndIndicesAsUfl) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId v = argument(g, 0, p1);
  const ExprId u = argument(g, 1, p1);
  EXPECT_EQ(to_string(g, inner(g, grad(g, u), grad(g, v))), "inner(grad(v_1), grad(v_0))");
  const std::int32_t i = g.new_label();
  const ExprId x = spatial_coordinate(g);
  const ExprId xi = indexed(g, x, {{true, i}});
  EXPECT_EQ(to_string(g, multiply(g, xi, xi)), "sum(x[i_0] * x[i_0], i_0)");
  EXPECT_EQ(to_string(g, component_tensor(g, multiply(g, u, xi), std::vector{i})),
            "as_tensor(v_1 * x[i_0], (i_0,))");
  EXPECT_EQ(to_string(g, list_tensor(g, std::vector{u, v})), "as_vector([v_1, v_0])");
  EXPECT_EQ(to_string(g, conditional(g, compare(g, Op::lt, u, v), u, zero(g))),
            "conditional(lt(v_1, v_0), v_1, 0)");
}

TEST(Print, WritesAnIntegralALine) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, p1, "f");
  const Form form{"M",
                  {Integral{.subdomains = {1, 2}, .degree = 3, .integrand = add(g, f, real(g, 1))},
                   Integral{.kind = IntegralKind::exterior_facet, .integrand = f}}};
  EXPECT_EQ(to_string(g, form), "(f + 1) * dx((1, 2), degree=3)\nf * ds\n");
}

TEST(Print, WritesRules) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, p1, "f");
  const QuadratureRule points{2, {0.5, 0.25, 0, 1}, {0.25, 0.25}};
  const Form form{"M",
                  {Integral{.degree = 3, .integrand = f, .scheme = {"gll", {}}},
                   Integral{.integrand = f,
                            .scheme = {"custom", std::make_shared<const QuadratureRule>(points)}}}};
  EXPECT_EQ(to_string(g, form),
            "f * dx(degree=3, scheme=\"gll\")\n"
            "f * dx(metadata={\"quadrature_rule\": \"custom\", \"quadrature_points\": "
            "[[0.5, 0.25], [0, 1]], \"quadrature_weights\": [0.25, 0.25]})\n");
}

TEST(Print, IsLinearInSharedNodes) {
  ExprGraph g(meshes::CellType::triangle);
  ExprId f = coefficient(g, p1, "f");
  for (int k = 0; k < 200; ++k) f = add(g, multiply(g, f, f), f);
  const std::string text = to_string(g, f);
  EXPECT_LT(text.size(), 200'000U);
  EXPECT_NE(text.find("t0 = "), std::string::npos);
}

}  // namespace
}  // namespace femsynth::fem
