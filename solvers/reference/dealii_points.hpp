#pragma once

#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
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
#include "solvers/reference/dealii_interface.hpp"
#include "solvers/reference/dealii_library.hpp"

/// Cells and facets at their quadrature points; only for the module's own files.
namespace femsynth::solvers {

/// Evaluates geometry and nodal bases at points of a mesh's cells and facets; the methods are
/// those of BackendMesh. The library and the grid must outlive it.
template <int dim>
class PointEvaluator {
 public:
  PointEvaluator(DealiiLibrary<dim>& library, const OrientedGrid<dim>& grid)
      : library_(library),
        grid_(grid),
        number_(library.next_mesh()),
        interfaces_(library, grid.triangulation()) {}

  std::size_t prepare(fem::IntegralKind kind, const PointRule& rule,
                      std::span<const ShapeRequest> shapes) {
    Prepared prepared{kind, rule, {}, {}, {}, {}};
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

  const InterfacePoints* at_interface(std::size_t handle, const std::array<std::size_t, 2>& cells,
                                      const std::array<int, 2>& facets) {
    Prepared& prepared = prepared_.at(handle);
    const std::array<DealiiFace<dim>, 2> faces{grid_.face_of(cells[0], facets[0]),
                                               grid_.face_of(cells[1], facets[1])};
    const auto rule = library_.face_rule(grid_.mesh().cell_type, prepared.rule,
                                         grid_.order(cells[0]), facets[0], faces[0]);
    const std::vector<Shape> shapes = shapes_of(prepared);
    for (const Shape& shape : shapes) {
      if (interfaces_.too_large(shape.element, shape.derivatives, rule.size())) return nullptr;
    }
    const std::size_t variant =
        prepared.variants.try_emplace(key_of(rule), prepared.variants.size() + 1).first->second;
    for (std::size_t s = 0; s < shapes.size(); ++s) {
      const auto& values =
          interfaces_.at(shapes[s].element, shapes[s].derivatives, rule, grid_.cell(cells[0]),
                         faces[0].number, grid_.cell(cells[1]));
      for (const unsigned side : {0u, 1u}) {
        EntityPoints& out = prepared.sides[side];
        const InterfaceSide<dim> at(values, side);
        if (s == 0) {
          out.count = values.n_quadrature_points;
          take_reference_points(out, rule, faces[side]);
          take_geometry(out, at.face_values(), cells[side]);
          take_facet(out, at.face_values(), faces[side]);
        }
        out.shapes.resize(prepared.shapes.size());
        if (prepared.shapes.empty()) continue;
        take_shapes(prepared, out, at, s, grid_.order(cells[side]), &faces[side], variant);
      }
    }
    return &prepared.sides;
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
    InterfacePoints sides;  ///< the second of facets between two cells alone
    /// Numbers, from 1 on, of the rules that the given one is in the frames of faces.
    std::map<FaceRuleKey, std::size_t> variants;
    /// Derivatives in reference coordinates, which depend on the element, on the order of the
    /// cell's vertices, on the face and on the rule's variant (0 of one cell's points) alone.
    std::map<std::tuple<std::size_t, VertexOrder, std::vector<unsigned>, std::size_t>,
             std::vector<double>>
        references;
  };

  /// Of a form without functions, which still needs the geometry, one that stands for them.
  std::vector<Shape> shapes_of(const Prepared& prepared) const {
    if (!prepared.shapes.empty()) return prepared.shapes;
    const fem::Element constant{fem::Family::discontinuous_lagrange, grid_.mesh().cell_type, 1, {}};
    return {{constant, {}, 0}};
  }

  const EntityPoints& at(Prepared& prepared, std::size_t c, int facet) {
    const VertexOrder& order = grid_.order(c);
    const std::optional<DealiiFace<dim>> found =
        facet < 0 ? std::optional<DealiiFace<dim>>() : grid_.face_of(c, facet);
    const DealiiFace<dim>* face = found ? &*found : nullptr;
    EntityPoints& out = prepared.sides[0];
    out.shapes.resize(prepared.shapes.size());
    const std::vector<Shape> shapes = shapes_of(prepared);
    for (std::size_t s = 0; s < shapes.size(); ++s) {
      Tabulator<dim>& tabulator =
          library_.tabulator(shapes[s].element, prepared.kind, prepared.rule, shapes[s].derivatives,
                             order, facet, face);
      library_.enter(tabulator, grid_.mesh().cell_type, number_, &grid_.triangulation());
      if (tabulator.cell) {
        tabulator.cell->reinit(grid_.cell(c));
      } else {
        tabulator.face->reinit(grid_.cell(c), face->number);
      }
      const dealii::FEValuesBase<dim>& values = tabulator.values();
      if (s == 0) {
        out.count = values.n_quadrature_points;
        take_reference_points(prepared, c, facet, face);
        take_geometry(out, values, c);
        if (face != nullptr) take_facet(out, *tabulator.face, *face);
      }
      if (!prepared.shapes.empty()) take_shapes(prepared, out, values, s, order, face, 0);
    }
    return out;
  }

  /// All but the facet's; the reference points are there.
  void take_geometry(EntityPoints& out, const dealii::FEValuesBase<dim>& values, std::size_t c) {
    const auto n = static_cast<unsigned>(out.count);
    out.x.resize(n * dim);
    out.JxW.resize(n);
    out.jacobian.resize(n * dim * dim);
    out.inverse.resize(n * dim * dim);
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

  void take_facet(EntityPoints& out, const dealii::FEFaceValuesBase<dim>& values,
                  const DealiiFace<dim>& face) const {
    out.normal.resize(out.count * dim);
    for (unsigned q = 0; q < out.count; ++q) {
      for (unsigned i = 0; i < dim; ++i) out.normal[q * dim + i] = values.normal_vector(q)[i];
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

  /// Of points in a face's frame.
  void take_reference_points(EntityPoints& out, const dealii::Quadrature<dim - 1>& rule,
                             const DealiiFace<dim>& face) const {
    out.X.resize(out.count * dim);
    for (unsigned q = 0; q < rule.size(); ++q) {
      const auto X = face.in_cell(rule.point(q));
      for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = X[i];
    }
  }

  void take_reference_points(Prepared& prepared, std::size_t c, int facet,
                             const DealiiFace<dim>* face) const {
    EntityPoints& out = prepared.sides[0];
    out.X.resize(out.count * dim);
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
      take_reference_points(out, own_rule<dim - 1>(simplex, rule.degree), *face);
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

  /// `Values`: FEValues of any kind.
  template <class Values>
  void take_shapes(Prepared& prepared, EntityPoints& out, const Values& values, std::size_t s,
                   const VertexOrder& order, const DealiiFace<dim>* face, std::size_t variant) {
    const Shape& shape = prepared.shapes[s];
    ShapeTable& table = out.shapes[s];
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
        {s, order, face == nullptr ? std::vector<unsigned>{} : face->vertices, variant});
    if (fresh) at->second = reference_shapes(shape, out, s, basis);
    table.reference = at->second;
  }

  /// Derivatives in reference coordinates, for the error model only.
  std::vector<double> reference_shapes(const Shape& shape, const EntityPoints& points,
                                       std::size_t s, const BasisChange& basis) {
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
  InterfaceLibrary<dim> interfaces_;
  std::vector<Prepared> prepared_;
};

}  // namespace femsynth::solvers
