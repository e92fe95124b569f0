#pragma once

#include <deal.II/base/point.h>

#include <array>
#include <utility>
#include <vector>

#include "meshes/geometry.hpp"

/// Our reference cells in deal.II's reference coordinates; only for the module's own files.
namespace femsynth::solvers {

/// Local vertex numbers of ours, in the order in which deal.II holds the cell's vertices.
using VertexOrder = std::vector<int>;

/// Coordinates in deal.II's reference cell of a point X of ours.
template <int dim>
dealii::Point<dim> to_library(meshes::CellType cell, const VertexOrder& order, const double* X) {
  dealii::Point<dim> result;
  if (meshes::is_simplex(cell)) {
    std::array<double, dim + 1> barycentric;
    barycentric[0] = 1.0;
    for (int j = 0; j < dim; ++j) {
      barycentric[0] -= X[j];
      barycentric[static_cast<std::size_t>(j) + 1] = X[j];
    }
    for (unsigned j = 0; j < dim; ++j) {
      result[j] = barycentric[static_cast<std::size_t>(order[j + 1])];
    }
    return result;
  }
  const auto origin = meshes::reference_vertex(cell, order[0]);
  for (unsigned j = 0; j < dim; ++j) {
    const auto end = meshes::reference_vertex(cell, order[std::size_t{1} << j]);
    double coordinate = 0.0;
    for (std::size_t i = 0; i < dim; ++i) coordinate += (X[i] - origin[i]) * (end[i] - origin[i]);
    result[j] = coordinate;
  }
  return result;
}

/// A face of a cell of deal.II's: its number, and the cell's local numbers of its vertices in
/// the face's own order, which its coordinates follow.
template <int dim>
struct DealiiFace {
  DealiiFace(meshes::CellType type, unsigned face, std::vector<unsigned> locals)
      : number(face), simplex(meshes::is_simplex(type)), vertices(std::move(locals)) {
    for (const unsigned v : vertices) {
      corners.push_back(meshes::reference_vertex(type, static_cast<int>(v)));
    }
  }
  /// Point of the cell at face coordinates ξ.
  std::array<double, 3> in_cell(const dealii::Point<dim - 1>& xi) const {
    std::array<double, 3> X = corners[0];
    for (unsigned j = 0; j + 1 < dim; ++j) {
      const auto& end = corners[simplex ? j + 1 : 1u << j];
      for (std::size_t i = 0; i < dim; ++i) X[i] += xi[j] * (end[i] - corners[0][i]);
    }
    return X;
  }
  /// Face coordinates of a point of the cell that lies on the face.
  dealii::Point<dim - 1> on_face(const dealii::Point<dim>& X) const {
    dealii::Point<dim - 1> xi;
    for (unsigned j = 0; j + 1 < dim; ++j) {
      if (simplex) {
        const unsigned v = vertices[j + 1];
        double rest = 1.0;
        for (unsigned i = 0; i < dim; ++i) rest -= X[i];
        xi[j] = v == 0 ? rest : X[v - 1];
        continue;
      }
      for (std::size_t i = 0; i < dim; ++i) {
        xi[j] +=
            (X[static_cast<unsigned>(i)] - corners[0][i]) * (corners[1u << j][i] - corners[0][i]);
      }
    }
    return xi;
  }
  unsigned number;
  bool simplex;
  std::vector<unsigned> vertices;
  std::vector<std::array<double, 3>> corners;
};

}  // namespace femsynth::solvers
