// The interpolant of a field that a space holds is the field, in every family, on straight and
// curved cells and on manifolds, alone and as a part of composed elements.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "fem/elements/interpolation.hpp"
#include "fem/spaces/interpolate.hpp"
#include "meshes/generate.hpp"
#include "tests/fem/spaces/physical.hpp"

namespace femsynth::fem {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using meshes::CellType;
using meshes::Mesh;

/// Component k of a field at x.
using Component = std::function<double(const double* x, std::size_t k)>;

FieldFunction field_of(const Component& component, std::size_t components, std::size_t d) {
  return [=](std::span<const double> points) {
    std::vector<double> values;
    for (std::size_t p = 0; p < points.size() / d; ++p) {
      for (std::size_t k = 0; k < components; ++k) {
        values.push_back(component(&points[p * d], k));
      }
    }
    return values;
  };
}

/// Value of the function with these dofs: the components of the element's value shape.
std::vector<double> evaluate(const CellPoint& at, const Element& element, const DofMap& map,
                             std::size_t c, const std::vector<double>& dofs) {
  const int d = static_cast<int>(at.x.size());
  std::vector<double> value(static_cast<std::size_t>(size_of(value_shape(element, d))), 0.0);
  const auto width = static_cast<std::size_t>(map.block_size);
  for (const SubElement& sub : sub_elements(element, d)) {
    for (int block = 0; block < sub.block_size; ++block) {
      const MatrixXd copy = physical_value(at, sub.basic, [&](std::size_t i) {
        const auto local = static_cast<std::size_t>(sub.dof_offset + block) +
                           i * static_cast<std::size_t>(sub.block_size);
        return dofs[static_cast<std::size_t>(map.cell(c)[local / width]) * width + local % width];
      });
      for (std::size_t k = 0; k < sub.source.size(); ++k) {
        const int component = sub.source[k] - block * sub.value_size;
        if (component < 0 || component >= sub.value_size) continue;
        value[static_cast<std::size_t>(sub.first_component) + k] +=
            copy(component / copy.cols(), component % copy.cols());
      }
    }
  }
  return value;
}

/// Greatest difference between a field and its interpolant.
double error(const Mesh& mesh, const Element& element, const Component& component,
             bool tangential = false) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  const auto components = static_cast<std::size_t>(size_of(value_shape(element, mesh.dim())));
  const DofMap map = make_dof_map(mesh, element);
  const std::vector<double> dofs =
      interpolate(field_of(component, components, d), mesh, element, map);
  EXPECT_EQ(dofs.size(), map.dof_count());
  std::vector<double> X{0.3, 0.2, 0.25};
  X.resize(static_cast<std::size_t>(mesh.topological_dim()));
  double worst = 0.0;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const CellPoint at = cell_point(mesh, c, X);
    const std::vector<double> value = evaluate(at, element, map, c, dofs);
    VectorXd difference(static_cast<Eigen::Index>(components));
    for (std::size_t k = 0; k < components; ++k) {
      difference(static_cast<Eigen::Index>(k)) = value[k] - component(at.x.data(), k);
    }
    if (tangential) difference = at.J.transpose() * difference;
    worst = std::max(worst, difference.cwiseAbs().maxCoeff());
  }
  return worst;
}

/// A polynomial of that degree, another for each component; symmetric as a d × d matrix.
Component polynomial(int degree, std::size_t d, bool matrix = false) {
  return [=](const double* x, std::size_t k) {
    const std::size_t seed = matrix ? k / d + k % d : k;
    double sum = 0.3;
    for (std::size_t i = 0; i < d; ++i) sum += (0.4 + 0.1 * static_cast<double>(i + seed)) * x[i];
    return std::pow(sum, degree) * (1.0 + 0.5 * static_cast<double>(seed));
  };
}

Element basic(Family family, CellType cell, int degree) {
  return {.family = family, .cell = cell, .degree = degree};
}

TEST(Interpolation, PolynomialsThatTheSpaceHoldsComeBack) {
  struct Case {
    Family family;
    int degree;
    int polynomial;
    std::vector<std::string> meshes;
  };
  const std::vector<std::string> simplices{"triangle:2x2", "tetrahedron:1x1x2"};
  const std::vector<Case> cases{
      {Family::lagrange, 5, 5, {"triangle:2x2", "tetrahedron:1x1x1", "interval:3"}},
      {Family::raviart_thomas, 3, 2, simplices},
      {Family::nedelec_first, 3, 2, simplices},
      {Family::bdm, 2, 2, simplices},
      {Family::nedelec_second, 2, 2, simplices},
      {Family::regge, 2, 2, simplices},
      {Family::hhj, 1, 1, {"triangle:2x2"}},
      {Family::crouzeix_raviart, 1, 1, simplices},
      {Family::lagrange, 1, 1, {"quadrilateral:2x2", "hexahedron:2x1x1", "prism:1x1x2"}},
      // Contravariant and covariant maps of bilinear cells keep constants in the second space.
      {Family::raviart_thomas, 2, 0, {"quadrilateral:2x2"}},
      {Family::nedelec_first, 2, 0, {"quadrilateral:2x2", "hexahedron:2x1x1"}},
      // Isoparametric cells: x, J and the cofactors of J are in the spaces of their degree.
      {Family::lagrange, 2, 1, {"triangle:2x2+2", "tetrahedron:1x1x1+2"}},
      {Family::raviart_thomas, 2, 0, {"triangle:2x2+2"}},
      {Family::nedelec_first, 2, 0, {"triangle:2x2+2", "tetrahedron:1x1x1+2"}}};
  for (const Case& c : cases) {
    for (const std::string& name : c.meshes) {
      meshes::GenerateOptions options;
      options.perturb = name.find('+') == std::string::npos ? 0.2 : 0.0;
      const Mesh mesh = meshes::generate_mesh(name, options);
      const Element element = basic(c.family, mesh.cell_type, c.degree);
      SCOPED_TRACE(name + ", " + to_string(element));
      const bool matrix = basic_shape(c.family, mesh.dim()).size() == 2;
      const auto d = static_cast<std::size_t>(mesh.dim());
      EXPECT_LT(error(mesh, element, polynomial(c.polynomial, d, matrix)), 1e-10);
      // More than the space holds would not come back.
      EXPECT_GT(error(mesh, element, polynomial(c.polynomial + 3, d, matrix)), 1e-9);
    }
  }
}

TEST(Interpolation, OnSurfacesTangentialFieldsComeBack) {
  const Mesh mesh = meshes::generate_mesh("triangle:3x3@3");
  EXPECT_LT(error(mesh, basic(Family::lagrange, CellType::triangle, 2), polynomial(2, 3)), 1e-12);
  EXPECT_LT(
      error(mesh, basic(Family::nedelec_first, CellType::triangle, 2), polynomial(1, 3), true),
      1e-12);
}

TEST(Interpolation, OnAPlaneInSpaceFieldsFlowFromCellToCellWhicheverWayTheyRun) {
  for (const char* spec : {"triangle:3x3@3", "quadrilateral:3x3@3"}) {
    Mesh mesh = meshes::renumbered(meshes::generate_mesh(spec), 5);
    for (std::size_t v = 0; v < mesh.vertices(); ++v) {
      mesh.coordinates[3 * v + 2] = 0.3 * mesh.coordinates[3 * v] - mesh.coordinates[3 * v + 1];
    }
    EXPECT_THAT(meshes::cell_orientations(mesh),
                testing::AllOf(testing::Contains(1), testing::Contains(-1)));
    for (const Family family : {Family::raviart_thomas, Family::bdm}) {
      const Element element = basic(family, mesh.cell_type, 2);
      EXPECT_LT(error(mesh, element, polynomial(1, 3), true), 1e-12) << spec;
    }
  }
}

TEST(Interpolation, PartsOfMixedElementsTakeTheirComponents) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  Element velocity = basic(Family::lagrange, CellType::triangle, 2);
  velocity.shape = {2};
  Element stress = basic(Family::lagrange, CellType::triangle, 2);
  stress.shape = {2, 2};
  stress.symmetric = true;
  Element inner = basic(Family::mixed, CellType::triangle, 2);
  inner.parts = {basic(Family::discontinuous_lagrange, CellType::triangle, 2), velocity};
  Element element = basic(Family::mixed, CellType::triangle, 3);
  element.parts = {basic(Family::raviart_thomas, CellType::triangle, 3), inner, stress};
  const Component quadratic = polynomial(2, 2);
  // Components 5 and on are the matrix: (0, 1) and (1, 0) are one.
  const Component field = [&](const double* x, std::size_t k) {
    return quadratic(x, k == 7 ? 6 : k);
  };
  EXPECT_LT(error(mesh, element, field), 1e-11);
}

TEST(Interpolation, BubblesTakeWhatTheFirstPartLeaves) {
  const Mesh mesh = meshes::generate_mesh("reference:triangle");
  Element mini = basic(Family::enriched, CellType::triangle, 3);
  mini.parts = {basic(Family::lagrange, CellType::triangle, 1),
                basic(Family::bubble, CellType::triangle, 3)};
  mini.shape = {2};
  const Component field = [](const double* x, std::size_t k) {
    const double bubble = x[0] * x[1] * (1.0 - x[0] - x[1]);
    return k == 0 ? 1.0 + x[0] - 3.0 * x[1] + 5.0 * bubble : 2.0 * x[1] - bubble;
  };
  EXPECT_LT(error(mesh, mini, field), 1e-13);
  mini.parts[1] = basic(Family::discontinuous_lagrange, CellType::triangle, 0);
  EXPECT_THROW(error(mesh, mini, field), InputError);
}

TEST(Interpolation, ARealElementTakesConstantsAlone) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  const Element real = basic(Family::real, CellType::triangle, 0);
  EXPECT_LT(error(mesh, real, [](const double*, std::size_t) { return 2.5; }), 1e-15);
  EXPECT_THROW(error(mesh, real, polynomial(1, 2)), InputError);
}

TEST(Interpolation, AQuadratureElementHoldsTheValuesAtItsPoints) {
  const Mesh mesh = meshes::generate_mesh("triangle:2x2");
  Element element = basic(Family::quadrature, CellType::triangle, 2);
  element.scheme = "default";
  element.shape = {2};
  const DofMap map = make_dof_map(mesh, element);
  const Component field = polynomial(3, 2);
  const std::vector<double> dofs = interpolate(field_of(field, 2, 2), mesh, element, map);
  const std::vector<double>& points = nodes(element);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t p = 0; p < points.size() / 2; ++p) {
      const CellPoint at = cell_point(mesh, c, {points[2 * p], points[2 * p + 1]});
      for (std::size_t k = 0; k < 2; ++k) {
        EXPECT_NEAR(dofs[static_cast<std::size_t>(map.cell(c)[p]) * 2 + k], field(at.x.data(), k),
                    1e-13);
      }
    }
  }
}

}  // namespace
}  // namespace femsynth::fem
