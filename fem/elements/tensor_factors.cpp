#include "fem/elements/tensor_factors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "fem/elements/basix_element.hpp"
#include "fem/elements/products.hpp"
#include "fem/elements/tabulate.hpp"

namespace femsynth::fem {
namespace {

/// The point of the interval's nodes that has that coordinate; −1 if none.
int node_at(const std::vector<double>& points, double x) {
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (std::abs(points[k] - x) < 1e-10) return static_cast<int>(k);
  }
  return -1;
}

/// Of each node and axis, the node of the interval with the same coordinate; −1 if none.
std::vector<int> matched_points(const Element& element, const Element& interval) {
  const std::vector<double>& line = nodes(interval);
  std::vector<int> index;
  for (const double x : nodes(element)) index.push_back(node_at(line, x));
  return index;
}

/// Of each node and axis, where bases are numbered with the last axis fastest.
std::vector<int> lexicographic(const Element& element, int extent) {
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  std::vector<int> index(static_cast<std::size_t>(dimension(element)) * t);
  for (std::size_t i = 0; i < index.size() / t; ++i) {
    int rest = static_cast<int>(i);
    for (std::size_t k = t; k-- > 0; rest /= extent) index[i * t + k] = rest % extent;
  }
  return index;
}

/// Is φ_i(X) = Π ψ(X_k) at a point that no symmetry distinguishes?
bool is_product(const Element& element, const TensorFactors& factors) {
  constexpr std::array<double, 3> X{0.137, 0.415, 0.843};
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  const auto point = std::span(X).first(t);
  const std::vector<double> whole = basix_element(element).tabulate(0, point, {1, t}).first;
  const std::vector<double> products = tabulate_products(factors, 0, point);
  return std::equal(whole.begin(), whole.end(), products.begin(), products.end(),
                    [](double a, double b) { return std::abs(a - b) <= 1e-10; });
}

std::optional<TensorFactors> make_factors(const Element& element) {
  TensorFactors factors;
  factors.interval = element;
  factors.interval.cell = meshes::CellType::interval;
  factors.extent = dimension(factors.interval);
  factors.index = element.lagrange_variant == LagrangeVariant::legendre
                      ? lexicographic(element, factors.extent)
                      : matched_points(element, factors.interval);
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  factors.node_of.assign(static_cast<std::size_t>(dimension(element)), -1);
  for (std::size_t i = 0; i < factors.node_of.size(); ++i) {
    std::size_t place = 0;
    for (std::size_t k = 0; k < t; ++k) {
      const int at = factors.index.at(i * t + k);
      if (at < 0) return std::nullopt;
      place = place * static_cast<std::size_t>(factors.extent) + static_cast<std::size_t>(at);
    }
    if (place >= factors.node_of.size() || factors.node_of[place] >= 0) return std::nullopt;
    factors.node_of[place] = static_cast<int>(i);
  }
  if (!is_product(element, factors)) return std::nullopt;
  return factors;
}

}  // namespace

const TensorFactors* tensor_factors(const Element& element) {
  const bool lagrange =
      element.family == Family::lagrange || element.family == Family::discontinuous_lagrange;
  const bool product_cell = element.cell == meshes::CellType::quadrilateral ||
                            element.cell == meshes::CellType::hexahedron;
  if (!lagrange || !product_cell) return nullptr;
  static std::mutex mutex;
  static std::map<Element, std::unique_ptr<const std::optional<TensorFactors>>> cache;
  Element basic = element;
  basic.shape.clear();
  basic.symmetric = false;
  const std::scoped_lock lock(mutex);
  auto& entry = cache[basic];
  if (!entry) entry = std::make_unique<const std::optional<TensorFactors>>(make_factors(basic));
  return *entry ? &**entry : nullptr;
}

std::vector<double> tabulate_products(const TensorFactors& factors, int derivatives,
                                      std::span<const double> points) {
  const std::size_t t = factors.index.size() / factors.node_of.size();
  const auto extent = static_cast<std::size_t>(factors.extent);
  return multiply_out({t, extent, factors.index}, derivatives,
                      tabulate(factors.interval, derivatives, points).values);
}

}  // namespace femsynth::fem
