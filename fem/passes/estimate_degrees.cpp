#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/passes/passes.hpp"

namespace femsynth::fem {
namespace {

/// Exponent of a power if it is a literal non-negative integer, else −1.
int integer_exponent(const ExprGraph& g, const Node& power) {
  const Node& e = g[power.operands[1]];
  if (e.op == Op::zero) return 0;
  if (e.op != Op::real || e.value < 0 || e.value != std::floor(e.value) || e.value > 64) return -1;
  return static_cast<int>(e.value);
}

int coefficient_degree(const ExprGraph& g, const Node& node) {
  const auto number = static_cast<std::size_t>(node.number);
  return node.op == Op::argument ? g.arguments()[number].element.degree
                                 : g.coefficients()[number].element.degree;
}

/// UFL's rules (SumDegreeEstimator): sums take the larger degree, products add, a
/// non-polynomial function adds two, a derivative takes one away on simplices.
class UflDegree {
 public:
  explicit UflDegree(const ExprGraph& g) : g_(g), degree_(g.size(), 0) {}

  int operator()(ExprId root) {
    for (const ExprId id : reachable(g_, root)) degree_[raw(id)] = of(g_[id]);
    return degree_[raw(root)];
  }

 private:
  int operand(const Node& node, std::size_t k) const { return degree_[raw(node.operands[k])]; }
  int largest(const Node& node, std::size_t first = 0) const {
    int result = 0;
    for (std::size_t k = first; k < node.operands.size(); ++k) {
      result = std::max(result, operand(node, k));
    }
    return result;
  }
  int total(const Node& node) const {
    int result = 0;
    for (std::size_t k = 0; k < node.operands.size(); ++k) result += operand(node, k);
    return result;
  }
  int of(const Node& node) const;

  const ExprGraph& g_;
  std::vector<int> degree_;
};

int UflDegree::of(const Node& node) const {
  const bool simplex = meshes::is_simplex(g_.cell());
  switch (node.op) {
    case Op::geometric_quantity:
    case Op::imaginary_unit:
    case Op::cofactor:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
    case Op::variable:
    case Op::variable_derivative:
    case Op::gateaux_derivative:
    case Op::restricted:
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      throw MissingComponent("this operator or integral is not supported here yet");
    case Op::zero:
    case Op::real:
    case Op::identity:
    case Op::constant:
      return 0;
    case Op::facet_normal:
      return simplex ? 0 : 1;
    case Op::spatial_coordinate:
      return 1;
    case Op::argument:
    case Op::coefficient:
      return coefficient_degree(g_, node);
    case Op::product:
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
    case Op::division:
      return total(node);
    case Op::grad:
    case Op::div:
    case Op::curl:
      return simplex ? std::max(operand(node, 0) - 1, 0) : operand(node, 0);
    case Op::power: {
      const int exponent = integer_exponent(g_, node);
      return exponent >= 0 ? exponent * operand(node, 0) : operand(node, 0) + 2;
    }
    case Op::determinant:
      return g_[node.operands[0]].shape[0] * operand(node, 0);
    case Op::inverse:
      return g_[node.operands[0]].shape[0] * operand(node, 0);
    case Op::conditional:
      return largest(node, 1);
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
    case Op::abs:
    case Op::sign:
    case Op::min_value:
    case Op::max_value:
      return largest(node);
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
    case Op::atan2:
      return largest(node) + 2;
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not:
      return 0;
  }
  throw InternalError("estimate_degrees: unknown operator");
}

/// Degree of the polynomial that each node is on an affine simplex, −1 for none. Conditions and
/// functions of non-constants are no polynomials.
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
  int of(const Node& node) const;

  const ExprGraph& g_;
  std::vector<int> degree_;
};

int PolynomialDegree::of(const Node& node) const {
  switch (node.op) {
    case Op::geometric_quantity:
    case Op::imaginary_unit:
    case Op::cofactor:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
    case Op::variable:
    case Op::variable_derivative:
    case Op::gateaux_derivative:
    case Op::restricted:
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      throw MissingComponent("this operator or integral is not supported here yet");
    case Op::zero:
    case Op::real:
    case Op::identity:
    case Op::constant:
    case Op::facet_normal:
      return 0;
    case Op::spatial_coordinate:
      return 1;
    case Op::argument:
    case Op::coefficient:
      return coefficient_degree(g_, node);
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
      return operand(node, 0) < 0 ? -1 : std::max(operand(node, 0) - 1, 0);
    case Op::power: {
      const int exponent = integer_exponent(g_, node);
      if (exponent >= 0 && operand(node, 0) >= 0) return exponent * operand(node, 0);
      return only_of_constants(node);
    }
    case Op::determinant:
      return operand(node, 0) < 0 ? -1 : g_[node.operands[0]].shape[0] * operand(node, 0);
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
  }
  throw InternalError("polynomial_degree: unknown operator");
}

}  // namespace

int polynomial_degree(const ExprGraph& graph, ExprId id) { return PolynomialDegree(graph)(id); }

void estimate_degrees(PassState& state) {
  // On a cell that is not affine the Jacobian determinant varies; UFL puts it down to the degree
  // of the coordinate element.
  const bool simplex = meshes::is_simplex(state.graph.cell());
  const int scaling = simplex ? 0 : 1;
  UflDegree estimate(state.graph);
  state.groups.clear();
  for (std::size_t k = 0; k < state.form.integrals.size(); ++k) {
    const Integral& integral = state.form.integrals[k];
    IntegralGroup group;
    group.kind = integral.kind;
    group.subdomains = integral.subdomains;
    group.integrand = integral.integrand;
    group.members = {k};
    group.estimated_degree = estimate(integral.integrand) + scaling;
    group.degree = integral.degree.value_or(group.estimated_degree);
    if (group.degree > max_form_degree) {
      throw LocatedError(
          state.module.path, integral.where,
          fmt::format("this integral asks for quadrature degree {}, at most {} is taken: give "
                      "{}(degree=...) a smaller one",
                      group.degree, max_form_degree, measure_name(integral.kind)),
          state.module.source);
    }
    const int polynomial = polynomial_degree(state.graph, integral.integrand);
    group.exact = simplex && polynomial >= 0 && polynomial <= group.degree;
    state.groups.push_back(std::move(group));
  }
}

}  // namespace femsynth::fem
