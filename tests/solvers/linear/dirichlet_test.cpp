#include "solvers/linear/dirichlet.hpp"

#include <gtest/gtest.h>

#include "meshes/support/error.hpp"
#include "tests/solvers/linear/dense_system.hpp"

namespace femsynth::solvers {
namespace {

using testing::dense;
using testing::numbers;
using testing::sparse;

constexpr Eigen::Index n = 9;

TEST(Dirichlet, ReducedSolutionSatisfiesTheFreeEquationsAndTheData) {
  const Eigen::MatrixXd a = numbers(n, n, 1) + 5 * Eigen::MatrixXd::Identity(n, n);
  const Eigen::VectorXd b = numbers(n, 1, 2);
  const PrescribedValues data{{0, 2.5}, {4, -1.0}, {8, 0.0}};
  const ReducedSystem reduced = reduce(sparse(a, b), data);
  ASSERT_EQ(reduced.free_dofs, (std::vector<std::int32_t>{1, 2, 3, 5, 6, 7}));
  const Eigen::VectorXd f = Eigen::Map<const Eigen::VectorXd>(reduced.system.rhs.data(), 6);
  const Eigen::VectorXd free_values = dense(reduced.system).fullPivLu().solve(f);
  const std::vector<double> u = expand(reduced, {free_values.data(), 6}, data);
  for (const auto& [dof, value] : data) EXPECT_EQ(u[static_cast<std::size_t>(dof)], value);
  const Eigen::VectorXd residual = b - a * Eigen::Map<const Eigen::VectorXd>(u.data(), n);
  for (const std::int32_t dof : reduced.free_dofs) EXPECT_NEAR(residual[dof], 0.0, 1e-13);
}

TEST(Dirichlet, SymmetryStays) {
  Eigen::MatrixXd a = numbers(n, n, 3);
  a += a.transpose().eval();
  const ReducedSystem reduced = reduce(sparse(a, numbers(n, 1, 4)), {{2, 1.0}, {3, 1.0}});
  const Eigen::MatrixXd rest = dense(reduced.system);
  ASSERT_EQ(rest.rows(), n - 2);
  EXPECT_EQ((rest - rest.transpose()).cwiseAbs().maxCoeff(), 0.0);
}

TEST(Dirichlet, NothingPrescribedLeavesTheSystemAsItIs) {
  const LinearSystem system = sparse(numbers(n, n, 5), numbers(n, 1, 6));
  const ReducedSystem reduced = reduce(system, {});
  EXPECT_EQ(reduced.system.pattern, system.pattern);
  EXPECT_EQ(reduced.system.values, system.values);
  EXPECT_EQ(reduced.system.rhs, system.rhs);
}

TEST(Dirichlet, AllPrescribedLeavesNoUnknown) {
  PrescribedValues data;
  for (std::int32_t k = 0; k < n; ++k) data[k] = 0.5 * k;
  const ReducedSystem reduced = reduce(sparse(numbers(n, n, 7), numbers(n, 1, 8)), data);
  EXPECT_EQ(reduced.system.pattern.rows, 0);
  EXPECT_EQ(expand(reduced, {}, data)[6], 3.0);
}

TEST(Dirichlet, WrongSizesAreOurBug) {
  LinearSystem system = sparse(numbers(n, n, 9), numbers(n, 1, 10));
  EXPECT_THROW(reduce(system, {{9, 0.0}}), InternalError);
  EXPECT_THROW(reduce(system, {{-1, 0.0}}), InternalError);
  system.rhs.pop_back();
  EXPECT_THROW(reduce(system, {}), InternalError);
}

}  // namespace
}  // namespace femsynth::solvers
