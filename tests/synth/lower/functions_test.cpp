// Composed elements, complex forms, and expressions tabulated at points.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "fem/elements/tabulate.hpp"
#include "tests/synth/lower/element_runner.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;
using testing::ElementRunner;
using Complex = std::complex<double>;

constexpr CellType kTriangle = CellType::triangle;
const Element kP1{Family::lagrange, kTriangle, 1, {}};
const Element kP2{Family::lagrange, kTriangle, 2, {}};
const Element kP2Vector{Family::lagrange, kTriangle, 2, {2}};
const Element kBubble{Family::bubble, kTriangle, 3, {}};
const Element kRT{Family::raviart_thomas, kTriangle, 1, {}};

Element mixed(std::vector<Element> parts) {
  return {.family = Family::mixed, .cell = kTriangle, .degree = 3, .parts = std::move(parts)};
}

Mesh triangles() {
  return meshes::generate_mesh("triangle:2x2", {.perturb = 0.2, .seed = 4, .perturb_all = true});
}

std::vector<double> numbers(std::size_t n, double phase = 0) {
  std::vector<double> values;
  for (std::size_t k = 0; k < n; ++k) values.push_back(std::sin(1.7 * double(k) + phase));
  return values;
}

TEST(MixedElements, MatricesConsistOfTheBlocksOfTheParts) {
  // RT × P2 vector × P1 by itself, and each pair of parts.
  const std::vector<Element> parts{kRT, kP2Vector, kP1};
  const auto component = [](ExprGraph& g, ExprId a, int k) { return indexed(g, a, {{false, k}}); };
  ElementRunner whole(triangles());
  ExprGraph& g = whole.graph();
  const ExprId u = argument(g, 1, mixed(parts));
  const ExprId v = argument(g, 0, mixed(parts));
  // Components 0, 1: RT; 2, 3: P2 vector; 4: P1. Σ (a + 1)(2 b + 1) u_b ∂_0 v_a.
  ExprId sum = zero(g, {});
  for (int a = 0; a < 5; ++a) {
    for (int b = 0; b < 5; ++b) {
      const ExprId dv = derivative_along(g, component(g, v, a), {false, 0});
      sum = add(g, sum,
                multiply(g, real(g, (a + 1) * (2 * b + 1)), multiply(g, component(g, u, b), dv)));
    }
  }
  const std::vector<double> matrix = whole.integrate(IntegralKind::cell, sum, 6);
  const int m = dof_count(mixed(parts));
  const int first[] = {0, 2, 4};
  const int sizes[] = {2, 2, 1};
  int row = 0;
  for (std::size_t p = 0; p < 3; ++p) {
    int column = 0;
    for (std::size_t q = 0; q < 3; ++q) {
      ElementRunner block(triangles());
      ExprGraph& h = block.graph();
      const ExprId trial = argument(h, 1, parts[q]);
      const ExprId test = argument(h, 0, parts[p]);
      ExprId part = zero(h, {});
      for (int a = 0; a < sizes[p]; ++a) {
        for (int b = 0; b < sizes[q]; ++b) {
          const ExprId test_a = sizes[p] == 1 ? test : component(h, test, a);
          const ExprId trial_b = sizes[q] == 1 ? trial : component(h, trial, b);
          part = add(h, part,
                     multiply(h, real(h, (first[p] + a + 1) * (2 * (first[q] + b) + 1)),
                              multiply(h, trial_b, derivative_along(h, test_a, {false, 0}))));
        }
      }
      const std::vector<double> expected = block.integrate(IntegralKind::cell, part, 6);
      const int rows = dof_count(parts[p]);
      const int columns = dof_count(parts[q]);
      for (std::size_t cell = 0; cell < whole.mesh.cell_count(); ++cell) {
        for (int i = 0; i < rows; ++i) {
          for (int j = 0; j < columns; ++j) {
            const auto c = static_cast<int>(cell);
            ASSERT_NEAR(matrix[static_cast<std::size_t>((c * m + row + i) * m + column + j)],
                        expected[static_cast<std::size_t>((c * rows + i) * columns + j)], 1e-12)
                << p << q;
          }
        }
      }
      column += columns;
    }
    row += dof_count(parts[p]);
  }
}

TEST(MixedElements, CoefficientsAndMatrixFreeReadEveryPart) {
  const Element element = mixed({kRT, kP2Vector, kP1});
  ElementRunner r(triangles());
  ExprGraph& g = r.graph();
  const ExprId u = argument(g, 1, element);
  const ExprId v = argument(g, 0, element);
  const auto form = [&](ExprId a) {
    return add(g, inner(g, a, v), inner(g, grad(g, a), grad(g, v)));
  };
  const auto m = static_cast<std::size_t>(dof_count(element));
  const ExprId f = coefficient(g, element, "f");
  const auto dofs = numbers(r.mesh.cell_count() * m);
  r.coefficients = {dofs};
  const auto b = r.integrate(IntegralKind::cell, form(f), 4);
  const auto A = r.integrate(IntegralKind::cell, form(u), 4);
  r.schedule.strategy = Strategy::matrix_free;
  r.x = dofs;
  const auto y = r.integrate(IntegralKind::cell, form(u), 4);
  for (std::size_t c = 0; c < r.mesh.cell_count(); ++c) {
    for (std::size_t i = 0; i < m; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < m; ++j) sum += A[(c * m + i) * m + j] * dofs[c * m + j];
      EXPECT_NEAR(b[c * m + i], sum, 1e-12);
      EXPECT_NEAR(y[c * m + i], sum, 1e-12);
    }
  }
}

TEST(MixedElements, ColumnByColumnIsTheSameMatrix) {
  // Q2 vector × Q1 on hexahedra: 89 dofs, more than a thread holds.
  const CellType hexahedron = CellType::hexahedron;
  const Element q2{Family::lagrange, hexahedron, 2, {3}};
  const Element q1{Family::lagrange, hexahedron, 1, {}};
  const Element element{
      .family = Family::mixed, .cell = hexahedron, .degree = 2, .parts = {q2, q1}};
  ElementRunner r(meshes::generate_mesh("hexahedron:1x1x1", {.perturb = 0.2, .perturb_all = true}));
  ExprGraph& g = r.graph();
  const ExprId u = argument(g, 1, element);
  const ExprId v = argument(g, 0, element);
  const auto m = static_cast<std::size_t>(dof_count(element));
  const auto form = [&](ExprId a) {
    return add(g, inner(g, a, v),
               multiply(g, indexed(g, a, {{false, 3}}),
                        derivative_along(g, indexed(g, v, {{false, 1}}), {false, 2})));
  };
  const ExprId f = coefficient(g, element, "f");
  r.coefficients = {numbers(m)};
  const auto b = r.integrate(IntegralKind::cell, form(f), 3);
  const auto A = r.integrate(IntegralKind::cell, form(u), 3);
  ASSERT_EQ(A.size(), m * m);
  for (std::size_t i = 0; i < m; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < m; ++j) sum += A[i * m + j] * r.coefficients[0][j];
    EXPECT_NEAR(b[i], sum, 1e-12);
  }
}

TEST(EnrichedElements, ValuesOfThePartsAddUp) {
  // P1 + bubble, as a vector element: the form's vector holds what each part's gives.
  const Element enriched{.family = Family::enriched,
                         .cell = kTriangle,
                         .degree = 3,
                         .shape = {2},
                         .parts = {kP1, kBubble}};
  ElementRunner r(triangles());
  ExprGraph& g = r.graph();
  const ExprId v = argument(g, 0, enriched);
  const ExprId f = coefficient(g, enriched, "f");
  const std::size_t cells = r.mesh.cell_count();
  r.coefficients = {numbers(8 * cells)};
  const auto b =
      r.integrate(IntegralKind::cell, add(g, inner(g, f, v), inner(g, grad(g, f), grad(g, v))), 6);
  ASSERT_EQ(b.size(), 8 * cells);
  // The same with the parts as coefficients f₁ + f₂ of their own.
  for (const bool bubble : {false, true}) {
    ElementRunner s(triangles());
    ExprGraph& h = s.graph();
    Element p1 = kP1, b3 = kBubble;
    p1.shape = b3.shape = {2};
    const ExprId f1 = coefficient(h, p1, "f1");
    const ExprId f2 = coefficient(h, b3, "f2");
    const ExprId sum = add(h, f1, f2);
    s.coefficients.resize(2);
    for (std::size_t c = 0; c < cells; ++c) {
      for (std::size_t k = 0; k < 8; ++k) {
        s.coefficients[k < 6 ? 0 : 1].push_back(r.coefficients[0][8 * c + k]);
      }
    }
    const ExprId w = argument(h, 0, bubble ? b3 : p1);
    const auto part = s.integrate(IntegralKind::cell,
                                  add(h, inner(h, sum, w), inner(h, grad(h, sum), grad(h, w))), 6);
    const std::size_t n = bubble ? 2 : 6;
    for (std::size_t c = 0; c < cells; ++c) {
      for (std::size_t k = 0; k < n; ++k) {
        EXPECT_NEAR(part[c * n + k], b[8 * c + (bubble ? 6 : 0) + k], 1e-13);
      }
    }
  }
}

TEST(SymmetricElements, AnOffDiagonalDofCountsForBothEntries) {
  Element symmetric{.family = Family::lagrange, .cell = kTriangle, .degree = 1, .shape = {2, 2}};
  symmetric.symmetric = true;
  const Element full{Family::lagrange, kTriangle, 1, {2, 2}};
  const auto vector = [](const Element& element) {
    ElementRunner r(triangles());
    ExprGraph& g = r.graph();
    const ExprId C = constant(g, {2, 2}, "C");
    r.constants = {{1, 20, 300, 4000}};
    return r.integrate(IntegralKind::cell, inner(g, C, argument(g, 0, element)), 2);
  };
  const auto packed = vector(symmetric);
  const auto all = vector(full);
  for (std::size_t node = 0; node < all.size() / 4; ++node) {
    // Blocks (0,0), (1,0), (1,1).
    EXPECT_NEAR(packed[3 * node], all[4 * node], 1e-10);
    EXPECT_NEAR(packed[3 * node + 1], all[4 * node + 1] + all[4 * node + 2], 1e-10);
    EXPECT_NEAR(packed[3 * node + 2], all[4 * node + 3], 1e-10);
  }
  // A coefficient reads the packed dof in both entries.
  ElementRunner r(triangles());
  ExprGraph& g = r.graph();
  const ExprId f = coefficient(g, symmetric, "f");
  r.coefficients = {numbers(9 * r.mesh.cell_count())};
  const ExprId skew = matrix_operator(g, Op::skew, f);
  EXPECT_NEAR(r.total(IntegralKind::cell, inner(g, skew, skew), 2), 0, 1e-20);
  EXPECT_GT(r.total(IntegralKind::cell, inner(g, f, f), 2), 0.1);
}

TEST(RealAndQuadratureElements, HaveOneNumberAMeshAndOneAPoint) {
  // r ∫ w: a Real function r, and w in a quadrature element, whose points are then the rule.
  const Element one{.family = Family::real, .cell = kTriangle, .degree = 0};
  const Element points{
      .family = Family::quadrature, .cell = kTriangle, .degree = 2, .scheme = "default"};
  ElementRunner r(triangles());
  ExprGraph& g = r.graph();
  const ExprId w = coefficient(g, points, "w");
  const ExprId v = argument(g, 0, one);
  const auto count = static_cast<std::size_t>(dof_count(points));
  for (std::size_t c = 0; c < r.mesh.cell_count(); ++c) {
    r.coefficients.resize(1);
    for (std::size_t q = 0; q < count; ++q) r.coefficients[0].push_back(double(c + 1));
  }
  const auto b = r.run({"a", {{IntegralKind::cell, {}, {}, multiply(g, w, v), {1, 1}}}}).at(0);
  const auto volumes = r.integrate(IntegralKind::cell, real(g, 1), 2);
  ASSERT_EQ(b.size(), volumes.size());
  for (std::size_t c = 0; c < b.size(); ++c) {
    EXPECT_NEAR(b[c], double(c + 1) * volumes[c], 1e-14);
  }
}

/// Complex numbers from pairs.
std::vector<Complex> pairs(const std::vector<double>& values) {
  std::vector<Complex> result;
  for (std::size_t k = 0; k < values.size(); k += 2) result.emplace_back(values[k], values[k + 1]);
  return result;
}

class ComplexForms : public ::testing::TestWithParam<IntegralKind> {};

TEST_P(ComplexForms, MatrixVectorAndFunctionalAgree) {
  // a(u, v) = ∫ κ ∇u·∇v̄ + i f u v̄ with complex κ and f, on both sides where there are two.
  const IntegralKind kind = GetParam();
  ElementRunner r(triangles());
  r.schedule.precision = Precision::c128;
  ExprGraph& g = r.graph();
  const auto side = [&](ExprId a, int k) {
    return kind == IntegralKind::interior_facet ? restricted(g, a, k) : a;
  };
  const ExprId kappa = constant(g, {}, "kappa");
  const ExprId f = coefficient(g, kP1, "f");
  const ExprId w = coefficient(g, kP2, "w");
  const ExprId z = coefficient(g, kP2, "z");
  r.constants = {{1.5, -0.75}};
  const std::size_t cells = r.mesh.cell_count();
  r.coefficients = {numbers(2 * 3 * cells), numbers(2 * 6 * cells, 1), numbers(2 * 6 * cells, 2)};
  const auto form = [&](ExprId u, ExprId v) {
    const ExprId first = multiply(g, kappa, inner(g, side(grad(g, u), 0), side(grad(g, v), 1)));
    const ExprId second =
        multiply(g, multiply(g, imaginary_unit(g), side(f, 1)), inner(g, side(u, 1), side(v, 0)));
    return add(g, first, second);
  };
  const ExprId trial = argument(g, 1, kP2);
  const ExprId test = argument(g, 0, kP2);
  const auto A = pairs(r.integrate(kind, form(trial, test), 4));
  const auto b = pairs(r.integrate(kind, form(w, test), 4));
  // Linear in the test function up to conjugation: a(w, z) from b by z̄, sum over entities.
  const auto values = pairs(r.integrate(kind, form(w, z), 4));
  Complex total = 0;
  for (const Complex& value : values) total += value;
  r.schedule.strategy = Strategy::reduction;
  const auto reduced = pairs(r.integrate(kind, form(w, z), 4));
  EXPECT_NEAR(std::abs(reduced.at(0) - total), 0, 1e-12);
  EXPECT_GT(std::abs(total.imag()), 1e-3);
  if (kind == IntegralKind::interior_facet) return;
  const auto w_dofs = pairs(r.coefficients[1]);
  const auto z_dofs = pairs(r.coefficients[2]);
  const auto& facets = r.mesh.exterior_facets;
  std::vector<Complex> y(w_dofs.size());
  Complex sum = 0;
  for (std::size_t e = 0; e < b.size() / 6; ++e) {
    const std::size_t c = kind == IntegralKind::cell ? e : static_cast<std::size_t>(facets[e].cell);
    for (std::size_t i = 0; i < 6; ++i) {
      Complex row = 0;
      for (std::size_t j = 0; j < 6; ++j) row += A[(e * 6 + i) * 6 + j] * w_dofs[c * 6 + j];
      EXPECT_NEAR(std::abs(row - b[e * 6 + i]), 0, 1e-12);
      y[c * 6 + i] += row;
      sum += b[e * 6 + i] * std::conj(z_dofs[c * 6 + i]);
    }
  }
  EXPECT_NEAR(std::abs(sum - total), 0, 1e-12);
  r.schedule.strategy = Strategy::matrix_free;
  r.x = r.coefficients[1];
  const auto applied = pairs(r.integrate(kind, form(trial, test), 4));
  for (std::size_t k = 0; k < y.size(); ++k) EXPECT_NEAR(std::abs(applied[k] - y[k]), 0, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ComplexForms,
                         ::testing::Values(IntegralKind::cell, IntegralKind::exterior_facet,
                                           IntegralKind::interior_facet));

TEST(ComplexForms, RealDataGiveTheRealForm) {
  for (const Precision precision : {Precision::f64, Precision::c128}) {
    ElementRunner r(triangles());
    r.schedule.precision = precision;
    ExprGraph& g = r.graph();
    const ExprId v = argument(g, 0, kP1);
    const auto b = r.integrate(IntegralKind::cell, complex_part(g, Op::conj, v), 2);
    if (precision == Precision::f64) continue;
    for (const Complex& value : pairs(b)) {
      EXPECT_GT(value.real(), 0);
      EXPECT_EQ(value.imag(), 0);
    }
  }
}

TEST(ComplexForms, FunctionsAreThoseOnThePrincipalBranch) {
  using Function = Complex (*)(const Complex&);
  const std::pair<Op, Function> table[] = {
      {Op::sqrt, std::sqrt}, {Op::exp, std::exp},   {Op::ln, std::log},    {Op::sin, std::sin},
      {Op::cos, std::cos},   {Op::tan, std::tan},   {Op::asin, std::asin}, {Op::acos, std::acos},
      {Op::atan, std::atan}, {Op::sinh, std::sinh}, {Op::cosh, std::cosh}, {Op::tanh, std::tanh}};
  const Complex points[] = {{0.5, 0.25}, {-2, 0.75}, {-0.5, -3}, {4, -1.5}, {0, 0.5}};
  for (const auto& [op, exact] : table) {
    for (const Complex& z : points) {
      ElementRunner r(triangles());
      r.schedule.precision = Precision::c128;
      ExprGraph& g = r.graph();
      const ExprId c = constant(g, {}, "c");
      r.constants = {{z.real(), z.imag()}};
      const auto values = pairs(r.integrate(IntegralKind::cell, function(g, op, c), 2));
      const auto sizes = pairs(r.integrate(IntegralKind::cell, real(g, 1), 2));
      EXPECT_LT(std::abs(values[0] / sizes[0] - exact(z)), 1e-14 * (1 + std::abs(exact(z))))
          << name_of(op) << z;
    }
  }
}

TEST(ComplexForms, ARootNearTheRealAxisKeepsTheDigitsOfItsSmallPart) {
  for (const Complex& z : {Complex{4, 1e-9}, Complex{-4, -1e-9}, Complex{0, 0}}) {
    ElementRunner r(triangles());
    r.schedule.precision = Precision::c128;
    ExprGraph& g = r.graph();
    const ExprId c = constant(g, {}, "c");
    r.constants = {{z.real(), z.imag()}};
    const auto values = pairs(r.integrate(IntegralKind::cell, function(g, Op::sqrt, c), 2));
    const auto sizes = pairs(r.integrate(IntegralKind::cell, real(g, 1), 2));
    const Complex root = values[0] / sizes[0].real();
    EXPECT_NEAR(root.real(), std::sqrt(z).real(), 1e-14 * std::abs(std::sqrt(z).real())) << z;
    EXPECT_NEAR(root.imag(), std::sqrt(z).imag(), 1e-14 * std::abs(std::sqrt(z).imag())) << z;
  }
}

TEST(Expressions, ValuesAtPointsAreThoseOfTheFunction) {
  const std::vector<double> points{0.2, 0.3, 0.6, 0.1, 0.0, 1.0};
  ElementRunner r(triangles());
  ExprGraph& g = r.graph();
  const ExprId f = coefficient(g, kP2, "f");
  const ExprId c = constant(g, {}, "c");
  r.constants = {{3}};
  r.coefficients = {numbers(6 * r.mesh.cell_count())};
  // (c f, x_0, x_1) at each point.
  const ExprId x = spatial_coordinate(g);
  const std::vector<ExprId> items{multiply(g, c, f), indexed(g, x, {{false, 0}}),
                                  indexed(g, x, {{false, 1}})};
  const auto values = r.tabulate(list_tensor(g, items), points);
  ASSERT_EQ(values.size(), r.mesh.cell_count() * 9);
  const Tabulation phi = fem::tabulate(kP2, 0, points);
  for (std::size_t cell = 0; cell < r.mesh.cell_count(); ++cell) {
    const auto v = r.mesh.cell(cell);
    for (std::size_t p = 0; p < 3; ++p) {
      double expected = 0;
      for (std::size_t i = 0; i < 6; ++i) {
        expected += 3 * phi.at(0, p, i) * r.coefficients[0][6 * cell + i];
      }
      const double* value = &values[(cell * 3 + p) * 3];
      EXPECT_NEAR(value[0], expected, 1e-13);
      const double X[] = {1 - points[2 * p] - points[2 * p + 1], points[2 * p], points[2 * p + 1]};
      for (std::size_t k = 0; k < 2; ++k) {
        double at = 0;
        for (std::size_t a = 0; a < 3; ++a) {
          at += X[a] * r.mesh.vertex(static_cast<std::size_t>(v[a]))[k];
        }
        EXPECT_NEAR(value[1 + k], at, 1e-13);
      }
    }
  }
}

TEST(Expressions, AnArgumentGivesOneColumnADof) {
  // E(f) = Σ_i E_i f_i for a linear expression, here grad of an RT function and its value.
  const std::vector<double> points{0.2, 0.3, 0.5, 0.25};
  for (const bool gradient : {false, true}) {
    for (const Precision precision : {Precision::f64, Precision::c128}) {
      ElementRunner r(triangles());
      r.schedule.precision = precision;
      ExprGraph& g = r.graph();
      const ExprId v = argument(g, 0, kRT);
      const ExprId f = coefficient(g, kRT, "f");
      const std::size_t pair = precision == Precision::c128 ? 2 : 1;
      const std::size_t cells = r.mesh.cell_count();
      r.coefficients = {numbers(3 * cells * pair)};
      const auto columns = r.tabulate(gradient ? grad(g, v) : v, points);
      const auto values = r.tabulate(gradient ? grad(g, f) : f, points);
      const std::size_t components = gradient ? 4 : 2;
      ASSERT_EQ(values.size(), cells * 2 * components * pair);
      ASSERT_EQ(columns.size(), values.size() * 3);
      for (std::size_t k = 0; k < values.size() / pair; ++k) {
        const std::size_t cell = k / (2 * components);
        for (std::size_t part = 0; part < pair; ++part) {
          double sum = 0;
          for (std::size_t i = 0; i < 3; ++i) {
            sum += columns[(3 * k + i) * pair] * r.coefficients[0][(3 * cell + i) * pair + part];
          }
          EXPECT_NEAR(values[k * pair + part], sum, 1e-12);
        }
      }
    }
  }
}

TEST(Expressions, ZeroAndConstantsHaveValuesToo) {
  ElementRunner r(triangles());
  ExprGraph& g = r.graph();
  const std::vector<ExprId> items{zero(g, {}), real(g, 2.5)};
  const auto values = r.tabulate(list_tensor(g, items), {0.1, 0.1});
  for (std::size_t c = 0; c < r.mesh.cell_count(); ++c) {
    EXPECT_EQ(values[2 * c], 0);
    EXPECT_EQ(values[2 * c + 1], 2.5);
  }
  for (const double value : r.tabulate(zero(g, {2}), {0.1, 0.1})) EXPECT_EQ(value, 0);
}

TEST(BesselFunctions, AreThoseOfTheHost) {
  ElementRunner r(meshes::generate_mesh("interval:1"));
  ExprGraph& g = r.graph();
  const ExprId c = constant(g, {}, "c");
  r.constants = {{1.75}};
  EXPECT_NEAR(r.total(IntegralKind::cell, bessel(g, Op::bessel_j, 2, c), 1), jn(2, 1.75), 1e-15);
  EXPECT_NEAR(r.total(IntegralKind::cell, bessel(g, Op::bessel_y, 1, c), 1), yn(1, 1.75), 1e-15);
  EXPECT_NEAR(r.total(IntegralKind::cell, bessel(g, Op::bessel_i, 3, c), 1),
              std::cyl_bessel_i(3, 1.75), 1e-15);
  EXPECT_NEAR(r.total(IntegralKind::cell, bessel(g, Op::bessel_k, 0, c), 1),
              std::cyl_bessel_k(0, 1.75), 1e-15);
}

}  // namespace
}  // namespace femsynth::synth
