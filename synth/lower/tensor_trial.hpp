#pragma once

#include <set>
#include <string>
#include <vector>

#include "synth/lower/tensor_jets.hpp"
#include "synth/lower/tensor_points.hpp"

namespace femsynth::synth {

/// The geometry at all points, computed once for all trial functions of a matrix, and a trial
/// function at a point.
class StoredMap {
 public:
  StoredMap(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
            const TensorPoints& points, LocalArrays& workspace)
      : context_(context), terms_(terms), points_(points), workspace_(workspace) {}

  /// Declares an array over the points of side '+', [q_0]…[…].
  void declare(const std::string& name, const std::vector<int>& more, const char* comment);
  /// The statements at a point, after its geometry, that store what the arguments read of it.
  Statements store(const Side& s);
  /// How later statements read that.
  PointGeometry read() const;

  /// The one component of Piola-mapped trial function j on the reference cell, and for curls those
  /// after it.
  Statements trial_component(Expression component) const;
  /// The jets of trial function j at the current point, named by trial_jet().
  Statements trial_jets(const LineBasis& trial, const SubSpace& part, int number,
                        const std::set<CopyJet>& read) const;

 private:
  /// An entry of an array over all points, at the current one.
  Expression entry(const char* name, int number, std::vector<Expression> indices) const;
  Expression inverse(int number, int e, int k) const;
  /// Entry (i, A) of a Piola map, and its derivative along X_e.
  Expression piola(int number, fem::PullBack pull_back, int i, Expression A) const;
  Expression piola_derivative(int number, fem::PullBack pull_back, int i, Expression A,
                              int e) const;
  Expression over_determinant(int number, Expression value) const;
  /// The array with K by reference axes: that of K where its rows are not in a facet's order.
  const char* cell_inverse() const;
  /// What is read of the arguments with that pull-back.
  JetReads argument_reads(fem::PullBack pull_back) const;

  /// w = φ_j and w_k = ∂φ_j/∂x_k.
  Statements scalar_jets(const LineBasis& trial, int number, const std::set<CopyJet>& read) const;
  /// Those of a Piola-mapped function, from those of its component on the reference cell: W, and
  /// dW along the axes.
  Statements piola_jets(const LineBasis& trial, const SubSpace& part, int number,
                        const std::set<CopyJet>& read) const;
  /// D_i_e = ∂w_i/∂X_e.
  Statements along_axes(const SubSpace& part, int number, int i) const;
  Expression piola_jet(const SubSpace& part, int number, const CopyJet& jet) const;

  const IntegralContext& context_;
  const std::vector<ScaledTerm>& terms_;
  const TensorPoints& points_;
  LocalArrays& workspace_;
};

/// Name of a jet of trial function j at a point.
std::string trial_jet(const SubSpace& part, const CopyJet& jet);

}  // namespace femsynth::synth
