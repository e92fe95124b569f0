#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fem/elements/element.hpp"
#include "meshes/mesh.hpp"

/// For the sources of this folder only.
namespace femsynth::fem {

/// Edges or faces of a mesh, numbered in ascending order of their sorted vertices.
struct EntityNumbering {
  std::size_t per_cell = 0;
  std::size_t count = 0;              ///< in the whole mesh
  std::vector<std::int32_t> numbers;  ///< cells × per_cell
};
EntityNumbering number_entities(const meshes::Mesh& mesh, int dim);

/// How the nodes inside one entity of a reference cell stand in each symmetry of its frame.
class EntityNodes {
 public:
  /// `permute`: the nodes are points that a cell sees in an order of its own; else all cells agree
  /// on the entity's frame and the order is the element's.
  EntityNodes(const Element& element, int dim, int entity, bool permute);

  /// Node numbers in the cell.
  const std::vector<int>& local() const { return local_; }
  std::size_t size() const { return local_.size(); }
  /// place()[k]: where local node k stands in the order that all cells share, given the entity's
  /// global vertices in the cell's order.
  const std::vector<int>& places(std::span<const std::int32_t> vertices) const;

 private:
  std::vector<int> local_;
  std::vector<std::vector<int>> places_;  ///< [symmetry][k]; only [0] where none is needed
};

}  // namespace femsynth::fem
