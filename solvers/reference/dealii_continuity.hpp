#pragma once

#include <deal.II/dofs/dof_handler.h>
#include <deal.II/lac/affine_constraints.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "meshes/support/error.hpp"

/// Continuous complete polynomials of any degree on simplices; only for the module's own files.
namespace femsynth::solvers {

/// Makes the discontinuous Bernstein space of FE_SimplexBernstein continuous. The basis function
/// k!/α! λ^α belongs to the multi-index α over the cell's vertices; those of two cells are one
/// function exactly where they have the same positive powers of the same vertices. One unknown of
/// each such class is kept, the others are constrained to it.
template <int dim>
class BernsteinContinuity {
 public:
  using Dof = dealii::types::global_dof_index;

  BernsteinContinuity(const dealii::DoFHandler<dim>& handler, unsigned degree) : handler_(handler) {
    std::array<unsigned, dim + 1> alpha{};
    append(alpha, 0, degree);
    check_order();
    std::vector<Dof> dofs(indices_.size());
    for (const auto& cell : handler.active_cell_iterators()) {
      cell->get_dof_indices(dofs);
      for (std::size_t j = 0; j < indices_.size(); ++j) {
        Key key;
        for (unsigned v = 0; v <= dim; ++v) {
          if (indices_[j][v] > 0) key.emplace_back(cell->vertex_index(v), indices_[j][v]);
        }
        std::sort(key.begin(), key.end());
        masters_[dofs[j]] = classes_.emplace(std::move(key), dofs[j]).first->second;
      }
    }
  }

  /// Dimension of the continuous space.
  std::size_t dof_count() const { return classes_.size(); }
  /// The unknown that is kept in place of `dof`.
  Dof master(Dof dof) const { return masters_.at(dof); }

  /// Constrains every unknown that is not kept; component `b` of `block` of `dof` is numbered
  /// dof · block + b.
  void add_to(dealii::AffineConstraints<double>& constraints, unsigned block) const {
    for (const auto& [dof, kept] : masters_) {
      if (dof == kept) continue;
      for (unsigned b = 0; b < block; ++b) {
        constraints.add_line(dof * block + b);
        constraints.add_entry(dof * block + b, kept * block + b, 1.0);
      }
    }
  }

  /// Local basis functions that do not vanish on a face with these vertices.
  std::vector<unsigned> functions_on(const std::set<unsigned>& vertices) const {
    std::vector<unsigned> result;
    for (unsigned j = 0; j < indices_.size(); ++j) {
      bool on = true;
      for (unsigned v = 0; v <= dim; ++v) on = on && (vertices.contains(v) || indices_[j][v] == 0);
      if (on) result.push_back(j);
    }
    return result;
  }

  /// Barycentric coordinates of a point of the reference cell.
  static std::array<double, dim + 1> barycentric(const dealii::Point<dim>& X) {
    std::array<double, dim + 1> lambda{};
    lambda[0] = 1.0;
    for (unsigned i = 0; i < dim; ++i) {
      lambda[0] -= X[i];
      lambda[i + 1] = X[i];
    }
    return lambda;
  }

 private:
  using Key = std::vector<std::pair<unsigned, unsigned>>;  // (vertex, power), ascending

  /// The multi-indices in the order of FE_SimplexBernstein.
  void append(std::array<unsigned, dim + 1>& alpha, unsigned axis, unsigned rest) {
    for (unsigned p = axis == dim ? rest : 0; p <= rest; ++p) {
      alpha[axis] = p;
      if (axis < dim) {
        append(alpha, axis + 1, rest - p);
      } else {
        indices_.push_back(alpha);
      }
    }
  }

  /// That order is taken from another class: hold it against the element's values.
  void check_order() const {
    const auto& fe = handler_.get_fe();
    dealii::Point<dim> X;
    for (unsigned i = 0; i < dim; ++i) X[i] = 0.11 + 0.17 * i;
    const auto lambda = barycentric(X);
    bool same = indices_.size() == fe.n_dofs_per_cell();
    for (unsigned j = 0; same && j < indices_.size(); ++j) {
      double value = std::tgamma(fe.degree + 1.0);
      for (unsigned v = 0; v <= dim; ++v) {
        value *= std::pow(lambda[v], indices_[j][v]) / std::tgamma(indices_[j][v] + 1.0);
      }
      same = std::abs(value - fe.shape_value(j, X)) < 1e-12;
    }
    if (!same) throw InternalError(fe.get_name() + " is not in the expected order");
  }

  const dealii::DoFHandler<dim>& handler_;
  std::vector<std::array<unsigned, dim + 1>> indices_;
  std::map<Key, Dof> classes_;
  std::map<Dof, Dof> masters_;
};

}  // namespace femsynth::solvers
