#pragma once

#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_grid.hpp"
#include "solvers/reference/dealii_library.hpp"

/// Cells and facets at their quadrature points; only for the module's own files.
namespace femsynth::solvers {

/// Evaluates geometry and nodal bases at points of a mesh's cells and facets; the methods are
/// those of BackendMesh. The library and the grid must outlive it.
template <int dim>
class PointEvaluator {
 public:
  PointEvaluator(DealiiLibrary<dim>& library, const OrientedGrid<dim>& grid)
      : library_(library), grid_(grid), number_(library.next_mesh()) {}

  std::size_t prepare(fem::IntegralKind kind, const PointRule& rule,
                      std::span<const ShapeRequest> shapes) {
    Prepared prepared{kind, rule, {}, {}, {}};
    for (const ShapeRequest& shape : shapes) {
      prepared.shapes.push_back(
          {shape.element, {shape.nodes.begin(), shape.nodes.end()}, shape.derivatives});
      prepared.shapes.back().element.shape.clear();
    }
    prepared_.push_back(std::move(prepared));
    return prepared_.size() - 1;
  }

  const EntityPoints& at_cell(std::size_t handle, std::size_t c) {
    return at(prepared_.at(handle), c, -1);
  }
  const EntityPoints& at_facet(std::size_t handle, std::size_t c, int facet) {
    return at(prepared_.at(handle), c, facet);
  }

 private:
  struct Shape {
    fem::Element element;
    std::vector<double> nodes;
    int derivatives = 0;
  };
  struct Prepared {
    fem::IntegralKind kind;
    PointRule rule;
    std::vector<Shape> shapes;
    EntityPoints points;
    /// Derivatives in reference coordinates, which depend on the element, on the order of the
    /// cell's vertices and on the face alone.
    std::map<std::tuple<std::size_t, VertexOrder, std::vector<unsigned>>, std::vector<double>>
        references;
  };

  const EntityPoints& at(Prepared& prepared, std::size_t c, int facet) {
    const VertexOrder& order = grid_.order(c);
    const std::optional<DealiiFace<dim>> found =
        facet < 0 ? std::optional<DealiiFace<dim>>() : grid_.face_of(c, facet);
    const DealiiFace<dim>* face = found ? &*found : nullptr;
    EntityPoints& out = prepared.points;
    out.shapes.resize(prepared.shapes.size());
    // A form without functions still needs the geometry.
    const fem::Element constant{fem::Family::discontinuous_lagrange, grid_.mesh().cell_type, 1, {}};
    const std::size_t count = std::max<std::size_t>(prepared.shapes.size(), 1);
    for (std::size_t s = 0; s < count; ++s) {
      const bool bare = prepared.shapes.empty();
      const fem::Element& element = bare ? constant : prepared.shapes[s].element;
      const int derivatives = bare ? 0 : prepared.shapes[s].derivatives;
      Tabulator<dim>& tabulator = library_.tabulator(element, prepared.kind, prepared.rule,
                                                     derivatives, order, facet, face);
      library_.enter(tabulator, grid_.mesh().cell_type, number_, &grid_.triangulation());
      if (tabulator.cell) {
        tabulator.cell->reinit(grid_.cell(c));
      } else {
        tabulator.face->reinit(grid_.cell(c), face->number);
      }
      const dealii::FEValuesBase<dim>& values = tabulator.values();
      if (s == 0) take_geometry(prepared, values, c, facet, face);
      if (!bare) take_shapes(prepared, values, s, order, face);
    }
    return out;
  }

  void take_geometry(Prepared& prepared, const dealii::FEValuesBase<dim>& values, std::size_t c,
                     int facet, const DealiiFace<dim>* face) {
    EntityPoints& out = prepared.points;
    const unsigned n = values.n_quadrature_points;
    out.count = n;
    out.X.resize(n * dim);
    out.x.resize(n * dim);
    out.JxW.resize(n);
    out.jacobian.resize(n * dim * dim);
    out.inverse.resize(n * dim * dim);
    if (facet >= 0) take_facet(out, values, *face);
    take_reference_points(prepared, c, facet, face);
    out.vertices.clear();
    for (const int k : grid_.order(c)) {
      const auto v = grid_.mesh().vertex(
          static_cast<std::size_t>(grid_.mesh().cell(c)[static_cast<std::size_t>(k)]));
      out.vertices.insert(out.vertices.end(), v.begin(), v.end());
    }
    for (unsigned q = 0; q < n; ++q) {
      out.JxW[q] = values.JxW(q);
      for (unsigned i = 0; i < dim; ++i) {
        out.x[q * dim + i] = values.quadrature_point(q)[i];
        for (unsigned j = 0; j < dim; ++j) {
          out.jacobian[(q * dim + i) * dim + j] = values.jacobian(q)[i][j];
          out.inverse[(q * dim + i) * dim + j] = values.inverse_jacobian(q)[i][j];
        }
      }
    }
    check_places(out, c);
  }

  void take_facet(EntityPoints& out, const dealii::FEValuesBase<dim>& values,
                  const DealiiFace<dim>& face) const {
    const auto& facet_values = static_cast<const dealii::FEFaceValues<dim>&>(values);
    out.normal.resize(out.count * dim);
    for (unsigned q = 0; q < out.count; ++q) {
      for (unsigned i = 0; i < dim; ++i) out.normal[q * dim + i] = facet_values.normal_vector(q)[i];
    }
    // The reference normal, from the face's corners: every other corner lies on its inner side.
    out.reference_normal.assign(dim, 0.0);
    if (!meshes::is_simplex(grid_.mesh().cell_type) || dim == 1) {
      out.reference_normal[face.number / 2] = face.number % 2 == 0 ? -1.0 : 1.0;
      return;
    }
    // Of a simplex: −∇λ_v of the opposite vertex v, normalised.
    unsigned opposite = 0;
    for (const unsigned v : face.vertices) opposite += v;
    opposite = dim * (dim + 1) / 2 - opposite;
    for (unsigned i = 0; i < dim; ++i) {
      out.reference_normal[i] = opposite == 0       ? 1.0 / std::sqrt(double{dim})
                                : opposite == i + 1 ? -1.0
                                                    : 0.0;
    }
  }

  void take_reference_points(Prepared& prepared, std::size_t c, int facet,
                             const DealiiFace<dim>* face) const {
    EntityPoints& out = prepared.points;
    const PointRule& rule = prepared.rule;
    const bool simplex = meshes::is_simplex(grid_.mesh().cell_type);
    if (rule.given) {
      const double* block =
          rule.points.data() + (facet < 0 ? 0 : static_cast<std::size_t>(facet) * out.count * dim);
      for (std::size_t q = 0; q < out.count; ++q) {
        const auto X = to_library<dim>(grid_.mesh().cell_type, grid_.order(c), block + q * dim);
        for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = X[i];
      }
    } else if (facet < 0) {
      const auto own = own_rule<dim>(simplex, rule.degree);
      for (unsigned q = 0; q < out.count; ++q) {
        for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = own.point(q)[i];
      }
    } else {
      const auto own = own_rule<dim - 1>(simplex, rule.degree);
      for (unsigned q = 0; q < out.count; ++q) {
        const auto X = face->in_cell(own.point(q));
        for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = X[i];
      }
    }
  }

  /// deal.II's physical points must be the images of the reference points that we hold.
  void check_places(const EntityPoints& out, std::size_t c) const {
    for (std::size_t q = 0; q < out.count; ++q) {
      const auto phi = meshes::vertex_basis(grid_.mesh().cell_type, &out.X[q * dim]);
      for (std::size_t i = 0; i < dim; ++i) {
        double x = 0.0;
        double size = 0.0;
        for (std::size_t k = 0; k < out.vertices.size() / dim; ++k) {
          x += phi[k] * out.vertices[k * dim + i];
          size += std::abs(out.vertices[k * dim + i]);
        }
        if (std::abs(x - out.x[q * dim + i]) > 1e-12 * size) {
          throw InternalError(fmt::format(
              "point {} of cell {}: deal.II has x_{} = {}, our reference point maps to {}", q, c, i,
              out.x[q * dim + i], x));
        }
      }
    }
  }

  void take_shapes(Prepared& prepared, const dealii::FEValuesBase<dim>& values, std::size_t s,
                   const VertexOrder& order, const DealiiFace<dim>* face) {
    const Shape& shape = prepared.shapes[s];
    ShapeTable& table = prepared.points.shapes[s];
    const BasisChange& basis = library_.basis(shape.element, shape.nodes, order);
    const std::size_t n = values.n_quadrature_points;
    const std::size_t nodes = basis.rows.size();
    const std::size_t slots = shape.derivatives == 0   ? 1
                              : shape.derivatives == 1 ? 1 + dim
                                                       : 1 + dim + dim * dim;
    const std::size_t block = nodes * n;
    table.nodes = static_cast<int>(nodes);
    table.physical.assign(slots * block, 0.0);
    for (std::size_t i = 0; i < nodes; ++i) {
      for (const auto& [j, c] : basis.rows[i]) {
        for (unsigned q = 0; q < n; ++q) {
          double* at = &table.physical[i * n + q];
          at[0] += c * values.shape_value(j, q);
          if (shape.derivatives == 0) continue;
          const auto& gradient = values.shape_grad(j, q);
          for (unsigned a = 0; a < dim; ++a) at[(1 + a) * block] += c * gradient[a];
          if (shape.derivatives == 1) continue;
          const auto& hessian = values.shape_hessian(j, q);
          for (unsigned a = 0; a < dim; ++a) {
            for (unsigned b = 0; b < dim; ++b)
              at[(1 + dim + a * dim + b) * block] += c * hessian[a][b];
          }
        }
      }
    }
    if (shape.derivatives == 0) return;
    const auto [at, fresh] = prepared.references.try_emplace(
        {s, order, face == nullptr ? std::vector<unsigned>{} : face->vertices});
    if (fresh) at->second = reference_shapes(prepared, s, basis);
    table.reference = at->second;
  }

  /// Derivatives in reference coordinates, for the error model only.
  std::vector<double> reference_shapes(const Prepared& prepared, std::size_t s,
                                       const BasisChange& basis) {
    const Shape& shape = prepared.shapes[s];
    const EntityPoints& points = prepared.points;
    const std::size_t n = points.count;
    const std::size_t block = basis.rows.size() * n;
    std::vector<double> reference(points.shapes[s].physical.size(), 0.0);
    const auto& fe = library_.element(shape.element);
    for (unsigned q = 0; q < n; ++q) {
      dealii::Point<dim> X;
      for (unsigned i = 0; i < dim; ++i) X[i] = points.X[q * dim + i];
      std::vector<dealii::Tensor<1, dim>> gradients;
      std::vector<dealii::Tensor<2, dim>> hessians;
      for (unsigned j = 0; j < fe.n_dofs_per_cell(); ++j) {
        gradients.push_back(fe.shape_grad(j, X));
        if (shape.derivatives == 2) hessians.push_back(fe.shape_grad_grad(j, X));
      }
      for (std::size_t i = 0; i < basis.rows.size(); ++i) {
        double* at = &reference[i * n + q];
        for (const auto& [j, c] : basis.rows[i]) {
          for (unsigned a = 0; a < dim; ++a) {
            at[(1 + a) * block] += c * gradients[j][a];
            if (shape.derivatives < 2) continue;
            for (unsigned b = 0; b < dim; ++b)
              at[(1 + dim + a * dim + b) * block] += c * hessians[j][a][b];
          }
        }
      }
    }
    return reference;
  }

  DealiiLibrary<dim>& library_;
  const OrientedGrid<dim>& grid_;
  std::uint64_t number_;  ///< the library's, of the grid
  std::vector<Prepared> prepared_;
};

}  // namespace femsynth::solvers
