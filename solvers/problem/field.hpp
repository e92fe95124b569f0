#pragma once

#include <span>
#include <string>
#include <vector>

#include "fem/language/form_file.hpp"
#include "fem/spaces/dof_map.hpp"
#include "solvers/problem/problem.hpp"

namespace femsynth::solvers {

/// A function of x that a problem file gives: its components, and what it is, for messages.
struct Field {
  fem::FieldExpression expression;
  fem::Shape shape;
  PlacedText place;
  std::string what;  ///< "set.f", "the Dirichlet value", …
};

/// Reads an expression that must have `shape`. Throws LocatedError at its place in the problem
/// file.
Field read_field(const Problem& problem, const PlacedText& text, meshes::CellType cell,
                 const fem::Shape& shape, const std::string& what);

/// Values at points (n × d row-major), n × components row-major. Throws LocatedError for a value
/// that is not finite, with the point.
std::vector<double> values_at(const Problem& problem, const Field& field,
                              std::span<const double> points);

/// Does the field depend on x?
bool depends_on_x(const Field& field);

}  // namespace femsynth::solvers
