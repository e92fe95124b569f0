#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

#include "meshes/geometry.hpp"
#include "meshes/mesh.hpp"
#include "meshes/topology.hpp"

/// Closed surfaces in space, of one component, for tests of what lives on them.
namespace femsynth::meshes {

using SpacePoint = std::array<double, 3>;

/// Cells of geometry degree 1 to 3 in place of straight ones: every geometry node of theirs is
/// where `place` takes it.
inline Mesh bent(const Mesh& straight, int degree,
                 const std::function<SpacePoint(const SpacePoint&)>& place) {
  Mesh mesh = straight;
  for (std::size_t v = 0; v < mesh.vertices(); ++v) {
    const auto x = straight.vertex(v);
    const SpacePoint moved = place({x[0], x[1], x[2]});
    for (std::size_t i = 0; i < 3; ++i) mesh.coordinates[3 * v + i] = moved[i];
  }
  if (degree == 1) return mesh;
  mesh.curved_vertices = straight.vertices();
  mesh.geometry_degree = degree;
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const std::vector<double>& points = geometry_points(mesh.cell_type, degree);
  std::map<std::array<std::int64_t, 3>, std::int32_t> known;
  for (std::size_t c = 0; c < straight.cell_count(); ++c) {
    const auto corners = straight.cell(c);
    mesh.geometry_nodes.insert(mesh.geometry_nodes.end(), corners.begin(), corners.end());
    for (std::size_t k = corners.size(); k < points.size() / t; ++k) {
      const SpacePoint x = map_point(straight, c, &points[k * t]).x;
      const auto key = [](double value) {
        return static_cast<std::int64_t>(std::llround(1e9 * value));
      };
      const auto next = static_cast<std::int32_t>(mesh.points());
      const auto [at, is_new] = known.try_emplace({key(x[0]), key(x[1]), key(x[2])}, next);
      if (is_new) {
        const SpacePoint moved = place(x);
        mesh.coordinates.insert(mesh.coordinates.end(), moved.begin(), moved.end());
      }
      mesh.geometry_nodes.push_back(at->second);
    }
  }
  return mesh;
}

/// A dented sphere of 8 · 4^times triangles.
inline Mesh sphere(int times, int degree = 1) {
  std::vector<SpacePoint> points{{1, 0, 0},  {0, 1, 0},  {0, 0, 1},
                                 {-1, 0, 0}, {0, -1, 0}, {0, 0, -1}};
  using Triangle = std::array<std::int32_t, 3>;
  std::vector<Triangle> cells;
  for (const std::int32_t x : {0, 3}) {
    for (const std::int32_t y : {1, 4}) {
      for (const std::int32_t z : {2, 5}) cells.push_back({x, y, z});
    }
  }
  for (int k = 0; k < times; ++k) {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> middles;
    const auto middle = [&](std::int32_t a, std::int32_t b) {
      const auto next = static_cast<std::int32_t>(points.size());
      const auto [at, is_new] = middles.try_emplace(std::minmax(a, b), next);
      if (is_new) {
        const SpacePoint p = points[static_cast<std::size_t>(a)];
        const SpacePoint q = points[static_cast<std::size_t>(b)];
        points.push_back({(p[0] + q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2});
      }
      return at->second;
    };
    std::vector<Triangle> finer;
    for (const auto& [a, b, c] : cells) {
      const std::int32_t ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
      for (const Triangle& cell : {Triangle{a, ab, ca}, {ab, b, bc}, {ca, bc, c}, {ab, bc, ca}}) {
        finer.push_back(cell);
      }
    }
    cells = std::move(finer);
  }
  Mesh mesh;
  mesh.cell_type = CellType::triangle;
  mesh.geometric_dim = 3;
  for (const SpacePoint& p : points)
    mesh.coordinates.insert(mesh.coordinates.end(), p.begin(), p.end());
  for (const Triangle& cell : cells) mesh.cells.insert(mesh.cells.end(), cell.begin(), cell.end());
  mesh.cell_tags.assign(mesh.cell_count(), 0);
  sort_simplices(mesh);
  return bent(mesh, degree, [](const SpacePoint& x) {
    const double size = std::hypot(x[0], x[1], x[2]);
    const SpacePoint p{x[0] / size, x[1] / size, x[2] / size};
    const double r = 1.0 + 0.2 * p[0] * p[1] - 0.1 * p[2];
    return SpacePoint{r * p[0], r * p[1], r * p[2]};
  });
}

/// A torus of `around` × `across` quadrilaterals, or of twice as many triangles.
inline Mesh torus(CellType cell, int around, int across, int degree = 1) {
  Mesh mesh;
  mesh.cell_type = cell;
  mesh.geometric_dim = 3;
  const auto at = [&](int i, int j) { return across * (i % around) + j % across; };
  for (int i = 0; i < around; ++i) {
    for (int j = 0; j < across; ++j) {
      const double phi = 2 * std::numbers::pi * i / around;
      const double theta = 2 * std::numbers::pi * j / across;
      const double r = 1.0 + 0.4 * std::cos(theta);
      mesh.coordinates.insert(mesh.coordinates.end(),
                              {r * std::cos(phi), r * std::sin(phi), 0.4 * std::sin(theta)});
      const std::int32_t a = at(i, j), b = at(i + 1, j), c = at(i, j + 1), d = at(i + 1, j + 1);
      if (cell == CellType::quadrilateral) mesh.cells.insert(mesh.cells.end(), {a, b, c, d});
      if (cell == CellType::triangle) mesh.cells.insert(mesh.cells.end(), {a, b, d, a, c, d});
    }
  }
  mesh.cell_tags.assign(mesh.cell_count(), 0);
  orient_cells(mesh);
  return bent(mesh, degree, [](const SpacePoint& x) {
    const double phi = std::atan2(x[1], x[0]);
    const double theta = std::atan2(x[2], std::hypot(x[0], x[1]) - 1.0);
    const double r = 1.0 + 0.4 * std::cos(theta);
    return SpacePoint{r * std::cos(phi), r * std::sin(phi), 0.4 * std::sin(theta)};
  });
}

}  // namespace femsynth::meshes
