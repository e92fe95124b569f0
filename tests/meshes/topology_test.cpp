#include "meshes/topology.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <set>

#include "meshes/generate.hpp"
#include "meshes/support/error.hpp"
#include "tests/meshes/scramble.hpp"

namespace femsynth::meshes {
namespace {

using testing::HasSubstr;

/// The message of check_mesh after `spoil` changed a valid mesh.
template <typename Spoil>
std::string fault(const char* spec, Spoil spoil) {
  Mesh mesh = generate_mesh(spec);
  spoil(mesh);
  try {
    check_mesh(mesh);
  } catch (const InputError& error) {
    return error.what();
  }
  return "valid";
}

TEST(ExteriorFacets, AreThoseWhoseVerticesAllLieOnOneSideOfTheUnitDomain) {
  for (const char* spec : {"interval:5", "triangle:3x4", "quadrilateral:3x4", "tetrahedron:2x3x2",
                           "hexahedron:2x3x2"}) {
    const Mesh mesh = scrambled(generate_mesh(spec), 2);
    std::vector<ExteriorFacet> expected;
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      for (int f = 0; f < facet_count(mesh.cell_type); ++f) {
        bool exterior = false;
        for (std::size_t i = 0; i < static_cast<std::size_t>(mesh.dim()); ++i) {
          for (const double side : {0.0, 1.0}) {
            bool all = true;
            for (const int v : entity_vertices(mesh.cell_type, mesh.dim() - 1, f)) {
              all = all && mesh.vertex(static_cast<std::size_t>(
                               mesh.cell(c)[static_cast<std::size_t>(v)]))[i] == side;
            }
            exterior = exterior || all;
          }
        }
        if (exterior) expected.push_back({static_cast<std::int32_t>(c), f, 0});
      }
    }
    EXPECT_EQ(exterior_facets(mesh), expected) << spec;
  }
}

TEST(InteriorFacets, TogetherWithTheExteriorOnesAreAllFacetsOfAllCells) {
  for (const char* spec : {"interval:5", "triangle:3x4", "hexahedron:2x3x2"}) {
    const Mesh mesh = scrambled(generate_mesh(spec), 3);
    std::set<std::pair<std::int32_t, std::int32_t>> sides;
    for (const InteriorFacet& facet : interior_facets(mesh)) {
      EXPECT_LT(facet.cells[0], facet.cells[1]);
      for (const int s : {0, 1}) {
        EXPECT_TRUE(sides.insert({facet.cells[s], facet.local_facets[s]}).second);
      }
    }
    for (const ExteriorFacet& facet : exterior_facets(mesh)) {
      EXPECT_TRUE(sides.insert({facet.cell, facet.local_facet}).second);
    }
    EXPECT_EQ(sides.size(),
              mesh.cell_count() * static_cast<std::size_t>(facet_count(mesh.cell_type)));
  }
}

TEST(ExteriorFacets, ThreeCellsAtOneFacetAreRefused) {
  Mesh mesh;
  mesh.cell_type = CellType::triangle;
  mesh.coordinates = {0, 0, 1, 0, 0, 1, 0, -1, 2, 2};
  mesh.cells = {0, 1, 2, 0, 1, 3, 0, 1, 4};
  EXPECT_THROW(exterior_facets(mesh), InputError);
}

TEST(SortSimplices, OrdersSimplicesAndLeavesOthersAlone) {
  Mesh triangle;
  triangle.cells = {2, 0, 1};
  sort_simplices(triangle);
  EXPECT_THAT(triangle.cells, testing::ElementsAre(0, 1, 2));
  Mesh quadrilateral;
  quadrilateral.cell_type = CellType::quadrilateral;
  quadrilateral.cells = {3, 1, 2, 0};
  sort_simplices(quadrilateral);
  EXPECT_THAT(quadrilateral.cells, testing::ElementsAre(3, 1, 2, 0));
}

TEST(CheckMesh, EachBrokenInvariantIsNamed) {
  EXPECT_EQ(fault("triangle:2x2", [](Mesh&) {}), "valid");
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.cells.clear(); }), HasSubstr("without cells"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.cells.pop_back(); }), HasSubstr("multiples"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.coordinates.pop_back(); }),
              HasSubstr("multiples"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.cell_tags.pop_back(); }),
              HasSubstr("cell tags"));
  EXPECT_THAT(fault("triangle:2x2@3",
                    [](Mesh& m) {
                      m.orientation_hints = {1, 1};
                    }),
              HasSubstr("2 orientations"));
  EXPECT_THAT(fault("triangle:1x1@3",
                    [](Mesh& m) {
                      m.orientation_hints = {1, 0};
                    }),
              HasSubstr("orientation is 0"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.cells[2] = 99; }), HasSubstr("vertex 99"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.cells[0] = -1; }), HasSubstr("vertex -1"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.cells[1] = m.cells[0]; }), HasSubstr("twice"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { std::swap(m.cells[0], m.cells[1]); }),
              HasSubstr("ascending order"));
  EXPECT_THAT(fault("triangle:2x2",
                    [](Mesh& m) { m.coordinates[3] = std::numeric_limits<double>::quiet_NaN(); }),
              HasSubstr("coordinate nan"));
  EXPECT_THAT(fault("triangle:1x1", [](Mesh& m) { m.coordinates = {0, 0, 1, 1, 2, 2, 3, 3}; }),
              HasSubstr("degenerate"));
  EXPECT_THAT(fault("quadrilateral:2x2", [](Mesh& m) { std::swap(m.cells[2], m.cells[3]); }),
              HasSubstr("degenerate or inverted"));
  EXPECT_THAT(fault("triangle:2x2",
                    [](Mesh& m) {
                      m.coordinates.insert(m.coordinates.end(), {5, 5});
                    }),
              HasSubstr("vertex 9 belongs to no cell"));
  EXPECT_THAT(fault("triangle:2x2", [](Mesh& m) { m.exterior_facets.pop_back(); }),
              HasSubstr("exterior facets"));
  EXPECT_EQ(fault("triangle:2x2", [](Mesh& m) { m.exterior_facets[0].tag = 5; }), "valid");
}

}  // namespace
}  // namespace femsynth::meshes
