#include "fem/spaces/dof_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <set>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "tests/meshes/scramble.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;
using meshes::Mesh;

constexpr CellType kCells[] = {CellType::interval, CellType::triangle, CellType::tetrahedron,
                               CellType::quadrilateral, CellType::hexahedron};

std::string spec_of(CellType cell) {
  constexpr const char* kSizes[] = {":5", ":3x4", ":2x3x2"};
  return std::string(meshes::name_of(cell)) + kSizes[meshes::dimension(cell) - 1];
}

Mesh scrambled_mesh(CellType cell, std::uint32_t seed) {
  const Mesh mesh = scrambled(meshes::generate_mesh(spec_of(cell), {0.2, seed, true}), seed);
  check_mesh(mesh);
  return mesh;
}

class DofMaps : public testing::TestWithParam<std::tuple<CellType, int>> {
 protected:
  CellType cell() const { return std::get<0>(GetParam()); }
  int degree() const { return std::get<1>(GetParam()); }
  Element element(Family family = Family::lagrange, Shape shape = {}) const {
    return {family, cell(), degree(), std::move(shape)};
  }
};
INSTANTIATE_TEST_SUITE_P(Elements, DofMaps,
                         testing::Combine(testing::ValuesIn(kCells), testing::Range(1, 5)),
                         [](const auto& p) {
                           return std::string(meshes::name_of(std::get<0>(p.param))) +
                                  std::to_string(std::get<1>(p.param));
                         });

/// The value at reference point X of cell c of the function with these node values.
double evaluate(const Element& element, const DofMap& map, const std::vector<double>& values,
                std::int32_t c, const std::vector<double>& X) {
  const Tabulation table = tabulate(element, 0, X);
  const auto cell = map.cell(static_cast<std::size_t>(c));
  double value = 0.0;
  for (std::size_t k = 0; k < cell.size(); ++k) {
    value += table.at(0, 0, k) * values[static_cast<std::size_t>(cell[k])];
  }
  return value;
}

/// A point of a facet: weights of its vertices, with the vertices' global numbers.
struct FacetPoint {
  std::vector<std::pair<std::int32_t, double>> weights;
};

std::vector<FacetPoint> facet_points(const Mesh& mesh, std::int32_t c, int facet) {
  const auto local = meshes::entity_vertices(mesh.cell_type, mesh.dim() - 1, facet);
  const auto cell = mesh.cell(static_cast<std::size_t>(c));
  std::vector<FacetPoint> points;
  for (const auto& [s, t] : {std::pair{0.17, 0.23}, {0.05, 0.61}, {0.44, 0.31}}) {
    const double edge[] = {1 - s, s};
    const double triangle[] = {1 - s - t, s, t};
    const double square[] = {(1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t};
    const double point[] = {1.0};
    const double* const weights[] = {nullptr, point, edge, triangle, square};
    FacetPoint result;
    for (std::size_t k = 0; k < local.size(); ++k) {
      result.weights.push_back(
          {cell[static_cast<std::size_t>(local[k])], weights[local.size()][k]});
    }
    points.push_back(result);
  }
  return points;
}

/// Reference coordinates of the point in cell c.
std::vector<double> in_cell(const Mesh& mesh, std::int32_t c, const FacetPoint& point) {
  std::vector<double> X(static_cast<std::size_t>(mesh.dim()));
  const auto cell = mesh.cell(static_cast<std::size_t>(c));
  for (const auto& [vertex, weight] : point.weights) {
    const auto local = std::find(cell.begin(), cell.end(), vertex) - cell.begin();
    const auto corner = meshes::reference_vertex(mesh.cell_type, static_cast<int>(local));
    for (std::size_t i = 0; i < X.size(); ++i) X[i] += weight * corner[i];
  }
  return X;
}

/// Greatest jump of a random function over the interior facets.
double greatest_jump(const Mesh& mesh, const Element& element, std::uint32_t seed) {
  const DofMap map = make_dof_map(mesh, element);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<double> values(map.node_count);
  for (double& v : values) v = uniform(random);
  double jump = 0.0;
  for (const meshes::InteriorFacet& facet : meshes::interior_facets(mesh)) {
    for (const FacetPoint& point : facet_points(mesh, facet.cells[0], facet.local_facets[0])) {
      const double sides[] = {
          evaluate(element, map, values, facet.cells[0], in_cell(mesh, facet.cells[0], point)),
          evaluate(element, map, values, facet.cells[1], in_cell(mesh, facet.cells[1], point))};
      jump = std::max(jump, std::abs(sides[0] - sides[1]));
    }
  }
  return jump;
}

TEST_P(DofMaps, RandomFunctionsAreContinuousOnScrambledMeshes) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    EXPECT_LT(greatest_jump(scrambled_mesh(cell(), seed), element(), seed), 1e-12) << seed;
  }
}

TEST_P(DofMaps, RandomDiscontinuousFunctionsJump) {
  const Mesh mesh = scrambled_mesh(cell(), 3);
  EXPECT_GT(greatest_jump(mesh, element(Family::discontinuous_lagrange), 3), 0.1);
}

TEST_P(DofMaps, CellsAgreeOnWhereASharedNodeLiesAndNoTwoNodesShareAPoint) {
  const Mesh mesh = scrambled_mesh(cell(), 11);
  const DofMap map = make_dof_map(mesh, element());
  const std::vector<double> points = node_points(mesh, element(), map);
  const auto d = static_cast<std::size_t>(mesh.dim());
  const std::vector<double>& reference = nodes(element());
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t k = 0; k < map.cell(c).size(); ++k) {
      const auto x = meshes::map_point(mesh, c, &reference[k * d]).x;
      for (std::size_t i = 0; i < d; ++i) {
        EXPECT_NEAR(x[i], points[static_cast<std::size_t>(map.cell(c)[k]) * d + i], 1e-14);
      }
    }
  }
  for (std::size_t a = 0; a < map.node_count; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      double distance = 0.0;
      for (std::size_t i = 0; i < d; ++i) {
        distance = std::max(distance, std::abs(points[a * d + i] - points[b * d + i]));
      }
      ASSERT_GT(distance, 1e-4) << a << " " << b;
    }
  }
}

TEST_P(DofMaps, NodesOfAStructuredMeshAreThoseOfTheRefinedLattice) {
  const Mesh mesh = meshes::generate_mesh(spec_of(cell()));
  const auto k = static_cast<std::size_t>(degree());
  const std::size_t expected[] = {5 * k + 1, (3 * k + 1) * (4 * k + 1),
                                  (2 * k + 1) * (3 * k + 1) * (2 * k + 1)};
  const DofMap map = make_dof_map(mesh, element(Family::lagrange, {2}));
  EXPECT_EQ(map.node_count, expected[mesh.dim() - 1]);
  EXPECT_EQ(map.dof_count(), 2 * map.node_count);
  EXPECT_EQ(map.dofs_per_cell(), 2 * dimension(element()));
}

TEST_P(DofMaps, EveryNumberIsUsedAndVerticesComeFirst) {
  const Mesh mesh = scrambled_mesh(cell(), 5);
  const DofMap map = make_dof_map(mesh, element());
  const std::set<std::int32_t> used(map.cell_nodes.begin(), map.cell_nodes.end());
  EXPECT_EQ(used.size(), map.node_count);
  EXPECT_EQ(*used.begin(), 0);
  EXPECT_EQ(*used.rbegin(), static_cast<std::int32_t>(map.node_count) - 1);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t v = 0; v < mesh.cell(c).size(); ++v) {
      const auto local = static_cast<std::size_t>(entity_nodes(element())[0][v][0]);
      EXPECT_EQ(map.cell(c)[local], mesh.cell(c)[v]);
    }
  }
}

TEST_P(DofMaps, NumbersOfSharedNodesDoNotDependOnTheOrderOfCells) {
  const Mesh mesh = scrambled_mesh(cell(), 7);
  Mesh reversed = mesh;
  const auto corners = mesh.cell(0).size();
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    std::copy_n(mesh.cell(mesh.cell_count() - 1 - c).begin(), corners,
                reversed.cells.begin() + static_cast<std::ptrdiff_t>(c * corners));
  }
  const DofMap a = make_dof_map(mesh, element());
  const DofMap b = make_dof_map(reversed, element());
  const auto& inside = entity_nodes(element())[static_cast<std::size_t>(mesh.dim())][0];
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (int k = 0; k < a.nodes_per_cell; ++k) {
      if (std::find(inside.begin(), inside.end(), k) != inside.end()) continue;
      EXPECT_EQ(a.cell(c)[static_cast<std::size_t>(k)],
                b.cell(mesh.cell_count() - 1 - c)[static_cast<std::size_t>(k)]);
    }
  }
}

TEST(DofMap, DiscontinuousNodesAreNumberedCellByCell) {
  for (const CellType cell : kCells) {
    const Mesh mesh = meshes::generate_mesh(spec_of(cell));
    const DofMap map = make_dof_map(mesh, {Family::discontinuous_lagrange, cell, 0, {}});
    ASSERT_EQ(map.node_count, mesh.cell_count());
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      EXPECT_EQ(map.cell(c)[0], static_cast<std::int32_t>(c));
    }
  }
}

TEST(DofMap, AnElementOfAnotherCellIsRefused) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  EXPECT_THROW(make_dof_map(mesh, {Family::lagrange, CellType::quadrilateral, 1, {}}), InputError);
}

TEST(DofMap, ASpaceOfTooManyDofsIsRefused) {
  const Mesh mesh = meshes::generate_mesh("hexahedron:20x20x20");
  EXPECT_THROW(make_dof_map(mesh, {Family::lagrange, CellType::hexahedron, 4, {100, 100}}),
               InputError);
}

}  // namespace
}  // namespace femsynth::fem
