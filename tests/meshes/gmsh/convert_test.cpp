#include "meshes/gmsh/convert.hpp"

#include <gmock/gmock.h>

#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Two triangles on the unit square, with sparse node tags and an unused node.
GmshMesh two_triangles() {
  GmshMesh mesh;
  mesh.node_tags = {40, 10, 30, 20, 99};
  mesh.coordinates = {1, 1, 5, 0, 0, 5, 0, 1, 5, 1, 0, 5, 7, 7, 7};
  mesh.blocks = {{1, 1, 1, 2, "Line 2", {6}, {10, 20}},
                 {1, 2, 1, 2, "Line 2", {}, {20, 40}},
                 {2, 1, 1, 3, "Triangle 3", {4}, {20, 40, 10}},
                 {2, 2, 1, 3, "Triangle 3", {}, {30, 10, 40}}};
  return mesh;
}

template <typename Spoil>
std::string fault(Spoil spoil) {
  GmshMesh mesh = two_triangles();
  spoil(mesh);
  try {
    convert(mesh, "f.msh");
  } catch (const InputError& error) {
    return error.what();
  }
  return "converted";
}

TEST(Convert, VerticesAreTheUsedNodesByTagAndSimplicesAreSorted) {
  const Mesh mesh = convert(two_triangles(), "f.msh");
  EXPECT_EQ(mesh.cell_type, CellType::triangle);
  EXPECT_THAT(mesh.coordinates, ElementsAre(0, 0, 1, 0, 0, 1, 1, 1));
  EXPECT_THAT(mesh.cells, ElementsAre(0, 1, 3, 0, 2, 3));
}

TEST(Convert, PhysicalGroupsBecomeTags) {
  const Mesh mesh = convert(two_triangles(), "f.msh");
  EXPECT_THAT(mesh.cell_tags, ElementsAre(4, 0));
  // Facet 2 of cell 0 is the line from vertex 0 to 1; facet k is opposite to vertex k.
  EXPECT_THAT(mesh.exterior_facets, ElementsAre(ExteriorFacet{0, 0, 0}, ExteriorFacet{0, 2, 6},
                                                ExteriorFacet{1, 0, 0}, ExteriorFacet{1, 2, 0}));
}

TEST(Convert, QuadrilateralsAndHexahedraGetLexicographicVertices) {
  GmshMesh square;
  square.node_tags = {1, 2, 3, 4};
  square.coordinates = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
  square.blocks = {{2, 1, 1, 4, "Quadrilateral 4", {}, {1, 2, 3, 4}}};
  EXPECT_THAT(convert(square, "f.msh").cells, ElementsAre(0, 1, 3, 2));
  GmshMesh cube;
  cube.node_tags = {1, 2, 3, 4, 5, 6, 7, 8};
  cube.coordinates = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1};
  cube.blocks = {{3, 1, 1, 8, "Hexahedron 8", {}, {1, 2, 3, 4, 5, 6, 7, 8}}};
  const Mesh mesh = convert(cube, "f.msh");
  for (std::size_t k = 0; k < 8; ++k) {
    const auto x = mesh.vertex(static_cast<std::size_t>(mesh.cell(0)[k]));
    EXPECT_THAT(x, ElementsAre(k & 1, k >> 1 & 1, k >> 2 & 1));
  }
}

TEST(Convert, PrismsAndPyramidsGetBasixOrder) {
  GmshMesh prism;
  prism.node_tags = {1, 2, 3, 4, 5, 6};
  prism.coordinates = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1};
  prism.blocks = {{3, 1, 1, 6, "Prism 6", {}, {1, 2, 3, 4, 5, 6}}};
  GmshMesh pyramid;
  pyramid.node_tags = {1, 2, 3, 4, 5};
  pyramid.coordinates = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1};
  pyramid.blocks = {{3, 1, 1, 5, "Pyramid 5", {}, {1, 2, 3, 4, 5}}};
  for (const GmshMesh& raw : {prism, pyramid}) {
    const Mesh mesh = convert(raw, "f.msh");
    for (std::size_t k = 0; k < mesh.cell(0).size(); ++k) {
      const auto x = mesh.vertex(static_cast<std::size_t>(mesh.cell(0)[k]));
      EXPECT_THAT(x,
                  testing::ElementsAreArray(reference_vertex(mesh.cell_type, static_cast<int>(k))));
    }
  }
}

TEST(Convert, PrismsTakeFacetsOfBothKinds) {
  GmshMesh prism;
  prism.node_tags = {1, 2, 3, 4, 5, 6};
  prism.coordinates = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1};
  prism.blocks = {{2, 1, 1, 3, "Triangle 3", {8}, {1, 2, 3}},
                  {2, 2, 1, 4, "Quadrilateral 4", {9}, {1, 2, 5, 4}},
                  {3, 1, 1, 6, "Prism 6", {}, {1, 2, 3, 4, 5, 6}}};
  EXPECT_THAT(convert(prism, "f.msh").exterior_facets,
              ElementsAre(ExteriorFacet{0, 0, 8}, ExteriorFacet{0, 1, 9}, ExteriorFacet{0, 2, 0},
                          ExteriorFacet{0, 3, 0}, ExteriorFacet{0, 4, 0}));
}

TEST(Convert, TheSpaceIsThatOfTheCoordinatesThatVary) {
  GmshMesh mesh = two_triangles();
  EXPECT_EQ(convert(mesh, "f.msh").dim(), 2);
  mesh.coordinates[2] = 6;  // one vertex is lifted
  const Mesh lifted = convert(mesh, "f.msh");
  EXPECT_EQ(lifted.dim(), 3);
  EXPECT_THAT(lifted.coordinates, ElementsAre(0, 0, 5, 1, 0, 5, 0, 1, 5, 1, 1, 6));
}

TEST(Convert, ASurfaceIsOrientedAsItsFirstCellIsInTheFile) {
  GmshMesh mesh = two_triangles();
  EXPECT_TRUE(convert(mesh, "f.msh").orientation_hints.empty()) << "det J has a sign in the plane";
  mesh.coordinates[2] = 6;
  // Sorting turns the second cell over; in the file both run the same way.
  EXPECT_THAT(cell_orientations(convert(mesh, "f.msh")), ElementsAre(1, -1));
  mesh.blocks[2].nodes = {40, 20, 10};  // the first cell runs the other way; it counts
  EXPECT_THAT(cell_orientations(convert(mesh, "f.msh")), ElementsAre(-1, 1));
}

TEST(Convert, AGroupOnALineInsideTagsTheFacetBetweenTwoCells) {
  GmshMesh mesh = two_triangles();
  EXPECT_TRUE(convert(mesh, "f.msh").interior_facet_tags.empty());
  mesh.blocks.push_back({1, 3, 1, 2, "Line 2", {12}, {40, 10}});
  EXPECT_THAT(convert(mesh, "f.msh").interior_facet_tags, ElementsAre(12));
  mesh.blocks.push_back({1, 4, 1, 2, "Line 2", {13}, {10, 40}});
  EXPECT_THROW(convert(mesh, "f.msh"), InputError);
}

TEST(Convert, WhatCannotBeAMeshIsRefusedByName) {
  EXPECT_EQ(fault([](GmshMesh&) {}), "converted");
  EXPECT_THAT(fault([](GmshMesh& m) { m.blocks.clear(); }), HasSubstr("f.msh: no cells"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks[2] = {2, 1, 1, 4, "Quadrilateral 4", {}, {10, 20, 40, 30}};
              }),
              HasSubstr("Quadrilateral 4, Triangle 3"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks.resize(1);
                m.blocks[0] = {2, 1, 2, 8, "Quadrilateral 8", {}, {10, 20, 40, 30}, 4};
              }),
              HasSubstr("order 2 (Quadrilateral 8)"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks.resize(1);
                m.blocks[0] = {2, 1, 2, 6, "Triangle 6", {}, {10, 20, 40, 30, 99, 10}, 3};
              }),
              HasSubstr("Triangle 6 without their nodes' places"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks.push_back({3, 1, 1, 7, "Trihedron", {}, {10, 20, 40, 30, 99, 10, 20}});
              }),
              HasSubstr("cells of type Trihedron"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks[2].physical_tags = {1, 2};
              }),
              HasSubstr("physical groups 1 and 2"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks[0].physical_tags = {1, 2};
              }),
              HasSubstr("physical groups 1 and 2"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks[1] = {1, 3, 1, 2, "Line 2", {5}, {20, 10}};
              }),
              HasSubstr("physical groups 5 and 6"));
  EXPECT_THAT(fault([](GmshMesh& m) { m.blocks[3].nodes[0] = 77; }), HasSubstr("names node 77"));
  EXPECT_THAT(fault([](GmshMesh& m) { m.node_tags[4] = 10; }), HasSubstr("node 10 stands twice"));
  EXPECT_THAT(fault([](GmshMesh& m) { m.coordinates.pop_back(); }), HasSubstr("coordinates"));
  EXPECT_THAT(fault([](GmshMesh& m) { m.coordinates[0] = m.coordinates[1] = 0; }),
              HasSubstr("f.msh: cell 0 is degenerate"));
  EXPECT_THAT(fault([](GmshMesh& m) {
                m.blocks[3].nodes = {20, 40, 10};
              }),
              HasSubstr("cells 0 and 1 have the same vertices"));
}

}  // namespace
}  // namespace femsynth::meshes
