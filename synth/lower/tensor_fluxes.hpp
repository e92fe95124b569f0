#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "synth/lower/tensor_grid.hpp"

/// What multiplies the jets of the test functions at all points at once.
namespace femsynth::synth {

/// A component of a part of the test function on one side, and of a complex form's output.
struct TestComponent {
  std::size_t part = 0;
  int side = 0;
  int block = 0;
  bool imaginary = false;
  auto operator<=>(const TestComponent&) const = default;
};

/// What multiplies the physical jets of one test component: summands by derivative.
using Fluxes = std::map<TestComponent, std::map<std::int32_t, std::vector<Expression>>>;

/// Name of the array [q_0]… with the values (derivative −1) or derivatives along reference axis e
/// of component `block` of a part of a function.
std::string at_points(const std::string& name, int block, int derivative);

/// These arrays of a function.
std::vector<PointArray> point_arrays(const std::string& name, int block, bool value, bool gradient,
                                     int tdim);

/// Entry (e, k) of K = ∂X_e/∂x_k at the current point on a side.
using Inverse = std::function<Expression(int side, int e, int k)>;

/// The statements at a point that store the fluxes, pulled back: F and Σ_k K_ek F_k. `points`: by
/// side, the indices of the point among its own. Declares their arrays.
std::vector<Statement> store_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                    const Inverse& inverse,
                                    const std::vector<std::vector<Expression>>& points,
                                    LocalArrays& arrays);

/// Σ_q (F φ_i + Σ_e F_e ∂φ_i/∂X_e) for all test functions: `add` makes the statement that adds it
/// to row `dof`.
using AddToRow =
    std::function<Statement(Expression dof, const TestComponent& test, Expression value)>;
std::vector<Statement> integrate_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                        TableSet& tables, const AddToRow& add, LocalArrays& arrays);

}  // namespace femsynth::synth
