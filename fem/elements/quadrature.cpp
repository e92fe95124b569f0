#include "fem/elements/quadrature.hpp"

#include <basix/quadrature.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "fem/elements/basix_cell.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

QuadratureRule basix_rule(basix::cell::type cell, int dim, int degree) {
  if (degree < 0 || degree > max_quadrature_degree) {
    throw InputError(
        fmt::format("quadrature degree {}: 0 to {} are supported", degree, max_quadrature_degree));
  }
  auto [points, weights] =
      basix::quadrature::make_quadrature(basix::quadrature::type::Default, cell, degree);
  return {dim, std::move(points), std::move(weights)};
}

/// The facet's reference rule in its own coordinates; a point's rule has one weight of 1.
QuadratureRule facet_rule(CellType cell, int facet, int degree) {
  switch (meshes::facet_vertex_count(cell, facet)) {
    case 1:
      basix_rule(basix::cell::type::interval, 1, degree);  // same bounds as everywhere
      return {0, {}, {1.0}};
    case 2:
      return basix_rule(basix::cell::type::interval, 1, degree);
    case 3:
      return basix_rule(basix::cell::type::triangle, 2, degree);
    default:
      return basix_rule(basix::cell::type::quadrilateral, 2, degree);
  }
}

}  // namespace

QuadratureRule cell_quadrature(CellType cell, int degree) {
  return basix_rule(to_basix(cell), meshes::dimension(cell), degree);
}

QuadratureRule facet_quadrature(CellType cell, int facet, int degree) {
  const QuadratureRule rule = facet_rule(cell, facet, degree);
  const std::vector<double> tangents = facet_tangents(cell, facet);
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
  const auto d = static_cast<std::size_t>(meshes::dimension(cell));
  QuadratureRule mapped{static_cast<int>(d), std::vector<double>(rule.size() * d), rule.weights};
  for (std::size_t q = 0; q < rule.size(); ++q) {
    for (std::size_t i = 0; i < d; ++i) {
      double& x = mapped.points[q * d + i];
      x = origin[i];
      for (std::size_t k = 0; k + 1 < d; ++k) {
        x += tangents[i * (d - 1) + k] * rule.points[q * (d - 1) + k];
      }
    }
  }
  return mapped;
}

std::vector<double> facet_tangents(CellType cell, int facet) {
  const auto d = static_cast<std::size_t>(meshes::dimension(cell));
  std::vector<double> tangents(d * (d - 1));
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
  for (std::size_t k = 0; k + 1 < d; ++k) {
    const auto end =
        meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, static_cast<int>(k) + 1));
    for (std::size_t i = 0; i < d; ++i) tangents[i * (d - 1) + k] = end[i] - origin[i];
  }
  return tangents;
}

std::vector<double> facet_normal(CellType cell, int facet) {
  const auto [normals, shape] = basix::cell::facet_outward_normals(to_basix(cell));
  if (facet < 0 || static_cast<std::size_t>(facet) >= shape[0]) {
    throw InternalError(fmt::format("a {} has no facet {}", meshes::name_of(cell), facet));
  }
  const auto first = normals.begin() + facet * static_cast<std::ptrdiff_t>(shape[1]);
  return {first, first + static_cast<std::ptrdiff_t>(shape[1])};
}

double facet_scale(CellType cell, int facet, const double* jacobian) {
  const auto d = static_cast<std::size_t>(meshes::dimension(cell));
  if (d == 1) return 1.0;
  const std::vector<double> tangents = facet_tangents(cell, facet);
  std::array<std::array<double, 3>, 2> t{};  // columns of J T
  for (std::size_t k = 0; k + 1 < d; ++k) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        t[k][i] += jacobian[i * d + j] * tangents[j * (d - 1) + k];
      }
    }
  }
  if (d == 2) return std::hypot(t[0][0], t[0][1]);
  return std::hypot(t[0][1] * t[1][2] - t[0][2] * t[1][1], t[0][2] * t[1][0] - t[0][0] * t[1][2],
                    t[0][0] * t[1][1] - t[0][1] * t[1][0]);
}

}  // namespace femsynth::fem
