#include <fmt/format.h>

#include "fem/form/algebra.hpp"

namespace femsynth::fem {
namespace {

using Q = GeometricQuantity;

/// Edges of the facets; 0 where they are points.
int facet_edge_count(meshes::CellType cell) {
  switch (meshes::dimension(cell)) {
    case 3:
      return meshes::facet_vertex_count(cell, 0);
    case 2:
      return 1;
    default:
      return 0;
  }
}

void require(bool holds, Q quantity, const char* why) {
  if (!holds) throw InputError(fmt::format("{}: {}", name_of(quantity), why));
}

}  // namespace

Shape shape_of(GeometricQuantity quantity, const Domain& domain) {
  const int d = domain.geometric_dim;
  const int t = meshes::dimension(domain.cell);
  switch (quantity) {
    case Q::cell_volume:
    case Q::circumradius:
    case Q::cell_diameter:
    case Q::min_cell_edge_length:
    case Q::max_cell_edge_length:
    case Q::facet_area:
    case Q::min_facet_edge_length:
    case Q::max_facet_edge_length:
    case Q::jacobian_determinant:
    case Q::facet_jacobian_determinant:
    case Q::reference_cell_volume:
    case Q::reference_facet_volume:
    case Q::cell_orientation:
    case Q::quadrature_weight:
      return {};
    case Q::jacobian:
      return {d, t};
    case Q::jacobian_gradient:
      return {d, t, t};
    case Q::jacobian_hessian:
      return {d, t, t, t};
    case Q::jacobian_inverse:
      return {t, d};
    case Q::facet_jacobian:
      return {d, t - 1};
    case Q::facet_jacobian_inverse:
      return {t - 1, d};
    case Q::cell_coordinate:
    case Q::reference_normal:
      return {t};
    case Q::facet_coordinate:
      return {t - 1};
    case Q::cell_origin:
    case Q::facet_origin:
    case Q::cell_normal:
      return {d};
    case Q::cell_vertices:
      return {meshes::vertex_count(domain.cell), d};
    case Q::cell_edge_vectors:
      return {meshes::entity_count(domain.cell, 1), d};
    case Q::facet_edge_vectors:
      return {facet_edge_count(domain.cell), d};
    case Q::cell_facet_jacobian:
      return {t, t - 1};
    case Q::reference_cell_edge_vectors:
      return {meshes::entity_count(domain.cell, 1), t};
    case Q::reference_facet_edge_vectors:
      return {facet_edge_count(domain.cell), t};
  }
  throw InternalError("unknown geometric quantity");
}

ExprId geometric_quantity(ExprGraph& g, GeometricQuantity quantity) {
  const Domain& domain = g.domain();
  const int t = meshes::dimension(domain.cell);
  switch (quantity) {
    case Q::circumradius:
      require(domain.is_affine(), quantity, "only straight simplices have one");
      break;
    case Q::facet_jacobian:
    case Q::facet_jacobian_inverse:
    case Q::facet_coordinate:
    case Q::cell_facet_jacobian:
    case Q::facet_edge_vectors:
    case Q::reference_facet_edge_vectors:
    case Q::min_facet_edge_length:
    case Q::max_facet_edge_length:
      require(t > 1, quantity, "the facets of an interval are points");
      break;
    case Q::cell_normal:
      require(domain.geometric_dim == t + 1, quantity, "the mesh is no surface");
      break;
    default:
      break;
  }
  return g.intern({.op = Op::geometric_quantity,
                   .number = static_cast<std::int32_t>(quantity),
                   .shape = shape_of(quantity, domain)});
}

}  // namespace femsynth::fem
