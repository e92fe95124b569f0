#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

/// Derivatives of any order: how they are numbered, and the product rule.
namespace femsynth::fem {

/// Greatest order of derivatives of finite element functions that a form may read.
constexpr int max_derivative_order = 4;
/// Greatest order of derivatives that are tabulated: a Piola map reads the Jacobian's as often
/// differentiated as its function is.
constexpr int max_tabulated_order = max_derivative_order + 1;

/// Axes along which a derivative is taken, each as often as it is differentiated along. Ascending
/// where derivatives commute.
using Directions = std::vector<int>;

/// Derivatives of dimension `dim` up to an order ≥ −1, the value with them.
constexpr std::size_t derivative_count(std::size_t dim, int order) {
  if (order < 0) return 0;
  std::size_t count = 1;
  for (std::size_t k = 1; k <= static_cast<std::size_t>(order); ++k) count = count * (dim + k) / k;
  return count;
}

/// Derivatives of dimension `dim` of exactly that order ≥ 0.
constexpr std::size_t derivatives_of_order(std::size_t dim, int order) {
  return derivative_count(dim, order) - derivative_count(dim, order - 1);
}

/// Place of a derivative, its axes in any order, among all of dimension `dim`: the value; ∂/∂X_0 …
/// ∂/∂X_{d−1}; then ∂²/∂X_i∂X_j for i ≤ j, lexicographically (2D: XX, XY, YY; 3D: XX, XY, XZ, YY,
/// YZ, ZZ); then the higher ones alike (2D: XXX, XXY, XYY, YYY).
template <class Axis>
constexpr std::size_t derivative_index(std::size_t dim, std::span<const Axis> axes) {
  std::array<int, 3> times{};
  for (const Axis axis : axes) ++times[static_cast<std::size_t>(axis)];
  int rest = static_cast<int>(axes.size());
  std::size_t place = derivative_count(dim, rest - 1);
  for (std::size_t axis = 0; axis < dim; ++axis) {
    rest -= times[axis];
    if (rest > 0) place += derivatives_of_order(dim - axis, rest - 1);  // those that go on in axis
  }
  return place;
}
inline std::size_t derivative_index(std::size_t dim, const Directions& axes) {
  return derivative_index(dim, std::span(axes));
}

/// Place of ∂/∂X_i.
constexpr std::size_t derivative_index(std::size_t i) { return 1 + i; }
/// Place of ∂²/∂X_i∂X_j…, of dimension `dim`.
template <class... Axes>
constexpr std::size_t derivative_index(std::size_t dim, std::size_t i, std::size_t j,
                                       Axes... more) {
  const std::array<std::size_t, 2 + sizeof...(more)> axes{i, j, static_cast<std::size_t>(more)...};
  return derivative_index(dim, std::span<const std::size_t>(axes));
}

/// The derivatives of exactly that order ≥ 0, in their order.
std::vector<Directions> directions_of_order(int dim, int order);

/// `along` and another axis, ascending.
Directions with(Directions along, int axis);

/// A summand of the product rule: times · ∂_first f · ∂_second g.
struct ProductTerm {
  Directions first, second;
  int times = 1;
};
/// The product rule ∂_S (f g) = Σ_{T ⊆ S} ∂_T f ∂_{S∖T} g of a list S of axes, equal summands
/// counted: the first has T = ∅, the last T = S.
std::vector<ProductTerm> product_rule(const Directions& along);

}  // namespace femsynth::fem
