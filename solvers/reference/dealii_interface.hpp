#pragma once

#include <deal.II/base/quadrature.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_interface_values.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_library.hpp"

/// Facets between two cells; only for the module's own files.
namespace femsynth::solvers {

/// A face rule's points to a precision that rounding does not change, and its weights.
using FaceRuleKey = std::vector<std::int64_t>;

template <int dim>
FaceRuleKey key_of(const dealii::Quadrature<dim>& rule) {
  FaceRuleKey key;
  for (unsigned q = 0; q < rule.size(); ++q) {
    for (unsigned i = 0; i < dim; ++i) key.push_back(std::llround(rule.point(q)[i] * 0x1p44));
    key.push_back(std::llround(rule.weight(q) * 0x1p44));
  }
  return key;
}

/// One cell's share in FEInterfaceValues, by the cell's own numbers of shape functions.
template <int dim>
class InterfaceSide {
 public:
  InterfaceSide(const dealii::FEInterfaceValues<dim>& values, unsigned side)
      : n_quadrature_points(values.n_quadrature_points),
        values_(values),
        side_(side),
        numbers_(values.get_fe().n_dofs_per_cell()) {
    for (const unsigned i : values.dof_indices()) {
      const unsigned j = values.interface_dof_to_dof_indices(i)[side];
      if (j != dealii::numbers::invalid_unsigned_int) numbers_.at(j) = i;
    }
  }
  const dealii::FEFaceValuesBase<dim>& face_values() const {
    return values_.get_fe_face_values(side_);
  }
  double shape_value(unsigned j, unsigned q) const {
    return values_.shape_value(side_ == 0, numbers_[j], q);
  }
  const dealii::Tensor<1, dim>& shape_grad(unsigned j, unsigned q) const {
    return face_values().shape_grad(j, q);
  }
  const dealii::Tensor<2, dim>& shape_hessian(unsigned j, unsigned q) const {
    return face_values().shape_hessian(j, q);
  }

  unsigned n_quadrature_points;

 private:
  const dealii::FEInterfaceValues<dim>& values_;
  unsigned side_;
  std::vector<unsigned> numbers_;  // in the interface, of the cell's shape functions
};

/// Makes FEInterfaceValues, which take degrees of freedom from a DoFHandler, and keeps them. The
/// library and the triangulation must outlive it.
template <int dim>
class InterfaceLibrary {
 public:
  using Values = dealii::FEInterfaceValues<dim>;
  using Cell = typename dealii::Triangulation<dim>::active_cell_iterator;

  InterfaceLibrary(DealiiLibrary<dim>& library, const dealii::Triangulation<dim>& triangulation)
      : library_(library), triangulation_(triangulation) {}

  /// FEInterfaceValues keep tables for all faces in all orientations and for refined ones, whatever
  /// is asked of them. Are there too many numbers for that element and so many points?
  bool too_large(const fem::Element& element, int derivatives, std::size_t points) {
    return numbers_in(element, derivatives, points) > kMostNumbers;
  }

  /// At the face between two cells, at points of a rule in the face's own frame.
  const Values& at(const fem::Element& element, int derivatives,
                   const dealii::Quadrature<dim - 1>& rule, const Cell& cell, unsigned face,
                   const Cell& neighbour) {
    Values& values = values_of(element, derivatives, rule);
    const auto& handler = handler_of(element);
    constexpr unsigned whole = dealii::numbers::invalid_unsigned_int;
    if (cell->neighbor(face) != neighbour) {
      throw InternalError("deal.II has another cell behind an interior facet");
    }
    values.reinit(in(handler, cell), face, whole, in(handler, neighbour),
                  cell->neighbor_of_neighbor(face), whole);
    return values;
  }

 private:
  using DofCell = typename dealii::DoFHandler<dim>::active_cell_iterator;
  static constexpr std::size_t kMostNumbers = std::size_t{1} << 23;  // 64 MiB
  static constexpr std::size_t kMostKept = std::size_t{1} << 25;

  std::size_t numbers_in(const fem::Element& element, int derivatives, std::size_t points) {
    const std::size_t slots = derivatives == 0   ? 1
                              : derivatives == 1 ? 1 + dim
                                                 : 1 + dim + dim * dim;
    const bool simplex = meshes::is_simplex(element.cell);
    const std::size_t places = dim == 3 ? (simplex ? 24 : 240) : (simplex ? 6 : 12) * dim;
    return 2 * slots * places * points * library_.element(element).n_dofs_per_cell();
  }

  DofCell in(const dealii::DoFHandler<dim>& handler, const Cell& cell) const {
    return DofCell(&triangulation_, cell->level(), cell->index(), &handler);
  }

  const dealii::DoFHandler<dim>& handler_of(const fem::Element& element) {
    auto& handler = handlers_[element];
    if (!handler) {
      handler = std::make_unique<dealii::DoFHandler<dim>>(triangulation_);
      handler->distribute_dofs(library_.element(element));
    }
    return *handler;
  }

  Values& values_of(const fem::Element& element, int derivatives,
                    const dealii::Quadrature<dim - 1>& rule) {
    const std::tuple key{element, derivatives, key_of(rule)};
    if (const auto at = values_.find(key); at != values_.end()) return *at->second;
    const std::size_t numbers = numbers_in(element, derivatives, rule.size());
    if (numbers_ + numbers > kMostKept) {
      values_.clear();
      numbers_ = 0;
    }
    numbers_ += numbers;
    dealii::UpdateFlags flags = DealiiLibrary<dim>::update_flags(derivatives);
    flags |= dealii::update_normal_vectors;
    auto& values = values_[key];
    values = std::make_unique<Values>(library_.mapping(element.cell), library_.element(element),
                                      rule, flags);
    return *values;
  }

  DealiiLibrary<dim>& library_;
  const dealii::Triangulation<dim>& triangulation_;
  std::map<fem::Element, std::unique_ptr<dealii::DoFHandler<dim>>> handlers_;
  std::map<std::tuple<fem::Element, int, FaceRuleKey>, std::unique_ptr<Values>> values_;
  std::size_t numbers_ = 0;  ///< in all of them
};

}  // namespace femsynth::solvers
