#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "fem/elements/element.hpp"
#include "solvers/reference/backend.hpp"

/// Reference bases as the oracle's own polynomials.
namespace femsynth::solvers {

/// A derivative along three axes: exponents of ∂_0, ∂_1, ∂_2.
using Exponents = std::array<int, 3>;

/// A basis and some of its derivatives at points: [node][component][point] for each derivative.
struct BasisTable {
  std::size_t points = 0;
  std::map<Exponents, std::vector<double>> derivatives;
};

/// Basis functions of one copy of a basic element on the reference cell, as polynomials: sums of
/// products of Legendre polynomials on [0, 1]. On a pyramid r = xy/(1 − z) is one more coordinate:
/// with the products in x, y, z of total degree up to k, those in x, y, r span the space of Bergot,
/// Cohen and Duruflé (2010), P_k + Σ_m r^m P_{k−m}(x, y). The coefficients are fitted to *values*
/// alone, by least squares in extended precision, or follow from nodes; everything else,
/// derivatives above all, is computed from these functions.
class PolynomialBasis {
 public:
  /// Values of all functions at points (n × t row-major): [point][node][component].
  using Values = std::function<std::vector<double>(std::span<const double> points)>;

  /// Fits polynomials of degree `degree` or up to three more. Throws MissingComponent where
  /// none fits.
  PolynomialBasis(meshes::CellType cell, int degree, std::size_t nodes, std::size_t components,
                  const Values& values);

  /// The functions of degree `degree` that are 1 at one of the nodes (n × t) and 0 at the others.
  PolynomialBasis(meshes::CellType cell, int degree, std::span<const double> nodes);

  std::size_t nodes() const { return nodes_; }
  std::size_t components() const { return components_; }
  /// Greatest difference between the fit and the values at points that were not fitted; of a basis
  /// that follows from nodes, at these.
  double residual() const { return residual_; }
  int degree() const { return degree_; }

  /// All derivatives up to `order`.
  BasisTable tabulate(std::span<const double> points, int order) const;

  /// The basis Σ_j change[i · nodes + j] ψ_j, of scalar functions.
  void change(const std::vector<double>& change);

 private:
  bool fit(const Values& values);
  std::vector<long double> terms(const double* X, const Exponents& along) const;

  meshes::CellType cell_;
  int degree_;
  std::size_t nodes_;
  std::size_t components_;
  std::vector<std::array<int, 3>> index_;  // of each term, see indices()
  std::vector<std::size_t> columns_;       // the (node · components + component) that are not zero
  std::vector<long double> coefficients_;  // [column][term]
  double residual_ = 0;
};

/// Makes and keeps the reference bases that the oracle needs. From deal.II: Lagrange elements on
/// simplices, tensor-product cells, prisms to degree 2 and linear pyramids, as the nodal bases of
/// their nodes; prisms of degree 3 from complete polynomials alike; pyramids of degree 2 and more
/// from rational functions of our own; all other families from the values of Basix's tables.
class ReferenceBases {
 public:
  explicit ReferenceBases(Backend& backend) : backend_(backend) {}
  /// Of a basic element.
  const PolynomialBasis& basis(fem::Element element);
  /// Of the geometry map.
  const PolynomialBasis& geometry(meshes::CellType cell, int degree);
  /// Values and derivatives of a basis at points; kept.
  const BasisTable& table(const PolynomialBasis& basis, std::span<const double> points, int order);
  /// The library's own rule, exact for the degree; kept.
  const ReferenceRule& rule(meshes::CellType cell, int degree);

 private:
  std::unique_ptr<PolynomialBasis> nodal(meshes::CellType cell, int degree,
                                         std::span<const double> nodes);

  Backend& backend_;
  std::map<fem::Element, std::unique_ptr<PolynomialBasis>> bases_;
  std::map<std::pair<meshes::CellType, int>, std::unique_ptr<PolynomialBasis>> geometries_;
  std::map<std::tuple<const PolynomialBasis*, int, std::vector<double>>, BasisTable> tables_;
  std::map<std::pair<meshes::CellType, int>, ReferenceRule> rules_;
};

/// Is it an element whose basis is the nodal one of fem::nodes?
bool has_nodal_basis(const fem::Element& element);

}  // namespace femsynth::solvers
