// A function with random global dofs is continuous across facets as its family promises: whole
// values, normal, tangential, tangential-tangential or normal-normal components.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "tests/fem/spaces/physical.hpp"

namespace femsynth::fem {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using meshes::CellType;
using meshes::Mesh;

std::vector<double> random_values(std::size_t count) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  std::vector<double> values(count);
  std::generate(values.begin(), values.end(), [&] { return uniform(random); });
  return values;
}

/// One side of a facet at a point.
struct Side {
  VectorXd x;
  MatrixXd value;     ///< 1 × 1, d × 1 or d × d
  VectorXd normal;    ///< outward, in the cell's tangent space
  MatrixXd tangents;  ///< d × (t − 1), physical
};

Side side_of(const Mesh& mesh, const meshes::InteriorFacet& facet, std::size_t s,
             const std::array<double, 2>& xi, const Element& element, const DofMap& map,
             const std::vector<double>& dofs) {
  const CellType cell = mesh.cell_type;
  const auto t = static_cast<Eigen::Index>(mesh.topological_dim());
  const int f = facet.local_facets[s];
  const std::vector<double> T = facet_tangents(cell, f);
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, f, 0));
  const Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> tangents(T.data(), t,
                                                                                  t - 1);
  std::vector<double> X(origin.begin(), origin.begin() + t);
  for (Eigen::Index i = 0; i < t; ++i) {
    for (Eigen::Index k = 0; k + 1 < t; ++k) {
      X[static_cast<std::size_t>(i)] += tangents(i, k) * xi[static_cast<std::size_t>(k)];
    }
  }
  const auto c = static_cast<std::size_t>(facet.cells[s]);
  const CellPoint at = cell_point(mesh, c, X);
  Side side;
  side.x = at.x;
  side.value = physical_value(at, element, [&](std::size_t i) {
    return dofs[static_cast<std::size_t>(map.cell(c)[i] * map.block_size)];
  });
  const std::vector<double> n = facet_normal(cell, f);
  side.normal = (at.K.transpose() * Eigen::Map<const VectorXd>(n.data(), t)).normalized();
  side.tangents = at.J * tangents;
  return side;
}

/// Greatest jump of the components that are to be continuous, and the greatest jump of the whole.
struct Jumps {
  double conforming = 0.0;
  double whole = 0.0;
};

Jumps jumps(const Mesh& mesh, const Element& element) {
  const DofMap map = make_dof_map(mesh, element);
  const std::vector<double> dofs = random_values(map.dof_count());
  std::vector<bool> used(map.node_count, false);
  for (const std::int32_t node : map.cell_nodes) used[static_cast<std::size_t>(node)] = true;
  EXPECT_EQ(std::count(used.begin(), used.end(), false), 0) << "numbers without a cell";
  Jumps result;
  for (const meshes::InteriorFacet& facet : meshes::interior_facets(mesh)) {
    const int corners = meshes::facet_vertex_count(mesh.cell_type, facet.local_facets[0]);
    for (const std::array<double, 2> xi : {std::array{0.2, 0.3}, std::array{0.55, 0.15}}) {
      const Side a = side_of(mesh, facet, 0, xi, element, map, dofs);
      const auto other = meshes::permute_facet_point(corners, facet.permutation, xi);
      const Side b = side_of(mesh, facet, 1, other, element, map, dofs);
      EXPECT_LT((a.x - b.x).norm(), 1e-12);
      result.whole = std::max(result.whole, (a.value - b.value).cwiseAbs().maxCoeff());
      double jump = 0.0;
      switch (pull_back(element.family)) {
        case PullBack::identity:
          jump = std::abs(a.value(0, 0) - b.value(0, 0));
          break;
        case PullBack::contravariant_piola:
          jump = std::abs(a.normal.dot(a.value.col(0)) + b.normal.dot(b.value.col(0)));
          break;
        case PullBack::covariant_piola:
          jump = (a.tangents.transpose() * (a.value - b.value)).cwiseAbs().maxCoeff();
          break;
        case PullBack::double_covariant:
          jump = (a.tangents.transpose() * (a.value - b.value) * a.tangents).cwiseAbs().maxCoeff();
          break;
        case PullBack::double_contravariant:
          jump = std::abs(a.normal.dot(a.value * a.normal) - b.normal.dot(b.value * b.normal));
      }
      result.conforming = std::max(result.conforming, jump);
    }
  }
  return result;
}

Element basic(Family family, CellType cell, int degree) {
  Element element{.family = family, .cell = cell, .degree = degree};
  if (cell == CellType::pyramid) element.lagrange_variant = LagrangeVariant::equispaced;
  return element;
}

struct Case {
  Family family;
  int degree;
  std::string mesh;
};

class Conformity : public testing::TestWithParam<Case> {};

TEST_P(Conformity, SharedDofsMakeFunctionsContinuousAsTheFamilyPromises) {
  const Case& c = GetParam();
  meshes::GenerateOptions options;
  options.perturb = c.mesh.find_first_of("+@") == std::string::npos ? 0.2 : 0.0;
  const Mesh mesh = meshes::generate_mesh(c.mesh, options);
  const Element element = basic(c.family, mesh.cell_type, c.degree);
  const Jumps found = jumps(mesh, element);
  EXPECT_LT(found.conforming, 1e-9 * (1.0 + found.whole));
  // More would not be the family's space.
  const bool partly = pull_back(c.family) != PullBack::identity;
  EXPECT_GT(found.whole, partly ? 1e-3 : -1.0);
}

std::vector<Case> cases() {
  std::vector<Case> result;
  const auto add = [&](Family family, std::vector<int> degrees, std::vector<std::string> meshes) {
    for (const std::string& mesh : meshes) {
      for (const int degree : degrees) result.push_back({family, degree, mesh});
    }
  };
  const std::string triangles = "triangle:3x3";
  const std::string tetrahedra = "tetrahedron:2x2x1";
  const std::string quadrilaterals = "quadrilateral:3x3";
  const std::string hexahedra = "hexahedron:2x2x2";
  add(Family::lagrange, {1, 2, 5, 6},
      {"interval:4", triangles, tetrahedra, quadrilaterals, "prism:2x1x2", "pyramid:2x1x1"});
  add(Family::lagrange, {1, 3, 4}, {hexahedra, "triangle:2x2+3", "triangle:2x2@3"});
  add(Family::lagrange, {1, 2, 3}, {"pyramid:2x1x1+2", "pyramid:2x1x1+3"});
  add(Family::serendipity, {1, 2, 3, 4}, {"interval:3", quadrilaterals, hexahedra});
  add(Family::bubble, {4}, {triangles, tetrahedra, quadrilaterals, hexahedra});
  add(Family::raviart_thomas, {1, 2, 3},
      {triangles, tetrahedra, quadrilaterals, hexahedra, "triangle:2x2+2", "triangle:2x2@3",
       "triangle:2x2+3@3", "quadrilateral:2x2@3"});
  add(Family::bdm, {1, 2, 3}, {triangles, tetrahedra, quadrilaterals, hexahedra});
  add(Family::nedelec_first, {1, 2, 3},
      {triangles, tetrahedra, quadrilaterals, hexahedra, "tetrahedron:1x1x2+2", "triangle:2x2@3"});
  add(Family::nedelec_second, {1, 2, 3}, {triangles, tetrahedra, quadrilaterals, hexahedra});
  add(Family::regge, {0, 1, 2}, {triangles, tetrahedra, "triangle:2x2@3"});
  add(Family::hhj, {0, 1, 2}, {triangles, "triangle:2x2@3"});
  return result;
}

std::string name_of_case(const testing::TestParamInfo<Case>& tested) {
  std::string name = tested.param.mesh + "_family" +
                     std::to_string(static_cast<int>(tested.param.family)) + "_degree" +
                     std::to_string(tested.param.degree);
  for (char& c : name) {
    if (c == '+') c = 'c';
    if (c == '@') c = 'd';
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Families, Conformity, testing::ValuesIn(cases()), name_of_case);

TEST(Spaces, ADiscontinuousTwinSharesNothing) {
  for (const Family family : {Family::raviart_thomas, Family::nedelec_first, Family::regge}) {
    const Mesh mesh = meshes::generate_mesh("triangle:2x2");
    Element element = basic(family, CellType::triangle, 1);
    element.discontinuous = true;
    const DofMap map = make_dof_map(mesh, element);
    EXPECT_EQ(map.node_count, map.cell_nodes.size());
    EXPECT_GT(jumps(mesh, element).conforming, 1e-3);
  }
}

TEST(Spaces, CrouzeixRaviartIsContinuousAtFacetMidpointsAlone) {
  const Mesh mesh = meshes::generate_mesh("triangle:3x3");
  const DofMap map = make_dof_map(mesh, basic(Family::crouzeix_raviart, CellType::triangle, 1));
  EXPECT_EQ(map.node_count, 33u);  // edges of the mesh
  EXPECT_GT(jumps(mesh, basic(Family::crouzeix_raviart, CellType::triangle, 1)).conforming, 1e-3);
}

TEST(Spaces, HermiteIsContinuousWhereCellsAreEqual) {
  EXPECT_LT(
      jumps(meshes::generate_mesh("interval:4"), basic(Family::hermite, CellType::interval, 3))
          .conforming,
      1e-12);
}

TEST(Spaces, NumbersOfDofsAreThoseOfTheTopology) {
  const Mesh mesh = meshes::generate_mesh("tetrahedron:1x1x1");  // 8 vertices, 19 edges, 18 faces
  const auto count = [&](Family family, int degree) {
    return make_dof_map(mesh, basic(family, CellType::tetrahedron, degree)).dof_count();
  };
  EXPECT_EQ(count(Family::nedelec_first, 1), 19u);
  EXPECT_EQ(count(Family::raviart_thomas, 1), 18u);
  EXPECT_EQ(count(Family::regge, 0), 19u);
  EXPECT_EQ(count(Family::bdm, 1), 3u * 18);
  EXPECT_EQ(count(Family::hermite, 3), 4u * 8 + 18);
  const Mesh prisms = meshes::generate_mesh("prism:1x1x1");  // 8, 14 edges, 4 triangles, 5 squares
  EXPECT_EQ(make_dof_map(prisms, basic(Family::lagrange, CellType::prism, 3)).dof_count(),
            8u + 2 * 14 + 1 * 4 + 4 * 5 + 2 * 2);
}

TEST(Spaces, ARealElementIsOneNumberForTheWholeMesh) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  Element element = basic(Family::real, CellType::triangle, 0);
  element.shape = {2};
  const DofMap map = make_dof_map(mesh, element);
  EXPECT_EQ(map.dof_count(), 2u);
  EXPECT_EQ(std::set<std::int32_t>(map.cell_nodes.begin(), map.cell_nodes.end()),
            std::set<std::int32_t>{0});
}

TEST(Spaces, AMixedElementIsNumberedPartAfterPart) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  Element velocity = basic(Family::lagrange, CellType::triangle, 2);
  velocity.shape = {2};
  const Element pressure = basic(Family::lagrange, CellType::triangle, 1);
  Element element = basic(Family::mixed, CellType::triangle, 2);
  element.parts = {velocity, pressure, basic(Family::real, CellType::triangle, 0)};
  const DofMap map = make_dof_map(mesh, element);
  const DofMap v = make_dof_map(mesh, velocity);
  const DofMap p = make_dof_map(mesh, pressure);
  EXPECT_EQ(map.block_size, 1);
  EXPECT_EQ(map.nodes_per_cell, 12 + 3 + 1);
  EXPECT_EQ(map.dof_count(), v.dof_count() + p.dof_count() + 1);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t i = 0; i < 12; ++i) {
      EXPECT_EQ(map.cell(c)[i], v.cell(c)[i / 2] * 2 + static_cast<std::int32_t>(i % 2));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(map.cell(c)[12 + i], p.cell(c)[i] + static_cast<std::int32_t>(v.dof_count()));
    }
    EXPECT_EQ(map.cell(c)[15], static_cast<std::int32_t>(map.dof_count()) - 1);
  }
}

TEST(Spaces, OrientationThatAnElementNeedsIsAskedFor) {
  Mesh mesh = meshes::generate_mesh("quadrilateral:2x1");
  std::vector<std::int32_t> turned(mesh.cells.begin() + 4, mesh.cells.begin() + 8);
  // The second cell seen upside down: a rotation by 180 degrees.
  std::reverse(turned.begin(), turned.end());
  std::copy(turned.begin(), turned.end(), mesh.cells.begin() + 4);
  mesh.exterior_facets = meshes::exterior_facets(mesh);
  EXPECT_THROW(make_dof_map(mesh, basic(Family::raviart_thomas, CellType::quadrilateral, 1)),
               InputError);
  EXPECT_NO_THROW(make_dof_map(mesh, basic(Family::serendipity, CellType::quadrilateral, 2)));
  EXPECT_LT(jumps(mesh, basic(Family::lagrange, CellType::quadrilateral, 4)).conforming, 1e-10);
}

TEST(Spaces, WhatFlowsOnASurfaceNeedsTwoSidesOfIt) {
  Mesh mesh = meshes::generate_mesh("triangle:5x1@3");
  const Element flowing = basic(Family::raviart_thomas, CellType::triangle, 1);
  EXPECT_LT(jumps(mesh, flowing).conforming, 1e-10);
  // The right end is glued to the left one upside down: vertex 5 is 6 now, and 11 is 0.
  for (std::int32_t& v : mesh.cells) v = v == 5 ? 6 : v == 11 ? 0 : v;
  meshes::sort_simplices(mesh);
  EXPECT_THROW(make_dof_map(mesh, flowing), InputError);
  EXPECT_NO_THROW(make_dof_map(mesh, basic(Family::nedelec_first, CellType::triangle, 1)));
  EXPECT_NO_THROW(make_dof_map(mesh, basic(Family::lagrange, CellType::triangle, 2)));
}

TEST(Spaces, PrismsSeenFromAnySideShareNodes) {
  Mesh mesh = meshes::generate_mesh("prism:1x1x2");
  // Each cell rotated about its axis by a different angle, one of them upside down.
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const auto first = mesh.cells.begin() + static_cast<std::ptrdiff_t>(6 * c + 3 * layer);
      std::rotate(first, first + static_cast<std::ptrdiff_t>(c % 3), first + 3);
      if (c % 2 == 1) std::swap(*first, *(first + 1));
    }
    if (c == 2) {
      const auto first = mesh.cells.begin() + static_cast<std::ptrdiff_t>(6 * c);
      std::swap_ranges(first, first + 3, first + 3);
    }
  }
  for (const int degree : {2, 3, 4, 6}) {
    EXPECT_LT(jumps(mesh, basic(Family::lagrange, CellType::prism, degree)).conforming, 1e-9);
  }
}

}  // namespace
}  // namespace femsynth::fem
