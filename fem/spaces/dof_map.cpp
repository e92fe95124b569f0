#include "fem/spaces/dof_map.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/spaces/entity_numbering.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::fem {
namespace {

using meshes::Mesh;

/// The nodes at the vertices; returns how many.
std::size_t number_vertices(const Mesh& mesh, const Element& element, DofMap& map) {
  const auto& at = entity_nodes(element)[0];
  const std::size_t size = at[0].size();
  const auto per_cell = static_cast<std::size_t>(map.nodes_per_cell);
  for (std::size_t c = 0; c < mesh.cell_count() && size > 0; ++c) {
    const auto cell = mesh.cell(c);
    for (std::size_t v = 0; v < cell.size(); ++v) {
      for (std::size_t k = 0; k < size; ++k) {
        map.cell_nodes[c * per_cell + static_cast<std::size_t>(at[v][k])] =
            static_cast<std::int32_t>(static_cast<std::size_t>(cell[v]) * size + k);
      }
    }
  }
  return mesh.vertices() * size;
}

/// First node of each entity, from `first` on, where the entities of one dimension may hold
/// different numbers of nodes (the faces of a prism do); one entry more than entities.
std::vector<std::size_t> first_nodes(const EntityNumbering& numbering,
                                     const std::vector<EntityNodes>& inside, std::size_t first) {
  std::vector<std::size_t> offsets(numbering.count + 1, 0);
  for (std::size_t slot = 0; slot < numbering.numbers.size(); ++slot) {
    offsets[static_cast<std::size_t>(numbering.numbers[slot]) + 1] =
        inside[slot % numbering.per_cell].size();
  }
  offsets[0] = first;
  for (std::size_t e = 0; e < numbering.count; ++e) offsets[e + 1] += offsets[e];
  return offsets;
}

/// Numbers the nodes inside the edges or faces from `first` on; returns how many.
std::size_t number_inside(const Mesh& mesh, const Element& element, int dim, std::size_t first,
                          DofMap& map) {
  const bool permute = element.family == Family::lagrange && !meshes::is_simplex(element.cell);
  std::vector<EntityNodes> inside;
  std::size_t total = 0;
  for (int e = 0; e < meshes::entity_count(mesh.cell_type, dim); ++e) {
    inside.emplace_back(element, dim, e, permute);
    total += inside.back().size();
  }
  if (total == 0) return 0;
  const EntityNumbering numbering = number_entities(mesh, dim);
  const std::vector<std::size_t> offsets = first_nodes(numbering, inside, first);
  const auto per_cell = static_cast<std::size_t>(map.nodes_per_cell);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    for (std::size_t e = 0; e < numbering.per_cell; ++e) {
      std::array<std::int32_t, 4> global{};
      std::size_t corners = 0;
      for (const int v : meshes::entity_vertices(mesh.cell_type, dim, static_cast<int>(e))) {
        global[corners++] = cell[static_cast<std::size_t>(v)];
      }
      const std::vector<int>& places = inside[e].places(std::span(global).first(corners));
      const std::size_t base =
          offsets[static_cast<std::size_t>(numbering.numbers[c * numbering.per_cell + e])];
      for (std::size_t k = 0; k < places.size(); ++k) {
        map.cell_nodes[c * per_cell + static_cast<std::size_t>(inside[e].local()[k])] =
            static_cast<std::int32_t>(base + static_cast<std::size_t>(places[k]));
      }
    }
  }
  return offsets.back() - first;
}

/// Nodes inside the cells, from `first` on, cell by cell; returns how many.
std::size_t number_cells(const Mesh& mesh, const std::vector<int>& local, std::size_t first,
                         DofMap& map) {
  const auto per_cell = static_cast<std::size_t>(map.nodes_per_cell);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t k = 0; k < local.size(); ++k) {
      map.cell_nodes[c * per_cell + static_cast<std::size_t>(local[k])] =
          static_cast<std::int32_t>(first + c * local.size() + k);
    }
  }
  return mesh.cell_count() * local.size();
}

void check_size(const Mesh& mesh, const Element& element) {
  // An upper bound of the dofs, so that no number can overflow on the way.
  const double bound = static_cast<double>(mesh.cell_count()) * dof_count(element);
  if (bound > static_cast<double>(std::numeric_limits<std::int32_t>::max())) {
    throw InputError(fmt::format(
        "{} on {} cells has too many dofs: up to {:.0f}, at most {} are "
        "supported",
        to_string(element), mesh.cell_count(), bound, std::numeric_limits<std::int32_t>::max()));
  }
}

/// Does the element share nodes inside edges or faces between cells?
bool shares_inside(const Element& element) {
  for (int dim = 1; dim < meshes::dimension(element.cell); ++dim) {
    for (const auto& nodes : entity_nodes(element)[static_cast<std::size_t>(dim)]) {
      if (!nodes.empty()) return true;
    }
  }
  return false;
}

/// Refuses a mesh on which cells see the shared functions of the element differently.
void check_orientation(const Mesh& mesh, const Element& element) {
  if (element.family == Family::lagrange || !shares_inside(element)) return;
  if (!meshes::is_simplex(element.cell) && !is_orientation_free(element) &&
      !meshes::consistently_oriented(mesh)) {
    throw InputError(fmt::format(
        "{} on this mesh of {} {}s: neighbouring cells do not agree on the direction of the edges "
        "and the frame of the faces that they share; a generated mesh, a mesh of simplices or a "
        "discontinuous element would do",
        to_string(element), mesh.cell_count(), meshes::name_of(mesh.cell_type)));
  }
  if (mesh.dim() == mesh.topological_dim() ||
      pull_back(element.family) != PullBack::contravariant_piola) {
    return;
  }
  try {
    meshes::cell_orientations(mesh);
  } catch (const InputError& e) {
    throw InputError(fmt::format("{} on this mesh: {}; its functions would flow out of both cells",
                                 to_string(element), e.what()));
  }
}

/// The dof map of one copy of a basic element; `block_size` is of the result.
DofMap basic_map(const Mesh& mesh, const Element& element, int block_size) {
  DofMap map;
  map.nodes_per_cell = dimension(element);
  map.block_size = block_size;
  map.cell_nodes.resize(mesh.cell_count() * static_cast<std::size_t>(map.nodes_per_cell));
  if (element.family == Family::real) {
    map.node_count = 1;
    return map;
  }
  check_orientation(mesh, element);
  map.node_count = number_vertices(mesh, element, map);
  for (int dim = 1; dim < mesh.topological_dim(); ++dim) {
    map.node_count += number_inside(mesh, element, dim, map.node_count, map);
  }
  const auto& inside = entity_nodes(element)[static_cast<std::size_t>(mesh.topological_dim())][0];
  map.node_count += number_cells(mesh, inside, map.node_count, map);
  return map;
}

/// The parts one after another, each dof a node of its own.
DofMap composed_map(const Mesh& mesh, const Element& element) {
  DofMap map;
  map.nodes_per_cell = dof_count(element);
  const auto dofs = static_cast<std::size_t>(map.nodes_per_cell);
  map.cell_nodes.resize(mesh.cell_count() * dofs);
  for (const SubElement& sub : sub_elements(element, mesh.dim())) {
    const DofMap part = basic_map(mesh, sub.basic, sub.block_size);
    const auto block = static_cast<std::size_t>(sub.block_size);
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      const auto nodes = part.cell(c);
      std::int32_t* out = &map.cell_nodes[c * dofs + static_cast<std::size_t>(sub.dof_offset)];
      for (const std::int32_t node : nodes) {
        for (std::size_t b = 0; b < block; ++b) {
          *out++ = static_cast<std::int32_t>(map.node_count +
                                             static_cast<std::size_t>(node) * block + b);
        }
      }
    }
    map.node_count += part.dof_count();
  }
  return map;
}

}  // namespace

DofMap make_dof_map(const Mesh& mesh, const Element& element) {
  check_element(element);
  if (element.cell != mesh.cell_type) {
    throw InputError(
        fmt::format("{} on a mesh of {}s", to_string(element), meshes::name_of(mesh.cell_type)));
  }
  check_size(mesh, element);
  if (element.is_composed()) return composed_map(mesh, element);
  return basic_map(mesh, element, element.block_size());
}

std::vector<double> node_points(const Mesh& mesh, const Element& element, const DofMap& dof_map) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const std::vector<double>& reference = nodes(element);
  std::vector<double> points(dof_map.node_count * d);
  std::vector<meshes::GeometryBasis> basis;
  for (std::size_t k = 0; k * t < reference.size(); ++k) {
    basis.push_back(
        meshes::geometry_basis(mesh.cell_type, mesh.geometry_degree, &reference[k * t]));
  }
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto geometry = mesh.geometry(c);
    const auto cell_nodes = dof_map.cell(c);
    for (std::size_t k = 0; k < cell_nodes.size(); ++k) {
      for (std::size_t i = 0; i < d; ++i) {
        double x = 0.0;
        for (std::size_t v = 0; v < geometry.size(); ++v) {
          x += basis[k].values[v] * mesh.vertex(static_cast<std::size_t>(geometry[v]))[i];
        }
        points[static_cast<std::size_t>(cell_nodes[k]) * d + i] = x;
      }
    }
  }
  return points;
}

}  // namespace femsynth::fem
