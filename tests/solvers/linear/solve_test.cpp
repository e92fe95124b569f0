#include "solvers/linear/solve.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "meshes/support/error.hpp"
#include "tests/solvers/linear/dense_system.hpp"

namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;
using testing::numbers;
using testing::sparse;

constexpr Eigen::Index n = 30;

std::string fault(const LinearSystem& system, const LinearOptions& options) {
  try {
    solve(system, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "solved";
}

Eigen::MatrixXd positive_definite() {
  const Eigen::MatrixXd m = numbers(n, n, 1);
  return m * m.transpose() + Eigen::MatrixXd::Identity(n, n);
}

/// The Laplacian of a path with free ends: constants are its null space.
Eigen::MatrixXd neumann() {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i + 1 < n; ++i) {
    a(i, i) += 1;
    a(i + 1, i + 1) += 1;
    a(i, i + 1) = a(i + 1, i) = -1;
  }
  return a;
}

class EachMethod : public ::testing::TestWithParam<LinearMethod> {
 protected:
  LinearOptions options() const { return {.method = GetParam()}; }
};

TEST_P(EachMethod, FindsTheSolution) {
  const Eigen::MatrixXd a = positive_definite();
  const Eigen::VectorXd x = numbers(n, 1, 2);
  const LinearSolution solution = solve(sparse(a, a * x), options());
  const Eigen::Map<const Eigen::VectorXd> found(solution.x.data(), n);
  EXPECT_LT((found - x).norm(), 1e-8 * x.norm());
  EXPECT_LE(solution.residual, 1e-10);
  EXPECT_EQ(solution.iterations > 0, GetParam() == LinearMethod::cg);
}

TEST_P(EachMethod, EstimatesTheConditionNumber) {
  const Eigen::MatrixXd a = positive_definite();
  const auto norm = [](const Eigen::MatrixXd& m) {
    return m.cwiseAbs().rowwise().sum().maxCoeff();
  };
  const double condition = norm(a) * norm(a.inverse());
  const double estimate = solve(sparse(a, numbers(n, 1, 3)), options()).condition;
  EXPECT_LE(estimate, condition * (1 + 1e-6));
  EXPECT_GE(estimate, condition / 3);
}

TEST_P(EachMethod, RefusesASingularMatrix) {
  EXPECT_THAT(fault(sparse(neumann(), numbers(n, 1, 4)), options()), HasSubstr("[[dirichlet]]"));
}

/// With a right-hand side in the range, conjugate gradients converge, and so do factorisations
/// up to a large constant: only the condition number tells.
TEST_P(EachMethod, RefusesASingularMatrixWithAConsistentRightSide) {
  const Eigen::MatrixXd a = neumann();
  EXPECT_THAT(fault(sparse(a, a * numbers(n, 1, 5)), options()), HasSubstr("[[dirichlet]]"));
}

TEST_P(EachMethod, RefusesNumbersThatAreNotFinite) {
  Eigen::VectorXd b = numbers(n, 1, 6);
  b[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(fault(sparse(positive_definite(), b), options()), HasSubstr("not finite"));
}

TEST_P(EachMethod, SolvesNothingForNothing) {
  EXPECT_TRUE(solve(sparse(Eigen::MatrixXd(0, 0), Eigen::VectorXd(0)), options()).x.empty());
  const LinearSolution zero =
      solve(sparse(positive_definite(), Eigen::VectorXd::Zero(n)), options());
  EXPECT_EQ(zero.x, std::vector<double>(n, 0.0));
}

INSTANTIATE_TEST_SUITE_P(Methods, EachMethod,
                         ::testing::Values(LinearMethod::ldlt, LinearMethod::lu, LinearMethod::cg),
                         [](const auto& parameter) {
                           return std::string(name_of(parameter.param));
                         });

TEST(LinearSolve, OnlyLuTakesANonsymmetricMatrix) {
  Eigen::MatrixXd a = positive_definite();
  a(2, 5) += 0.5;
  const Eigen::VectorXd x = numbers(n, 1, 7);
  const LinearSystem system = sparse(a, a * x);
  EXPECT_THAT(fault(system, {.method = LinearMethod::ldlt}), HasSubstr("ldlt needs a symmetric"));
  EXPECT_THAT(fault(system, {.method = LinearMethod::cg}), HasSubstr("cg needs a symmetric"));
  const LinearSolution solution = solve(system, {.method = LinearMethod::lu});
  EXPECT_LT((Eigen::Map<const Eigen::VectorXd>(solution.x.data(), n) - x).norm(), 1e-10);
}

TEST(LinearSolve, ConditionIsThatOfTheInfinityNormForNonsymmetricMatrices) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Identity(4, 4);
  a.row(0) << 1, 10, 100, 1000;  // ‖A‖∞ = ‖A⁻¹‖∞ = 1111, ‖A‖₁ = ‖A⁻¹‖₁ = 1001
  const double condition =
      solve(sparse(a, Eigen::VectorXd::Ones(4)), {.method = LinearMethod::lu}).condition;
  EXPECT_NEAR(condition, 1111.0 * 1111.0, 1e-6);
}

TEST(LinearSolve, CgRefusesANegativeDiagonal) {
  EXPECT_THAT(fault(sparse(-positive_definite(), numbers(n, 1, 8)), {.method = LinearMethod::cg}),
              HasSubstr("positive definite"));
}

TEST(LinearSolve, CgSaysWhenItDoesNotConverge) {
  const std::string message = fault(sparse(positive_definite(), numbers(n, 1, 9)),
                                    {.method = LinearMethod::cg, .max_iterations = 2});
  EXPECT_THAT(message, HasSubstr("after 2 iterations"));
}

TEST(LinearSolve, ResidualAboveTheToleranceIsRefused) {
  // The residual of a direct solution is rounding, far above that.
  const LinearSystem system = sparse(positive_definite(), numbers(n, 1, 10));
  EXPECT_THAT(fault(system, {.method = LinearMethod::lu, .tolerance = 1e-30}),
              HasSubstr("more than the tolerance 1.00e-30"));
}

TEST(LinearSolve, NamesOfMethods) {
  EXPECT_EQ(linear_method_of("cg"), LinearMethod::cg);
  EXPECT_EQ(linear_method_of("gmres"), std::nullopt);
}

}  // namespace
}  // namespace femsynth::solvers
