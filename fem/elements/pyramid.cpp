#include "fem/elements/pyramid.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "fem/elements/tabulate.hpp"

namespace femsynth::fem {
namespace {

/// A value with its gradient, second (xx, xy, xz, yy, yz, zz) and third derivatives (xxx, xxy, …,
/// zzz), by the rules of calculus.
struct Jet {
  double value = 0.0;
  std::array<double, 3> gradient{};
  std::array<double, 6> hessian{};
  std::array<double, 10> third{};

  double second(std::size_t i, std::size_t j) const {
    return hessian[derivative_index(3, i, j) - 4];
  }
};

/// Axes of the second and third derivatives.
constexpr std::array<std::array<std::size_t, 2>, 6> kPairs{
    {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}};
constexpr std::array<std::array<std::size_t, 3>, 10> kTriples{{{0, 0, 0},
                                                               {0, 0, 1},
                                                               {0, 0, 2},
                                                               {0, 1, 1},
                                                               {0, 1, 2},
                                                               {0, 2, 2},
                                                               {1, 1, 1},
                                                               {1, 1, 2},
                                                               {1, 2, 2},
                                                               {2, 2, 2}}};

Jet constant(double value) { return {value, {}, {}, {}}; }
Jet variable(double value, std::size_t axis) {
  Jet jet = constant(value);
  jet.gradient[axis] = 1.0;
  return jet;
}
/// α a + β b
Jet combine(double alpha, const Jet& a, double beta, const Jet& b) {
  Jet jet = constant(alpha * a.value + beta * b.value);
  for (std::size_t i = 0; i < 3; ++i) {
    jet.gradient[i] = alpha * a.gradient[i] + beta * b.gradient[i];
  }
  for (std::size_t k = 0; k < 6; ++k) jet.hessian[k] = alpha * a.hessian[k] + beta * b.hessian[k];
  for (std::size_t k = 0; k < 10; ++k) jet.third[k] = alpha * a.third[k] + beta * b.third[k];
  return jet;
}
/// Σ ∂_i a ∂_jk b over the three ways to tell one axis from the other two.
double one_and_two(const Jet& a, const Jet& b, const std::array<std::size_t, 3>& axes) {
  const auto [i, j, k] = axes;
  return a.gradient[i] * b.second(j, k) + a.gradient[j] * b.second(i, k) +
         a.gradient[k] * b.second(i, j);
}
Jet operator*(const Jet& a, const Jet& b) {
  Jet jet = constant(a.value * b.value);
  for (std::size_t i = 0; i < 3; ++i) {
    jet.gradient[i] = a.gradient[i] * b.value + a.value * b.gradient[i];
  }
  for (std::size_t k = 0; k < 6; ++k) {
    const auto [i, j] = kPairs[k];
    jet.hessian[k] = a.hessian[k] * b.value + a.value * b.hessian[k] +
                     a.gradient[i] * b.gradient[j] + a.gradient[j] * b.gradient[i];
  }
  for (std::size_t k = 0; k < 10; ++k) {
    jet.third[k] = a.third[k] * b.value + a.value * b.third[k] + one_and_two(a, b, kTriples[k]) +
                   one_and_two(b, a, kTriples[k]);
  }
  return jet;
}
Jet reciprocal(const Jet& a) {
  const double r = 1.0 / a.value;
  Jet jet = constant(r);
  for (std::size_t i = 0; i < 3; ++i) jet.gradient[i] = -a.gradient[i] * r * r;
  for (std::size_t k = 0; k < 6; ++k) {
    const auto [i, j] = kPairs[k];
    jet.hessian[k] = (2.0 * a.gradient[i] * a.gradient[j] * r - a.hessian[k]) * r * r;
  }
  // a · (1/a) = 1, differentiated three times.
  for (std::size_t k = 0; k < 10; ++k) {
    jet.third[k] =
        -r * (a.third[k] * r + one_and_two(a, jet, kTriples[k]) + one_and_two(jet, a, kTriples[k]));
  }
  return jet;
}

/// wⁿ L_n(2 x/w − 1) for n = 0 … degree: Legendre's recurrence, homogeneous in (x, w).
std::vector<Jet> scaled_legendre(int degree, const Jet& x, const Jet& w) {
  std::vector<Jet> result{constant(1.0)};
  const Jet s = combine(2.0, x, -1.0, w);
  const Jet ww = w * w;
  for (int n = 0; n < degree; ++n) {
    Jet next = combine((2.0 * n + 1.0) / (n + 1.0), s * result.back(), 0.0, s);
    if (n > 0) {
      next = combine(1.0, next, -n / (n + 1.0), ww * result[static_cast<std::size_t>(n) - 1]);
    }
    result.push_back(next);
  }
  return result;
}

/// Jacobi's P_n^(α, 0)(t) for n = 0 … degree (DLMF 18.9.2).
std::vector<Jet> jacobi(int degree, double alpha, const Jet& t) {
  std::vector<Jet> result{constant(1.0)};
  if (degree > 0) result.push_back(combine((alpha + 2.0) / 2.0, t, alpha / 2.0, constant(1.0)));
  for (int n = 1; n < degree; ++n) {
    const double m = 2.0 * n + alpha;
    const double denominator = 2.0 * (n + 1.0) * (n + alpha + 1.0) * m;
    const double linear = (m + 1.0) * (m + 2.0) * m / denominator;
    const double shift = (m + 1.0) * alpha * alpha / denominator;
    const double back = 2.0 * (n + alpha) * n * (m + 2.0) / denominator;
    const Jet& now = result.back();
    Jet next = combine(linear, t * now, shift, now);
    next = combine(1.0, next, -back, result[static_cast<std::size_t>(n) - 1]);
    result.push_back(next);
  }
  return result;
}

/// The space's orthogonal functions at a point:
/// L_a(2 x/w − 1) L_b(2 y/w − 1) w^max(a,b) P_c^(2 max(a,b) + 2, 0)(2z − 1), w = 1 − z, for
/// 0 ≤ a, b ≤ k and c ≤ k − max(a, b).
std::vector<Jet> orthogonal_functions(int degree, const double* point) {
  constexpr double nearest = 1e-10;  // to the apex, where x/w is no number
  const bool apex = 1.0 - point[2] < nearest;
  const Jet x = variable(apex ? nearest / 2.0 : point[0], 0);
  const Jet y = variable(apex ? nearest / 2.0 : point[1], 1);
  const Jet z = variable(point[2], 2);
  Jet w = combine(1.0, constant(1.0), -1.0, z);
  if (apex) w.value = nearest;
  const Jet inverse = reciprocal(w);
  const Jet t = combine(2.0, z, -1.0, constant(1.0));
  const std::vector<Jet> in_x = scaled_legendre(degree, x, w);
  const std::vector<Jet> in_y = scaled_legendre(degree, y, w);
  std::vector<std::vector<Jet>> in_z;
  for (int m = 0; m <= degree; ++m) in_z.push_back(jacobi(degree - m, 2.0 * m + 2.0, t));
  std::vector<Jet> result;
  for (int a = 0; a <= degree; ++a) {
    for (int b = 0; b <= degree; ++b) {
      Jet plane = in_x[static_cast<std::size_t>(a)] * in_y[static_cast<std::size_t>(b)];
      for (int k = 0; k < std::min(a, b); ++k) plane = plane * inverse;
      for (const Jet& f : in_z[static_cast<std::size_t>(std::max(a, b))]) {
        result.push_back(plane * f);
      }
    }
  }
  return result;
}

using Matrix = Eigen::MatrixXd;

}  // namespace

std::vector<double> tabulate_pyramid(int degree, std::span<const double> nodes, int derivatives,
                                     std::span<const double> points) {
  const std::size_t n = nodes.size() / 3;
  const auto size = static_cast<Eigen::Index>(n);
  Matrix vandermonde(size, size);
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<Jet> functions = orthogonal_functions(degree, &nodes[3 * i]);
    for (std::size_t j = 0; j < n; ++j) {
      vandermonde(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = functions[j].value;
    }
  }
  const Matrix coefficients = vandermonde.inverse();  // (j, i) of φ_i = Σ_j C_ji ψ_j
  const std::size_t count = points.size() / 3;
  std::vector<double> table(derivative_count(3, derivatives) * count * n);
  for (std::size_t p = 0; p < count; ++p) {
    const std::vector<Jet> functions = orthogonal_functions(degree, &points[3 * p]);
    for (std::size_t i = 0; i < n; ++i) {
      Jet sum;
      for (std::size_t j = 0; j < n; ++j) {
        sum = combine(1.0, sum,
                      coefficients(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)),
                      functions[j]);
      }
      const auto place = [&](std::size_t d) -> double& { return table[(d * count + p) * n + i]; };
      place(0) = sum.value;
      for (std::size_t k = 0; derivatives > 0 && k < 3; ++k) place(1 + k) = sum.gradient[k];
      for (std::size_t k = 0; derivatives > 1 && k < 6; ++k) place(4 + k) = sum.hessian[k];
      for (std::size_t k = 0; derivatives > 2 && k < 10; ++k) place(10 + k) = sum.third[k];
    }
  }
  return table;
}

}  // namespace femsynth::fem
