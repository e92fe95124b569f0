#include "fem/spaces/pull_back.hpp"

#include <Eigen/LU>
#include <cstddef>

namespace femsynth::fem {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, 3, 3>;

}  // namespace

void pull_back(Family family, const meshes::Mesh& mesh, const meshes::GeometryMap& map,
               const std::array<double, 9>& value, std::span<double> reference) {
  const PullBack kind = pull_back(family);
  if (kind == PullBack::identity) {
    reference[0] = value[0];
    return;
  }
  const Eigen::Index d = mesh.dim();
  const Eigen::Index t = mesh.topological_dim();
  Matrix J(d, t);
  for (Eigen::Index i = 0; i < d; ++i) {
    for (Eigen::Index j = 0; j < t; ++j) {
      J(i, j) = map.jacobian[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    }
  }
  const bool vector = kind == PullBack::contravariant_piola || kind == PullBack::covariant_piola;
  const Matrix f = Eigen::Map<const Matrix>(value.data(), d, vector ? 1 : d);
  Matrix F;
  if (kind == PullBack::covariant_piola) {
    F = J.transpose() * f;
  } else if (kind == PullBack::double_covariant) {
    F = J.transpose() * f * J;
  } else {
    const Matrix metric = J.transpose() * J;
    const Matrix K = d == t ? Matrix(J.inverse()) : Matrix(metric.inverse() * J.transpose());
    F = vector ? Matrix(map.determinant * K * f)
               : Matrix(map.determinant * map.determinant * K * f * K.transpose());
  }
  for (std::size_t k = 0; k < reference.size(); ++k) reference[k] = F.data()[k];
}

}  // namespace femsynth::fem
