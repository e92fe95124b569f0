#include "meshes/mesh.hpp"

#include <gtest/gtest.h>

#include <set>

#include "meshes/generate.hpp"

namespace femsynth::meshes {
namespace {

TEST(CellType, EachNameIsReadBack) {
  for (const CellType cell : kCellTypes) EXPECT_EQ(cell_type_of(name_of(cell)), cell);
  EXPECT_EQ(cell_type_of("tesseract"), std::nullopt);
  EXPECT_EQ(cell_type_of(""), std::nullopt);
}

TEST(MeshHash, IsThatOfTheContent) {
  const Mesh mesh = generate_mesh("triangle:3x3", {0.2, 5, false});
  EXPECT_EQ(mesh_hash(mesh), mesh_hash(generate_mesh("triangle:3x3", {0.2, 5, false})));
}

TEST(MeshHash, EachPartCounts) {
  const Mesh mesh = generate_mesh("quadrilateral:3x3");
  std::set<Sha256> hashes{mesh_hash(mesh)};
  Mesh other = mesh;
  other.coordinates[5] += 1e-15;
  hashes.insert(mesh_hash(other));
  other = mesh;
  std::swap(other.cells[0], other.cells[1]);
  hashes.insert(mesh_hash(other));
  other = mesh;
  other.cell_tags[2] = 1;
  hashes.insert(mesh_hash(other));
  other = mesh;
  other.exterior_facets[1].tag = 4;
  hashes.insert(mesh_hash(other));
  other = mesh;
  other.cell_type = CellType::tetrahedron;
  hashes.insert(mesh_hash(other));
  other = mesh;
  other.orientation_hints.assign(mesh.cell_count(), 1);
  hashes.insert(mesh_hash(other));
  other.orientation_hints[3] = -1;
  hashes.insert(mesh_hash(other));
  EXPECT_EQ(hashes.size(), 8u);
}

}  // namespace
}  // namespace femsynth::meshes
