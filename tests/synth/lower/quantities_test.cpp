// Geometric quantities against what the mesh says of them, on straight and curved cells, manifolds
// and facets; each as an integrand of single cells.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/synth/lower/element_runner.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;
using testing::ElementRunner;
using Q = GeometricQuantity;

class Quantities : public ::testing::TestWithParam<const char*> {
 protected:
  Mesh mesh = testing::single_cell(
      meshes::generate_mesh(GetParam(), {.perturb = 0.2, .seed = 2, .perturb_all = true}), 0);
  ElementRunner r{mesh};
  ExprGraph& g = r.graph();
  int d = mesh.dim();
  int t = mesh.topological_dim();

  ExprId q(Q quantity) { return geometric_quantity(g, quantity); }
  ExprId entry(ExprId a, int i, int j) { return indexed(g, a, {{false, i}, {false, j}}); }
  ExprId square(ExprId a) { return inner(g, a, a); }
  /// Mean over the cell (over all facets) of something.
  double mean(ExprId value, IntegralKind kind = IntegralKind::cell) {
    return r.total(kind, value, 8) / r.total(kind, real(g, 1), 8);
  }
  double distance(std::size_t a, std::size_t b) const {
    double sum = 0;
    for (int k = 0; k < d; ++k) {
      const auto i = static_cast<std::size_t>(k);
      sum += std::pow(mesh.vertex(a)[i] - mesh.vertex(b)[i], 2);
    }
    return std::sqrt(sum);
  }
  bool affine() const { return mesh.geometry_degree == 1 && meshes::is_simplex(mesh.cell_type); }
  bool flat_facets() const { return affine(); }
};

TEST_P(Quantities, CellVolumeIsTheIntegralOfOne) {
  const double tolerance = d > t ? 1e-6 : 1e-12;
  EXPECT_NEAR(mean(q(Q::cell_volume)), r.total(IntegralKind::cell, real(g, 1), 12), tolerance);
}

TEST_P(Quantities, FacetAreasAreIntegralsOverFacets) {
  const auto area = r.integrate(IntegralKind::exterior_facet, real(g, 1), 14);
  const auto product = r.integrate(IntegralKind::exterior_facet, q(Q::facet_area), 14);
  for (std::size_t f = 0; f < area.size(); ++f) {
    EXPECT_NEAR(product[f], area[f] * area[f], 1e-7) << f;
  }
}

TEST_P(Quantities, JacobianAndInverseBelongTogether) {
  const ExprId J = q(Q::jacobian);
  const ExprId K = q(Q::jacobian_inverse);
  const ExprId residual = subtract(g, multiply(g, K, J), identity(g, t));
  EXPECT_NEAR(mean(square(residual)), 0, 1e-24);
  // det² = det JᵀJ; |det J| integrates the reference cell to the volume.
  const ExprId metric = multiply(g, matrix_operator(g, Op::transpose, J), J);
  const ExprId det = q(Q::jacobian_determinant);
  const ExprId difference =
      subtract(g, multiply(g, det, det), matrix_operator(g, Op::determinant, metric));
  EXPECT_NEAR(mean(square(difference)), 0, 1e-24);
  EXPECT_GT(std::abs(mean(det)), 1e-3);
}

TEST_P(Quantities, CoordinatesOnTheReferenceCellGiveThePoint) {
  if (!affine()) return;
  const ExprId x = spatial_coordinate(g);
  const ExprId mapped =
      add(g, q(Q::cell_origin), multiply(g, q(Q::jacobian), q(Q::cell_coordinate)));
  EXPECT_NEAR(mean(square(subtract(g, x, mapped))), 0, 1e-24);
  if (t == 1) return;
  const ExprId on_facet =
      add(g, q(Q::facet_origin), multiply(g, q(Q::facet_jacobian), q(Q::facet_coordinate)));
  EXPECT_NEAR(mean(square(subtract(g, x, on_facet)), IntegralKind::exterior_facet), 0, 1e-24);
}

TEST_P(Quantities, FacetJacobiansMeasureFacets) {
  if (t == 1) return;
  const auto kind = IntegralKind::exterior_facet;
  const ExprId F = q(Q::facet_jacobian);
  const ExprId product = multiply(g, q(Q::facet_jacobian_inverse), F);
  EXPECT_NEAR(mean(square(subtract(g, product, identity(g, t - 1))), kind), 0, 1e-24);
  const ExprId chained = multiply(g, q(Q::jacobian), q(Q::cell_facet_jacobian));
  EXPECT_NEAR(mean(square(subtract(g, chained, F)), kind), 0, 1e-24);
  // The normal is orthogonal to the facet, in the cell's tangent space, and of length 1.
  const ExprId n = facet_normal(g);
  EXPECT_NEAR(mean(square(dot(g, n, F)), kind), 0, 1e-24);
  EXPECT_NEAR(mean(square(n), kind), 1, 1e-13);
  if (d == t + 1) {
    EXPECT_NEAR(mean(square(dot(g, n, q(Q::cell_normal))), kind), 0, 1e-24);
  }
  if (!affine()) return;
  const ExprId area = multiply(g, q(Q::facet_jacobian_determinant), q(Q::reference_facet_volume));
  EXPECT_NEAR(mean(square(subtract(g, area, q(Q::facet_area))), kind), 0, 1e-24);
  // n ∝ Kᵀ · reference normal, and outward.
  const ExprId pulled = dot(g, q(Q::reference_normal), q(Q::jacobian_inverse));
  const double cosine =
      mean(divide(g, inner(g, pulled, n), power(g, square(pulled), real(g, 0.5))), kind);
  EXPECT_NEAR(cosine, 1, 1e-12);
}

TEST_P(Quantities, CellNormalIsAUnitNormal) {
  if (d != t + 1) return;
  const ExprId n = q(Q::cell_normal);
  EXPECT_NEAR(mean(square(n)), 1, 1e-13);
  EXPECT_NEAR(mean(square(dot(g, n, q(Q::jacobian)))), 0, 1e-24);
}

TEST_P(Quantities, LengthsAreThoseOfTheVertices) {
  const auto n = static_cast<std::size_t>(meshes::vertex_count(mesh.cell_type));
  double diameter = 0;
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < a; ++b) diameter = std::max(diameter, distance(a, b));
  }
  EXPECT_NEAR(mean(q(Q::cell_diameter)), diameter, 1e-13);
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
  const ExprId vertices = q(Q::cell_vertices);
  const ExprId edges = q(Q::cell_edge_vectors);
  for (int e = 0; e < meshes::entity_count(mesh.cell_type, 1); ++e) {
    const auto ends = meshes::entity_vertices(mesh.cell_type, 1, e);
    const double length =
        distance(static_cast<std::size_t>(ends[0]), static_cast<std::size_t>(ends[1]));
    least = std::min(least, length);
    most = std::max(most, length);
    for (int k = 0; k < d; ++k) {
      const ExprId difference =
          subtract(g, entry(vertices, ends[1], k), entry(vertices, ends[0], k));
      EXPECT_NEAR(mean(square(subtract(g, difference, entry(edges, e, k)))), 0, 1e-24);
    }
  }
  EXPECT_NEAR(mean(q(Q::min_cell_edge_length)), least, 1e-13);
  EXPECT_NEAR(mean(q(Q::max_cell_edge_length)), most, 1e-13);
  if (t == 1) return;
  // Over all facets the extremes are those of the cell.
  double facet_least = least * 2, facet_most = 0;
  const auto kind = IntegralKind::exterior_facet;
  const auto area = r.integrate(kind, real(g, 1), 8);
  const auto low = r.integrate(kind, q(Q::min_facet_edge_length), 8);
  const auto high = r.integrate(kind, q(Q::max_facet_edge_length), 8);
  for (std::size_t f = 0; f < area.size(); ++f) {
    facet_least = std::min(facet_least, low[f] / area[f]);
    facet_most = std::max(facet_most, high[f] / area[f]);
  }
  EXPECT_NEAR(facet_least, least, 1e-12);
  EXPECT_NEAR(facet_most, most, 1e-12);
}

TEST_P(Quantities, AllVerticesLieOnTheCircumscribedSphere) {
  if (!affine()) return;
  // The centre: among affine combinations of the vertices the point c with |c − x_v| = R; found
  // by solving 2 (x_v − x_0) · y = |x_v − x_0|², y = Σ a_v (x_v − x_0).
  const auto n = static_cast<std::size_t>(t);
  std::vector<std::vector<double>> G(n, std::vector<double>(n + 1));
  const auto edge_product = [&](std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(d); ++k) {
      sum +=
          (mesh.vertex(a + 1)[k] - mesh.vertex(0)[k]) * (mesh.vertex(b + 1)[k] - mesh.vertex(0)[k]);
    }
    return sum;
  };
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) G[a][b] = 2 * edge_product(a, b);
    G[a][n] = edge_product(a, a);
  }
  for (std::size_t p = 0; p < n; ++p) {
    for (std::size_t a = 0; a < n; ++a) {
      if (a == p) continue;
      const double factor = G[a][p] / G[p][p];
      for (std::size_t b = 0; b <= n; ++b) G[a][b] -= factor * G[p][b];
    }
  }
  double square_radius = 0;
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      square_radius += G[a][n] / G[a][a] * (G[b][n] / G[b][b]) * edge_product(a, b);
    }
  }
  EXPECT_NEAR(mean(q(Q::circumradius)), std::sqrt(square_radius), 1e-12);
}

TEST_P(Quantities, NumbersOfTheReferenceCellAreWhatTheySay) {
  EXPECT_NEAR(mean(q(Q::reference_cell_volume)), meshes::reference_volume(mesh.cell_type), 1e-14);
  const ExprId signed_det = q(Q::jacobian_determinant);
  const ExprId turned = multiply(g, q(Q::cell_orientation), signed_det);
  EXPECT_NEAR(mean(square(subtract(g, turned, function(g, Op::abs, signed_det)))), 0, 1e-24);
  // Weights add up: ∫ w / (w |det J|) summed over q is the number of points; of one point, 1.
  const ExprId weight = q(Q::quadrature_weight);
  const ExprId det = function(g, Op::abs, q(Q::jacobian_determinant));
  const auto one = r.integrate(IntegralKind::cell, divide(g, real(g, 1), multiply(g, weight, det)),
                               mesh.cell_type == CellType::pyramid ? 0 : 1);
  EXPECT_NEAR(one[0], std::round(one[0]), 1e-12);
  EXPECT_GE(one[0], 0.99);
}

INSTANTIATE_TEST_SUITE_P(Cells, Quantities,
                         ::testing::Values("interval:3", "triangle:2x2", "tetrahedron:1x1x1",
                                           "quadrilateral:2x2", "hexahedron:1x1x1", "prism:1x1x1",
                                           "pyramid:1x1x1", "triangle:1x1+2", "quadrilateral:1x1+3",
                                           "pyramid:1x1x1+2", "pyramid:1x1x1+3",
                                           "tetrahedron:1x1x1+2", "interval:2@2", "interval:2@3",
                                           "triangle:2x2@3", "quadrilateral:2x2@3",
                                           "triangle:1x1+2@3"));

}  // namespace
}  // namespace femsynth::synth
