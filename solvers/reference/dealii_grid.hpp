#pragma once

#include <deal.II/grid/grid_tools.h>
#include <deal.II/grid/tria.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_face.hpp"

/// Our mesh as a triangulation of deal.II's; only for the module's own files.
namespace femsynth::solvers {

/// A triangulation with our cells in our order, each with its vertices ordered as deal.II wants
/// them. The mesh must outlive it.
template <int dim>
class OrientedGrid {
 public:
  using Cell = typename dealii::Triangulation<dim>::active_cell_iterator;

  explicit OrientedGrid(const meshes::Mesh& mesh) : mesh_(mesh) { create(); }
  OrientedGrid(const OrientedGrid&) = delete;
  OrientedGrid& operator=(const OrientedGrid&) = delete;

  const meshes::Mesh& mesh() const { return mesh_; }
  const dealii::Triangulation<dim>& triangulation() const { return triangulation_; }
  const Cell& cell(std::size_t c) const { return cells_[c]; }
  const VertexOrder& order(std::size_t c) const { return orders_.at(c); }

  /// deal.II's face with the vertices of our facet.
  DealiiFace<dim> face_of(std::size_t c, int facet) const {
    const VertexOrder& order = orders_[c];
    std::vector<int> wanted;
    for (int k = 0; k < meshes::facet_vertex_count(mesh_.cell_type, facet); ++k) {
      wanted.push_back(meshes::facet_vertex(mesh_.cell_type, facet, k));
    }
    std::sort(wanted.begin(), wanted.end());
    for (unsigned number = 0; number < cells_[c]->n_faces(); ++number) {
      DealiiFace<dim> face = face_at(c, number);
      std::vector<int> found;
      for (const unsigned v : face.vertices) found.push_back(order[v]);
      std::sort(found.begin(), found.end());
      if (found == wanted) return face;
    }
    throw InternalError(
        fmt::format("deal.II's cell {} has no face that is our facet {}", c, facet));
  }

 private:
  void create() {
    if (mesh_.geometry_degree > 1 || mesh_.dim() != mesh_.topological_dim() ||
        mesh_.cell_type == meshes::CellType::prism ||
        mesh_.cell_type == meshes::CellType::pyramid) {
      throw MissingComponent("the oracle on prisms, pyramids, curved cells and manifolds");
    }
    std::vector<int> number(mesh_.vertices(), -1);
    std::vector<dealii::Point<dim>> vertices;
    std::vector<dealii::CellData<dim>> cells;
    for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
      const auto ours = mesh_.cell(c);
      dealii::CellData<dim> cell(static_cast<unsigned>(ours.size()));
      for (std::size_t k = 0; k < ours.size(); ++k) {
        const auto v = static_cast<std::size_t>(ours[k]);
        if (number[v] < 0) {
          number[v] = static_cast<int>(vertices.size());
          dealii::Point<dim> point;
          for (unsigned i = 0; i < dim; ++i) point[i] = mesh_.vertex(v)[i];
          vertices.push_back(point);
        }
        cell.vertices[k] = static_cast<unsigned>(number[v]);
      }
      if (is_inverted(c)) invert(cell.vertices);
      cells.push_back(cell);
    }
    if (dim > 1 && !meshes::is_simplex(mesh_.cell_type)) {
      // deal.II wants neighbours to agree on the direction of edges. On a hexahedral mesh where
      // that cannot be, it takes the cells as they are and keeps orientation flags.
      try {
        dealii::GridTools::consistently_order_cells(cells);
      } catch (const std::exception&) {
        if (dim == 2) throw;
      }
    }
    triangulation_.create_triangulation(vertices, cells, dealii::SubCellData());
    for (const auto& cell : triangulation_.active_cell_iterators()) {
      const auto ours = mesh_.cell(cells_.size());
      VertexOrder order;
      for (const unsigned k : cell->vertex_indices()) {
        const auto at = std::find_if(ours.begin(), ours.end(), [&](std::int32_t v) {
          return number[static_cast<std::size_t>(v)] == static_cast<int>(cell->vertex_index(k));
        });
        order.push_back(static_cast<int>(at - ours.begin()));
      }
      cells_.push_back(cell);
      orders_.push_back(std::move(order));
    }
  }

  bool is_inverted(std::size_t c) const {
    const double centre[3] = {0.25, 0.25, 0.25};
    return meshes::map_point(mesh_, c, centre).determinant < 0.0;
  }

  /// Reflects a cell: simplices by an odd permutation, the others along their first axis (of
  /// which deal.II's lexicographic order stays one).
  void invert(std::vector<unsigned>& vertices) const {
    if (meshes::is_simplex(mesh_.cell_type)) {
      std::swap(vertices[vertices.size() - 2], vertices[vertices.size() - 1]);
    } else {
      for (std::size_t k = 0; k < vertices.size(); k += 2) std::swap(vertices[k], vertices[k + 1]);
    }
  }

  DealiiFace<dim> face_at(std::size_t c, unsigned number) const {
    const auto& cell = cells_[c];
    if constexpr (dim == 1) {
      return DealiiFace<dim>(mesh_.cell_type, number, {number});
    } else {
      std::vector<unsigned> locals;
      for (const unsigned k : cell->face(number)->vertex_indices()) {
        unsigned local = 0;
        while (cell->vertex_index(local) != cell->face(number)->vertex_index(k)) ++local;
        locals.push_back(local);
      }
      return DealiiFace<dim>(mesh_.cell_type, number, std::move(locals));
    }
  }

  const meshes::Mesh& mesh_;
  dealii::Triangulation<dim> triangulation_;
  std::vector<Cell> cells_;
  std::vector<VertexOrder> orders_;
};

}  // namespace femsynth::solvers
