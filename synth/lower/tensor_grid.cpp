#include "synth/lower/tensor_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/elements/piola_factors.hpp"
#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/elements/tensor_factors.hpp"
#include "meshes/topology.hpp"
#include "synth/lower/quantity_names.hpp"
#include "synth/lower/tensor_jets.hpp"

namespace femsynth::synth {
namespace {

/// Degree whose line rule has that many points.
int degree_of(std::size_t points) { return static_cast<int>(2 * points) - 1; }

/// Axes with several points.
int point_axes(const IntegralContext& context) {
  return context.points.on_facets() ? context.tdim - 1 : context.tdim;
}

std::size_t points_an_axis(const IntegralContext& context) {
  const double all = static_cast<double>(context.points.count);
  return static_cast<std::size_t>(std::lround(std::pow(all, 1.0 / point_axes(context))));
}

/// The reference axes of a place, those with several points first.
FacetAxes axes_of(const IntegralContext& context, std::size_t place) {
  if (context.points.on_facets()) return facet_axes(context.domain.cell, static_cast<int>(place));
  FacetAxes all;
  for (int k = 0; k < context.tdim; ++k) all.axes.push_back(k);
  return all;
}

/// The rule along the last of the axes with several points, if the whole is a product: the places'
/// first points, and weights that are sums over the other axes. If these are Gauss points, Gauss's
/// rule to the last bit.
fem::QuadratureRule line_rule(const IntegralContext& context) {
  const std::size_t m = points_an_axis(context);
  const auto t = static_cast<std::size_t>(context.tdim);
  const int axis = axes_of(context, 0).axes[static_cast<std::size_t>(point_axes(context)) - 1];
  const std::vector<double>& X = context.points.points[0];
  const std::vector<double>& weights = context.points.weights[0];
  fem::QuadratureRule line{1, std::vector<double>(m), std::vector<double>(m)};
  for (std::size_t q = 0; q < std::min(m, context.points.count); ++q) {
    line.points[q] = X[q * t + static_cast<std::size_t>(axis)];
    for (std::size_t r = q; r < context.points.count; r += m) line.weights[q] += weights[r];
  }
  if (degree_of(m) > fem::max_quadrature_degree) return line;
  fem::QuadratureRule gauss = fem::cell_quadrature(meshes::CellType::interval, degree_of(m));
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-13; };
  const bool same = std::ranges::equal(line.points, gauss.points, near) &&
                    std::ranges::equal(line.weights, gauss.weights, near);
  return same ? gauss : line;
}

/// Are the points of every place a product of a line rule's, the last axis running fastest?
bool is_product_rule(const IntegralContext& context) {
  const std::size_t m = points_an_axis(context);
  const auto t = static_cast<std::size_t>(context.tdim);
  const auto axes = static_cast<std::size_t>(point_axes(context));
  const fem::QuadratureRule line = line_rule(context);
  if (context.points.all_points() != context.points.count) return false;
  if (std::llround(std::pow(static_cast<double>(m), static_cast<double>(axes))) !=
      static_cast<long long>(context.points.count)) {
    return false;
  }
  for (std::size_t place = 0; place < context.points.places(); ++place) {
    const FacetAxes order = axes_of(context, place);
    for (std::size_t q = 0; q < context.points.count; ++q) {
      const double* X = &context.points.points[place][q * t];
      std::size_t rest = q;
      for (std::size_t k = axes; k-- > 0; rest /= m) {
        if (std::abs(X[order.axes[k]] - line.points[rest % m]) > 1e-13) return false;
      }
      if (axes < t && std::abs(X[order.axes[axes]] - order.end) > 1e-13) return false;
    }
  }
  return true;
}

std::string why_no_part(const SubSpace& part) {
  if (!part.orders.any()) return "";
  if (part.orders.highest() > 1) return "a derivative of higher order is read";
  const bool product = part.piola() ? fem::piola_factors(part.sub.basic) != nullptr
                                    : fem::tensor_factors(part.sub.basic) != nullptr;
  return product ? "" : "a basis is no product of one-dimensional ones";
}

std::string why_no_parts(const IntegralContext& context) {
  for (const FunctionSpace& space : context.arguments) {
    for (const SubSpace& part : space.parts) {
      if (std::string why = why_no_part(part); !why.empty()) return why;
    }
  }
  for (const CoefficientUse& use : context.coefficients) {
    for (const SubSpace& part : use.space.parts) {
      if (std::string why = why_no_part(part); !why.empty()) return why;
    }
  }
  return "";
}

bool reads_jacobian_derivatives(const IntegralContext& context) {
  return std::any_of(context.symbols.begin(), context.symbols.end(), [](const Symbol& s) {
    return s.kind == Symbol::Kind::geometry && jacobian_order(quantity_of(s)) > 0;
  });
}

/// ψ (derivative 0) or ψ′ (1) at some points, [point][i].
std::vector<double> line_values(const fem::Element& interval, std::size_t derivative,
                                const std::vector<double>& points) {
  const fem::Tabulation line = fem::tabulate(interval, 1, points);
  const auto size = static_cast<std::ptrdiff_t>(line.points * line.nodes);
  const auto begin = line.values.begin() + static_cast<std::ptrdiff_t>(derivative) * size;
  return {begin, begin + size};
}

/// Numbers of nodes by their indices along the axes of each place.
std::vector<double> numbers_by_place(const IntegralContext& context,
                                     const fem::TensorFactors& factors) {
  std::vector<double> result;
  const auto t = static_cast<std::size_t>(context.tdim);
  const std::size_t nodes = factors.node_of.size();
  const auto n = static_cast<std::size_t>(factors.extent);
  for (std::size_t place = 0; place < context.points.places(); ++place) {
    const FacetAxes order = axes_of(context, place);
    std::vector<double> numbers(nodes);
    for (std::size_t node = 0; node < nodes; ++node) {
      std::size_t flat = 0;
      for (const int axis : order.axes) {
        flat = flat * n +
               static_cast<std::size_t>(factors.index[node * t + static_cast<std::size_t>(axis)]);
      }
      numbers[flat] = static_cast<double>(node);
    }
    result.insert(result.end(), numbers.begin(), numbers.end());
  }
  return result;
}

}  // namespace

FacetAxes facet_axes(meshes::CellType cell, int facet) {
  const int t = meshes::dimension(cell);
  const auto corner = [&](int k) {
    return meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, k));
  };
  const auto origin = corner(0);
  std::vector<bool> along(static_cast<std::size_t>(t), false);
  FacetAxes result;
  for (int k = 0; k + 1 < t; ++k) {
    const auto end = corner(k + 1);
    for (int axis = 0; axis < t; ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      if (end[a] == origin[a]) continue;
      result.axes.push_back(axis);
      along[a] = true;
    }
  }
  for (int axis = 0; axis < t; ++axis) {
    if (along[static_cast<std::size_t>(axis)]) continue;
    result.axes.push_back(axis);
    result.end = origin[static_cast<std::size_t>(axis)];
  }
  return result;
}

std::string why_no_sum_factorisation(const IntegralContext& context,
                                     const std::vector<ScaledTerm>& terms) {
  const meshes::CellType cell = context.domain.cell;
  if (cell != meshes::CellType::quadrilateral && cell != meshes::CellType::hexahedron) {
    return "the cell is no tensor product";
  }
  if (context.points.kind == fem::IntegralKind::vertex || context.expression) {
    return "there is one point at a time";
  }
  if (std::string why = why_no_parts(context); !why.empty()) return why;
  if (reads_jacobian_derivatives(context)) return "a derivative of the Jacobian is read";
  if (std::string why = why_no_piola_jets(context, terms); !why.empty()) return why;
  return is_product_rule(context) ? "" : "the quadrature rule is no product";
}

LineBasis point_grid(const IntegralContext& context, const Side& side) {
  LineBasis grid;
  grid.axes = context.tdim;
  grid.points = static_cast<int>(points_an_axis(context));
  grid.facet = side.place;
  return grid;
}

namespace {

std::string table_ending(const IntegralContext& context, const LineBasis& basis) {
  return fmt::format("_{}_{}", basis.label, context.suffix);
}

}  // namespace

LineBasis tabulate_lines(const IntegralContext& context, const LineFunctions& functions,
                         const Side& side, TableSet& tables) {
  LineBasis basis = point_grid(context, side);
  basis.label = functions.label;
  basis.nodes = functions.count;
  const std::string end = table_ending(context, basis);
  const auto line_table = [&](const char* name, const char* where, std::size_t derivative,
                              const std::vector<double>& points) {
    const std::string what =
        fmt::format("{}{} {}", functions.symbol, derivative == 0 ? "" : "′", where);
    return tables.add_plain(name + end, what, {static_cast<int>(points.size()), basis.nodes},
                            functions.values(derivative, points));
  };
  const fem::QuadratureRule rule = line_rule(context);
  basis.values = line_table("psi", "at the points of an axis, [q][i]", 0, rule.points);
  basis.gradients = line_table("dpsi", "at the points of an axis, [q][i]", 1, rule.points);
  if (!context.points.on_facets()) return basis;
  std::vector<double> ends;
  for (std::size_t f = 0; f < context.points.places(); ++f) {
    ends.push_back(axes_of(context, f).end);
  }
  basis.end_values = line_table("psi_end", "where a facet cuts its axis, [facet][i]", 0, ends);
  basis.end_gradients = line_table("dpsi_end", "where a facet cuts its axis, [facet][i]", 1, ends);
  return basis;
}

std::string index_table(const IntegralContext& context, const LineBasis& basis,
                        const std::vector<int>& index, const std::string& what, TableSet& tables) {
  const auto t = static_cast<std::size_t>(context.tdim);
  std::vector<double> values;
  for (std::size_t place = 0; place < context.points.places(); ++place) {
    const FacetAxes order = axes_of(context, place);
    for (std::size_t node = 0; node < index.size() / t; ++node) {
      for (const int axis : order.axes) {
        values.push_back(index[node * t + static_cast<std::size_t>(axis)]);
      }
    }
  }
  std::vector<int> extents{static_cast<int>(index.size() / t), basis.axes};
  if (basis.on_facet()) {
    extents.insert(extents.begin(), static_cast<int>(context.points.places()));
  }
  return tables.add_plain("axis" + table_ending(context, basis),
                          what + (basis.on_facet() ? ", in a facet's axes" : ""), extents, values,
                          ValueType::integer);
}

LineBasis make_line_basis(const IntegralContext& context, const fem::Element& basic,
                          const Side& side, TableSet& tables) {
  const fem::TensorFactors& factors = *fem::tensor_factors(basic);
  LineBasis basis = tabulate_lines(context,
                                   {tables.label(basic), "ψ_i", factors.extent,
                                    [&](std::size_t derivative, const std::vector<double>& points) {
                                      return line_values(factors.interval, derivative, points);
                                    }},
                                   side, tables);
  std::vector<int> extents(static_cast<std::size_t>(basis.axes), basis.nodes);
  if (basis.on_facet()) {
    extents.insert(extents.begin(), static_cast<int>(context.points.places()));
  }
  basis.place =
      tables.add_plain("place" + table_ending(context, basis),
                       basis.on_facet() ? "number of the node (i_0, i_1, …) in a facet's axes"
                                        : "number of the node (i_0, i_1, …)",
                       extents, numbers_by_place(context, factors), ValueType::integer);
  basis.index = index_table(context, basis, factors.index, "i_0, i_1, … of each node", tables);
  return basis;
}

std::string line_weights(const IntegralContext& context, TableSet& tables) {
  const std::size_t m = points_an_axis(context);
  const fem::QuadratureRule line = line_rule(context);
  for (const std::vector<double>& weights : context.points.weights) {
    for (std::size_t q = 0; q < context.points.count; ++q) {
      double product = 1;
      std::size_t rest = q;
      for (int k = 0; k < point_axes(context); ++k, rest /= m) product *= line.weights[rest % m];
      if (std::abs(product - weights[q]) > 1e-14) return "";
    }
  }
  return tables.add_plain("line_weights_" + context.suffix, "weights along an axis",
                          {static_cast<int>(m)}, line.weights);
}

std::string facet_order_table(const IntegralContext& context, TableSet& tables) {
  std::vector<double> values;
  for (std::size_t f = 0; f < context.points.places(); ++f) {
    const FacetAxes order = axes_of(context, f);
    values.insert(values.end(), order.axes.begin(), order.axes.end());
  }
  return tables.add_plain(
      "facet_order_" + context.suffix, "the axes of each facet: along it, then across",
      {static_cast<int>(context.points.places()), context.tdim}, values, ValueType::integer);
}

std::string facet_axis_table(const IntegralContext& context, TableSet& tables) {
  const auto t = static_cast<std::size_t>(context.tdim);
  std::vector<double> values(context.points.places() * t);
  for (std::size_t f = 0; f < context.points.places(); ++f) {
    const FacetAxes order = axes_of(context, f);
    for (std::size_t k = 0; k < t; ++k) {
      values[f * t + static_cast<std::size_t>(order.axes[k])] = static_cast<double>(k);
    }
  }
  return tables.add_plain("facet_axis_" + context.suffix,
                          "where X_e stands among a facet's axes: along it, then across",
                          {static_cast<int>(context.points.places()), context.tdim}, values,
                          ValueType::integer);
}

}  // namespace femsynth::synth
