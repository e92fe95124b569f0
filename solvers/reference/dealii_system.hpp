#pragma once

#include <deal.II/grid/tria.h>

#include <functional>
#include <memory>
#include <span>

#include "fem/elements/element.hpp"
#include "solvers/reference/backend.hpp"

/// A linear system of deal.II's own; only for the module's own files.
namespace femsynth::solvers {

/// How deal.II holds our mesh: its active cells come in the order of our cells.
template <int dim>
struct DealiiGrid {
  const dealii::Triangulation<dim>& triangulation;
  /// deal.II's reference coordinates of a point X of our reference cell, in cell `c`.
  std::function<dealii::Point<dim>(std::size_t c, const double* X)> to_library;
  /// deal.II's face number of our local facet.
  std::function<unsigned(std::size_t c, int facet)> face_of;
};

/// The system of an element on a mesh; `nodes`: see BackendMesh::make_system. The grid must
/// outlive it. Instantiated for dim 1, 2 and 3.
template <int dim>
std::unique_ptr<BackendSystem> make_dealii_system(DealiiGrid<dim> grid, const fem::Element& element,
                                                  std::span<const double> nodes);

}  // namespace femsynth::solvers
