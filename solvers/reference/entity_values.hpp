#pragma once

#include <cstddef>

#include "solvers/reference/number.hpp"
#include "solvers/reference/tape_program.hpp"

namespace femsynth::solvers {

/// One scalar of a basis: which of an integral's shapes, which component of its physical value,
/// which derivative (see directions()).
struct ShapeKey {
  std::size_t shape = 0;
  int component = 0;
  int slot = 0;
  auto operator<=>(const ShapeKey&) const = default;
};

/// What the oracle knows about a cell, or one side of a facet, at the points of an integral, with
/// error bounds: how well a right kernel of unit roundoff u can know it.
class EntityValues {
 public:
  virtual ~EntityValues() = default;
  virtual std::size_t points() const = 0;
  /// Quadrature weight times the change of measure.
  virtual const Number& weight(std::size_t q) const = 0;
  virtual const Number& x(std::size_t q, std::size_t i) const = 0;
  virtual const Number& normal(std::size_t q, std::size_t i) const = 0;
  /// [node][point].
  virtual const Lanes& shape(const ShapeKey& key) const = 0;
  /// A geometric quantity's leaf.
  virtual Number quantity(const Leaf& leaf, std::size_t q) = 0;
};

}  // namespace femsynth::solvers
