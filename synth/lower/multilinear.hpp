#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "synth/lower/scalar_graph.hpp"

/// Multilinear forms in the jets of test and trial function, sparse, with scalars as coefficients.
namespace femsynth::synth {

/// One scalar function that an argument or coefficient contributes: a derivative of a component.
/// `derivative` is 0 for the value, 1 + k for ∂/∂x_k, and first_of_order() + number_in_order() for
/// higher ones (derivatives.hpp).
struct Jet {
  std::int32_t component = -1;  ///< of the whole element, flattened; −1: no argument here
  std::int32_t derivative = 0;
  std::int32_t side = 0;  ///< of an interior facet: 0 is '+', 1 is '−'; else 0
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

/// Arithmetic on multilinear forms; coefficients are made in one graph of scalars, which must
/// outlive it. Terms whose coefficient becomes a literal zero are left out.
class MultilinearAlgebra {
 public:
  explicit MultilinearAlgebra(ScalarGraph& scalars) : s_(scalars) {}

  /// The form of no argument with that value.
  Multilinear scalar(ScalarId value) const;
  Multilinear literal(double value) { return scalar(s_.literal(value)); }

  Multilinear add(const Multilinear& a, const Multilinear& b);
  Multilinear subtract(const Multilinear& a, const Multilinear& b) { return add(a, scale(-1, b)); }
  Multilinear scale(double factor, const Multilinear& a) { return multiply(literal(factor), a); }
  /// The product of forms that have no argument in common, as check_arity has made sure.
  Multilinear multiply(const Multilinear& a, const Multilinear& b);
  /// a / divisor.
  Multilinear divide(const Multilinear& a, ScalarId divisor);
  /// condition ? a : b, term by term.
  Multilinear select(ScalarId condition, const Multilinear& a, const Multilinear& b);

  /// The scalar of a form of no argument. Throws InternalError for any other.
  ScalarId value(const Multilinear& a);

 private:
  ScalarGraph& s_;
};

}  // namespace femsynth::synth
