#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fem/elements/tensor_factors.hpp"
#include "synth/kernel/module.hpp"
#include "synth/lower/tables.hpp"

/// Sum factorisation: a tensor-product basis is evaluated at a tensor-product rule's points, and
/// integrated against, one axis after another, in O(t · m^(t+1)) operations where the whole table
/// takes O(m^(2t)) (Orszag 1980; Vos, Sherwin, Kirby, J. Comput. Phys. 229, 2010).
namespace femsynth::synth {

/// A tensor-product basis of n functions an axis, and a rule of m points an axis.
struct LineBasis {
  std::string label;      ///< part of names
  int axes = 0;           ///< t
  int nodes = 0;          ///< n
  int points = 0;         ///< m
  std::string values;     ///< table [q][i]: ψ_i at point q
  std::string gradients;  ///< table [q][i]: ψ_i′ at point q
  std::string place;      ///< integer table [i_0]…[i_{t−1}]: the node's number in the element
  std::string index;      ///< integer table [node][k]: i_k
};

/// Adds the tables of a basis at the points of the line rule for `degree`.
LineBasis make_line_basis(TableSet& tables, const fem::Element& element,
                          const fem::TensorFactors& factors, int degree, const std::string& suffix);

/// An array over the points, [q_0]…[q_{t−1}], and which reference derivative of the function it
/// holds: −1 for the value, e for ∂/∂X_e.
struct PointArray {
  std::string name;
  int derivative = -1;
};

/// Declares and fills the wanted arrays with Σ_i f_i φ_i and its derivatives at all points;
/// `dof` reads f_i of a node's number. `prefix` is part of the names of intermediate arrays.
std::vector<Statement> evaluate_at_points(const LineBasis& basis, const std::string& prefix,
                                          const std::vector<PointArray>& wanted,
                                          const std::function<Expression(Expression)>& dof);

/// Σ_q (F(q) φ_i(q) + Σ_e F_e(q) ∂φ_i/∂X_e(q)) for all nodes i: `add` makes the statement that
/// adds the value to the place of a node's number.
std::vector<Statement> integrate_over_points(
    const LineBasis& basis, const std::string& prefix, const std::vector<PointArray>& given,
    const std::function<Statement(Expression node, Expression value)>& add);

/// Loops over all points, q_0 outermost, with `q` = their number in the rule.
std::vector<Statement> over_points(const LineBasis& basis, std::vector<Statement> body);

/// The indices q_0, …, q_{t−1}.
std::vector<Expression> point_indices(const LineBasis& basis);

}  // namespace femsynth::synth
