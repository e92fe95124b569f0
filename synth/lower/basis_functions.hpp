#pragma once

#include <set>
#include <string>
#include <vector>

#include "synth/lower/pull_back.hpp"

/// The arguments' basis functions in physical space, and finite element functions at a point.
namespace femsynth::synth {

/// Physical values and derivatives of the basis functions that an integrand's terms read, in
/// arrays that are filled once for each basic element and side.
class BasisFunctions {
 public:
  /// One geometry a side.
  BasisFunctions(const IntegralContext& context, const std::vector<Geometry>& geometries);

  /// The arrays: those that are the same at all points, or the others.
  Statements statements(bool at_point) const;

  /// ∂^derivative of component `component` of basis function `node` of a part, on a side. A
  /// literal 1 or 0 where that is known.
  Expression jet(const SubSpace& part, int side, const Expression& node, int component,
                 std::int32_t derivative) const;

 private:
  /// A basic element on a side.
  struct Use {
    const SubSpace* part;
    int side;
  };
  bool constant_in_cell(const SubSpace& part) const;
  bool varies(const SubSpace& part, int order) const;
  Statements arrays(const Use& use) const;
  std::string array_name(const SubSpace& part, int side, int order) const;

  const IntegralContext& context_;
  const std::vector<Geometry>& geometries_;
  std::vector<Use> uses_;
};

/// Values and physical derivatives of Σ_j local[j] φ_j at the point, for one part of its space, in
/// arrays named jet_array(name, order).
Statements function_jets(const Geometry& geometry, const std::string& name,
                         const std::string& local, const SubSpace& part);

/// Is it a real literal of that value?
bool is_real(const Expression& e, double value);
/// a · b, without a literal 1.
Expression times(Expression a, Expression b);

}  // namespace femsynth::synth
