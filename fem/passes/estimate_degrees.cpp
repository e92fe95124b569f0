#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/passes/degrees.hpp"
#include "fem/passes/passes.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {

int integer_exponent(const ExprGraph& g, const Node& power) {
  const Node& e = g[power.operands[1]];
  if (e.op == Op::zero) return 0;
  if (e.op != Op::real || e.value < 0 || e.value != std::floor(e.value) || e.value > 64) return -1;
  return static_cast<int>(e.value);
}

const Element& element_of(const ExprGraph& g, const Node& function) {
  const auto number = static_cast<std::size_t>(function.number);
  return function.op == Op::argument ? g.arguments()[number].element
                                     : g.coefficients()[number].element;
}

namespace {

/// Whether UFL holds a quantity to be the same everywhere in a cell.
bool is_cellwise_constant(GeometricQuantity quantity, const Domain& domain) {
  using enum GeometricQuantity;
  switch (quantity) {
    case jacobian:
    case jacobian_gradient:
    case jacobian_hessian:
    case jacobian_determinant:
    case jacobian_inverse:
    case facet_jacobian:
    case facet_jacobian_determinant:
    case facet_jacobian_inverse:
    case cell_normal:
      return domain.is_affine();
    case cell_coordinate:
    case facet_coordinate:
    case quadrature_weight:
      return false;
    default:
      return true;
  }
}

bool is_normal_constant(const Domain& domain) {
  // On straight facets that are simplices: those of polygons and tetrahedra.
  return domain.degree == 1 &&
         (meshes::dimension(domain.cell) <= 2 || meshes::is_simplex(domain.cell));
}

/// Degree of the Jacobian's components.
int jacobian_degree(const Domain& domain) {
  return meshes::is_simplex(domain.cell) ? domain.degree - 1 : domain.degree;
}

/// What the factor |det J| of an integral adds: the degree of the determinant or, of a
/// pseudo-determinant (of a facet or manifold), that of the root of a sum of squares.
int scaling_degree(IntegralKind kind, const Domain& domain) {
  if (kind == IntegralKind::vertex || domain.is_affine()) return 0;
  const int t = meshes::dimension(domain.cell);
  const int of_jacobian = jacobian_degree(domain);
  const int extent = kind == IntegralKind::cell ? t : t - 1;
  if (extent == 0) return 0;
  if (extent == domain.geometric_dim) return extent * of_jacobian;
  return 2 * extent * of_jacobian + 2;
}

/// UFL's rules (SumDegreeEstimator): sums take the larger degree, products add, a
/// non-polynomial function adds two, a derivative takes one away on simplices. Determinants and
/// inverses count as what UFL lowers them to.
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
  int of_function(const Node& node) const { return largest(node) > 0 ? largest(node) + 2 : 0; }
  /// Degree after that many derivatives.
  int reduced(int degree, int order) const {
    return meshes::is_simplex(g_.cell()) ? std::max(degree - order, 0) : degree;
  }
  int of_component(const Node& node) const;
  int of_quantity(GeometricQuantity quantity) const;
  int of(const Node& node) const;

  const ExprGraph& g_;
  std::vector<int> degree_;
};

/// A component of a mixed function has the degree of its part.
int UflDegree::of_component(const Node& node) const {
  const Node* base = &g_[node.operands[0]];
  if (base->op == Op::restricted) base = &g_[base->operands[0]];
  const bool fixed = std::ranges::none_of(node.indices, &Index::free);
  if ((base->op != Op::argument && base->op != Op::coefficient) || !fixed) return operand(node, 0);
  const Element& element = element_of(g_, *base);
  if (element.family != Family::mixed) return operand(node, 0);
  int offset = 0;
  for (const Element& part : element.parts) {
    offset += size_of(value_shape(part, g_.dim()));
    if (node.indices[0].value < offset) return part.degree;
  }
  return operand(node, 0);
}

int UflDegree::of_quantity(GeometricQuantity quantity) const {
  if (quantity == GeometricQuantity::cell_coordinate) return 1;
  if (quantity == GeometricQuantity::jacobian_gradient) return reduced(g_.domain().degree, 1);
  if (quantity == GeometricQuantity::jacobian_hessian) return reduced(g_.domain().degree, 2);
  return is_cellwise_constant(quantity, g_.domain()) ? 0 : g_.domain().degree;
}

int UflDegree::of(const Node& node) const {
  switch (node.op) {
    case Op::zero:
    case Op::real:
    case Op::identity:
    case Op::constant:
    case Op::imaginary_unit:
      return 0;
    case Op::facet_normal:
      return is_normal_constant(g_.domain()) ? 0 : g_.domain().degree;
    case Op::geometric_quantity:
      return of_quantity(static_cast<GeometricQuantity>(node.number));
    case Op::spatial_coordinate:
      return g_.domain().degree;
    case Op::argument:
    case Op::coefficient:
      return element_of(g_, node).degree;
    case Op::indexed:
      return of_component(node);
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
      return reduced(operand(node, 0), 1);
    case Op::power: {
      const int exponent = integer_exponent(g_, node);
      return exponent >= 0 ? exponent * operand(node, 0) : operand(node, 0) + 2;
    }
    case Op::determinant:
      return g_[node.operands[0]].shape[0] * operand(node, 0);
    case Op::cofactor:
      return (g_[node.operands[0]].shape[0] - 1) * operand(node, 0);
    case Op::inverse:  // cofactors over the determinant
      return (2 * g_[node.operands[0]].shape[0] - 1) * operand(node, 0);
    case Op::conditional:
      return largest(node, 1);
    case Op::sum:
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
    case Op::variable:
    case Op::restricted:
    case Op::index_sum:
    case Op::component_tensor:
    case Op::list_tensor:
    case Op::abs:
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
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
    case Op::atan2:
      return of_function(node);
    case Op::sign:
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
    case Op::variable_derivative:
    case Op::gateaux_derivative:
      break;  // expanded before
  }
  throw InternalError("estimate_degrees: unknown operator");
}

/// Adds the quadrature elements that an element consists of.
void collect_rules(const Element& element, std::vector<Element>& rules) {
  if (element.family == Family::quadrature) {
    Element rule = element;
    rule.shape.clear();
    rule.symmetric = false;
    if (std::ranges::find(rules, rule) == rules.end()) rules.push_back(std::move(rule));
  }
  for (const Element& part : element.parts) collect_rules(part, rules);
}

class DegreeEstimation {
 public:
  explicit DegreeEstimation(PassState& state)
      : state_(state), g_(state.graph), estimate_(state.graph) {}

  IntegralGroup group(std::size_t k) {
    const Integral& integral = state_.form.integrals[k];
    IntegralGroup group;
    group.kind = integral.kind;
    group.subdomains = integral.subdomains;
    group.integrand = integral.integrand;
    group.members = {k};
    if (integral.kind == IntegralKind::vertex) {  // one point, no rule
      group.exact = true;
      return group;
    }
    const std::optional<Element> element = element_read(integral);
    group.of_element = element.has_value();
    group.scheme = element ? scheme_of(*element) : integral.scheme;
    group.estimated_degree =
        element ? element->degree
                : estimate_(integral.integrand) + scaling_degree(integral.kind, g_.domain());
    group.degree = asked_degree(integral).value_or(group.estimated_degree);
    if (element) check_element(integral, *element, group);
    check_rule(integral, group);
    if (!group.scheme.has_degree()) group.degree = 0;
    const int polynomial = polynomial_degree(g_, integral.integrand);
    group.exact =
        g_.domain().is_affine() && polynomial >= 0 && polynomial <= exact_degree_of(group);
    return group;
  }

 private:
  [[noreturn]] void fail(const Integral& integral, const std::string& message) const {
    throw LocatedError(state_.module.path, integral.where, message, state_.module.source);
  }

  /// Degree −1 in a form's metadata stands for the estimate.
  static std::optional<int> asked_degree(const Integral& integral) {
    if (integral.degree && *integral.degree >= 0) return integral.degree;
    return std::nullopt;
  }

  /// The quadrature element that the integrand reads, if any: its points and weights are the rule.
  std::optional<Element> element_read(const Integral& integral) const {
    std::vector<Element> rules;
    for (const ExprId id : reachable(g_, integral.integrand)) {
      const Node& node = g_[id];
      if (node.op == Op::argument || node.op == Op::coefficient) {
        collect_rules(element_of(g_, node), rules);
      }
    }
    if (rules.empty()) return std::nullopt;
    if (rules.size() > 1) {
      fail(integral, fmt::format("this integral reads functions on two quadrature elements, {} "
                                 "and {}: it can only use the points of one",
                                 to_string(rules[0]), to_string(rules[1])));
    }
    if (integral.kind != IntegralKind::cell) {
      fail(integral, fmt::format("a function on a quadrature element has values at points of the "
                                 "cell, not on facets: it cannot stand in an integral over {}",
                                 measure_name(integral.kind)));
    }
    return rules[0];
  }

  void check_element(const Integral& integral, const Element& element,
                     const IntegralGroup& group) const {
    if (group.degree != element.degree) {
      fail(integral, fmt::format("this integral asks for quadrature degree {}, but reads a "
                                 "function on a quadrature element of degree {}",
                                 group.degree, element.degree));
    }
    if (!integral.scheme.is_default() && integral.scheme != group.scheme) {
      fail(integral, fmt::format("this integral asks for the quadrature rule \"{}\", but reads a "
                                 "function on a quadrature element of rule \"{}\"",
                                 integral.scheme.name, group.scheme.name));
    }
  }

  /// The shapes of what is integrated over: those of the cell's facets may differ.
  std::vector<meshes::CellType> shapes(IntegralKind kind) const {
    const meshes::CellType cell = g_.cell();
    if (kind == IntegralKind::cell || meshes::dimension(cell) == 1) return {cell};
    std::vector<meshes::CellType> result;
    for (int f = 0; f < meshes::facet_count(cell); ++f) {
      result.push_back(meshes::facet_type(cell, f));
    }
    return result;
  }

  int exact_degree_of(const IntegralGroup& group) const {
    int degree = max_quadrature_degree;
    for (const meshes::CellType shape : shapes(group.kind)) {
      degree = std::min(degree, exact_degree(shape, group.degree, group.scheme));
    }
    return degree;
  }

  /// That the rule exists.
  void check_rule(const Integral& integral, const IntegralGroup& group) const {
    if (group.scheme.has_degree() && group.degree > max_form_degree) {
      fail(integral, fmt::format("this integral asks for quadrature degree {}, at most {} is "
                                 "taken: give {}(degree=...) a smaller one",
                                 group.degree, max_form_degree, measure_name(integral.kind)));
    }
    if (group.of_element || group.scheme.is_default()) return;
    const int degree = group.scheme.has_degree() ? group.degree : 0;
    try {
      if (group.kind == IntegralKind::cell) {
        cell_quadrature(g_.cell(), degree, group.scheme);
      } else {
        for (int f = 0; f < meshes::facet_count(g_.cell()); ++f) {
          facet_quadrature(g_.cell(), f, degree, group.scheme);
        }
      }
    } catch (const InputError& error) {
      fail(integral, error.what());
    }
  }

  PassState& state_;
  const ExprGraph& g_;
  UflDegree estimate_;
};

}  // namespace

void estimate_degrees(PassState& state) {
  DegreeEstimation estimation(state);
  state.groups.clear();
  for (std::size_t k = 0; k < state.form.integrals.size(); ++k) {
    state.groups.push_back(estimation.group(k));
  }
}

}  // namespace femsynth::fem
