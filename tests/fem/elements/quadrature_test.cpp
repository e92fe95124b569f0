#include "fem/elements/quadrature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

constexpr CellType kCells[] = {CellType::interval, CellType::triangle, CellType::tetrahedron,
                               CellType::quadrilateral, CellType::hexahedron};

class Quadrature : public testing::TestWithParam<CellType> {
 protected:
  int dim() const { return meshes::dimension(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Cells, Quadrature, testing::ValuesIn(kCells),
                         [](const auto& p) { return std::string(meshes::name_of(p.param)); });

double monomial(const double* x, const int (&powers)[3], int dim) {
  double value = 1.0;
  for (int i = 0; i < dim; ++i) value *= std::pow(x[i], powers[i]);
  return value;
}

/// ∫ x^a y^b z^c over the reference cell: a! b! c! / (a + b + c + d)! on a simplex (Dirichlet's
/// integral), 1/((a+1)(b+1)(c+1)) on a tensor-product cell.
double exact(CellType cell, const int (&powers)[3]) {
  const int d = meshes::dimension(cell);
  double log_value = 0.0;
  int sum = 0;
  double product = 1.0;
  for (int i = 0; i < d; ++i) {
    log_value += std::lgamma(powers[i] + 1.0);
    sum += powers[i];
    product /= powers[i] + 1.0;
  }
  return meshes::is_simplex(cell) ? std::exp(log_value - std::lgamma(sum + d + 1.0)) : product;
}

/// Calls visit(powers) for the monomials that a rule of that degree must integrate.
template <typename Visit>
void for_each_monomial(CellType cell, int degree, Visit visit) {
  const int d = meshes::dimension(cell);
  const bool simplex = meshes::is_simplex(cell);
  for (int a = 0; a <= degree; ++a) {
    for (int b = 0; b <= (d > 1 ? degree - (simplex ? a : 0) : 0); ++b) {
      for (int c = 0; c <= (d > 2 ? degree - (simplex ? a + b : 0) : 0); ++c) visit({a, b, c});
    }
  }
}

TEST_P(Quadrature, CellRuleOfEachDegreeIsExactForItsMonomials) {
  for (int degree = 0; degree <= 20; ++degree) {
    const QuadratureRule rule = cell_quadrature(GetParam(), degree);
    // The corner monomials of each degree; all of them where that is quick.
    for_each_monomial(GetParam(), degree, [&](const int(&p)[3]) {
      if (degree > 8 && p[0] != degree && p[0] != degree / 2 && p[0] != 1) return;
      double sum = 0.0;
      for (std::size_t q = 0; q < rule.size(); ++q) {
        sum +=
            rule.weights[q] * monomial(&rule.points[q * static_cast<std::size_t>(dim())], p, dim());
      }
      EXPECT_NEAR(sum, exact(GetParam(), p), 1e-14)
          << "degree " << degree << ", powers " << p[0] << p[1] << p[2];
    });
  }
}

TEST_P(Quadrature, CellRuleIsNotExactForEveryHigherDegree) {
  for (const int degree : {1, 4, 9}) {
    const QuadratureRule rule = cell_quadrature(GetParam(), degree);
    const int powers[3] = {2 * degree + 4, 0, 0};
    double sum = 0.0;
    for (std::size_t q = 0; q < rule.size(); ++q) {
      sum += rule.weights[q] *
             monomial(&rule.points[q * static_cast<std::size_t>(dim())], powers, dim());
    }
    EXPECT_GT(std::abs(sum - exact(GetParam(), powers)), 1e-9)
        << "the check itself must be able to fail";
  }
}

TEST_P(Quadrature, FacetRuleKeepsTheMeasureOfTheFacetsOwnReferenceCell) {
  const double measures[] = {0.0, 1.0, 1.0, 0.5, 1.0};  // by vertices of the facet
  for (int f = 0; f < meshes::facet_count(GetParam()); ++f) {
    for (int degree = 0; degree <= 20; ++degree) {
      const QuadratureRule rule = facet_quadrature(GetParam(), f, degree);
      EXPECT_NEAR(std::accumulate(rule.weights.begin(), rule.weights.end(), 0.0),
                  measures[meshes::facet_vertex_count(GetParam(), f)], 1e-14);
      EXPECT_EQ(rule.points.size(), rule.size() * static_cast<std::size_t>(dim()));
    }
  }
}

TEST_P(Quadrature, DivergenceTheoremHoldsForMonomialFields) {
  const double identity[3][9] = {{1}, {1, 0, 0, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  const auto d = static_cast<std::size_t>(dim());
  for (int degree = 0; degree <= 20; ++degree) {
    std::vector<QuadratureRule> rules;
    for (int f = 0; f < meshes::facet_count(GetParam()); ++f) {
      rules.push_back(facet_quadrature(GetParam(), f, degree));
    }
    for_each_monomial(GetParam(), degree, [&](const int(&p)[3]) {
      if (degree > 5 && p[0] != degree && p[0] != degree / 2) return;
      double outside[3] = {};
      for (int f = 0; f < meshes::facet_count(GetParam()); ++f) {
        const QuadratureRule& rule = rules[static_cast<std::size_t>(f)];
        double integral = 0.0;
        for (std::size_t q = 0; q < rule.size(); ++q) {
          integral += rule.weights[q] * monomial(&rule.points[q * d], p, dim());
        }
        const std::vector<double> normal = facet_normal(GetParam(), f);
        const double scale = facet_scale(GetParam(), f, identity[d - 1]);
        for (std::size_t i = 0; i < d; ++i) outside[i] += normal[i] * scale * integral;
      }
      for (std::size_t i = 0; i < d; ++i) {
        int lower[3] = {p[0], p[1], p[2]};
        const double inside = lower[i]-- > 0 ? p[i] * exact(GetParam(), lower) : 0.0;
        EXPECT_NEAR(inside, outside[i], 1e-13)
            << "degree " << degree << ", powers " << p[0] << p[1] << p[2];
      }
    });
  }
}

TEST_P(Quadrature, FacetPointsLieOnTheFacet) {
  const auto d = static_cast<std::size_t>(dim());
  for (int f = 0; f < meshes::facet_count(GetParam()); ++f) {
    const auto normal = facet_normal(GetParam(), f);
    const auto vertex =
        meshes::reference_vertex(GetParam(), meshes::facet_vertex(GetParam(), f, 0));
    const QuadratureRule rule = facet_quadrature(GetParam(), f, 5);
    for (std::size_t q = 0; q < rule.size(); ++q) {
      double distance = 0.0;
      for (std::size_t i = 0; i < d; ++i)
        distance += normal[i] * (rule.points[q * d + i] - vertex[i]);
      EXPECT_NEAR(distance, 0.0, 1e-15);
    }
  }
}

TEST(QuadratureErrors, DegreesOutsideTheSupportedOnesAreRefused) {
  EXPECT_THROW(cell_quadrature(CellType::triangle, -1), InputError);
  EXPECT_THROW(cell_quadrature(CellType::triangle, max_quadrature_degree + 1), InputError);
  EXPECT_THROW(facet_quadrature(CellType::interval, 0, -1), InputError);
}

double integral(const QuadratureRule& rule, int a, int b, int c) {
  double sum = 0.0;
  for (std::size_t q = 0; q < rule.size(); ++q) {
    const double* x = &rule.points[3 * q];
    sum += rule.weights[q] * std::pow(x[0], a) * std::pow(x[1], b) * std::pow(x[2], c);
  }
  return sum;
}

TEST(Quadrature, RulesOfPrismsAndPyramidsIntegrateTheirDegreeExactly) {
  for (const int degree : {0, 1, 2, 5, 8, 13}) {
    const QuadratureRule prism = cell_quadrature(CellType::prism, degree);
    const QuadratureRule pyramid = cell_quadrature(CellType::pyramid, degree);
    for (int a = 0; a <= degree; ++a) {
      for (int b = 0; a + b <= degree; ++b) {
        for (int c = 0; a + b + c <= degree; ++c) {
          // ∫ x^a y^b over the triangle is B(a + 1, b + 2) / (b + 1); z from 0 to 1.
          EXPECT_NEAR(integral(prism, a, b, c), std::beta(a + 1, b + 2) / (b + 1) / (c + 1), 1e-14);
          // The square at height z has the side 1 − z.
          EXPECT_NEAR(integral(pyramid, a, b, c), std::beta(c + 1, a + b + 3) / ((a + 1) * (b + 1)),
                      1e-14);
        }
      }
    }
  }
}

TEST(Quadrature, FacetsOfPrismsAndPyramidsHaveRulesOfTheirOwnType) {
  for (const CellType cell : {CellType::prism, CellType::pyramid}) {
    for (int f = 0; f < meshes::facet_count(cell); ++f) {
      const QuadratureRule rule = facet_quadrature(cell, f, 3);
      const CellType type = meshes::facet_type(cell, f);
      EXPECT_EQ(rule.size(), cell_quadrature(type, 3).size());
      const std::vector<double> normal = facet_normal(cell, f);
      const auto v0 = meshes::reference_vertex(cell, meshes::facet_vertex(cell, f, 0));
      double sum = 0.0;
      for (std::size_t q = 0; q < rule.size(); ++q) {
        double distance = 0.0;
        for (std::size_t i = 0; i < 3; ++i) {
          distance += normal[i] * (rule.points[3 * q + i] - v0[i]);
        }
        EXPECT_NEAR(distance, 0.0, 1e-14) << "off the facet";
        sum += rule.weights[q];
      }
      EXPECT_NEAR(sum, meshes::reference_volume(type), 1e-14);
    }
  }
}

TEST(Quadrature, SchemesAreKnownByName) {
  const QuadratureRule vertices = cell_quadrature(CellType::triangle, 1, "vertex");
  EXPECT_EQ(vertices.points, (std::vector<double>{0, 0, 1, 0, 0, 1}));
  EXPECT_EQ(vertices.weights, std::vector<double>(3, 0.5 / 3));
  EXPECT_EQ(facet_quadrature(CellType::tetrahedron, 0, 1, {.name = "vertex"}).size(), 3u);
  const QuadratureRule jacobi = cell_quadrature(CellType::triangle, 4, "gauss_jacobi");
  EXPECT_EQ(jacobi.size(), 9u);
  EXPECT_LT(cell_quadrature(CellType::triangle, 4, "xiao_gimbutas").size(), 9u);
  EXPECT_THROW(cell_quadrature(CellType::triangle, 4, "simpson"), InputError);
  EXPECT_THROW(cell_quadrature(CellType::triangle, 4, "gll"), InputError);  // not on simplices
  EXPECT_THROW(cell_quadrature(CellType::prism, 4, "gll"), InputError);
  EXPECT_THROW(cell_quadrature(CellType::hexahedron, 4, "xiao_gimbutas"), InputError);
}

/// ∫ x^a y^b z^c over any reference cell by a rule that is exact.
double integral_of(CellType cell, const QuadratureRule& rule, const int (&powers)[3]) {
  const int d = meshes::dimension(cell);
  double sum = 0.0;
  for (std::size_t q = 0; q < rule.size(); ++q) {
    sum += rule.weights[q] * monomial(&rule.points[q * static_cast<std::size_t>(d)], powers, d);
  }
  return sum;
}

TEST(Quadrature, SchemesAreExactForTheDegreeThatTheySay) {
  for (const CellType cell :
       {CellType::interval, CellType::triangle, CellType::tetrahedron, CellType::quadrilateral,
        CellType::hexahedron, CellType::prism, CellType::pyramid}) {
    const bool tensor = cell == CellType::quadrilateral || cell == CellType::hexahedron;
    for (const char* name : {"vertex", "gauss_jacobi", "gll", "xiao_gimbutas"}) {
      for (const int degree : {1, 3, 4}) {
        const QuadratureScheme scheme{name, {}};
        QuadratureRule rule;
        try {
          rule = cell_quadrature(cell, degree, scheme);
        } catch (const InputError&) {
          continue;  // the scheme is not for this cell
        }
        const QuadratureRule exact_rule = cell_quadrature(cell, 10);
        const int d = meshes::dimension(cell);
        const int exact = exact_degree(cell, degree, scheme);
        for (int a = 0; a <= exact; ++a) {
          for (int b = 0; b <= (d > 1 ? exact - (tensor ? 0 : a) : 0); ++b) {
            for (int c = 0; c <= (d > 2 ? exact - (tensor ? 0 : a + b) : 0); ++c) {
              EXPECT_NEAR(integral_of(cell, rule, {a, b, c}),
                          integral_of(cell, exact_rule, {a, b, c}), 1e-13)
                  << name << " " << degree << " on " << meshes::name_of(cell) << ": " << a << b
                  << c;
            }
          }
        }
      }
    }
  }
  // One degree more is too much for the vertices.
  const auto vertices = [](CellType cell) { return cell_quadrature(cell, 0, "vertex"); };
  EXPECT_NEAR(integral_of(CellType::triangle, vertices(CellType::triangle), {2, 0, 0}), 1.0 / 6,
              1e-15);  // 1/12 is right
  EXPECT_NEAR(integral_of(CellType::pyramid, vertices(CellType::pyramid), {0, 0, 1}), 1.0 / 15,
              1e-15);  // 1/12 is right
}

TEST(Quadrature, GaussLobattoLegendreRulesHaveTheEndsAmongTheirPoints) {
  for (const int degree : {1, 2, 3, 4, 5, 7}) {
    const QuadratureRule rule = cell_quadrature(CellType::interval, degree, "gll");
    EXPECT_EQ(rule.size(), static_cast<std::size_t>((degree + 4) / 2));
    for (const double end : {0.0, 1.0}) {
      EXPECT_EQ(std::ranges::count(rule.points, end), 1) << degree;
    }
  }
}

TEST(Quadrature, GivenPointsAreTakenAsTheyAre) {
  const QuadratureScheme scheme{"custom", std::make_shared<const QuadratureRule>(
                                              QuadratureRule{1, {0.25, 0.75}, {0.5, 0.5}})};
  EXPECT_EQ(cell_quadrature(CellType::interval, 0, scheme), *scheme.custom);
  EXPECT_EQ(exact_degree(CellType::interval, 3, scheme), -1);
  EXPECT_THROW(cell_quadrature(CellType::triangle, 0, scheme), InputError);
  // On the facet from (1, 0) to (0, 1).
  EXPECT_EQ(facet_quadrature(CellType::triangle, 0, 0, scheme).points,
            (std::vector<double>{0.75, 0.25, 0.25, 0.75}));
  EXPECT_THROW(facet_quadrature(CellType::interval, 0, 0, scheme), InputError);
  EXPECT_THROW(facet_quadrature(CellType::prism, 1, 0, scheme), InputError);
  QuadratureScheme same = scheme;
  same.custom = std::make_shared<const QuadratureRule>(*scheme.custom);
  EXPECT_EQ(same, scheme);
  same.custom = std::make_shared<const QuadratureRule>(QuadratureRule{1, {0.25, 0.75}, {1, 0}});
  EXPECT_NE(same, scheme);
  EXPECT_NE(QuadratureScheme{}, scheme);
}

}  // namespace
}  // namespace femsynth::fem
