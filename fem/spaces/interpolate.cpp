#include "fem/spaces/interpolate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "fem/elements/interpolation.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/spaces/pull_back.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::fem {
namespace {

using meshes::Mesh;

/// Values of a field with a check that they are numbers.
std::vector<double> finite_values(const FieldFunction& field, std::span<const double> points,
                                  std::size_t components, std::size_t d) {
  std::vector<double> values = field(points);
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (std::isfinite(values[k])) continue;
    const auto x = points.subspan(k / components * d, d);
    throw InputError(fmt::format("the expression is {} at x = ({})",
                                 std::isnan(values[k]) ? "not a number" : fmt::to_string(values[k]),
                                 fmt::join(x, ", ")));
  }
  return values;
}

/// Interpolates cell by cell; dofs that cells share are the same from each.
class CellInterpolation {
 public:
  CellInterpolation(const FieldFunction& field, const Mesh& mesh, const Element& element,
                    const DofMap& dof_map)
      : field_(field),
        mesh_(mesh),
        element_(element),
        dof_map_(dof_map),
        subs_(sub_elements(element, mesh.dim())),
        components_(static_cast<std::size_t>(size_of(value_shape(element, mesh.dim())))),
        dofs_(dof_map.dof_count(), 0.0) {}

  std::vector<double> run() {
    for (std::size_t s = 0; s < subs_.size(); ++s) add(s);
    return std::move(dofs_);
  }

 private:
  std::size_t d() const { return static_cast<std::size_t>(mesh_.dim()); }

  /// Earlier parts of the same enriched element as part `s`.
  std::vector<std::size_t> earlier_parts(std::size_t s) const {
    std::vector<std::size_t> earlier;
    for (std::size_t k = 0; k < s; ++k) {
      if (subs_[k].first_component == subs_[s].first_component) earlier.push_back(k);
    }
    return earlier;
  }

  void add(std::size_t s) {
    const SubElement& sub = subs_[s];
    const std::vector<std::size_t> earlier = earlier_parts(s);
    if (!earlier.empty() && sub.basic.family != Family::bubble) {
      throw InputError(fmt::format(
          "cannot interpolate into {}: beside its first part it may have bubbles, not {}",
          to_string(element_), to_string(sub.basic)));
    }
    const InterpolationOperator& op = interpolation(sub.basic);
    if (op.points == 0) return;
    const bool oriented = pull_back(sub.basic.family) == PullBack::contravariant_piola &&
                          mesh_.dim() > mesh_.topological_dim();
    if (oriented && orientations_.empty()) orientations_ = meshes::cell_orientations(mesh_);
    const std::size_t batch = std::max<std::size_t>(1, 4096 / op.points);
    for (std::size_t first = 0; first < mesh_.cell_count(); first += batch) {
      add_cells(sub, op, earlier, first, std::min(batch, mesh_.cell_count() - first));
    }
  }

  void add_cells(const SubElement& sub, const InterpolationOperator& op,
                 const std::vector<std::size_t>& earlier, std::size_t first, std::size_t count) {
    const auto t = static_cast<std::size_t>(mesh_.topological_dim());
    std::vector<meshes::GeometryMap> maps;
    std::vector<double> points;
    for (std::size_t c = first; c < first + count; ++c) {
      for (std::size_t p = 0; p < op.points; ++p) {
        maps.push_back(meshes::map_point(mesh_, c, &op.X[p * t]));
        // Other pull-backs of a manifold do not read the sign.
        if (!orientations_.empty()) maps.back().determinant *= orientations_[c];
        points.insert(points.end(), maps.back().x.begin(),
                      maps.back().x.begin() + static_cast<std::ptrdiff_t>(d()));
      }
    }
    const std::vector<double> values = finite_values(field_, points, components_, d());
    std::vector<double> reference(op.points * op.components);
    std::vector<double> found(op.dofs);
    for (std::size_t c = 0; c < count; ++c) {
      for (int block = 0; block < sub.block_size; ++block) {
        for (std::size_t p = 0; p < op.points; ++p) {
          const std::size_t place = c * op.points + p;
          std::array<double, 9> value = copy_value(sub, block, &values[place * components_]);
          for (const std::size_t k : earlier) {
            subtract(subs_[k], first + c, block, &op.X[p * t], value);
          }
          pull_back(sub.basic.family, mesh_, maps[place], value,
                    std::span(reference).subspan(p * op.components, op.components));
        }
        op.apply(reference.data(), found.data());
        store(sub, first + c, block, found);
      }
    }
  }

  /// The value of one copy: its components among those of the whole.
  static std::array<double, 9> copy_value(const SubElement& sub, int block, const double* values) {
    std::array<double, 9> value{};
    for (std::size_t k = sub.source.size(); k-- > 0;) {  // the first of equal components counts
      const int component = sub.source[k] - block * sub.value_size;
      if (component < 0 || component >= sub.value_size) continue;
      value[static_cast<std::size_t>(component)] =
          values[static_cast<std::size_t>(sub.first_component) + k];
    }
    return value;
  }

  std::size_t dof(const SubElement& sub, std::size_t cell, std::size_t node, int block) const {
    const auto b = static_cast<std::size_t>(block);
    const std::size_t local = static_cast<std::size_t>(sub.dof_offset) +
                              node * static_cast<std::size_t>(sub.block_size) + b;
    const auto width = static_cast<std::size_t>(dof_map_.block_size);
    return static_cast<std::size_t>(dof_map_.cell(cell)[local / width]) * width + local % width;
  }

  /// value −= that of an earlier, scalar part.
  void subtract(const SubElement& sub, std::size_t cell, int block, const double* X,
                std::array<double, 9>& value) const {
    const auto t = static_cast<std::size_t>(mesh_.topological_dim());
    const Tabulation table = tabulate(sub.basic, 0, std::span(X, t));
    for (std::size_t i = 0; i < table.nodes; ++i) {
      value[0] -= table.at(0, 0, i) * dofs_[dof(sub, cell, i, block)];
    }
  }

  void store(const SubElement& sub, std::size_t cell, int block, const std::vector<double>& found) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      double& value = dofs_[dof(sub, cell, i, block)];
      if (sub.basic.family == Family::real && cell > 0 &&
          std::abs(found[i] - value) > 1e-12 * std::max(std::abs(value), 1.0)) {
        throw InputError(
            fmt::format("cannot interpolate into {}: the expression is {} in one cell and {} in "
                        "another, a Real element has one value",
                        to_string(element_), value, found[i]));
      }
      value = found[i];
    }
  }

  const FieldFunction& field_;
  const Mesh& mesh_;
  const Element& element_;
  const DofMap& dof_map_;
  std::vector<SubElement> subs_;
  std::size_t components_;
  std::vector<std::int32_t> orientations_;  ///< of a manifold's cells, where they are read
  std::vector<double> dofs_;
};

void check_components(const ExprGraph& graph, std::size_t components, const Element& element) {
  const Shape shape = value_shape(element, graph.dim());
  if (components == static_cast<std::size_t>(size_of(shape))) return;
  throw InputError(fmt::format("an expression with {} component{} for a function of shape {}",
                               components, components == 1 ? "" : "s", to_string(shape)));
}

}  // namespace

std::vector<double> interpolate(const FieldFunction& field, const Mesh& mesh,
                                const Element& element, const DofMap& dof_map) {
  const bool by_node = !element.is_composed() && !element.symmetric &&
                       element.family != Family::real && is_nodal(element);
  if (!by_node) return CellInterpolation(field, mesh, element, dof_map).run();
  return finite_values(field, node_points(mesh, element, dof_map),
                       static_cast<std::size_t>(element.block_size()),
                       static_cast<std::size_t>(mesh.dim()));
}

std::vector<double> interpolate(const ExprGraph& graph, std::span<const ExprId> components,
                                const Mesh& mesh, const Element& element, const DofMap& dof_map) {
  check_components(graph, components.size(), element);
  return interpolate(
      [&](std::span<const double> points) { return evaluate_at(graph, components, points); }, mesh,
      element, dof_map);
}

std::vector<double> interpolate_complex(const ExprGraph& graph, std::span<const ExprId> components,
                                        const Mesh& mesh, const Element& element,
                                        const DofMap& dof_map) {
  check_components(graph, components.size(), element);
  std::vector<double> pairs(2 * dof_map.dof_count());
  for (std::size_t part = 0; part < 2; ++part) {
    const auto field = [&](std::span<const double> points) {
      std::vector<double> values;
      for (const std::complex<double>& z : evaluate_complex_at(graph, components, points)) {
        values.push_back(part == 0 ? z.real() : z.imag());
      }
      return values;
    };
    const std::vector<double> dofs = interpolate(field, mesh, element, dof_map);
    for (std::size_t i = 0; i < dofs.size(); ++i) pairs[2 * i + part] = dofs[i];
  }
  return pairs;
}

}  // namespace femsynth::fem
