#pragma once

#include <deal.II/base/polynomials_barycentric.h>
#include <deal.II/base/quadrature_lib.h>
#include <deal.II/fe/fe_dgq.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_simplex_p.h>
#include <deal.II/fe/mapping_fe.h>
#include <deal.II/fe/mapping_q1.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "solvers/reference/backend.hpp"

/// Elements, mappings and quadrature of deal.II for our cells; only for the module's own files.
namespace femsynth::solvers {

/// Complete polynomials of one degree on a simplex, in the Bernstein basis over deal.II's
/// barycentric polynomials, all degrees of freedom inside the cell: where deal.II has no
/// Lagrange element of that degree, a change of basis makes one of it.
template <int dim>
class FE_SimplexBernstein : public dealii::FE_SimplexPoly<dim, dim> {
 public:
  explicit FE_SimplexBernstein(unsigned k)
      : dealii::FE_SimplexPoly<dim, dim>(
            dealii::BarycentricPolynomials<dim>(basis(k)),
            dealii::FiniteElementData<dim>(dofs_per_object(k),
                                           dealii::ReferenceCells::get_simplex<dim>(), 1, k,
                                           dealii::FiniteElementData<dim>::L2),
            {}, {}, dealii::FullMatrix<double>()) {}
  std::unique_ptr<dealii::FiniteElement<dim, dim>> clone() const override {
    return std::make_unique<FE_SimplexBernstein<dim>>(*this);
  }
  std::string get_name() const override {
    return "FE_SimplexBernstein<" + std::to_string(dim) + ">(" + std::to_string(this->degree) + ")";
  }

 private:
  using Polynomial = dealii::BarycentricPolynomial<dim>;

  static std::vector<Polynomial> basis(unsigned k) {
    std::vector<Polynomial> polynomials;
    std::array<unsigned, dim + 1> powers{};
    append(polynomials, powers, 0, k, std::tgamma(k + 1.0));
    return polynomials;
  }
  /// All multi-indices of the degree; the coefficient is the multinomial one.
  static void append(std::vector<Polynomial>& polynomials, std::array<unsigned, dim + 1>& powers,
                     unsigned axis, unsigned rest, double coefficient) {
    for (unsigned p = axis == dim ? rest : 0; p <= rest; ++p) {
      powers[axis] = p;
      const double scaled = coefficient / std::tgamma(p + 1.0);
      if (axis < dim) {
        append(polynomials, powers, axis + 1, rest - p, scaled);
        continue;
      }
      dealii::TableIndices<dim + 1> indices;
      for (unsigned i = 0; i <= dim; ++i) indices[i] = powers[i];
      polynomials.emplace_back(indices, std::round(scaled));
    }
  }
  static std::vector<unsigned> dofs_per_object(unsigned k) {
    std::vector<unsigned> dofs(dim + 1, 0);
    dofs[dim] = static_cast<unsigned>(basis(k).size());
    return dofs;
  }
};

/// deal.II's element with the same polynomials as ours.
template <int dim>
std::unique_ptr<dealii::FiniteElement<dim>> make_element(const fem::Element& element) {
  const auto degree = static_cast<unsigned>(element.degree);
  const bool continuous = element.family == fem::Family::lagrange;
  if constexpr (dim > 1) {
    if (meshes::is_simplex(element.cell)) {
      if (degree != 1 && degree != 2) return std::make_unique<FE_SimplexBernstein<dim>>(degree);
      if (continuous) return std::make_unique<dealii::FE_SimplexP<dim>>(degree);
      return std::make_unique<dealii::FE_SimplexDGP<dim>>(degree);
    }
  }
  if (continuous) return std::make_unique<dealii::FE_Q<dim>>(degree);
  return std::make_unique<dealii::FE_DGQ<dim>>(degree);
}

/// Does that element number its degrees of freedom as the space is continuous?
inline bool has_numbering(const fem::Element& element) {
  return element.family == fem::Family::discontinuous_lagrange || element.degree <= 2 ||
         !meshes::is_simplex(element.cell) || element.cell == meshes::CellType::interval;
}

/// The degree-one geometry map.
template <int dim>
std::unique_ptr<dealii::Mapping<dim>> make_mapping(meshes::CellType cell) {
  if constexpr (dim > 1) {
    if (meshes::is_simplex(cell)) {
      return std::make_unique<dealii::MappingFE<dim>>(dealii::FE_SimplexP<dim>(1));
    }
  }
  return std::make_unique<dealii::MappingQ1<dim>>();
}

/// A rule of deal.II's on the reference cell of that dimension, exact for `degree`.
template <int dim>
dealii::Quadrature<dim> own_rule(bool simplex, int degree) {
  const auto n = static_cast<unsigned>(degree / 2 + 1);  // exact for 2 n − 1
  if constexpr (dim <= 1) {
    return dealii::QGauss<dim>(n);
  } else {
    if (!simplex) return dealii::QGauss<dim>(n);
    if (n <= (dim == 2 ? 7u : 5u)) return dealii::QWitherdenVincentSimplex<dim>(n);
    // Gauss points on the cube, collapsed (Stroud's conical product): X_i = ξ_i Π_{j<i} (1 − ξ_j),
    // whose Jacobian Π_i (1 − ξ_i)^(dim−1−i) raises the degree by at most dim − 1.
    const dealii::QGauss<dim> cube(static_cast<unsigned>((degree + dim - 1) / 2 + 1));
    std::vector<dealii::Point<dim>> points;
    std::vector<double> weights;
    for (unsigned q = 0; q < cube.size(); ++q) {
      dealii::Point<dim> X;
      double rest = 1.0;
      double weight = cube.weight(q);
      for (unsigned i = 0; i < dim; ++i) {
        X[i] = cube.point(q)[i] * rest;
        weight *= std::pow(1.0 - cube.point(q)[i], static_cast<int>(dim - 1 - i));
        rest *= 1.0 - cube.point(q)[i];
      }
      points.push_back(X);
      weights.push_back(weight);
    }
    return dealii::Quadrature<dim>(points, weights);
  }
}

}  // namespace femsynth::solvers
