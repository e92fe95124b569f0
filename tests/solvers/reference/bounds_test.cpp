#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fem/elements/tabulate.hpp"
#include "meshes/geometry.hpp"
#include "oracle.hpp"
#include "solvers/reference/number.hpp"

/// The running error bound: above the error of honest computations, far below that of wrong
/// ones.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprId;
using fem::Family;
using fem::IntegralKind;
using fem::Op;
using meshes::CellType;

/// y = ∫ w κ ∇u·∇v dx computed in T, as a plain kernel would, with Basix's tables.
template <class T>
std::vector<double> plain_action(const meshes::Mesh& mesh, const Element& element, int degree,
                                 const std::vector<double>& w, const std::vector<double>& u) {
  const auto rule = fem::cell_quadrature(mesh.cell_type, degree);
  const auto table = fem::tabulate(element, 1, rule.points);
  const auto map = fem::make_dof_map(mesh, element);
  const auto d = static_cast<std::size_t>(mesh.dim());
  std::vector<T> y(map.dof_count(), T{0});
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t q = 0; q < rule.size(); ++q) {
      const auto gradient = meshes::vertex_basis_gradient(mesh.cell_type, &rule.points[q * d]);
      T J[2][2] = {};
      for (std::size_t k = 0; k < mesh.cell(c).size(); ++k) {
        for (std::size_t i = 0; i < 2; ++i) {
          for (std::size_t j = 0; j < 2; ++j) {
            J[i][j] += static_cast<T>(mesh.vertex(static_cast<std::size_t>(mesh.cell(c)[k]))[i]) *
                       static_cast<T>(gradient[k][j]);
          }
        }
      }
      const T det = J[0][0] * J[1][1] - J[0][1] * J[1][0];
      const T K[2][2] = {{J[1][1] / det, -J[0][1] / det}, {-J[1][0] / det, J[0][0] / det}};
      const T scale = std::abs(det) * static_cast<T>(rule.weights[q]);
      T wq{0};
      T gu[2] = {};
      const auto phi = [&](std::size_t n, std::size_t i) {
        return static_cast<T>(table.at(1, q, n)) * K[0][i] +
               static_cast<T>(table.at(2, q, n)) * K[1][i];
      };
      for (std::size_t n = 0; n < table.nodes; ++n) {
        const auto dof = static_cast<std::size_t>(map.cell(c)[n]);
        wq += static_cast<T>(table.at(0, q, n)) * static_cast<T>(w[dof]);
        for (std::size_t i = 0; i < 2; ++i) gu[i] += phi(n, i) * static_cast<T>(u[dof]);
      }
      for (std::size_t n = 0; n < table.nodes; ++n) {
        const auto dof = static_cast<std::size_t>(map.cell(c)[n]);
        y[dof] += scale * wq * (gu[0] * phi(n, 0) + gu[1] * phi(n, 1));
      }
    }
  }
  return {y.begin(), y.end()};
}

void round_to_float(std::vector<double>& values) {
  for (double& value : values) value = static_cast<double>(static_cast<float>(value));
}

TEST(Bound, HoldsForPlainKernelsInBothPrecisionsAndIsNotLoose) {
  for (const CellType cell : {CellType::triangle, CellType::quadrilateral}) {
    for (int degree = 1; degree <= 4; ++degree) {
      for (const bool single : {false, true}) {
        Case c(small_mesh(cell));
        round_to_float(c.mesh.coordinates);
        const Element element{Family::lagrange, cell, degree, {}};
        const std::size_t n = fem::make_dof_map(c.mesh, element).dof_count();
        auto w = random_values(n, 1, 0.5, 1.5);
        auto x = random_values(n, 2);
        round_to_float(w);
        round_to_float(x);
        auto& g = c.graph;
        c.arguments = {element, element};
        const auto v = fem::argument(g, 0, element);
        const auto u = fem::argument(g, 1, element);
        const auto kappa = c.coefficient(element, w);
        c.add(fem::multiply(g, kappa, fem::inner(g, fem::grad(g, u), fem::grad(g, v))),
              given_rule(cell, IntegralKind::cell, 3 * degree));
        const auto expected = c.vector(x, single ? 0x1p-24 : 0x1p-53);
        const auto y = single ? plain_action<float>(c.mesh, element, 3 * degree, w, x)
                              : plain_action<double>(c.mesh, element, 3 * degree, w, x);
        const double scale =
            *std::max_element(expected.magnitude.begin(), expected.magnitude.end());
        double worst = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
          worst = std::max(worst, std::abs(y[i] - expected.value[i]) / expected.bound[i]);
          EXPECT_LE(expected.bound[i], (single ? 0x1p-24 : 0x1p-53) * 16000 * scale);
        }
        EXPECT_LE(worst, 1.0) << meshes::name_of(cell) << degree << single;
        EXPECT_GE(worst, 1e-4) << meshes::name_of(cell) << degree << single;
      }
    }
  }
}

TEST(Bound, RejectsARelativeErrorOfATenthOfABillionth) {
  for (const CellType cell : kCells) {
    for (int degree = 1; degree <= 3; ++degree) {
      Case c(small_mesh(cell));
      const Element element{Family::lagrange, cell, degree, {}};
      auto& g = c.graph;
      c.arguments = {element};
      const auto v = fem::argument(g, 0, element);
      const std::size_t n = fem::make_dof_map(c.mesh, element).dof_count();
      const auto w = c.coefficient(element, random_values(n, 1, 0.5, 1.5));
      // A p-Laplace residual with p = 3 and a load.
      const auto norm = fem::function(
          g, Op::sqrt,
          fem::add(g, fem::real(g, 0.01), fem::inner(g, fem::grad(g, w), fem::grad(g, w))));
      c.add(fem::multiply(g, norm, fem::inner(g, fem::grad(g, w), fem::grad(g, v))),
            given_rule(cell, IntegralKind::cell, 4));
      c.add(fem::multiply(g, fem::function(g, Op::sin, w), v),
            given_rule(cell, IntegralKind::cell, 4));
      const auto result = c.vector();
      double scale = 0.0;
      for (const double value : result.value) scale = std::max(scale, std::abs(value));
      for (const double bound : result.bound)
        EXPECT_LT(bound, 5e-11 * scale) << meshes::name_of(cell);
    }
  }
}

TEST(Bound, SaysWhereAConditionHangsOnRounding) {
  for (const bool tie : {false, true}) {
    Case c(small_mesh(CellType::triangle));
    auto& g = c.graph;
    const Element p1{Family::lagrange, CellType::triangle, 1, {}};
    const auto w = c.interpolated(p1, [](const double*, int) { return 0.1; });
    const auto threshold = fem::real(g, tie ? 0.1 : 0.2);
    c.add(fem::conditional(g, fem::compare(g, Op::lt, w, threshold), fem::real(g, 1),
                           fem::real(g, 2)),
          own_rule_of(1));
    EXPECT_EQ(c.vector().bound[0] > 0.5, tie);
  }
}

TEST(Bound, IsInfiniteWhereADivisorMayBeZero) {
  Case c(small_mesh(CellType::triangle));
  auto& g = c.graph;
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  const auto w = c.interpolated(p1, [](const double*, int) { return 0.1; });
  c.add(fem::divide(g, fem::real(g, 1), fem::subtract(g, w, fem::real(g, 0.1))), own_rule_of(1));
  EXPECT_FALSE(std::isfinite(c.vector().bound[0]));
}

TEST(Number, BoundsEveryOrderOfASum) {
  // (a + b) c in float, as written and expanded, with a near −b.
  const double u = 0x1p-24;
  const float a = 1.2345678f, b = -1.2345671f, c = 3.1415926f;
  const auto exact = [](float v) { return Number{v, std::abs(v), 0.0}; };
  const Number n = multiply(add(exact(a), exact(b), u), exact(c), u);
  EXPECT_LE(std::abs((a + b) * c - n.value), n.error);
  const float expanded = a * c + b * c;
  EXPECT_LE(std::abs(expanded - n.value), n.error);
}

TEST(Number, CoversTheSpreadOfEveryFunctionOfAnUncertainArgument) {
  // f(a ± e) must lie in the bound of f(a).
  const double u = 0x1p-53;
  for (const double value : {0.05, 0.3, 0.7, 0.95}) {
    for (const double error : {1e-12, 1e-6}) {
      const Number a{value, value, error};
      const auto covers = [&](const Number& f, double (*function)(double)) {
        EXPECT_LE(std::abs(function(value + error) - f.value), f.error + 1e-15)
            << value << ' ' << error;
        EXPECT_LE(std::abs(function(value - error) - f.value), f.error + 1e-15)
            << value << ' ' << error;
      };
      covers(square_root(a, u), std::sqrt);
      covers(logarithm(a, u), std::log);
      covers(power(a, {2.5, 2.5, 0.0}, u), [](double x) { return std::pow(x, 2.5); });
      covers(power(a, {-2.0, 2.0, 0.0}, u), [](double x) { return std::pow(x, -2.0); });
      covers(divide({1, 1, 0}, a, u), [](double x) { return 1.0 / x; });
      covers(absolute(a), std::fabs);
    }
  }
}

}  // namespace
}  // namespace femsynth::solvers
