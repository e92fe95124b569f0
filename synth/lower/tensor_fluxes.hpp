#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "synth/lower/piola_products.hpp"

/// What multiplies the jets of the test functions at all points at once.
namespace femsynth::synth {

/// A copy of a part of the test function on one side, and of a complex form's output.
struct TestComponent {
  std::size_t part = 0;
  int side = 0;
  int copy = 0;
  bool imaginary = false;
  auto operator<=>(const TestComponent&) const = default;
};

/// A jet of a copy: its component (0 of a scalar), and a derivative as Jet::derivative or one of
/// tensor_jets.hpp.
struct CopyJet {
  int component = 0;
  std::int32_t derivative = 0;
  auto operator<=>(const CopyJet&) const = default;
};

/// What multiplies the physical jets of one copy of a test function: summands by jet.
using Fluxes = std::map<TestComponent, std::map<CopyJet, std::vector<Expression>>>;

/// Name of the array [q_0]… with the values (derivative −1) or derivatives along reference axis e
/// of reference component `block` of all copies of a part of a function.
std::string at_points(const std::string& name, int block, int derivative);

/// These arrays of a function.
std::vector<PointArray> point_arrays(const std::string& name, int block, bool value, bool gradient,
                                     int tdim);

/// How statements at a point read its geometry on a side.
struct PointGeometry {
  std::function<Expression(int side, int e, int k)> inverse;  ///< ∂X_e/∂x_k, by a facet's own axes
  /// What Piola maps multiply a reference component A by for component i of the value, and its
  /// derivative along X_e.
  std::function<Expression(int side, fem::PullBack pull_back, int i, int A)> piola;
  std::function<Expression(int side, fem::PullBack pull_back, int i, int A, int e)>
      piola_derivative;
  std::function<Expression(int side, Expression value)> over_determinant;  ///< value / det J
};

/// The statements at a point that store the fluxes, pulled back: what multiplies the values of a
/// function on the reference cell and their derivatives there. `points`: by side, the indices of
/// the point among its own. Declares their arrays.
std::vector<Statement> store_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                    const PointGeometry& geometry,
                                    const std::vector<std::vector<Expression>>& points,
                                    LocalArrays& arrays);

/// Σ_q (F φ_i + Σ_e F_e ∂φ_i/∂X_e) for all test functions: `add` makes the statement that adds it
/// to row `dof`.
using AddToRow =
    std::function<Statement(Expression dof, const TestComponent& test, Expression value)>;
std::vector<Statement> integrate_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                        TableSet& tables, const AddToRow& add, LocalArrays& arrays);

}  // namespace femsynth::synth
