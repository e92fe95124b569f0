// Our reference cells and geometry bases beside Basix, whose numbering they follow.
#include <basix/cell.h>
#include <basix/e-lagrange.h>
#include <basix/finite-element.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "meshes/curve.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

basix::cell::type basix_cell(CellType cell) {
  using basix::cell::type;
  constexpr type kTypes[] = {type::interval,      type::triangle,   type::tetrahedron,
                             type::quadrilateral, type::hexahedron, type::prism,
                             type::pyramid};
  return kTypes[static_cast<std::size_t>(cell)];
}

class BesideBasix : public testing::TestWithParam<CellType> {};
INSTANTIATE_TEST_SUITE_P(Cells, BesideBasix, testing::ValuesIn(kCellTypes),
                         [](const auto& p) { return std::string(name_of(p.param)); });

TEST_P(BesideBasix, EntitiesAndVerticesAreTheSame) {
  const auto topology = basix::cell::topology(basix_cell(GetParam()));
  const auto [points, shape] = basix::cell::geometry(basix_cell(GetParam()));
  ASSERT_EQ(static_cast<int>(topology.size()) - 1, dimension(GetParam()));
  for (int dim = 0; dim <= dimension(GetParam()); ++dim) {
    const auto& entities = topology[static_cast<std::size_t>(dim)];
    ASSERT_EQ(entity_count(GetParam(), dim), static_cast<int>(entities.size()));
    for (std::size_t e = 0; e < entities.size(); ++e) {
      EXPECT_THAT(entity_vertices(GetParam(), dim, static_cast<int>(e)),
                  testing::ElementsAreArray(entities[e]));
    }
  }
  for (std::size_t k = 0; k < shape[0]; ++k) {
    for (std::size_t i = 0; i < shape[1]; ++i) {
      EXPECT_EQ(reference_vertex(GetParam(), static_cast<int>(k))[i], points[k * shape[1] + i]);
    }
  }
}

TEST_P(BesideBasix, FacetsHaveTheirTypesAndTheCellItsVolume) {
  const auto cell = basix_cell(GetParam());
  EXPECT_NEAR(reference_volume(GetParam()), basix::cell::volume(cell), 1e-15);
  int most = 0;
  for (int f = 0; f < facet_count(GetParam()); ++f) {
    most = std::max(most, facet_vertex_count(GetParam(), f));
    if (dimension(GetParam()) == 1) continue;
    EXPECT_EQ(basix_cell(facet_type(GetParam(), f)),
              basix::cell::sub_entity_type(cell, dimension(GetParam()) - 1, f));
  }
  EXPECT_EQ(max_facet_vertex_count(GetParam()), most);
}

TEST_P(BesideBasix, GeometryNodesAndTheirBasisAreTheSame) {
  using basix::element::lagrange_variant;
  const bool pyramid = GetParam() == CellType::pyramid;
  const auto t = static_cast<std::size_t>(dimension(GetParam()));
  for (int degree = 1; degree <= 3; ++degree) {
    const auto element =
        basix::create_element(basix::element::family::P, basix_cell(GetParam()), degree,
                              pyramid ? lagrange_variant::equispaced  // it has no others there
                                      : lagrange_variant::gll_warped);
    const auto count = static_cast<std::size_t>(element.dim());
    ASSERT_EQ(geometry_node_count(GetParam(), degree), element.dim());
    const auto& nodes = geometry_points(GetParam(), degree);
    ASSERT_EQ(nodes.size(), element.points().first.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      EXPECT_NEAR(nodes[i], element.points().first[i], 1e-15);
    }
    // Basix 0.5's pyramid has a space that neighbours do not share: at (0.5, 0.2, 0.5), on the
    // facet opposite to vertex 0, the function of that vertex is 0.0125.
    if (pyramid) continue;
    const double points[][3] = {{0.2, 0.3, 0.4}, {0.0, 0.0, 0.0}, {0.1, 0.6, 0.25}};
    for (const auto& X : points) {
      const auto [table, shape] = element.tabulate(1, std::vector<double>(X, X + t), {1, t});
      const GeometryBasis basis = geometry_basis(GetParam(), degree, X);
      ASSERT_EQ(basis.count, count);
      for (std::size_t k = 0; k < count; ++k) {
        EXPECT_NEAR(basis.values[k], table[k], 1e-14);
        for (std::size_t j = 0; j < t; ++j) {
          EXPECT_NEAR(basis.gradients[k][j], table[(j + 1) * count + k], 1e-13);
        }
      }
    }
  }
}

TEST_P(BesideBasix, VertexBasisOnAFacetIsThatOfTheFacetsOwnCell) {
  if (dimension(GetParam()) == 1) return;
  for (int f = 0; f < facet_count(GetParam()); ++f) {
    const auto local = entity_vertices(GetParam(), dimension(GetParam()) - 1, f);
    const double xi[] = {0.3, 0.45};
    const auto expected = vertex_basis(facet_type(GetParam(), f), xi);
    std::array<double, 3> X{};
    for (std::size_t k = 0; k < local.size(); ++k) {
      const auto vertex = reference_vertex(GetParam(), local[k]);
      for (std::size_t i = 0; i < 3; ++i) X[i] += expected[k] * vertex[i];
    }
    auto phi = vertex_basis(GetParam(), X.data());
    for (std::size_t k = 0; k < local.size(); ++k) {
      EXPECT_NEAR(phi[static_cast<std::size_t>(local[k])], expected[k], 1e-15) << "facet " << f;
      phi[static_cast<std::size_t>(local[k])] = 0.0;
    }
    for (const double rest : phi) EXPECT_NEAR(rest, 0.0, 1e-15) << "facet " << f;
  }
}

class PyramidsOf : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Degrees, PyramidsOf, testing::Values(1, 2, 3));

TEST_P(PyramidsOf, ReproducesRationalFunctionsOfItsDegreeAndTheirGradients) {
  // (x y / (1 − z))^m x^a y^b z^c with m + a + b + c ≤ k; for m > 0 at c = 0.
  const int k = GetParam();
  const auto& nodes = geometry_points(CellType::pyramid, k);
  struct Jet {
    double value;
    std::array<double, 3> gradient;
  };
  const auto function = [](const std::array<int, 4>& e, const double* X) -> Jet {
    const auto power = [](double base, int n) { return n < 1 ? 1.0 : std::pow(base, n); };
    const auto slope = [&](double base, int n) { return n < 1 ? 0.0 : n * power(base, n - 1); };
    const double h = 1.0 - X[2];
    const double r = h > 0.0 ? X[0] * X[1] / h : 0.0;
    const double x = power(X[0], e[1]), y = power(X[1], e[2]), z = power(X[2], e[3]);
    const double rm = power(r, e[0]);
    const double by_r = slope(r, e[0]) * x * y * z;
    return {rm * x * y * z,
            {by_r * X[1] / h + rm * slope(X[0], e[1]) * y * z,
             by_r * X[0] / h + rm * x * slope(X[1], e[2]) * z,
             by_r * r / h + rm * x * y * slope(X[2], e[3])}};
  };
  int count = 0;
  const double points[][3] = {
      {0.2, 0.3, 0.4}, {0.0, 0.0, 0.0}, {0.1, 0.6, 0.25}, {0.5, 0.1, 0.5}, {0.003, 0.007, 0.99}};
  for (int m = 0; m <= k; ++m) {
    for (int a = 0; m + a <= k; ++a) {
      for (int b = 0; m + a + b <= k; ++b) {
        for (int c = 0; m + a + b + c <= k && (m == 0 || c == 0); ++c) {
          ++count;
          for (const auto& X : points) {
            const GeometryBasis basis = geometry_basis(CellType::pyramid, k, X);
            Jet sum{};
            for (std::size_t n = 0; n < basis.count; ++n) {
              const double f = function({m, a, b, c}, &nodes[3 * n]).value;
              sum.value += f * basis.values[n];
              for (std::size_t j = 0; j < 3; ++j) sum.gradient[j] += f * basis.gradients[n][j];
            }
            const Jet expected = function({m, a, b, c}, X);
            EXPECT_NEAR(sum.value, expected.value, 1e-13);
            for (std::size_t j = 0; j < 3; ++j) {
              EXPECT_NEAR(sum.gradient[j], expected.gradient[j], 1e-12);
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(count, geometry_node_count(CellType::pyramid, k)) << "these span the space";
}

TEST_P(PyramidsOf, OnAFacetIsThatOfAFacetAlone) {
  // The traces are polynomials of Q_k or P_k, so the facet's nodes determine them.
  for (int f = 0; f < facet_count(CellType::pyramid); ++f) {
    const std::vector<int> own = facet_geometry_nodes(CellType::pyramid, GetParam(), f);
    EXPECT_EQ(static_cast<int>(own.size()),
              geometry_node_count(facet_type(CellType::pyramid, f), GetParam()));
    const auto local = entity_vertices(CellType::pyramid, 2, f);
    for (const auto& [s, t] : {std::pair{0.3, 0.45}, std::pair{0.15, 0.05}}) {
      const auto at = [&, s = s, t = t](std::size_t i) {
        const auto o = reference_vertex(CellType::pyramid, local[0]);
        return o[i] + s * (reference_vertex(CellType::pyramid, local[1])[i] - o[i]) +
               t * (reference_vertex(CellType::pyramid, local[2])[i] - o[i]);
      };
      const double X[] = {at(0), at(1), at(2)};
      const GeometryBasis basis = geometry_basis(CellType::pyramid, GetParam(), X);
      for (int k = 0; k < static_cast<int>(basis.count); ++k) {
        if (std::find(own.begin(), own.end(), k) != own.end()) continue;
        EXPECT_NEAR(basis.values[static_cast<std::size_t>(k)], 0.0, 1e-14) << f << " " << k;
      }
    }
  }
}

TEST(PyramidBasis, HasNearTheApexTheGradientsOfTheLineToTheBasesCentre) {
  const double apex[] = {0.0, 0.0, 1.0};
  for (const int degree : {1, 2, 3}) {
    const double near[] = {0.5e-7, 0.5e-7, 1.0 - 1e-7};
    const GeometryBasis at = geometry_basis(CellType::pyramid, degree, apex);
    const GeometryBasis before = geometry_basis(CellType::pyramid, degree, near);
    for (std::size_t k = 0; k < at.count; ++k) {
      EXPECT_NEAR(at.values[k], k == 4 ? 1.0 : 0.0, 1e-14);
      for (std::size_t j = 0; j < 3; ++j) {
        EXPECT_NEAR(at.gradients[k][j], before.gradients[k][j], 1e-5);
      }
    }
  }
}

TEST(GeometryDegree, OutsideItsRangeIsRefusedByName) {
  EXPECT_THROW(geometry_node_count(CellType::triangle, 0), InputError);
  EXPECT_THROW(geometry_points(CellType::hexahedron, 4), InputError);
  EXPECT_THROW(geometry_node_count(CellType::pyramid, 4), InputError);
  const double X[] = {0.1, 0.1, 0.1};
  EXPECT_THROW(geometry_basis(CellType::pyramid, 4, X), InputError);
}

}  // namespace
}  // namespace femsynth::meshes
