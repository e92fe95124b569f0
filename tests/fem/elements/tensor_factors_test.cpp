#include "fem/elements/tensor_factors.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "fem/elements/tabulate.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

TEST(TensorFactors, GradientsOfQElementsAreProductsOfOneDimensionalTables) {
  const std::vector<double> X{0.2, 0.7, 0.4, 0.9, 0.1, 0.6};
  for (const CellType cell : {CellType::quadrilateral, CellType::hexahedron}) {
    const auto t = static_cast<std::size_t>(meshes::dimension(cell));
    for (int degree = 1; degree <= 8; ++degree) {
      Element element{Family::lagrange, cell, degree, {}};
      if (degree > 4) {  // the other bases, of which Legendre's has no points
        element = {Family::discontinuous_lagrange, cell, degree - 4, {}};
        element.lagrange_variant =
            degree % 2 == 0 ? LagrangeVariant::legendre : LagrangeVariant::gl_warped;
      }
      const auto factors = tensor_factors(element);
      ASSERT_TRUE(factors);
      const std::vector<double> point(X.begin(), X.begin() + static_cast<std::ptrdiff_t>(t));
      const Tabulation whole = tabulate(element, 1, point);
      const Tabulation line = tabulate(factors->interval, 1, point);
      for (std::size_t i = 0; i < whole.nodes; ++i) {
        for (std::size_t e = 0; e < t; ++e) {
          double product = 1;
          for (std::size_t k = 0; k < t; ++k) {
            const auto n = static_cast<std::size_t>(factors->index[i * t + k]);
            product *= line.at(k == e ? 1 : 0, k, n);
          }
          EXPECT_NEAR(product, whole.at(derivative_index(e), 0, i), 1e-12);
        }
      }
    }
  }
}

TEST(TensorFactors, EveryNodeHasItsOwnPlace) {
  const Element element{Family::discontinuous_lagrange, CellType::hexahedron, 2, {}};
  const auto factors = tensor_factors(element);
  ASSERT_TRUE(factors);
  ASSERT_EQ(factors->node_of.size(), 27U);
  for (std::size_t place = 0; place < 27; ++place) {
    const auto i = static_cast<std::size_t>(factors->node_of[place]);
    const int back =
        (factors->index[3 * i] * 3 + factors->index[3 * i + 1]) * 3 + factors->index[3 * i + 2];
    EXPECT_EQ(static_cast<std::size_t>(back), place);
  }
}

TEST(TensorFactors, SimplicesHaveNone) {
  EXPECT_FALSE(tensor_factors({Family::lagrange, CellType::tetrahedron, 2, {}}));
  EXPECT_FALSE(tensor_factors({Family::lagrange, CellType::interval, 2, {}}));
}

}  // namespace
}  // namespace femsynth::fem
