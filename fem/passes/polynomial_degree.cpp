#include <algorithm>

#include "fem/passes/degrees.hpp"
#include "fem/passes/passes.hpp"

namespace femsynth::fem {
namespace {

/// Whether the functions of an element are polynomials: not if only their values at points are.
bool is_polynomial(const Element& element) {
  return element.family != Family::quadrature && std::ranges::all_of(element.parts, is_polynomial);
}

/// Degree of the polynomials that an element's functions are on a reference cell. On quadrilaterals
/// and hexahedra, functions with full polynomials of degree k as normal or tangential traces hold
/// such as (x^{k+1}, (k+1) x^k y).
int degree_of(const Element& element) {
  const bool full = element.family == Family::bdm || element.family == Family::nedelec_second;
  int degree = element.degree;
  if (full && !meshes::is_simplex(element.cell)) ++degree;
  for (const Element& part : element.parts) degree = std::max(degree, degree_of(part));
  return degree;
}

/// Degree of the polynomial that each node is on an affine cell, as polynomial_degree counts it, −1
/// for none. Conditions and functions of non-constants are no polynomials.
class PolynomialDegree {
 public:
  explicit PolynomialDegree(const ExprGraph& g) : g_(g), degree_(g.size(), 0) {}

  int operator()(ExprId root) {
    for (const ExprId id : reachable(g_, root)) degree_[raw(id)] = of(g_[id]);
    return degree_[raw(root)];
  }

 private:
  int operand(const Node& node, std::size_t k) const { return degree_[raw(node.operands[k])]; }
  int total(const Node& node) const {
    int result = 0;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      if (operand(node, k) < 0) return -1;
      result += operand(node, k);
    }
    return result;
  }
  int largest(const Node& node) const {
    int result = 0;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      if (operand(node, k) < 0) return -1;
      result = std::max(result, operand(node, k));
    }
    return result;
  }
  /// Zero if all operands are constants, else −1.
  int only_of_constants(const Node& node) const { return largest(node) == 0 ? 0 : -1; }
  static int of_quantity(GeometricQuantity quantity);
  int of(const Node& node) const;

  const ExprGraph& g_;
  std::vector<int> degree_;
};

/// On an affine cell only the position on it varies.
int PolynomialDegree::of_quantity(GeometricQuantity quantity) {
  switch (quantity) {
    case GeometricQuantity::cell_coordinate:
    case GeometricQuantity::facet_coordinate:
      return 1;
    case GeometricQuantity::quadrature_weight:
      return -1;
    default:
      return 0;
  }
}

int PolynomialDegree::of(const Node& node) const {
  switch (node.op) {
    case Op::zero:
    case Op::real:
    case Op::identity:
    case Op::constant:
    case Op::facet_normal:
    case Op::imaginary_unit:
      return 0;
    case Op::geometric_quantity:
      return of_quantity(static_cast<GeometricQuantity>(node.number));
    case Op::spatial_coordinate:
      return 1;
    case Op::argument:
    case Op::coefficient:
      return is_polynomial(element_of(g_, node)) ? degree_of(element_of(g_, node)) : -1;
    case Op::product:
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
      return total(node);
    case Op::division:
      return operand(node, 1) == 0 ? operand(node, 0) : -1;
    case Op::grad:
    case Op::div:
    case Op::curl:
      // Where degrees count for each variable, a derivative lowers that of one alone.
      if (!meshes::is_simplex(g_.cell())) return operand(node, 0);
      return operand(node, 0) < 0 ? -1 : std::max(operand(node, 0) - 1, 0);
    case Op::power: {
      const int exponent = integer_exponent(g_, node);
      if (exponent >= 0 && operand(node, 0) >= 0) return exponent * operand(node, 0);
      return only_of_constants(node);
    }
    case Op::determinant:
      return operand(node, 0) < 0 ? -1 : g_[node.operands[0]].shape[0] * operand(node, 0);
    case Op::cofactor:
      return operand(node, 0) < 0 ? -1 : (g_[node.operands[0]].shape[0] - 1) * operand(node, 0);
    case Op::sum:
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
    case Op::indexed:
    case Op::index_sum:
    case Op::component_tensor:
    case Op::list_tensor:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
    case Op::variable:
    case Op::restricted:
      return largest(node);
    case Op::inverse:
    case Op::abs:
    case Op::sign:
    case Op::min_value:
    case Op::max_value:
    case Op::sqrt:
    case Op::exp:
    case Op::ln:
    case Op::sin:
    case Op::cos:
    case Op::tan:
    case Op::asin:
    case Op::acos:
    case Op::atan:
    case Op::sinh:
    case Op::cosh:
    case Op::tanh:
    case Op::erf:
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
    case Op::atan2:
    case Op::conditional:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not:
      return only_of_constants(node);
    case Op::variable_derivative:
    case Op::gateaux_derivative:
      return -1;
  }
  throw InternalError("polynomial_degree: unknown operator");
}

}  // namespace

int polynomial_degree(const ExprGraph& graph, ExprId id) { return PolynomialDegree(graph)(id); }

}  // namespace femsynth::fem
