#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "fem/form/graph.hpp"
#include "synth/lower/scalar_graph.hpp"

/// Argument factorisation: the integrand of a form as a multilinear form in the jets (values and
/// physical derivatives) of test and trial function, with scalars as coefficients,
///
///     Σ  c_{(a,α),(b,β)}(x) · ∂^α v_a · ∂^β u_b .
///
/// The expression DAG is evaluated once, node by node, over tensors whose entries are such sparse
/// sums, so nothing is expanded before it is known which components meet.
namespace femsynth::synth {

/// One scalar function that an argument or coefficient contributes: a derivative of a component.
/// `derivative` is 0 for the value, 1 + k for ∂/∂x_k, and 1 + d + (place of k ≤ l in 00, 01, …)
/// for ∂²/∂x_k∂x_l, the order of fem::Tabulation.
struct Jet {
  std::int32_t component = -1;  ///< of the blocked element; −1: no argument here
  std::int32_t derivative = 0;
  auto operator<=>(const Jet&) const = default;
};

/// One term of a multilinear form.
struct Term {
  Jet test, trial;
  ScalarId coefficient{};
};

/// A multilinear form in the arguments' jets: terms ascending by (test, trial), none zero.
/// An expression without arguments has at most one term, whose jets are empty.
using Multilinear = std::vector<Term>;

/// The factorised integrand of one integral.
struct Integrand {
  ScalarGraph scalars;
  Multilinear terms;
};

/// Factorises `root`, a scalar in which derivatives stand at terminals only. Throws InputError
/// (without a place) for derivatives of order above two and for an expression whose tensors
/// have more than `max_entries` components in all.
Integrand factorise(const fem::ExprGraph& graph, fem::ExprId root);

constexpr std::size_t max_entries = 2'000'000;

}  // namespace femsynth::synth
