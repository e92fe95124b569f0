#pragma once

#include <Eigen/Dense>

#include "solvers/linear/dirichlet.hpp"

namespace femsynth::solvers::testing {

/// The sparse form of a dense system; exact zeros are left out.
inline LinearSystem sparse(const Eigen::MatrixXd& a, const Eigen::VectorXd& b) {
  LinearSystem system;
  system.pattern.rows = system.pattern.cols = static_cast<std::int32_t>(a.rows());
  system.pattern.row_offsets.push_back(0);
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    for (Eigen::Index j = 0; j < a.cols(); ++j) {
      if (a(i, j) == 0) continue;
      system.pattern.columns.push_back(static_cast<std::int32_t>(j));
      system.values.push_back(a(i, j));
    }
    system.pattern.row_offsets.push_back(static_cast<std::int32_t>(system.values.size()));
  }
  system.rhs.assign(b.begin(), b.end());
  return system;
}

/// The dense form of a sparse matrix.
inline Eigen::MatrixXd dense(const LinearSystem& system) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(system.pattern.rows, system.pattern.cols);
  for (std::int32_t i = 0; i < system.pattern.rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    for (auto k = static_cast<std::size_t>(system.pattern.row_offsets[row]);
         k < static_cast<std::size_t>(system.pattern.row_offsets[row + 1]); ++k) {
      a(i, system.pattern.columns[k]) += system.values[k];
    }
  }
  return a;
}

/// Numbers in (−1, 1), the same on every machine.
inline Eigen::MatrixXd numbers(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed) {
  return Eigen::MatrixXd::NullaryExpr(rows, cols, [&seed] {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(seed >> 11) * 0x1p-52 - 1.0;
  });
}

}  // namespace femsynth::solvers::testing
