#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "synth/kernel/module.hpp"

/// Sum factorisation: a tensor-product basis is evaluated at a tensor-product rule's points, and
/// integrated against, one axis after another, in O(t · m^(t+1)) operations where the whole table
/// takes O(m^(2t)) (Orszag 1980; Vos, Sherwin, Kirby, J. Comput. Phys. 229, 2010).
///
/// On a facet the axes are those of its frame, then the one across it: along that there is one
/// point, where the facet cuts it, and no index.
namespace femsynth::synth {

/// A tensor-product basis of n functions an axis, and a rule of m points an axis.
struct LineBasis {
  std::string label;          ///< part of names
  int axes = 0;               ///< t
  int nodes = 0;              ///< n
  int points = 0;             ///< m
  std::string values;         ///< table [q][i]: ψ_i at point q
  std::string gradients;      ///< table [q][i]: ψ_i′ at point q
  std::string facet;          ///< variable that holds the facet's number; "" in a cell
  std::string end_values;     ///< table [facet][i]: ψ_i where the facet cuts the axis across it
  std::string end_gradients;  ///< table [facet][i]: ψ_i′ there
  /// Integer table [i_0]…[i_{t−1}], of a facet [facet][i_0]…: the node's number in the element.
  std::string place;
  std::string index;  ///< integer table [node][k], of a facet [facet][node][k]: i_k

  bool on_facet() const { return !facet.empty(); }
  /// Axes with more than one point.
  int point_axes() const { return on_facet() ? axes - 1 : axes; }
};

/// Arrays that statements use, each to be declared once before all of them: intermediate results
/// of functions with equal bases share theirs.
class LocalArrays {
 public:
  /// A name that is there already must have the same extents.
  void declare(const std::string& name, const std::vector<int>& dims,
               const std::string& comment = {});
  /// The declarations so far; none are left.
  std::vector<Statement> take() { return std::exchange(declarations_, {}); }

 private:
  std::vector<Statement> declarations_;
};

/// An array over the points, [q_0]…, and which reference derivative of the function it holds:
/// −1 for the value, e for the derivative along axis e.
struct PointArray {
  std::string name;
  int derivative = -1;
};

/// Fills the wanted arrays with Σ_i f_i φ_i and its derivatives at all points; `dof` reads f_i of
/// a node's number.
std::vector<Statement> evaluate_at_points(const LineBasis& basis,
                                          const std::vector<PointArray>& wanted,
                                          const std::function<Expression(Expression)>& dof,
                                          LocalArrays& arrays);

/// Σ_q (F(q) φ_i(q) + Σ_e F_e(q) ∂φ_i/∂X_e(q)) for all nodes i: `add` makes the statement that
/// adds the value to the place of a node's number.
std::vector<Statement> integrate_over_points(
    const LineBasis& basis, const std::vector<PointArray>& given,
    const std::function<Statement(Expression node, Expression value)>& add, LocalArrays& arrays);

/// Loops over all points, q_0 outermost, with `q` = their number in the rule.
std::vector<Statement> over_points(const LineBasis& basis, std::vector<Statement> body);

/// The indices q_0, q_1, … of a point; `letter` instead of q.
std::vector<Expression> point_indices(const LineBasis& basis, const char* letter = "q");

/// ψ_i, or its derivative, along an axis, at the point with these indices.
Expression line_value(const LineBasis& basis, int axis, bool derivative,
                      const std::vector<Expression>& point, Expression i);

}  // namespace femsynth::synth
