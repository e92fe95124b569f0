// Laws of single cells for every element: the divergence theorem ties values, first and second
// derivatives, normals and measures together, whatever the basis, pull-back or map.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/synth/lower/element_runner.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using testing::ElementRunner;
using testing::single_cell;

struct Case {
  const char* mesh;
  Family family;
  int degree;
  Shape shape;
  int quadrature;    ///< degree of the rule: exact, or high
  double tolerance;  ///< relative to the largest entry
};

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  Element e{info.param.family, CellType::triangle, info.param.degree, info.param.shape};
  std::string name = std::string(info.param.mesh) + "_" +
                     std::to_string(static_cast<int>(info.param.family)) + "_" +
                     std::to_string(info.param.degree);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name + "_" + std::to_string(info.index);
}

/// All cells' scalar components of an expression.
std::vector<ExprId> components(ExprGraph& g, ExprId v) {
  std::vector<ExprId> result;
  const Shape shape = g[v].shape;
  for (int k = 0; k < size_of(shape); ++k) {
    std::vector<Index> indices;
    int rest = size_of(shape);
    int at = k;
    for (const int extent : shape) {
      rest /= extent;
      indices.push_back({false, at / rest});
      at %= rest;
    }
    result.push_back(indices.empty() ? v : indexed(g, v, indices));
  }
  return result;
}

class DivergenceTheorem : public ::testing::TestWithParam<Case> {
 protected:
  /// ∫_K ∂_k f = ∫_∂K f n_k for each component f of `value` and each k, for all test functions.
  static void check(const std::function<ExprId(ExprGraph&, ExprId)>& value) {
    const Case& c = GetParam();
    meshes::GenerateOptions options{.perturb = 0.2, .seed = 1, .perturb_all = true};
    const meshes::Mesh mesh = meshes::generate_mesh(c.mesh, options);
    const std::size_t cells = std::min<std::size_t>(mesh.cell_count(), 2);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      ElementRunner r(single_cell(mesh, cell));
      ExprGraph& g = r.graph();
      const Element element{c.family, mesh.cell_type, c.degree, c.shape};
      const ExprId v = value(g, argument(g, 0, element));
      const ExprId n = facet_normal(g);
      double largest = 0;
      for (const ExprId f : components(g, v)) {
        for (int k = 0; k < mesh.dim(); ++k) {
          const auto inside =
              r.integrate(IntegralKind::cell, derivative_along(g, f, {false, k}), c.quadrature);
          const auto around =
              r.integrate(IntegralKind::exterior_facet, multiply(g, f, indexed(g, n, {{false, k}})),
                          c.quadrature);
          for (const double a : around) largest = std::max(largest, std::abs(a));
          for (std::size_t i = 0; i < inside.size(); ++i) {
            double sum = 0;
            for (std::size_t p = i; p < around.size(); p += inside.size()) sum += around[p];
            EXPECT_NEAR(inside[i], sum, c.tolerance * std::max(1.0, largest))
                << "function " << i << ", derivative along x_" << k;
          }
        }
      }
      if (c.family != Family::bubble) {
        EXPECT_GT(largest, 1e-3);
      }
    }
  }
};

TEST_P(DivergenceTheorem, HoldsForEveryFunctionOfTheElement) {
  check([](ExprGraph&, ExprId v) { return v; });
}

constexpr Family P = Family::lagrange;
INSTANTIATE_TEST_SUITE_P(
    StraightCells, DivergenceTheorem,
    ::testing::Values(Case{"interval:1", P, 3, {}, 6, 1e-12},
                      Case{"triangle:1x1", P, 3, {2}, 6, 1e-12},
                      Case{"triangle:1x1", Family::bubble, 3, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::hermite, 3, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::crouzeix_raviart, 1, {2}, 6, 1e-12},
                      Case{"triangle:1x1", Family::raviart_thomas, 2, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::bdm, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::nedelec_first, 2, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::nedelec_second, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::regge, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::hhj, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::raviart_thomas, 1, {2}, 6, 1e-12},
                      Case{"tetrahedron:1x1x1", P, 2, {}, 6, 1e-12},
                      Case{"tetrahedron:1x1x1", Family::raviart_thomas, 1, {}, 6, 1e-12},
                      Case{"tetrahedron:1x1x1", Family::nedelec_first, 1, {}, 6, 1e-12},
                      Case{"tetrahedron:1x1x1", Family::regge, 1, {}, 6, 1e-12}),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(
    OtherCells, DivergenceTheorem,
    ::testing::Values(Case{"quadrilateral:1x1", P, 2, {}, 10, 1e-12},
                      Case{"quadrilateral:1x1", Family::serendipity, 2, {}, 10, 1e-12},
                      Case{"quadrilateral:1x1", Family::dpc, 1, {}, 10, 1e-12},
                      Case{"quadrilateral:1x1", Family::raviart_thomas, 1, {}, 25, 1e-10},
                      Case{"quadrilateral:1x1", Family::nedelec_first, 1, {}, 25, 1e-10},
                      Case{"hexahedron:1x1x1", P, 1, {}, 10, 1e-12},
                      Case{"hexahedron:1x1x1", Family::raviart_thomas, 1, {}, 14, 1e-6},
                      Case{"hexahedron:1x1x1", Family::nedelec_first, 1, {}, 14, 1e-6},
                      Case{"prism:1x1x1", P, 2, {}, 10, 1e-12},
                      Case{"pyramid:1x1x1", P, 2, {}, 10, 1e-12}),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(
    CurvedCells, DivergenceTheorem,
    ::testing::Values(Case{"interval:1+2", P, 2, {}, 12, 1e-10},
                      Case{"triangle:1x1+2", P, 2, {}, 12, 1e-12},
                      Case{"triangle:1x1+3", P, 2, {}, 16, 1e-12},
                      Case{"triangle:1x1+2", Family::raviart_thomas, 1, {}, 25, 1e-8},
                      Case{"triangle:1x1+2", Family::nedelec_first, 1, {}, 25, 1e-8},
                      Case{"triangle:1x1+2", Family::regge, 1, {}, 25, 1e-7},
                      Case{"triangle:1x1+2", Family::hhj, 1, {}, 25, 1e-7},
                      Case{"quadrilateral:1x1+2", P, 2, {}, 16, 1e-12},
                      Case{"tetrahedron:1x1x1+2", P, 1, {}, 12, 1e-12},
                      Case{"tetrahedron:1x1x1+2", Family::raviart_thomas, 1, {}, 20, 1e-7},
                      Case{"hexahedron:1x1x1+2", P, 1, {}, 14, 1e-12},
                      Case{"pyramid:1x1x1+2", P, 2, {}, 10, 1e-12},
                      Case{"pyramid:1x1x1+3", P, 2, {}, 14, 1e-12}),
    name_of_case);
// On flat manifolds the gradient is tangential and the normal of a facet is the co-normal.
INSTANTIATE_TEST_SUITE_P(
    Manifolds, DivergenceTheorem,
    ::testing::Values(Case{"interval:2@2", P, 2, {}, 6, 1e-12},
                      Case{"interval:2@3", P, 3, {}, 6, 1e-12},
                      Case{"triangle:1x1@3", P, 2, {}, 6, 1e-12},
                      Case{"triangle:1x1@3", Family::raviart_thomas, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1@3", Family::nedelec_first, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1@3", Family::regge, 1, {}, 6, 1e-12}),
    name_of_case);

class DivergenceTheoremOfJacobians : public DivergenceTheorem {};

TEST_P(DivergenceTheoremOfJacobians, TiesTheirDerivativesToThem) {
  check([](ExprGraph& g, ExprId v) {
    const ExprId J = geometric_quantity(g, GeometricQuantity::jacobian);
    return multiply(g, v, J);
  });
  check([](ExprGraph& g, ExprId v) {
    return multiply(g, v, geometric_quantity(g, GeometricQuantity::jacobian_determinant));
  });
}
INSTANTIATE_TEST_SUITE_P(Cells, DivergenceTheoremOfJacobians,
                         ::testing::Values(Case{"interval:1+2", P, 2, {}, 12, 1e-11},
                                           Case{"quadrilateral:1x1", P, 1, {}, 10, 1e-12},
                                           Case{"hexahedron:1x1x1", P, 1, {}, 14, 1e-12},
                                           Case{"prism:1x1x1", P, 1, {}, 14, 1e-12},
                                           Case{"triangle:1x1+3", P, 1, {}, 16, 1e-12},
                                           Case{"tetrahedron:1x1x1+2", P, 1, {}, 14, 1e-12},
                                           Case{"pyramid:1x1x1+2", P, 1, {}, 12, 1e-4}),
                         name_of_case);

class DivergenceTheoremOfInverses : public DivergenceTheorem {};

TEST_P(DivergenceTheoremOfInverses, TiesTheirDerivativesToThem) {
  check([](ExprGraph& g, ExprId v) {
    return multiply(g, v, geometric_quantity(g, GeometricQuantity::jacobian_inverse));
  });
}
INSTANTIATE_TEST_SUITE_P(Cells, DivergenceTheoremOfInverses,
                         ::testing::Values(Case{"quadrilateral:1x1", P, 1, {}, 25, 1e-8},
                                           Case{"triangle:1x1+2", P, 1, {}, 25, 1e-8}),
                         name_of_case);

class DivergenceTheoremOfGradients : public DivergenceTheorem {};

TEST_P(DivergenceTheoremOfGradients, TiesSecondDerivativesToFirstOnes) {
  check([](ExprGraph& g, ExprId v) { return grad(g, v); });
}

INSTANTIATE_TEST_SUITE_P(
    Cells, DivergenceTheoremOfGradients,
    ::testing::Values(Case{"triangle:1x1", P, 3, {}, 6, 1e-11},
                      Case{"triangle:1x1", Family::raviart_thomas, 3, {}, 6, 1e-10},
                      Case{"triangle:1x1", Family::nedelec_first, 3, {}, 6, 1e-10},
                      Case{"triangle:1x1", Family::regge, 2, {}, 6, 1e-10},
                      Case{"triangle:1x1@3", P, 3, {}, 6, 1e-10},
                      Case{"tetrahedron:1x1x1", Family::raviart_thomas, 2, {}, 6, 1e-10},
                      Case{"quadrilateral:1x1", P, 2, {}, 25, 1e-9},
                      Case{"triangle:1x1+2", P, 2, {}, 25, 1e-7}),
    name_of_case);

/// The rotation of a mesh turns vectors and tensors with it: inner products stay the same.
class Rotation : public ::testing::TestWithParam<Case> {};

TEST_P(Rotation, LeavesTheMassMatrixAsItIs) {
  const Case& c = GetParam();
  const meshes::Mesh mesh =
      meshes::generate_mesh(c.mesh, {.perturb = 0.2, .seed = 3, .perturb_all = true});
  const auto matrix = [&](const meshes::Mesh& m) {
    ElementRunner r(m);
    ExprGraph& g = r.graph();
    const Element element{c.family, mesh.cell_type, c.degree, c.shape};
    const ExprId u = argument(g, 1, element);
    const ExprId v = argument(g, 0, element);
    return r.integrate(IntegralKind::cell, add(g, inner(g, u, v), inner(g, grad(g, u), grad(g, v))),
                       c.quadrature);
  };
  const auto before = matrix(mesh);
  const auto after = matrix(testing::rotated(mesh, testing::rotation(mesh.dim(), 0.7)));
  const double largest = std::abs(*std::max_element(before.begin(), before.end()));
  for (std::size_t k = 0; k < before.size(); ++k) {
    ASSERT_NEAR(before[k], after[k], c.tolerance * largest);
  }
  // Symmetric, with a positive diagonal.
  const auto n = static_cast<std::size_t>(dof_count({c.family, mesh.cell_type, c.degree, c.shape}));
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_GT(before[i * n + i], 0);
    for (std::size_t j = 0; j < n; ++j) {
      ASSERT_NEAR(before[i * n + j], before[j * n + i], c.tolerance * largest);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Piola, Rotation,
    ::testing::Values(Case{"triangle:1x1", Family::raviart_thomas, 2, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::nedelec_first, 2, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::regge, 1, {}, 6, 1e-12},
                      Case{"triangle:1x1", Family::hhj, 1, {}, 6, 1e-12},
                      Case{"tetrahedron:1x1x1", Family::bdm, 1, {}, 4, 1e-12},
                      Case{"tetrahedron:1x1x1", Family::nedelec_second, 1, {}, 4, 1e-12},
                      Case{"tetrahedron:1x1x1", Family::regge, 0, {}, 4, 1e-12},
                      Case{"quadrilateral:1x1", Family::raviart_thomas, 1, {}, 8, 1e-12},
                      Case{"hexahedron:1x1x1", Family::nedelec_first, 1, {}, 4, 1e-12},
                      Case{"triangle:1x1+2", Family::raviart_thomas, 1, {}, 8, 1e-12},
                      Case{"triangle:1x1@3", Family::nedelec_first, 1, {}, 4, 1e-12}),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(Pyramids, Rotation,
                         ::testing::Values(Case{"pyramid:1x1x1+2", P, 2, {}, 8, 1e-12},
                                           Case{"pyramid:1x1x1+3", P, 2, {}, 10, 1e-12}),
                         name_of_case);

/// Fluxes through facets and circulations along edges are what the reference cell's are: this is
/// what the Piola maps are for.
TEST(PiolaMaps, KeepFluxesAndCirculations) {
  for (const bool flux : {true, false}) {
    for (const char* spec : {"triangle:1x1", "quadrilateral:1x1", "triangle:1x1+2"}) {
      const auto integrals = [&](const meshes::Mesh& mesh) {
        ElementRunner r(mesh);
        ExprGraph& g = r.graph();
        const Element element{
            flux ? Family::raviart_thomas : Family::nedelec_first, mesh.cell_type, 1, {}};
        const ExprId v = argument(g, 0, element);
        const ExprId n = facet_normal(g);
        const auto at = [&](ExprId a, int k) { return indexed(g, a, {{false, k}}); };
        const ExprId across = inner(g, v, n);
        const ExprId along =
            subtract(g, multiply(g, at(v, 1), at(n, 0)), multiply(g, at(v, 0), at(n, 1)));
        return r.integrate(IntegralKind::exterior_facet, flux ? across : along, 12);
      };
      const meshes::Mesh mesh =
          meshes::generate_mesh(spec, {.perturb = 0.2, .seed = 5, .perturb_all = true});
      const std::string cell(meshes::name_of(mesh.cell_type));
      const auto physical = integrals(single_cell(mesh, 0));
      const auto reference = integrals(meshes::generate_mesh("reference:" + cell));
      ASSERT_EQ(physical.size(), reference.size());
      for (std::size_t k = 0; k < physical.size(); ++k) {
        EXPECT_NEAR(std::abs(physical[k]), std::abs(reference[k]), 1e-12) << spec << k;
      }
    }
  }
}

}  // namespace
}  // namespace femsynth::synth
