#include "solvers/reference/entity_numbers.hpp"

#include <algorithm>
#include <cmath>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::solvers {
namespace {

/// Tables are made in fp64, by orthogonalisation and a change of basis: they are right to this
/// absolute error, relative to the greatest entry.
constexpr double kTableError = 64.0 * 0x1p-53;

/// A value that every kernel computes as a whole, so that its parts are not expanded further.
Number whole(const Number& n) { return {n.value, std::abs(n.value), n.error}; }

/// |∂²x_i/∂X_a∂X_b| of the degree-one map; only mixed derivatives of hypercubes are not 0.
double mixed_derivative(const EntityPoints& points, std::size_t d, const double* X, std::size_t i,
                        std::size_t a, std::size_t b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < std::size_t{1} << d; ++k) {
    double weight = 1.0;
    for (std::size_t c = 0; c < d; ++c) {
      const bool high = k >> c & 1;
      weight *= c == a || c == b ? (high ? 1.0 : -1.0) : (high ? X[c] : 1.0 - X[c]);
    }
    sum += weight * points.vertices[k * d + i];
  }
  return std::abs(sum);
}

}  // namespace

void EntityNumbers::want(std::size_t shape, int slot) {
  for (const ShapeNumbers& known : shapes_) {
    if (known.shape == shape && known.slot == slot) return;
  }
  shapes_.push_back({shape, slot, Lanes()});
}

const Lanes& EntityNumbers::shape(const ShapeKey& key) const {
  for (const ShapeNumbers& known : shapes_) {
    if (known.shape == key.shape && known.slot == key.slot) return known.numbers;
  }
  throw InternalError("a shape function's derivative was not asked for");
}

Number EntityNumbers::quantity(const Leaf&, std::size_t) {
  throw InternalError("FEValues are asked for a geometric quantity");
}

void EntityNumbers::update(const EntityPoints& points, double u) {
  d_ = static_cast<std::size_t>(meshes::dimension(cell_));
  count_ = points.count;
  weights_.resize(count_);
  x_.resize(count_ * d_);
  normals_.resize(count_ * d_);
  inverses_.resize(count_);
  curvatures_.resize(count_);
  for (std::size_t q = 0; q < count_; ++q) update_geometry(points, q, u);
  for (ShapeNumbers& shape : shapes_) update_shape(points, shape, u);
}

void EntityNumbers::update_geometry(const EntityPoints& points, std::size_t q, double u) {
  const double* X = &points.X[q * d_];
  const auto phi = meshes::vertex_basis(cell_, X);
  const auto gradient = meshes::vertex_basis_gradient(cell_, X);
  const std::size_t vertices = points.vertices.size() / d_;
  const double steps = static_cast<double>(vertices) + 2.0;
  Matrix J{};
  for (std::size_t i = 0; i < d_; ++i) {
    double size = 0.0;
    std::array<double, 3> column{};
    for (std::size_t k = 0; k < vertices; ++k) {
      const double c = std::abs(points.vertices[k * d_ + i]);
      size += std::abs(phi[k]) * c;
      for (std::size_t j = 0; j < d_; ++j) column[j] += std::abs(gradient[k][j]) * c;
    }
    x_[q * d_ + i] = {points.x[q * d_ + i], std::max(size, std::abs(points.x[q * d_ + i])),
                      steps * u * size};
    for (std::size_t j = 0; j < d_; ++j) {
      const double value = points.jacobian[(q * d_ + i) * d_ + j];
      J[i][j] = {value, std::abs(value), steps * u * column[j]};
    }
  }
  // cofactors[i][j] = ∂ det J/∂J_ij; det J and K = cofactorsᵀ/det J.
  Matrix cofactors{};
  const auto minus = [](Number n) { return Number{-n.value, n.magnitude, n.error}; };
  const auto minor = [&](std::size_t r, std::size_t s, std::size_t p, std::size_t t) {
    return add(multiply(J[r][p], J[s][t], u), minus(multiply(J[r][t], J[s][p], u)), u);
  };
  if (d_ == 1) {
    cofactors[0][0] = {1.0, 1.0, 0.0};
  } else if (d_ == 2) {
    cofactors[0] = {J[1][1], minus(J[1][0]), Number{}};
    cofactors[1] = {minus(J[0][1]), J[0][0], Number{}};
  } else {
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        cofactors[i][j] = minor((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
      }
    }
  }
  Number determinant;
  for (std::size_t j = 0; j < d_; ++j) {
    determinant = add(determinant, multiply(J[0][j], cofactors[0][j], u), u);
  }
  determinant = whole(determinant);
  for (std::size_t a = 0; a < d_; ++a) {
    for (std::size_t i = 0; i < d_; ++i) {
      inverses_[q][a][i] = whole(divide(whole(cofactors[i][a]), determinant, u));
    }
  }
  update_weight(points, q, cofactors, determinant, u);
  if (!meshes::is_simplex(cell_)) {
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t a = 0; a < d_; ++a) {
        for (std::size_t b = 0; b < d_; ++b) {
          curvatures_[q][i][a][b] = a == b ? 0.0 : mixed_derivative(points, d_, X, i, a, b);
        }
      }
    }
  }
}

void EntityNumbers::update_weight(const EntityPoints& points, std::size_t q,
                                  const Matrix& cofactors, const Number& determinant, double u) {
  const double JxW = points.JxW[q];
  const double size = std::abs(JxW);
  if (kind_ == fem::IntegralKind::cell) {
    weights_[q] = {
        JxW, size,
        size * (determinant.error / std::abs(determinant.value) + 3.0 * u) + size * kTableError};
    return;
  }
  // The area vector of the facet is cof(J) N; its length is the change of measure.
  std::array<Number, 3> area{};
  Number square;
  for (std::size_t i = 0; i < d_; ++i) {
    for (std::size_t j = 0; j < d_; ++j) {
      const double n = points.reference_normal[j];
      const Number& c = cofactors[i][j];
      area[i] = add(area[i], {c.value * n, std::abs(c.value * n), c.error * std::abs(n)}, u);
    }
    square = add(square, multiply(whole(area[i]), whole(area[i]), u), u);
  }
  const Number length = square_root(whole(square), u);
  weights_[q] = {JxW, size, size * (length.error / length.value + 3.0 * u + kTableError)};
  for (std::size_t i = 0; i < d_; ++i) {
    const double value = points.normal[q * d_ + i];
    const Number n = divide(whole(area[i]), length, u);
    normals_[q * d_ + i] = {value, std::abs(value), d_ == 1 ? 0.0 : n.error};
  }
}

void EntityNumbers::update_shape(const EntityPoints& points, ShapeNumbers& out, double u) const {
  const ShapeTable& table = points.shapes[out.shape];
  const auto nodes = static_cast<std::size_t>(table.nodes);
  if (out.numbers.size() != nodes * count_) out.numbers = Lanes(nodes * count_);
  const auto slot = static_cast<std::size_t>(out.slot);
  if (slot == 0) {
    const double* values = table.physical.data();
    double scale = 1.0;
    for (std::size_t i = 0; i < nodes * count_; ++i) scale = std::max(scale, std::abs(values[i]));
    for (std::size_t i = 0; i < nodes * count_; ++i) {
      const double size = std::abs(values[i]);
      out.numbers.set(i, {values[i], size, u * size + kTableError * scale});
    }
    return;
  }
  for (std::size_t q = 0; q < count_; ++q) {
    if (slot <= d_) {
      first_derivative(points, q, slot - 1, out, u);
    } else {
      second_derivative(points, q, (slot - 1 - d_) / d_, (slot - 1 - d_) % d_, out, u);
    }
  }
}

void EntityNumbers::first_derivative(const EntityPoints& points, std::size_t q, std::size_t i,
                                     ShapeNumbers& out, double u) const {
  const ShapeTable& table = points.shapes[out.shape];
  const auto nodes = static_cast<std::size_t>(table.nodes);
  const std::size_t block = nodes * count_;
  std::array<double, 3> scale{};
  for (std::size_t a = 0; a < d_; ++a) {
    for (std::size_t n = 0; n < nodes; ++n) {
      scale[a] = std::max(scale[a], std::abs(table.reference[(1 + a) * block + n * count_ + q]));
    }
  }
  const auto steps = static_cast<double>(d_ + 1);
  for (std::size_t n = 0; n < nodes; ++n) {
    const std::size_t at = n * count_ + q;
    Number sum{table.physical[(1 + i) * block + at], 0.0, 0.0};
    for (std::size_t a = 0; a < d_; ++a) {
      const Number& K = inverses_[q][a][i];
      const double t = std::abs(table.reference[(1 + a) * block + at]);
      sum.magnitude += K.magnitude * t;
      sum.error += (K.error + steps * u * K.magnitude) * t + K.magnitude * kTableError * scale[a];
    }
    sum.magnitude = std::max(sum.magnitude, std::abs(sum.value));
    out.numbers.set(at, sum);
  }
}

void EntityNumbers::second_derivative(const EntityPoints& points, std::size_t q, std::size_t i,
                                      std::size_t j, ShapeNumbers& out, double u) const {
  const ShapeTable& table = points.shapes[out.shape];
  const auto nodes = static_cast<std::size_t>(table.nodes);
  const std::size_t block = nodes * count_;
  const auto& K = inverses_[q];
  double scale = 0.0;
  for (std::size_t n = 0; n < nodes; ++n) {
    for (std::size_t s = 1 + d_; s < 1 + d_ + d_ * d_; ++s) {
      scale = std::max(scale, std::abs(table.reference[s * block + n * count_ + q]));
    }
  }
  const double steps = 4.0 * static_cast<double>(d_ * d_);
  for (std::size_t n = 0; n < nodes; ++n) {
    const std::size_t at = n * count_ + q;
    Number sum{table.physical[(1 + d_ + i * d_ + j) * block + at], 0.0, 0.0};
    for (std::size_t a = 0; a < d_; ++a) {
      for (std::size_t b = 0; b < d_; ++b) {
        // ∂²φ/∂X_a∂X_b, and the part that the curvature of the map takes away.
        double t = std::abs(table.reference[(1 + d_ + a * d_ + b) * block + at]);
        for (std::size_t k = 0; k < d_; ++k) {
          for (std::size_t c = 0; c < d_; ++c) {
            t += std::abs(table.reference[(1 + c) * block + at]) * K[c][k].magnitude *
                 curvatures_[q][k][a][b];
          }
        }
        const double KK = K[a][i].magnitude * K[b][j].magnitude;
        sum.magnitude += KK * t;
        sum.error += (K[a][i].error * K[b][j].magnitude + K[a][i].magnitude * K[b][j].error +
                      steps * u * KK) *
                         2.0 * t +
                     KK * kTableError * scale;
      }
    }
    sum.magnitude = std::max(sum.magnitude, std::abs(sum.value));
    out.numbers.set(at, sum);
  }
}

}  // namespace femsynth::solvers
