#include "fem/elements/products.hpp"

#include <array>

#include "fem/elements/derivatives.hpp"

namespace femsynth::fem {

std::vector<double> multiply_out(const Products& products, int derivatives,
                                 std::span<const double> lines) {
  const std::size_t t = products.dimension;
  const std::size_t functions = products.index.size() / t;
  const std::size_t by_order = lines.size() / (static_cast<std::size_t>(derivatives) + 1);
  const std::size_t points = by_order / (products.factors * t);
  std::vector<double> result;
  result.reserve(derivative_count(t, derivatives) * points * functions);
  for (int order = 0; order <= derivatives; ++order) {
    for (const Directions& along : directions_of_order(static_cast<int>(t), order)) {
      std::array<std::size_t, 3> orders{};
      for (const int axis : along) ++orders[static_cast<std::size_t>(axis)];
      for (std::size_t p = 0; p < points; ++p) {
        std::array<const double*, 3> line{};
        for (std::size_t k = 0; k < t; ++k) {
          line[k] = &lines[orders[k] * by_order + (p * t + k) * products.factors];
        }
        for (std::size_t i = 0; i < functions; ++i) {
          double product = 1;
          for (std::size_t k = 0; k < t; ++k) product *= line[k][products.index[i * t + k]];
          result.push_back(product);
        }
      }
    }
  }
  return result;
}

}  // namespace femsynth::fem
