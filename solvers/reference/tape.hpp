#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "fem/form/graph.hpp"

namespace femsynth::solvers {

/// A function value or spatial derivative that an expression reads.
struct Leaf {
  fem::Op op = fem::Op::coefficient;  ///< coefficient or argument
  std::int32_t number = 0;
  std::int32_t component = 0;
  std::array<std::int8_t, 2> along{-1, -1};  ///< derivative's directions, ascending; −1: none
  auto operator<=>(const Leaf&) const = default;
  int order() const { return (along[0] >= 0) + (along[1] >= 0); }
  /// Index of the derivative in a ShapeTable of dimension d.
  int slot(int d) const {
    if (order() == 0) return 0;
    return order() == 1 ? 1 + along[0] : 1 + d + along[0] * d + along[1];
  }
};

/// Scalar expressions in the order of evaluation: the oracle's own form of a form. It is
/// made from the tensor-valued graph by writing every component out; spatial derivatives are
/// taken here by forward-mode differentiation of scalars, independently of the compiler's
/// passes. Entries are interned; operands precede their users.
class Tape {
 public:
  /// One scalar operation. `op` is one of real, coefficient, argument, constant,
  /// spatial_coordinate, facet_normal, sum, product, division, power, a function, a condition
  /// or conditional.
  struct Entry {
    fem::Op op = fem::Op::real;
    double value = 0;  ///< of real
    Leaf leaf;         ///< of coefficient, argument, constant, x, n
    std::array<std::int32_t, 3> operands{-1, -1, -1};
    auto operator<=>(const Entry&) const = default;
    int operand_count() const {
      return (operands[0] >= 0) + (operands[1] >= 0) + (operands[2] >= 0);
    }
  };

  std::int32_t real(double value);
  /// A coefficient, argument, constant, spatial_coordinate or facet_normal component.
  std::int32_t leaf(const Leaf& leaf);
  std::int32_t add(std::int32_t a, std::int32_t b);
  std::int32_t subtract(std::int32_t a, std::int32_t b);
  std::int32_t negate(std::int32_t a);
  std::int32_t multiply(std::int32_t a, std::int32_t b);
  std::int32_t divide(std::int32_t a, std::int32_t b);
  /// Functions, power, conditions and conditional; operands that are not there are −1.
  std::int32_t apply(fem::Op op, std::int32_t a, std::int32_t b = -1, std::int32_t c = -1);

  const Entry& operator[](std::int32_t id) const { return entries_[static_cast<std::size_t>(id)]; }
  std::size_t size() const { return entries_.size(); }
  bool is_zero(std::int32_t id) const;

  /// ∂/∂x_k of each root. Throws MissingComponent beyond second derivatives of functions.
  std::vector<std::int32_t> differentiate(std::span<const std::int32_t> roots, int k);
  /// The factor of an argument's leaf in a root that is linear in that argument.
  std::int32_t factor_of(std::int32_t root, const Leaf& leaf);

  /// Entries that the roots reach, ascending.
  std::vector<std::int32_t> reachable(std::span<const std::int32_t> roots) const;
  /// Leaves of `op` and `number` that the root reaches, ascending.
  std::vector<Leaf> leaves(std::int32_t root, fem::Op op, std::int32_t number) const;
  /// Throws InputError unless the root is linear in each argument below `rank` and reads no
  /// other argument.
  void check_multilinear(std::int32_t root, int rank) const;

  /// Entries beyond which a form is refused.
  static constexpr std::size_t max_entries = 2'000'000;

 private:
  std::int32_t intern(const Entry& entry);
  std::int32_t derivative_of(std::int32_t id, int k);
  std::int32_t chain_rule(std::int32_t id, std::int32_t da);

  std::vector<Entry> entries_;
  std::map<Entry, std::int32_t> interned_;
  std::map<std::pair<std::int32_t, int>, std::int32_t> derivatives_;
};

/// Writes a scalar expression without free indices out on the tape and returns its entry.
std::int32_t scalarise(Tape& tape, const fem::ExprGraph& graph, fem::ExprId root);

}  // namespace femsynth::solvers
