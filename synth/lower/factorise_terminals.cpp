#include <fmt/format.h>

#include "meshes/cell_type.hpp"
#include "synth/lower/derivatives.hpp"
#include "synth/lower/factoriser.hpp"

// Terminals of the expression graph as tensors of jets and symbols.
namespace femsynth::synth {

using fem::Node;
using fem::Op;

Variation variation_of(fem::GeometricQuantity quantity, bool affine) {
  using Quantity = fem::GeometricQuantity;
  switch (quantity) {
    case Quantity::cell_coordinate:
    case Quantity::facet_coordinate:
    case Quantity::quadrature_weight:
      return Variation::point;
    case Quantity::jacobian:
    case Quantity::jacobian_gradient:
    case Quantity::jacobian_hessian:
    case Quantity::jacobian_determinant:
    case Quantity::jacobian_inverse:
    case Quantity::facet_jacobian:
    case Quantity::facet_jacobian_determinant:
    case Quantity::facet_jacobian_inverse:
    case Quantity::cell_normal:
    case Quantity::cell_orientation:
      return affine ? Variation::cell : Variation::point;
    default:
      return Variation::cell;
  }
}

/// A constant or coefficient as it is: with an imaginary part in complex forms.
ComplexForm Factoriser::symbol(Symbol symbol) {
  const ScalarId re = s_.symbol(symbol);
  if (!complex_) return algebra_.scalar(re);
  symbol.imaginary = true;
  return algebra_.scalar(ComplexScalar{re, s_.symbol(symbol)});
}

Tensor Factoriser::terminal(const Node& node, std::size_t count, int side) {
  if (node.op == Op::geometric_quantity) return geometric_quantity(node, count, side);
  Tensor result(count);
  for (std::size_t c = 0; c < count; ++c) {
    const auto component = static_cast<std::int32_t>(c);
    switch (node.op) {
      case Op::zero:
        break;
      case Op::real:
        result[c] = algebra_.literal(node.value);
        break;
      case Op::imaginary_unit:
        result[c] = algebra_.imaginary_unit();
        break;
      case Op::identity: {
        const auto n = static_cast<std::size_t>(node.shape[0]);
        result[c] = algebra_.literal(c / n == c % n ? 1 : 0);
        break;
      }
      case Op::constant:
        result[c] = symbol({Symbol::Kind::constant, node.number, component});
        break;
      case Op::spatial_coordinate:
        // The two sides of a facet meet in the point.
        result[c] = algebra_.scalar(s_.symbol({Symbol::Kind::coordinate, 0, component}));
        break;
      case Op::facet_normal:
        result[c] = algebra_.scalar(s_.symbol({Symbol::Kind::normal, 0, component, 0, side}));
        break;
      default:
        throw InternalError(fmt::format("factorise: {} is no terminal", fem::name_of(node.op)));
    }
  }
  return result;
}

Tensor Factoriser::geometric_quantity(const Node& node, std::size_t count, int side) {
  using Quantity = fem::GeometricQuantity;
  const auto quantity = static_cast<Quantity>(node.number);
  Tensor result(count);
  if (quantity == Quantity::reference_cell_volume) {
    result[0] = algebra_.literal(meshes::reference_volume(g_.cell()));
    return result;
  }
  if (quantity == Quantity::reference_cell_edge_vectors) {
    const auto t = static_cast<std::size_t>(g_.topological_dim());
    for (std::size_t c = 0; c < count; ++c) {
      const auto edge = meshes::entity_vertices(g_.cell(), 1, static_cast<int>(c / t));
      result[c] = algebra_.literal(meshes::reference_vertex(g_.cell(), edge[1])[c % t] -
                                   meshes::reference_vertex(g_.cell(), edge[0])[c % t]);
    }
    return result;
  }
  for (std::size_t c = 0; c < count; ++c) {
    result[c] = algebra_.scalar(
        s_.symbol({Symbol::Kind::geometry, node.number, static_cast<std::int32_t>(c), 0, side},
                  variation_of(quantity, g_.domain().is_affine())));
  }
  return result;
}

/// A terminal, or gradients of one, on a side of an interior facet.
Tensor Factoriser::restricted(const Node& node, std::size_t count) {
  const Node& inner = operand(node, 0);
  const int side = node.number;
  if (inner.op == Op::argument || inner.op == Op::coefficient || inner.op == Op::grad) {
    return jets(inner, side);
  }
  return terminal(inner, count, side);
}

Tensor Factoriser::complex_part(const Node& node) {
  Tensor result = value(node, 0);
  for (ComplexForm& entry : result) {
    if (node.op == Op::conj) entry = algebra_.conjugate(entry);
    if (node.op == Op::imag_part) entry.re = std::move(entry.im);
    if (node.op != Op::conj) entry.im.clear();
  }
  return result;
}

/// An argument or coefficient under gradients.
Tensor Factoriser::jets(const Node& node, int side) {
  const Node* terminal = &node;
  int order = 0;
  while (terminal->op == Op::grad) {
    terminal = &operand(*terminal, 0);
    ++order;
  }
  if (order > fem::max_derivative_order) {
    throw InputError(
        fmt::format("a derivative of order {} of a finite element function: at most {} is taken",
                    order, fem::max_derivative_order));
  }
  const auto dim = static_cast<std::size_t>(g_.dim());
  std::size_t derivatives = 1;
  for (int k = 0; k < order; ++k) derivatives *= dim;
  const auto components = static_cast<std::size_t>(fem::size_of(terminal->shape));
  Tensor result(components * derivatives);
  fem::Directions axes(static_cast<std::size_t>(order));
  for (std::size_t c = 0; c < result.size(); ++c) {
    std::size_t rest = c % derivatives;
    for (std::size_t k = axes.size(); k-- > 0; rest /= dim) axes[k] = static_cast<int>(rest % dim);
    const auto component = static_cast<std::int32_t>(c / derivatives);
    const std::int32_t place =
        first_of_order(g_.domain(), order) + number_in_order(g_.domain(), axes);
    if (terminal->op == Op::coefficient) {
      result[c] = symbol({Symbol::Kind::coefficient, terminal->number, component, place, side});
      continue;
    }
    const Jet jet{component, place, side};
    const bool test = g_.arguments()[static_cast<std::size_t>(terminal->number)].number == 0;
    result[c].re = {{test ? jet : Jet{}, test ? Jet{} : jet, s_.literal(1)}};
  }
  return result;
}

}  // namespace femsynth::synth
