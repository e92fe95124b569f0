// Physical derivatives at points against central differences along the reference coordinates: of
// every element, on every kind of map.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fem/elements/derivatives.hpp"
#include "tests/synth/lower/element_runner.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using testing::ElementRunner;
using testing::single_cell;

struct Case {
  const char* mesh;
  Family family;
  int degree;
};

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.mesh;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name + "_" + std::to_string(static_cast<int>(info.param.family)) + "_" +
         std::to_string(info.param.degree);
}

class Derivatives : public ::testing::TestWithParam<Case> {
 protected:
  using Make = std::function<ExprId(ExprGraph&, ExprId)>;

  Derivatives()
      : runner_(single_cell(meshes::generate_mesh(GetParam().mesh,
                                                  {.perturb = 0.2, .seed = 1, .perturb_all = true}),
                            0)),
        v_(argument(runner_.graph(), 0,
                    {GetParam().family, runner_.mesh.cell_type, GetParam().degree, {}})) {}

  /// An expression of every basis function at a point of the cell: [component][function].
  std::vector<double> at(const std::vector<double>& X, const Make& make) {
    return runner_.tabulate(make(runner_.graph(), v_), X);
  }
  std::vector<double> point() const {
    std::vector<double> X{0.23, 0.31, 0.17};
    X.resize(static_cast<std::size_t>(runner_.mesh.topological_dim()));
    return X;
  }
  static ExprId jacobian(ExprGraph& g) {
    return geometric_quantity(g, GeometricQuantity::jacobian);
  }
  static ExprId gradient(ExprGraph& g, ExprId v, int times) {
    for (int k = 0; k < times; ++k) v = grad(g, v);
    return v;
  }

  /// ∂/∂X_e of a derivative of v is J_ke ∂_k of it.
  void check_along_reference_axes(int order) {
    const std::vector<double> exact = at(point(), [&](ExprGraph& g, ExprId v) {
      return dot(g, gradient(g, v, order), jacobian(g));
    });
    const std::size_t t = point().size();
    const double largest = largest_of(exact);
    for (std::size_t e = 0; e < t; ++e) {
      const double h = 1e-4;
      std::vector<double> ahead = point(), back = point();
      ahead[e] += h;
      back[e] -= h;
      const auto lower = [&](ExprGraph& g, ExprId v) { return gradient(g, v, order - 1); };
      const auto a = at(ahead, lower), b = at(back, lower);
      ASSERT_EQ(a.size() * t, exact.size());
      const std::size_t functions = static_cast<std::size_t>(
          dof_count({GetParam().family, runner_.mesh.cell_type, GetParam().degree, {}}));
      for (std::size_t k = 0; k < a.size(); ++k) {
        const std::size_t place = (k / functions * t + e) * functions + k % functions;
        EXPECT_NEAR((a[k] - b[k]) / (2 * h), exact[place], 2e-6 * largest) << k << ", X_" << e;
      }
    }
    EXPECT_GT(largest, 1e-2);
  }

  static double largest_of(const std::vector<double>& values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
  }

  ElementRunner runner_;
  ExprId v_;
};

TEST_P(Derivatives, OfFirstOrderAreThoseOfTheValues) { check_along_reference_axes(1); }
TEST_P(Derivatives, OfHigherOrderAreThoseOfTheOrderBelow) {
  for (int order = 2; order <= max_derivative_order; ++order) {
    SCOPED_TRACE(order);
    check_along_reference_axes(order);
  }
}

class ManifoldDerivatives : public Derivatives {};

TEST_P(ManifoldDerivatives, AreTangential) {
  // ∂_l = Σ_k ∂_k (J K)_kl, J K the projection onto the tangent plane.
  for (int order = 1; order <= max_derivative_order; ++order) {
    const auto values = at(point(), [&](ExprGraph& g, ExprId v) { return gradient(g, v, order); });
    const auto projected = at(point(), [&](ExprGraph& g, ExprId v) {
      const ExprId K = geometric_quantity(g, GeometricQuantity::jacobian_inverse);
      return dot(g, gradient(g, v, order), dot(g, jacobian(g), K));
    });
    ASSERT_EQ(values.size(), projected.size());
    for (std::size_t k = 0; k < values.size(); ++k) {
      EXPECT_NEAR(values[k], projected[k], 1e-11 * largest_of(values)) << k;
    }
  }
}

constexpr Family P = Family::lagrange;
constexpr Family RT = Family::raviart_thomas;
constexpr Family N1 = Family::nedelec_first;
INSTANTIATE_TEST_SUITE_P(
    OtherCells, Derivatives,
    ::testing::Values(Case{"quadrilateral:2x2", P, 2}, Case{"quadrilateral:2x2", RT, 1},
                      Case{"quadrilateral:2x2", RT, 2}, Case{"quadrilateral:2x2", N1, 1},
                      Case{"quadrilateral:2x2", N1, 2}, Case{"quadrilateral:2x2", Family::bdm, 1},
                      Case{"hexahedron:2x2x2", P, 1}, Case{"hexahedron:2x2x2", RT, 1},
                      Case{"hexahedron:2x2x2", N1, 1}, Case{"prism:2x2x2", P, 2},
                      Case{"pyramid:2x2x2", P, 1}),
    name_of_case);
INSTANTIATE_TEST_SUITE_P(
    CurvedCells, Derivatives,
    ::testing::Values(Case{"interval:2+3", P, 3}, Case{"triangle:2x2+2", P, 2},
                      Case{"triangle:2x2+3", RT, 1}, Case{"triangle:2x2+2", N1, 2},
                      Case{"triangle:2x2+3", Family::bdm, 1},
                      Case{"triangle:2x2+2", Family::regge, 1},
                      Case{"triangle:2x2+3", Family::hhj, 1}, Case{"quadrilateral:2x2+2", RT, 1},
                      Case{"quadrilateral:2x2+3", N1, 1}, Case{"tetrahedron:1x1x1+3", P, 2},
                      Case{"tetrahedron:1x1x1+3", RT, 1}, Case{"tetrahedron:1x1x1+3", N1, 1},
                      Case{"tetrahedron:1x1x1+2", Family::regge, 1},
                      Case{"hexahedron:1x1x1+2", N1, 1}, Case{"prism:1x1x1+2", P, 1}),
    name_of_case);
const auto manifolds = ::testing::Values(
    Case{"interval:3+3@2", P, 2}, Case{"interval:3+3@3", P, 3}, Case{"quadrilateral:2x2@3", P, 2},
    Case{"quadrilateral:2x2@3", RT, 1}, Case{"quadrilateral:2x2@3", N1, 1},
    Case{"quadrilateral:2x2+2@3", N1, 2}, Case{"triangle:2x2+3@3", P, 2},
    Case{"triangle:2x2+2@3", RT, 2}, Case{"triangle:2x2+3@3", N1, 1},
    Case{"triangle:2x2+2@3", N1, 2}, Case{"triangle:2x2+2@3", Family::regge, 1},
    Case{"triangle:2x2+2@3", Family::hhj, 1});
INSTANTIATE_TEST_SUITE_P(Manifolds, Derivatives, manifolds, name_of_case);
INSTANTIATE_TEST_SUITE_P(Manifolds, ManifoldDerivatives, manifolds, name_of_case);

}  // namespace
}  // namespace femsynth::synth
