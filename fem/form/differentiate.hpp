#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fem/form/tensor_builder.hpp"

/// Differentiation of expressions as tensors: nothing is written out by components that need
/// not be.
namespace femsynth::fem {

/// What inner() and outer() are: in a form as written they conjugate (inner(a, b) = Σ a conj(b),
/// outer(a, b) = conj(a) ⊗ b); after passes/lower_complex they do not.
enum class Products { as_written, bilinear };

/// φ'(f) · df for a function φ of one scalar: `id` is the node φ(f), df a scalar.
ExprId times_slope(TensorBuilder& build, ExprId id, ExprId df);
/// The two factors of d(f^e) = first · df + second · de; `id` is the node f^e.
ExprId times_base_slope(TensorBuilder& build, ExprId id, ExprId df);
ExprId times_exponent_slope(TensorBuilder& build, ExprId id, ExprId de);

/// Directional derivatives by the chain rule, operands first, each (node, direction) once.
class ForwardDerivative {
 public:
  ForwardDerivative(TensorBuilder& build, Products products) : build_(build), products_(products) {}

  /// A direction: along x_k; of functions w each into its d; of a variable (or function without
  /// its gradient) v into e.
  int along(int k);
  int of_functions(std::vector<std::pair<ExprId, ExprId>> directions);
  int of_variable(ExprId v, ExprId e);

  /// The derivative of f, in which grad stands on terminals only, in a direction.
  ExprId operator()(ExprId f, int direction);
  /// grad f.
  ExprId gradient(ExprId f);

 private:
  enum class Kind { space, functions, variable };
  struct Direction {
    Kind kind = Kind::space;
    int k = 0;
    std::vector<std::pair<ExprId, ExprId>> pairs{};
    auto operator<=>(const Direction&) const = default;
  };

  int number_of(Direction direction);
  const ExprId* known(ExprId id, int direction) const;
  ExprId d(ExprId id, int direction) const { return *known(id, direction); }
  bool is_terminal_chain(ExprId f) const;
  bool vanishes(ExprId f) const;
  ExprId gradient_of_terminal(ExprId f);
  ExprId linear_gradient(ExprId f);
  ExprId gradient_by_components(ExprId f);
  ExprId of(ExprId id, int direction);
  ExprId of_terminal(ExprId id, const Direction& direction);
  ExprId of_function(ExprId base, int order, const Direction& direction);
  ExprId of_geometry(ExprId id, int k);
  ExprId of_power(ExprId id, int direction);
  ExprId of_two_scalars(ExprId id, int direction);
  ExprId of_matrix(ExprId id, int direction);
  ExprId of_cofactor(ExprId id, ExprId da);

  static constexpr int max_depth = 200;
  static constexpr std::size_t max_derivatives = 2'000'000;

  TensorBuilder& build_;
  Products products_;
  int depth_ = 0;  ///< of gradients being taken within gradients
  std::deque<Direction> directions_;
  std::map<Direction, int> numbers_;
  std::unordered_map<std::uint64_t, ExprId> derivatives_;  // looked up, never iterated
  std::unordered_map<std::uint32_t, ExprId> gradients_;    // likewise
};

/// ∂f/∂v of a scalar f by the adjoint (reverse) rules, as one tensor of v's shape; for bilinear
/// products. Nothing where an operator in between has no such rule (index notation).
std::optional<ExprId> reverse_derivative(TensorBuilder& build, ExprId f, ExprId v);

/// Expands the derivatives in expressions: afterwards `grad` stands on arguments and coefficients
/// (and on their gradients) alone, and div, curl, variable_derivative and gateaux_derivative are
/// gone. Throws InputError, without a place, for what has no derivative; ExprGraph::location() is
/// then that of the derivative.
class Differentiator {
 public:
  Differentiator(ExprGraph& g, Products products)
      : g_(g), build_(g), forward_(build_, products), products_(products) {}

  /// `root` with its derivatives expanded.
  ExprId apply(ExprId root);
  /// `root` with each variable replaced by what it stands for.
  ExprId without_variables(ExprId root);

 private:
  ExprId applied_node(ExprId id);
  ExprId divergence(ExprId f);
  ExprId rotation(ExprId f);
  ExprId by_variable(ExprId f, ExprId v);
  ExprId gateaux(const std::vector<ExprId>& operands);

  ExprGraph& g_;
  TensorBuilder build_;
  ForwardDerivative forward_;
  Products products_;
  std::unordered_map<std::uint32_t, ExprId> applied_;   // looked up, never iterated
  std::unordered_map<std::uint32_t, ExprId> unmarked_;  // likewise
};

}  // namespace femsynth::fem
