#include <gtest/gtest.h>

#include <cmath>
#include <complex>

#include "oracle.hpp"
#include "tests/meshes/scramble.hpp"

/// Derivatives by functions and variables, sides, Bessel functions and complex numbers, against
/// closed forms and difference quotients.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprId;
using fem::Family;
using fem::IntegralKind;
using fem::Op;
using meshes::CellType;

const Element kP2{Family::lagrange, CellType::triangle, 2, {}};

std::size_t dofs(const Case& c, const Element& element) {
  return fem::make_dof_map(c.mesh, element).dof_count();
}

/// F(w) = ∫ exp(w) |grad w|² + w³ grad w · grad(w² ) of a coefficient w.
ExprId energy(fem::ExprGraph& g, ExprId w) {
  const ExprId gradient = fem::grad(g, w);
  const ExprId square = fem::multiply(g, w, w);
  const ExprId first =
      fem::multiply(g, fem::function(g, Op::exp, w), fem::inner(g, gradient, gradient));
  return fem::add(
      g, first,
      fem::multiply(g, fem::multiply(g, square, w), fem::dot(g, gradient, fem::grad(g, square))));
}

/// F at w + τ d by values of the dofs.
double energy_at(const std::vector<double>& w) {
  Case c(small_mesh(CellType::triangle));
  c.add(energy(c.graph, c.coefficient(kP2, w)),
        given_rule(CellType::triangle, IntegralKind::cell, 8));
  return c.value();
}

TEST(GateauxDerivative, IsTheLimitOfDifferenceQuotients) {
  Case c(small_mesh(CellType::triangle));
  const auto n = dofs(c, kP2);
  const auto values = random_values(n, 3, 0.5, 1.0);
  const auto moves = random_values(n, 4);
  const ExprId w = c.coefficient(kP2, values);
  const std::pair<ExprId, ExprId> direction{w, c.coefficient(kP2, moves)};
  c.add(fem::gateaux_derivative(c.graph, energy(c.graph, w), std::span(&direction, 1)),
        given_rule(CellType::triangle, IntegralKind::cell, 8));
  const double h = 1e-5;
  auto plus = values, minus = values;
  for (std::size_t i = 0; i < n; ++i) {
    plus[i] += h * moves[i];
    minus[i] -= h * moves[i];
  }
  const double quotient = (energy_at(plus) - energy_at(minus)) / (2.0 * h);
  const double derivative = c.value();
  EXPECT_NEAR(derivative, quotient, 1e-7 * std::abs(derivative));
  EXPECT_GT(std::abs(derivative), 0.1);
}

TEST(GateauxDerivative, TwiceInArgumentsIsASymmetricMatrix) {
  Case c(small_mesh(CellType::triangle));
  auto& g = c.graph;
  const ExprId w = c.coefficient(kP2, random_values(dofs(c, kP2), 3, 0.5, 1.0));
  c.arguments = {kP2, kP2};
  const std::pair<ExprId, ExprId> first{w, fem::argument(g, 0, kP2)};
  const std::pair<ExprId, ExprId> second{w, fem::argument(g, 1, kP2)};
  const ExprId gradient = fem::gateaux_derivative(g, energy(g, w), std::span(&first, 1));
  c.add(fem::gateaux_derivative(g, gradient, std::span(&second, 1)),
        given_rule(CellType::triangle, IntegralKind::cell, 8));
  const ReferenceValues matrix = c.matrix();
  const auto n = dofs(c, kP2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      ASSERT_NEAR(matrix.value[i * n + j], matrix.value[j * n + i], matrix.bound[i * n + j]);
    }
  }
}

TEST(GateauxDerivative, OfASplitCoefficientMovesOneComponent) {
  const Element vector{Family::lagrange, CellType::triangle, 1, {2}};
  Case c(small_mesh(CellType::triangle));
  auto& g = c.graph;
  const auto values = random_values(dofs(c, vector), 3);
  const ExprId w = c.coefficient(vector, values);
  const ExprId u = fem::indexed(g, w, {{false, 0}});
  const ExprId v = fem::indexed(g, w, {{false, 1}});
  const std::vector<ExprId> moved{fem::real(g, 1.0), fem::real(g, 0.0)};
  const std::pair<ExprId, ExprId> direction{w, fem::list_tensor(g, moved)};
  const ExprId f = fem::multiply(g, fem::multiply(g, u, u), v);
  const auto rule = own_rule_of(4);
  c.add(fem::gateaux_derivative(g, f, std::span(&direction, 1)), rule);
  const ReferenceValues derivative = c.vector();
  c.integrals.clear();
  c.add(fem::multiply(g, fem::real(g, 2.0), fem::multiply(g, u, v)), rule);
  EXPECT_NEAR(derivative.value[0], c.value(), derivative.bound[0]);
}

TEST(VariableDerivative, IsThatOfTheMarkedExpressionAlone) {
  Case c(small_mesh(CellType::triangle));
  auto& g = c.graph;
  const ExprId w = c.coefficient(kP2, random_values(dofs(c, kP2), 3));
  const ExprId v = fem::variable(g, fem::multiply(g, w, w));
  // f = v³ + w⁴: only v counts, though it is w².
  const ExprId w4 = fem::multiply(g, fem::multiply(g, w, w), fem::multiply(g, w, w));
  const ExprId f = fem::add(g, fem::power(g, v, fem::real(g, 3.0)), w4);
  c.add(fem::variable_derivative(g, f, v), own_rule_of(12));
  const ReferenceValues derivative = c.vector();
  c.integrals.clear();
  c.add(fem::multiply(g, fem::real(g, 3.0), w4), own_rule_of(12));
  EXPECT_NEAR(derivative.value[0], c.value(), derivative.bound[0] + c.vector().bound[0]);
}

TEST(VariableDerivative, OfAMatrixHasTheOperandsAxesFirst) {
  Case c(meshes::generate_mesh("reference:triangle"));
  auto& g = c.graph;
  const ExprId a = c.constant({2, 2}, {1.0, 2.0, 3.0, 5.0});
  const ExprId v = fem::variable(g, a);
  const ExprId d = fem::variable_derivative(g, fem::matrix_operator(g, Op::determinant, v), v);
  // ∂ det A/∂A_ij = cof A_ij: (5, −3; −2, 1).
  const double expected[2][2] = {{5.0, -3.0}, {-2.0, 1.0}};
  const ExprId cofactors = fem::matrix_operator(g, Op::cofactor, a);
  for (int i : {0, 1}) {
    for (int j : {0, 1}) {
      for (const ExprId matrix : {d, cofactors}) {
        c.integrals.clear();
        c.add(fem::indexed(g, matrix, {{false, i}, {false, j}}), own_rule_of(0));
        EXPECT_NEAR(c.value(), expected[i][j] / 2.0, 1e-14);
      }
    }
  }
}

TEST(Bessel, FunctionsSatisfyTheirDifferentialEquations) {
  // x² f'' + x f' + (± x² − ν²) f = 0, with f'' by two derivatives.
  Case c(meshes::generate_mesh("reference:interval"));
  auto& g = c.graph;
  const ExprId x =
      fem::add(g, fem::real(g, 0.5), fem::indexed(g, fem::spatial_coordinate(g), {{false, 0}}));
  for (const Op op : {Op::bessel_j, Op::bessel_y, Op::bessel_i, Op::bessel_k}) {
    for (const int order : {0, 1, 2, 3}) {
      const ExprId f = fem::bessel(g, op, order, x);
      const ExprId slope = fem::derivative_along(g, f, {false, 0});
      const ExprId square = fem::multiply(g, x, x);
      const double sign = op == Op::bessel_j || op == Op::bessel_y ? 1.0 : -1.0;
      ExprId sum = fem::multiply(g, square, fem::derivative_along(g, slope, {false, 0}));
      sum = fem::add(g, sum, fem::multiply(g, x, slope));
      const ExprId last = fem::subtract(g, fem::multiply(g, fem::real(g, sign), square),
                                        fem::real(g, order * order));
      sum = fem::add(g, sum, fem::multiply(g, last, f));
      c.integrals.clear();
      c.add(sum, given_rule(CellType::interval, IntegralKind::cell, 8));
      const ReferenceValues total = c.vector();
      EXPECT_LE(std::abs(total.value[0]), total.bound[0]);
      EXPECT_GT(total.magnitude[0], 1e4 * total.bound[0]) << fem::name_of(op) << order;
    }
  }
}

TEST(Sides, TheNormalsOfTheTwoSidesAreOpposite) {
  for (const char* spec : {"triangle:3x2", "hexahedron:2x1x1", "tetrahedron:1x1x1+2", "prism:2x1x1",
                           "quadrilateral:2x2", "interval:4", "pyramid:1x1x1"}) {
    Case c(meshes::generate_mesh(spec, {0.1, 3, false}));
    auto& g = c.graph;
    const ExprId n = fem::facet_normal(g);
    const ExprId sum = fem::add(g, fem::restricted(g, n, 0), fem::restricted(g, n, 1));
    c.add(fem::inner(g, sum, sum), own_rule_of(4), IntegralKind::interior_facet);
    const ReferenceValues total = c.vector();
    EXPECT_NEAR(total.value[0], 0.0, 1e-20) << spec;
  }
}

/// ∫_Ω div F = Σ_K ∫_∂K F · n for discontinuous F: ∫ F·n ds + ∫ (F⁺ − F⁻)·n⁺ dS. `own`: by the
/// oracle's maps, not by FEFaceValues.
ReferenceValues gauss_defect(meshes::Mesh mesh, bool own) {
  Case c(std::move(mesh));
  auto& g = c.graph;
  const CellType cell = c.mesh.cell_type;
  const Element element{Family::discontinuous_lagrange, cell, 2, {c.mesh.dim()}};
  const ExprId f = c.coefficient(element, random_values(dofs(c, element), 3));
  const ExprId n = fem::facet_normal(g);
  const ExprId sign = fem::geometric_quantity(g, fem::GeometricQuantity::cell_orientation);
  const auto add = [&](ExprId integrand, IntegralKind kind) {
    const ExprId here = kind == IntegralKind::interior_facet ? fem::restricted(g, sign, 0) : sign;
    const ExprId one = fem::multiply(g, here, here);
    c.add(own ? fem::multiply(g, one, integrand) : integrand, own_rule_of(6), kind);
  };
  add(fem::div(g, f), IntegralKind::cell);
  add(fem::negate(g, fem::dot(g, f, n)), IntegralKind::exterior_facet);
  const ExprId jump = fem::subtract(g, fem::restricted(g, f, 0), fem::restricted(g, f, 1));
  add(fem::negate(g, fem::dot(g, jump, fem::restricted(g, n, 0))), IntegralKind::interior_facet);
  return c.vector();
}

TEST(Sides, JumpsCloseGaussTheoremForDiscontinuousFunctions) {
  for (const CellType cell : kCells) {
    for (const bool own : {false, true}) {
      const ReferenceValues total = gauss_defect(small_mesh(cell), own);
      EXPECT_LE(std::abs(total.value[0]), total.bound[0]) << meshes::name_of(cell);
      EXPECT_LT(total.bound[0], 1e-9 * total.magnitude[0]);
    }
  }
}

TEST(Sides, MeetHoweverNeighboursAreTurned) {
  for (const CellType cell : {CellType::interval, CellType::quadrilateral, CellType::hexahedron}) {
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
      for (const bool own : {false, true}) {
        const auto total = gauss_defect(meshes::scrambled(small_mesh(cell), seed), own);
        EXPECT_LE(std::abs(total.value[0]), total.bound[0]) << meshes::name_of(cell) << own;
      }
    }
  }
}

TEST(Vertices, AreSummedOnceEach) {
  Case c(small_mesh(CellType::quadrilateral));
  auto& g = c.graph;
  const Element p1{Family::lagrange, CellType::quadrilateral, 1};
  const auto values = random_values(dofs(c, p1), 3);
  c.add(c.coefficient(p1, values), given_rule(CellType::quadrilateral, IntegralKind::vertex, 0),
        IntegralKind::vertex);
  double sum = 0.0;
  for (const double v : values) sum += v;
  EXPECT_NEAR(c.value(), sum, 1e-13);
  (void)g;
}

/// A complex functional at one coefficient.
std::complex<double> complex_value(const std::function<ExprId(fem::ExprGraph&, ExprId)>& f,
                                   std::complex<double> at) {
  Case c(meshes::generate_mesh("reference:triangle"));
  const ExprId w = c.constant({}, {at.real(), at.imag()});
  c.add(f(c.graph, w), own_rule_of(0));
  ReferenceForm form(c.graph, c.arguments, c.integrals, true);
  const ReferenceInputs in = c.inputs();
  const auto values = oracle().evaluate(form, c.mesh, c.spaces(), std::span(&in, 1), 0x1p-53)[0];
  EXPECT_LT(values.bound[0], 1e-10);
  return {2.0 * values.value.at(0), 2.0 * values.value.at(1)};
}

TEST(Complex, FunctionsAreTheirPrincipalValues) {
  const std::complex<double> z{0.7, -0.4};
  const auto expect = [&](Op op, std::complex<double> value) {
    const auto found =
        complex_value([&](fem::ExprGraph& g, ExprId w) { return fem::function(g, op, w); }, z);
    EXPECT_NEAR(std::abs(found - value), 0.0, 1e-13) << fem::name_of(op);
  };
  expect(Op::sqrt, std::sqrt(z));
  expect(Op::exp, std::exp(z));
  expect(Op::ln, std::log(z));
  expect(Op::sin, std::sin(z));
  expect(Op::cos, std::cos(z));
  expect(Op::tan, std::tan(z));
  expect(Op::sinh, std::sinh(z));
  expect(Op::cosh, std::cosh(z));
  expect(Op::tanh, std::tanh(z));
  expect(Op::asin, std::asin(z));
  expect(Op::acos, std::acos(z));
  expect(Op::atan, std::atan(z));
  expect(Op::abs, std::abs(z));
}

TEST(Complex, InnerConjugatesTheSecondAndOuterTheFirstOperand) {
  const std::complex<double> z{0.7, -0.4};
  const std::complex<double> k{1.0, 2.0};
  const auto literal = [&](fem::ExprGraph& g) {
    return fem::add(g, fem::real(g, k.real()),
                    fem::multiply(g, fem::real(g, k.imag()), fem::imaginary_unit(g)));
  };
  const auto pair = [&](fem::ExprGraph& g, ExprId a) {
    const std::vector<ExprId> both{a, a};
    return fem::list_tensor(g, both);
  };
  EXPECT_NEAR(std::abs(complex_value(
                           [&](fem::ExprGraph& g, ExprId w) {
                             return fem::inner(g, pair(g, literal(g)), pair(g, w));
                           },
                           z) -
                       2.0 * k * std::conj(z)),
              0.0, 1e-13);
  EXPECT_NEAR(std::abs(complex_value(
                           [&](fem::ExprGraph& g, ExprId w) {
                             const ExprId o = fem::outer(g, pair(g, literal(g)), pair(g, w));
                             return fem::indexed(g, o, {{false, 0}, {false, 1}});
                           },
                           z) -
                       std::conj(k) * z),
              0.0, 1e-13);
  EXPECT_NEAR(
      std::abs(complex_value(
                   [&](fem::ExprGraph& g, ExprId w) { return fem::divide(g, literal(g), w); }, z) -
               k / z),
      0.0, 1e-13);
}

/// A x of a complex Helmholtz form equals the complex matrix times x.
TEST(Complex, TheActionIsTheMatrixTimesTheVector) {
  Case c(small_mesh(CellType::triangle));
  auto& g = c.graph;
  c.arguments = {kP2, kP2};
  const auto n = dofs(c, kP2);
  const ExprId w = c.coefficient(kP2, random_values(2 * n, 3));
  const ExprId u = fem::argument(g, 1, kP2), v = fem::argument(g, 0, kP2);
  const ExprId mass = fem::inner(g, fem::multiply(g, w, u), v);
  const ExprId stiffness = fem::inner(g, fem::grad(g, u), fem::grad(g, v));
  c.add(fem::add(g, mass, fem::multiply(g, fem::imaginary_unit(g), stiffness)), own_rule_of(6));
  const auto x = random_values(2 * n, 5);
  ReferenceForm form(g, c.arguments, c.integrals, true);
  const ReferenceInputs in = c.inputs(x);
  const auto spaces = c.spaces();
  const auto y = oracle().evaluate(form, c.mesh, spaces, std::span(&in, 1), 0x1p-53)[0];
  const auto A = oracle().matrix(form, c.mesh, spaces, in, 0x1p-53);
  for (std::size_t i = 0; i < n; ++i) {
    std::complex<double> sum;
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t at = 2 * (i * n + j);
      sum += std::complex<double>(A.value[at], A.value[at + 1]) *
             std::complex<double>(x[2 * j], x[2 * j + 1]);
    }
    EXPECT_NEAR(y.value[2 * i], sum.real(), y.bound[2 * i]);
    EXPECT_NEAR(y.value[2 * i + 1], sum.imag(), y.bound[2 * i + 1]);
  }
}

}  // namespace
}  // namespace femsynth::solvers
