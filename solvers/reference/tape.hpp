#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "fem/form/graph.hpp"

namespace femsynth::solvers {

/// The highest order of a function's derivatives in space.
inline constexpr int kMaxDerivatives = 4;

/// Directions of a derivative as one number, in d dimensions: by ascending order, those of order n
/// as the digits of a number in base d, the first direction's first. 0 is the value, 1 + i is ∂_i,
/// 1 + d + i d + j is ∂_j ∂_i.
std::vector<int> directions(int slot, int d);

/// A real number that an expression reads: a component of a function (or a spatial derivative
/// of it), of a constant, or of a geometric quantity, on one side of a facet.
struct Leaf {
  fem::Op op = fem::Op::coefficient;
  std::int32_t number = 0;     ///< as in fem::Node
  std::int32_t component = 0;  ///< of the whole value, row-major
  /// Directions of ∂_along[n − 1] … ∂_along[0]; −1: none.
  std::array<std::int8_t, kMaxDerivatives> along{-1, -1, -1, -1};
  std::int8_t side = -1;  ///< 0 is '+', 1 is '−'; −1: not restricted
  std::int8_t part = 0;   ///< of a complex value: 0 real, 1 imaginary
  auto operator<=>(const Leaf&) const = default;
  int order() const {
    int n = 0;
    while (n < kMaxDerivatives && along[static_cast<std::size_t>(n)] >= 0) ++n;
    return n;
  }
  /// See directions().
  int slot(int d) const;
};
/// Is an entry of that operator read, not computed?
bool is_leaf(fem::Op op);

/// Scalar expressions in the order of evaluation: the oracle's own form of a form. It is
/// made from the tensor-valued graph by writing every component out (complex values as pairs of
/// real entries); all derivatives are taken here by forward-mode differentiation of scalars,
/// independently of the compiler's passes. Entries are interned; operands precede their users.
class Tape {
 public:
  /// `commuting`: derivatives in space commute, as they do not on manifolds, and those of
  /// leaves are made with ascending directions. `affine`: so are the cells, and
  /// normals and Jacobians the same in each.
  explicit Tape(bool commuting = true, bool affine = false)
      : commuting_(commuting), affine_(affine) {}

  /// One scalar operation. `op` is real, a leaf's (is_leaf), sum, product, division, power, a
  /// function, a condition, conditional, or variable: its operand under a name (Leaf::number is
  /// the label), by which one can differentiate.
  struct Entry {
    fem::Op op = fem::Op::real;
    double value = 0;  ///< of real
    Leaf leaf;         ///< of leaves and variables; its number: a Bessel function's order
    std::array<std::int32_t, 3> operands{-1, -1, -1};
    auto operator<=>(const Entry&) const = default;
    int operand_count() const {
      return (operands[0] >= 0) + (operands[1] >= 0) + (operands[2] >= 0);
    }
  };

  std::int32_t real(double value);
  std::int32_t leaf(const Leaf& leaf);
  /// `operand` as what the leaf names, its op variable.
  std::int32_t variable(const Leaf& leaf, std::int32_t operand);
  std::int32_t add(std::int32_t a, std::int32_t b);
  std::int32_t subtract(std::int32_t a, std::int32_t b);
  std::int32_t negate(std::int32_t a);
  std::int32_t multiply(std::int32_t a, std::int32_t b);
  std::int32_t divide(std::int32_t a, std::int32_t b);
  /// Functions, power, conditions and conditional; operands that are not there are −1.
  std::int32_t apply(fem::Op op, std::int32_t a, std::int32_t b = -1, std::int32_t c = -1);
  std::int32_t bessel(fem::Op op, int order, std::int32_t a);

  const Entry& operator[](std::int32_t id) const { return entries_[static_cast<std::size_t>(id)]; }
  std::size_t size() const { return entries_.size(); }
  bool is_zero(std::int32_t id) const;

  /// ∂/∂x_k of each root. Throws MissingComponent beyond derivatives of order
  /// kMaxDerivatives of functions.
  std::vector<std::int32_t> differentiate(std::span<const std::int32_t> roots, int k);
  /// The derivative of a leaf or variable in some direction; −1: what its operands' are, 0 for
  /// a leaf.
  using Seed = std::function<std::int32_t(const Leaf&)>;
  /// The derivative of each root in the direction that `seed` gives.
  std::vector<std::int32_t> differentiate(std::span<const std::int32_t> roots, const Seed& seed);
  /// Each root with its leaves on a side of an interior facet.
  std::vector<std::int32_t> restrict_to(std::span<const std::int32_t> roots, int side);
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
  /// Derivatives of entries in one direction.
  using Derivatives = std::map<std::int32_t, std::int32_t>;
  std::int32_t intern(const Entry& entry);
  std::vector<std::int32_t> differentiate(std::span<const std::int32_t> roots, const Seed& seed,
                                          Derivatives& known);
  std::int32_t along_axis(const Leaf& leaf, int k);
  std::int32_t derivative_of(std::int32_t id, const Derivatives& known);
  std::int32_t chain_rule(std::int32_t id, std::int32_t da);
  std::int32_t bessel_slope(std::int32_t id);
  std::int32_t restricted(std::int32_t id, int side);

  bool commuting_;
  bool affine_;
  std::vector<Entry> entries_;
  std::map<Entry, std::int32_t> interned_;
  std::array<Derivatives, 3> spatial_;
  std::array<std::map<std::int32_t, std::int32_t>, 2> restricted_;
};

/// Real and imaginary part of a scalar: two entries of a tape.
struct ComplexEntry {
  std::int32_t re = 0;
  std::int32_t im = 0;
};

/// Writes a scalar expression without free indices out on the tape. `is_complex`: coefficients and
/// constants have imaginary parts; argument functions are real (they stand for basis functions).
ComplexEntry scalarise(Tape& tape, const fem::ExprGraph& graph, fem::ExprId root,
                       bool is_complex = false);

}  // namespace femsynth::solvers
