#include <gtest/gtest.h>

#include <cmath>

#include "oracle.hpp"

/// The oracle's derivatives of functions on cells whose map is not affine, against central
/// differences along the reference coordinates.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprGraph;
using fem::ExprId;
using fem::Family;
using Quantity = fem::GeometricQuantity;

struct Function {
  const char* mesh;
  Family family;
  int degree;
};

std::string name_of(const testing::TestParamInfo<Function>& info) {
  std::string name = info.param.mesh;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name + "_" + std::to_string(static_cast<int>(info.param.family)) + "_" +
         std::to_string(info.param.degree);
}

class Derivatives : public testing::TestWithParam<Function> {
 protected:
  /// Sum over the cells of C · e(f) at a point X, with a tensor C of fixed numbers.
  ReferenceValues at(const std::vector<double>& X,
                     const std::function<ExprId(ExprGraph&, ExprId)>& e) const {
    const auto& [spec, family, degree] = GetParam();
    Case c(meshes::generate_mesh(spec, {0.2, 1, true}));
    const Element element{family, c.mesh.cell_type, degree, {}};
    const auto count = fem::make_dof_map(c.mesh, element).dof_count();
    const ExprId f = c.coefficient(element, random_values(count, 5));
    const ExprId value = e(c.graph, f);
    const fem::Shape shape = c.graph[value].shape;
    const ExprId C =
        c.constant(shape, random_values(static_cast<std::size_t>(fem::size_of(shape)), 8));
    const ExprId det = fem::geometric_quantity(c.graph, Quantity::jacobian_determinant);
    const ExprId sum = fem::divide(c.graph, fem::inner(c.graph, C, value),
                                   fem::function(c.graph, fem::Op::abs, det));
    c.add(sum, {true, 0, X, {1.0}, {}});
    return c.vector();
  }
  static ExprId jacobian(ExprGraph& g) { return fem::geometric_quantity(g, Quantity::jacobian); }
  static ExprId gradient(ExprGraph& g, ExprId f, int times) {
    for (int k = 0; k < times; ++k) f = fem::grad(g, f);
    return f;
  }
};

TEST_P(Derivatives, AreThoseOfTheOneOrderLess) {
  const auto cell = meshes::generate_mesh(GetParam().mesh).cell_type;
  std::vector<double> X{0.23, 0.31, 0.17};
  X.resize(static_cast<std::size_t>(meshes::dimension(cell)));
  for (const int order : {1, 2, 3, 4}) {
    for (std::size_t e = 0; e < X.size(); ++e) {
      // ∂/∂X_e is Σ_l J_le ∂_l.
      const auto column = [&](ExprGraph& g, int l) {
        return fem::indexed(g, jacobian(g), {{false, l}, {false, static_cast<int>(e)}});
      };
      const auto exact = at(X, [&](ExprGraph& g, ExprId f) {
        std::vector<ExprId> entries;
        for (int l = 0; l < g.dim(); ++l) entries.push_back(column(g, l));
        return fem::dot(g, gradient(g, f, order), fem::list_tensor(g, entries));
      });
      const auto lower = [&](ExprGraph& g, ExprId f) { return gradient(g, f, order - 1); };
      const double h = 1e-4;
      std::vector<double> ahead = X, back = X;
      ahead[e] += h;
      back[e] -= h;
      const double found = (at(ahead, lower).value[0] - at(back, lower).value[0]) / (2.0 * h);
      EXPECT_NEAR(exact.value[0], found, 1e-6 * exact.magnitude[0]) << order << ", X_" << e;
      EXPECT_GT(std::abs(found), 1e-4 * exact.magnitude[0]);
      EXPECT_LT(exact.bound[0], (order > 2 ? 1e-5 : 1e-6) * exact.magnitude[0]);
    }
  }
}

class ManifoldDerivatives : public Derivatives {};

TEST_P(ManifoldDerivatives, AreTangential) {
  // ∂_l = Σ_k ∂_k (J K)_kl, J K the projection onto the tangent plane.
  const auto mesh = meshes::generate_mesh(GetParam().mesh);
  std::vector<double> X{0.23, 0.31};
  X.resize(static_cast<std::size_t>(mesh.topological_dim()));
  for (const int order : {1, 2, 3, 4}) {
    const auto whole = at(X, [&](ExprGraph& g, ExprId f) { return gradient(g, f, order); });
    const auto tangential = at(X, [&](ExprGraph& g, ExprId f) {
      const ExprId K = fem::geometric_quantity(g, Quantity::jacobian_inverse);
      return fem::dot(g, gradient(g, f, order), fem::dot(g, jacobian(g), K));
    });
    EXPECT_NEAR(whole.value[0], tangential.value[0], whole.bound[0] + tangential.bound[0]) << order;
  }
}

constexpr Family P = Family::lagrange;
constexpr Family RT = Family::raviart_thomas;
constexpr Family N1 = Family::nedelec_first;
INSTANTIATE_TEST_SUITE_P(
    Maps, Derivatives,
    testing::Values(Function{"quadrilateral:2x2", RT, 2}, Function{"quadrilateral:2x2", N1, 1},
                    Function{"quadrilateral:2x2", Family::bdm, 1},
                    Function{"hexahedron:1x1x1", RT, 1}, Function{"hexahedron:1x1x1", N1, 1},
                    Function{"prism:1x1x1", P, 2}, Function{"pyramid:1x1x1", P, 1},
                    Function{"triangle:2x2+2", N1, 1}, Function{"triangle:2x2+3", RT, 2},
                    Function{"triangle:2x2+2", Family::regge, 1},
                    Function{"triangle:2x2+2", Family::hhj, 1},
                    Function{"tetrahedron:1x1x1+2", N1, 1},
                    Function{"tetrahedron:1x1x1+2", Family::regge, 1}),
    name_of);

const auto manifolds = testing::Values(
    Function{"interval:3+3@2", P, 2}, Function{"quadrilateral:2x2@3", P, 2},
    Function{"quadrilateral:2x2@3", N1, 1}, Function{"triangle:2x2+2@3", RT, 1},
    Function{"triangle:2x2+2@3", N1, 2}, Function{"triangle:2x2+2@3", P, 2},
    Function{"triangle:2x2+2@3", Family::regge, 1}, Function{"triangle:2x2+2@3", Family::hhj, 1});
INSTANTIATE_TEST_SUITE_P(Manifolds, Derivatives, manifolds, name_of);
INSTANTIATE_TEST_SUITE_P(Manifolds, ManifoldDerivatives, manifolds, name_of);

}  // namespace
}  // namespace femsynth::solvers
