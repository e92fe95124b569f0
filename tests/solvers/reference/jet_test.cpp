#include "solvers/reference/jet.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "solvers/reference/polynomial_basis.hpp"

/// Truncated Taylor series against closed forms and nested dual numbers; the oracle's polynomials
/// against difference quotients.
namespace femsynth::solvers {
namespace {

/// a + b ε with ε² = 0: one derivative more than its coefficients have.
template <class T>
struct Dual {
  T a{};
  T b{};
  friend Dual operator+(const Dual& x, const Dual& y) { return {x.a + y.a, x.b + y.b}; }
  friend Dual operator-(const Dual& x, const Dual& y) { return {x.a - y.a, x.b - y.b}; }
  friend Dual operator*(const Dual& x, const Dual& y) { return {x.a * y.a, x.a * y.b + x.b * y.a}; }
  friend Dual operator/(const Dual& x, const Dual& y) {
    const T q = x.a / y.a;
    return {q, (x.b - q * y.b) / y.a};
  }
};

template <class T>
T root(const T& x) {
  return std::sqrt(x);
}
template <class T>
Dual<T> root(const Dual<T>& x) {
  const T s = root(x.a);
  return {s, x.b / (s + s)};
}

template <class Real, int n>
struct Nested {
  using Type = Dual<typename Nested<Real, n - 1>::Type>;
  /// x, moving by ε_m where the m-th direction is that of x's axis.
  static Type make(Real x, int axis, const int* along) {
    Type result{Nested<Real, n - 1>::make(x, axis, along), {}};
    result.b = Nested<Real, n - 1>::make(along[n - 1] == axis ? Real{1} : Real{0}, -1, along);
    return result;
  }
  static Real highest(const Type& x) { return Nested<Real, n - 1>::highest(x.b); }
};
template <class Real>
struct Nested<Real, 0> {
  using Type = Real;
  static Type make(Real x, int, const int*) { return x; }
  static Real highest(const Type& x) { return x; }
};

/// √((1 + x y + z²)/(2 + x)) · (x − y z) + 1/(3 + y z x).
template <class T>
T function(const T& x, const T& y, const T& z, const T& one) {
  const T two = one + one;
  const T quotient = (one + x * y + z * z) / (two + x);
  return root(quotient) * (x - y * z) + one / (one + two + y * z * x);
}

constexpr double kPoint[] = {0.4375, -0.78125, 0.65625};  // exact in fp32

Jet coordinate(const JetArithmetic& a, std::size_t i) {
  return a.of_derivatives([i](std::size_t k) {
    const double value = k == 0 ? kPoint[i] : k == 1 + i ? 1.0 : 0.0;
    return Number{value, std::abs(value), 0.0};
  });
}

Jet function_jet(const JetArithmetic& a) {
  const Jet x = coordinate(a, 0), y = coordinate(a, 1), z = coordinate(a, 2);
  const Jet one = a.constant(1.0);
  Jet quotient = a.add(a.add(one, a.multiply(x, y)), a.multiply(z, z));
  quotient = a.divide(quotient, a.add(a.constant(2.0), x));
  const Jet product = a.multiply(a.square_root(quotient), a.subtract(x, a.multiply(y, z)));
  const Jet rest = a.add(a.constant(3.0), a.multiply(a.multiply(y, z), x));
  return a.add(product, a.divide(one, rest));
}

/// ∂_along[n−1] … ∂_along[0] of a jet.
Number derivative(Jet f, std::span<const int> along, double u) {
  for (std::size_t m = 0; m < along.size(); ++m) {
    const JetArithmetic a(3, static_cast<int>(along.size() - m) - 1, u);
    f = a.derivative(f, static_cast<std::size_t>(along[m]));
  }
  return f.value();
}

/// The greatest error over bound of all derivatives of order n, the other side in Real.
template <class Real, int n>
double worst(double u) {
  const Jet f = function_jet(JetArithmetic(3, n, u));
  double result = 0.0;
  std::array<int, 4> along{};
  for (int code = 0; code < static_cast<int>(std::pow(3, n)); ++code) {
    for (int m = 0, rest = code; m < n; ++m, rest /= 3)
      along[static_cast<std::size_t>(m)] = rest % 3;
    using N = Nested<Real, n>;
    const auto at = [&](int i) { return N::make(static_cast<Real>(kPoint[i]), i, along.data()); };
    const Real expected =
        N::highest(function(at(0), at(1), at(2), N::make(Real{1}, -1, along.data())));
    const Number found = derivative(f, std::span(along).first(n), u);
    EXPECT_LT(found.error, 1e5 * u * (1.0 + std::abs(found.value)));
    const double error =
        std::abs(static_cast<double>(static_cast<long double>(found.value) - expected));
    result = std::max(result, error / found.error);
  }
  return result;
}

template <class Real>
double worst_of_all(double u) {
  return std::max({worst<Real, 0>(u), worst<Real, 1>(u), worst<Real, 2>(u), worst<Real, 3>(u),
                   worst<Real, 4>(u)});
}

TEST(Jet, AgreesWithNestedDualNumbersOfExtendedPrecisionWithinItsBound) {
  EXPECT_LT(worst_of_all<long double>(0x1p-53), 1.0);
}

TEST(Jet, BoundsWhatAnotherArithmeticOfSinglePrecisionIsOffBy) {
  const double error = worst_of_all<float>(0x1p-24);
  EXPECT_LT(error, 1.0);
  EXPECT_GT(error, 1e-3);  // the bound says something
}

class JetOfVariables : public testing::TestWithParam<std::size_t> {};

/// 1 + Σ (1 + i) X_i at X_i = 1/4.
Jet linear(const JetArithmetic& a, std::size_t t) {
  double value = 1.0;
  for (std::size_t i = 0; i < t; ++i) value += 0.25 * static_cast<double>(1 + i);
  return a.of_derivatives([&](std::size_t k) {
    const double n = k == 0 ? value : k <= t ? static_cast<double>(k) : 0.0;
    return Number{n, n, 0.0};
  });
}

TEST_P(JetOfVariables, HasTheTaylorSeriesOfInversesRootsAndPowers) {
  const std::size_t t = GetParam();
  const JetArithmetic a(t, kMaxJetOrder, 0x1p-53);
  const Jet s = linear(a, t);
  const Jet inverse = a.divide(a.constant(1.0), s);
  const Jet root = a.square_root(s);
  const Jet square = a.multiply(s, s);
  ASSERT_EQ(a.size(), (std::array<std::size_t, 4>{1, 5, 15, 35}[t]));
  for (std::size_t k = 0; k < a.size(); ++k) {
    const auto& alpha = a.indices().exponents[k];
    const int n = alpha[0] + alpha[1] + alpha[2];
    // ∂^α g(s)/α! = g^(n)(s) Π (1 + i)^α_i/α!.
    double slope = 1.0;
    for (std::size_t i = 0; i < 3; ++i) {
      slope *= std::pow(static_cast<double>(1 + i), alpha[i]) / std::tgamma(1.0 + alpha[i]);
    }
    const double x = s.value().value;
    double falling = 1.0;  // (1/2) (−1/2) (−3/2) …
    for (int m = 0; m < n; ++m) falling *= 0.5 - m;
    const double expected[] = {
        slope * std::pow(-1.0, n) * std::tgamma(1.0 + n) * std::pow(x, -1.0 - n),
        slope * falling * std::pow(x, 0.5 - n),
        n > 2 ? 0.0
              : slope * (n == 0   ? x * x
                         : n == 1 ? 2.0 * x
                                  : 2.0)};
    EXPECT_NEAR(inverse[k].value, expected[0], 1e-14 * std::abs(expected[0])) << k;
    EXPECT_NEAR(root[k].value, expected[1], 1e-14 * std::abs(expected[1])) << k;
    EXPECT_NEAR(square[k].value, expected[2], 1e-14 * std::abs(expected[2])) << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, JetOfVariables, testing::Values(1, 2, 3));

TEST(Jet, IsNotReadBeyondWhatIsKnown) {
  const JetArithmetic low(2, 1, 0x1p-53), high(2, 2, 0x1p-53);
  const Jet known = low.constant(1.0);
  EXPECT_THROW(high.multiply(known, high.constant(1.0)), InternalError);
  EXPECT_THROW(low.derivative(known, 0), InternalError);
}

class Polynomials : public testing::TestWithParam<meshes::CellType> {};

/// Of the nodal basis of degree 4 with equidistant nodes: products, and on pyramids quotients too.
TEST_P(Polynomials, HaveTheDerivativesOfTheOneOrderLess) {
  const auto cell = GetParam();
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  constexpr double kSomewhere[] = {0.23, 0.31, 0.17};
  // Any functions of the space: products of powers of coordinates, and xy/(1 − z).
  const PolynomialBasis::Values values = [&](std::span<const double> points) {
    std::vector<double> result;
    for (std::size_t q = 0; q < points.size() / t; ++q) {
      const double* X = &points[q * t];
      double f = X[0] * X[0] * X[0] * X[0];
      if (t > 1) f += X[1] * X[1] * X[0] * X[0] - X[1];
      if (t > 2) f += X[2] * X[1] * X[0];
      if (cell == meshes::CellType::pyramid) {
        const double r = X[0] * X[1] / (1.0 - X[2]);
        f += r * r * X[0];
      }
      result.push_back(f);
    }
    return result;
  };
  const PolynomialBasis basis(cell, 4, 1, 1, values);
  constexpr double h = 1e-5;
  std::vector<double> points;
  for (std::size_t i = 0; i <= 2 * t; ++i) {
    points.insert(points.end(), kSomewhere, kSomewhere + t);
    if (i > 0) points[i * t + (i - 1) / 2] += i % 2 == 1 ? h : -h;
  }
  constexpr int kOrder = kMaxJetOrder + 1;
  const BasisTable table = basis.tabulate(points, kOrder);
  int compared = 0;
  for (const auto& [along, entries] : table.derivatives) {
    if (along[0] + along[1] + along[2] == kOrder) continue;
    for (std::size_t i = 0; i < t; ++i) {
      auto above = along;
      ++above[i];
      const double found = (entries[1 + 2 * i] - entries[2 + 2 * i]) / (2.0 * h);
      const double exact = table.derivatives.at(above)[0];
      EXPECT_NEAR(exact, found, 1e-6 * (1.0 + std::abs(exact)))
          << along[0] << along[1] << along[2] << " by X_" << i;
      compared += std::abs(exact) > 1e-3;
    }
  }
  EXPECT_GE(compared, 4);
}

INSTANTIATE_TEST_SUITE_P(Cells, Polynomials,
                         testing::Values(meshes::CellType::interval, meshes::CellType::triangle,
                                         meshes::CellType::quadrilateral,
                                         meshes::CellType::tetrahedron,
                                         meshes::CellType::hexahedron, meshes::CellType::prism,
                                         meshes::CellType::pyramid),
                         [](const auto& p) { return std::string(meshes::name_of(p.param)); });

}  // namespace
}  // namespace femsynth::solvers
