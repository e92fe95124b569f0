#pragma once

#include <string>

#include "synth/lower/tensor_points.hpp"

namespace femsynth::synth {

/// Finite element functions in sum factorisation: evaluated at all points at once on the reference
/// cell, and taken to space at each.
class TensorFunctions {
 public:
  TensorFunctions(const IntegralContext& context, const TensorPoints& points, TableSet& tables,
                  LocalArrays& arrays)
      : context_(context), points_(points), tables_(tables), arrays_(arrays) {}

  /// Reference values and gradients of a function on a side at all points.
  Statements evaluate(const PointFunction& function, int number);
  /// Physical jets of a function at the current point, from its arrays at all points.
  Statements jets_at_point(const PointFunction& function, int number) const;

 private:
  const Side& side(int number) const { return context_.sides[static_cast<std::size_t>(number)]; }
  /// The same of a Piola-mapped part: its reference components.
  Statements evaluate_piola(const SubSpace& part, const std::string& name, const std::string& local,
                            int number);
  Statements piola_jets(const SubSpace& part, const std::string& name, int number) const;

  const IntegralContext& context_;
  const TensorPoints& points_;
  TableSet& tables_;
  LocalArrays& arrays_;
};

}  // namespace femsynth::synth
