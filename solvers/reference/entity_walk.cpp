#include "solvers/reference/entity_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/elements/tabulate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::solvers {
namespace {

using fem::IntegralKind;

/// Do deal.II's own FEValues serve?
bool has_values(const ReferenceForm::Integral& integral, const meshes::Mesh& mesh) {
  if (integral.kind == IntegralKind::vertex) return false;
  if (!is_classical(mesh)) return false;
  const auto lagrange = [](const ReferenceForm::Shape& s) {
    return has_nodal_basis(s.element) && s.derivatives <= kLibraryDerivatives;
  };
  const auto of_cell = [](const ReferenceForm::Source& s) {
    return s.leaf.op != fem::Op::geometric_quantity &&
           (s.leaf.op != fem::Op::facet_normal || s.leaf.order() == 0);
  };
  return std::all_of(integral.shapes.begin(), integral.shapes.end(), lagrange) &&
         std::all_of(integral.inputs.begin(), integral.inputs.end(), of_cell);
}

std::vector<ShapeRequest> requests_of(const ReferenceForm::Integral& integral) {
  std::vector<ShapeRequest> requests;
  for (const ReferenceForm::Shape& shape : integral.shapes) {
    requests.push_back({shape.element, fem::nodes(shape.element), shape.derivatives});
  }
  return requests;
}

}  // namespace

bool is_classical(const meshes::Mesh& mesh) {
  return mesh.geometry_degree == 1 && mesh.dim() == mesh.topological_dim() &&
         mesh.cell_type != meshes::CellType::prism && mesh.cell_type != meshes::CellType::pyramid;
}

EntityWalk::EntityWalk(const ReferenceForm::Integral& integral, const meshes::Mesh& mesh,
                       ReferenceBases& bases, double u)
    : integral_(integral), mesh_(mesh), bases_(bases), u_(u) {
  const bool classical = has_values(integral, mesh);
  for (const std::size_t side : {0u, 1u}) {
    if (classical) {
      sides_[side] = &library_[side].emplace(mesh.cell_type, integral.kind);
    } else {
      sides_[side] = &mapped_[side].emplace(bases, mesh, integral.kind, integral.shapes);
    }
  }
  for (const auto* sources : {&integral.tests, &integral.trials, &integral.inputs}) {
    for (const ReferenceForm::Source& source : *sources) {
      if (!classical) mapped_[side_index(source.leaf.side)]->want(source.leaf);
      for (const ReferenceForm::Part& part : source.parts) {
        const ShapeKey key{part.shape, part.component, source.slot};
        if (classical) {
          library_[side_index(source.leaf.side)]->want(key.shape, key.slot);
        } else {
          mapped_[side_index(source.leaf.side)]->want(key);
        }
      }
    }
  }
}

void EntityWalk::for_each(const Open& open, const std::function<void()>& visit) {
  if (integral_.terms.empty()) return;
  const bool interior = integral_.kind == IntegralKind::interior_facet;
  if (library_[0]) {
    return interior ? walk_library_interior(open(), visit) : walk_library(open(), visit);
  }
  if (interior) return walk_interior(visit);
  if (integral_.kind == IntegralKind::vertex) return walk_vertices(visit);
  walk_mapped(visit);
}

bool EntityWalk::has(int tag) const {
  const auto& ids = integral_.subdomains;
  return ids.empty() || std::find(ids.begin(), ids.end(), tag) != ids.end();
}

void EntityWalk::walk_library(BackendMesh& backend, const std::function<void()>& visit) {
  const std::vector<ShapeRequest> requests = requests_of(integral_);
  const std::size_t handle = backend.prepare(integral_.kind, integral_.rule, requests);
  const auto visit_at = [&](std::size_t c, const EntityPoints& points) {
    cells_[0] = c;
    library_[0]->update(points, u_);
    visit();
  };
  if (integral_.kind == IntegralKind::cell) {
    for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
      if (has(mesh_.cell_tags[c])) visit_at(c, backend.at_cell(handle, c));
    }
    return;
  }
  for (const meshes::ExteriorFacet& facet : mesh_.exterior_facets) {
    if (!has(facet.tag)) continue;
    const auto c = static_cast<std::size_t>(facet.cell);
    visit_at(c, backend.at_facet(handle, c, facet.local_facet));
  }
}

const ReferenceRule& EntityWalk::rule_of(int facet) {
  const auto [entry, fresh] = rules_.try_emplace(facet);
  ReferenceRule& rule = entry->second;
  if (!fresh) return rule;
  const PointRule& asked = integral_.rule;
  const auto t = static_cast<std::ptrdiff_t>(mesh_.topological_dim());
  if (asked.given) {
    const auto n = static_cast<std::ptrdiff_t>(asked.weights.size());
    const auto f = static_cast<std::size_t>(std::max(facet, 0));
    const bool listed = !asked.starts.empty();
    const auto first =
        listed ? static_cast<std::ptrdiff_t>(asked.starts[f]) : static_cast<std::ptrdiff_t>(f) * n;
    const auto last = listed ? static_cast<std::ptrdiff_t>(asked.starts[f + 1]) : first + n;
    rule.points.assign(asked.points.begin() + first * t, asked.points.begin() + last * t);
    const auto w = asked.weights.begin() + (listed ? first : 0);
    rule.weights.assign(w, w + (last - first));
  } else if (facet < 0) {
    rule = bases_.rule(mesh_.cell_type, asked.degree);
  } else if (t == 1) {
    rule = {facet_points(mesh_.cell_type, facet, {}), {1.0}};
  } else {
    const ReferenceRule& own =
        bases_.rule(meshes::facet_type(mesh_.cell_type, facet), asked.degree);
    rule = {facet_points(mesh_.cell_type, facet, own.points), own.weights};
  }
  return rule;
}

void EntityWalk::enter(std::size_t side, std::size_t cell, int facet, std::span<const double> X,
                       std::span<const double> weights) {
  cells_[side] = cell;
  mapped_[side]->update({cell, facet, X, weights}, u_);
}

void EntityWalk::walk_mapped(const std::function<void()>& visit) {
  if (integral_.kind == IntegralKind::cell) {
    for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
      if (!has(mesh_.cell_tags[c])) continue;
      const ReferenceRule& rule = rule_of(-1);
      enter(0, c, -1, rule.points, rule.weights);
      visit();
    }
    return;
  }
  for (const meshes::ExteriorFacet& facet : mesh_.exterior_facets) {
    if (!has(facet.tag)) continue;
    const ReferenceRule& rule = rule_of(facet.local_facet);
    enter(0, static_cast<std::size_t>(facet.cell), facet.local_facet, rule.points, rule.weights);
    visit();
  }
}

/// The points of the second cell are found by vertices: a point that is a combination of the
/// facet's vertices on one side is the same combination on the other. That the physical points then
/// agree is checked.
void EntityWalk::walk_interior(const std::function<void()>& visit) {
  for (const meshes::InteriorFacet& facet : meshes::interior_facets(mesh_)) {
    if (!has(facet.tag)) continue;
    const auto c0 = static_cast<std::size_t>(facet.cells[0]);
    const auto c1 = static_cast<std::size_t>(facet.cells[1]);
    const ReferenceRule& rule = rule_of(facet.local_facets[0]);
    const std::vector<double> X1 =
        matching_points(mesh_, c0, facet.local_facets[0], c1, rule.points);
    enter(0, c0, facet.local_facets[0], rule.points, rule.weights);
    enter(1, c1, facet.local_facets[1], X1, rule.weights);
    check_meeting();
    visit();
  }
}

void EntityWalk::check_meeting() const {
  const auto d = static_cast<std::size_t>(mesh_.dim());
  for (std::size_t q = 0; q < points(); ++q) {
    for (std::size_t i = 0; i < d; ++i) {
      const Number& a = sides_[0]->x(q, i);
      const Number& b = sides_[1]->x(q, i);
      if (std::abs(a.value - b.value) > 1e-11 * (1.0 + a.magnitude + b.magnitude)) {
        throw InputError(
            fmt::format("the two sides of the facet between cells {} and {} do not meet", cells_[0],
                        cells_[1]));
      }
    }
  }
}

/// The same by FEInterfaceValues, which find the second cell and its points themselves.
void EntityWalk::walk_library_interior(BackendMesh& backend, const std::function<void()>& visit) {
  const std::size_t handle =
      backend.prepare(integral_.kind, integral_.rule, requests_of(integral_));
  for (const meshes::InteriorFacet& facet : meshes::interior_facets(mesh_)) {
    if (!has(facet.tag)) continue;
    for (const std::size_t side : {0u, 1u}) {
      cells_[side] = static_cast<std::size_t>(facet.cells[side]);
    }
    const InterfacePoints* both =
        backend.at_interface(handle, cells_, {facet.local_facets[0], facet.local_facets[1]});
    if (both != nullptr) {
      for (const std::size_t side : {0u, 1u}) library_[side]->update((*both)[side], u_);
    } else {
      enter_both(backend, {facet.local_facets[0], facet.local_facets[1]});
    }
    check_meeting();
    visit();
  }
}

/// By two FEFaceValues, one a side. On the second side its points depend on how the facet lies
/// there.
void EntityWalk::enter_both(BackendMesh& backend, const std::array<int, 2>& facets) {
  const ReferenceRule& rule = rule_of(facets[0]);
  std::vector<double> X = rule.points;
  for (const std::size_t side : {0u, 1u}) {
    const std::size_t c = cells_[side];
    if (side == 1) X = matching_points(mesh_, cells_[0], facets[0], c, X);
    PointRule given{true, integral_.rule.degree, {}, rule.weights, {}};
    given.points.assign(X.size() * static_cast<std::size_t>(meshes::facet_count(mesh_.cell_type)),
                        0.0);
    std::copy(X.begin(), X.end(),
              given.points.begin() + static_cast<std::ptrdiff_t>(X.size()) * facets[side]);
    const auto [at, fresh] = handles_.try_emplace(given.points);
    if (fresh) at->second = backend.prepare(integral_.kind, given, requests_of(integral_));
    library_[side]->update(backend.at_facet(at->second, c, facets[side]), u_);
  }
}

/// Each vertex once, seen from the first cell that has it.
void EntityWalk::walk_vertices(const std::function<void()>& visit) {
  if (!has(0)) return;
  std::vector<bool> seen(mesh_.vertices(), false);
  const auto t = static_cast<std::size_t>(mesh_.topological_dim());
  constexpr double one = 1.0;
  for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
    for (std::size_t k = 0; k < mesh_.cell(c).size(); ++k) {
      const auto v = static_cast<std::size_t>(mesh_.cell(c)[k]);
      if (seen[v]) continue;
      seen[v] = true;
      const auto X = meshes::reference_vertex(mesh_.cell_type, static_cast<int>(k));
      enter(0, c, -1, std::span(X).first(t), std::span(&one, 1));
      visit();
    }
  }
}

std::vector<double> matching_points(const meshes::Mesh& mesh, std::size_t from, int facet,
                                    std::size_t to, std::span<const double> X) {
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const auto other = mesh.cell(to);
  std::vector<double> result;
  for (std::size_t q = 0; q < X.size() / t; ++q) {
    const auto phi = meshes::vertex_basis(mesh.cell_type, &X[q * t]);
    std::array<double, 3> Y{};
    for (int k = 0; k < meshes::facet_vertex_count(mesh.cell_type, facet); ++k) {
      const auto local = static_cast<std::size_t>(meshes::facet_vertex(mesh.cell_type, facet, k));
      const auto at = std::find(other.begin(), other.end(), mesh.cell(from)[local]);
      if (at == other.end()) throw InternalError("the cells of an interior facet share no facet");
      const auto end =
          meshes::reference_vertex(mesh.cell_type, static_cast<int>(at - other.begin()));
      for (std::size_t i = 0; i < t; ++i) Y[i] += phi[local] * end[i];
    }
    result.insert(result.end(), Y.begin(), Y.begin() + static_cast<std::ptrdiff_t>(t));
  }
  return result;
}

}  // namespace femsynth::solvers
