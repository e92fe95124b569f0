#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/passes/integrals.hpp"

namespace femsynth::synth {

/// Where the integrand of one integral is evaluated: in the cell, on each of its facets or at
/// each of its vertices ("places"). Every place has the same number of points that are summed
/// over; a shorter rule (facets of prisms and pyramids have two shapes) is filled up with points
/// of weight 0.
struct PointSet {
  meshes::CellType cell{};
  fem::IntegralKind kind = fem::IntegralKind::cell;
  std::size_t count = 0;  ///< points that are summed over
  /// [place]: coordinates in the reference cell, n × t. n ≥ count: beyond `count` there are
  /// points that only the other side of an interior facet sees.
  std::vector<std::vector<double>> points{};
  std::vector<std::vector<double>> facet_points{};  ///< [place]: the same in the facet, n × (t − 1)
  std::vector<std::vector<double>> weights{};       ///< [place][q]; empty where none are read
  /// Of interior facets whose frames may differ: which point of its own facet side '−' sees
  /// where '+' sees point q, [facet of '−'][permutation][q]. Empty: the same point.
  std::vector<double> partners{};
  int permutations = 1;

  std::size_t places() const { return points.size(); }
  /// Points of a place, those of the other side included.
  std::size_t all_points() const;
  bool on_facets() const {
    return kind == fem::IntegralKind::exterior_facet || kind == fem::IntegralKind::interior_facet;
  }
  /// Sides of an entity: 2 on interior facets.
  int sides() const { return kind == fem::IntegralKind::interior_facet ? 2 : 1; }
};

/// A rule for integrals.
struct RuleChoice {
  int degree = 0;
  const fem::QuadratureScheme* scheme = nullptr;  ///< none: the default
};

/// The points of an integral over entities of that kind. Throws InputError as fem::cell_quadrature
/// and fem::facet_quadrature.
PointSet make_points(meshes::CellType cell, fem::IntegralKind kind, const RuleChoice& choice);
/// Points given on the reference cell, n × t, without weights.
PointSet given_points(meshes::CellType cell, const std::vector<double>& points);

/// How generated code speaks of one side of an entity: the endings of its names, and the
/// variables that hold the number of its place and point.
struct Side {
  int number = 0;
  std::string ending;  ///< "", or "_p" and "_m" on interior facets
  std::string place;   ///< "facet…" or "corner"
  std::string point;   ///< "q", or "q_m" where the sides number their points differently
};
Side side_of(const PointSet& points, int number);

}  // namespace femsynth::synth
