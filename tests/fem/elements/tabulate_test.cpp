#include "fem/elements/tabulate.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <thread>

#include "fem/elements/quadrature.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

std::vector<Element> all_elements() {
  std::vector<Element> elements;
  for (const CellType cell : {CellType::interval, CellType::triangle, CellType::tetrahedron,
                              CellType::quadrilateral, CellType::hexahedron}) {
    for (int degree = 0; degree <= 4; ++degree) {
      if (degree > 0) elements.push_back({Family::lagrange, cell, degree, {}});
      elements.push_back({Family::discontinuous_lagrange, cell, degree, {}});
    }
  }
  return elements;
}

class Tabulate : public testing::TestWithParam<Element> {
 protected:
  std::size_t dim() const { return static_cast<std::size_t>(meshes::dimension(GetParam().cell)); }
};
INSTANTIATE_TEST_SUITE_P(Elements, Tabulate, testing::ValuesIn(all_elements()), [](const auto& p) {
  return std::string(meshes::name_of(p.param.cell)) +
         (p.param.family == Family::lagrange ? "P" : "DG") + std::to_string(p.param.degree);
});

/// Binomial formulas for the dimension of P_k and Q_k.
int expected_dimension(const Element& element) {
  const int k = element.degree;
  switch (element.cell) {
    case CellType::interval:
      return k + 1;
    case CellType::triangle:
      return (k + 1) * (k + 2) / 2;
    case CellType::tetrahedron:
      return (k + 1) * (k + 2) * (k + 3) / 6;
    case CellType::quadrilateral:
      return (k + 1) * (k + 1);
    case CellType::hexahedron:
      return (k + 1) * (k + 1) * (k + 1);
    case CellType::prism:
      return (k + 1) * (k + 1) * (k + 2) / 2;
    case CellType::pyramid:
      return (k + 1) * (k + 2) * (2 * k + 3) / 6;
  }
  return 0;
}

TEST_P(Tabulate, DimensionIsThatOfThePolynomialSpace) {
  EXPECT_EQ(dimension(GetParam()), expected_dimension(GetParam()));
  EXPECT_EQ(nodes(GetParam()).size(), static_cast<std::size_t>(dimension(GetParam())) * dim());
}

TEST_P(Tabulate, BasisFunctionIsExactlyOneAtItsNodeAndZeroAtTheOthers) {
  const Tabulation table = tabulate(GetParam(), 0, nodes(GetParam()));
  for (std::size_t p = 0; p < table.points; ++p) {
    for (std::size_t n = 0; n < table.nodes; ++n) {
      EXPECT_EQ(table.at(0, p, n), p == n ? 1.0 : 0.0);  // exact: noise is snapped
    }
  }
}

TEST_P(Tabulate, ValuesSumToOneAndDerivativesToZero) {
  const QuadratureRule rule = cell_quadrature(GetParam().cell, 5);
  const Tabulation table = tabulate(GetParam(), 2, rule.points);
  EXPECT_EQ(table.derivatives, 1 + dim() + dim() * (dim() + 1) / 2);
  for (std::size_t d = 0; d < table.derivatives; ++d) {
    for (std::size_t p = 0; p < table.points; ++p) {
      double sum = 0.0;
      for (std::size_t n = 0; n < table.nodes; ++n) sum += table.at(d, p, n);
      EXPECT_NEAR(sum, d == 0 ? 1.0 : 0.0, d == 0 ? 1e-13 : 1e-10) << "derivative " << d;
    }
  }
}

/// x^a y^b z^c, differentiated `order[i]` times in each variable.
double monomial(const double* x, const std::array<int, 3>& powers, const std::array<int, 3>& order,
                std::size_t dim) {
  double value = 1.0;
  for (std::size_t i = 0; i < dim; ++i) {
    int p = powers[i];
    for (int k = 0; k < order[i]; ++k) value *= p--;
    value *= p < 0 ? 0.0 : std::pow(x[i], p);
  }
  return value;
}

TEST_P(Tabulate, InterpolantsOfItsMonomialsAndAllTheirDerivativesAreExact) {
  const int k = GetParam().degree;
  const std::vector<double>& at_nodes = nodes(GetParam());
  const QuadratureRule rule = cell_quadrature(GetParam().cell, 6);
  const Tabulation table = tabulate(GetParam(), max_tabulated_order, rule.points);
  std::vector<std::array<int, 3>> derivatives;
  for (int order = 0; order <= max_tabulated_order; ++order) {
    for (const Directions& along : directions_of_order(static_cast<int>(dim()), order)) {
      EXPECT_EQ(derivative_index(dim(), along), derivatives.size());
      derivatives.emplace_back();
      for (const int axis : along) ++derivatives.back()[static_cast<std::size_t>(axis)];
    }
  }
  ASSERT_EQ(derivatives.size(), table.derivatives);
  for (int a = 0; a <= k; ++a) {
    for (int b = 0; b <= (dim() > 1 ? k : 0); ++b) {
      for (int c = 0; c <= (dim() > 2 ? k : 0); ++c) {
        if (meshes::is_simplex(GetParam().cell) && a + b + c > k) continue;
        for (std::size_t d = 0; d < derivatives.size(); ++d) {
          for (std::size_t p = 0; p < table.points; ++p) {
            double value = 0.0;
            double size = 1.0;
            for (std::size_t n = 0; n < table.nodes; ++n) {
              value += table.at(d, p, n) * monomial(&at_nodes[n * dim()], {a, b, c}, {}, dim());
              size += std::abs(table.at(d, p, n));
            }
            const double exact =
                monomial(&rule.points[p * dim()], {a, b, c}, derivatives[d], dim());
            EXPECT_NEAR(value, exact, 2e-14 * size) << a << b << c << ", derivative " << d;
          }
        }
      }
    }
  }
}

TEST_P(Tabulate, EachNodeBelongsToOneEntityAndLiesOnIt) {
  std::multiset<int> seen;
  const auto& entities = entity_nodes(GetParam());
  for (std::size_t d = 0; d < entities.size(); ++d) {
    for (std::size_t e = 0; e < entities[d].size(); ++e) {
      seen.insert(entities[d][e].begin(), entities[d][e].end());
      if (GetParam().family == Family::discontinuous_lagrange) continue;
      // Only the vertex functions of the entity's own vertices live there.
      for (const int n : entities[d][e]) {
        const Tabulation table = tabulate(
            {Family::lagrange, GetParam().cell, 1, {}}, 0,
            std::span(nodes(GetParam())).subspan(static_cast<std::size_t>(n) * dim(), dim()));
        const auto own =
            meshes::entity_vertices(GetParam().cell, static_cast<int>(d), static_cast<int>(e));
        for (int v = 0; v < meshes::vertex_count(GetParam().cell); ++v) {
          const bool mine = std::find(own.begin(), own.end(), v) != own.end();
          EXPECT_EQ(table.at(0, 0, static_cast<std::size_t>(v)) > 1e-12, mine);
        }
      }
    }
  }
  std::multiset<int> expected;
  for (int n = 0; n < dimension(GetParam()); ++n) expected.insert(n);
  EXPECT_EQ(seen, expected);
}

TEST_P(Tabulate, ContinuousAndDiscontinuousSpacesShareTheirTables) {
  if (GetParam().family == Family::lagrange) {
    Element other = GetParam();
    other.family = Family::discontinuous_lagrange;
    const QuadratureRule rule = cell_quadrature(GetParam().cell, 3);
    EXPECT_EQ(tabulate(GetParam(), 1, rule.points).values, tabulate(other, 1, rule.points).values);
    EXPECT_TRUE(entity_nodes(other)[0][0].empty());
  }
}

TEST(TabulateErrors, UnsupportedElementsAndDerivativesAreRefused) {
  const std::vector<double> point{0.25, 0.25};
  EXPECT_THROW(tabulate({Family::lagrange, CellType::triangle, 11, {}}, 0, point), InputError);
  EXPECT_THROW(
      tabulate({Family::lagrange, CellType::triangle, 1, {}}, max_tabulated_order + 1, point),
      InternalError);
  EXPECT_THROW(tabulate({Family::lagrange, CellType::tetrahedron, 1, {}}, 0, point), InternalError);
}

TEST(TabulateThreads, ManyThreadsGetTheSameTables) {
  const Element element{Family::lagrange, CellType::tetrahedron, 3, {}};
  const QuadratureRule rule = cell_quadrature(element.cell, 4);
  std::vector<Tabulation> tables(8);
  {
    std::vector<std::jthread> threads;
    for (Tabulation& table : tables) {
      threads.emplace_back([&] { table = tabulate(element, 1, rule.points); });
    }
  }
  for (const Tabulation& table : tables) EXPECT_EQ(table.values, tables[0].values);
}

}  // namespace
}  // namespace femsynth::fem
