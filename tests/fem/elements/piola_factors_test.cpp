#include "fem/elements/piola_factors.hpp"

#include <basix/finite-element.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fem/elements/basix_element.hpp"
#include "fem/elements/interpolation.hpp"
#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

/// All elements up to a degree on quadrilaterals, to another one on hexahedra.
std::vector<Element> elements(int flat, int solid) {
  std::vector<Element> result;
  for (const Family family : {Family::raviart_thomas, Family::nedelec_first}) {
    for (int k = 1; k <= flat; ++k) result.push_back({family, CellType::quadrilateral, k, {}});
    for (int k = 1; k <= solid; ++k) result.push_back({family, CellType::hexahedron, k, {}});
  }
  return result;
}

std::vector<double> some_points(const Element& element) {
  std::vector<double> X{0.2, 0.7, 0.4, 0.9, 0.1, 0.6, 0.35, 0.05, 0.83, 0.51, 0.97, 0.02};
  X.resize(element.cell == CellType::hexahedron ? 12 : 8);
  return X;
}

// Basix's own rounding errors grow to 10⁻⁷ at degree 6, see the next test.
TEST(PiolaFactors, ProductsAreBasixsBasisWithItsDerivatives) {
  for (const Element& element : elements(6, 6)) {
    SCOPED_TRACE(to_string(element));
    ASSERT_NE(piola_factors(element), nullptr);
    const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
    const std::vector<double> X = some_points(element);
    const Tabulation ours = tabulate(element, 2, X);
    const std::vector<double> theirs =
        basix_element(element).tabulate(2, X, {X.size() / t, t}).first;
    ASSERT_EQ(ours.values.size(), theirs.size());
    double largest = 0;
    for (const double v : theirs) largest = std::max(largest, std::abs(v));
    const double tolerance = largest * 1e-14 * std::pow(22.0, element.degree - 1);
    for (std::size_t k = 0; k < theirs.size(); ++k) {
      ASSERT_NEAR(ours.values[k], theirs[k], tolerance) << k;
    }
  }
}

// The law that defines the basis, with dofs as Basix states them.
TEST(PiolaFactors, ProductsAreDualToTheDofs) {
  for (const Element& element : elements(5, 4)) {
    SCOPED_TRACE(to_string(element));
    const basix::FiniteElement& basix = basix_element(element);
    const auto& [points, shape] = basix.points();
    const auto& [matrix, matrix_shape] = basix.interpolation_matrix();
    const Tabulation table = tabulate(element, 0, points);
    for (std::size_t dof = 0; dof < table.nodes; ++dof) {
      double size = 0;
      for (std::size_t k = 0; k < matrix_shape[1]; ++k) {
        size += std::abs(matrix[dof * matrix_shape[1] + k]);
      }
      for (std::size_t i = 0; i < table.nodes; ++i) {
        double value = 0;
        double largest = 0;
        for (std::size_t A = 0; A < table.components; ++A) {
          for (std::size_t q = 0; q < table.points; ++q) {
            const double f = table.at(0, q, i, A);
            largest = std::max(largest, std::abs(f));
            value += matrix[dof * matrix_shape[1] + A * table.points + q] * f;
          }
        }
        // The dofs within are integrals against functions that Basix solved for.
        const double tolerance = 1e-14 * size * largest * std::pow(10.0, element.degree - 1);
        ASSERT_NEAR(value, dof == i ? 1 : 0, tolerance) << dof << ", " << i;
      }
    }
  }
}

TEST(PiolaFactors, FewFactorsServeAllFunctions) {
  for (const Element& element : elements(10, 6)) {
    SCOPED_TRACE(to_string(element));
    ASSERT_NE(piola_factors(element), nullptr);
    const PiolaFactors& f = *piola_factors(element);
    EXPECT_EQ(f.component.size(), static_cast<std::size_t>(dimension(element)));
    EXPECT_LE(f.factors.size(), 7U * static_cast<std::size_t>(element.degree));
    for (const std::vector<double>& factor : f.factors) {
      EXPECT_EQ(factor.size(), static_cast<std::size_t>(element.degree) + 1);
      EXPECT_TRUE(std::any_of(factor.begin(), factor.end(), [](double c) { return c != 0; }));
    }
  }
}

TEST(PiolaFactors, DiscontinuousElementsHaveTheSame) {
  Element element{Family::raviart_thomas, CellType::quadrilateral, 3, {}};
  const PiolaFactors& continuous = *piola_factors(element);
  element.discontinuous = true;
  ASSERT_NE(piola_factors(element), nullptr);
  EXPECT_EQ(piola_factors(element)->index, continuous.index);
}

TEST(PiolaFactors, OtherElementsHaveNone) {
  EXPECT_EQ(piola_factors({Family::raviart_thomas, CellType::tetrahedron, 2, {}}), nullptr);
  EXPECT_EQ(piola_factors({Family::bdm, CellType::quadrilateral, 2, {}}), nullptr);
  EXPECT_EQ(piola_factors({Family::lagrange, CellType::hexahedron, 2, {}}), nullptr);
}

}  // namespace
}  // namespace femsynth::fem
