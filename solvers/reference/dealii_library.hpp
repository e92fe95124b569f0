#pragma once

#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/tria.h>
#include <deal.II/lac/full_matrix.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_elements.hpp"
#include "solvers/reference/dealii_face.hpp"

/// Elements, changes of basis and tabulators of deal.II; only for the module's own files.
namespace femsynth::solvers {

/// The nodal basis φ_i = Σ_j C_ij ψ_j over deal.II's shape functions ψ, zeros left out.
struct BasisChange {
  std::vector<std::vector<std::pair<unsigned, double>>> rows;
};

/// FEValues or FEFaceValues of one element at one rule.
template <int dim>
struct Tabulator {
  std::unique_ptr<dealii::FEValues<dim>> cell;
  std::unique_ptr<dealii::FEFaceValues<dim>> face;
  /// The mesh that the last cell belongs to, and where its triangulation stands.
  std::uint64_t mesh = 0;
  const void* place = nullptr;

  const dealii::FEValuesBase<dim>& values() const {
    return cell ? static_cast<const dealii::FEValuesBase<dim>&>(*cell) : *face;
  }
};

/// What is made once for one dimension and kept.
template <int dim>
class DealiiLibrary {
 public:
  const dealii::Mapping<dim>& mapping(meshes::CellType cell) {
    auto& mapping = mappings_[cell];
    if (!mapping) mapping = make_mapping<dim>(cell);
    return *mapping;
  }

  const dealii::FiniteElement<dim>& element(fem::Element element) {
    element.shape.clear();
    auto& entry = elements_[element];
    if (!entry) entry = make_element<dim>(element);
    return *entry;
  }

  const BasisChange& basis(fem::Element element, std::span<const double> nodes,
                           const VertexOrder& order) {
    element.shape.clear();
    const auto [at, fresh] = bases_.try_emplace({element, order});
    if (fresh) at->second = make_basis(element, nodes, order);
    return at->second;
  }

  /// `facet`: our facet's given points, or −1; order: of the cells that it is for.
  Tabulator<dim>& tabulator(const fem::Element& element, fem::IntegralKind kind,
                            const PointRule& rule, int derivatives, const VertexOrder& order,
                            int facet, const DealiiFace<dim>* face) {
    if (tabulators_.size() > kMaxTabulators) tabulators_.clear();
    const int own_facet = rule.given ? facet : -1;
    const Key key{element,
                  kind,
                  rule,
                  derivatives,
                  rule.given ? order : VertexOrder{},
                  own_facet,
                  own_facet < 0 ? std::vector<unsigned>{} : face->vertices};
    auto& entry = tabulators_[key];
    if (entry) return *entry;
    entry = std::make_unique<Tabulator<dim>>();
    dealii::UpdateFlags flags = update_flags(derivatives);
    const auto& map = mapping(element.cell);
    const auto& fe = this->element(element);
    if (kind == fem::IntegralKind::cell) {
      entry->cell = std::make_unique<dealii::FEValues<dim>>(
          map, fe, cell_rule(element.cell, rule, order), flags);
    } else {
      flags |= dealii::update_normal_vectors;
      entry->face = std::make_unique<dealii::FEFaceValues<dim>>(
          map, fe, face_rule(element.cell, rule, order, facet, *face), flags);
    }
    return *entry;
  }

  /// Makes a tabulator ready for a mesh. FEValues and mappings keep their last cell, to reuse what
  /// is the same on the next one. When that cell's triangulation is gone and another stands in
  /// its place, they take the new one's cell for the old; so they visit a cell elsewhere first.
  void enter(Tabulator<dim>& tabulator, meshes::CellType cell, std::uint64_t mesh,
             const void* place) {
    if (tabulator.mesh != mesh && tabulator.place == place) {
      const auto elsewhere = elsewhere_cell(cell);
      if (tabulator.cell) {
        tabulator.cell->reinit(elsewhere);
      } else {
        tabulator.face->reinit(elsewhere, 0);
      }
    }
    tabulator.mesh = mesh;
    tabulator.place = place;
  }
  /// What is wanted of FEValues of any kind.
  static dealii::UpdateFlags update_flags(int derivatives) {
    dealii::UpdateFlags flags = dealii::update_values | dealii::update_quadrature_points |
                                dealii::update_JxW_values | dealii::update_jacobians |
                                dealii::update_inverse_jacobians;
    if (derivatives >= 1) flags |= dealii::update_gradients;
    if (derivatives >= 2) flags |= dealii::update_hessians;
    return flags;
  }
  /// A rule in the frame of a face: the library's own, or the given points on our facet of a cell.
  dealii::Quadrature<dim - 1> face_rule(meshes::CellType cell, const PointRule& rule,
                                        const VertexOrder& order, int facet,
                                        const DealiiFace<dim>& face) const {
    if (!rule.given) return own_rule<dim - 1>(meshes::is_simplex(cell), rule.degree);
    const double* block =
        rule.points.data() + static_cast<std::size_t>(facet) * rule.weights.size() * dim;
    std::vector<dealii::Point<dim - 1>> points;
    for (std::size_t q = 0; q < rule.weights.size(); ++q) {
      points.push_back(face.on_face(to_library<dim>(cell, order, block + q * dim)));
    }
    return dealii::Quadrature<dim - 1>(points, rule.weights);
  }
  /// A number that no other mesh has.
  std::uint64_t next_mesh() { return ++meshes_; }

 private:
  /// The reference cell, as a triangulation that lives as long as the library.
  auto elsewhere_cell(meshes::CellType cell) {
    auto& triangulation = elsewhere_[cell];
    if (!triangulation) {
      const int corners = meshes::vertex_count(cell);
      std::vector<dealii::Point<dim>> vertices;
      dealii::CellData<dim> data(static_cast<unsigned>(corners));
      for (int k = 0; k < corners; ++k) {
        const auto X = meshes::reference_vertex(cell, k);
        dealii::Point<dim> point;
        for (unsigned i = 0; i < dim; ++i) point[i] = X[i];
        vertices.push_back(point);
        data.vertices[static_cast<std::size_t>(k)] = static_cast<unsigned>(k);
      }
      triangulation = std::make_unique<dealii::Triangulation<dim>>();
      triangulation->create_triangulation(vertices, {data}, dealii::SubCellData());
    }
    return triangulation->begin_active();
  }

  using Key = std::tuple<fem::Element, fem::IntegralKind, PointRule, int, VertexOrder, int,
                         std::vector<unsigned>>;
  static constexpr std::size_t kMaxTabulators = 128;

  dealii::Quadrature<dim> cell_rule(meshes::CellType cell, const PointRule& rule,
                                    const VertexOrder& order) const {
    if (!rule.given) return own_rule<dim>(meshes::is_simplex(cell), rule.degree);
    std::vector<dealii::Point<dim>> points;
    for (std::size_t q = 0; q < rule.weights.size(); ++q) {
      points.push_back(to_library<dim>(cell, order, &rule.points[q * dim]));
    }
    return dealii::Quadrature<dim>(points, rule.weights);
  }

  BasisChange make_basis(const fem::Element& which, std::span<const double> nodes,
                         const VertexOrder& order) {
    const auto& fe = element(which);
    const unsigned n = fe.n_dofs_per_cell();
    if (nodes.size() != static_cast<std::size_t>(n) * dim) {
      throw InternalError(fmt::format("degree {} has {} nodes, deal.II's {} has {}", which.degree,
                                      nodes.size() / dim, fe.get_name(), n));
    }
    dealii::FullMatrix<double> inverse(n, n);
    for (unsigned i = 0; i < n; ++i) {
      const auto X = to_library<dim>(which.cell, order, &nodes[static_cast<std::size_t>(i) * dim]);
      for (unsigned j = 0; j < n; ++j) inverse(i, j) = fe.shape_value(j, X);
    }
    inverse.gauss_jordan();
    BasisChange change;
    for (unsigned i = 0; i < n; ++i) {
      auto& row = change.rows.emplace_back();
      for (unsigned j = 0; j < n; ++j) {
        double c = inverse(j, i);
        if (std::abs(c) < kNoise) continue;
        if (std::abs(c - std::round(c)) < kNoise) c = std::round(c);
        row.emplace_back(j, c);
      }
    }
    return change;
  }

  /// Entries of a change of basis that differ from a whole number by less are rounded to it;
  /// the error model's allowance for tables covers it.
  static constexpr double kNoise = 2e-15;

  std::map<meshes::CellType, std::unique_ptr<dealii::Mapping<dim>>> mappings_;
  std::map<fem::Element, std::unique_ptr<dealii::FiniteElement<dim>>> elements_;
  std::map<std::pair<fem::Element, VertexOrder>, BasisChange> bases_;
  std::map<meshes::CellType, std::unique_ptr<dealii::Triangulation<dim>>> elsewhere_;
  std::map<Key, std::unique_ptr<Tabulator<dim>>> tabulators_;  // after what they refer to
  std::uint64_t meshes_ = 0;
};

}  // namespace femsynth::solvers
