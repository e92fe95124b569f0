#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fem/elements/element.hpp"
#include "meshes/mesh.hpp"

/// Function spaces: an element on a mesh, its numbering, and sparsity patterns.
namespace femsynth::fem {

/// Which global nodes each cell's local nodes are. A node carries `block_size` dofs:
/// dof = node · block_size + component. Of a composed element each dof is a node of its own
/// (block_size 1), in the order of the element's dofs.
struct DofMap {
  int nodes_per_cell = 0;
  int block_size = 1;
  std::size_t node_count = 0;
  std::vector<std::int32_t> cell_nodes;  ///< cells × nodes_per_cell, row-major

  std::size_t cell_count() const {
    return nodes_per_cell == 0 ? 0 : cell_nodes.size() / static_cast<std::size_t>(nodes_per_cell);
  }
  std::span<const std::int32_t> cell(std::size_t c) const {
    const auto n = static_cast<std::size_t>(nodes_per_cell);
    return std::span(cell_nodes).subspan(c * n, n);
  }
  std::size_t dof_count() const { return node_count * static_cast<std::size_t>(block_size); }
  int dofs_per_cell() const { return nodes_per_cell * block_size; }
};

/// Numbers the nodes of `element` on `mesh`: first those at the vertices by their number in the
/// mesh, then those inside the edges, then the faces, each in ascending order of their sorted
/// vertices, then the cells; nodes of one entity follow each other, in Basix's order. Which nodes
/// an entity has is Basix's matter (entity_nodes): discontinuous elements have all inside the
/// cells, and the one node of a Real element is everywhere the same.
///
/// On simplices all cells agree on the frames of shared entities, as their vertices are sorted. On
/// other cells Lagrange nodes inside an edge run from its lower to its higher vertex; inside a
/// quadrilateral face along the frame whose origin is the lowest vertex and whose first axis points
/// to the lower of its two neighbours; inside a triangle in the frame of its ascending vertices.
/// So cells agree on shared nodes however each is rotated or reflected, with no transformation of
/// element tensors; the functions of other families need a consistently oriented mesh. Shared dofs
/// give: continuous values (identity), normal (contravariant Piola), tangential (covariant),
/// tangential-tangential (double covariant) and normal-normal components (double contravariant).
/// Hermite's derivatives at vertices are those of the reference cells, as Basix has them:
/// continuous where neighbours have the same Jacobian.
///
/// The parts of a composed element are numbered one after another, each as by itself.
///
/// Throws InputError for an element that check_element refuses, one of another cell type, a space
/// of more than 2³¹ − 1 dofs, a mesh that is not consistently oriented where that matters, and a
/// surface of differently oriented cells for H(div).
DofMap make_dof_map(const meshes::Mesh& mesh, const Element& element);

/// Physical coordinates of the nodes of a nodal (see is_nodal) element, node_count × d row-major,
/// through the geometry map. Throws InputError for other elements.
std::vector<double> node_points(const meshes::Mesh& mesh, const Element& element,
                                const DofMap& dof_map);

}  // namespace femsynth::fem
