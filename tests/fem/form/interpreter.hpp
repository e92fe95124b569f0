#pragma once

#include <array>
#include <complex>
#include <map>
#include <vector>

#include "fem/form/graph.hpp"

/// A plain interpreter of expressions at one point, for tests: functions are polynomials in x,
/// whose derivatives it knows; it shares no rule with the code under test.
namespace femsynth::fem::testing {

using Complex = std::complex<double>;

/// Σ c x^i y^j z^k.
struct Polynomial {
  std::map<std::array<int, 3>, Complex> terms;
  Complex at(const std::vector<double>& x) const;
  Polynomial derivative(int k) const;
  Polynomial plus(const Polynomial& other, double factor) const;
  /// Of total degree 2 in d variables, its coefficients a fixed sequence that `seed` starts.
  static Polynomial sample(int dim, int seed, bool is_complex = false);
};

/// What the terminals of an expression are.
struct World {
  std::vector<double> x;
  std::map<std::int32_t, std::vector<Polynomial>> coefficients;  ///< by Node::number, components
  std::map<std::int32_t, std::vector<Polynomial>> arguments;
  std::map<std::int32_t, std::vector<Complex>> constants;
  bool conjugating = false;  ///< inner(a, b) = Σ a conj(b), outer(a, b) = conj(a) ⊗ b
  /// What is added to functions on the '−' side of a facet.
  double jump = 0.25;

  /// Samples for all functions and constants of a graph.
  static World sample(const ExprGraph& g, int seed, bool is_complex = false);
};

/// All components, row-major, of an expression without free indices. grad, div and curl of what
/// is no function are taken by differences.
std::vector<Complex> evaluate(const ExprGraph& g, ExprId id, const World& world);

}  // namespace femsynth::fem::testing
