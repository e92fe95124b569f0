// Our reference cells and geometry bases beside Basix, whose numbering they follow.
#include <basix/cell.h>
#include <basix/e-lagrange.h>
#include <basix/finite-element.h>
#include <gmock/gmock.h>

#include <string>

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
  // Basix 0.5's pyramid has a space that neighbours do not share: at (0.5, 0.2, 0.5), on the
  // facet opposite to vertex 0, the function of that vertex is 0.0125.
  if (GetParam() == CellType::pyramid) return;
  const auto t = static_cast<std::size_t>(dimension(GetParam()));
  for (int degree = 1; degree <= 3; ++degree) {
    const auto element =
        basix::create_element(basix::element::family::P, basix_cell(GetParam()), degree,
                              basix::element::lagrange_variant::gll_warped);
    const auto count = static_cast<std::size_t>(element.dim());
    ASSERT_EQ(geometry_node_count(GetParam(), degree), element.dim());
    const auto& nodes = geometry_points(GetParam(), degree);
    ASSERT_EQ(nodes.size(), element.points().first.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      EXPECT_NEAR(nodes[i], element.points().first[i], 1e-15);
    }
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

TEST(GeometryDegree, OutsideItsRangeIsRefusedByName) {
  EXPECT_THROW(geometry_node_count(CellType::triangle, 0), InputError);
  EXPECT_THROW(geometry_points(CellType::hexahedron, 4), InputError);
  EXPECT_THROW(geometry_node_count(CellType::pyramid, 2), InputError);
}

}  // namespace
}  // namespace femsynth::meshes
