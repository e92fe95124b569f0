#pragma once

#include "fem/form/graph.hpp"
#include "synth/lower/multilinear.hpp"

/// Argument factorisation: the integrand of a form as a multilinear form in the jets (values and
/// physical derivatives) of test and trial function, with scalars as coefficients,
///
///     Σ  c_{(a,α),(b,β)}(x) · ∂^α v_a · ∂^β u_b .
///
/// The expression DAG is evaluated once, node by node, over tensors whose entries are such sparse
/// sums, so nothing is expanded before it is known which components meet.
namespace femsynth::synth {

/// The factorised integrand of one integral.
struct Integrand {
  ScalarGraph scalars;
  Multilinear terms;      ///< the real part
  Multilinear imaginary;  ///< of a complex form; basis functions are real
};

/// Factorises `root`, a scalar in which derivatives stand at terminals only. Throws InputError
/// (without a place) for derivatives of order above
/// fem::max_derivative_order and for an expression whose tensors
/// have more than `max_entries` components in all.
/// `complex`: coefficients and constants have imaginary parts; inner() and outer() are bilinear, as
/// passes/lower_complex leaves them.
Integrand factorise(const fem::ExprGraph& graph, fem::ExprId root, bool complex = false);

/// The components of a tensor, factorised over one graph of scalars.
struct FactorisedTensor {
  ScalarGraph scalars;
  std::vector<Multilinear> components;  ///< row-major: the real parts
  std::vector<Multilinear> imaginary;   ///< beside them
};
/// Factorises `root`, a tensor without free indices; otherwise as factorise().
FactorisedTensor factorise_components(const fem::ExprGraph& graph, fem::ExprId root,
                                      bool complex = false);

/// How often a geometric quantity changes: where the map is affine, all but the place of the point
/// is one a cell.
Variation variation_of(fem::GeometricQuantity quantity, bool affine);

constexpr std::size_t max_entries = 2'000'000;

}  // namespace femsynth::synth
