#pragma once

#include <array>
#include <span>
#include <vector>

#include "solvers/reference/backend.hpp"
#include "solvers/reference/entity_values.hpp"
#include "solvers/reference/reference_form.hpp"

namespace femsynth::solvers {

/// A shape function's value or derivative at the points of an entity: [node][point] arrays.
struct ShapeNumbers {
  std::size_t shape = 0;
  int slot = 0;
  Lanes numbers;
};

/// What deal.II's FEValues and FEFaceValues say about one entity: Lagrange elements on straight
/// cells of the five classical types.
class EntityNumbers final : public EntityValues {
 public:
  EntityNumbers(meshes::CellType cell, fem::IntegralKind kind) : cell_(cell), kind_(kind) {}

  /// Which (shape, slot) pairs are to be made.
  void want(std::size_t shape, int slot);

  /// Takes over an entity's points.
  void update(const EntityPoints& points, double u);

  std::size_t points() const override { return count_; }
  const Number& weight(std::size_t q) const override { return weights_[q]; }
  const Number& x(std::size_t q, std::size_t i) const override { return x_[q * d_ + i]; }
  const Number& normal(std::size_t q, std::size_t i) const override { return normals_[q * d_ + i]; }
  const Lanes& shape(const ShapeKey& key) const override;
  /// None is known here.
  Number quantity(const Leaf& leaf, std::size_t q) override;

 private:
  using Matrix = std::array<std::array<Number, 3>, 3>;
  void update_geometry(const EntityPoints& points, std::size_t q, double u);
  void update_weight(const EntityPoints& points, std::size_t q, const Matrix& cofactors,
                     const Number& determinant, double u);
  void update_shape(const EntityPoints& points, ShapeNumbers& out, double u) const;
  void first_derivative(const EntityPoints& points, std::size_t q, std::size_t i, ShapeNumbers& out,
                        double u) const;
  void second_derivative(const EntityPoints& points, std::size_t q, std::size_t i, std::size_t j,
                         ShapeNumbers& out, double u) const;

  meshes::CellType cell_;
  fem::IntegralKind kind_;
  std::size_t d_ = 0;
  std::size_t count_ = 0;
  std::vector<Number> weights_;
  std::vector<Number> x_;
  std::vector<Number> normals_;
  std::vector<Matrix> inverses_;  // K = J⁻¹: [a][i] = ∂X_a/∂x_i
  std::vector<std::array<std::array<std::array<double, 3>, 3>, 3>> curvatures_;  // |∂²x_i/∂X_a∂X_b|
  std::vector<ShapeNumbers> shapes_;
};

}  // namespace femsynth::solvers
