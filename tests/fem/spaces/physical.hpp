#pragma once

#include <Eigen/Dense>
#include <functional>
#include <vector>

#include "fem/elements/tabulate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

/// Finite element functions in physical space, by the definition of the pull-backs.
namespace femsynth::fem {

/// A point of a cell: its map there.
struct CellPoint {
  std::vector<double> X;
  Eigen::VectorXd x;
  Eigen::MatrixXd J;  ///< d × t
  Eigen::MatrixXd K;  ///< pseudo-inverse of J
  double det = 0.0;   ///< of a manifold with the sign of the cell's orientation
};

inline CellPoint cell_point(const meshes::Mesh& mesh, std::size_t c, const std::vector<double>& X) {
  const meshes::GeometryMap map = meshes::map_point(mesh, c, X.data());
  const auto d = static_cast<Eigen::Index>(mesh.dim());
  const auto t = static_cast<Eigen::Index>(mesh.topological_dim());
  CellPoint at{X, Eigen::VectorXd(d), Eigen::MatrixXd(d, t), {}, map.determinant};
  for (Eigen::Index i = 0; i < d; ++i) {
    at.x(i) = map.x[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < t; ++j) {
      at.J(i, j) = map.jacobian[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
  }
  if (d > t) at.det *= meshes::cell_orientations(mesh)[c];
  at.K = (at.J.transpose() * at.J).inverse() * at.J.transpose();
  return at;
}

/// The value at a point of Σ dof(i) φ_i for one copy of a basic element: 1 × 1, d × 1 or d × d.
inline Eigen::MatrixXd physical_value(const CellPoint& at, const Element& element,
                                      const std::function<double(std::size_t)>& dof) {
  const Tabulation table = tabulate(element, 0, at.X);
  const PullBack kind = pull_back(element.family);
  const Eigen::Index t = at.J.cols();
  const bool matrix = kind == PullBack::double_covariant || kind == PullBack::double_contravariant;
  const Eigen::Index rows = kind == PullBack::identity ? 1 : t;
  const Eigen::Index columns = matrix ? t : 1;
  Eigen::MatrixXd F = Eigen::MatrixXd::Zero(rows, columns);
  for (std::size_t i = 0; i < table.nodes; ++i) {
    for (std::size_t k = 0; k < table.components; ++k) {
      F(static_cast<Eigen::Index>(k) / columns, static_cast<Eigen::Index>(k) % columns) +=
          dof(i) * table.at(0, 0, i, k);
    }
  }
  switch (kind) {
    case PullBack::identity:
      return F;
    case PullBack::contravariant_piola:
      return at.J * F / at.det;
    case PullBack::covariant_piola:
      return at.K.transpose() * F;
    case PullBack::double_covariant:
      return at.K.transpose() * F * at.K;
    case PullBack::double_contravariant:
      return at.J * F * at.J.transpose() / (at.det * at.det);
  }
  throw InternalError("unknown pull-back");
}

}  // namespace femsynth::fem
