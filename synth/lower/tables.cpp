#include "synth/lower/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"

namespace femsynth::synth {
namespace {

/// Is values[a][b][c] the same for all b? Extents (n_a, n_b, n_c).
bool uniform_along_middle(const std::vector<double>& values, std::size_t n_a, std::size_t n_b,
                          std::size_t n_c) {
  for (std::size_t a = 0; a < n_a; ++a) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(a * n_b * n_c);
    for (std::size_t b = 1; b < n_b; ++b) {
      const auto other = first + static_cast<std::ptrdiff_t>(b * n_c);
      if (!std::equal(first, first + static_cast<std::ptrdiff_t>(n_c), other)) return false;
    }
  }
  return true;
}

/// values[a][0][c] of values[a][b][c].
std::vector<double> first_of_middle(const std::vector<double>& values, std::size_t n_a,
                                    std::size_t n_b, std::size_t n_c) {
  std::vector<double> result;
  for (std::size_t a = 0; a < n_a; ++a) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(a * n_b * n_c);
    result.insert(result.end(), first, first + static_cast<std::ptrdiff_t>(n_c));
  }
  return result;
}

std::string label_of(const fem::Element& element) {
  const bool simplex = meshes::is_simplex(element.cell);
  return fmt::format("{}{}{}", element.family == fem::Family::lagrange ? "" : "D",
                     simplex ? "P" : "Q", element.degree);
}

/// [facet][point][node][entry] of the derivatives `first` … `first + count − 1`.
std::vector<double> gather(const std::vector<fem::Tabulation>& tabulations, std::size_t first,
                           std::size_t count) {
  std::vector<double> values;
  for (const fem::Tabulation& t : tabulations) {
    for (std::size_t p = 0; p < t.points; ++p) {
      for (std::size_t i = 0; i < t.nodes; ++i) {
        for (std::size_t k = 0; k < count; ++k) values.push_back(t.at(first + k, p, i));
      }
    }
  }
  return values;
}

}  // namespace

PointSet make_points(meshes::CellType cell, bool facets, int degree) {
  PointSet points{cell, facets, {}};
  if (!facets) {
    points.rules.push_back(fem::cell_quadrature(cell, degree));
    return points;
  }
  for (int f = 0; f < meshes::facet_count(cell); ++f) {
    points.rules.push_back(fem::facet_quadrature(cell, f, degree));
  }
  return points;
}

Expression PointTable::at(std::vector<Expression> tail) const {
  std::vector<Expression> indices;
  if (by_facet) indices.push_back(build::var("facet"));
  if (by_point) indices.push_back(build::var("q"));
  for (Expression& index : tail) indices.push_back(std::move(index));
  if (indices.empty()) indices.push_back(build::integer(0));
  return build::at(name, std::move(indices));
}

std::optional<PointTable> TableSet::add(const std::string& name, const std::string& comment,
                                        const PointSet& points, const std::vector<int>& tail,
                                        const std::vector<double>& values) {
  if (std::all_of(values.begin(), values.end(), [](double v) { return v == 0; })) {
    return std::nullopt;
  }
  const std::size_t n_facets = points.rules.size();
  const std::size_t n_points = points.points();
  const std::size_t n_tail = values.size() / (n_facets * n_points);
  PointTable table{name, false, false};
  std::vector<double> kept = values;
  std::vector<int> dims = tail;
  table.by_point = !uniform_along_middle(kept, n_facets, n_points, n_tail);
  std::size_t inner = n_points * n_tail;
  if (table.by_point) {
    dims.insert(dims.begin(), static_cast<int>(n_points));
  } else {
    kept = first_of_middle(kept, n_facets, n_points, n_tail);
    inner = n_tail;
  }
  table.by_facet = !uniform_along_middle(kept, 1, n_facets, inner);
  if (table.by_facet) {
    dims.insert(dims.begin(), static_cast<int>(n_facets));
  } else {
    kept = first_of_middle(kept, 1, n_facets, inner);
  }
  if (dims.empty()) dims = {1};
  table.name = add_plain(name, comment, dims, kept);
  return table;
}

std::string TableSet::add_plain(const std::string& name, const std::string& comment,
                                const std::vector<int>& dims, const std::vector<double>& values) {
  bool taken = false;
  for (const Table& table : tables_) {
    if (table.dims == dims && table.values == values) return table.name;
    taken = taken || table.name == name;
  }
  std::string unique = name;
  for (int k = 1; taken; ++k) {
    unique = fmt::format("{}_{}", name, k);
    taken = std::any_of(tables_.begin(), tables_.end(),
                        [&](const Table& table) { return table.name == unique; });
  }
  tables_.push_back({unique, comment, ValueType::real, dims, values});
  return unique;
}

std::size_t TableSet::entries() const {
  std::size_t sum = 0;
  for (const Table& table : tables_) sum += table.values.size();
  return sum;
}

BasisTables make_basis_tables(TableSet& tables, const fem::Element& element, JetOrders orders,
                              const PointSet& points, const std::string& suffix) {
  fem::Element scalar = element;
  scalar.shape = {};
  const int order = orders.second ? 2 : orders.first ? 1 : 0;
  std::vector<fem::Tabulation> tabulations;
  for (const fem::QuadratureRule& rule : points.rules) {
    tabulations.push_back(fem::tabulate(scalar, order, rule.points));
  }
  BasisTables result;
  result.label = label_of(element);
  result.nodes = fem::dimension(scalar);
  const auto dim = static_cast<std::size_t>(meshes::dimension(element.cell));
  const std::string end = fmt::format("_{}_{}", result.label, suffix);
  const std::string where = points.facets ? "X_q on each facet" : "X_q";
  if (orders.value) {
    const std::vector<double> values = gather(tabulations, 0, 1);
    result.ones = std::all_of(values.begin(), values.end(), [](double v) { return v == 1; });
    if (!result.ones) {
      result.value = tables.add("phi" + end, fmt::format("φ_i({}), {} basis", where, result.label),
                                points, {result.nodes}, values);
    }
  }
  // A second derivative on a curved map reads the first ones too.
  if (orders.first || (orders.second && !meshes::is_simplex(element.cell))) {
    result.gradient = tables.add(
        "dphi" + end, fmt::format("∂φ_i/∂X_e at {}, {} basis", where, result.label), points,
        {result.nodes, static_cast<int>(dim)}, gather(tabulations, fem::derivative_index(0), dim));
  }
  if (orders.second) {
    const std::size_t count = dim * (dim + 1) / 2;
    result.hessian = tables.add(
        "ddphi" + end, fmt::format("∂²φ_i/∂X_e∂X_f at {}, e ≤ f, {} basis", where, result.label),
        points, {result.nodes, static_cast<int>(count)},
        gather(tabulations, fem::derivative_index(dim, 0, 0), count));
  }
  return result;
}

}  // namespace femsynth::synth
