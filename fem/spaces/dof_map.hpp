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
/// dof = node · block_size + component.
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

/// Numbers the nodes of `element` on `mesh`. Continuous elements: first the vertices by
/// their number in the mesh, then the edges, then the faces, each in ascending order of their
/// sorted vertices, then the cells; the nodes inside an entity follow each other. Inside an
/// edge they run from its lower to its higher vertex; inside a quadrilateral face along the
/// frame whose origin is the lowest vertex and whose first axis points to the lower of its two
/// neighbours; inside a triangle in the frame of its ascending vertices, which is the local
/// frame as simplices are sorted. So cells agree on shared nodes however each is rotated or
/// reflected, with no transformation of element tensors. Discontinuous elements: cell by cell.
/// Throws InputError for an element that check_element refuses, one of another cell type,
/// and a space of more than 2³¹ − 1 dofs.
DofMap make_dof_map(const meshes::Mesh& mesh, const Element& element);

/// Physical coordinates of the nodes, node_count × d row-major, through the geometry map.
std::vector<double> node_points(const meshes::Mesh& mesh, const Element& element,
                                const DofMap& dof_map);

}  // namespace femsynth::fem
