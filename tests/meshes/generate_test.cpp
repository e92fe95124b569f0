#include "meshes/generate.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "tests/meshes/quadrature.hpp"

namespace femsynth::meshes {
namespace {

using testing::HasSubstr;

const char* const kSpecs[] = {"interval:7",        "triangle:4x3",     "quadrilateral:4x3",
                              "tetrahedron:3x2x4", "hexahedron:3x2x4", "prism:3x2x4",
                              "pyramid:3x2x4"};

double measure(const Mesh& mesh) {
  double sum = 0.0;
  const auto rule = rule_of(mesh.cell_type);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (const auto& p : rule) {
      sum += p.weight * std::abs(map_point(mesh, c, p.X.data()).determinant);
    }
  }
  return sum;
}

class Generate : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Specs, Generate, testing::ValuesIn(kSpecs), [](const auto& p) {
  return std::string(p.param).substr(0, std::string(p.param).find(':'));
});

TEST_P(Generate, RegularAndPerturbedMeshesAreValidAndFillTheUnitDomain) {
  for (const double p : {0.0, 0.1, 0.2, 0.4}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Mesh mesh = generate_mesh(GetParam(), {p, seed, false});
      EXPECT_NO_THROW(check_mesh(mesh)) << p;
      EXPECT_NEAR(measure(mesh), 1.0, 1e-12) << p;
    }
  }
}

TEST_P(Generate, NoPerturbedCellIsInvertedAnywhere) {
  const Mesh regular = generate_mesh(GetParam());
  for (const bool all : {false, true}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Mesh mesh = generate_mesh(GetParam(), {0.4, seed, all});
      for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
        const double X[3] = {0, 0, 0};
        const double det = map_point(regular, c, X).determinant;
        EXPECT_GE(determinant_bound(mesh, c, det > 0 ? 1.0 : -1.0), 0.1 * std::abs(det) - 1e-15);
      }
    }
  }
}

TEST_P(Generate, PerturbationMovesInnerVerticesByNoMoreThanItsShareOfTheWidth) {
  const Mesh regular = generate_mesh(GetParam());
  const Mesh mesh = generate_mesh(GetParam(), {0.2, 1, false});
  const double widths[] = {1.0 / (mesh.dim() == 1   ? 7
                                  : mesh.dim() == 2 ? 4
                                                    : 3),
                           1.0 / (mesh.dim() == 2 ? 3 : 2), 1.0 / 4};
  bool moved = false;
  for (std::size_t v = 0; v < mesh.vertices(); ++v) {
    bool inner = true;
    for (const double x : regular.vertex(v)) inner = inner && x > 0.0 && x < 1.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(mesh.dim()); ++i) {
      const double shift = std::abs(mesh.vertex(v)[i] - regular.vertex(v)[i]);
      EXPECT_LE(shift, inner ? 0.2 * widths[i] + 1e-15 : 0.0);
      moved = moved || shift > 0.01 * widths[i];
    }
  }
  EXPECT_TRUE(moved);
}

TEST_P(Generate, TheSameSeedGivesTheSameMeshAndAnotherSeedAnother) {
  const auto make = [&](std::uint64_t seed) {
    return mesh_hash(generate_mesh(GetParam(), {0.2, seed, false}));
  };
  EXPECT_EQ(make(3), make(3));
  EXPECT_NE(make(3), make(4));
}

TEST(GenerateCounts, CellsVerticesAndFacetsAreThoseOfTheSpecification) {
  const auto counts = [](const char* spec) {
    const Mesh mesh = generate_mesh(spec);
    return std::array{mesh.cell_count(), mesh.vertices(), mesh.exterior_facets.size()};
  };
  EXPECT_EQ(counts("interval:7"), (std::array<std::size_t, 3>{7, 8, 2}));
  EXPECT_EQ(counts("triangle:4x3"), (std::array<std::size_t, 3>{24, 20, 14}));
  EXPECT_EQ(counts("quadrilateral:4x3"), (std::array<std::size_t, 3>{12, 20, 14}));
  EXPECT_EQ(counts("tetrahedron:3x2x4"), (std::array<std::size_t, 3>{144, 60, 104}));
  EXPECT_EQ(counts("hexahedron:3x2x4"), (std::array<std::size_t, 3>{24, 60, 52}));
  EXPECT_EQ(counts("prism:3x2x4"), (std::array<std::size_t, 3>{48, 60, 64}));
  EXPECT_EQ(counts("pyramid:3x2x4"), (std::array<std::size_t, 3>{144, 84, 52}));
  EXPECT_EQ(counts("reference:tetrahedron"), (std::array<std::size_t, 3>{1, 4, 4}));
}

TEST(GeneratePerturbAll, MovesTheVerticesOfASingleCell) {
  const Mesh fixed = generate_mesh("reference:quadrilateral", {0.2, 1, false});
  const Mesh moved = generate_mesh("reference:quadrilateral", {0.2, 1, true});
  EXPECT_EQ(fixed.coordinates, generate_mesh("reference:quadrilateral").coordinates);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NE(fixed.coordinates[i], moved.coordinates[i]);
}

std::string message(const char* spec, const GenerateOptions& options = {}) {
  try {
    generate_mesh(spec, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "generated";
}

TEST(GenerateErrors, ABadSpecificationIsToldWhatWouldBeRight) {
  EXPECT_THAT(message("wedge:3"), HasSubstr("'wedge:3': expected interval:N"));
  EXPECT_THAT(message(""), HasSubstr("reference:CELL"));
  EXPECT_THAT(message("reference:wedge"), HasSubstr("reference:CELL"));
  for (const char* spec :
       {"triangle", "triangle:", "triangle:8", "triangle:8x", "triangle:8x8x8", "triangle:0x8",
        "triangle:-1x8", "triangle:8x8 ", "triangle:8X8", "triangle:8.5x8", "triangle:x8"}) {
    EXPECT_THAT(message(spec), HasSubstr("as in triangle:8x8")) << spec;
  }
  EXPECT_THAT(message("interval:no"), HasSubstr("1 positive whole number, as in interval:16"));
}

TEST(GenerateErrors, SizesAreBounded) {
  EXPECT_THAT(message("tetrahedron:1000x1000x1000"), HasSubstr("at most 100000000 cells"));
  EXPECT_THAT(message("interval:100000001"), HasSubstr("at most"));
  EXPECT_THAT(message("triangle:99999999999999999999999x2"), HasSubstr("at most"));
  EXPECT_THAT(message("hexahedron:4294967296x4294967296x1"), HasSubstr("at most"));
}

TEST(GenerateErrors, SizesOfCurvedMeshesAreBoundedByTheirPoints) {
  EXPECT_THAT(message("hexahedron:200x200x200+3"), HasSubstr("at most 3703703 cells"));
}

TEST(GenerateErrors, PerturbationsOutsideTheirRangeAreRefused) {
  EXPECT_THAT(message("triangle:2x2", {-0.1, 1, false}), HasSubstr("0 to 0.4"));
  EXPECT_THAT(message("triangle:2x2", {0.5, 1, false}), HasSubstr("0 to 0.4"));
  EXPECT_THAT(message("triangle:2x2", {std::nan(""), 1, false}), HasSubstr("0 to 0.4"));
}

}  // namespace
}  // namespace femsynth::meshes
