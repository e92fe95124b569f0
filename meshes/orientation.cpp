#include "meshes/orientation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {
namespace {

/// The place of a node among the geometry nodes of a reference cell.
std::size_t node_at(const std::vector<double>& points, std::size_t t,
                    const std::array<double, 3>& X) {
  for (std::size_t k = 0; k < points.size() / t; ++k) {
    double distance = 0.0;
    for (std::size_t j = 0; j < t; ++j) distance += std::abs(points[k * t + j] - X[j]);
    if (distance < 1e-8) return k;
  }
  throw InternalError("geometry nodes that do not have the symmetry of their cell");
}

/// An edge of the mesh seen from a cell: global vertices, the lower first.
struct EdgeSide {
  std::array<std::int32_t, 2> key;
  std::size_t cell;
  int edge;
  bool reversed;  ///< the cell's local direction runs from the higher to the lower vertex
};

std::vector<EdgeSide> sorted_edges(const Mesh& mesh) {
  const int edges = entity_count(mesh.cell_type, 1);
  std::vector<EdgeSide> sides;
  sides.reserve(mesh.cell_count() * static_cast<std::size_t>(edges));
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (int e = 0; e < edges; ++e) {
      const auto local = entity_vertices(mesh.cell_type, 1, e);
      const std::int32_t from = mesh.cell(c)[static_cast<std::size_t>(local[0])];
      const std::int32_t to = mesh.cell(c)[static_cast<std::size_t>(local[1])];
      sides.push_back({{std::min(from, to), std::max(from, to)}, c, e, from > to});
    }
  }
  std::sort(sides.begin(), sides.end(), [](const EdgeSide& a, const EdgeSide& b) {
    return a.key != b.key ? a.key < b.key : a.cell < b.cell;
  });
  return sides;
}

/// Sets of things, each with a sign relative to its set's representative (union–find).
class SignedSets {
 public:
  explicit SignedSets(std::size_t count) : parent_(count), sign_(count, false) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  /// The representative of `i`, and whether `i` is opposite to it.
  std::pair<std::size_t, bool> find(std::size_t i) {
    std::size_t root = i;
    bool opposite = false;
    while (parent_[root] != root) {
      opposite = opposite != sign_[root];
      root = parent_[root];
    }
    bool rest = opposite;
    while (parent_[i] != i) {
      const std::size_t next = parent_[i];
      const bool step = sign_[i];
      parent_[i] = root;
      sign_[i] = rest;
      rest = rest != step;
      i = next;
    }
    return {root, opposite};
  }
  /// Joins the sets of two things that are opposite, or alike; false where they cannot be.
  bool join(std::size_t a, std::size_t b, bool opposite) {
    const auto [ra, sa] = find(a);
    const auto [rb, sb] = find(b);
    const bool between = (sa != sb) != opposite;
    if (ra == rb) return !between;
    // The lower one represents, so that it keeps its direction.
    parent_[std::max(ra, rb)] = std::min(ra, rb);
    sign_[std::max(ra, rb)] = between;
    return true;
  }

 private:
  std::vector<std::size_t> parent_;
  std::vector<bool> sign_;
};

/// Directions that have parallel edges in a cell: 2 and 3, and the one that a prism is extruded
/// along.
int axis_count(CellType cell) {
  return cell == CellType::hexahedron ? 3 : cell == CellType::quadrilateral ? 2 : 1;
}

/// The axis of an edge; none for the edges of a prism's triangles.
std::optional<std::size_t> axis_of(CellType cell, int edge) {
  const auto local = entity_vertices(cell, 1, edge);
  if (cell == CellType::prism) {
    return local[1] == local[0] + 3 ? std::optional<std::size_t>(0) : std::nullopt;
  }
  const int bit = local[0] ^ local[1];
  return bit == 4 ? 2 : static_cast<std::size_t>(bit - 1);
}

/// Joins the axes of cells (axis_count a cell) that run along shared edges. Returns an edge
/// that would have to run both ways, or along an axis and not, if there is one.
std::optional<EdgeSide> join_axes(const Mesh& mesh, SignedSets& sets) {
  const auto axes = static_cast<std::size_t>(axis_count(mesh.cell_type));
  const std::vector<EdgeSide> edges = sorted_edges(mesh);
  for (std::size_t i = 1; i < edges.size(); ++i) {
    const EdgeSide& a = edges[i - 1];
    const EdgeSide& b = edges[i];
    if (a.key != b.key) continue;
    const auto one = axis_of(mesh.cell_type, a.edge);
    const auto two = axis_of(mesh.cell_type, b.edge);
    if (!one && !two) continue;
    if (!one || !two ||
        !sets.join(axes * a.cell + *one, axes * b.cell + *two, a.reversed != b.reversed)) {
      return a;
    }
  }
  return std::nullopt;
}

/// The order for renumber_cell in which axis j of a quadrilateral or hexahedron is what was axis
/// `axes[j]`, reversed where `flips` says so of the old one.
std::array<std::size_t, 8> tensor_order(const std::array<std::size_t, 3>& axes,
                                        const std::array<bool, 3>& flips) {
  std::array<std::size_t, 8> order{};
  for (std::size_t k = 0; k < 8; ++k) {
    for (std::size_t j = 0; j < 3; ++j) {
      order[k] |= ((k >> j & 1) ^ (flips[axes[j]] ? 1U : 0U)) << axes[j];
    }
  }
  return order;
}

/// Every cell directs its axes as their sets do and orders them by set, so that
/// neighbours agree on the frame of their face.
void orient_hexahedra(Mesh& mesh, SignedSets& sets) {
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    std::array<bool, 3> flips{};
    std::array<std::pair<std::size_t, std::size_t>, 3> ranked;  // (set, axis)
    for (std::size_t j = 0; j < 3; ++j) {
      const auto [set, opposite] = sets.find(3 * c + j);
      flips[j] = opposite;
      ranked[j] = {set, j};
    }
    std::sort(ranked.begin(), ranked.end());
    renumber_cell(mesh, c,
                  tensor_order({ranked[0].second, ranked[1].second, ranked[2].second}, flips));
  }
}

/// Every cell directs its axis as its set does and sorts its triangles by the lines of vertices
/// along the axes, which are the same for both triangles.
void orient_prisms(Mesh& mesh, SignedSets& sets) {
  SignedSets lines(mesh.vertices());
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    for (std::size_t k = 0; k < 3; ++k) {
      lines.join(static_cast<std::size_t>(mesh.cell(c)[k]),
                 static_cast<std::size_t>(mesh.cell(c)[k + 3]), false);
    }
  }
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    std::array<std::pair<std::size_t, std::size_t>, 3> ranked;  // (line, corner)
    for (std::size_t k = 0; k < 3; ++k) {
      ranked[k] = {lines.find(static_cast<std::size_t>(mesh.cell(c)[k])).first, k};
    }
    std::sort(ranked.begin(), ranked.end());
    const std::size_t first = sets.find(c).second ? 3 : 0;
    std::array<std::size_t, 8> order{};
    for (std::size_t k = 0; k < 3; ++k) {
      order[k] = ranked[k].second + first;
      order[k + 3] = ranked[k].second + 3 - first;
    }
    renumber_cell(mesh, c, order);
  }
}

/// +1 or −1: how the orientation that a reference cell of dimension 1 or 2 gives its boundary
/// meets the numbering of the facet's vertices in the mesh (of an interval: its end or its start).
int induced_orientation(const Mesh& mesh, std::size_t c, int facet) {
  if (mesh.cell_type == CellType::interval) return facet == 1 ? 1 : -1;
  // The vertex that follows each one around the reference cell.
  constexpr std::array<int, 3> triangle{1, 2, 0};
  constexpr std::array<int, 4> quadrilateral{1, 3, 0, 2};
  const int a = facet_vertex(mesh.cell_type, facet, 0);
  const int b = facet_vertex(mesh.cell_type, facet, 1);
  const auto from = static_cast<std::size_t>(a);
  const int next = mesh.cell_type == CellType::triangle ? triangle[from] : quadrilateral[from];
  const bool ascending = mesh.cell(c)[from] < mesh.cell(c)[static_cast<std::size_t>(b)];
  return (next == b) == ascending ? 1 : -1;
}

/// Does a cell of dimension 1 or 2, renumbered so, run the other way?
bool turns_over(CellType cell, const std::array<std::size_t, 8>& order) {
  if (cell == CellType::interval) return order[0] == 1;
  const auto corner = [&](std::size_t k) {
    return reference_vertex(cell, static_cast<int>(order[k]));
  };
  const auto origin = corner(0), u = corner(1), v = corner(2);
  return (u[0] - origin[0]) * (v[1] - origin[1]) < (u[1] - origin[1]) * (v[0] - origin[0]);
}

}  // namespace

Mesh renumbered(const Mesh& mesh, std::uint64_t seed) {
  std::mt19937_64 random(seed);  // the standard says what it draws
  const auto order = [&](std::size_t count) {
    std::vector<std::size_t> result(count);
    std::iota(result.begin(), result.end(), std::size_t{0});
    for (std::size_t k = count; k > 1; --k) std::swap(result[k - 1], result[random() % k]);
    return result;
  };
  Mesh result = mesh;
  const auto d = static_cast<std::size_t>(mesh.dim());
  const std::vector<std::size_t> vertices = order(mesh.vertices());
  for (std::size_t v = 0; v < vertices.size(); ++v) {
    std::copy_n(mesh.vertex(v).begin(), d,
                result.coordinates.begin() + static_cast<std::ptrdiff_t>(vertices[v] * d));
  }
  const auto number = [&](std::int32_t point) {
    const auto p = static_cast<std::size_t>(point);
    return p < vertices.size() ? static_cast<std::int32_t>(vertices[p]) : point;
  };
  const std::vector<std::size_t> cells = order(mesh.cell_count());
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const auto corners = mesh.cell(cells[c]);
    std::transform(corners.begin(), corners.end(), &result.cells[c * corners.size()], number);
    result.cell_tags[c] = mesh.cell_tags[cells[c]];
    if (!mesh.orientation_hints.empty()) {
      result.orientation_hints[c] = mesh.orientation_hints[cells[c]];
    }
    if (mesh.geometry_degree == 1) continue;
    const auto nodes = mesh.geometry(cells[c]);
    std::transform(nodes.begin(), nodes.end(), &result.geometry_nodes[c * nodes.size()], number);
  }
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::size_t drawn = random();
    if (mesh.cell_type != CellType::quadrilateral) continue;
    const std::size_t first = drawn & 1;
    renumber_cell(result, c,
                  tensor_order({first, 1 - first, 2}, {(drawn & 2) != 0, (drawn & 4) != 0, false}));
  }
  orient_cells(result);
  result.interior_facet_tags.clear();
  result.exterior_facets = exterior_facets(result);
  return result;
}

std::vector<std::int32_t> cell_orientations(const Mesh& mesh) {
  if (mesh.topological_dim() > 2) throw InternalError("cells of dimension 3 have a determinant");
  SignedSets sets(mesh.cell_count());
  for (const InteriorFacet& facet : interior_facets(mesh)) {
    std::array<std::size_t, 2> cells{};
    std::array<int, 2> induced{};
    for (std::size_t k = 0; k < 2; ++k) {
      cells[k] = static_cast<std::size_t>(facet.cells[k]);
      induced[k] = induced_orientation(mesh, cells[k], facet.local_facets[k]);
    }
    // Cells that are oriented alike run along their facet in opposite directions.
    if (sets.join(cells[0], cells[1], induced[0] == induced[1])) continue;
    throw InputError(
        fmt::format("the mesh cannot be oriented: a strip of cells that crosses the facet of cells "
                    "{} and {} closes with a twist, as on a Möbius band",
                    facet.cells[0], facet.cells[1]));
  }
  std::vector<std::int32_t> signs;
  signs.reserve(mesh.cell_count());
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto [lowest, opposite] = sets.find(c);
    const std::int32_t sign = mesh.orientation_hints.empty() ? 1 : mesh.orientation_hints[lowest];
    signs.push_back(opposite ? -sign : sign);
  }
  return signs;
}

void renumber_cell(Mesh& mesh, std::size_t c, const std::array<std::size_t, 8>& order) {
  const auto n = static_cast<std::size_t>(vertex_count(mesh.cell_type));
  std::array<std::int32_t, 8> old{};
  std::copy_n(mesh.cell(c).begin(), n, old.begin());
  for (std::size_t k = 0; k < n; ++k) mesh.cells[c * n + k] = old[order[k]];
  if (!mesh.orientation_hints.empty() && turns_over(mesh.cell_type, order)) {
    mesh.orientation_hints[c] = -mesh.orientation_hints[c];
  }
  if (mesh.geometry_degree == 1) return;
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  const std::vector<double>& points = geometry_points(mesh.cell_type, mesh.geometry_degree);
  const auto before = mesh.geometry(c);
  const std::vector<std::int32_t> nodes(before.begin(), before.end());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto phi = vertex_basis(mesh.cell_type, &points[i * t]);
    std::array<double, 3> X{};
    for (std::size_t k = 0; k < n; ++k) {
      const auto vertex = reference_vertex(mesh.cell_type, static_cast<int>(order[k]));
      for (std::size_t j = 0; j < t; ++j) X[j] += phi[k] * vertex[j];
    }
    mesh.geometry_nodes[c * nodes.size() + i] = nodes[node_at(points, t, X)];
  }
}

void sort_simplices(Mesh& mesh) {
  if (!is_simplex(mesh.cell_type)) return;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto cell = mesh.cell(c);
    if (std::is_sorted(cell.begin(), cell.end())) continue;
    std::array<std::size_t, 8> order{};
    for (std::size_t k = 0; k < cell.size(); ++k) {  // by insertion
      std::size_t at = k;
      for (; at > 0 && cell[order[at - 1]] > cell[k]; --at) order[at] = order[at - 1];
      order[at] = k;
    }
    renumber_cell(mesh, c, order);
  }
}

void orient_quadrilaterals(Mesh& mesh) {
  if (mesh.cell_type != CellType::quadrilateral) return;
  SignedSets sets(mesh.cell_count() * 2);
  if (const auto twisted = join_axes(mesh, sets)) {
    throw InputError(fmt::format(
        "the quadrilaterals cannot be oriented: through the edge of vertices {} and {} runs a "
        "strip of cells that closes with a twist",
        twisted->key[0], twisted->key[1]));
  }
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const std::array<bool, 3> flips{sets.find(2 * c).second, sets.find(2 * c + 1).second, false};
    // One reflection turns the cell over; exchanging the axes turns it back.
    const bool exchange = flips[0] != flips[1];
    if (flips[0] || flips[1]) {
      renumber_cell(mesh, c, tensor_order({exchange ? 1U : 0U, exchange ? 0U : 1U, 2U}, flips));
    }
  }
}

bool orient_cells(Mesh& mesh) {
  if (is_simplex(mesh.cell_type)) sort_simplices(mesh);
  if (consistently_oriented(mesh)) return true;
  Mesh oriented = mesh;
  SignedSets sets(mesh.cell_count() * static_cast<std::size_t>(axis_count(mesh.cell_type)));
  if (mesh.cell_type == CellType::pyramid || join_axes(mesh, sets)) return false;
  switch (mesh.cell_type) {
    case CellType::quadrilateral:
      orient_quadrilaterals(oriented);
      break;
    case CellType::hexahedron:
      orient_hexahedra(oriented, sets);
      break;
    default:
      orient_prisms(oriented, sets);
      break;
  }
  if (!consistently_oriented(oriented)) return false;
  mesh = std::move(oriented);
  return true;
}

bool consistently_oriented(const Mesh& mesh) {
  const std::vector<EdgeSide> edges = sorted_edges(mesh);
  for (std::size_t i = 1; i < edges.size(); ++i) {
    if (edges[i - 1].key == edges[i].key && edges[i - 1].reversed != edges[i].reversed) {
      return false;
    }
  }
  if (mesh.topological_dim() < 3) return true;
  const std::vector<InteriorFacet> facets = interior_facets(mesh);
  return std::all_of(facets.begin(), facets.end(),
                     [](const InteriorFacet& facet) { return facet.permutation == 0; });
}

}  // namespace femsynth::meshes
