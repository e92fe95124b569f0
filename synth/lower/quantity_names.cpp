#include "synth/lower/quantity_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"
#include "synth/lower/factorise.hpp"

namespace femsynth::synth {
namespace {

using Quantity = fem::GeometricQuantity;

/// Name of a quantity's variables.
const char* base_name(Quantity quantity) {
  switch (quantity) {
    case Quantity::cell_volume:
      return "cell_volume";
    case Quantity::circumradius:
      return "circumradius";
    case Quantity::cell_diameter:
      return "cell_diameter";
    case Quantity::min_cell_edge_length:
      return "min_cell_edge";
    case Quantity::max_cell_edge_length:
      return "max_cell_edge";
    case Quantity::facet_area:
      return "facet_area";
    case Quantity::min_facet_edge_length:
      return "min_facet_edge";
    case Quantity::max_facet_edge_length:
      return "max_facet_edge";
    case Quantity::jacobian:
      return "J";
    case Quantity::jacobian_determinant:
      return "detJ";
    case Quantity::jacobian_inverse:
      return "K";
    case Quantity::facet_jacobian:
      return "facet_jacobian";
    case Quantity::facet_jacobian_determinant:
      return "facet_determinant";
    case Quantity::facet_jacobian_inverse:
      return "facet_inverse";
    case Quantity::cell_coordinate:
      return "cell_coordinate";
    case Quantity::facet_coordinate:
      return "facet_coordinate";
    case Quantity::cell_origin:
      return "cell_origin";
    case Quantity::facet_origin:
      return "facet_origin";
    case Quantity::cell_vertices:
      return "cell_vertex";
    case Quantity::cell_edge_vectors:
      return "cell_edge";
    case Quantity::facet_edge_vectors:
      return "facet_edge";
    case Quantity::reference_cell_volume:
      return "reference_cell_volume";
    case Quantity::reference_facet_volume:
      return "reference_facet_volume";
    case Quantity::reference_normal:
      return "reference_normal";
    case Quantity::cell_facet_jacobian:
      return "facet_tangent";
    case Quantity::reference_cell_edge_vectors:
      return "reference_edge";
    case Quantity::reference_facet_edge_vectors:
      return "reference_facet_edge";
    case Quantity::cell_normal:
      return "cell_normal";
    case Quantity::cell_orientation:
      return "cell_orientation";
    case Quantity::quadrature_weight:
      return "quadrature_weight";
    case Quantity::jacobian_gradient:
      return "dJ";
    case Quantity::jacobian_hessian:
      return "ddJ";
  }
  throw InternalError("unknown geometric quantity");
}

}  // namespace

fem::GeometricQuantity quantity_of(const Symbol& symbol) {
  return static_cast<Quantity>(symbol.number);
}

int jacobian_order(Quantity quantity) {
  return quantity == Quantity::jacobian_hessian    ? 2
         : quantity == Quantity::jacobian_gradient ? 1
                                                   : 0;
}

bool constant_in_cell(const Symbol& symbol, const IntegralContext& context) {
  return variation_of(quantity_of(symbol), context.affine) == Variation::cell;
}

std::string quantity_name(const Symbol& symbol, const IntegralContext& context) {
  const Quantity quantity = quantity_of(symbol);
  const std::string& ending = context.sides[static_cast<std::size_t>(symbol.side)].ending;
  std::string name = base_name(quantity);
  const fem::Shape shape = fem::shape_of(quantity, context.domain);
  int rest = fem::size_of(shape);
  int component = symbol.component;
  const bool entry = quantity == Quantity::jacobian || quantity == Quantity::jacobian_inverse;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    rest /= shape[k];
    name += fmt::format("{}{}", entry && k > 0 ? "" : "_", component / rest);
    component %= rest;
  }
  return name + ending;
}

void add_needs(const IntegralContext& context, const Side& side, GeometryNeeds& needs) {
  for (const Symbol& symbol : context.symbols) {
    if (symbol.kind != Symbol::Kind::geometry || symbol.side != side.number) continue;
    const Quantity quantity = quantity_of(symbol);
    needs.inverse = needs.inverse || quantity == Quantity::jacobian_inverse;
    needs.jacobian_order = std::max(needs.jacobian_order, jacobian_order(quantity));
  }
}

}  // namespace femsynth::synth
