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
  geometric_quantity,  ///< Node::number is a GeometricQuantity
  imaginary_unit,      ///< i with i² = −1: only complex forms have it
  // Tensor algebra
  sum,          ///< T + T, same shape and free indices
  product,      ///< S · T or S · S; at most one operand is not a scalar (then the second)
  division,     ///< T / S
  power,        ///< S ** S
  inner,        ///< Σ a_I conj(b_I) over all components; also of scalars
  dot,          ///< contraction of a's last with b's first index
  outer,        ///< conj(a) ⊗ b
  transpose,    ///< A_ji
  trace,        ///< A_ii
  sym,          ///< (A + Aᵀ)/2
  skew,         ///< (A − Aᵀ)/2
  dev,          ///< A − tr(A)/n I
  cross,        ///< a × b of 3-vectors
  determinant,  ///< det A of a 1×1, 2×2 or 3×3 matrix
  inverse,      ///< A⁻¹ of a 1×1, 2×2 or 3×3 matrix
  cofactor,     ///< det A · A⁻ᵀ of a 1×1, 2×2 or 3×3 matrix, by polynomials
  conj,         ///< complex conjugate of T
  real_part,    ///< Re T
  imag_part,    ///< Im T
  // Differential operators; the derivative's index comes last
  grad,  ///< (∂_k T)_…k
  div,   ///< Σ_k ∂_k T_…k
  curl,  ///< of a 3-vector; of a 2-vector: ∂_0 v_1 − ∂_1 v_0; of a scalar in 2D: (∂_1 f, −∂_0 f)
  // Derivatives with respect to functions and expressions; kept until apply_derivatives
  variable,             ///< its operand, marked so that one can differentiate by it
  variable_derivative,  ///< ∂f/∂v of operands (f, v), v a variable or coefficient; f's axes first
  /// Gateaux derivative of operand 0: operands (f, w_1, d_1, w_2, d_2, …), each w_k a coefficient
  /// or constant and d_k of its shape: Σ_k d/dτ f(w_k + τ d_k) at τ = 0.
  gateaux_derivative,
  restricted,  ///< operand on one side of an interior facet: Node::number 0 is '+', 1 is '−'
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
  bessel_j,  ///< J_ν(x), ν = Node::number ≥ 0; so the next three
  bessel_y,
  bessel_i,
  bessel_k,
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

/// What geometry gives beside x and n (UFL's names in brackets). d: geometric dimension, t:
/// topological dimension. Those of a facet exist in facet integrals alone.
enum class GeometricQuantity : std::int32_t {
  cell_volume,                   ///< measure of the cell [CellVolume]
  circumradius,                  ///< radius of the circumscribed circle or sphere [Circumradius]
  cell_diameter,                 ///< greatest distance of two vertices [CellDiameter]
  min_cell_edge_length,          ///< [MinCellEdgeLength]
  max_cell_edge_length,          ///< [MaxCellEdgeLength]
  facet_area,                    ///< measure of the facet [FacetArea]
  min_facet_edge_length,         ///< [MinFacetEdgeLength]
  max_facet_edge_length,         ///< [MaxFacetEdgeLength]
  jacobian,                      ///< J = ∂x/∂X, shape (d, t) [Jacobian]
  jacobian_determinant,          ///< det J, with its sign; pseudo-determinant if d > t
  jacobian_inverse,              ///< K = J⁻¹ (pseudo-inverse), shape (t, d)
  facet_jacobian,                ///< ∂x/∂ξ, shape (d, t − 1) [FacetJacobian]
  facet_jacobian_determinant,    ///< its pseudo-determinant
  facet_jacobian_inverse,        ///< its pseudo-inverse, shape (t − 1, d)
  cell_coordinate,               ///< X, shape (t,) [CellCoordinate]
  facet_coordinate,              ///< ξ, shape (t − 1,) [FacetCoordinate]
  cell_origin,                   ///< x at X = 0, shape (d,)
  facet_origin,                  ///< x at ξ = 0, shape (d,)
  cell_vertices,                 ///< shape (vertices, d)
  cell_edge_vectors,             ///< vertex 1 − vertex 0 of each edge, shape (edges, d)
  facet_edge_vectors,            ///< the same of the facet's edges [FacetEdgeVectors]
  reference_cell_volume,         ///< a number of the cell type
  reference_facet_volume,        ///< a number of the facet's type
  reference_normal,              ///< outward unit normal of the reference facet, shape (t,)
  cell_facet_jacobian,           ///< ∂X/∂ξ, shape (t, t − 1) [CellFacetJacobian]
  reference_cell_edge_vectors,   ///< shape (edges, t)
  reference_facet_edge_vectors,  ///< shape (facet edges, t)
  cell_normal,                   ///< unit normal of a manifold of codimension 1, shape (d,)
  cell_orientation,              ///< sign of det J; on a manifold meshes::cell_orientations
  quadrature_weight,             ///< the reference weight of the point [QuadratureWeight]
  jacobian_gradient,  ///< ∂J/∂X, shape (d, t, t): derivatives are written by it alone
  jacobian_hessian,   ///< ∂²J/∂X², shape (d, t, t, t): those of the former
};
/// UFL's name: "CellVolume", ….
const char* name_of(GeometricQuantity quantity);

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
  /// Of an argument, coefficient or constant; a variable's label, a side, a GeometricQuantity, a
  /// Bessel function's order.
  std::int32_t number = 0;
  double value = 0;  ///< of a real literal
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
  std::optional<int> part{};  ///< its place in a MixedFunctionSpace; none of an ordinary space
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

/// What a form knows about the mesh that it is integrated over.
struct Domain {
  meshes::CellType cell{};
  int geometric_dim = 0;  ///< d ≥ the cell's dimension; greater on a manifold
  int degree = 1;         ///< of the geometry map's Lagrange element
  /// A straight cell in a space of its own dimension.
  Domain(meshes::CellType c)  // NOLINT(google-explicit-constructor): the usual domain
      : cell(c), geometric_dim(meshes::dimension(c)) {}
  Domain(meshes::CellType c, int dim, int geometry_degree)
      : cell(c), geometric_dim(dim), degree(geometry_degree) {}
  bool is_manifold() const { return geometric_dim > meshes::dimension(cell); }
  /// Is the geometry map affine, its Jacobian constant in a cell?
  bool is_affine() const { return degree == 1 && meshes::is_simplex(cell); }
  bool operator==(const Domain&) const = default;
};

/// An append-only graph of interned nodes.
class ExprGraph {
 public:
  explicit ExprGraph(Domain domain) : domain_(domain) {}

  const Domain& domain() const { return domain_; }
  meshes::CellType cell() const { return domain_.cell; }
  /// Geometric dimension d.
  int dim() const { return domain_.geometric_dim; }
  /// The cell's dimension t.
  int topological_dim() const { return meshes::dimension(domain_.cell); }

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
  Domain domain_;
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
