#pragma once

#include <functional>
#include <string>
#include <vector>

#include "synth/lower/tensor_grid.hpp"

/// Piola-mapped bases in sum factorisation. Of each function one reference component is a product
/// Π_k f_{j_k}(X_k) (fem/elements/piola_factors.hpp), but not all products of the factors occur. So
/// sums over the functions, and integrals against them, go through all products of Legendre
/// polynomials, component by component; each factor is a sum of few of these. On a facet these
/// products are of the axes along it; what the factor across it is there, each function has to
/// itself, so that functions that vanish there do so exactly.
namespace femsynth::synth {

/// The tables of such a basis.
struct PiolaBasis {
  LineBasis legendre;     ///< Legendre polynomials along axes with points: nodes are products
  LineBasis factors;      ///< the f_j; the index table has the j_k of each function
  int functions = 0;      ///< basis functions
  std::string component;  ///< integer table [i]: the component that is not zero
  std::string first;   ///< integer table [j]: factor j's terms are first[j] … first[j + 1] − 1
  std::string degree;  ///< integer table [s]: a term's Legendre polynomial
  std::string coefficient;  ///< table [s]: what multiplies it
};

/// The basis of an element that has fem::piola_factors; adds its tables.
PiolaBasis make_piola_basis(const IntegralContext& context, const fem::Element& basic,
                            const Side& side, TableSet& tables);

/// Coefficient of the Legendre products' function `node` in a component.
Expression legendre_coefficient(const PiolaBasis& basis, int component, Expression node);

/// Computes these coefficients of Σ_i f_i φ_i; `dof` reads f_i. On a facet, of its derivative
/// across it where `across`.
std::vector<Statement> to_legendre(const PiolaBasis& basis,
                                   const std::function<Expression(Expression)>& dof, bool across,
                                   LocalArrays& arrays);

/// From the integrals against Legendre products, which are where their coefficients else are, to
/// those against all functions i: `add` makes the statement that adds the value to row i.
std::vector<Statement> from_legendre(
    const PiolaBasis& basis,
    const std::function<Statement(Expression i, Expression value)>& add_to_row,
    LocalArrays& arrays);

}  // namespace femsynth::synth
