#include "fem/elements/interpolation.hpp"

#include <basix/finite-element.h>
#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "fem/elements/basix_element.hpp"
#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

InterpolationOperator identity_at(const Element& element) {
  InterpolationOperator result;
  result.X = nodes(element);
  result.points = result.dofs = static_cast<std::size_t>(dimension(element));
  result.matrix.assign(result.dofs * result.points, 0.0);
  for (std::size_t i = 0; i < result.dofs; ++i) result.matrix[i * result.points + i] = 1.0;
  result.is_identity = true;
  return result;
}

/// With φ the Hermite basis and X_k the nodes of P3: f(X_k) = Σ_i φ_i(X_k) dof_i(f) for cubics f.
InterpolationOperator through_cubic(const Element& element) {
  const Element cubic{.family = Family::lagrange, .cell = element.cell, .degree = 3};
  InterpolationOperator result;
  result.X = nodes(cubic);
  result.points = result.dofs = static_cast<std::size_t>(dimension(cubic));
  const Tabulation table = tabulate(element, 0, result.X);
  const auto n = static_cast<Eigen::Index>(result.dofs);
  const Matrix inverse = Eigen::Map<const Matrix>(table.values.data(), n, n).inverse();
  result.matrix.assign(inverse.data(), inverse.data() + inverse.size());
  return result;
}

/// Basix's matrix has a column for each component and point, the component slower.
InterpolationOperator from_basix(const basix::FiniteElement& basix) {
  InterpolationOperator result;
  const auto& [points, shape] = basix.points();
  const auto& [matrix, extents] = basix.interpolation_matrix();
  result.X = points;
  result.points = shape[0];
  result.dofs = static_cast<std::size_t>(basix.dim());
  for (const std::size_t extent : basix.value_shape()) result.components *= extent;
  result.matrix.resize(matrix.size());
  for (std::size_t i = 0; i < result.dofs; ++i) {
    for (std::size_t k = 0; k < result.components; ++k) {
      for (std::size_t p = 0; p < result.points; ++p) {
        result.matrix[(i * result.points + p) * result.components + k] =
            matrix[(i * result.components + k) * result.points + p];
      }
    }
  }
  return result;
}

InterpolationOperator make(const Element& element) {
  if (element.is_composed()) {
    throw InternalError(fmt::format("interpolation of {}", to_string(element)));
  }
  if (element.family == Family::hermite) return through_cubic(element);
  if (is_nodal(element)) return identity_at(element);
  return from_basix(basix_element(element));
}

}  // namespace

void InterpolationOperator::apply(const double* values, double* dof_values) const {
  const std::size_t size = points * components;
  if (is_identity) {
    std::copy_n(values, size, dof_values);
    return;
  }
  for (std::size_t i = 0; i < dofs; ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < size; ++k) sum += matrix[i * size + k] * values[k];
    dof_values[i] = sum;
  }
}

const InterpolationOperator& interpolation(const Element& element) {
  static std::mutex mutex;
  static std::map<Element, std::unique_ptr<const InterpolationOperator>> cache;
  Element basic = element;
  basic.shape.clear();
  basic.symmetric = false;
  const std::scoped_lock lock(mutex);
  auto& entry = cache[basic];
  if (!entry) entry = std::make_unique<const InterpolationOperator>(make(basic));
  return *entry;
}

}  // namespace femsynth::fem
