#include "meshes/bernstein.hpp"

#include <cmath>
#include <utility>

#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

double power(double base, int exponent) {
  double result = 1.0;
  for (int i = 0; i < exponent; ++i) result *= base;
  return result;
}

double factorial(int n) { return n < 2 ? 1.0 : n * factorial(n - 1); }

std::array<double, 4> barycentric(int dim, const double* X) {
  std::array<double, 4> lambda{1.0, 0.0, 0.0, 0.0};
  for (int j = 0; j < dim; ++j) {
    lambda[static_cast<std::size_t>(j) + 1] = X[j];
    lambda[0] -= X[j];
  }
  return lambda;
}

double multinomial(int degree, const std::array<int, 4>& alpha) {
  double result = factorial(degree);
  for (const int a : alpha) result /= factorial(a);
  return result;
}

}  // namespace

Bernstein::Bernstein(int dim, int degree) : dim_(dim), degree_(degree) {
  for (int c = 0; c <= (dim > 2 ? degree : 0); ++c) {
    for (int b = 0; b <= (dim > 1 ? degree - c : 0); ++b) {
      for (int a = 0; a <= degree - c - b; ++a) {
        exponents_.push_back({degree - a - b - c, a, b, c});
      }
    }
  }
}

std::array<double, 3> Bernstein::lattice_point(std::size_t i) const {
  std::array<double, 3> point{};
  for (std::size_t j = 0; j < 3 && degree_ > 0; ++j) {
    point[j] = static_cast<double>(exponents_[i][j + 1]) / degree_;
  }
  return point;
}

double Bernstein::value(std::size_t i, const double* X) const {
  const auto lambda = barycentric(dim_, X);
  double result = multinomial(degree_, exponents_[i]);
  for (std::size_t j = 0; j < 4; ++j) result *= power(lambda[j], exponents_[i][j]);
  return result;
}

std::array<double, 3> Bernstein::gradient(std::size_t i, const double* X) const {
  const auto lambda = barycentric(dim_, X);
  std::array<double, 4> by_lambda{};
  for (std::size_t k = 0; k < 4; ++k) {
    const int exponent = exponents_[i][k];
    if (exponent == 0) continue;
    by_lambda[k] = multinomial(degree_, exponents_[i]) * exponent * power(lambda[k], exponent - 1);
    for (std::size_t j = 0; j < 4; ++j) {
      if (j != k) by_lambda[k] *= power(lambda[j], exponents_[i][j]);
    }
  }
  std::array<double, 3> result{};
  for (std::size_t j = 0; j < static_cast<std::size_t>(dim_); ++j) {
    result[j] = by_lambda[j + 1] - by_lambda[0];
  }
  return result;
}

std::vector<double> inverse_of(std::vector<double> matrix, std::size_t n) {
  std::vector<double> inverse(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) inverse[i * n + i] = 1.0;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i) {
      if (std::abs(matrix[i * n + column]) > std::abs(matrix[pivot * n + column])) pivot = i;
    }
    if (matrix[pivot * n + column] == 0.0) throw InternalError("the inverse of a singular matrix");
    for (std::size_t j = 0; j < n; ++j) {
      std::swap(matrix[pivot * n + j], matrix[column * n + j]);
      std::swap(inverse[pivot * n + j], inverse[column * n + j]);
    }
    const double scale = 1.0 / matrix[column * n + column];
    for (std::size_t j = 0; j < n; ++j) {
      matrix[column * n + j] *= scale;
      inverse[column * n + j] *= scale;
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double factor = matrix[i * n + column];
      if (i == column || factor == 0.0) continue;
      for (std::size_t j = 0; j < n; ++j) {
        matrix[i * n + j] -= factor * matrix[column * n + j];
        inverse[i * n + j] -= factor * inverse[column * n + j];
      }
    }
  }
  return inverse;
}

}  // namespace femsynth::meshes
