#pragma once

#include <compare>
#include <string>
#include <vector>

#include "meshes/cell_type.hpp"

/// Finite elements: what a form names, and what Basix tabulates.
namespace femsynth::fem {

/// Extents of a tensor; empty for a scalar.
using Shape = std::vector<int>;
/// Product of the extents; 1 for a scalar.
int size_of(const Shape& shape);
/// Python's spelling: "()", "(2,)", "(3, 3)".
std::string to_string(const Shape& shape);

/// Families that a form file can name.
enum class Family {
  lagrange,                ///< continuous, degree ≥ 1; UFL "P", "Q", "CG", "Lagrange"
  discontinuous_lagrange,  ///< degree ≥ 0; UFL "DG", "DP", "DQ", "Discontinuous Lagrange"
};

/// A finite element as a form names it: a scalar element, blocked `size_of(shape)` times.
/// Its dofs in a cell are numbered block-fastest: dof = node · size_of(shape) + component,
/// components in row-major order.
struct Element {
  Family family = Family::lagrange;
  meshes::CellType cell = meshes::CellType::triangle;
  int degree = 1;
  Shape shape;  ///< value shape
  auto operator<=>(const Element&) const = default;

  int block_size() const { return size_of(shape); }
};

/// UFL's spelling, as basix.ufl: `element("P", "triangle", 2, shape=(2,))`.
std::string to_string(const Element& element);

/// Throws InputError unless Basix tabulates the element here: Lagrange of degree 1 to 4,
/// discontinuous Lagrange of degree 0 to 4, positive extents.
void check_element(const Element& element);

}  // namespace femsynth::fem
