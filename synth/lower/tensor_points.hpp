#pragma once

#include <string>
#include <vector>

#include "synth/lower/geometric_quantities.hpp"
#include "synth/lower/geometry.hpp"
#include "synth/lower/tensor_fluxes.hpp"

namespace femsynth::synth {

/// Geometry and quantities of an entity, by side; `other_point` declares the number of the point
/// of side '−'.
struct EntityGeometry {
  const std::vector<Geometry>& sides;
  const std::vector<GeometricQuantities>& quantities;
  Statements other_point;
};

/// The points of an integral that is sum factorised, and the geometry at each.
class TensorPoints {
 public:
  TensorPoints(const IntegralContext& context, const EntityGeometry& entity, TableSet& tables);

  /// The points alone, as a basis without functions.
  const LineBasis& grid() const { return grid_; }
  /// The current point's indices, by side, among the side's own.
  const std::vector<std::vector<Expression>>& points() const { return points_; }
  const std::vector<Expression>& point(int number) const {
    return points_[static_cast<std::size_t>(number)];
  }
  /// Are gradients of scalar functions read?
  bool gradients() const { return gradients_; }

  /// Declares the number and indices of the point of side '−'.
  Statements other_indices() const;
  /// These, and the geometry at the current point.
  Statements geometry() const;
  const Geometry& map(int number) const { return geometry_[static_cast<std::size_t>(number)]; }
  /// K_ek at the current point; e counts a facet's own axes.
  Expression inverse(int number, int e, int k) const;
  /// The reference axis that is number k of a facet's own; where a Piola-mapped function is
  /// differentiated.
  Expression facet_axis(int number, int k) const;
  /// How statements after geometry() read it.
  PointGeometry read() const;

  /// A basis function with the indices `letter`0, `letter`1, … at the current point, or its
  /// derivative along an axis.
  Expression basis_product(const LineBasis& basis, int number, const char* letter,
                           int differentiated) const;

 private:
  /// Does side '−' number its points differently?
  bool numbers_points() const { return !context_.points.partners.empty(); }
  /// Lets the geometry read products of one-dimensional bases and weights.
  void factorise_geometry(TableSet& tables);
  /// The map's basis functions at the current point, and the weight.
  Statements map_basis(const Side& s) const;
  std::string facet_inverse(int number) const;
  /// K with its rows in the order of the facet's axes.
  Statements order_inverse(int number) const;

  const IntegralContext& context_;
  const EntityGeometry& entity_;
  LineBasis grid_;
  std::vector<std::vector<Expression>> points_;
  bool gradients_;
  std::string facet_axis_, facet_order_;  // on facets: tables
  std::vector<Geometry> geometry_;        // by side, as entity_.sides but for where it reads
  std::string line_weights_;              // a table, where the geometry reads products
  std::vector<LineBasis> map_bases_;      // by side, there
};

}  // namespace femsynth::synth
