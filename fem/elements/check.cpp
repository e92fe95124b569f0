#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "fem/elements/element.hpp"
#include "fem/elements/quadrature.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;

/// Degrees of a family on a cell, Basix's; the greatest are those that are made in a second.
struct Degrees {
  CellType cell;
  int least;
  int greatest;
};

constexpr int kSimplex = 10;  // also quadrilaterals
constexpr int kSolid = 8;     // tetrahedra
constexpr int kTensor = 6;    // hexahedra, prisms, pyramids

std::vector<Degrees> on(int least, std::initializer_list<CellType> cells) {
  std::vector<Degrees> result;
  for (const CellType cell : cells) {
    const int greatest = meshes::dimension(cell) < 3     ? kSimplex
                         : cell == CellType::tetrahedron ? kSolid
                                                         : kTensor;
    result.push_back({cell, least, greatest});
  }
  return result;
}

/// Where a family of Basix's exists.
std::vector<Degrees> degrees_of(Family family) {
  using enum CellType;
  switch (family) {
    case Family::lagrange:
      return on(1, {interval, triangle, tetrahedron, quadrilateral, hexahedron, prism, pyramid});
    case Family::discontinuous_lagrange:
      return on(0, {interval, triangle, tetrahedron, quadrilateral, hexahedron, prism, pyramid});
    case Family::dpc:
      return on(0, {quadrilateral, hexahedron});
    case Family::serendipity:
      return on(1, {interval, quadrilateral, hexahedron});
    case Family::bubble:
      return {{interval, 2, kSimplex},
              {triangle, 3, kSimplex},
              {tetrahedron, 4, kSolid},
              {quadrilateral, 2, kSimplex},
              {hexahedron, 2, kTensor}};
    case Family::crouzeix_raviart:
      return {{triangle, 1, 1}, {tetrahedron, 1, 1}};
    case Family::hermite:
      return {{interval, 3, 3}, {triangle, 3, 3}, {tetrahedron, 3, 3}};
    case Family::raviart_thomas:
    case Family::bdm:
    case Family::nedelec_first:
    case Family::nedelec_second:
      return on(1, {triangle, tetrahedron, quadrilateral, hexahedron});
    case Family::regge:
      return on(0, {triangle, tetrahedron});
    case Family::hhj:
      return on(0, {triangle});
    case Family::quadrature:
    case Family::real:
    case Family::mixed:
    case Family::enriched:
      break;
  }
  return {};
}

[[noreturn]] void refuse(const Element& element, const std::string& reason) {
  throw InputError(fmt::format("{}: {}", to_string(element), reason));
}

void check_degree(const Element& element) {
  std::vector<std::string_view> cells;
  for (const Degrees& range : degrees_of(element.family)) {
    cells.push_back(meshes::name_of(range.cell));
    if (range.cell != element.cell) continue;
    if (element.degree >= range.least && element.degree <= range.greatest) return;
    refuse(element, range.least == range.greatest
                        ? fmt::format("the degree is {}, this family has degree {} alone",
                                      element.degree, range.least)
                        : fmt::format("the degree is {}, {} to {} are supported", element.degree,
                                      range.least, range.greatest));
  }
  refuse(element, fmt::format("this family exists on {} alone", fmt::join(cells, ", ")));
}

void check_variant(const Element& element) {
  const bool continuous = element.family == Family::lagrange;
  if (!continuous && element.family != Family::discontinuous_lagrange) return;
  switch (element.lagrange_variant) {
    case LagrangeVariant::gll_warped:
      if (element.cell == CellType::pyramid && element.degree > 2) {
        refuse(element, "on pyramids degrees above 2 need lagrange_variant equispaced");
      }
      return;
    case LagrangeVariant::gll_isaac:
    case LagrangeVariant::gll_centroid:
      if (element.cell == CellType::pyramid) {
        refuse(element, "pyramids have no such points, take lagrange_variant equispaced");
      }
      return;
    case LagrangeVariant::equispaced:
      return;
    case LagrangeVariant::bernstein:
      if (!meshes::is_simplex(element.cell)) {
        refuse(element, "Bernstein elements exist on simplices alone");
      }
      if (!continuous) refuse(element, "Basix has no discontinuous Bernstein elements");
      return;
    case LagrangeVariant::chebyshev_warped:
    case LagrangeVariant::chebyshev_isaac:
    case LagrangeVariant::chebyshev_centroid:
    case LagrangeVariant::gl_warped:
    case LagrangeVariant::gl_isaac:
    case LagrangeVariant::gl_centroid:
      if (!continuous && element.cell == CellType::prism) {
        refuse(element, "prisms have no such points, take lagrange_variant gll_warped or legendre");
      }
      [[fallthrough]];
    case LagrangeVariant::legendre:
      if (continuous) refuse(element, "this variant of Lagrange elements is discontinuous: use DG");
      if (element.cell == CellType::pyramid) {
        refuse(element, "pyramids have no such functions, take lagrange_variant equispaced");
      }
  }
}

void check_quadrature(const Element& element) {
  if (element.scheme != "custom") {
    cell_quadrature(element.cell, element.degree, element.scheme);  // throws by itself
    return;
  }
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (element.points.empty() || element.points.size() % t != 0) {
    refuse(element,
           fmt::format("{} coordinates are no points of dimension {}", element.points.size(), t));
  }
  if (!element.weights.empty() && element.weights.size() * t != element.points.size()) {
    refuse(element, fmt::format("{} points and {} weights", element.points.size() / t,
                                element.weights.size()));
  }
}

void check_parts(const Element& element) {
  if (element.parts.empty()) refuse(element, "an element of no parts");
  for (const Element& part : element.parts) {
    check_element(part);
    if (part.cell != element.cell) {
      refuse(element, fmt::format("{} and {} are on different cells",
                                  to_string(element.parts.front()), to_string(part)));
    }
  }
  if (element.family != Family::enriched) return;
  const Shape shape = value_shape(element.parts.front(), meshes::dimension(element.cell));
  for (const Element& part : element.parts) {
    if (value_shape(part, meshes::dimension(element.cell)) != shape ||
        part.family == Family::mixed) {
      refuse(element, fmt::format("{} and {} have no common value shape",
                                  to_string(element.parts.front()), to_string(part)));
    }
    if (sub_elements(part, meshes::dimension(element.cell)).size() == 1 &&
        pull_back(part.family) != pull_back(element.parts.front().family)) {
      refuse(element, fmt::format("{} and {} have different pull-backs",
                                  to_string(element.parts.front()), to_string(part)));
    }
  }
}

}  // namespace

void check_element(const Element& element) {
  if (std::any_of(element.shape.begin(), element.shape.end(), [](int n) { return n < 1; })) {
    refuse(element, "the extents of a shape are positive");
  }
  if (element.symmetric && (element.shape.size() != 2 || element.shape[0] != element.shape[1])) {
    refuse(element, "only a shape (n, n) can be symmetric");
  }
  switch (element.family) {
    case Family::mixed:
    case Family::enriched:
      return check_parts(element);
    case Family::quadrature:
      return check_quadrature(element);
    case Family::real:
      if (element.degree != 0) refuse(element, "a Real element has degree 0");
      return;
    default:
      check_degree(element);
      check_variant(element);
  }
}

}  // namespace femsynth::fem
