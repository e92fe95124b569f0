#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "fem/elements/tabulate.hpp"
#include "meshes/topology.hpp"
#include "solvers/reference/entity_walk.hpp"
#include "solvers/reference/space_checks.hpp"

namespace femsynth::solvers {
namespace {

using fem::Family;
using fem::PullBack;

constexpr double kTolerance = 1e-9;
/// Points of a facet at which traces are compared are those of a rule for this much more than
/// twice the degree.
constexpr int kMoreDegrees = 2;

/// A number in [0.5, 1.5) that no other dof is likely to have.
double probe(std::size_t dof) {
  std::uint64_t z = (dof + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return static_cast<double>((z ^ z >> 31) >> 11) * 0x1p-53 + 0.5;
}

/// Has every dof a cell, and are there as many as vertices, edges, faces and cells give?
std::string check_counts(const meshes::Mesh& mesh, const fem::Element& element,
                         const std::vector<fem::SubElement>& subs, const fem::DofMap& map) {
  if (map.cell_count() != mesh.cell_count() || map.dofs_per_cell() != fem::dof_count(element)) {
    return fmt::format("the dof map has {} cells of {} dofs, expected {} of {}", map.cell_count(),
                       map.dofs_per_cell(), mesh.cell_count(), fem::dof_count(element));
  }
  if (std::string wrong = check_nodes_used(map); !wrong.empty()) return wrong;
  std::size_t expected = 0;
  for (const fem::SubElement& sub : subs) {
    const auto blocks = static_cast<std::size_t>(sub.block_size);
    if (sub.basic.family == Family::real) {
      expected += blocks;
      continue;
    }
    const auto& nodes = fem::entity_nodes(sub.basic);
    std::set<std::vector<std::int32_t>> seen;
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      for (std::size_t dim = 0; dim < nodes.size(); ++dim) {
        for (std::size_t e = 0; e < nodes[dim].size(); ++e) {
          std::vector<std::int32_t> key{static_cast<std::int32_t>(dim)};
          for (const int v : meshes::entity_vertices(mesh.cell_type, static_cast<int>(dim),
                                                     static_cast<int>(e))) {
            key.push_back(mesh.cell(c)[static_cast<std::size_t>(v)]);
          }
          std::sort(key.begin() + 1, key.end());
          if (seen.insert(std::move(key)).second) expected += nodes[dim][e].size() * blocks;
        }
      }
    }
  }
  if (expected == map.dof_count()) return {};
  return fmt::format("the dof map has {} dofs, the mesh's entities give {}", map.dof_count(),
                     expected);
}

/// Compares the traces of one copy of a basic element.
class TraceCheck {
 public:
  TraceCheck(ReferenceBases& bases, const meshes::Mesh& mesh, const fem::SubElement& sub,
             const fem::DofMap& map)
      : bases_(bases),
        mesh_(mesh),
        sub_(sub),
        map_(map),
        shapes_{{sub.basic, 0}},
        sides_{MappedEntity(bases, mesh, fem::IntegralKind::interior_facet, shapes_),
               MappedEntity(bases, mesh, fem::IntegralKind::interior_facet, shapes_)} {
    for (int c = 0; c < sub.value_size; ++c) {
      for (MappedEntity& side : sides_) side.want({0, c, 0});
    }
  }

  std::string run() {
    for (const meshes::InteriorFacet& facet : meshes::interior_facets(mesh_)) {
      const std::array<std::size_t, 2> cells{static_cast<std::size_t>(facet.cells[0]),
                                             static_cast<std::size_t>(facet.cells[1])};
      enter(facet, cells);
      for (int block = 0; block < sub_.block_size; ++block) {
        if (differs(facet, cells, block)) {
          return fmt::format("{}: cells {} and {} do not agree on their facet",
                             to_string(sub_.basic), cells[0], cells[1]);
        }
      }
    }
    return {};
  }

 private:
  void enter(const meshes::InteriorFacet& facet, const std::array<std::size_t, 2>& cells) {
    const auto t = mesh_.topological_dim();
    const int degree = 2 * sub_.basic.degree + kMoreDegrees;
    if (t == 1) {
      rule_ = {facet_points(mesh_.cell_type, facet.local_facets[0], {}), {1.0}};
    } else {
      const auto type = meshes::facet_type(mesh_.cell_type, facet.local_facets[0]);
      const ReferenceRule& own = bases_.rule(type, degree);
      rule_ = {facet_points(mesh_.cell_type, facet.local_facets[0], own.points), own.weights};
    }
    others_ = matching_points(mesh_, cells[0], facet.local_facets[0], cells[1], rule_.points);
    sides_[0].update({cells[0], facet.local_facets[0], rule_.points, rule_.weights}, 0x1p-53);
    sides_[1].update({cells[1], facet.local_facets[1], others_, rule_.weights}, 0x1p-53);
  }

  /// What both sides must have in common at a point: one or more numbers; and their size.
  std::vector<double> trace(std::size_t side, std::size_t q, std::size_t cell, int block,
                            std::size_t other, double& size) {
    MappedEntity& at = sides_[side];
    std::vector<double> value(static_cast<std::size_t>(sub_.value_size), 0.0);
    for (std::size_t c = 0; c < value.size(); ++c) {
      const Lanes& phi = at.shape({0, static_cast<int>(c), 0});
      for (int n = 0; n < sub_.nodes; ++n) {
        const int local = sub_.dof_offset + n * sub_.block_size + block;
        const double term = phi.value()[static_cast<std::size_t>(n) * at.points() + q] *
                            probe(global_dof(map_, cell, local));
        value[c] += term;
        size += std::abs(term);
      }
    }
    const auto d = static_cast<std::size_t>(mesh_.dim());
    // The first side's facet tangents, or each side's own normal.
    std::vector<std::vector<double>> directions;
    const PullBack how = fem::pull_back(sub_.basic.family);
    const bool normal =
        how == PullBack::contravariant_piola || how == PullBack::double_contravariant;
    if (how == PullBack::identity) return value;
    if (normal) {
      directions.emplace_back();
      for (std::size_t i = 0; i < d; ++i) directions[0].push_back(at.normal(q, i).value);
    } else {
      const auto t = static_cast<std::size_t>(mesh_.topological_dim());
      for (std::size_t k = 0; k + 1 < t; ++k) {
        directions.emplace_back();
        for (std::size_t i = 0; i < d; ++i) {
          const auto component = static_cast<std::int32_t>(i * (t - 1) + k);
          const Leaf leaf{fem::Op::geometric_quantity,
                          static_cast<std::int32_t>(fem::GeometricQuantity::facet_jacobian),
                          component};
          directions.back().push_back(sides_[other].quantity(leaf, q).value);
        }
      }
    }
    std::vector<double> result;
    for (const auto& a : directions) {
      if (value.size() == d) {
        double sum = 0.0;
        for (std::size_t i = 0; i < d; ++i) sum += value[i] * a[i];
        // Outward normals of the two sides are opposite.
        result.push_back(normal && side == 1 ? -sum : sum);
        continue;
      }
      for (const auto& b : directions) {
        double sum = 0.0;
        for (std::size_t i = 0; i < d; ++i) {
          for (std::size_t j = 0; j < d; ++j) sum += a[i] * value[i * d + j] * b[j];
        }
        result.push_back(sum);
      }
    }
    return result;
  }

  bool differs(const meshes::InteriorFacet&, const std::array<std::size_t, 2>& cells, int block) {
    const bool mean = sub_.basic.family == Family::crouzeix_raviart;
    double jump = 0.0;
    for (std::size_t q = 0; q < rule_.weights.size(); ++q) {
      double size = 0.0;
      const std::vector<double> a = trace(0, q, cells[0], block, 0, size);
      const std::vector<double> b = trace(1, q, cells[1], block, 0, size);
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (!mean && !(std::abs(a[i] - b[i]) <= kTolerance * (1.0 + size))) return true;
        jump += rule_.weights[q] * (a[i] - b[i]);
      }
    }
    return mean && !(std::abs(jump) <= kTolerance);
  }

  ReferenceBases& bases_;
  const meshes::Mesh& mesh_;
  const fem::SubElement& sub_;
  const fem::DofMap& map_;
  std::vector<ReferenceForm::Shape> shapes_;
  std::array<MappedEntity, 2> sides_;
  ReferenceRule rule_;
  std::vector<double> others_;
};

/// All dofs inside the cells?
bool is_broken(const fem::Element& basic) {
  const auto& nodes = fem::entity_nodes(basic);
  for (std::size_t dim = 0; dim + 1 < nodes.size(); ++dim) {
    for (const auto& entity : nodes[dim]) {
      if (!entity.empty()) return false;
    }
  }
  return true;
}

}  // namespace

std::string check_conformity(ReferenceBases& bases, const meshes::Mesh& mesh,
                             const fem::Element& element, const fem::DofMap& map) {
  const std::vector<fem::SubElement> subs = fem::sub_elements(element, mesh.dim());
  if (std::string wrong = check_counts(mesh, element, subs, map); !wrong.empty()) {
    return wrong;
  }
  for (const fem::SubElement& sub : subs) {
    const Family family = sub.basic.family;
    // As many dofs as all cells have together, and all used: none is shared.
    const bool skip = family == Family::hermite || family == Family::real ||
                      family == Family::quadrature ||
                      (is_broken(sub.basic) && family != Family::bubble);
    if (skip) continue;
    if (std::string wrong = TraceCheck(bases, mesh, sub, map).run(); !wrong.empty()) {
      return wrong;
    }
  }
  return {};
}

}  // namespace femsynth::solvers
