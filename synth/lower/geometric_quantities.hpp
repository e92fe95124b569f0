#pragma once

#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

/// The lets in kernel IR of the geometric quantities that an integrand reads on one side.
class GeometricQuantities {
 public:
  GeometricQuantities(const IntegralContext& context, TableSet& tables, const Geometry& geometry);

  /// Those that are the same in the whole cell (on the whole facet): before the loop over points,
  /// after Geometry::before_points.
  Statements before_points() const { return before_; }
  /// The others: after Geometry::at_point.
  Statements at_point() const { return at_; }

 private:
  Statements before_, at_;
};

}  // namespace femsynth::synth
