#include "synth/run/entities.hpp"

#include <gmock/gmock.h>

#include <set>

#include "meshes/generate.hpp"

namespace femsynth::synth {
namespace {

using fem::IntegralKind;
using meshes::Mesh;

fem::IntegralGroup group(IntegralKind kind, std::vector<int> subdomains = {}) {
  fem::IntegralGroup result;
  result.kind = kind;
  result.subdomains = std::move(subdomains);
  return result;
}

TEST(Entities, EachVertexComesOnceFromItsLowestCell) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  const Entities found = entities_of(group(IntegralKind::vertex), mesh, {});
  ASSERT_EQ(found.count, mesh.vertices());
  std::set<std::int32_t> seen;
  for (std::size_t e = 0; e < found.count; ++e) {
    const auto cell = found.cell(e, 0);
    const std::int32_t vertex = mesh.cell(cell)[static_cast<std::size_t>(found.places[e])];
    EXPECT_TRUE(seen.insert(vertex).second);
    for (std::size_t c = 0; c < cell; ++c) {
      EXPECT_THAT(mesh.cell(c), testing::Not(testing::Contains(vertex)));
    }
  }
  EXPECT_EQ(entities_of(group(IntegralKind::vertex, {3}), mesh, {}).count, 0u);
}

TEST(Entities, InteriorFacetsHaveTwoCellsThatShareTheFacet) {
  Mesh mesh = meshes::generate_mesh("quadrilateral:3x2");
  const auto all = meshes::interior_facets(mesh);
  ASSERT_EQ(all.size(), 7u);
  mesh.interior_facet_tags.assign(all.size(), 0);
  mesh.interior_facet_tags[2] = mesh.interior_facet_tags[5] = 4;
  const auto tagged = meshes::interior_facets(mesh);
  EXPECT_EQ(entities_of(group(IntegralKind::interior_facet), mesh, tagged).count, 7u);
  const Entities found = entities_of(group(IntegralKind::interior_facet, {4}), mesh, tagged);
  ASSERT_EQ(found.count, 2u);
  ASSERT_EQ(found.sides, 2u);
  ASSERT_EQ(found.cells.size(), 4u);
  ASSERT_EQ(found.places.size(), 4u);
  ASSERT_EQ(found.permutations.size(), 2u);
  for (std::size_t e = 0; e < 2; ++e) {
    std::set<std::int32_t> facets[2];
    for (std::size_t side = 0; side < 2; ++side) {
      for (int k = 0; k < 2; ++k) {
        facets[side].insert(mesh.cell(found.cell(e, side))[static_cast<std::size_t>(
            meshes::facet_vertex(mesh.cell_type, found.places[2 * e + side], k))]);
      }
    }
    EXPECT_EQ(facets[0], facets[1]);
    EXPECT_LT(found.cell(e, 0), found.cell(e, 1));
  }
  EXPECT_EQ(selected_facets(group(IntegralKind::interior_facet, {4}), tagged).size(), 2u);
}

TEST(Entities, CellsAreThoseOfTheirTags) {
  Mesh mesh = meshes::generate_mesh("interval:4");
  mesh.cell_tags = {1, 2, 1, 3};
  EXPECT_TRUE(entities_of(group(IntegralKind::cell), mesh, {}).cells.empty());
  EXPECT_EQ(entities_of(group(IntegralKind::cell), mesh, {}).cell(2, 0), 2u);
  EXPECT_THAT(entities_of(group(IntegralKind::cell, {1, 3}), mesh, {}).cells,
              testing::ElementsAre(0, 2, 3));
}

}  // namespace
}  // namespace femsynth::synth
