#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "fem/elements/element.hpp"
#include "meshes/support/error.hpp"

/// The interned expression DAG of a form.
///
/// A node is a small value, a reference is a 32-bit id, equal ids mean equal
/// expressions, and operands have smaller ids than the nodes that use them: a pass
/// over the graph is a forward loop. Shapes and free indices are part of a node and
/// are checked when it is made (algebra.hpp). The algebra is UFL's (Alnæs et al.,
/// "Unified Form Language", ACM TOMS 40, 2014).
namespace femsynth::fem {

/// Reference to a node of one ExprGraph.
enum class ExprId : std::uint32_t {};
constexpr std::uint32_t raw(ExprId id) { return static_cast<std::uint32_t>(id); }

/// What a node is. S is a scalar, T any tensor; "∂_k" differentiates along x_k.
enum class Op : std::uint8_t {
  // Terminals
  zero,                ///< 0 of any shape (and free indices)
  real,                ///< a literal scalar, Node::value
  identity,            ///< δ_ij, shape (n, n)
  argument,            ///< test or trial function; Node::number indexes arguments()
  coefficient,         ///< a finite element function; Node::number indexes coefficients()
  constant,            ///< constant over the mesh; Node::number indexes constants()
  spatial_coordinate,  ///< x, shape (d,)
  facet_normal,        ///< outward unit normal n, shape (d,)
  // Tensor algebra
  sum,          ///< T + T, same shape and free indices
  product,      ///< S · T or S · S; at most one operand is not a scalar (then the second)
  division,     ///< T / S
  power,        ///< S ** S
  inner,        ///< Σ a_I b_I over all components
  dot,          ///< contraction of a's last with b's first index
  outer,        ///< a ⊗ b
  transpose,    ///< A_ji
  trace,        ///< A_ii
  sym,          ///< (A + Aᵀ)/2
  skew,         ///< (A − Aᵀ)/2
  dev,          ///< A − tr(A)/n I
  cross,        ///< a × b of 3-vectors
  determinant,  ///< det A of a 1×1, 2×2 or 3×3 matrix
  inverse,      ///< A⁻¹ of a 1×1, 2×2 or 3×3 matrix
  // Differential operators; the derivative's index comes last
  grad,  ///< (∂_k T)_…k
  div,   ///< Σ_k ∂_k T_…k
  curl,  ///< of a 3-vector; of a 2-vector: ∂_0 v_1 − ∂_1 v_0; of a scalar in 2D: (∂_1 f, −∂_0 f)
  // Index notation
  indexed,           ///< A[indices]: every axis fixed or bound to a free index; a scalar
  index_sum,         ///< Σ over the one index in Node::indices
  component_tensor,  ///< tensor whose axes are the free indices in Node::indices, in order
  list_tensor,       ///< tensor whose first axis runs over the operands
  // Functions of one scalar
  abs,
  sign,
  sqrt,
  exp,
  ln,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  erf,
  // Functions of two scalars
  atan2,
  min_value,
  max_value,
  // Conditions (operands: scalars) and choice (operands: condition, T, T)
  lt,
  le,
  gt,
  ge,
  eq,
  ne,
  logical_and,
  logical_or,
  logical_not,
  conditional,
};

/// Lower-case name of an operator: "inner", "index_sum", ….
const char* name_of(Op op);

/// One axis of a multi-index: a fixed component, or the label of a free index.
struct Index {
  bool free = false;
  std::int32_t value = 0;  ///< component number, or label
  auto operator<=>(const Index&) const = default;
};

/// A free index of an expression.
struct FreeIndex {
  std::int32_t label = 0;
  std::int32_t extent = 0;
  auto operator<=>(const FreeIndex&) const = default;
};

/// A node: operator, payload and operands (its identity), and shape and free indices,
/// which follow from them.
struct Node {
  Op op = Op::zero;
  std::int32_t number = 0;  ///< of an argument, coefficient or constant
  double value = 0;         ///< of a real literal
  std::vector<ExprId> operands{};
  std::vector<Index> indices{};  ///< of indexed, index_sum, component_tensor
  Shape shape{};
  std::vector<FreeIndex> free{};  ///< ascending by label

  bool operator==(const Node&) const = default;
  bool is_scalar() const { return shape.empty(); }
};

/// A test (number 0) or trial (number 1) function.
struct Argument {
  int number = 0;
  Element element;
  bool operator==(const Argument&) const = default;
};

/// A finite element function that the user supplies.
struct Coefficient {
  std::string name;  ///< the variable's name in the form file, "w0", … if it has none
  Element element;
};

/// A value that the user supplies, the same everywhere.
struct Constant {
  std::string name;  ///< the variable's name in the form file, "c0", … if it has none
  Shape shape;
};

/// An append-only graph of interned nodes.
class ExprGraph {
 public:
  /// A graph for forms on meshes of that cell; the geometric dimension is the cell's.
  explicit ExprGraph(meshes::CellType cell) : cell_(cell) {}

  meshes::CellType cell() const { return cell_; }
  int dim() const { return meshes::dimension(cell_); }

  /// The id of that node, made if it is new. `node` must be well-formed: use algebra.hpp.
  /// Throws InputError when the graph would exceed `max_nodes`.
  ExprId intern(Node node);
  /// The id of that node if there is one.
  std::optional<ExprId> find(const Node& node) const;

  const Node& operator[](ExprId id) const { return nodes_[raw(id)]; }
  std::size_t size() const { return nodes_.size(); }

  /// A label that no index has yet.
  std::int32_t new_label() { return next_label_++; }

  std::int32_t add_argument(const Argument& argument);  ///< its number in arguments()
  std::int32_t add_coefficient(Coefficient coefficient);
  std::int32_t add_constant(Constant constant);
  const std::vector<Argument>& arguments() const { return arguments_; }
  const std::vector<Coefficient>& coefficients() const { return coefficients_; }
  const std::vector<Constant>& constants() const { return constants_; }
  void name_coefficient(std::int32_t number, const std::string& name);
  void name_constant(std::int32_t number, const std::string& name);

  /// Place in the form file that new nodes are put down to from now on.
  void set_location(SourceLocation where) { current_location_ = where; }
  SourceLocation location() const { return current_location_; }
  /// Where a node was first written.
  SourceLocation location(ExprId id) const { return locations_[raw(id)]; }

  static constexpr std::size_t max_nodes = 200'000;

 private:
  meshes::CellType cell_;
  std::vector<Node> nodes_;
  std::vector<SourceLocation> locations_;  // side table: not part of a node's identity
  std::unordered_multimap<std::uint64_t, ExprId> interned_;  // looked up, never iterated
  std::vector<Argument> arguments_;
  std::vector<Coefficient> coefficients_;
  std::vector<Constant> constants_;
  std::int32_t next_label_ = 0;
  SourceLocation current_location_;
};

/// The nodes that `root` reaches, itself included, ascending (operands first).
std::vector<ExprId> reachable(const ExprGraph& graph, ExprId root);
/// The nodes that any of the roots reaches, ascending.
std::vector<ExprId> reachable(const ExprGraph& graph, std::span<const ExprId> roots);

}  // namespace femsynth::fem
