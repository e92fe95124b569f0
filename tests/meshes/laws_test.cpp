// What holds on every mesh, whatever its cells, degree and dimension.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "meshes/curve.hpp"
#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "tests/meshes/quadrature.hpp"
#include "tests/meshes/scramble.hpp"

namespace femsynth::meshes {
namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector vertex_of_facet(CellType cell, int facet, std::size_t k) {
  return reference_vertex(cell, facet_vertex(cell, facet, static_cast<int>(k)));
}

/// v_0 + Σ ξ_k (v_{k+1} − v_0) of a facet of the reference cell.
Vector on_facet(CellType cell, int facet, const Vector& xi) {
  const Vector origin = vertex_of_facet(cell, facet, 0);
  Vector X = origin;
  for (std::size_t k = 0; k + 1 < static_cast<std::size_t>(dimension(cell)); ++k) {
    const Vector end = vertex_of_facet(cell, facet, k + 1);
    for (std::size_t i = 0; i < 3; ++i) X[i] += xi[k] * (end[i] - origin[i]);
  }
  return X;
}

/// n dS of a reference cell's facet in its coordinates ξ: the tangents' product, outward; missing
/// axes are filled with unit vectors.
Vector reference_area(CellType cell, int facet) {
  const Vector origin = vertex_of_facet(cell, facet, 0);
  Matrix tangents{{{0, 1, 0}, {0, 0, 1}, {0, 0, 0}}};
  for (std::size_t k = 0; k + 1 < static_cast<std::size_t>(dimension(cell)); ++k) {
    const Vector end = vertex_of_facet(cell, facet, k + 1);
    for (std::size_t i = 0; i < 3; ++i) tangents[k][i] = end[i] - origin[i];
  }
  if (dimension(cell) == 2) tangents[1] = {0, 0, 1};
  Vector area = cross(tangents[0], tangents[1]);
  Vector outward{};
  for (int k = 0; k < vertex_count(cell); ++k) {
    const Vector v = reference_vertex(cell, k);
    for (std::size_t i = 0; i < 3; ++i) outward[i] += (origin[i] - v[i]);
  }
  if (dot(area, outward) < 0) {
    for (double& a : area) a = -a;
  }
  return area;
}

/// sign(det J) cof(J) · a, J filled up with ones on the diagonal: the image of an area vector.
Vector mapped_area(const GeometryMap& map, int d, const Vector& a) {
  Matrix columns{};
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t i = 0; i < 3; ++i) columns[j][i] = map.jacobian[i][j];
    if (j >= static_cast<std::size_t>(d)) columns[j][j] = 1.0;
  }
  const Matrix cofactor{cross(columns[1], columns[2]), cross(columns[2], columns[0]),
                        cross(columns[0], columns[1])};
  Vector result{};
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t i = 0; i < 3; ++i) {
      result[i] += (map.determinant > 0 ? 1.0 : -1.0) * cofactor[j][i] * a[j];
    }
  }
  return result;
}

std::vector<WeightedPoint> facet_rule(CellType cell, int facet) {
  if (dimension(cell) == 1) return std::vector<WeightedPoint>(1);
  return rule_of(facet_type(cell, facet));
}

double volume_of(const Mesh& mesh) {
  double volume = 0.0;
  const auto rule = rule_of(mesh.cell_type);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (const auto& p : rule) {
      volume += p.weight * std::abs(map_point(mesh, c, p.X.data()).determinant);
    }
  }
  return volume;
}

const char* const kFilling[] = {
    "interval:5",          "interval:5+2",       "interval:4+3",        "triangle:3x4",
    "triangle:3x4+2",      "triangle:3x4+3",     "quadrilateral:3x4",   "quadrilateral:3x4+2",
    "quadrilateral:3x2+3", "tetrahedron:2x1x2",  "tetrahedron:2x1x2+2", "tetrahedron:1x1x2+3",
    "hexahedron:2x1x2",    "hexahedron:2x2x1+2", "hexahedron:2x1x1+3",  "prism:2x3x2",
    "prism:2x1x2+2",       "prism:1x1x2+3",      "pyramid:2x1x2",       "pyramid:2x1x2+2",
    "pyramid:2x1x2+3",     "reference:prism",    "reference:pyramid",   "reference:hexahedron+3",
    "reference:pyramid+2", "reference:pyramid+3"};
const char* const kManifolds[] = {
    "interval:5@2",          "interval:5@3",          "interval:4+2@2",      "interval:4+3@3",
    "triangle:3x4@3",        "triangle:3x2+2@3",      "triangle:3x2@3+3",    "quadrilateral:3x4@3",
    "quadrilateral:3x2+2@3", "quadrilateral:3x2+3@3", "reference:triangle@3"};

std::string test_name(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (c == ':' || c == '@') c = '_';
    if (c == '+') c = 'p';
  }
  return name;
}

class AnyMesh : public testing::TestWithParam<const char*> {
 protected:
  Mesh mesh(double perturb = 0.2) const { return generate_mesh(GetParam(), {perturb, 3, false}); }
};
class FillingMesh : public AnyMesh {};
class Manifold : public AnyMesh {};
INSTANTIATE_TEST_SUITE_P(Filling, AnyMesh, testing::ValuesIn(kFilling), test_name);
INSTANTIATE_TEST_SUITE_P(Manifolds, AnyMesh, testing::ValuesIn(kManifolds), test_name);
INSTANTIATE_TEST_SUITE_P(Specs, FillingMesh, testing::ValuesIn(kFilling), test_name);
INSTANTIATE_TEST_SUITE_P(Specs, Manifold, testing::ValuesIn(kManifolds), test_name);

TEST_P(AnyMesh, IsValidAndConsistentlyOriented) {
  for (const double perturb : {0.0, 0.4}) {
    EXPECT_NO_THROW(check_mesh(mesh(perturb)));
    EXPECT_TRUE(consistently_oriented(mesh(perturb)));
    EXPECT_NO_THROW(check_mesh(scrambled(mesh(perturb), 1)));
  }
}

TEST_P(AnyMesh, HasTheEulerCharacteristicOfABall) {
  const Mesh m = mesh();
  int characteristic = 0;
  for (int dim = 0; dim <= m.topological_dim(); ++dim) {
    std::set<std::vector<std::int32_t>> entities;
    for (std::size_t c = 0; c < m.cell_count(); ++c) {
      for (int e = 0; e < entity_count(m.cell_type, dim); ++e) {
        std::vector<std::int32_t> key;
        for (const int v : entity_vertices(m.cell_type, dim, e)) {
          key.push_back(m.cell(c)[static_cast<std::size_t>(v)]);
        }
        std::sort(key.begin(), key.end());
        entities.insert(key);
      }
    }
    characteristic += (dim % 2 == 0 ? 1 : -1) * static_cast<int>(entities.size());
  }
  EXPECT_EQ(characteristic, 1);
}

TEST_P(AnyMesh, BothSidesOfAnInteriorFacetMeetAtOnePointUnderThePermutation) {
  std::set<int> permutations;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    const Mesh m = scrambled(mesh(), seed);
    for (const InteriorFacet& facet : interior_facets(m)) {
      permutations.insert(facet.permutation);
      const int n = facet_vertex_count(m.cell_type, facet.local_facets[0]);
      for (const std::array<double, 2> xi : {std::array{0.2, 0.3}, std::array{0.6, 0.1}}) {
        const auto other = permute_facet_point(n, facet.permutation, xi);
        const auto one = on_facet(m.cell_type, facet.local_facets[0], {xi[0], xi[1], 0});
        const auto two = on_facet(m.cell_type, facet.local_facets[1], {other[0], other[1], 0});
        const auto a = map_point(m, static_cast<std::size_t>(facet.cells[0]), one.data()).x;
        const auto b = map_point(m, static_cast<std::size_t>(facet.cells[1]), two.data()).x;
        for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(a[i], b[i], 1e-13);
      }
    }
  }
  const Mesh m = mesh();
  if (m.cell_count() == 1 || is_simplex(m.cell_type)) {
    EXPECT_LE(permutations.size(), 1U);
  } else {
    const std::size_t all = m.topological_dim() == 2 ? 2 : m.cell_type == CellType::prism ? 4 : 8;
    EXPECT_GE(permutations.size(), all) << "or this shows nothing";
  }
}

TEST_P(AnyMesh, JacobianIsTheDerivativeOfTheMap) {
  const Mesh m = mesh();
  const double h = 1e-6;
  const Vector inside{0.21, 0.34, 0.17};
  for (std::size_t c = 0; c < m.cell_count(); ++c) {
    const GeometryMap map = map_point(m, c, inside.data());
    for (std::size_t j = 0; j < static_cast<std::size_t>(m.topological_dim()); ++j) {
      Vector up = inside;
      Vector down = inside;
      up[j] += h;
      down[j] -= h;
      const auto a = map_point(m, c, up.data()).x;
      const auto b = map_point(m, c, down.data()).x;
      for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(map.jacobian[i][j], (a[i] - b[i]) / (2 * h), 1e-9);
      }
    }
  }
}

/// Moves every point of a mesh.
Mesh transformed(Mesh mesh, const std::function<Vector(const Vector&)>& map) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  for (std::size_t v = 0; v < mesh.points(); ++v) {
    Vector x{};
    std::copy_n(mesh.vertex(v).begin(), d, x.begin());
    const Vector y = map(x);
    std::copy_n(y.begin(), d, mesh.coordinates.begin() + static_cast<std::ptrdiff_t>(v * d));
  }
  return mesh;
}

TEST_P(AnyMesh, DeterminantBoundIsABoundAndPositive) {
  for (const double perturb : {0.0, 0.4}) {
    const Mesh m = scrambled(mesh(perturb), 4);
    const auto rule = rule_of(m.cell_type);
    for (std::size_t c = 0; c < m.cell_count(); ++c) {
      double least = 1e300;
      const double sign = map_point(m, c, rule[0].X.data()).determinant > 0 ? 1.0 : -1.0;
      for (const auto& p : rule) {
        least = std::min(least, sign * map_point(m, c, p.X.data()).determinant);
      }
      const double bound = determinant_bound(m, c, sign);
      EXPECT_LE(bound, least + 1e-14);
      EXPECT_GT(bound, 0.0);
    }
  }
}

TEST_P(FillingMesh, ExteriorFacetsAreClosedAndEncloseTheVolumeOfTheCells) {
  const Mesh m = scrambled(mesh(), 2);
  Vector closed{};
  double enclosed = 0.0;  // ∫ x·n dS = d · volume
  double surface = 0.0;
  for (const ExteriorFacet& facet : m.exterior_facets) {
    const Vector area = reference_area(m.cell_type, facet.local_facet);
    for (const auto& p : facet_rule(m.cell_type, facet.local_facet)) {
      const Vector X = on_facet(m.cell_type, facet.local_facet, p.X);
      const GeometryMap map = map_point(m, static_cast<std::size_t>(facet.cell), X.data());
      const Vector n = mapped_area(map, m.dim(), area);
      for (std::size_t i = 0; i < 3; ++i) closed[i] += p.weight * n[i];
      enclosed += p.weight * dot(n, map.x);
      surface += p.weight * std::sqrt(dot(n, n));
    }
  }
  for (const double component : closed) EXPECT_NEAR(component, 0.0, 1e-13);
  EXPECT_NEAR(enclosed, m.dim() * volume_of(m), 1e-12);
  EXPECT_GT(surface, 1.0);
}

TEST_P(FillingMesh, StraightCellsFillTheDomainAndCurvedOnesBendEveryEdge) {
  const Mesh m = mesh();
  const bool reference = std::string(GetParam()).starts_with("reference");
  // Opposite sides of the unit square bend alike, so the volume stays.
  if (!reference) {
    EXPECT_NEAR(volume_of(m), 1.0, 1e-13);
  } else if (m.geometry_degree == 1) {
    EXPECT_NEAR(volume_of(m), reference_volume(m.cell_type), 1e-13);
  }
  if (m.geometry_degree == 1) return;
  const std::vector<double>& points = geometry_points(m.cell_type, m.geometry_degree);
  const auto t = static_cast<std::size_t>(m.topological_dim());
  const std::size_t edge_nodes = static_cast<std::size_t>(entity_count(m.cell_type, 1)) *
                                 static_cast<std::size_t>(m.geometry_degree - 1);
  for (std::size_t c = 0; c < m.cell_count(); ++c) {
    const auto corners = m.cell(c).size();
    for (std::size_t k = corners; k < corners + edge_nodes; ++k) {
      const auto phi = vertex_basis(m.cell_type, &points[k * t]);
      double distance = 0.0;
      for (std::size_t i = 0; i < t; ++i) {
        double x = m.vertex(static_cast<std::size_t>(m.geometry(c)[k]))[i];
        for (std::size_t v = 0; v < corners; ++v) {
          x -= phi[v] * m.vertex(static_cast<std::size_t>(m.cell(c)[v]))[i];
        }
        distance = std::max(distance, std::abs(x));
      }
      EXPECT_GT(distance, 1e-4);
    }
  }
}

/// A polynomial map of degree g and its Jacobian.
Vector bend(const Vector& x, int g) {
  const double cube = g == 3 ? 0.1 : 0.0;
  return {x[0] + 0.2 * x[0] * x[1] + cube * x[1] * x[1] * x[2],
          x[1] - 0.1 * x[0] * x[0] + cube * x[0] * x[0] * x[0], x[2] + 0.3 * x[1] * x[1]};
}

TEST_P(FillingMesh, GeometryOfDegreeGReproducesPolynomialMapsOfDegreeG) {
  const Mesh straight = mesh();
  if (straight.geometry_degree > 1) return;
  for (const int g : {2, 3}) {
    const auto map = [&](const Vector& x) { return bend(x, g); };
    const Mesh curved = scrambled(transformed(with_geometry_degree(straight, g), map), 5);
    const Mesh back = scrambled(with_geometry_degree(straight, g), 5);  // the same cells, straight
    EXPECT_NO_THROW(check_mesh(curved));
    for (std::size_t c = 0; c < curved.cell_count(); ++c) {
      for (const Vector X : {Vector{0.2, 0.3, 0.4}, Vector{0.5, 0.1, 0.3}, Vector{0, 0.7, 0.1}}) {
        const Vector x = map_point(back, c, X.data()).x;
        const Vector expected = map(x);
        const auto found = map_point(curved, c, X.data()).x;
        for (std::size_t i = 0; i < static_cast<std::size_t>(curved.dim()); ++i) {
          EXPECT_NEAR(found[i], expected[i], 1e-14);
        }
      }
    }
  }
}

/// A rotation about a skew axis.
Vector rotated(const Vector& x) {
  const double a = 0.6;
  const double b = 0.8;
  const Vector y{a * x[0] - b * x[1], b * x[0] + a * x[1], x[2]};
  return {y[0], a * y[1] - b * y[2], b * y[1] + a * y[2]};
}

TEST_P(FillingMesh, LaidIntoSpaceItKeepsItsDeterminants) {
  const Mesh flat = mesh();
  if (flat.dim() == 3) return;
  for (int d = flat.dim() + 1; d <= 3; ++d) {
    Mesh m = flat;
    m.geometric_dim = d;
    m.coordinates.clear();
    for (std::size_t v = 0; v < flat.points(); ++v) {
      Vector x{};
      std::copy_n(flat.vertex(v).begin(), flat.dim(), x.begin());
      if (d == 3) {
        x = rotated(x);
      } else {
        x = {0.6 * x[0], 0.8 * x[0], 0.0};
      }
      m.coordinates.insert(m.coordinates.end(), x.begin(), x.begin() + d);
    }
    EXPECT_NO_THROW(check_mesh(m));
    EXPECT_NE(mesh_hash(m), mesh_hash(flat));
    const Vector X{0.2, 0.3, 0.4};
    for (std::size_t c = 0; c < m.cell_count(); ++c) {
      const double determinant = std::abs(map_point(flat, c, X.data()).determinant);
      EXPECT_NEAR(map_point(m, c, X.data()).determinant, determinant, 1e-14);
      const double sign = map_point(flat, c, X.data()).determinant > 0 ? 1.0 : -1.0;
      EXPECT_NEAR(determinant_bound(m, c, 1.0), determinant_bound(flat, c, sign), 1e-13);
    }
  }
}

TEST_P(Manifold, ItsPointsLieOnTheDocumentedSurface) {
  const Mesh m = mesh();
  for (std::size_t v = 0; v < m.points(); ++v) {
    const auto p = m.vertex(v);
    const double x = p[0];
    if (m.topological_dim() == 1) {
      EXPECT_NEAR(p[1], 0.2 * x + 0.3 * x * x, 1e-15);
      if (m.dim() == 3) {
        EXPECT_NEAR(p[2], 0.1 * x - 0.2 * x * x * x, 1e-15);
      }
    } else {
      EXPECT_NEAR(p[2], 0.2 * x + 0.3 * x * p[1] - 0.1 * p[1] * p[1], 1e-15);
    }
  }
}

TEST(ManifoldMeasure, ConvergesToThatOfTheSurfaceAtTheRateOfTheGeometry) {
  // Lengths and areas of the graphs, by a fine rule.
  double curve = 0.0;
  double surface = 0.0;
  constexpr int n = 400;
  for (int i = 0; i < n; ++i) {
    const double x = (i + 0.5) / n;
    curve += std::hypot(1.0, 0.2 + 0.6 * x) / n;
    for (int j = 0; j < n; ++j) {
      const double y = (j + 0.5) / n;
      surface += std::hypot(1.0, 0.2 + 0.3 * y, 0.3 * x - 0.2 * y) / n / n;
    }
  }
  const auto error = [](const std::string& spec, double exact) {
    return std::abs(volume_of(generate_mesh(spec)) - exact);
  };
  EXPECT_GT(error("interval:8@2", curve), 1e-5);
  EXPECT_LT(error("interval:8+3@2", curve), 1e-6);
  EXPECT_GT(error("triangle:2x2@3", surface), 1e-4);
  EXPECT_LT(error("triangle:8x8@3", surface), 0.1 * error("triangle:2x2@3", surface));
}

TEST(CurvedMeshes, BendLessWhereTheyWouldBeInverted) {
  // Cells that perturbation has left so thin that the whole displacement would invert them.
  const std::pair<const char*, std::uint64_t> all[] = {
      {"reference:triangle+2", 6}, {"reference:quadrilateral+3", 6}, {"hexahedron:2x2x2+3", 10}};
  for (const auto& [spec, seed] : all) {
    const Mesh mesh = generate_mesh(spec, {0.4, seed, true});
    EXPECT_NO_THROW(check_mesh(mesh));
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      const double inside[3] = {0.1, 0.1, 0.1};
      const double sign = map_point(mesh, c, inside).determinant > 0 ? 1.0 : -1.0;
      EXPECT_GT(determinant_bound(mesh, c, sign), 0.0) << spec;
    }
  }
}

TEST(FacetPermutations, AreTheSymmetriesOfTheFacetEachOnce) {
  for (const int n : {1, 2, 3, 4}) {
    std::set<std::array<int, 4>> all;
    for (int p = 0; p < facet_permutation_count(n); ++p) {
      const auto pi = facet_permutation(n, p);
      all.insert(pi);
      EXPECT_EQ(std::set<int>(pi.begin(), pi.begin() + n).size(), static_cast<std::size_t>(n));
      if (n != 4) continue;
      // Opposite corners 0 and 3 stay opposite.
      EXPECT_EQ(pi[0] + pi[3], 3);
      EXPECT_EQ(pi[1] + pi[2], 3);
    }
    EXPECT_EQ(all.size(), n == 4 ? 8U : n == 3 ? 6U : static_cast<std::size_t>(n));
    EXPECT_EQ(facet_permutation(n, 0), (std::array{0, 1, 2, 3}));
  }
  // Documented: rotation 1 of a quadrilateral, going round 0, 1, 3, 2; and with reflection.
  EXPECT_EQ(facet_permutation(4, 2), (std::array{1, 3, 0, 2}));
  EXPECT_EQ(facet_permutation(4, 1), (std::array{0, 2, 1, 3}));
  EXPECT_THROW(facet_permutation(3, 6), InternalError);
}

}  // namespace
}  // namespace femsynth::meshes
