#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "oracle.hpp"

/// Every operator of the graph, evaluated by the oracle at a point, against the C++ library,
/// hand-written tensor algebra, and difference quotients.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprId;
using fem::Family;
using fem::Index;
using fem::Op;
using meshes::CellType;

constexpr double kPoint[] = {0.3, 0.2, 0.25};

/// One cell, and an integrand's value at one of its points.
class Point : public Case {
 public:
  explicit Point(CellType cell)
      : Case(meshes::generate_mesh("reference:" + std::string(meshes::name_of(cell)),
                                   {0.2, 5, true})) {}

  fem::ExprId x(int i) { return fem::indexed(graph, fem::spatial_coordinate(graph), {{false, i}}); }
  fem::ExprId function(const Element& element, unsigned seed, double low = 0.2, double high = 0.9) {
    const auto map = fem::make_dof_map(mesh, element);
    return coefficient(element, random_values(map.dof_count(), seed, low, high));
  }

  /// The scalar f at the point with reference coordinates X.
  double at(ExprId f, const double* X = kPoint) {
    const double determinant = meshes::map_point(mesh, 0, X).determinant;
    integrals.clear();
    add(f, {true, 0, {X, X + mesh.dim()}, {1.0 / std::abs(determinant)}});
    return value();
  }
  double component(ExprId f, std::vector<int> indices, const double* X = kPoint) {
    std::vector<Index> fixed;
    for (const int i : indices) fixed.push_back({false, i});
    return at(fem::indexed(graph, f, fixed), X);
  }
  /// (f(x + h e_k) − f(x − h e_k))/2h.
  double quotient(ExprId f, int k, double h = 1e-5) {
    const auto map = meshes::map_point(mesh, 0, kPoint);
    // J δ = e_k by Cramer's rule would do; Newton's method serves every cell.
    double values[2];
    for (const int side : {0, 1}) {
      double X[3] = {kPoint[0], kPoint[1], kPoint[2]};
      std::array<double, 3> target = map.x;
      target[static_cast<std::size_t>(k)] += side == 0 ? -h : h;
      for (int step = 0; step < 4; ++step) solve(target, X);
      values[side] = at(f, X);
    }
    return (values[1] - values[0]) / (2.0 * h);
  }

 private:
  /// One step of Newton's method for x(X) = target.
  void solve(const std::array<double, 3>& target, double* X) const {
    const auto map = meshes::map_point(mesh, 0, X);
    const auto d = static_cast<std::size_t>(mesh.dim());
    auto J = map.jacobian;
    std::array<double, 3> r{};
    for (std::size_t i = 0; i < d; ++i) r[i] = target[i] - map.x[i];
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = i + 1; j < d; ++j) {
        const double factor = J[j][i] / J[i][i];
        for (std::size_t k = 0; k < d; ++k) J[j][k] -= factor * J[i][k];
        r[j] -= factor * r[i];
      }
    }
    for (std::size_t i = d; i-- > 0;) {
      for (std::size_t k = i + 1; k < d; ++k) r[i] -= J[i][k] * r[k];
      r[i] /= J[i][i];
      X[i] += r[i];
    }
  }
};

struct Function {
  Op op;
  double (*f)(double);
};
const Function kFunctions[] = {{Op::abs, std::fabs},  {Op::sqrt, std::sqrt}, {Op::exp, std::exp},
                               {Op::ln, std::log},    {Op::sin, std::sin},   {Op::cos, std::cos},
                               {Op::tan, std::tan},   {Op::asin, std::asin}, {Op::acos, std::acos},
                               {Op::atan, std::atan}, {Op::sinh, std::sinh}, {Op::cosh, std::cosh},
                               {Op::tanh, std::tanh}, {Op::erf, std::erf}};

TEST(Functions, HaveTheValuesOfTheStandardLibrary) {
  Point p(CellType::triangle);
  const ExprId w = p.function({Family::lagrange, CellType::triangle, 2, {}}, 3);
  const double a = p.at(w);
  for (const Function& f : kFunctions) {
    EXPECT_NEAR(p.at(fem::function(p.graph, f.op, w)), f.f(a), 1e-14) << fem::name_of(f.op);
  }
  const ExprId minus = fem::negate(p.graph, w);
  EXPECT_EQ(p.at(fem::function(p.graph, Op::sign, minus)), -1.0);
  EXPECT_NEAR(p.at(fem::function(p.graph, Op::abs, minus)), a, 1e-15);
  EXPECT_NEAR(p.at(fem::function(p.graph, Op::atan2, w, minus)), std::atan2(a, -a), 1e-14);
  EXPECT_NEAR(p.at(fem::function(p.graph, Op::min_value, w, minus)), -a, 1e-15);
  EXPECT_NEAR(p.at(fem::function(p.graph, Op::max_value, w, minus)), a, 1e-15);
  EXPECT_NEAR(p.at(fem::power(p.graph, w, fem::real(p.graph, -2.5))), std::pow(a, -2.5), 1e-13);
  EXPECT_NEAR(p.at(fem::power(p.graph, minus, fem::real(p.graph, 3))), -a * a * a, 1e-14);
}

TEST(Functions, HaveTheDerivativesOfDifferenceQuotientsOnEveryCell) {
  for (const CellType cell : kCells) {
    Point p(cell);
    auto& g = p.graph;
    const int d = meshes::dimension(cell);
    const ExprId w = p.function({Family::lagrange, cell, 2, {}}, 4, 0.3, 0.6);
    const ExprId v = p.function({Family::lagrange, cell, 3, {}}, 5, 0.3, 0.6);
    // Something between 0 and 1 that depends on both and on x.
    const ExprId inner =
        fem::multiply(g, w, fem::add(g, v, fem::multiply(g, fem::real(g, 0.25), p.x(d - 1))));
    std::vector<ExprId> all;
    for (const Function& f : kFunctions) all.push_back(fem::function(g, f.op, inner));
    all.push_back(fem::power(g, inner, fem::real(g, -1.5)));
    all.push_back(fem::power(g, inner, w));
    all.push_back(fem::divide(g, v, inner));
    all.push_back(fem::function(g, Op::atan2, inner, v));
    all.push_back(fem::function(g, Op::min_value, inner, v));
    all.push_back(fem::function(g, Op::max_value, inner, v));
    all.push_back(fem::conditional(g, fem::compare(g, Op::lt, inner, v), w, inner));
    for (const ExprId f : all) {
      for (int k = 0; k < d; ++k) {
        const double exact = p.component(fem::grad(g, f), {k});
        EXPECT_NEAR(exact, p.quotient(f, k), 1e-7 * (1.0 + std::abs(exact)))
            << meshes::name_of(cell) << ' ' << fem::to_string(g, f) << ' ' << k;
      }
    }
  }
}

TEST(Functions, HaveTheSecondDerivativesOfDifferenceQuotients) {
  for (const CellType cell : kCells) {
    Point p(cell);
    auto& g = p.graph;
    const int d = meshes::dimension(cell);
    const ExprId w = p.function({Family::lagrange, cell, 3, {}}, 6);
    const ExprId f = fem::multiply(g, fem::function(g, Op::exp, w), p.x(0));
    const ExprId gradient = fem::grad(g, f);
    for (int i = 0; i < d; ++i) {
      for (int k = 0; k < d; ++k) {
        const double exact = p.component(fem::grad(g, gradient), {i, k});
        const double q = p.quotient(fem::indexed(g, gradient, {{false, i}}), k);
        EXPECT_NEAR(exact, q, 1e-6 * (1.0 + std::abs(exact))) << meshes::name_of(cell) << i << k;
      }
    }
  }
}

TEST(VectorCalculus, DivAndCurlAreTheSumsOfPartialDerivativesThatDefineThem) {
  Point p(CellType::tetrahedron);
  auto& g = p.graph;
  const ExprId w = p.function({Family::lagrange, CellType::tetrahedron, 2, {3}}, 7, -1, 1);
  double G[3][3];
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) G[i][k] = p.component(fem::grad(g, w), {i, k});
  }
  EXPECT_NEAR(p.at(fem::div(g, w)), G[0][0] + G[1][1] + G[2][2], 1e-13);
  EXPECT_NEAR(p.component(fem::curl(g, w), {0}), G[2][1] - G[1][2], 1e-13);
  EXPECT_NEAR(p.component(fem::curl(g, w), {1}), G[0][2] - G[2][0], 1e-13);
  EXPECT_NEAR(p.component(fem::curl(g, w), {2}), G[1][0] - G[0][1], 1e-13);
  // div of a tensor contracts its last axis.
  const ExprId outer = fem::outer(g, w, fem::spatial_coordinate(g));
  for (int i = 0; i < 3; ++i) {
    double sum = 0.0;
    for (int k = 0; k < 3; ++k) {
      sum += p.quotient(fem::indexed(g, outer, {{false, i}, {false, k}}), k);
    }
    EXPECT_NEAR(p.component(fem::div(g, outer), {i}), sum, 1e-8);
  }
  Point q(CellType::triangle);
  const ExprId v = q.function({Family::lagrange, CellType::triangle, 2, {2}}, 8, -1, 1);
  const ExprId s = q.function({Family::lagrange, CellType::triangle, 2, {}}, 9, -1, 1);
  EXPECT_NEAR(
      q.at(fem::curl(q.graph, v)),
      q.component(fem::grad(q.graph, v), {1, 0}) - q.component(fem::grad(q.graph, v), {0, 1}),
      1e-13);
  EXPECT_NEAR(q.component(fem::curl(q.graph, s), {0}), q.component(fem::grad(q.graph, s), {1}),
              1e-13);
  EXPECT_NEAR(q.component(fem::curl(q.graph, s), {1}), -q.component(fem::grad(q.graph, s), {0}),
              1e-13);
}

TEST(TensorAlgebra, AgreesWithLoopsOverComponents) {
  Point p(CellType::tetrahedron);
  auto& g = p.graph;
  const auto a = random_values(9, 1, -1, 1);
  const auto b = random_values(9, 2, -1, 1);
  const ExprId A = p.constant({3, 3}, a);
  const ExprId B = p.constant({3, 3}, b);
  const ExprId u = p.constant({3}, {a[0], a[4], a[8]});
  const ExprId v = p.constant({3}, {b[1], b[5], b[6]});
  const double uv[2][3] = {{a[0], a[4], a[8]}, {b[1], b[5], b[6]}};
  const auto at = [](const std::vector<double>& m, int i, int j) {
    return m[static_cast<std::size_t>(3 * i + j)];
  };
  double inner = 0.0;
  for (std::size_t i = 0; i < 9; ++i) inner += a[i] * b[i];
  EXPECT_NEAR(p.at(fem::inner(g, A, B)), inner, 1e-15);
  const double trace = a[0] + a[4] + a[8];
  EXPECT_NEAR(p.at(fem::matrix_operator(g, Op::trace, A)), trace, 1e-15);
  double determinant = 0.0;
  for (int i = 0; i < 3; ++i) {
    determinant += at(a, 0, i) * (at(a, 1, (i + 1) % 3) * at(a, 2, (i + 2) % 3) -
                                  at(a, 1, (i + 2) % 3) * at(a, 2, (i + 1) % 3));
  }
  EXPECT_NEAR(p.at(fem::matrix_operator(g, Op::determinant, A)), determinant, 1e-15);
  const ExprId inverse = fem::matrix_operator(g, Op::inverse, A);
  for (int i = 0; i < 3; ++i) {
    double Au = 0.0;
    for (int k = 0; k < 3; ++k) Au += at(a, i, k) * uv[0][k];
    EXPECT_NEAR(p.component(fem::dot(g, A, u), {i}), Au, 1e-15);
    const double cross =
        uv[0][(i + 1) % 3] * uv[1][(i + 2) % 3] - uv[0][(i + 2) % 3] * uv[1][(i + 1) % 3];
    EXPECT_NEAR(p.component(fem::cross(g, u, v), {i}), cross, 1e-15);
    for (int j = 0; j < 3; ++j) {
      double AB = 0.0;
      double identity = 0.0;
      for (int k = 0; k < 3; ++k) AB += at(a, i, k) * at(b, k, j);
      for (int k = 0; k < 3; ++k) identity += at(a, i, k) * p.component(inverse, {k, j});
      EXPECT_NEAR(p.component(fem::dot(g, A, B), {i, j}), AB, 1e-15);
      EXPECT_NEAR(identity, i == j, 1e-13);
      EXPECT_NEAR(p.component(fem::outer(g, u, v), {i, j}), uv[0][i] * uv[1][j], 1e-15);
      EXPECT_NEAR(p.component(fem::matrix_operator(g, Op::transpose, A), {i, j}), at(a, j, i),
                  1e-16);
      EXPECT_NEAR(p.component(fem::matrix_operator(g, Op::sym, A), {i, j}),
                  0.5 * (at(a, i, j) + at(a, j, i)), 1e-16);
      EXPECT_NEAR(p.component(fem::matrix_operator(g, Op::skew, A), {i, j}),
                  0.5 * (at(a, i, j) - at(a, j, i)), 1e-16);
      EXPECT_NEAR(p.component(fem::matrix_operator(g, Op::dev, A), {i, j}),
                  at(a, i, j) - (i == j ? trace / 3.0 : 0.0), 1e-15);
    }
  }
}

TEST(TensorAlgebra, TransposesAndMultipliesMatricesThatAreNotSquare) {
  Point p(CellType::triangle);
  auto& g = p.graph;
  const ExprId A = p.constant({2, 3}, {1, 2, 3, 4, 5, 6});
  const ExprId T = fem::matrix_operator(g, Op::transpose, A);
  EXPECT_EQ(p.component(T, {2, 0}), 3.0);
  EXPECT_EQ(p.component(T, {0, 1}), 4.0);
  EXPECT_EQ(p.component(fem::dot(g, A, T), {0, 1}), 32.0);
  EXPECT_EQ(p.component(fem::dot(g, T, A), {2, 1}), 36.0);
}

TEST(IndexNotation, SumsRenamesAndBuildsTensors) {
  Point p(CellType::triangle);
  auto& g = p.graph;
  const ExprId A = p.constant({2, 2}, {1, 2, 3, 4});
  const ExprId B = p.constant({2, 2}, {5, 6, 7, 8});
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const std::int32_t k = g.new_label();
  // C_ki = A_ij B_kj, with the axes in the order (k, i).
  const ExprId product = fem::multiply(g, fem::indexed(g, A, {{true, i}, {true, j}}),
                                       fem::indexed(g, B, {{true, k}, {true, j}}));
  const std::int32_t axes[] = {k, i};
  const ExprId C = fem::component_tensor(g, product, axes);
  EXPECT_EQ(p.component(C, {0, 0}), 1 * 5 + 2 * 6);
  EXPECT_EQ(p.component(C, {0, 1}), 3 * 5 + 4 * 6);
  EXPECT_EQ(p.component(C, {1, 0}), 1 * 7 + 2 * 8);
  EXPECT_EQ(p.at(fem::indexed(g, A, {{true, i}, {true, i}})), 5.0);
  const ExprId rows[] = {p.constant({2}, {1, 2}), p.constant({2}, {3, 4})};
  EXPECT_EQ(p.component(fem::list_tensor(g, rows), {1, 0}), 3.0);
  EXPECT_EQ(p.component(fem::identity(g, 2), {1, 1}), 1.0);
  EXPECT_EQ(p.component(fem::identity(g, 2), {0, 1}), 0.0);
  // f.dx(i) under a free index.
  const ExprId w = p.function({Family::lagrange, CellType::triangle, 2, {2}}, 3);
  const ExprId wi = fem::indexed(g, w, {{true, i}});
  EXPECT_NEAR(p.at(fem::derivative_along(g, wi, {true, i})), p.at(fem::div(g, w)), 1e-14);
}

TEST(Conditions, ChooseAsCppDoes) {
  Point p(CellType::triangle);
  auto& g = p.graph;
  const ExprId one = p.constant({}, {1});
  const ExprId two = p.constant({}, {2});
  const auto holds = [&](ExprId c) {
    return p.at(fem::conditional(g, c, fem::real(g, 1), fem::real(g, 0))) == 1.0;
  };
  const auto compare = [&](Op op, ExprId a, ExprId b) { return fem::compare(g, op, a, b); };
  EXPECT_TRUE(holds(compare(Op::lt, one, two)));
  EXPECT_FALSE(holds(compare(Op::lt, one, one)));
  EXPECT_TRUE(holds(compare(Op::le, one, one)));
  EXPECT_TRUE(holds(compare(Op::gt, two, one)));
  EXPECT_FALSE(holds(compare(Op::ge, one, two)));
  EXPECT_TRUE(holds(compare(Op::eq, two, two)));
  EXPECT_TRUE(holds(compare(Op::ne, one, two)));
  const ExprId yes = compare(Op::lt, one, two);
  const ExprId no = compare(Op::gt, one, two);
  const ExprId mixed[] = {yes, no};
  EXPECT_FALSE(holds(fem::logical(g, Op::logical_and, mixed)));
  EXPECT_TRUE(holds(fem::logical(g, Op::logical_or, mixed)));
  EXPECT_TRUE(holds(fem::logical(g, Op::logical_not, std::span(&no, 1))));
}

TEST(Linearity, FormsThatAreNotLinearInAnArgumentAreRefused) {
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  const auto refused = [&](auto make) {
    Point p(CellType::triangle);
    p.arguments = {p1};
    p.add(make(p.graph, fem::argument(p.graph, 0, p1)), own_rule_of(2));
    EXPECT_THROW(p.vector(), InputError);
  };
  refused([](auto& g, ExprId v) { return fem::multiply(g, v, v); });
  refused([](auto& g, ExprId v) { return fem::add(g, v, fem::real(g, 1)); });
  refused([](auto& g, ExprId v) { return fem::function(g, Op::sin, v); });
  refused([](auto& g, ExprId v) { return fem::divide(g, fem::real(g, 1), v); });
  refused([](auto& g, ExprId) { return fem::real(g, 1); });
}

}  // namespace
}  // namespace femsynth::solvers
