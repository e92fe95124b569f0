// Interior facets and vertices: both sides meet at one point, whatever the cells' numbering, and
// macro element tensors hold the dofs of '+' first.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "meshes/geometry.hpp"
#include "meshes/orientation.hpp"
#include "meshes/topology.hpp"
#include "tests/synth/lower/element_runner.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;
using testing::ElementRunner;

/// New local numbers for the vertices of cell `c`: a symmetry of the reference cell.
std::vector<int> symmetry(CellType cell, std::size_t c) {
  switch (cell) {
    case CellType::quadrilateral: {
      static const std::vector<std::vector<int>> all{{0, 1, 2, 3}, {1, 3, 0, 2}, {3, 2, 1, 0},
                                                     {2, 0, 3, 1}, {0, 2, 1, 3}, {1, 0, 3, 2}};
      return all[c % all.size()];
    }
    case CellType::hexahedron: {
      // Axes permuted and flipped, as the bits of the vertex numbers.
      static const std::array<std::array<int, 3>, 6> axes{
          {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {1, 0, 2}, {0, 2, 1}, {2, 1, 0}}};
      const auto& a = axes[c % 6];
      const auto flips = static_cast<int>((5 * c) % 8);
      std::vector<int> map(8);
      for (int v = 0; v < 8; ++v) {
        int w = 0;
        for (int k = 0; k < 3; ++k) {
          const int bit = ((v >> k) & 1) ^ ((flips >> k) & 1);
          w |= bit << a[static_cast<std::size_t>(k)];
        }
        map[static_cast<std::size_t>(v)] = w;
      }
      return map;
    }
    case CellType::prism: {
      static const std::vector<std::vector<int>> all{{0, 1, 2, 3, 4, 5},
                                                     {1, 2, 0, 4, 5, 3},
                                                     {3, 4, 5, 0, 1, 2},
                                                     {1, 0, 2, 4, 3, 5},
                                                     {5, 4, 3, 2, 1, 0}};
      return all[c % all.size()];
    }
    case CellType::pyramid: {
      static const std::vector<std::vector<int>> all{
          {0, 1, 2, 3, 4}, {1, 3, 0, 2, 4}, {3, 2, 1, 0, 4}, {0, 2, 1, 3, 4}};
      return all[c % all.size()];
    }
    default: {
      std::vector<int> same(static_cast<std::size_t>(meshes::vertex_count(cell)));
      std::iota(same.begin(), same.end(), 0);
      return same;
    }
  }
}

/// A mesh whose cells are numbered each in its own way (simplices stay sorted).
Mesh scrambled(const char* spec) {
  Mesh mesh = meshes::generate_mesh(spec, {.perturb = 0.2});
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const std::vector<int> map = symmetry(mesh.cell_type, c);
    std::array<std::size_t, 8> order{};
    std::copy(map.begin(), map.end(), order.begin());
    meshes::renumber_cell(mesh, c, order);
  }
  mesh.exterior_facets = meshes::exterior_facets(mesh);
  return mesh;
}

class OnInteriorFacets : public ::testing::TestWithParam<const char*> {};

TEST_P(OnInteriorFacets, BothSidesMeetAtOnePoint) {
  ElementRunner r(scrambled(GetParam()));
  ExprGraph& g = r.graph();
  const ExprId x = r.position();
  const ExprId jump = subtract(g, restricted(g, x, 0), restricted(g, x, 1));
  EXPECT_NEAR(r.total(IntegralKind::interior_facet, inner(g, jump, jump), 5), 0, 1e-20);
  // Not because nothing is integrated:
  const ExprId mean = add(g, restricted(g, x, 0), restricted(g, x, 1));
  EXPECT_GT(r.total(IntegralKind::interior_facet, inner(g, mean, mean), 5), 0.1);
}

TEST_P(OnInteriorFacets, NormalsAreOpposite) {
  // Even on facets that are not flat, at every point.
  ElementRunner r(scrambled(GetParam()));
  ExprGraph& g = r.graph();
  const ExprId n = facet_normal(g);
  const ExprId sum = add(g, restricted(g, n, 0), restricted(g, n, 1));
  EXPECT_NEAR(r.total(IntegralKind::interior_facet, inner(g, sum, sum), 4), 0, 1e-20);
}

TEST_P(OnInteriorFacets, TheDivergenceTheoremHoldsOnTheBrokenMesh) {
  // Σ_K ∫ ∂_k v = ∫_∂Ω v n_k + ∫_F (v⁺ n⁺ + v⁻ n⁻)_k for each function v of each cell.
  const Mesh mesh = scrambled(GetParam());
  ElementRunner r(mesh);
  ExprGraph& g = r.graph();
  const Element p{Family::lagrange, mesh.cell_type, 2, {}};
  const ExprId v = argument(g, 0, p);
  const ExprId n = facet_normal(g);
  const auto dofs = static_cast<std::size_t>(dof_count(p));
  const Index k{false, mesh.dim() - 1};
  // Cofactors of the Jacobian times derivatives of v: polynomials, on a pyramid of the collapsed
  // coordinates.
  const int rule = 3 * mesh.geometry_degree + 5;
  std::vector<double> sum = r.integrate(IntegralKind::cell, derivative_along(g, v, k), rule);
  const auto boundary =
      r.integrate(IntegralKind::exterior_facet, multiply(g, v, indexed(g, n, {k})), rule);
  for (std::size_t e = 0; e < mesh.exterior_facets.size(); ++e) {
    const auto cell = static_cast<std::size_t>(mesh.exterior_facets[e].cell);
    for (std::size_t i = 0; i < dofs; ++i) sum[cell * dofs + i] -= boundary[e * dofs + i];
  }
  ExprId both = zero(g, {});
  for (const int side : {0, 1}) {
    both =
        add(g, both, multiply(g, restricted(g, v, side), indexed(g, restricted(g, n, side), {k})));
  }
  const auto inside = r.integrate(IntegralKind::interior_facet, both, rule);
  const auto facets = meshes::interior_facets(mesh);
  ASSERT_EQ(inside.size(), facets.size() * 2 * dofs);
  for (std::size_t e = 0; e < facets.size(); ++e) {
    for (std::size_t side = 0; side < 2; ++side) {
      const auto cell = static_cast<std::size_t>(facets[e].cells[side]);
      for (std::size_t i = 0; i < dofs; ++i) {
        sum[cell * dofs + i] -= inside[(2 * e + side) * dofs + i];
      }
    }
  }
  for (const double value : sum) EXPECT_NEAR(value, 0, 1e-12);
}

TEST_P(OnInteriorFacets, MatrixFreeIsTheMatrixTimesTheVector) {
  const Mesh mesh = scrambled(GetParam());
  ElementRunner r(mesh);
  ExprGraph& g = r.graph();
  const Element p{Family::lagrange, mesh.cell_type, 1, {}};
  const ExprId u = argument(g, 1, p);
  const ExprId v = argument(g, 0, p);
  const ExprId n = facet_normal(g);
  // Not symmetric in any way: jump of u, normal derivative of v on '+' alone.
  const ExprId flux = inner(g, restricted(g, grad(g, v), 0), restricted(g, n, 0));
  const ExprId integrand = multiply(
      g, subtract(g, restricted(g, u, 0), multiply(g, real(g, 2), restricted(g, u, 1))), flux);
  const auto matrices = r.integrate(IntegralKind::interior_facet, integrand, 4);
  const auto m = static_cast<std::size_t>(dof_count(p));
  for (std::size_t k = 0; k < mesh.cell_count() * m; ++k) r.x.push_back(std::sin(double(k)));
  std::vector<double> expected(r.x.size(), 0.0);
  const auto facets = meshes::interior_facets(mesh);
  const auto place = [&](std::size_t e, std::size_t i) {
    return static_cast<std::size_t>(facets[e].cells[i / m]) * m + i % m;
  };
  for (std::size_t e = 0; e < facets.size(); ++e) {
    for (std::size_t i = 0; i < 2 * m; ++i) {
      for (std::size_t j = 0; j < 2 * m; ++j) {
        const double entry = matrices[(e * 2 * m + i) * 2 * m + j];
        expected[place(e, i)] += entry * r.x[place(e, j)];
        if (i >= m) {
          EXPECT_EQ(entry, 0);  // v is read on '+' alone
        }
      }
    }
  }
  r.schedule.strategy = Strategy::matrix_free;
  const auto y = r.integrate(IntegralKind::interior_facet, integrand, 4);
  ASSERT_EQ(y.size(), expected.size());
  for (std::size_t k = 0; k < y.size(); ++k) EXPECT_NEAR(y[k], expected[k], 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Meshes, OnInteriorFacets,
                         ::testing::Values("interval:4", "triangle:2x2", "tetrahedron:1x1x1",
                                           "quadrilateral:3x2", "hexahedron:2x2x1", "prism:2x1x2",
                                           "pyramid:1x1x1", "pyramid:1x1x1+2", "pyramid:1x1x1+3",
                                           "quadrilateral:3x2+3"));

TEST(InteriorFacets, CurvedCellsMeetToo) {
  for (const char* spec : {"triangle:2x2+2", "quadrilateral:2x2+3", "triangle:2x2+2@3"}) {
    ElementRunner r(meshes::generate_mesh(spec, {.perturb = 0.2}));
    ExprGraph& g = r.graph();
    const ExprId x = r.position();
    const ExprId jump = subtract(g, restricted(g, x, 0), restricted(g, x, 1));
    EXPECT_NEAR(r.total(IntegralKind::interior_facet, inner(g, jump, jump), 5), 0, 1e-20) << spec;
  }
}

TEST(InteriorFacets, AReductionCountsEachFacetOnce) {
  // Two squares: one facet of length 1 between them, and f⁺ = 2, f⁻ = 5 on it.
  ElementRunner r(meshes::generate_mesh("quadrilateral:2x1"));
  ExprGraph& g = r.graph();
  const Element dg0{Family::discontinuous_lagrange, CellType::quadrilateral, 0, {}};
  const ExprId f = coefficient(g, dg0, "f");
  r.coefficients = {{2, 5}};
  r.schedule.strategy = Strategy::reduction;
  const ExprId value =
      subtract(g, multiply(g, real(g, 10), restricted(g, f, 0)), restricted(g, f, 1));
  EXPECT_NEAR(r.total(IntegralKind::interior_facet, value), 15, 1e-12);
}

TEST(Vertices, EachCountsOnceWithWeightOne) {
  for (const char* spec : {"interval:4", "triangle:2x3", "hexahedron:2x1x1", "triangle:2x2+2"}) {
    const Mesh mesh = meshes::generate_mesh(spec);
    ElementRunner r(mesh);
    ExprGraph& g = r.graph();
    const ExprId x = indexed(g, spatial_coordinate(g), {{false, 0}});
    double expected = 0;
    for (std::size_t v = 0; v < mesh.vertices(); ++v) expected += std::exp(mesh.vertex(v)[0]);
    EXPECT_NEAR(r.total(IntegralKind::vertex, function(g, Op::exp, x)), expected, 1e-12) << spec;
    // The vertex's own basis function is 1 there, the others 0.
    const Element p2{Family::lagrange, mesh.cell_type, 2, {}};
    const auto b = r.integrate(IntegralKind::vertex, argument(g, 0, p2));
    EXPECT_EQ(std::count(b.begin(), b.end(), 1.0), static_cast<long>(mesh.vertices())) << spec;
    EXPECT_EQ(std::count(b.begin(), b.end(), 0.0), static_cast<long>(b.size() - mesh.vertices()));
  }
}

}  // namespace
}  // namespace femsynth::synth
