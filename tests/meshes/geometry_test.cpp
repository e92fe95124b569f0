#include "meshes/geometry.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "meshes/generate.hpp"

namespace femsynth::meshes {
namespace {

constexpr double kInside[] = {0.21, 0.34, 0.17};

class Geometry : public testing::TestWithParam<CellType> {};
INSTANTIATE_TEST_SUITE_P(Cells, Geometry, testing::ValuesIn(kCellTypes),
                         [](const auto& p) { return std::string(name_of(p.param)); });

TEST_P(Geometry, VerticesOfTheReferenceCellMapToVertices) {
  const Mesh mesh = generate_mesh("reference:" + std::string(name_of(GetParam())), {0.2, 3, true});
  for (int k = 0; k < vertex_count(GetParam()); ++k) {
    const auto x = map_point(mesh, 0, reference_vertex(GetParam(), k).data()).x;
    for (std::size_t i = 0; i < static_cast<std::size_t>(mesh.dim()); ++i) {
      EXPECT_NEAR(x[i], mesh.vertex(static_cast<std::size_t>(k))[i], 1e-15);
    }
  }
}

TEST_P(Geometry, JacobianIsTheDerivativeOfTheMap) {
  const Mesh mesh = generate_mesh("reference:" + std::string(name_of(GetParam())), {0.2, 3, true});
  const double h = 1e-6;
  const GeometryMap map = map_point(mesh, 0, kInside);
  for (std::size_t j = 0; j < static_cast<std::size_t>(mesh.dim()); ++j) {
    double up[3] = {kInside[0], kInside[1], kInside[2]};
    double down[3] = {kInside[0], kInside[1], kInside[2]};
    up[j] += h;
    down[j] -= h;
    const auto a = map_point(mesh, 0, up).x;
    const auto b = map_point(mesh, 0, down).x;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(map.jacobian[i][j], (a[i] - b[i]) / (2 * h), 1e-9);
    }
  }
}

TEST_P(Geometry, DeterminantOfTheReferenceCellIsOne) {
  const Mesh mesh = generate_mesh("reference:" + std::string(name_of(GetParam())));
  EXPECT_DOUBLE_EQ(map_point(mesh, 0, kInside).determinant, 1.0);
  EXPECT_DOUBLE_EQ(determinant_bound(mesh, 0, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(determinant_bound(mesh, 0, -1.0), -1.0);
}

/// Least det J over a grid of the reference cell.
double least_determinant(const Mesh& mesh) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 11 * 11 * 11; ++i) {
    double X[3] = {(i % 11) / 10.0, (i / 11 % 11) / 10.0, (i / 121) / 10.0};
    if (is_simplex(mesh.cell_type)) X[0] = X[1] = X[2] = 0.2;
    if (mesh.cell_type == CellType::prism) X[0] *= 1.0 - X[1];
    if (mesh.cell_type == CellType::pyramid) {
      X[0] *= 1.0 - X[2];
      X[1] *= 1.0 - X[2];
    }
    least = std::min(least, map_point(mesh, 0, X).determinant);
  }
  return least;
}

TEST_P(Geometry, DeterminantBoundHoldsEverywhereAndIsClose) {
  const std::string spec = "reference:" + std::string(name_of(GetParam()));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Mesh mesh = generate_mesh(spec, {0.3, seed, true});
    const double bound = determinant_bound(mesh, 0, 1.0);
    EXPECT_GE(least_determinant(mesh), bound - 1e-14);
    EXPECT_LT(least_determinant(mesh), bound + 0.3) << "a bound that is far off is of no use";
  }
}

TEST_P(Geometry, DeterminantBoundHoldsWhereTheCellFoldsInside) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> shift(-0.6, 0.6);
  for (int i = 0; i < 200; ++i) {
    Mesh mesh = generate_mesh("reference:" + std::string(name_of(GetParam())));
    for (double& x : mesh.coordinates) x += shift(random);
    EXPECT_GE(least_determinant(mesh), determinant_bound(mesh, 0, 1.0) - 1e-13);
  }
}

}  // namespace
}  // namespace femsynth::meshes
