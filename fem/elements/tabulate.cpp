#include "fem/elements/tabulate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>

#include "fem/elements/basix_element.hpp"
#include "fem/elements/piola_factors.hpp"
#include "fem/elements/pyramid.hpp"
#include "fem/elements/quadrature.hpp"
#include "fem/elements/tensor_factors.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

/// Replaces what is 0, 1 or −1 but for rounding by that number.
void snap(std::span<double> values) {
  double scale = 1.0;
  for (const double v : values) scale = std::max(scale, std::abs(v));
  const double tolerance = 64.0 * std::numeric_limits<double>::epsilon() * scale;
  for (double& v : values) {
    for (const double target : {0.0, 1.0, -1.0}) {
      if (std::abs(v - target) <= tolerance) v = target;
    }
  }
}

/// Dofs that are values at points of a cell, apart from Basix's: quadrature and Real elements.
struct PointSetElement {
  std::vector<double> points;
  std::vector<std::vector<std::vector<int>>> entity_nodes;
};

PointSetElement make_point_set(const Element& element) {
  PointSetElement result;
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (t == 0) throw InternalError("no element lives on a point");
  if (element.family == Family::real) {
    result.points.assign(t, 0.0);
    const int vertices = meshes::vertex_count(element.cell);
    for (int v = 0; v < vertices; ++v) {
      const auto x = meshes::reference_vertex(element.cell, v);
      for (std::size_t i = 0; i < t; ++i) result.points[i] += x[i] / vertices;
    }
  } else if (element.scheme == "custom") {
    result.points = element.points;
  } else {
    result.points = cell_quadrature(element.cell, element.degree, element.scheme).points;
  }
  for (int dim = 0; dim <= static_cast<int>(t); ++dim) {
    result.entity_nodes.emplace_back(
        static_cast<std::size_t>(meshes::entity_count(element.cell, dim)));
  }
  std::vector<int>& inside = result.entity_nodes.back().front();
  inside.resize(result.points.size() / t);
  std::iota(inside.begin(), inside.end(), 0);
  return result;
}

const PointSetElement& point_set(const Element& element) {
  static std::mutex mutex;
  static std::map<Element, std::unique_ptr<const PointSetElement>> cache;
  if (element.is_composed()) {
    throw InternalError(fmt::format("{} is not a basic element", to_string(element)));
  }
  check_element(element);
  Element basic = element;
  basic.shape.clear();
  basic.symmetric = false;
  const std::scoped_lock lock(mutex);
  auto& entry = cache[basic];
  if (!entry) entry = std::make_unique<const PointSetElement>(make_point_set(basic));
  return *entry;
}

/// Lagrange elements on pyramids, where Basix's functions are not continuous between cells.
bool is_rational(const Element& element) {
  return element.cell == meshes::CellType::pyramid && element.degree > 0 &&
         (element.family == Family::lagrange || element.family == Family::discontinuous_lagrange);
}

Tabulation tabulate_quadrature(const Element& element, int derivatives,
                               std::span<const double> points) {
  const std::vector<double>& own = point_set(element).points;
  if (derivatives > 0) {
    throw InputError(
        fmt::format("{} has values at its points alone, no derivatives", to_string(element)));
  }
  const auto near = [](double a, double b) { return std::abs(a - b) <= 1e-12; };
  if (!std::equal(own.begin(), own.end(), points.begin(), points.end(), near)) {
    throw InputError(fmt::format(
        "{} has values at its {} points alone: integrate with the quadrature rule of its scheme "
        "and degree",
        to_string(element),
        own.size() / static_cast<std::size_t>(meshes::dimension(element.cell))));
  }
  Tabulation table;
  table.derivatives = 1;
  table.points = table.nodes = static_cast<std::size_t>(dimension(element));
  table.values.assign(table.points * table.nodes, 0.0);
  for (std::size_t i = 0; i < table.points; ++i) table.values[i * table.nodes + i] = 1.0;
  return table;
}

}  // namespace

Tabulation tabulate(const Element& element, int derivatives, std::span<const double> points) {
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (derivatives < 0 || derivatives > max_tabulated_order || points.size() % t != 0) {
    throw InternalError(fmt::format("tabulate: {} derivatives at {} coordinates of dimension {}",
                                    derivatives, points.size(), t));
  }
  if (element.family == Family::quadrature) {
    return tabulate_quadrature(element, derivatives, points);
  }
  Tabulation table;
  table.points = points.size() / t;
  table.derivatives = derivative_count(t, derivatives);
  if (element.family == Family::real) {
    check_element(element);
    table.nodes = 1;
    table.values.assign(table.derivatives * table.points, 0.0);
    std::fill_n(table.values.begin(), table.points, 1.0);
    return table;
  }
  const basix::FiniteElement& basix = basix_element(element);
  table.nodes = static_cast<std::size_t>(basix.dim());
  for (const std::size_t extent : basix.value_shape()) table.components *= extent;
  if (is_rational(element)) {
    table.values = tabulate_pyramid(element.degree, basix.points().first, derivatives, points);
  } else if (const PiolaFactors* piola = piola_factors(element)) {
    table.values = tabulate_products(*piola, derivatives, points);
  } else if (const TensorFactors* lines = tensor_factors(element)) {
    table.values = tabulate_products(*lines, derivatives, points);
  } else {
    table.values = basix.tabulate(derivatives, points, {table.points, t}).first;
  }
  const std::size_t size = table.points * table.nodes * table.components;
  for (int order = 0; order <= derivatives; ++order) {
    const std::size_t begin = derivative_count(t, order - 1);
    snap(std::span(table.values).subspan(begin * size, derivatives_of_order(t, order) * size));
  }
  return table;
}

bool is_nodal(const Element& element) {
  if (element.is_composed()) return false;
  if (!is_basix_family(element.family)) return true;
  return element.family != Family::hermite && basix_element(element).value_shape().empty() &&
         basix_element(element).interpolation_is_identity();
}

const std::vector<double>& nodes(const Element& element) {
  if (!is_nodal(element)) {
    throw InputError(fmt::format("the dofs of {} are not values at points", to_string(element)));
  }
  if (!is_basix_family(element.family)) return point_set(element).points;
  return basix_element(element).points().first;
}

int dimension(const Element& element) {
  if (!is_basix_family(element.family)) {
    return static_cast<int>(point_set(element).entity_nodes.back().front().size());
  }
  return basix_element(element).dim();
}

const std::vector<std::vector<std::vector<int>>>& entity_nodes(const Element& element) {
  if (!is_basix_family(element.family)) return point_set(element).entity_nodes;
  return basix_element(element).entity_dofs();
}

bool is_orientation_free(const Element& element) {
  return !is_basix_family(element.family) ||
         basix_element(element).dof_transformations_are_identity();
}

int embedded_degree(const Element& element) {
  if (element.is_composed()) {
    int degree = 0;
    for (const Element& part : element.parts) degree = std::max(degree, embedded_degree(part));
    return degree;
  }
  if (element.family == Family::quadrature) return element.degree;
  if (element.family == Family::real) return 0;
  return basix_element(element).highest_degree();
}

}  // namespace femsynth::fem
