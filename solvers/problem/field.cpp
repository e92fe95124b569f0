#include "solvers/problem/field.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "fem/spaces/interpolate.hpp"

namespace femsynth::solvers {
namespace {

/// Place in the problem file of a place in an expression.
SourceLocation place_in_file(const PlacedText& text, SourceLocation inside) {
  if (!text.verbatim || !inside.known()) return text.where;
  return {text.where.line + inside.line - 1,
          inside.line == 1 ? text.where.column + inside.column - 1 : inside.column};
}

}  // namespace

Field read_field(const Problem& problem, const PlacedText& text, meshes::CellType cell,
                 const fem::Shape& shape, const std::string& what) {
  try {
    Field field{fem::parse_field(text.text, cell, problem.path), shape, text, what};
    const auto wanted = static_cast<std::size_t>(fem::size_of(shape));
    if (field.expression.components.size() != wanted) {
      throw problem.error(text.where, fmt::format("{} has {} components; shape {} takes {}", what,
                                                  field.expression.components.size(),
                                                  fem::to_string(shape), wanted));
    }
    return field;
  } catch (const LocatedError& error) {
    throw problem.error(place_in_file(text, error.where()), error.message());
  }
}

std::vector<double> values_at(const Problem& problem, const Field& field,
                              std::span<const double> points) {
  const auto& [text, graph, ids] = field.expression;
  const std::size_t components = ids.size();
  const auto d = static_cast<std::size_t>(graph.dim());
  std::vector<double> values = fem::evaluate_at(graph, ids, points);
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (std::isfinite(values[k])) continue;
    throw problem.error(field.place.where,
                        fmt::format("{} is {} at x = ({})", field.what, values[k],
                                    fmt::join(points.subspan(k / components * d, d), ", ")));
  }
  return values;
}

bool depends_on_x(const Field& field) {
  const fem::ExprGraph& graph = field.expression.graph;
  const std::vector<fem::ExprId> nodes = fem::reachable(graph, field.expression.components);
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](fem::ExprId id) { return graph[id].op == fem::Op::spatial_coordinate; });
}

}  // namespace femsynth::solvers
