#include "solvers/reference/dealii_reference.hpp"

#include <deal.II/base/config.h>
#include <deal.II/fe/fe_pyramid_p.h>
#include <deal.II/fe/fe_wedge_p.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>

#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_elements.hpp"

namespace femsynth::solvers {
namespace {

using meshes::CellType;

template <int dim>
std::vector<double> values_of(const dealii::FiniteElement<dim>& fe, [[maybe_unused]] CellType cell,
                              std::span<const double> points) {
  std::vector<double> values;
  for (std::size_t q = 0; q < points.size() / dim; ++q) {
    dealii::Point<dim> X;
    for (unsigned i = 0; i < dim; ++i) X[i] = points[q * dim + i];
    if constexpr (dim == 3) {  // deal.II's pyramid stands on [−1, 1]², its apex at (0, 0, 1)
      if (cell == CellType::pyramid) {
        for (unsigned i = 0; i < 2; ++i) X[i] = 2.0 * X[i] + X[2] - 1.0;
      }
    }
    for (unsigned j = 0; j < fe.n_dofs_per_cell(); ++j) values.push_back(fe.shape_value(j, X));
  }
  return values;
}

template <int dim>
std::vector<double> lagrange_values(CellType cell, int degree, std::span<const double> points) {
  const fem::Element element{fem::Family::discontinuous_lagrange, cell, degree};
  return values_of(*make_element<dim>(element), cell, points);
}

/// Products of complete polynomials on the triangle and on the interval: where deal.II has no
/// element on prisms of that degree, one that spans the same space.
std::vector<double> prism_values(int degree, std::span<const double> points) {
  std::vector<double> values;
  for (std::size_t q = 0; q < points.size() / 3; ++q) {
    const auto base = lagrange_values<2>(CellType::triangle, degree, points.subspan(3 * q, 2));
    const auto height =
        lagrange_values<1>(CellType::interval, degree, points.subspan(3 * q + 2, 1));
    for (const double z : height) {
      for (const double f : base) values.push_back(f * z);
    }
  }
  return values;
}

template <int dim>
void take(ReferenceRule& out, const dealii::Quadrature<dim>& rule) {
  for (unsigned q = 0; q < rule.size(); ++q) {
    for (unsigned i = 0; i < dim; ++i) out.points.push_back(rule.point(q)[i]);
    out.weights.push_back(rule.weight(q));
  }
}

/// Triangle × interval.
ReferenceRule prism_rule(int degree) {
  const auto base = own_rule<2>(true, degree);
  const auto height = own_rule<1>(true, degree);
  ReferenceRule rule;
  for (unsigned p = 0; p < base.size(); ++p) {
    for (unsigned q = 0; q < height.size(); ++q) {
      rule.points.insert(rule.points.end(),
                         {base.point(p)[0], base.point(p)[1], height.point(q)[0]});
      rule.weights.push_back(base.weight(p) * height.weight(q));
    }
  }
  return rule;
}

/// Gauss points of the cube, the top collapsed: (ξ (1 − ζ), η (1 − ζ), ζ) with Jacobian (1 − ζ)².
ReferenceRule pyramid_rule(int degree) {
  const auto cube = own_rule<3>(false, degree + 2);
  ReferenceRule rule;
  for (unsigned q = 0; q < cube.size(); ++q) {
    const double rest = 1.0 - cube.point(q)[2];
    rule.points.insert(rule.points.end(),
                       {cube.point(q)[0] * rest, cube.point(q)[1] * rest, cube.point(q)[2]});
    rule.weights.push_back(cube.weight(q) * rest * rest);
  }
  return rule;
}

}  // namespace

std::vector<double> dealii_shape_values(CellType cell, int degree, std::span<const double> points) {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  if (degree == 0) return std::vector<double>(points.size() / t, 1.0);
  if (cell == CellType::prism) {
    if (degree > 2) return prism_values(degree, points);
    return values_of(dealii::FE_WedgeP<3>(static_cast<unsigned>(degree)), cell, points);
  }
  if (cell == CellType::pyramid) {
    if (degree == 1) return values_of(dealii::FE_PyramidP<3>(1), cell, points);
    throw MissingComponent(fmt::format("deal.II has no element of degree {} on pyramids", degree));
  }
  if (t == 1) return lagrange_values<1>(cell, degree, points);
  return t == 2 ? lagrange_values<2>(cell, degree, points)
                : lagrange_values<3>(cell, degree, points);
}

ReferenceRule dealii_rule(CellType cell, int degree) {
  if (cell == CellType::prism) return prism_rule(degree);
  if (cell == CellType::pyramid) return pyramid_rule(degree);
  ReferenceRule rule;
  const bool simplex = meshes::is_simplex(cell);
  switch (meshes::dimension(cell)) {
    case 1:
      take(rule, own_rule<1>(simplex, degree));
      break;
    case 2:
      take(rule, own_rule<2>(simplex, degree));
      break;
    default:
      take(rule, own_rule<3>(simplex, degree));
  }
  return rule;
}

}  // namespace femsynth::solvers
