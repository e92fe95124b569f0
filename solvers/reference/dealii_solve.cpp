#include <deal.II/base/config.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/full_matrix.h>
#include <deal.II/lac/sparse_direct.h>
#include <deal.II/lac/sparse_matrix.h>
#include <deal.II/lac/vector.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_continuity.hpp"
#include "solvers/reference/dealii_elements.hpp"
#include "solvers/reference/dealii_system.hpp"

namespace femsynth::solvers {
namespace {

/// deal.II's DoFHandler, AffineConstraints, SparseMatrix and SparseDirectUMFPACK. A vector-valued
/// element is blocked: dof = deal.II's scalar dof · block size + component.
///
/// With our nodal basis φ and deal.II's ψ on a cell, ψ_j = Σ_i D_ji φ_i where D_ji = ψ_j(X_i), X_i
/// our nodes; so element tensors change to deal.II's basis by D A Dᵀ and D b, and the solution's
/// values at our nodes are Dᵀ U.
template <int dim>
class DealiiSystem final : public BackendSystem {
 public:
  DealiiSystem(DealiiGrid<dim> grid, const fem::Element& element, std::span<const double> nodes)
      : grid_(std::move(grid)),
        nodes_(nodes.begin(), nodes.end()),
        block_(static_cast<unsigned>(element.block_size())),
        fe_(make_element<dim>(element)),
        mapping_(make_mapping<dim>(element.cell)),
        handler_(grid_.triangulation) {
    handler_.distribute_dofs(*fe_);
    for (const auto& cell : handler_.active_cell_iterators()) cells_.push_back(cell);
    if constexpr (dim > 1) {
      if (!has_numbering(element)) continuity_.emplace(handler_, fe_->degree);
    }
  }

  std::size_t dof_count() const override {
    return (continuity_ ? continuity_->dof_count() : std::size_t{handler_.n_dofs()}) * block_;
  }

  void constrain(std::size_t c, int facet, const PointFunction& value) override {
    const unsigned face = grid_.face_of(c, facet);
    for (const FaceNode& node : nodes_on(c, face)) {
      const dealii::Point<dim> x = mapping_->transform_unit_to_real_cell(cells_[c], node.X);
      std::vector<double> point(dim);
      for (unsigned i = 0; i < dim; ++i) point[i] = x[i];
      node_values_[node.key] = value(point);
    }
    faces_.emplace_back(c, face);
  }

  void begin_assembly() override {
    for (const auto& [c, face] : faces_) prescribe(c, face);
    for (const auto& [dof, value] : prescribed_) {
      constraints_.add_line(dof);
      constraints_.set_inhomogeneity(dof, value);
    }
    if (continuity_) continuity_->add_to(constraints_, block_);
    constraints_.close();
    const Dof size = handler_.n_dofs() * block_;
    dealii::DynamicSparsityPattern pattern(size);
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      constraints_.add_entries_local_to_global(blocked_dofs(c), pattern, false);
    }
    pattern_.copy_from(pattern);
    matrix_.reinit(pattern_);
    rhs_.reinit(size);
  }

  void add_cell(std::size_t c, std::span<const double> matrix,
                std::span<const double> vector) override {
    const unsigned n = static_cast<unsigned>(vector.size());
    dealii::FullMatrix<double> ours(n, n, matrix.data());
    dealii::FullMatrix<double> half(n, n);
    dealii::FullMatrix<double> local(n, n);
    const dealii::FullMatrix<double> blocked = block_change(basis_change(c));
    blocked.mmult(half, ours);
    half.mTmult(local, blocked);
    const dealii::Vector<double> our_vector(vector.begin(), vector.end());
    dealii::Vector<double> local_vector(n);
    blocked.vmult(local_vector, our_vector);
    constraints_.distribute_local_to_global(local, local_vector, blocked_dofs(c), matrix_, rhs_);
  }

  void solve() override {
    solution_ = rhs_;
    try {
      dealii::SparseDirectUMFPACK direct;
      direct.solve(matrix_, solution_);
    } catch (const std::exception& e) {
      throw InputError(fmt::format("deal.II cannot solve its system: {}", e.what()));
    }
    constraints_.distribute(solution_);
  }

  std::vector<double> at_nodes(std::size_t c) const override {
    const dealii::FullMatrix<double> change = block_change(basis_change(c));
    const std::vector<Dof> dofs = blocked_dofs(c);
    std::vector<double> values(dofs.size(), 0.0);
    for (unsigned j = 0; j < dofs.size(); ++j) {
      for (unsigned i = 0; i < dofs.size(); ++i) values[i] += change(j, i) * solution_[dofs[j]];
    }
    return values;
  }

 private:
  using Dof = dealii::types::global_dof_index;

  /// A point on a face at which data are taken. Its key is the same in all cells: the unknown whose
  /// support point it is, or where the basis is not nodal, the vertices of the cell with the
  /// point's barycentric coordinates.
  struct FaceNode {
    dealii::Point<dim> X;
    std::vector<std::pair<Dof, long>> key;
  };

  /// deal.II's support points on a face; where its basis has none, the nodes of ours.
  std::vector<FaceNode> nodes_on(std::size_t c, unsigned face) const {
    std::vector<FaceNode> result;
    if (!continuity_) {
      std::vector<Dof> on_face(fe_->n_dofs_per_face(face));
      cells_[c]->face(face)->get_dof_indices(on_face);
      const std::vector<Dof> in_cell = cell_dofs(c);
      for (const Dof dof : on_face) {
        const auto at = std::find(in_cell.begin(), in_cell.end(), dof) - in_cell.begin();
        result.push_back({fe_->unit_support_point(static_cast<unsigned>(at)), {{dof, 0}}});
      }
      return result;
    }
    const std::set<unsigned> corners = corners_of(face);
    for (std::size_t i = 0; i * dim < nodes_.size(); ++i) {
      FaceNode node{grid_.to_library(c, &nodes_[i * dim]), {}};
      const auto lambda = BernsteinContinuity<dim>::barycentric(node.X);
      bool on = true;
      for (unsigned v = 0; v <= dim; ++v) {
        const long rounded = std::lround(lambda[v] * 1e9);
        if (rounded != 0) node.key.emplace_back(cells_[c]->vertex_index(v), rounded);
        on = on && (rounded == 0 || corners.contains(v));
      }
      std::sort(node.key.begin(), node.key.end());
      if (on) result.push_back(std::move(node));
    }
    return result;
  }

  /// Local vertices of a simplex' face.
  static std::set<unsigned> corners_of(unsigned face) {
    const auto cell = dealii::ReferenceCells::get_simplex<dim>();
    std::set<unsigned> corners;
    for (unsigned k = 0; k < dim; ++k) corners.insert(cell.face_to_cell_vertices(face, k, 1));
    return corners;
  }

  /// Prescribes the unknowns of a face so that the solution has the nodes' values.
  void prescribe(std::size_t c, unsigned face) {
    const std::vector<FaceNode> nodes = nodes_on(c, face);
    if (!continuity_) {
      for (const FaceNode& node : nodes) {
        for (unsigned b = 0; b < block_; ++b) {
          prescribed_[node.key[0].first * block_ + b] = node_values_.at(node.key)[b];
        }
      }
      return;
    }
    const std::vector<unsigned> functions = continuity_->functions_on(corners_of(face));
    const unsigned n = static_cast<unsigned>(functions.size());
    dealii::FullMatrix<double> inverse(n, n);
    for (unsigned i = 0; i < n; ++i) {
      for (unsigned j = 0; j < n; ++j) {
        inverse(i, j) = fe_->shape_value(functions[j], nodes.at(i).X);
      }
    }
    inverse.gauss_jordan();
    const std::vector<Dof> dofs = cell_dofs(c);
    for (unsigned j = 0; j < n; ++j) {
      for (unsigned b = 0; b < block_; ++b) {
        double value = 0.0;
        for (unsigned i = 0; i < n; ++i) value += inverse(j, i) * node_values_.at(nodes[i].key)[b];
        prescribed_[continuity_->master(dofs[functions[j]]) * block_ + b] = value;
      }
    }
  }

  std::vector<Dof> cell_dofs(std::size_t c) const {
    std::vector<Dof> dofs(fe_->n_dofs_per_cell());
    cells_.at(c)->get_dof_indices(dofs);
    return dofs;
  }
  std::vector<Dof> blocked_dofs(std::size_t c) const {
    std::vector<Dof> dofs;
    for (const Dof dof : cell_dofs(c)) {
      for (unsigned b = 0; b < block_; ++b) dofs.push_back(dof * block_ + b);
    }
    return dofs;
  }

  /// D of a cell; it depends only on how deal.II turned the cell.
  dealii::FullMatrix<double> basis_change(std::size_t c) const {
    const unsigned n = fe_->n_dofs_per_cell();
    if (nodes_.size() != std::size_t{n} * dim) {
      throw InternalError(fmt::format("{} nodes for deal.II's {} with {}", nodes_.size() / dim,
                                      fe_->get_name(), n));
    }
    dealii::FullMatrix<double> change(n, n);
    for (unsigned i = 0; i < n; ++i) {
      const dealii::Point<dim> X = grid_.to_library(c, &nodes_[std::size_t{i} * dim]);
      for (unsigned j = 0; j < n; ++j) change(j, i) = fe_->shape_value(j, X);
    }
    return change;
  }
  dealii::FullMatrix<double> block_change(const dealii::FullMatrix<double>& change) const {
    dealii::FullMatrix<double> blocked(change.m() * block_, change.n() * block_);
    for (unsigned j = 0; j < change.m(); ++j) {
      for (unsigned i = 0; i < change.n(); ++i) {
        for (unsigned b = 0; b < block_; ++b) {
          blocked(j * block_ + b, i * block_ + b) = change(j, i);
        }
      }
    }
    return blocked;
  }

  DealiiGrid<dim> grid_;
  std::vector<double> nodes_;
  unsigned block_;
  std::unique_ptr<dealii::FiniteElement<dim>> fe_;
  std::unique_ptr<dealii::Mapping<dim>> mapping_;
  dealii::DoFHandler<dim> handler_;
  std::vector<typename dealii::DoFHandler<dim>::active_cell_iterator> cells_;
  std::optional<BernsteinContinuity<dim>> continuity_;   ///< where the element is discontinuous
  std::vector<std::pair<std::size_t, unsigned>> faces_;  ///< with data: cell, deal.II's face
  std::map<std::vector<std::pair<Dof, long>>, std::vector<double>> node_values_;
  std::map<Dof, double> prescribed_;
  dealii::AffineConstraints<double> constraints_;
  dealii::SparsityPattern pattern_;
  dealii::SparseMatrix<double> matrix_;
  dealii::Vector<double> rhs_;
  dealii::Vector<double> solution_;
};

}  // namespace

template <int dim>
std::unique_ptr<BackendSystem> make_dealii_system(DealiiGrid<dim> grid, const fem::Element& element,
                                                  std::span<const double> nodes) {
  return std::make_unique<DealiiSystem<dim>>(std::move(grid), element, nodes);
}

template std::unique_ptr<BackendSystem> make_dealii_system<1>(DealiiGrid<1>, const fem::Element&,
                                                              std::span<const double>);
template std::unique_ptr<BackendSystem> make_dealii_system<2>(DealiiGrid<2>, const fem::Element&,
                                                              std::span<const double>);
template std::unique_ptr<BackendSystem> make_dealii_system<3>(DealiiGrid<3>, const fem::Element&,
                                                              std::span<const double>);

}  // namespace femsynth::solvers
