// Every family by what its space must hold: the dofs are dual to the basis, the space has the
// dimension that theory gives, and it reproduces the polynomials that define it.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "fem/elements/geometry_element.hpp"
#include "fem/elements/interpolation.hpp"
#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;
using enum meshes::CellType;
using Point = std::array<double, 3>;
using Field = std::function<double(const Point&, std::size_t component)>;

Element basic(Family family, CellType cell, int degree, bool discontinuous = false) {
  Element element{.family = family, .cell = cell, .degree = degree};
  element.discontinuous = discontinuous;
  if (cell == pyramid) element.lagrange_variant = LagrangeVariant::equispaced;
  return element;
}

/// Each family on each of its cells, up to a degree that keeps the test fast.
std::vector<Element> all_elements() {
  std::vector<Element> result;
  for (int f = 0; f <= static_cast<int>(Family::hhj); ++f) {
    for (const CellType cell : meshes::kCellTypes) {
      for (int degree = 0; degree <= (meshes::dimension(cell) == 3 ? 4 : 6); ++degree) {
        const Element element = basic(static_cast<Family>(f), cell, degree);
        try {
          check_element(element);
        } catch (const InputError&) {
          continue;
        }
        result.push_back(element);
        if (element.family >= Family::serendipity && element.family != Family::bubble) {
          result.push_back(basic(element.family, cell, degree, true));
        }
      }
    }
  }
  return result;
}

/// Points strictly inside the cell.
std::vector<double> inner_points(CellType cell, std::size_t count) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0.02, 0.98);
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  const auto vertices = static_cast<std::size_t>(meshes::vertex_count(cell));
  std::vector<double> points;
  for (std::size_t p = 0; p < count; ++p) {
    Point x{};
    double sum = 0.0;
    for (std::size_t v = 0; v < vertices; ++v) {
      const double weight = uniform(random);
      const auto vertex = meshes::reference_vertex(cell, static_cast<int>(v));
      for (std::size_t i = 0; i < t; ++i) x[i] += weight * vertex[i];
      sum += weight;
    }
    for (std::size_t i = 0; i < t; ++i) points.push_back(x[i] / sum);
  }
  return points;
}

Point point_of(const std::vector<double>& points, std::size_t t, std::size_t p) {
  Point x{};
  for (std::size_t i = 0; i < t; ++i) x[i] = points[p * t + i];
  return x;
}

/// Greatest error of the interpolant of a reference field, over its greatest value.
double interpolation_error(const Element& element, const Field& field) {
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  const InterpolationOperator& op = interpolation(element);
  std::vector<double> values;
  for (std::size_t p = 0; p < op.points; ++p) {
    for (std::size_t k = 0; k < op.components; ++k)
      values.push_back(field(point_of(op.X, t, p), k));
  }
  std::vector<double> dofs(op.dofs);
  op.apply(values.data(), dofs.data());
  const std::vector<double> points = inner_points(element.cell, 6);
  const Tabulation table = tabulate(element, 0, points);
  double error = 0.0;
  double scale = 1e-300;
  for (std::size_t p = 0; p < table.points; ++p) {
    for (std::size_t k = 0; k < table.components; ++k) {
      double value = 0.0;
      for (std::size_t i = 0; i < table.nodes; ++i) value += dofs[i] * table.at(0, p, i, k);
      const double exact = field(point_of(points, t, p), k);
      error = std::max(error, std::abs(value - exact));
      scale = std::max(scale, std::abs(exact));
    }
  }
  return error / scale;
}

double monomial(const Point& x, std::array<int, 3> e) {
  return std::pow(x[0], e[0]) * std::pow(x[1], e[1]) * std::pow(x[2], e[2]);
}

/// Exponents of the monomials of total degree `least` to `most` in t variables.
std::vector<std::array<int, 3>> monomials(std::size_t t, int least, int most) {
  std::vector<std::array<int, 3>> result;
  for (int a = 0; a <= most; ++a) {
    for (int b = 0; b <= (t > 1 ? most - a : 0); ++b) {
      for (int c = 0; c <= (t > 2 ? most - a - b : 0); ++c) {
        if (a + b + c >= least) result.push_back({a, b, c});
      }
    }
  }
  return result;
}

/// Fields that have one polynomial of degree `least` to `most` in one component; of symmetric
/// matrices in (i, j) and (j, i).
std::vector<Field> component_fields(const Element& element, int least, int most) {
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  const Shape shape = basic_shape(element.family, static_cast<int>(t));
  const auto size = static_cast<std::size_t>(size_of(shape));
  std::vector<Field> fields;
  for (const auto& e : monomials(t, least, most)) {
    for (std::size_t c = 0; c < size; ++c) {
      const std::size_t mirrored = shape.size() == 2 ? c % t * t + c / t : c;
      fields.emplace_back([=](const Point& x, std::size_t k) {
        return k == c || k == mirrored ? monomial(x, e) : 0.0;
      });
    }
  }
  return fields;
}

/// x P̃_{k−1} of RT_k.
std::vector<Field> radial_fields(std::size_t t, int k) {
  std::vector<Field> fields;
  for (const auto& e : monomials(t, k - 1, k - 1)) {
    fields.emplace_back([=](const Point& x, std::size_t i) { return x[i] * monomial(x, e); });
  }
  return fields;
}

/// The p of degree k with p · x = 0 of N1curl_k: (−y, x) P̃_{k−1}, and x × (P̃_{k−1})³.
std::vector<Field> rotating_fields(std::size_t t, int k) {
  std::vector<Field> fields;
  for (const auto& e : monomials(t, k - 1, k - 1)) {
    if (t == 2) {
      fields.emplace_back(
          [=](const Point& x, std::size_t i) { return (i == 0 ? -x[1] : x[0]) * monomial(x, e); });
    }
    for (std::size_t axis = 0; t == 3 && axis < 3; ++axis) {
      fields.emplace_back([=](const Point& x, std::size_t i) {
        if (i == axis) return 0.0;
        const std::size_t other = 3 - i - axis;
        const double sign = (i + 1) % 3 == other ? 1.0 : -1.0;
        return sign * x[other] * monomial(x, e);
      });
    }
  }
  return fields;
}

void append(std::vector<Field>& fields, const std::vector<Field>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
}

/// Polynomials that define the space, or that it holds at least.
std::vector<Field> fields_of(const Element& element) {
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  const int k = element.degree;
  std::vector<Field> fields;
  switch (element.family) {
    case Family::raviart_thomas:
      fields = component_fields(element, 0, k - 1);
      if (meshes::is_simplex(element.cell)) append(fields, radial_fields(t, k));
      // On tensor-product cells component i is of degree k in x_i.
      for (std::size_t i = 0; !meshes::is_simplex(element.cell) && i < t; ++i) {
        fields.emplace_back([=](const Point& x, std::size_t c) {
          return c == i ? std::pow(x[i], k) * std::pow(x[(i + 1) % t], k - 1) : 0.0;
        });
      }
      return fields;
    case Family::nedelec_first:
      fields = component_fields(element, 0, k - 1);
      if (meshes::is_simplex(element.cell)) append(fields, rotating_fields(t, k));
      for (std::size_t i = 0; !meshes::is_simplex(element.cell) && i < t; ++i) {
        fields.emplace_back([=](const Point& x, std::size_t c) {
          return c == i ? std::pow(x[i], k - 1) * std::pow(x[(i + 1) % t], k) : 0.0;
        });
      }
      return fields;
    case Family::bubble: {
      const CellType cell = element.cell;
      fields.emplace_back([=](const Point& x, std::size_t) {
        double value = 1.0;
        double rest = 1.0;
        for (std::size_t i = 0; i < t; ++i) {
          value *= meshes::is_simplex(cell) ? x[i] : x[i] * (1.0 - x[i]);
          rest -= x[i];
        }
        return meshes::is_simplex(cell) ? value * rest : value;
      });
      return fields;
    }
    default:
      return component_fields(element, 0, k);
  }
}

TEST(Family, DofsAreDualToTheBasis) {
  for (const Element& element : all_elements()) {
    SCOPED_TRACE(to_string(element));
    const InterpolationOperator& op = interpolation(element);
    ASSERT_EQ(op.dofs, static_cast<std::size_t>(dimension(element)));
    const Tabulation table = tabulate(element, 0, op.X);
    ASSERT_EQ(table.components, op.components);
    std::vector<double> values(op.points * op.components);
    std::vector<double> dofs(op.dofs);
    for (std::size_t j = 0; j < op.dofs; ++j) {
      for (std::size_t p = 0; p < op.points; ++p) {
        for (std::size_t k = 0; k < op.components; ++k) {
          values[p * op.components + k] = table.at(0, p, j, k);
        }
      }
      op.apply(values.data(), dofs.data());
      for (std::size_t i = 0; i < op.dofs; ++i) {
        ASSERT_NEAR(dofs[i], i == j ? 1.0 : 0.0, 1e-10) << "dof " << i << " of function " << j;
      }
    }
  }
}

TEST(Family, EverySpaceReproducesThePolynomialsThatItHolds) {
  for (const Element& element : all_elements()) {
    SCOPED_TRACE(to_string(element));
    double worst = 0.0;
    for (const Field& field : fields_of(element)) {
      worst = std::max(worst, interpolation_error(element, field));
    }
    EXPECT_LT(worst, 1e-9);
  }
}

TEST(Family, SpacesHaveTheDimensionOfTheory) {
  const auto dims = [](Family family, CellType cell, std::vector<int> degrees) {
    for (int& k : degrees) k = dimension(basic(family, cell, k));
    return degrees;
  };
  using testing::ElementsAre;
  EXPECT_THAT(dims(Family::lagrange, triangle, {1, 3, 6}), ElementsAre(3, 10, 28));
  EXPECT_THAT(dims(Family::lagrange, prism, {1, 2, 3}), ElementsAre(6, 18, 40));
  EXPECT_THAT(dims(Family::lagrange, pyramid, {1, 2, 3}), ElementsAre(5, 14, 30));
  EXPECT_THAT(dims(Family::raviart_thomas, triangle, {1, 2, 6}), ElementsAre(3, 8, 48));
  EXPECT_THAT(dims(Family::raviart_thomas, tetrahedron, {1, 2, 3}), ElementsAre(4, 15, 36));
  EXPECT_THAT(dims(Family::raviart_thomas, quadrilateral, {1, 2, 3}), ElementsAre(4, 12, 24));
  EXPECT_THAT(dims(Family::raviart_thomas, hexahedron, {1, 2}), ElementsAre(6, 36));
  EXPECT_THAT(dims(Family::nedelec_first, tetrahedron, {1, 2, 3}), ElementsAre(6, 20, 45));
  EXPECT_THAT(dims(Family::nedelec_first, hexahedron, {1, 2}), ElementsAre(12, 54));
  EXPECT_THAT(dims(Family::bdm, triangle, {1, 2, 6}), ElementsAre(6, 12, 56));
  EXPECT_THAT(dims(Family::nedelec_second, tetrahedron, {1, 2, 3}), ElementsAre(12, 30, 60));
  EXPECT_THAT(dims(Family::regge, triangle, {0, 1, 2}), ElementsAre(3, 9, 18));
  EXPECT_THAT(dims(Family::regge, tetrahedron, {0, 1, 2}), ElementsAre(6, 24, 60));
  EXPECT_THAT(dims(Family::hhj, triangle, {0, 1, 2}), ElementsAre(3, 9, 18));
  EXPECT_THAT(dims(Family::serendipity, quadrilateral, {1, 2, 3, 4, 5, 6}),
              ElementsAre(4, 8, 12, 17, 23, 30));
  EXPECT_THAT(dims(Family::dpc, hexahedron, {0, 1, 2}), ElementsAre(1, 4, 10));
  EXPECT_THAT(dims(Family::hermite, tetrahedron, {3}), ElementsAre(20));
  EXPECT_THAT(dims(Family::crouzeix_raviart, tetrahedron, {1}), ElementsAre(4));
  EXPECT_THAT(dims(Family::bubble, triangle, {3, 4, 5}), ElementsAre(1, 3, 6));
  EXPECT_THAT(dims(Family::real, hexahedron, {0}), ElementsAre(1));
}

TEST(Family, AVariantOfLagrangeElementsKeepsTheSpace) {
  for (int v = 0; v <= static_cast<int>(LagrangeVariant::bernstein); ++v) {
    for (const CellType cell : {interval, triangle, quadrilateral, hexahedron}) {
      Element element = basic(Family::discontinuous_lagrange, cell, 3);
      element.lagrange_variant = static_cast<LagrangeVariant>(v);
      const bool bernstein = element.lagrange_variant == LagrangeVariant::bernstein;
      if (bernstein) element.family = Family::lagrange;
      if (bernstein && !meshes::is_simplex(cell)) {
        EXPECT_THROW(tabulate(element, 0, {}), InputError);
        continue;
      }
      SCOPED_TRACE(to_string(element));
      for (const Field& field : component_fields(element, 0, 3)) {
        EXPECT_LT(interpolation_error(element, field), 1e-11);
      }
    }
  }
}

TEST(Family, FunctionsOfScalarFamiliesThatHoldConstantsSumToOneAndTheirDerivativesToZero) {
  for (const Element& element : all_elements()) {
    if (pull_back(element.family) != PullBack::identity || !is_nodal(element) ||
        element.family == Family::bubble) {
      continue;
    }
    SCOPED_TRACE(to_string(element));
    const Tabulation table = tabulate(element, 2, inner_points(element.cell, 3));
    for (std::size_t d = 0; d < table.derivatives; ++d) {
      for (std::size_t p = 0; p < table.points; ++p) {
        double sum = 0.0;
        for (std::size_t i = 0; i < table.nodes; ++i) sum += table.at(d, p, i);
        EXPECT_NEAR(sum, d == 0 ? 1.0 : 0.0, 1e-8);
      }
    }
  }
}

TEST(Family, DerivativesAreThoseOfTheValues) {
  for (const Element& element :
       {basic(Family::raviart_thomas, triangle, 2), basic(Family::nedelec_first, hexahedron, 2),
        basic(Family::regge, tetrahedron, 1), basic(Family::lagrange, pyramid, 2),
        basic(Family::lagrange, prism, 3)}) {
    SCOPED_TRACE(to_string(element));
    const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
    const std::vector<double> at = inner_points(element.cell, 1);
    const Tabulation table = tabulate(element, 1, at);
    const double h = 1e-6;
    for (std::size_t j = 0; j < t; ++j) {
      std::vector<double> ahead = at;
      std::vector<double> behind = at;
      ahead[j] += h;
      behind[j] -= h;
      const Tabulation f = tabulate(element, 0, ahead);
      const Tabulation b = tabulate(element, 0, behind);
      for (std::size_t i = 0; i < table.nodes; ++i) {
        for (std::size_t k = 0; k < table.components; ++k) {
          EXPECT_NEAR(table.at(derivative_index(j), 0, i, k),
                      (f.at(0, 0, i, k) - b.at(0, 0, i, k)) / (2 * h), 1e-6);
        }
      }
    }
  }
}

TEST(Family, GeometryElementsAreTheBasesOfTheMeshes) {
  for (const CellType cell : meshes::kCellTypes) {
    const auto t = static_cast<std::size_t>(meshes::dimension(cell));
    for (const int degree : {1, 2, 3}) {
      const Element element = geometry_element(cell, degree);
      const std::vector<double>& own = meshes::geometry_points(cell, degree);
      ASSERT_EQ(nodes(element).size(), own.size());
      for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(nodes(element)[i], own[i], 1e-15);
      std::vector<double> points = inner_points(cell, 5);
      points.insert(points.end(), own.begin(), own.end());  // a pyramid's apex among them
      const Tabulation table = tabulate(element, 1, points);
      for (std::size_t p = 0; p < table.points; ++p) {
        const auto basis = meshes::geometry_basis(cell, degree, &points[t * p]);
        ASSERT_EQ(basis.count, table.nodes);
        // The tables' gradients at a pyramid's apex are those a little below it.
        const bool apex = cell == pyramid && points[t * p + 2] == 1.0;
        for (std::size_t i = 0; i < table.nodes; ++i) {
          EXPECT_NEAR(table.at(0, p, i), basis.values[i], 1e-13);
          for (std::size_t k = 0; k < t; ++k) {
            EXPECT_NEAR(table.at(derivative_index(k), p, i), basis.gradients[i][k],
                        apex ? 1e-9 : 1e-12);
          }
        }
      }
    }
  }
}

TEST(Family, DerivativesOnPyramidsAreThoseOfTheOneOrderLess) {
  const Element element = basic(Family::lagrange, pyramid, 3);
  const std::vector<double> at = inner_points(pyramid, 1);
  const Tabulation table = tabulate(element, max_tabulated_order, at);
  const double h = 1e-6;
  for (int j = 0; j < 3; ++j) {
    std::vector<double> ahead = at;
    std::vector<double> behind = at;
    ahead[static_cast<std::size_t>(j)] += h;
    behind[static_cast<std::size_t>(j)] -= h;
    const Tabulation f = tabulate(element, max_tabulated_order - 1, ahead);
    const Tabulation b = tabulate(element, max_tabulated_order - 1, behind);
    for (int order = 0; order < max_tabulated_order; ++order) {
      for (const Directions& along : directions_of_order(3, order)) {
        const std::size_t lower = derivative_index(3, along);
        for (std::size_t i = 0; i < table.nodes; ++i) {
          const double exact = table.at(derivative_index(3, with(along, j)), 0, i);
          EXPECT_NEAR(exact, (f.at(lower, 0, i) - b.at(lower, 0, i)) / (2 * h),
                      1e-6 * (1 + std::abs(exact)) * std::pow(10, order))
              << lower << ", X_" << j;
        }
      }
    }
  }
}

TEST(Family, AQuadratureElementIsReadAtItsPointsAlone) {
  Element element = basic(Family::quadrature, triangle, 3);
  element.scheme = "default";
  const std::vector<double> points = cell_quadrature(triangle, 3).points;
  const Tabulation table = tabulate(element, 0, points);
  ASSERT_EQ(table.nodes, points.size() / 2);
  for (std::size_t p = 0; p < table.points; ++p) {
    for (std::size_t i = 0; i < table.nodes; ++i) {
      EXPECT_EQ(table.at(0, p, i), p == i ? 1.0 : 0.0);
    }
  }
  EXPECT_THROW(tabulate(element, 1, points), InputError);
  EXPECT_THROW(tabulate(element, 0, cell_quadrature(triangle, 4).points), InputError);
  element.scheme = "no such";
  EXPECT_THROW(check_element(element), InputError);
  element.scheme = "custom";
  element.points = {0.25, 0.5};
  EXPECT_EQ(dimension(element), 1);
  EXPECT_EQ(nodes(element), element.points);
}

TEST(Family, TheEmbeddedDegreeIsThatOfBasix) {
  // basix 0.9's embedded_superdegree.
  EXPECT_EQ(embedded_degree(basic(Family::raviart_thomas, triangle, 2)), 2);
  EXPECT_EQ(embedded_degree(basic(Family::bdm, triangle, 2)), 2);
  EXPECT_EQ(embedded_degree(basic(Family::bdm, quadrilateral, 2)), 3);
  EXPECT_EQ(embedded_degree(basic(Family::nedelec_second, hexahedron, 1)), 2);
  EXPECT_EQ(embedded_degree(basic(Family::serendipity, hexahedron, 3)), 3);
  EXPECT_EQ(embedded_degree(basic(Family::regge, triangle, 0)), 0);
  EXPECT_EQ(embedded_degree(basic(Family::bubble, triangle, 3)), 3);
  EXPECT_EQ(embedded_degree(basic(Family::real, triangle, 0)), 0);
  Element mini = basic(Family::enriched, triangle, 3);
  mini.parts = {basic(Family::lagrange, triangle, 1), basic(Family::bubble, triangle, 3)};
  EXPECT_EQ(embedded_degree(mini), 3);
}

TEST(Family, AFamilyThatACellDoesNotHaveIsRefusedWithThoseThatDo) {
  const auto message = [](const Element& element) -> std::string {
    try {
      check_element(element);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message(basic(Family::hhj, tetrahedron, 1)),
              testing::HasSubstr("exists on triangle alone"));
  EXPECT_THAT(message(basic(Family::crouzeix_raviart, triangle, 2)),
              testing::HasSubstr("degree 1 alone"));
  EXPECT_THAT(message(basic(Family::raviart_thomas, prism, 1)), testing::HasSubstr("alone"));
  Element warped = basic(Family::lagrange, pyramid, 3);
  warped.lagrange_variant = LagrangeVariant::gll_warped;
  EXPECT_THAT(message(warped), testing::HasSubstr("equispaced"));
  Element gauss = basic(Family::discontinuous_lagrange, prism, 2);
  gauss.lagrange_variant = LagrangeVariant::gl_warped;
  EXPECT_THAT(message(gauss), testing::HasSubstr("legendre"));
  Element mixed = basic(Family::mixed, triangle, 1);
  mixed.parts = {basic(Family::lagrange, triangle, 1), basic(Family::lagrange, interval, 1)};
  EXPECT_THAT(message(mixed), testing::HasSubstr("different cells"));
}

}  // namespace
}  // namespace femsynth::fem
