#include <fmt/format.h>

#include <algorithm>

#include "fem/form/differentiate.hpp"
#include "fem/form/geometry_derivative.hpp"
#include "fem/form/operands.hpp"

// The chain rule, node by node.
namespace femsynth::fem {
namespace {

std::uint64_t key_of(ExprId id, int direction) {
  return (static_cast<std::uint64_t>(direction) << 32) | raw(id);
}

const Element& element_of(const ExprGraph& g, ExprId f) {
  const auto number = static_cast<std::size_t>(g[f].number);
  return g[f].op == Op::argument ? g.arguments()[number].element : g.coefficients()[number].element;
}

bool has_quadrature_part(const Element& element) {
  return element.family == Family::quadrature ||
         std::ranges::any_of(element.parts, has_quadrature_part);
}

bool is_piola_mapped(const Element& element) {
  return (!element.is_composed() && pull_back(element.family) != PullBack::identity) ||
         std::ranges::any_of(element.parts, is_piola_mapped);
}

/// Whether a quantity is the same at all points of a cell (and facet) of any shape.
bool is_constant_everywhere(GeometricQuantity quantity) {
  using enum GeometricQuantity;
  switch (quantity) {
    case cell_volume:
    case circumradius:
    case cell_diameter:
    case min_cell_edge_length:
    case max_cell_edge_length:
    case facet_area:
    case min_facet_edge_length:
    case max_facet_edge_length:
    case cell_origin:
    case facet_origin:
    case cell_vertices:
    case cell_edge_vectors:
    case facet_edge_vectors:
    case reference_cell_volume:
    case reference_facet_volume:
    case reference_normal:
    case cell_facet_jacobian:
    case reference_cell_edge_vectors:
    case reference_facet_edge_vectors:
    case cell_orientation:
    case quadrature_weight:
      return true;
    case jacobian:
    case jacobian_determinant:
    case jacobian_inverse:
    case facet_jacobian:
    case facet_jacobian_determinant:
    case facet_jacobian_inverse:
    case cell_coordinate:
    case facet_coordinate:
    case cell_normal:
    case jacobian_gradient:
    case jacobian_hessian:
      return false;
  }
  throw InternalError("unknown geometric quantity");
}

}  // namespace

int ForwardDerivative::number_of(Direction direction) {
  const auto [it, is_new] = numbers_.emplace(direction, static_cast<int>(directions_.size()));
  if (is_new) directions_.push_back(std::move(direction));
  return it->second;
}

int ForwardDerivative::along(int k) { return number_of({.kind = Kind::space, .k = k}); }

int ForwardDerivative::of_functions(std::vector<std::pair<ExprId, ExprId>> directions) {
  return number_of({.kind = Kind::functions, .pairs = std::move(directions)});
}

int ForwardDerivative::of_variable(ExprId v, ExprId e) {
  return number_of({.kind = Kind::variable, .pairs = {{v, e}}});
}

const ExprId* ForwardDerivative::known(ExprId id, int direction) const {
  const auto it = derivatives_.find(key_of(id, direction));
  return it == derivatives_.end() ? nullptr : &it->second;
}

ExprId ForwardDerivative::operator()(ExprId f, int direction) {
  std::vector<ExprId> stack{f};
  while (!stack.empty()) {
    const ExprId id = stack.back();
    if (known(id, direction) != nullptr) {
      stack.pop_back();
      continue;
    }
    const std::size_t before = stack.size();
    if (!is_terminal_chain(id) && !is_condition(build_[id].op)) {
      for (const ExprId operand : build_[id].operands) {
        if (known(operand, direction) == nullptr) stack.push_back(operand);
      }
    }
    if (stack.size() > before) continue;
    stack.pop_back();
    if (derivatives_.size() >= max_derivatives) {
      throw InputError(fmt::format("the form is too large: its derivatives have more than {} nodes",
                                   max_derivatives));
    }
    derivatives_.emplace(key_of(id, direction), of(id, direction));
  }
  return d(f, direction);
}

bool ForwardDerivative::is_terminal_chain(ExprId f) const {
  while (build_[f].op == Op::grad) f = build_[f].operands[0];
  return build_[f].op == Op::argument || build_[f].op == Op::coefficient;
}

/// Derivatives of order above the degree vanish on affine cells, those of constants elsewhere too,
/// unless a Piola map of bent cells makes them vary.
bool ForwardDerivative::vanishes(ExprId f) const {
  int order = 1;
  while (build_[f].op == Op::grad) {
    f = build_[f].operands[0];
    ++order;
  }
  const ExprGraph& g = build_.graph();
  const Element& element = element_of(g, f);
  if (has_quadrature_part(element)) {
    throw InputError("a function on a quadrature element has no derivatives");
  }
  if (g.domain().is_affine()) return order > element.degree;
  return element.degree == 0 && !is_piola_mapped(element);
}

ExprId ForwardDerivative::gradient_of_terminal(ExprId f) {
  ExprGraph& g = build_.graph();
  if (!vanishes(f)) return grad(g, f);
  Shape shape = g[f].shape;
  shape.push_back(g.dim());
  return zero(g, std::move(shape));
}

ExprId ForwardDerivative::gradient(ExprId f) {
  if (const auto it = gradients_.find(raw(f)); it != gradients_.end()) return it->second;
  ++depth_;
  const ExprId result = is_terminal_chain(f) ? gradient_of_terminal(f)
                        : depth_ > max_depth ? gradient_by_components(f)
                                             : linear_gradient(f);
  --depth_;
  gradients_.emplace(raw(f), result);
  return result;
}

/// Keeps sums and constant factors as they are; by components where there is no such structure.
ExprId ForwardDerivative::linear_gradient(ExprId f) {
  const Node node = build_[f];  // a copy: the graph grows below
  switch (node.op) {
    case Op::spatial_coordinate:
      return identity(build_.graph(), build_.graph().dim());
    case Op::sum:
      return build_.plus(gradient(node.operands[0]), gradient(node.operands[1]));
    case Op::product: {
      const Op first = build_[node.operands[0]].op;
      if (first != Op::real && first != Op::constant) break;
      return build_.scale(node.operands[0], gradient(node.operands[1]));
    }
    case Op::variable:
      return gradient(node.operands[0]);
    case Op::restricted: {
      Node over = node;
      over.shape.push_back(build_.graph().dim());
      return build_.over(over, gradient(node.operands[0]));
    }
    default:
      break;
  }
  return gradient_by_components(f);
}

ExprId ForwardDerivative::gradient_by_components(ExprId f) {
  const int dim = build_.graph().dim();
  std::vector<ExprId> parts;
  for (int k = 0; k < dim; ++k) parts.push_back((*this)(f, along(k)));
  if (std::ranges::all_of(parts, [&](ExprId p) { return build_.is_zero(p); })) {
    Shape shape = build_[f].shape;
    shape.push_back(dim);
    return build_.zero_like(shape, {f});
  }
  return build_.rotate_axes(build_.list(parts), 1);  // the derivative's axis came first
}

/// The function `base`, differentiated `order` times in space, along functions or a variable.
ExprId ForwardDerivative::of_function(ExprId base, int order, const Direction& direction) {
  if (direction.kind == Kind::variable && order > 0) return zero(build_.graph());
  for (const auto& [w, into] : direction.pairs) {
    if (w != base) continue;
    ExprId result = into;
    for (int k = 0; k < order; ++k) result = gradient(result);
    return result;
  }
  return zero(build_.graph());
}

ExprId ForwardDerivative::of_geometry(ExprId id, int k) {
  ExprGraph& g = build_.graph();
  const Node node = g[id];  // a copy: the graph grows below
  if (node.op == Op::facet_normal) {
    return g.domain().is_affine() ? zero(g, node.shape) : GeometryDerivative(build_, k).of_normal();
  }
  const auto quantity = static_cast<GeometricQuantity>(node.number);
  if (quantity == GeometricQuantity::cell_coordinate) {
    return build_.last_fixed(geometric_quantity(g, GeometricQuantity::jacobian_inverse), k);
  }
  if (quantity == GeometricQuantity::facet_coordinate) {
    throw InputError("the derivative of FacetCoordinate is not supported");
  }
  const bool is_constant = g.domain().is_affine() || is_constant_everywhere(quantity);
  return is_constant ? zero(g, node.shape) : GeometryDerivative(build_, k).of(quantity);
}

ExprId ForwardDerivative::of_terminal(ExprId id, const Direction& direction) {
  ExprGraph& g = build_.graph();
  const Node node = g[id];
  if (direction.kind == Kind::space) {
    switch (node.op) {
      case Op::spatial_coordinate: {
        std::vector<ExprId> unit;
        for (int i = 0; i < g.dim(); ++i) unit.push_back(build_.number(i == direction.k ? 1 : 0));
        return build_.list(unit);
      }
      case Op::facet_normal:
      case Op::geometric_quantity:
        return of_geometry(id, direction.k);
      case Op::grad:
      case Op::argument:
      case Op::coefficient: {
        const ExprId gradient = gradient_of_terminal(id);
        return build_.is_zero(gradient) ? zero(g, node.shape)
                                        : build_.last_fixed(gradient, direction.k);
      }
      default:
        return build_.zero_like(node.shape, {id});
    }
  }
  int order = 0;
  ExprId base = id;
  while (g[base].op == Op::grad) {
    base = g[base].operands[0];
    ++order;
  }
  const ExprId result = of_function(base, order, direction);
  return build_.is_zero(result) ? build_.zero_like(node.shape, {id}) : result;
}

ExprId ForwardDerivative::of(ExprId id, int direction) {
  build_.graph().set_location(build_.graph().location(id));
  const Node node = build_[id];
  const Direction& towards = directions_[static_cast<std::size_t>(direction)];
  if (node.operands.empty() || is_terminal_chain(id)) return of_terminal(id, towards);
  const auto d0 = [&] { return d(node.operands[0], direction); };
  const auto d1 = [&] { return d(node.operands[1], direction); };
  switch (node.op) {
    case Op::sum:
      return build_.plus(d0(), d1());
    case Op::product:
      return build_.plus(build_.scale(d0(), node.operands[1]),
                         build_.scale(node.operands[0], d1()));
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
      return build_.plus(build_.bilinear(node.op, d0(), node.operands[1]),
                         build_.bilinear(node.op, node.operands[0], d1()));
    case Op::division: {
      const ExprId first = build_.quotient(d0(), node.operands[1]);
      if (build_.is_zero(d1())) return first;
      const ExprId ratio = build_.quotient(d1(), node.operands[1]);
      return build_.plus(first, build_.minus(build_.scale(ratio, id)));
    }
    case Op::power:
      return of_power(id, direction);
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
      return build_.linear(node.op, d0());
    case Op::determinant:
    case Op::inverse:
    case Op::cofactor:
      return of_matrix(id, direction);
    case Op::variable:
      return towards.kind == Kind::variable && towards.pairs[0].first == id
                 ? towards.pairs[0].second
                 : d0();
    case Op::restricted:
    case Op::indexed:
    case Op::index_sum:
      return build_.over(node, d0());
    case Op::component_tensor:
      return build_.is_zero(d0()) ? build_.zero_like(node.shape, {id})
                                  : build_.rebuilt(node, id, {d0()});
    case Op::list_tensor: {
      std::vector<ExprId> items;
      for (const ExprId item : node.operands) items.push_back(d(item, direction));
      const bool vanish = std::ranges::all_of(items, [&](ExprId i) { return build_.is_zero(i); });
      return vanish ? build_.zero_like(node.shape, {id}) : build_.list(items);
    }
    case Op::conditional:
      return build_.choose(node.operands[0], d1(), d(node.operands[2], direction));
    case Op::abs:
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
      return build_.is_zero(d0()) ? build_.zero_like({}, {id}) : times_slope(build_, id, d0());
    case Op::atan2:
    case Op::min_value:
    case Op::max_value:
      return of_two_scalars(id, direction);
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
      return build_.zero_like(node.shape, {id});
    case Op::zero:
    case Op::real:
    case Op::identity:
    case Op::argument:
    case Op::coefficient:
    case Op::constant:
    case Op::spatial_coordinate:
    case Op::facet_normal:
    case Op::geometric_quantity:
    case Op::imaginary_unit:
    case Op::grad:
    case Op::div:
    case Op::curl:
    case Op::variable_derivative:
    case Op::gateaux_derivative:
      break;
  }
  throw InternalError(fmt::format("derivatives: no rule for {}", name_of(node.op)));
}

ExprId ForwardDerivative::of_power(ExprId id, int direction) {
  const std::vector<ExprId> operands = build_[id].operands;
  const ExprId df = d(operands[0], direction);
  const ExprId de = d(operands[1], direction);
  ExprId result = build_.zero_like({}, {id});
  if (!build_.is_zero(df)) result = times_base_slope(build_, id, df);
  if (!build_.is_zero(de)) result = build_.plus(result, times_exponent_slope(build_, id, de));
  return result;
}

ExprId ForwardDerivative::of_two_scalars(ExprId id, int direction) {
  const Node node = build_[id];
  const ExprId f = node.operands[0];
  const ExprId b = node.operands[1];
  const ExprId df = d(f, direction);
  const ExprId db = d(b, direction);
  if (build_.is_zero(df) && build_.is_zero(db)) return build_.zero_like({}, {id});
  if (node.op == Op::atan2) {  // ∂ atan2(f, b) = (b ∂f − f ∂b)/(f² + b²)
    return build_.quotient(build_.plus(build_.scale(b, df), build_.minus(build_.scale(f, db))),
                           build_.plus(build_.scale(f, f), build_.scale(b, b)));
  }
  const Op relation = node.op == Op::min_value ? Op::lt : Op::gt;
  return build_.choose(compare(build_.graph(), relation, f, b), df, db);
}

ExprId ForwardDerivative::of_matrix(ExprId id, int direction) {
  const Node node = build_[id];
  const ExprId a = node.operands[0];
  const ExprId da = d(a, direction);
  if (build_.is_zero(da)) return build_.zero_like(node.shape, {id});
  if (node.op == Op::inverse) {  // ∂(A⁻¹) = −A⁻¹ ∂A A⁻¹
    const ExprId right = build_.bilinear(Op::dot, da, id);
    return build_.minus(build_.bilinear(Op::dot, id, right));
  }
  if (node.op == Op::cofactor) return of_cofactor(id, da);
  // Jacobi's formula: ∂ det A = cof A : ∂A
  const ExprId cofactors = matrix_operator(build_.graph(), Op::cofactor, a);
  if (products_ == Products::bilinear) return build_.bilinear(Op::inner, cofactors, da);
  return build_.linear(Op::trace,
                       build_.bilinear(Op::dot, build_.linear(Op::transpose, cofactors), da));
}

/// The rows of cof A are the products r_1 × r_2, r_2 × r_0, r_0 × r_1 of A's rows.
ExprId ForwardDerivative::of_cofactor(ExprId id, ExprId da) {
  ExprGraph& g = build_.graph();
  const Node node = g[id];
  const int n = node.shape[0];
  if (n == 1) return build_.zero_like(node.shape, {id});
  if (n == 2) {  // cof A = tr A I − Aᵀ
    const ExprId diagonal = build_.scale(build_.linear(Op::trace, da), identity(g, 2));
    return build_.plus(diagonal, build_.minus(build_.linear(Op::transpose, da)));
  }
  const auto row = [&](ExprId matrix, int r) {
    const std::vector<std::int32_t> labels = build_.labels_for({3});
    return build_.tensor(build_.component(matrix, {{false, r % 3}, {true, labels[0]}}), labels);
  };
  std::vector<ExprId> rows;
  for (int r = 0; r < 3; ++r) {
    const ExprId first = build_.bilinear(Op::cross, row(da, r + 1), row(node.operands[0], r + 2));
    const ExprId second = build_.bilinear(Op::cross, row(node.operands[0], r + 1), row(da, r + 2));
    rows.push_back(build_.plus(first, second));
  }
  return build_.list(rows);
}

}  // namespace femsynth::fem
