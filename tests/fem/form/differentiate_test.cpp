#include "fem/form/differentiate.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "tests/fem/form/interpreter.hpp"

/// Derivatives against central differences of an interpreter that knows no derivative.
namespace femsynth::fem::testing {
namespace {

using meshes::CellType;

constexpr double step = 1e-5;

void expect_near(const std::vector<Complex>& a, const std::vector<Complex>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_NEAR(std::abs(a[k] - b[k]), 0, tolerance * (1 + std::abs(b[k]))) << "component " << k;
  }
}

/// (f(+h) − f(−h)) / 2h of something that depends on a step.
std::vector<Complex> difference(const std::function<std::vector<Complex>(double)>& f) {
  std::vector<Complex> plus = f(step);
  const std::vector<Complex> minus = f(-step);
  for (std::size_t k = 0; k < plus.size(); ++k) plus[k] = (plus[k] - minus[k]) / (2 * step);
  return plus;
}

/// Makes an expression of a scalar s > 0, a matrix A near the identity and a vector w.
struct Case {
  std::string name;
  std::function<ExprId(ExprGraph&, ExprId s, ExprId A, ExprId w)> make;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

Case of_scalar(Op op) {
  return {name_of(op), [op](ExprGraph& g, ExprId s, ExprId, ExprId) { return function(g, op, s); }};
}
Case of_bessel(Op op, int order) {
  return {std::string(name_of(op)) + std::to_string(order),
          [=](ExprGraph& g, ExprId s, ExprId, ExprId) { return bessel(g, op, order, s); }};
}
Case of_matrix(Op op) {
  return {name_of(op),
          [op](ExprGraph& g, ExprId, ExprId A, ExprId) { return matrix_operator(g, op, A); }};
}

/// inner(C, A) with a matrix C that is no derivative's direction: a scalar of a matrix.
ExprId weighted(ExprGraph& g, ExprId A) {
  std::vector<ExprId> rows;
  for (int r = 0; r < 3; ++r) {
    std::vector<ExprId> row;
    for (int c = 0; c < 3; ++c) row.push_back(real(g, 0.3 + r - 0.7 * c + r * c * 0.2));
    rows.push_back(list_tensor(g, row));
  }
  return inner(g, list_tensor(g, rows), A);
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      of_scalar(Op::sqrt),
      of_scalar(Op::exp),
      of_scalar(Op::ln),
      of_scalar(Op::sin),
      of_scalar(Op::cos),
      of_scalar(Op::tan),
      of_scalar(Op::asin),
      of_scalar(Op::acos),
      of_scalar(Op::atan),
      of_scalar(Op::sinh),
      of_scalar(Op::cosh),
      of_scalar(Op::tanh),
      of_scalar(Op::erf),
      of_scalar(Op::abs),
      of_bessel(Op::bessel_j, 0),
      of_bessel(Op::bessel_j, 2),
      of_bessel(Op::bessel_y, 0),
      of_bessel(Op::bessel_y, 1),
      of_bessel(Op::bessel_i, 0),
      of_bessel(Op::bessel_i, 3),
      of_bessel(Op::bessel_k, 0),
      of_bessel(Op::bessel_k, 1),
      of_matrix(Op::transpose),
      of_matrix(Op::trace),
      of_matrix(Op::sym),
      of_matrix(Op::skew),
      of_matrix(Op::dev),
      of_matrix(Op::determinant),
      of_matrix(Op::inverse),
      of_matrix(Op::cofactor),
      {"power", [](ExprGraph& g, ExprId s, ExprId, ExprId) { return power(g, s, real(g, 2.5)); }},
      {"power_of_both",
       [](ExprGraph& g, ExprId s, ExprId, ExprId w) { return power(g, s, dot(g, w, w)); }},
      {"product",
       [](ExprGraph& g, ExprId s, ExprId A, ExprId) { return multiply(g, s, multiply(g, s, A)); }},
      {"division", [](ExprGraph& g, ExprId s, ExprId A, ExprId) { return divide(g, A, s); }},
      {"inner",
       [](ExprGraph& g, ExprId, ExprId A, ExprId) { return inner(g, A, multiply(g, A, A)); }},
      {"dot_of_matrix_and_vector",
       [](ExprGraph& g, ExprId, ExprId A, ExprId w) { return dot(g, w, dot(g, A, w)); }},
      {"dot_of_vector_and_matrix",
       [](ExprGraph& g, ExprId, ExprId A, ExprId w) { return dot(g, dot(g, w, A), w); }},
      {"outer", [](ExprGraph& g, ExprId, ExprId A,
                   ExprId w) { return inner(g, A, outer(g, w, dot(g, A, w))); }},
      {"cross", [](ExprGraph& g, ExprId, ExprId A, ExprId w) { return cross(g, w, dot(g, A, w)); }},
      {"atan2", [](ExprGraph& g, ExprId s, ExprId A,
                   ExprId) { return function(g, Op::atan2, s, matrix_operator(g, Op::trace, A)); }},
      {"max_value",
       [](ExprGraph& g, ExprId s, ExprId A, ExprId) {
         return function(g, Op::max_value, s, matrix_operator(g, Op::trace, A));
       }},
      {"min_value",
       [](ExprGraph& g, ExprId s, ExprId A, ExprId) {
         return function(g, Op::min_value, s, matrix_operator(g, Op::trace, A));
       }},
      {"conditional",
       [](ExprGraph& g, ExprId s, ExprId A, ExprId) {
         return conditional(g, compare(g, Op::lt, s, real(g, 0.1)), A, multiply(g, s, A));
       }},
      {"index_notation",
       [](ExprGraph& g, ExprId s, ExprId A, ExprId w) {
         const std::int32_t i = g.new_label();
         const std::int32_t j = g.new_label();
         const ExprId aij = indexed(g, A, {{true, i}, {true, j}});
         const ExprId scalar = multiply(g, aij, multiply(g, s, indexed(g, w, {{true, j}})));
         return component_tensor(g, scalar, std::vector{i});
       }},
      {"list_tensor",
       [](ExprGraph& g, ExprId s, ExprId A, ExprId w) {
         const std::vector<ExprId> items{multiply(g, s, s), indexed(g, A, {{false, 0}, {false, 1}}),
                                         indexed(g, w, {{false, 2}})};
         const ExprId v = list_tensor(g, items);
         return multiply(g, dot(g, v, v), v);
       }},
      {"strain_energy",
       [](ExprGraph& g, ExprId s, ExprId F, ExprId) {
         const ExprId C = multiply(g, matrix_operator(g, Op::transpose, F), F);
         const ExprId E = multiply(g, real(g, 0.5), subtract(g, C, identity(g, 3)));
         const ExprId J = matrix_operator(g, Op::determinant, F);
         const ExprId t = matrix_operator(g, Op::trace, E);
         const ExprId Q = add(g, multiply(g, s, inner(g, E, E)), multiply(g, t, t));
         return add(g, function(g, Op::exp, Q), power(g, function(g, Op::ln, J), real(g, 2)));
       }},
  };
  return all;
}

class Rules : public ::testing::TestWithParam<Case> {
 protected:
  ExprGraph g{CellType::tetrahedron};
  Element scalar_space{Family::lagrange, CellType::tetrahedron, 2, {}};
  Element vector_space{Family::lagrange, CellType::tetrahedron, 2, {3}};
  Element matrix_space{Family::lagrange, CellType::tetrahedron, 2, {3, 3}};
};

TEST_P(Rules, GateauxDerivativesAgreeWithDifferences) {
  const ExprId u = coefficient(g, vector_space, "u");
  const ExprId p = coefficient(g, scalar_space, "p");
  // s in (0, 1), A near the identity; grad(u) makes the direction's gradient count.
  const ExprId s = add(g, real(g, 0.5), multiply(g, real(g, 0.05), p));
  const ExprId A = add(g, identity(g, 3), multiply(g, real(g, 0.1), grad(g, u)));
  const ExprId f = GetParam().make(g, s, A, u);
  const ExprId du = argument(g, 0, vector_space);
  const ExprId dp = argument(g, 1, scalar_space);
  const std::vector<std::pair<ExprId, ExprId>> directions{{u, du}, {p, dp}};
  const ExprId df = gateaux_derivative(g, f, directions);
  const World world = World::sample(g, 3);
  const auto moved = difference([&](double h) {
    World there = world;
    for (const auto& [w, d] : directions) {
      auto& functions = there.coefficients.at(g[w].number);
      const auto& direction = world.arguments.at(g[d].number);
      for (std::size_t k = 0; k < functions.size(); ++k) {
        functions[k] = functions[k].plus(direction[k], h);
      }
    }
    return evaluate(g, f, there);
  });
  for (const Products products : {Products::as_written, Products::bilinear}) {
    const ExprId expanded = Differentiator(g, products).apply(df);
    expect_near(evaluate(g, expanded, world), moved, 1e-7);
  }
}

TEST_P(Rules, DerivativesByAMatrixAgreeWithDifferencesForwardAndReverse) {
  const ExprId u = coefficient(g, vector_space, "u");
  const ExprId M = coefficient(g, matrix_space, "M");
  const ExprId A = variable(g, add(g, identity(g, 3), multiply(g, real(g, 0.1), M)));
  const ExprId s =
      add(g, real(g, 0.2), multiply(g, real(g, 0.1), matrix_operator(g, Op::trace, A)));
  ExprId f = GetParam().make(g, s, A, u);
  if (g[f].shape == Shape{3}) f = dot(g, f, u);
  if (g[f].shape == Shape{3, 3}) f = weighted(g, f);
  const World world = World::sample(g, 5);
  std::vector<Complex> expected;
  for (std::size_t c = 0; c < 9; ++c) {
    const auto moved = difference([&](double h) {
      World there = world;  // A moves by h where M does by 10 h
      there.coefficients.at(g[M].number)[c].terms[{0, 0, 0}] += 10 * h;
      return evaluate(g, f, there);
    });
    expected.push_back(moved[0]);
  }
  const ExprId df = variable_derivative(g, f, A);
  for (const Products products : {Products::as_written, Products::bilinear}) {
    const ExprId expanded = Differentiator(g, products).apply(df);
    EXPECT_EQ(g[expanded].shape, (Shape{3, 3}));
    expect_near(evaluate(g, expanded, world), expected, 1e-6);
  }
}

TEST_P(Rules, SecondDerivativesAreSymmetric) {
  const ExprId u = coefficient(g, vector_space, "u");
  const ExprId A = add(g, identity(g, 3), multiply(g, real(g, 0.1), grad(g, u)));
  const ExprId s = add(g, real(g, 0.5), multiply(g, real(g, 0.05), indexed(g, u, {{false, 1}})));
  ExprId f = GetParam().make(g, s, A, u);
  if (g[f].shape == Shape{3}) f = dot(g, f, u);
  if (g[f].shape == Shape{3, 3}) f = weighted(g, f);
  const ExprId v = argument(g, 0, vector_space);
  const ExprId w = argument(g, 1, vector_space);
  const auto second = [&](ExprId first_direction, ExprId second_direction) {
    const std::vector<std::pair<ExprId, ExprId>> one{{u, first_direction}};
    const std::vector<std::pair<ExprId, ExprId>> two{{u, second_direction}};
    const ExprId nested = gateaux_derivative(g, gateaux_derivative(g, f, one), two);
    return Differentiator(g, Products::bilinear).apply(nested);
  };
  const ExprId vw = second(v, w);
  const ExprId wv = second(w, v);
  const World world = World::sample(g, 7);
  expect_near(evaluate(g, vw, world), evaluate(g, wv, world), 1e-11);
}

INSTANTIATE_TEST_SUITE_P(Every, Rules, ::testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

TEST(Differentiate, ASumOfSquaresHasOneTensorForItsDerivative) {
  ExprGraph g(CellType::tetrahedron);
  const ExprId E =
      variable(g, grad(g, coefficient(g, {Family::lagrange, CellType::tetrahedron, 1, {3}})));
  Differentiator differentiator(g, Products::bilinear);
  const ExprId S = differentiator.apply(variable_derivative(g, inner(g, E, E), E));
  EXPECT_LE(reachable(g, S).size(), 6U);  // E + E
}

TEST(Differentiate, ARestrictionCommutesWithTheDerivative) {
  ExprGraph g(CellType::triangle);
  const Element e{Family::discontinuous_lagrange, CellType::triangle, 2, {}};
  const ExprId w = coefficient(g, e);
  const ExprId v = argument(g, 0, e);
  const std::vector<std::pair<ExprId, ExprId>> directions{{w, v}};
  const ExprId square = multiply(g, restricted(g, w, 0), restricted(g, w, 1));
  const ExprId d =
      Differentiator(g, Products::bilinear).apply(gateaux_derivative(g, square, directions));
  const ExprId by_hand = add(g, multiply(g, restricted(g, v, 0), restricted(g, w, 1)),
                             multiply(g, restricted(g, w, 0), restricted(g, v, 1)));
  const World world = World::sample(g, 2);
  expect_near(evaluate(g, d, world), evaluate(g, by_hand, world), 1e-14);
}

TEST(Differentiate, GeometryVariesInCurvedCellsAndMeasuresDoNot) {
  const auto vanishes = [](GeometricQuantity quantity, int degree) {
    ExprGraph g(Domain(CellType::triangle, 2, degree));
    const ExprId gradient = grad(g, geometric_quantity(g, quantity));
    return g[Differentiator(g, Products::bilinear).apply(gradient)].op == Op::zero;
  };
  EXPECT_FALSE(vanishes(GeometricQuantity::jacobian_inverse, 2));
  EXPECT_FALSE(vanishes(GeometricQuantity::facet_jacobian_determinant, 2));
  EXPECT_TRUE(vanishes(GeometricQuantity::cell_volume, 2));
  EXPECT_TRUE(vanishes(GeometricQuantity::jacobian_inverse, 1));
}

TEST(Differentiate, GeometryIsDifferentiatedTwiceAtMost) {
  ExprGraph g(Domain(CellType::triangle, 2, 3));
  ExprId f = grad(g, grad(g, facet_normal(g)));
  EXPECT_EQ(g[Differentiator(g, Products::bilinear).apply(f)].shape, (Shape{2, 2, 2}));
  EXPECT_THROW(Differentiator(g, Products::bilinear).apply(grad(g, f)), InputError);
  f = grad(g, geometric_quantity(g, GeometricQuantity::facet_coordinate));
  EXPECT_THROW(Differentiator(g, Products::bilinear).apply(f), InputError);
}

TEST(Differentiate, ConstantsVaryWherePiolaMapsOfBentCellsDo) {
  const auto vanishes = [](Family family, int geometry) {
    ExprGraph g(Domain(CellType::triangle, 2, geometry));
    const Element element{family, CellType::triangle, 0, {}};
    const ExprId gradient = grad(g, coefficient(g, element));
    return g[Differentiator(g, Products::bilinear).apply(gradient)].op == Op::zero;
  };
  for (const Family family : {Family::regge, Family::hhj}) {
    EXPECT_TRUE(vanishes(family, 1));
    EXPECT_FALSE(vanishes(family, 2));
  }
  EXPECT_TRUE(vanishes(Family::discontinuous_lagrange, 1));
  EXPECT_TRUE(vanishes(Family::discontinuous_lagrange, 2));
}

TEST(Differentiate, LongSumsNeedNoDeepStack) {
  ExprGraph g(CellType::triangle);
  const ExprId f = coefficient(g, {Family::lagrange, CellType::triangle, 1, {}});
  ExprId sum = f;
  for (int k = 2; k < 20000; ++k) sum = add(g, sum, multiply(g, real(g, k), f));
  const ExprId gradient = Differentiator(g, Products::bilinear).apply(grad(g, sum));
  EXPECT_EQ(g[gradient].shape, Shape{2});
}

}  // namespace
}  // namespace femsynth::fem::testing
