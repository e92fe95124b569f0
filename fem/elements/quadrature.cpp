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

basix::quadrature::type type_of(const std::string& scheme) {
  if (scheme == "default") return basix::quadrature::type::Default;
  if (scheme == "gauss_jacobi") return basix::quadrature::type::gauss_jacobi;
  if (scheme == "gll") return basix::quadrature::type::gll;
  if (scheme == "xiao_gimbutas") return basix::quadrature::type::xiao_gimbutas;
  throw InputError(
      fmt::format("there is no quadrature scheme '{}': default, gauss_jacobi, gll, xiao_gimbutas "
                  "and vertex exist",
                  scheme));
}

/// The schemes that are not for every cell.
void check_cell(CellType cell, const std::string& scheme) {
  const bool triangular = cell == CellType::triangle || cell == CellType::tetrahedron;
  const bool cubic =
      cell == CellType::interval || cell == CellType::quadrilateral || cell == CellType::hexahedron;
  if (scheme == "gll" && !cubic) {
    throw InputError(
        fmt::format("the quadrature rule gll is for intervals, quadrilaterals and "
                    "hexahedra, not for the {}",
                    meshes::name_of(cell)));
  }
  if (scheme == "xiao_gimbutas" && !triangular) {
    throw InputError(
        fmt::format("the quadrature rule xiao_gimbutas is for triangles and "
                    "tetrahedra, not for the {}",
                    meshes::name_of(cell)));
  }
}

/// The collapsed cube: (x, y, z) ↦ (x (1 − z), y (1 − z), z), whose Jacobian is (1 − z)².
QuadratureRule pyramid_rule(int degree) {
  auto [points, weights] = basix::quadrature::make_quadrature(
      basix::quadrature::type::gauss_jacobi, basix::cell::type::hexahedron, degree + 2);
  for (std::size_t q = 0; q < weights.size(); ++q) {
    const double shrink = 1.0 - points[3 * q + 2];
    points[3 * q] *= shrink;
    points[3 * q + 1] *= shrink;
    weights[q] *= shrink * shrink;
  }
  return {3, std::move(points), std::move(weights)};
}

QuadratureRule vertex_rule(CellType cell) {
  const int vertices = meshes::vertex_count(cell);
  const int t = meshes::dimension(cell);
  QuadratureRule rule{t, {}, {}};
  for (int v = 0; v < vertices; ++v) {
    const auto x = meshes::reference_vertex(cell, v);
    rule.points.insert(rule.points.end(), x.begin(), x.begin() + t);
    rule.weights.push_back(meshes::reference_volume(cell) / vertices);
  }
  return rule;
}

/// Coordinates that rounding alone keeps from 0 or 1.
void put_on_boundary(std::vector<double>& coordinates) {
  for (double& x : coordinates) {
    if (std::abs(x - std::round(x)) < 1e-14) x = std::round(x);
  }
}

}  // namespace

bool QuadratureScheme::operator==(const QuadratureScheme& other) const {
  if (name != other.name || !custom != !other.custom) return false;
  return custom == other.custom || *custom == *other.custom;
}

QuadratureScheme scheme_of(const Element& element) {
  if (element.points.empty()) return {element.scheme.empty() ? "default" : element.scheme, {}};
  return {"custom", std::make_shared<const QuadratureRule>(QuadratureRule{
                        meshes::dimension(element.cell), element.points, element.weights})};
}

QuadratureRule cell_quadrature(CellType cell, int degree, const std::string& scheme) {
  if (degree < 0 || degree > max_quadrature_degree) {
    throw InputError(
        fmt::format("quadrature degree {}: 0 to {} are supported", degree, max_quadrature_degree));
  }
  if (scheme == "vertex") return vertex_rule(cell);
  check_cell(cell, scheme);
  const basix::quadrature::type type = type_of(scheme);
  if (cell == CellType::pyramid && (scheme == "default" || scheme == "gauss_jacobi")) {
    return pyramid_rule(degree);
  }
  try {
    auto [points, weights] = basix::quadrature::make_quadrature(type, to_basix(cell), degree);
    if (type == basix::quadrature::type::gll) put_on_boundary(points);
    return {meshes::dimension(cell), std::move(points), std::move(weights)};
  } catch (const std::runtime_error& error) {
    throw InputError(fmt::format("quadrature scheme '{}' of degree {} on the {}: {}", scheme,
                                 degree, meshes::name_of(cell), error.what()));
  }
}

QuadratureRule cell_quadrature(CellType cell, int degree, const QuadratureScheme& scheme) {
  if (!scheme.custom) return cell_quadrature(cell, degree, scheme.name);
  const QuadratureRule& rule = *scheme.custom;
  if (rule.dim != meshes::dimension(cell)) {
    throw InputError(fmt::format("quadrature points of dimension {} on the {}", rule.dim,
                                 meshes::name_of(cell)));
  }
  return rule;
}

int exact_degree(CellType cell, int degree, const QuadratureScheme& scheme) {
  if (scheme.custom) return -1;
  if (scheme.name == "vertex") return cell == CellType::pyramid ? 0 : 1;
  return degree;
}

QuadratureRule facet_quadrature(CellType cell, int facet, int degree,
                                const QuadratureScheme& scheme) {
  const bool two_shapes = cell == CellType::prism || cell == CellType::pyramid;
  if (scheme.custom && (two_shapes || cell == CellType::interval)) {
    throw InputError(
        fmt::format("quadrature points cannot be given for the facets of a {}, which "
                    "are {}",
                    meshes::name_of(cell), two_shapes ? "of two shapes" : "points"));
  }
  if (cell == CellType::interval) {
    cell_quadrature(cell, degree, scheme);  // the same errors as everywhere
    const auto x = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
    return {1, {x[0]}, {1.0}};
  }
  const QuadratureRule rule = cell_quadrature(meshes::facet_type(cell, facet), degree, scheme);
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

double facet_scale(CellType cell, int facet, const double* jacobian, int geometric_dim) {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  const std::size_t d = geometric_dim > 0 ? static_cast<std::size_t>(geometric_dim) : t;
  if (t == 1) return 1.0;
  const std::vector<double> tangents = facet_tangents(cell, facet);
  std::array<std::array<double, 3>, 2> images{};  // columns of J T
  for (std::size_t k = 0; k + 1 < t; ++k) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < t; ++j) {
        images[k][i] += jacobian[i * t + j] * tangents[j * (t - 1) + k];
      }
    }
  }
  const auto& [a, b] = images;
  if (t == 2) return std::hypot(a[0], a[1], a[2]);
  return std::hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                    a[0] * b[1] - a[1] * b[0]);
}

}  // namespace femsynth::fem
