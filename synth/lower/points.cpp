#include "synth/lower/points.hpp"

#include <algorithm>
#include <cmath>

#include "fem/elements/quadrature.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::synth {
namespace {

using fem::IntegralKind;

/// The rule on a reference cell.
fem::QuadratureRule rule_on(meshes::CellType cell, const RuleChoice& choice) {
  if (choice.scheme == nullptr) return fem::cell_quadrature(cell, choice.degree);
  return fem::cell_quadrature(cell, choice.degree, *choice.scheme);
}

/// The rule of a facet's own reference cell: a point of weight 1 for a point.
fem::QuadratureRule facet_rule(meshes::CellType cell, int facet, const RuleChoice& choice) {
  if (meshes::dimension(cell) == 1) return {0, {}, {1.0}};
  return rule_on(meshes::facet_type(cell, facet), choice);
}

/// X = v_0 + Σ_k ξ_k (v_{k+1} − v_0) on a facet of the reference cell.
void append_to_cell(meshes::CellType cell, int facet, const double* xi, std::vector<double>& out) {
  const int t = meshes::dimension(cell);
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
  for (int e = 0; e < t; ++e) {
    const auto axis = static_cast<std::size_t>(e);
    double x = origin[axis];
    for (int k = 0; k + 1 < t; ++k) {
      const auto end = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, k + 1));
      x += xi[k] * (end[axis] - origin[axis]);
    }
    out.push_back(x);
  }
}

/// Place of the point `xi` in `points` (rows of n numbers); appended if it is not there.
std::size_t find_point(std::vector<double>& points, const std::array<double, 2>& xi,
                       std::size_t n) {
  const std::size_t count = n == 0 ? 1 : points.size() / n;
  for (std::size_t p = 0; p < count; ++p) {
    bool same = true;
    for (std::size_t k = 0; k < n; ++k) {
      same = same && std::abs(points[p * n + k] - xi[k]) < 1e-12;
    }
    if (same) return p;
  }
  points.insert(points.end(), xi.begin(), xi.begin() + static_cast<std::ptrdiff_t>(n));
  return count;
}

/// Fills `partners`; facet_points of the places grow by what permutations need.
void pair_points(PointSet& set) {
  const auto n = static_cast<std::size_t>(meshes::dimension(set.cell)) - 1;
  set.permutations = meshes::facet_permutation_count(meshes::max_facet_vertex_count(set.cell));
  for (std::size_t f = 0; f < set.places(); ++f) {
    const int vertices = meshes::facet_vertex_count(set.cell, static_cast<int>(f));
    const int own = meshes::facet_permutation_count(vertices);
    const std::vector<double> rule = set.facet_points[f];
    for (int p = 0; p < set.permutations; ++p) {
      for (std::size_t q = 0; q < set.count; ++q) {
        std::array<double, 2> xi{};
        std::copy_n(rule.begin() + static_cast<std::ptrdiff_t>(q * n), n, xi.begin());
        const auto other = meshes::permute_facet_point(vertices, p < own ? p : 0, xi);
        set.partners.push_back(static_cast<double>(find_point(set.facet_points[f], other, n)));
      }
    }
  }
}

/// All places get as many points as the one with most: the first is repeated.
void fill_up(std::vector<std::vector<double>>& points, std::size_t n) {
  if (n == 0) return;
  std::size_t most = 0;
  for (const auto& p : points) most = std::max(most, p.size());
  for (auto& p : points) {
    const std::vector<double> first(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(n));
    while (p.size() < most) p.insert(p.end(), first.begin(), first.end());
  }
}

PointSet facet_points(meshes::CellType cell, IntegralKind kind, const RuleChoice& choice) {
  PointSet set{.cell = cell, .kind = kind};
  const auto n = static_cast<std::size_t>(meshes::dimension(cell)) - 1;
  for (int f = 0; f < meshes::facet_count(cell); ++f) {
    fem::QuadratureRule rule = facet_rule(cell, f, choice);
    set.count = std::max(set.count, rule.size());
    set.facet_points.push_back(std::move(rule.points));
    set.weights.push_back(std::move(rule.weights));
  }
  fill_up(set.facet_points, n);
  for (auto& weights : set.weights) weights.resize(set.count, 0.0);
  set.points.resize(set.facet_points.size());
  // The cells of sorted simplices agree on the frames of their facets.
  if (kind == IntegralKind::interior_facet && !meshes::is_simplex(cell)) {
    pair_points(set);
    fill_up(set.facet_points, n);
  }
  for (std::size_t f = 0; f < set.places(); ++f) {
    const std::size_t points = n == 0 ? 1 : set.facet_points[f].size() / n;
    for (std::size_t p = 0; p < points; ++p) {
      append_to_cell(cell, static_cast<int>(f), set.facet_points[f].data() + p * n, set.points[f]);
    }
  }
  return set;
}

}  // namespace

std::size_t PointSet::all_points() const {
  return points[0].size() / static_cast<std::size_t>(meshes::dimension(cell));
}

PointSet make_points(meshes::CellType cell, IntegralKind kind, const RuleChoice& choice) {
  switch (kind) {
    case IntegralKind::cell: {
      fem::QuadratureRule rule = rule_on(cell, choice);
      const std::size_t count = rule.size();
      return {cell, kind, count, {std::move(rule.points)}, {}, {std::move(rule.weights)}, {}, 1};
    }
    case IntegralKind::exterior_facet:
    case IntegralKind::interior_facet:
      return facet_points(cell, kind, choice);
    case IntegralKind::vertex: {
      PointSet set{.cell = cell, .kind = kind, .count = 1};
      for (int v = 0; v < meshes::vertex_count(cell); ++v) {
        const auto x = meshes::reference_vertex(cell, v);
        set.points.emplace_back(x.begin(), x.begin() + meshes::dimension(cell));
        set.weights.push_back({1.0});
      }
      return set;
    }
  }
  throw InternalError("unknown kind of integral");
}

PointSet given_points(meshes::CellType cell, const std::vector<double>& points) {
  return {cell,
          IntegralKind::cell,
          points.size() / static_cast<std::size_t>(meshes::dimension(cell)),
          {points},
          {},
          {},
          {},
          1};
}

Side side_of(const PointSet& points, int number) {
  switch (points.kind) {
    case IntegralKind::cell:
      return {0, "", "", "q"};
    case IntegralKind::exterior_facet:
      return {0, "", "facet", "q"};
    case IntegralKind::vertex:
      return {0, "", "corner", "q"};
    case IntegralKind::interior_facet:
      return number == 0 ? Side{0, "_p", "facet_p", "q"}
                         : Side{1, "_m", "facet_m", points.partners.empty() ? "q" : "q_m"};
  }
  throw InternalError("unknown kind of integral");
}

}  // namespace femsynth::synth
