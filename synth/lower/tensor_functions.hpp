#pragma once

#include <string>
#include <vector>

#include "synth/lower/tensor_jets.hpp"
#include "synth/lower/tensor_points.hpp"

namespace femsynth::synth {

/// Finite element functions in sum factorisation: evaluated at all points at once on the reference
/// cell, and taken to space at each.
class TensorFunctions {
 public:
  TensorFunctions(const IntegralContext& context, const TensorPoints& points, TableSet& tables,
                  LocalArrays& arrays)
      : context_(context), points_(points), tables_(tables), arrays_(arrays) {}

  /// Reference values and derivatives of a function on a side at all points; `reads` by part.
  Statements evaluate(const PointFunction& function, const std::vector<JetReads>& reads,
                      int number);
  /// Physical jets of a function at the current point, from its arrays at all points.
  Statements jets_at_point(const PointFunction& function, const std::vector<JetReads>& reads,
                           int number) const;

 private:
  const Side& side(int number) const { return context_.sides[static_cast<std::size_t>(number)]; }
  /// The same of a Piola-mapped part: its reference components.
  Statements evaluate_piola(const SubSpace& part, const std::string& name, const std::string& local,
                            const JetReads& reads, int number);
  Statements piola_jets(const SubSpace& part, const std::string& name, const JetReads& reads,
                        int number) const;
  Statements divergence_and_curl(const std::string& name, int copy, const JetReads& reads,
                                 int number) const;

  const IntegralContext& context_;
  const TensorPoints& points_;
  TableSet& tables_;
  LocalArrays& arrays_;
};

/// A jet that such a function has at a point: as jet_component(), or its divergence or curl.
Expression function_jet(const PointFunction& function, const Jet& jet, const fem::Domain& domain);

}  // namespace femsynth::synth
