#include "fem/elements/tabulate.hpp"

#include <basix/finite-element.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "fem/elements/basix_cell.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

/// Creating an element costs up to milliseconds, so each is created once and kept for good:
/// references to it stay valid.
const basix::FiniteElement& basix_element(const Element& element) {
  using Key = std::tuple<Family, meshes::CellType, int>;
  static std::mutex mutex;
  static std::map<Key, std::unique_ptr<const basix::FiniteElement>> cache;
  check_element(element);
  const std::scoped_lock lock(mutex);
  auto& entry = cache[{element.family, element.cell, element.degree}];
  if (!entry) {
    entry = std::make_unique<const basix::FiniteElement>(
        basix::create_element(basix::element::family::P, to_basix(element.cell), element.degree,
                              basix::element::lagrange_variant::gll_warped,
                              element.family == Family::discontinuous_lagrange));
  }
  return *entry;
}

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

}  // namespace

Tabulation tabulate(const Element& element, int derivatives, std::span<const double> points) {
  const auto d = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (derivatives < 0 || derivatives > 2 || points.size() % d != 0) {
    throw InternalError(fmt::format("tabulate: {} derivatives at {} coordinates of dimension {}",
                                    derivatives, points.size(), d));
  }
  const basix::FiniteElement& basix = basix_element(element);
  Tabulation table;
  table.points = points.size() / d;
  table.nodes = static_cast<std::size_t>(basix.dim());
  auto [values, shape] = basix.tabulate(derivatives, points, {table.points, d});
  table.derivatives = shape[0];
  table.values = std::move(values);
  const std::size_t size = table.points * table.nodes;
  const std::size_t ends[] = {0, 1, 1 + d, 1 + d + d * (d + 1) / 2};
  for (int order = 0; order <= derivatives; ++order) {
    snap(std::span(table.values)
             .subspan(ends[order] * size, (ends[order + 1] - ends[order]) * size));
  }
  return table;
}

const std::vector<double>& nodes(const Element& element) {
  return basix_element(element).points().first;
}

int dimension(const Element& element) { return basix_element(element).dim(); }

const std::vector<std::vector<std::vector<int>>>& entity_nodes(const Element& element) {
  return basix_element(element).entity_dofs();
}

}  // namespace femsynth::fem
