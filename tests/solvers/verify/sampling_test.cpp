#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "meshes/geometry.hpp"
#include "meshes/topology.hpp"
#include "pipeline.hpp"

namespace femsynth::solvers {
namespace {

using synth::Precision;
using synth::Strategy;

const char* kCellNames[] = {"interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"};

Lowered with_subdomains(const std::string& cell, Precision precision = Precision::f64) {
  return lower(form_text(cell, 1,
                         "v = TestFunction(V)\nw = Coefficient(V)\nc = Constant(mesh)\n"
                         "L = w*v*dx(3) + c*v*dx(5) + v*ds(2)\n"),
               {Strategy::atomic, precision, 128});
}

TEST(TrialMeshes, AreThreeValidMeshesOneOfASingleCellOfWhichNoneFillsABlock) {
  for (const char* cell : kCellNames) {
    const Lowered form = with_subdomains(cell);
    for (std::uint64_t variant = 0; variant < 20; ++variant) {
      const auto trials = trial_meshes(form.module, form.program, 1, variant);
      ASSERT_EQ(trials.size(), 3u);
      EXPECT_EQ(trials[0].mesh.cell_count(), 1u);
      for (const TrialMesh& trial : trials) {
        EXPECT_NO_THROW(meshes::check_mesh(trial.mesh)) << trial.name;
        EXPECT_NE(trial.mesh.cell_count() % 32, 0u) << trial.name;
      }
    }
  }
}

TEST(TrialMeshes, HaveEveryNamedSubdomainBesideOthers) {
  for (const char* cell : kCellNames) {
    const Lowered form = with_subdomains(cell);
    const auto trials = trial_meshes(form.module, form.program, 1, 0);
    for (std::size_t k = 1; k < 3; ++k) {
      const auto& mesh = trials[k].mesh;
      std::set<int> cells(mesh.cell_tags.begin(), mesh.cell_tags.end());
      EXPECT_THAT(cells, testing::IsSupersetOf({3, 5})) << trials[k].name;
      EXPECT_GE(cells.size(), mesh.cell_count() > 2 ? 3u : 2u) << trials[k].name;
      std::set<int> facets;
      for (const auto& facet : mesh.exterior_facets) facets.insert(facet.tag);
      EXPECT_THAT(facets, testing::Contains(2)) << trials[k].name;
      EXPECT_GE(facets.size(), 2u) << trials[k].name;
    }
    EXPECT_THAT(trials[0].mesh.cell_tags[0], testing::AnyOf(3, 5));
  }
}

TEST(TrialMeshes, DependOnSeedAndVariantAlone) {
  const Lowered form = with_subdomains("tetrahedron");
  const auto hash = [&](std::uint64_t seed, std::uint64_t variant) {
    return meshes::mesh_hash(trial_meshes(form.module, form.program, seed, variant)[1].mesh);
  };
  EXPECT_EQ(hash(1, 2), hash(1, 2));
  EXPECT_NE(hash(1, 2), hash(1, 3));
  EXPECT_NE(hash(1, 2), hash(2, 2));
}

TEST(TrialMeshes, HoldSimplicesOfBothOrientations) {
  for (const char* cell : {"triangle", "tetrahedron"}) {
    const Lowered form = with_subdomains(cell);
    std::set<bool> signs;
    for (const TrialMesh& trial : trial_meshes(form.module, form.program, 1, 0)) {
      for (std::size_t c = 0; c < trial.mesh.cell_count(); ++c) {
        const double X[3] = {0.2, 0.2, 0.2};
        signs.insert(meshes::map_point(trial.mesh, c, X).determinant > 0);
      }
    }
    EXPECT_EQ(signs.size(), 2u) << cell;
  }
}

TEST(TrialMeshes, HoldCellsOfBothOrientationsOnSurfacesOfEveryDegree) {
  for (const std::string cell : {"triangle", "quadrilateral"}) {
    for (const char* degree : {"1", "2", "3"}) {
      const Lowered form = lower(
          "from ufl import *\nfrom basix.ufl import element\nmesh = "
          "Mesh(element(\"P\", \"" +
              cell + "\", " + degree +
              ", shape=(3,)))\nL = TestFunction(FunctionSpace(mesh, "
              "element(\"P\", \"" +
              cell + "\", 1)))*dx\n",
          {Strategy::atomic, Precision::f64, 128});
      const auto trials = trial_meshes(form.module, form.program, 1, 0);
      for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_NO_THROW(meshes::check_mesh(trials[k].mesh)) << trials[k].name;
        if (k == 0) continue;
        EXPECT_THAT(meshes::cell_orientations(trials[k].mesh), testing::Contains(-1))
            << trials[k].name;
      }
    }
  }
}

TEST(RandomInputs, LieInTheRangeAndAreExactInThePrecision) {
  const Lowered form = with_subdomains("triangle", Precision::f32);
  const auto trials = trial_meshes(form.module, form.program, 1, 0);
  const auto spaces = synth::make_spaces(form.module, form.program, trials[2].mesh);
  const auto inputs = random_inputs(form.module, form.program, spaces, {0.25, 0.75}, 1, 0);
  ASSERT_FALSE(inputs.coefficients.at(0).empty());
  for (const double w : inputs.coefficients[0]) {
    EXPECT_TRUE(w >= 0.25 && w <= 0.75);
    EXPECT_EQ(w, static_cast<double>(static_cast<float>(w)));
  }
  const auto others = random_inputs(form.module, form.program, spaces, {0.25, 0.75}, 1, 1);
  EXPECT_NE(inputs.coefficients[0], others.coefficients[0]);
  for (const double x : trials[0].mesh.coordinates) {
    EXPECT_EQ(x, static_cast<double>(static_cast<float>(x)));
  }
}

}  // namespace
}  // namespace femsynth::solvers
