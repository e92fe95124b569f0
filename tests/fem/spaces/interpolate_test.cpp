#include "fem/spaces/interpolate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <random>

#include "fem/elements/tabulate.hpp"
#include "fem/language/form_file.hpp"
#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;
using Point = std::vector<double>;

std::vector<double> values(const std::string& text, CellType cell, const Point& points) {
  const FieldExpression field = parse_field(text, cell, "expression");
  return evaluate_at(field.graph, field.components, points);
}

struct Case {
  const char* text;
  std::function<double(double x, double y, double z)> value;
};

// Each operator by its definition in components, on points of [0.2, 0.9]³.
TEST(EvaluateAt, EveryOperatorHasItsMeaning) {
  const std::vector<Case> cases{
      {"x[0] + 2*x[1] - x[2]/3", [](double x, double y, double z) { return x + 2 * y - z / 3; }},
      {"x[0]**x[1]", [](double x, double y, double) { return std::pow(x, y); }},
      {"abs(x[0] - x[1])", [](double x, double y, double) { return std::abs(x - y); }},
      {"sign(x[0] - x[1])", [](double x, double y, double) { return x > y ? 1.0 : -1.0; }},
      {"sqrt(x[0])*exp(x[1])*ln(x[2])",
       [](double x, double y, double z) { return std::sqrt(x) * std::exp(y) * std::log(z); }},
      {"sin(x[0]) + cos(x[1])*tan(x[2])",
       [](double x, double y, double z) { return std::sin(x) + std::cos(y) * std::tan(z); }},
      {"asin(x[0]) + acos(x[1])*atan(x[2])",
       [](double x, double y, double z) { return std::asin(x) + std::acos(y) * std::atan(z); }},
      {"sinh(x[0]) + cosh(x[1])*tanh(x[2])",
       [](double x, double y, double z) { return std::sinh(x) + std::cosh(y) * std::tanh(z); }},
      {"erf(x[0])", [](double x, double, double) { return std::erf(x); }},
      {"atan2(x[0], x[1])", [](double x, double y, double) { return std::atan2(x, y); }},
      {"min_value(x[0], x[1]) - 2*max_value(x[1], x[2])",
       [](double x, double y, double z) { return std::min(x, y) - 2 * std::max(y, z); }},
      {"conditional(lt(x[0], x[1]), x[2], 7)",
       [](double x, double y, double z) { return x < y ? z : 7; }},
      {"conditional(And(ge(x[0], 0.4), Or(le(x[1], 0.5), gt(x[2], 0.6))), 1, 2)",
       [](double x, double y, double z) { return x >= 0.4 && (y <= 0.5 || z > 0.6) ? 1 : 2; }},
      {"conditional(Not(eq(x[0], x[1])), 3, 4)", [](double, double, double) { return 3; }},
      {"conditional(ne(x[0], x[0]), 3, 4)", [](double, double, double) { return 4; }},
      {"bessel_J(1, x[0]) + bessel_Y(2, x[1])",
       [](double x, double y, double) { return std::cyl_bessel_j(1, x) + std::cyl_neumann(2, y); }},
      {"bessel_I(0, x[0]) * bessel_K(1, x[1])",
       [](double x, double y, double) {
         return std::cyl_bessel_i(0, x) * std::cyl_bessel_k(1, y);
       }},
      {"cofac(as_matrix([[x[0], x[1]], [x[2], 3]]))[0, 1]",
       [](double, double, double z) { return -z; }},
      {"variable(x[0])**2", [](double x, double, double) { return x * x; }},
      {"inner(x, as_vector([1, 2, x[0]]))",
       [](double x, double y, double z) { return x + 2 * y + z * x; }},
      {"dot(x, x)", [](double x, double y, double z) { return x * x + y * y + z * z; }},
      {"dot(as_matrix([[1, x[0], 0], [2, 0, 1], [0, 0, x[2]]]), x)[0]",
       [](double x, double y, double) { return x + x * y; }},
      {"outer(x, as_vector([3, x[1], 5]))[2, 1]", [](double, double y, double z) { return z * y; }},
      {"cross(x, as_vector([1, 2, 3]))[1]", [](double x, double, double z) { return z - 3 * x; }},
      {"transpose(outer(x, as_vector([1, 2, 3])))[2, 0]",
       [](double x, double, double) { return 3 * x; }},
      {"tr(outer(x, x))", [](double x, double y, double z) { return x * x + y * y + z * z; }},
      {"sym(outer(x, as_vector([1, 2, 3])))[0, 1]",
       [](double x, double y, double) { return (2 * x + y) / 2; }},
      {"skew(outer(x, as_vector([1, 2, 3])))[0, 1]",
       [](double x, double y, double) { return (2 * x - y) / 2; }},
      {"dev(outer(x, x))[1, 1]",
       [](double x, double y, double z) { return y * y - (x * x + y * y + z * z) / 3; }},
      {"dev(outer(x, x))[1, 2]", [](double, double y, double z) { return y * z; }},
      {"det(as_matrix([[x[0], 1, 2], [3, x[1], 4], [5, 6, x[2]]]))",
       [](double x, double y, double z) {
         return x * (y * z - 24) - (3 * z - 20) + 2 * (18 - 5 * y);
       }},
      {"det(as_matrix([[x[0], 1], [3, x[1]]]))",
       [](double x, double y, double) { return x * y - 3; }},
      {"inv(as_matrix([[x[0], 1], [3, x[1]]]))[0, 1]",
       [](double x, double y, double) { return -1 / (x * y - 3); }},
      {"(as_matrix([[x[0], 1, 2], [3, x[1], 4], [5, 6, x[2]]])"
       "*inv(as_matrix([[x[0], 1, 2], [3, x[1], 4], [5, 6, x[2]]])))[1, 1]",
       [](double, double, double) { return 1; }},
      {"x[i]*x[i]", [](double x, double y, double z) { return x * x + y * y + z * z; }},
      {"as_tensor(x[i]*x[j]*as_vector([1, 2, 3])[j], (i,))[1]",
       [](double x, double y, double z) { return y * (x + 2 * y + 3 * z); }},
      {"Identity(3)[1, 1] + Identity(3)[0, 1]", [](double, double, double) { return 1; }},
  };
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0.2, 0.9);
  Point points;
  for (int k = 0; k < 3 * 700; ++k) points.push_back(uniform(random));  // more than one block
  for (const Case& c : cases) {
    const std::vector<double> result = values(c.text, CellType::tetrahedron, points);
    ASSERT_EQ(result.size(), 700U) << c.text;
    for (std::size_t p = 0; p < 700; ++p) {
      const double expected = c.value(points[3 * p], points[3 * p + 1], points[3 * p + 2]);
      ASSERT_NEAR(result[p], expected, 1e-12 * (1 + std::abs(expected))) << c.text;
    }
  }
}

TEST(EvaluateAt, WhatHasNoValueAtAPointIsRefused) {
  EXPECT_THROW(values("div(x)*grad(x[0]**2)[0]", CellType::triangle, {0.5, 0.5}), InputError);
}

// A polynomial of the space is its interpolant: evaluated at random points of every cell, through
// the basis functions, it is the polynomial again.
TEST(Interpolate, ReproducesPolynomialsOfTheSpace) {
  const struct {
    const char* mesh;
    CellType cell;
    int degree;
    const char* text;
    std::function<double(const double*)> value;
  } cases[] = {
      {"interval:3", CellType::interval, 4, "x[0]**4 - x[0]",
       [](const double* x) { return std::pow(x[0], 4) - x[0]; }},
      {"triangle:3x2", CellType::triangle, 3, "x[0]**2*x[1] - 2*x[1]",
       [](const double* x) { return x[0] * x[0] * x[1] - 2 * x[1]; }},
      {"tetrahedron:2x1x1", CellType::tetrahedron, 2, "x[0]*x[2] + x[1]",
       [](const double* x) { return x[0] * x[2] + x[1]; }},
      {"hexahedron:2x1x1", CellType::hexahedron, 1, "x[0] - 3*x[2]",
       [](const double* x) { return x[0] - 3 * x[2]; }},
  };
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(0.05, 0.3);
  for (const auto& c : cases) {
    const meshes::Mesh mesh = meshes::generate_mesh(c.mesh, {.perturb = 0.2});
    const Element element{Family::lagrange, c.cell, c.degree, {}};
    const DofMap dofs = make_dof_map(mesh, element);
    const FieldExpression field = parse_field(c.text, c.cell, "f");
    const std::vector<double> w = interpolate(field.graph, field.components, mesh, element, dofs);
    ASSERT_EQ(w.size(), dofs.dof_count());
    for (std::size_t cell = 0; cell < mesh.cell_count(); ++cell) {
      Point X;
      for (int k = 0; k < mesh.dim(); ++k) X.push_back(uniform(random));
      const Tabulation basis = tabulate(element, 0, X);
      double value = 0;
      for (std::size_t n = 0; n < basis.nodes; ++n) {
        value += basis.at(0, 0, n) * w[static_cast<std::size_t>(dofs.cell(cell)[n])];
      }
      EXPECT_NEAR(value, c.value(meshes::map_point(mesh, cell, X.data()).x.data()), 1e-13)
          << c.mesh;
    }
  }
}

TEST(Interpolate, ComponentsRunFastest) {
  const meshes::Mesh mesh = meshes::generate_mesh("triangle:1x1");
  const Element element{Family::lagrange, CellType::triangle, 1, {2}};
  const FieldExpression field = parse_field("(x[0], 10 + x[1])", CellType::triangle, "f");
  EXPECT_THAT(
      interpolate(field.graph, field.components, mesh, element, make_dof_map(mesh, element)),
      testing::ElementsAre(0, 10, 1, 10, 0, 11, 1, 11));
}

TEST(Interpolate, RefusesWrongComponentsAndValuesThatAreNotFinite) {
  const meshes::Mesh mesh = meshes::generate_mesh("triangle:1x1");
  const Element element{Family::lagrange, CellType::triangle, 1, {2}};
  const DofMap dofs = make_dof_map(mesh, element);
  const auto message = [&](const char* text) -> std::string {
    const FieldExpression field = parse_field(text, CellType::triangle, "f");
    try {
      interpolate(field.graph, field.components, mesh, element, dofs);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("(x[0], x[1])"), "");
  EXPECT_EQ(message("x[0]"), "an expression with 1 component for a function of shape (2,)");
  EXPECT_EQ(message("(ln(x[1] - 1), 1)"), "the expression is not a number at x = (0, 0)");
  EXPECT_EQ(message("(1, 1/x[0])"), "the expression is inf at x = (0, 0)");
}

TEST(EvaluateComplexAt, InnerAndOuterConjugateAsInUfl) {
  ExprGraph graph(CellType::interval);
  const ExprId i = graph.intern({.op = Op::imaginary_unit});
  const ExprId two = graph.intern({.op = Op::real, .value = 2.0});
  const ExprId sum = graph.intern({.op = Op::sum, .operands = {two, i}});
  const auto value = [&](Op op, std::vector<ExprId> operands) {
    const ExprId id = graph.intern({.op = op, .operands = std::move(operands)});
    const std::vector<double> point{0.0};
    return evaluate_complex_at(graph, std::vector{id}, point).at(0);
  };
  using Complex = std::complex<double>;
  EXPECT_EQ(value(Op::inner, {i, sum}), Complex(1.0, 2.0));  // i (2 − i)
  EXPECT_EQ(value(Op::outer, {i, sum}), Complex(1.0, -2.0));
  EXPECT_EQ(value(Op::product, {i, sum}), Complex(-1.0, 2.0));
  EXPECT_EQ(value(Op::conj, {sum}), Complex(2.0, -1.0));
  EXPECT_EQ(value(Op::imag_part, {sum}), Complex(1.0, 0.0));
  EXPECT_EQ(value(Op::abs, {i}), Complex(1.0, 0.0));
  EXPECT_LT(std::abs(value(Op::exp, {sum}) - std::exp(Complex(2.0, 1.0))), 1e-14);
  EXPECT_THROW(value(Op::erf, {i}), InputError);
  const std::vector<double> point{0.0};
  EXPECT_THROW(evaluate_at(graph, std::vector{i}, point), InputError);
}

}  // namespace
}  // namespace femsynth::fem
