#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "meshes/mesh.hpp"
#include "solvers/reference/backend.hpp"
#include "solvers/reference/entity_numbers.hpp"
#include "solvers/reference/mapped_entity.hpp"
#include "solvers/reference/reference_form.hpp"

namespace femsynth::solvers {

/// Straight cells of the five classical types in a space of their own dimension?
bool is_classical(const meshes::Mesh& mesh);

/// Goes over the cells, facets or vertices of an integral's domain, and holds what is known at the
/// points of each. Where deal.II's FEValues, FEFaceValues and FEInterfaceValues serve (integrals
/// over cells and facets of Lagrange elements on straight cells of the five classical types), they
/// do; else MappedEntity.
class EntityWalk {
 public:
  EntityWalk(const ReferenceForm::Integral& integral, const meshes::Mesh& mesh,
             ReferenceBases& bases, double u);

  /// Opens the mesh in the library, which does not take every mesh.
  using Open = std::function<BackendMesh&()>;
  /// Calls visit() at each entity, with all set.
  void for_each(const Open& open, const std::function<void()>& visit);

  /// The cell on a side: 0; 1 on interior facets.
  std::size_t cell(int side) const { return cells_[side_index(side)]; }
  EntityValues& at(int side) const { return *sides_[side_index(side)]; }
  std::size_t points() const { return sides_[0]->points(); }

 private:
  static std::size_t side_index(int side) { return side == 1 ? 1 : 0; }
  bool has(int tag) const;
  void walk_library(BackendMesh& backend, const std::function<void()>& visit);
  void walk_mapped(const std::function<void()>& visit);
  void walk_library_interior(BackendMesh& backend, const std::function<void()>& visit);
  void enter_both(BackendMesh& backend, const std::array<int, 2>& facets);
  void walk_interior(const std::function<void()>& visit);
  void check_meeting() const;
  void walk_vertices(const std::function<void()>& visit);
  void enter(std::size_t side, std::size_t cell, int facet, std::span<const double> X,
             std::span<const double> weights);
  /// Reference points and weights of the integral's rule on the cell (facet −1) or a facet.
  const ReferenceRule& rule_of(int facet);

  const ReferenceForm::Integral& integral_;
  const meshes::Mesh& mesh_;
  ReferenceBases& bases_;
  double u_;
  std::array<std::optional<EntityNumbers>, 2> library_;
  std::array<std::optional<MappedEntity>, 2> mapped_;
  std::array<EntityValues*, 2> sides_{};
  std::array<std::size_t, 2> cells_{};
  std::map<int, ReferenceRule> rules_;
  std::map<std::vector<double>, std::size_t> handles_;  // of the library, by a facet's points
};

/// Reference points of cell `to` that are the points X of `from` on its local facet, which the
/// two share, by the facet's vertices.
std::vector<double> matching_points(const meshes::Mesh& mesh, std::size_t from, int facet,
                                    std::size_t to, std::span<const double> X);

}  // namespace femsynth::solvers
