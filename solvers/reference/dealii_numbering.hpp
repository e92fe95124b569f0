#pragma once

#include <deal.II/dofs/dof_handler.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "meshes/geometry.hpp"
#include "solvers/reference/dealii_grid.hpp"
#include "solvers/reference/dealii_library.hpp"
#include "solvers/reference/space_checks.hpp"

/// Dof maps against deal.II's numbering; only for the module's own files.
namespace femsynth::solvers {

/// Compares dof maps on one mesh with deal.II's. The library and the grid must outlive it.
template <int dim>
class NumberingCheck {
 public:
  NumberingCheck(DealiiLibrary<dim>& library, const OrientedGrid<dim>& grid)
      : library_(library), grid_(grid) {}

  /// What is wrong with the map, or ""; see BackendMesh::check_numbering.
  std::string check(const fem::Element& element, std::span<const double> nodes,
                    const fem::DofMap& map) {
    const std::size_t per_cell = nodes.size() / dim;
    if (map.cell_count() != grid_.mesh().cell_count() ||
        static_cast<std::size_t>(map.nodes_per_cell) != per_cell) {
      return fmt::format("the dof map has {} cells with {} nodes, expected {} with {}",
                         map.cell_count(), map.nodes_per_cell, grid_.mesh().cell_count(), per_cell);
    }
    if (std::string wrong = check_nodes_used(map); !wrong.empty()) return wrong;
    if (has_numbering(element)) return compare_numbering(element, nodes, map);
    return compare_places(element, nodes, map);
  }

 private:
  /// Values of ours, carried over to deal.II's unknowns cell by cell, must agree wherever two
  /// cells share an unknown; as both spaces have one dimension, the numberings are then equal
  /// up to a change of basis.
  std::string compare_numbering(const fem::Element& element, std::span<const double> nodes,
                                const fem::DofMap& map) {
    dealii::DoFHandler<dim> handler(grid_.triangulation());
    handler.distribute_dofs(library_.element(element));
    if (handler.n_dofs() != map.node_count) {
      return fmt::format("the dof map has {} nodes, deal.II {}", map.node_count, handler.n_dofs());
    }
    std::vector<double> global(handler.n_dofs(), std::nan(""));
    std::vector<dealii::types::global_dof_index> indices;
    std::size_t c = 0;
    for (const auto& cell : handler.active_cell_iterators()) {
      const BasisChange& basis = library_.basis(element, nodes, grid_.order(c));
      std::vector<double> local(basis.rows.size(), 0.0);
      for (std::size_t i = 0; i < basis.rows.size(); ++i) {
        for (const auto& [j, entry] : basis.rows[i]) {
          local[j] += entry * probe(static_cast<std::uint64_t>(map.cell(c)[i]));
        }
      }
      indices.resize(local.size());
      cell->get_dof_indices(indices);
      for (std::size_t j = 0; j < local.size(); ++j) {
        double& value = global[indices[j]];
        if (std::isnan(value)) value = local[j];
        if (std::abs(value - local[j]) > 1e-10) {
          return fmt::format("cell {} does not agree with its neighbours on deal.II's unknown {}",
                             c, indices[j]);
        }
      }
      ++c;
    }
    return {};
  }

  /// For elements that deal.II does not number: one node, one place, and as many places as
  /// entities of the mesh give.
  std::string compare_places(const fem::Element& element, std::span<const double> nodes,
                             const fem::DofMap& map) {
    const auto p = static_cast<std::size_t>(element.degree);
    std::size_t expected =
        grid_.triangulation().n_used_vertices() + (p - 1) * grid_.triangulation().n_active_lines();
    if constexpr (dim == 2)
      expected += (p - 1) * (p - 2) / 2 * grid_.triangulation().n_active_cells();
    if constexpr (dim == 3) {
      expected += (p - 1) * (p - 2) / 2 * grid_.triangulation().n_active_faces();
      expected += (p - 1) * (p - 2) * (p - 3) / 6 * grid_.triangulation().n_active_cells();
    }
    if (expected != map.node_count) {
      return fmt::format("the dof map has {} nodes, deal.II's mesh has places for {}",
                         map.node_count, expected);
    }
    std::vector<std::array<double, 3>> places(map.node_count);
    std::vector<bool> known(map.node_count, false);
    for (std::size_t c = 0; c < grid_.mesh().cell_count(); ++c) {
      for (std::size_t i = 0; i < nodes.size() / dim; ++i) {
        const auto x = meshes::map_point(grid_.mesh(), c, &nodes[i * dim]).x;
        const auto node = static_cast<std::size_t>(map.cell(c)[i]);
        if (!known[node]) places[node] = x;
        known[node] = true;
        for (std::size_t k = 0; k < dim; ++k) {
          if (std::abs(places[node][k] - x[k]) > 1e-10 * (1.0 + std::abs(x[k]))) {
            return fmt::format("node {} stands at two places, one of them in cell {}", node, c);
          }
        }
      }
    }
    return {};
  }

  /// A number that no other node is likely to have.
  static double probe(std::uint64_t node) {
    std::uint64_t z = (node + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ z >> 31) >> 11) * 0x1p-53 + 0.5;
  }

  DealiiLibrary<dim>& library_;
  const OrientedGrid<dim>& grid_;
};

}  // namespace femsynth::solvers
