#include "fem/elements/tensor_factors.hpp"

#include <basix/finite-element.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "fem/elements/basix_element.hpp"
#include "fem/elements/tabulate.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

/// Elements of all degrees, and of the bases that Basix numbers or places in other ways.
std::vector<Element> elements_on(CellType cell) {
  std::vector<Element> elements;
  for (int degree = 1; degree <= 6; ++degree) {
    elements.push_back({Family::lagrange, cell, degree, {}});
    if (degree > 3) continue;
    for (const LagrangeVariant variant : {LagrangeVariant::legendre, LagrangeVariant::gl_warped}) {
      elements.push_back({Family::discontinuous_lagrange, cell, degree, {}});
      elements.back().lagrange_variant = variant;
    }
  }
  return elements;
}

TEST(TensorFactors, ProductsAreBasixsFunctionsAndTheirDerivatives) {
  const std::vector<double> X{0.2, 0.7, 0.4, 0.9, 0.1, 0.6};
  for (const CellType cell : {CellType::quadrilateral, CellType::hexahedron}) {
    const auto t = static_cast<std::size_t>(meshes::dimension(cell));
    const std::size_t points = X.size() / t;
    const std::size_t derivatives = derivative_count(t, 3);
    for (const Element& element : elements_on(cell)) {
      SCOPED_TRACE(to_string(element));
      ASSERT_TRUE(tensor_factors(element));
      const Tabulation products = tabulate(element, 3, X);
      const auto [whole, shape] = basix_element(element).tabulate(3, X, {points, t});
      ASSERT_EQ(products.values.size(), whole.size());
      const std::size_t size = points * products.nodes;
      for (std::size_t place = 0; place < derivatives; ++place) {
        const auto ours = std::span(products.values).subspan(place * size, size);
        const auto theirs = std::span(whole).subspan(place * size, size);
        double scale = 1;
        for (const double value : theirs) scale = std::max(scale, std::abs(value));
        for (std::size_t n = 0; n < size; ++n) ASSERT_NEAR(ours[n], theirs[n], 1e-12 * scale);
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
