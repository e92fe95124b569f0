#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "meshes/cell_type.hpp"

namespace femsynth::meshes {

/// A point and its weight, on a reference cell.
struct WeightedPoint {
  std::array<double, 3> X{};
  double weight = 1.0;
};

/// Gauss–Legendre points of 8 (exact to degree 15) on [0, 1], by Newton's method.
inline std::vector<WeightedPoint> gauss() {
  constexpr int n = 8;
  std::vector<WeightedPoint> rule;
  for (int i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (i + 0.75) / (n + 0.5));
    double slope = 0.0;
    for (int step = 0; step < 50; ++step) {
      double p0 = 1.0;
      double p1 = x;
      for (int k = 2; k <= n; ++k) {
        const double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
        p0 = p1;
        p1 = p2;
      }
      slope = n * (x * p1 - p0) / (x * x - 1);
      x -= p1 / slope;
    }
    rule.push_back({{0.5 + 0.5 * x, 0.0, 0.0}, 1.0 / ((1 - x * x) * slope * slope)});
  }
  return rule;
}

/// A rule on any reference cell: Gauss points, collapsed (Duffy) where the cell has a tip.
inline std::vector<WeightedPoint> rule_of(CellType cell) {
  const auto line = gauss();
  std::vector<WeightedPoint> rule;
  const int dim = dimension(cell);
  for (const auto& a : line) {
    for (const auto& b : dim > 1 ? line : std::vector<WeightedPoint>(1)) {
      for (const auto& c : dim > 2 ? line : std::vector<WeightedPoint>(1)) {
        double x = a.X[0];
        double y = b.X[0];
        const double z = c.X[0];
        double weight = a.weight * b.weight * c.weight;
        if (cell == CellType::tetrahedron || cell == CellType::pyramid) {
          x *= 1 - z;
          y *= 1 - z;
          weight *= (1 - z) * (1 - z);
        }
        if (cell == CellType::triangle || cell == CellType::prism) {
          x *= 1 - y;
          weight *= 1 - y;
        }
        if (cell == CellType::tetrahedron) {
          x *= 1 - b.X[0];
          weight *= 1 - b.X[0];
        }
        rule.push_back({{x, y, z}, weight});
      }
    }
  }
  return rule;
}

}  // namespace femsynth::meshes
