#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "tests/meshes/scramble.hpp"
#include "tests/meshes/surfaces.hpp"

namespace femsynth::meshes {
namespace {

/// A ring of `cells` quadrilaterals around an annulus, or, twisted, a Möbius strip; in space.
Mesh ring(int cells, bool twisted) {
  Mesh mesh;
  mesh.cell_type = CellType::quadrilateral;
  mesh.geometric_dim = 3;
  for (int k = 0; k < cells; ++k) {
    const double angle = 2 * std::numbers::pi * k / cells;
    const double turn = twisted ? angle / 2 : 0.0;
    for (const double side : {-0.3, 0.3}) {
      const double r = 1.0 + side * std::cos(turn);
      mesh.coordinates.insert(mesh.coordinates.end(),
                              {r * std::cos(angle), r * std::sin(angle), side * std::sin(turn)});
    }
    const bool last = k + 1 == cells;
    const int next = last ? 0 : 2 * (k + 1);
    const int swap = last && twisted ? 1 : 0;
    mesh.cells.insert(mesh.cells.end(), {2 * k, 2 * k + 1, next + swap, next + 1 - swap});
  }
  mesh.cell_tags.assign(static_cast<std::size_t>(cells), 0);
  mesh.exterior_facets = exterior_facets(mesh);
  return mesh;
}

TEST(OrientQuadrilaterals, MakesAnyMeshConsistentAndKeepsEachCell) {
  for (const char* spec : {"quadrilateral:5x4", "quadrilateral:3x4+2", "quadrilateral:3x3+3",
                           "quadrilateral:3x4@3", "quadrilateral:2x3+3@3"}) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
      const Mesh before = scrambled(generate_mesh(spec, {0.3, 2, false}), seed);
      ASSERT_FALSE(consistently_oriented(before)) << "or this shows nothing";
      Mesh after = before;
      orient_quadrilaterals(after);
      EXPECT_TRUE(consistently_oriented(after)) << spec;
      after.exterior_facets = exterior_facets(after);
      EXPECT_NO_THROW(check_mesh(after));
      for (std::size_t c = 0; c < before.cell_count(); ++c) {
        const double centre[3] = {0.5, 0.5, 0.0};
        const auto old = map_point(before, c, centre);
        const auto now = map_point(after, c, centre);
        for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(old.x[i], now.x[i], 1e-15);
        EXPECT_NEAR(old.determinant, now.determinant, 1e-15) << "sign and size";
        const auto normal = [](const GeometryMap& map) {
          return map.jacobian[0][0] * map.jacobian[1][1] - map.jacobian[1][0] * map.jacobian[0][1];
        };
        EXPECT_NEAR(normal(old), normal(now), 1e-15) << "not turned over in space either";
      }
    }
  }
}

TEST(OrientQuadrilaterals, LeavesAConsistentMeshAndOtherCellsAsTheyAre) {
  for (const char* spec : {"quadrilateral:4x3", "quadrilateral:2x2+2@3"}) {
    Mesh mesh = generate_mesh(spec);
    const Sha256 before = mesh_hash(mesh);
    orient_quadrilaterals(mesh);
    EXPECT_EQ(mesh_hash(mesh), before) << spec;
  }
  Mesh hexahedra = scrambled(generate_mesh("hexahedron:2x2x2"), 1);
  const Sha256 before = mesh_hash(hexahedra);
  orient_quadrilaterals(hexahedra);
  EXPECT_EQ(mesh_hash(hexahedra), before);
}

TEST(OrientQuadrilaterals, ARingCanBeOrientedAndAMoebiusStripCannot) {
  for (const int cells : {3, 4, 7}) {
    Mesh annulus = scrambled(ring(cells, false), 3);
    EXPECT_NO_THROW(check_mesh(annulus));
    orient_quadrilaterals(annulus);
    EXPECT_TRUE(consistently_oriented(annulus));
    Mesh strip = ring(cells, true);
    EXPECT_NO_THROW(check_mesh(strip));
    EXPECT_FALSE(consistently_oriented(strip));
    EXPECT_THROW(orient_quadrilaterals(strip), InputError);
  }
}

/// The normal J_·0 × J_·1 of each cell at its centre, times its orientation, along `outward`(x).
template <class F>
std::vector<double> normals_along(const Mesh& mesh, const F& outward) {
  const std::vector<std::int32_t> signs = cell_orientations(mesh);
  std::vector<double> result;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const double centre[3] = {0.3, 0.3, 0.0};
    const GeometryMap at = map_point(mesh, c, centre);
    const auto& J = at.jacobian;
    const std::array<double, 3> out = outward(at.x);
    double sum = 0.0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t j = (i + 1) % 3, k = (i + 2) % 3;
      sum += out[i] * (J[j][0] * J[k][1] - J[k][0] * J[j][1]);
    }
    result.push_back(signs[c] * sum);
  }
  return result;
}

MATCHER(AreOfOneSign, "") {
  return std::all_of(arg.begin(), arg.end(), [](double x) { return x > 0; }) ||
         std::all_of(arg.begin(), arg.end(), [](double x) { return x < 0; });
}

TEST(CellOrientations, NormalsOfASphereAllPointOutOfItOrIntoIt) {
  const auto radial = [](const std::array<double, 3>& x) { return x; };
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    const Mesh mesh = scrambled(sphere(2, static_cast<int>(seed % 3) + 1), seed);
    EXPECT_NO_THROW(check_mesh(mesh));
    EXPECT_THAT(cell_orientations(mesh), testing::Contains(-1)) << "or this shows nothing";
    EXPECT_EQ(cell_orientations(mesh)[0], 1);
    EXPECT_THAT(normals_along(mesh, radial), AreOfOneSign());
  }
}

TEST(CellOrientations, NormalsOfATorusAllPointOutOfItOrIntoIt) {
  const auto from_core = [](const std::array<double, 3>& x) {
    const double r = std::hypot(x[0], x[1]);
    return std::array<double, 3>{x[0] - x[0] / r, x[1] - x[1] / r, x[2]};
  };
  for (const CellType cell : {CellType::triangle, CellType::quadrilateral}) {
    for (int degree = 1; degree <= 3; ++degree) {
      const Mesh mesh = renumbered(torus(cell, 9, 6, degree), 3);
      EXPECT_NO_THROW(check_mesh(mesh));
      EXPECT_THAT(cell_orientations(mesh), testing::Contains(-1)) << "or this shows nothing";
      EXPECT_THAT(normals_along(mesh, from_core), AreOfOneSign());
    }
  }
}

TEST(CellOrientations, NormalsOfGeneratedSurfacesAllPointUpOrDown) {
  const auto up = [](const std::array<double, 3>&) { return std::array<double, 3>{0, 0, 1}; };
  for (const char* spec : {"triangle:4x3@3", "triangle:3x3+2@3", "triangle:2x3+3@3",
                           "quadrilateral:4x3@3", "quadrilateral:3x3+2@3"}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Mesh mesh = renumbered(generate_mesh(spec, {0.2, seed, true}), seed);
      EXPECT_NO_THROW(check_mesh(mesh)) << spec;
      EXPECT_TRUE(consistently_oriented(mesh)) << spec;
      EXPECT_THAT(cell_orientations(mesh), testing::Contains(-1)) << spec;
      EXPECT_THAT(normals_along(mesh, up), AreOfOneSign()) << spec;
    }
  }
}

TEST(CellOrientations, TangentsOfACurveAllRunTheSameWay) {
  const Mesh mesh = renumbered(generate_mesh("interval:9@2", {0.2, 3, true}), 4);
  const std::vector<std::int32_t> signs = cell_orientations(mesh);
  EXPECT_THAT(signs, testing::Contains(-1));
  std::vector<double> along;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const double centre[1] = {0.5};
    along.push_back(signs[c] * map_point(mesh, c, centre).jacobian[0][0]);
  }
  EXPECT_THAT(along, AreOfOneSign());
}

TEST(CellOrientations, EachComponentFollowsItsOwnLowestCellOrWhatTheFileSaysOfIt) {
  Mesh mesh = sphere(1);
  const auto cells = static_cast<std::ptrdiff_t>(mesh.cell_count());
  Mesh two = mesh;
  for (const double x : mesh.coordinates) two.coordinates.push_back(x + 5.0);
  for (const std::int32_t v : mesh.cells) {
    two.cells.push_back(v + static_cast<std::int32_t>(mesh.vertices()));
  }
  two.cell_tags.assign(two.cell_count(), 0);
  const std::vector<std::int32_t> one = cell_orientations(mesh);
  std::vector<std::int32_t> expected = one;
  expected.insert(expected.end(), one.begin(), one.end());
  EXPECT_EQ(cell_orientations(two), expected);
  two.orientation_hints.assign(two.cell_count(), 1);
  two.orientation_hints[mesh.cell_count()] = -1;
  for (auto sign = expected.begin() + cells; sign != expected.end(); ++sign) *sign = -*sign;
  EXPECT_EQ(cell_orientations(two), expected);
}

TEST(CellOrientations, WhatTheFileSaysOutlastsRenumberingOfCells) {
  const auto radial = [](const std::array<double, 3>& x) { return x; };
  Mesh mesh = sphere(1);
  mesh.orientation_hints = cell_orientations(mesh);  // now as if a file had said so
  const bool outward = normals_along(mesh, radial)[0] > 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::vector<double> now = normals_along(renumbered(mesh, seed), radial);
    EXPECT_THAT(now, AreOfOneSign());
    EXPECT_EQ(now[0] > 0, outward);
  }
}

TEST(CellOrientations, AMoebiusBandHasNoneAndItsCellsAreNamed) {
  for (const bool twisted : {false, true}) {
    const Mesh strip = ring(6, twisted);
    Mesh triangles = strip;
    triangles.cell_type = CellType::triangle;
    triangles.cells.clear();
    for (std::size_t c = 0; c < strip.cell_count(); ++c) {
      const auto q = strip.cell(c);
      triangles.cells.insert(triangles.cells.end(), {q[0], q[1], q[2], q[1], q[2], q[3]});
    }
    triangles.cell_tags.assign(triangles.cell_count(), 0);
    sort_simplices(triangles);
    for (const Mesh& mesh : {strip, triangles}) {
      if (!twisted) {
        EXPECT_NO_THROW(cell_orientations(mesh));
        continue;
      }
      try {
        cell_orientations(mesh);
        FAIL() << "a Moebius band was oriented";
      } catch (const InputError& e) {
        EXPECT_THAT(e.what(),
                    testing::ContainsRegex("cells [0-9]+ and [0-9]+ closes with a twist"));
      }
    }
  }
}

TEST(OrientCells, MakesScrambledMeshesConsistentAndKeepsEachCell) {
  for (const char* spec :
       {"triangle:3x2", "quadrilateral:3x2+2", "hexahedron:3x2x2", "hexahedron:2x2x2+3",
        "prism:3x2x3", "prism:2x2x2+2", "tetrahedron:2x1x1+3"}) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
      const Mesh before = scrambled(generate_mesh(spec, {0.3, 2, false}), seed);
      Mesh after = before;
      EXPECT_TRUE(orient_cells(after));
      EXPECT_TRUE(consistently_oriented(after)) << spec;
      after.exterior_facets = exterior_facets(after);
      EXPECT_NO_THROW(check_mesh(after));
      for (std::size_t c = 0; c < before.cell_count(); ++c) {
        // A point that all symmetries keep.
        const double third = 1.0 / 3.0;
        const bool prism = before.cell_type == CellType::prism;
        const double tensor[3] = {prism ? third : 0.5, prism ? third : 0.5, 0.5};
        const double simplex[3] = {third, third, 0.0};
        const double quarter[3] = {0.25, 0.25, 0.25};
        const double* X = !is_simplex(before.cell_type)   ? tensor
                          : before.topological_dim() == 3 ? quarter
                                                          : simplex;
        const auto old = map_point(before, c, X);
        const auto now = map_point(after, c, X);
        for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(old.x[i], now.x[i], 1e-14) << spec;
        EXPECT_NEAR(std::abs(old.determinant), std::abs(now.determinant), 1e-14) << spec;
      }
    }
  }
}

TEST(OrientCells, LeavesWhatCannotBeOrientedAsItIs) {
  Mesh strip = ring(5, true);
  const Sha256 before = mesh_hash(strip);
  EXPECT_FALSE(orient_cells(strip));
  EXPECT_EQ(mesh_hash(strip), before);
  Mesh hexahedra = generate_mesh("hexahedron:2x2x2");
  const Sha256 consistent = mesh_hash(hexahedra);
  EXPECT_TRUE(orient_cells(hexahedra));
  EXPECT_EQ(mesh_hash(hexahedra), consistent);
}

TEST(ConsistentlyOriented, SeesEdgesAndFacesOfCellsInSpace) {
  for (const char* spec : {"hexahedron:2x2x2", "prism:2x2x2", "pyramid:2x2x1"}) {
    const Mesh mesh = generate_mesh(spec);
    EXPECT_TRUE(consistently_oriented(mesh));
    EXPECT_FALSE(consistently_oriented(scrambled(mesh, 1))) << spec;
  }
  EXPECT_TRUE(consistently_oriented(scrambled(generate_mesh("tetrahedron:2x2x2"), 1)));
  // Edges agree but the frames do not: the upper cube exchanges its first two axes.
  Mesh cubes = generate_mesh("hexahedron:1x1x2");
  std::swap(cubes.cells[9], cubes.cells[10]);
  std::swap(cubes.cells[13], cubes.cells[14]);
  EXPECT_FALSE(consistently_oriented(cubes));
  EXPECT_EQ(interior_facets(cubes)[0].permutation, 1);
}

TEST(InteriorFacetTags, ReachTheFacetsAndMustBeOneForEach) {
  Mesh mesh = generate_mesh("triangle:2x2");
  EXPECT_EQ(interior_facets(mesh)[0].tag, 0);
  const Sha256 before = mesh_hash(mesh);
  mesh.interior_facet_tags.assign(interior_facets(mesh).size(), 0);
  mesh.interior_facet_tags[3] = 9;
  EXPECT_EQ(interior_facets(mesh)[3].tag, 9);
  EXPECT_NO_THROW(check_mesh(mesh));
  EXPECT_NE(mesh_hash(mesh), before);
  mesh.interior_facet_tags.pop_back();
  EXPECT_THROW(check_mesh(mesh), InputError);
}

TEST(CheckCurvedMesh, EachBrokenInvariantIsNamed) {
  const auto fault = [](const std::string& spec, auto spoil) -> std::string {
    Mesh mesh = generate_mesh(spec);
    spoil(mesh);
    try {
      check_mesh(mesh);
    } catch (const InputError& error) {
      return error.what();
    }
    return "valid";
  };
  using testing::HasSubstr;
  EXPECT_EQ(fault("triangle:2x2+2", [](Mesh&) {}), "valid");
  EXPECT_THAT(fault("triangle:2x2+2", [](Mesh& m) { m.geometry_nodes.pop_back(); }),
              HasSubstr("geometry nodes each with"));
  EXPECT_THAT(fault("triangle:2x2+2", [](Mesh& m) { m.geometry_degree = 5; }),
              HasSubstr("degree 5"));
  EXPECT_THAT(fault("triangle:2x2+2", [](Mesh& m) { m.geometry_nodes[0] = 1; }),
              HasSubstr("geometry node 0 is point 1"));
  EXPECT_THAT(fault("triangle:2x2+2", [](Mesh& m) { m.geometry_nodes[4] = 0; }),
              HasSubstr("geometry node 4 is point 0"));
  // A node of a shared edge doubled: the same place, but another point.
  EXPECT_THAT(fault("triangle:2x2+2",
                    [](Mesh& m) {
                      const auto facet = interior_facets(m)[0];
                      const auto at =
                          static_cast<std::size_t>(6 * facet.cells[0] + 3 + facet.local_facets[0]);
                      const auto old = m.vertex(static_cast<std::size_t>(m.geometry_nodes[at]));
                      m.geometry_nodes[at] = static_cast<std::int32_t>(m.points());
                      const double x = old[0];
                      const double y = old[1];
                      m.coordinates.insert(m.coordinates.end(), {x, y});
                    }),
              HasSubstr("geometry nodes of their facet"));
  EXPECT_THAT(fault("triangle:2x2+2",
                    [](Mesh& m) {
                      const auto node = static_cast<std::size_t>(m.geometry_nodes[4]);
                      m.coordinates[2 * node] += 3;
                    }),
              HasSubstr("over the geometry nodes"));
  EXPECT_THAT(fault("triangle:2x2@3", [](Mesh& m) { m.geometric_dim = 1; }),
              HasSubstr("2 to 3 are right"));
  EXPECT_THAT(fault("triangle:1x1@3",
                    [](Mesh& m) { m.coordinates = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}; }),
              HasSubstr("degenerate"));
}

TEST(GenerateSuffixes, AWrongOneIsToldWhatWouldBeRight) {
  const auto message = [](const char* spec) -> std::string {
    try {
      generate_mesh(spec);
    } catch (const InputError& error) {
      return error.what();
    }
    return "generated";
  };
  using testing::HasSubstr;
  EXPECT_EQ(message("reference:triangle+2@3"), "generated");
  EXPECT_THAT(message("triangle:2x2+4"), HasSubstr("+2 and +3"));
  EXPECT_THAT(message("triangle:2x2+2+2"), HasSubstr("+2 and +3"));
  EXPECT_THAT(message("triangle:2x2@1"), HasSubstr("does not fit into 1 dimension"));
  EXPECT_THAT(message("pyramid:2x2x2+4"), HasSubstr("+2 and +3"));
  EXPECT_THAT(message("triangle:2x+2"), HasSubstr("as in triangle:8x8"));
}

/// Hashes from before there were curved cells and manifolds.
TEST(MeshHash, OfStraightMeshesThatFillTheirSpaceIsWhatItWas) {
  const struct {
    const char* spec;
    double perturb;
    const char* hash;
  } all[] = {
      {"interval:7", 0.0, "db4422df2ab7d4ee6547958566d38b51448a9993fffb9d99e2e8c5267704243d"},
      {"interval:7", 0.4, "fdf8e5ae713dc738cd9da52a63dbf428fd66df552bf9634223c5298cda87b3ce"},
      {"triangle:5x4", 0.0, "a90d740f49622adb40ed689d294b4682a63c1d76b9e257cca0245fdb708861b1"},
      {"triangle:5x4", 0.4, "c27271ed78816d0a00257cbe5b62956c0631f6f848302a50b286c4301de4881f"},
      {"quadrilateral:5x4", 0.0,
       "0dd7af634cb306b6affee4e8916c0bab448b6e5889e900cc958f8e7074e9710c"},
      {"quadrilateral:5x4", 0.4,
       "f887af981bd28bb3642af39a4dca8c4772be6f89dcae802df8b32c4d421f8992"},
      {"tetrahedron:3x2x2", 0.0,
       "90ffa534359d13f535077c5fa3d02e864ef2871e46bc7b18b25fe0a6eca2df8d"},
      {"tetrahedron:3x2x2", 0.4,
       "3789f6132d156a65ce4c42300df199a76d74b46f22e85e96b4ca586cdd319a95"},
      {"hexahedron:3x2x2", 0.0, "6775e3f221d7d1436f4ec68d8801847d470caa6903bf50b1ccc487a405babbc7"},
      {"hexahedron:3x2x2", 0.4, "c895af3273ac75ba744de95965371c396ddeb352e4ab475572ba1f1f266a7711"},
      {"reference:triangle", 0.0,
       "ca9fb662746f3f22225e3d26443503e91836c18dc243464bb32865806c5e1a98"},
      {"reference:triangle", 0.4,
       "ca9fb662746f3f22225e3d26443503e91836c18dc243464bb32865806c5e1a98"},
  };
  for (const auto& [spec, perturb, hash] : all) {
    EXPECT_EQ(hex(mesh_hash(generate_mesh(spec, {perturb, 7, false}))), hash) << spec;
  }
}

}  // namespace
}  // namespace femsynth::meshes
