#include "solvers/linear/solve.hpp"

#include <fmt/format.h>

#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>
#include <Eigen/SparseLU>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>

#include "meshes/support/error.hpp"

namespace femsynth::solvers {
namespace {

using Matrix = Eigen::SparseMatrix<double, Eigen::ColMajor, std::int32_t>;
using RowMatrix = Eigen::SparseMatrix<double, Eigen::RowMajor, std::int32_t>;
using Vector = Eigen::VectorXd;

/// Above this condition number no digit of a solution means anything.
constexpr double kSingular = 1e15;
/// Entries of a symmetric matrix may differ by that fraction of the largest one: the two triangles
/// are summed in different order.
constexpr double kSymmetry = 1e-12;

constexpr const char* kHint =
    "does the problem determine its solution (enough [[dirichlet]] data, or a term of order zero)?";

Matrix to_eigen(const LinearSystem& system) {
  const auto n = system.pattern.rows;
  return Eigen::Map<const RowMatrix>(n, n, static_cast<Eigen::Index>(system.values.size()),
                                     system.pattern.row_offsets.data(),
                                     system.pattern.columns.data(), system.values.data());
}

double infinity_norm(const Matrix& a) {
  Vector sums = Vector::Zero(a.rows());
  for (Eigen::Index j = 0; j < a.outerSize(); ++j) {
    for (Matrix::InnerIterator it(a, j); it; ++it) sums[it.row()] += std::abs(it.value());
  }
  return sums.maxCoeff();
}

double largest_entry(const Matrix& a) {
  double largest = 0;
  for (Eigen::Index k = 0; k < a.nonZeros(); ++k) {
    largest = std::max(largest, std::abs(a.valuePtr()[k]));
  }
  return largest;
}

/// A factorised or iterated inverse.
class Inverse {
 public:
  virtual ~Inverse() = default;
  virtual Vector apply(const Vector& b) = 0;
  virtual Vector apply_transposed(const Vector& b) { return apply(b); }
  virtual int iterations() const { return 0; }
};

[[noreturn]] void fail_singular(const std::string& why) {
  throw InputError(fmt::format("the matrix is singular ({}): {}", why, kHint));
}

class Ldlt final : public Inverse {
 public:
  explicit Ldlt(const Matrix& a) : factors_(a) {
    if (factors_.info() != Eigen::Success) fail_singular("L D L^T meets a zero pivot");
  }
  Vector apply(const Vector& b) override { return factors_.solve(b); }

 private:
  Eigen::SimplicialLDLT<Matrix> factors_;
};

class Lu final : public Inverse {
 public:
  explicit Lu(const Matrix& a) {
    factors_.compute(a);
    if (factors_.info() != Eigen::Success) fail_singular(factors_.lastErrorMessage());
  }
  Vector apply(const Vector& b) override { return factors_.solve(b); }
  Vector apply_transposed(const Vector& b) override { return factors_.transpose().solve(b); }

 private:
  Eigen::SparseLU<Matrix> factors_;
};

class Cg final : public Inverse {
 public:
  Cg(const Matrix& a, const LinearOptions& options) : tolerance_(options.tolerance) {
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
      if (!(a.coeff(i, i) > 0)) {
        throw InputError(fmt::format(
            "cg needs a positive definite matrix, but its diagonal entry {} is {}; use method = "
            "\"lu\" or \"ldlt\"",
            i, a.coeff(i, i)));
      }
    }
    cg_.compute(a);
    cg_.setMaxIterations(options.max_iterations > 0 ? options.max_iterations : 10 * a.rows());
  }
  Vector apply(const Vector& b) override {
    // The recursive residual falls below the true one: leave room for the check that follows.
    cg_.setTolerance(0.1 * tolerance_);
    Vector x = cg_.solve(b);
    iterations_ = static_cast<int>(cg_.iterations());
    if (!(cg_.error() <= tolerance_)) {
      throw InputError(fmt::format(
          "cg stands at a relative residual of {:.1e} after {} iterations, {:.1e} is wanted: is "
          "the matrix positive definite? {} Otherwise raise max_iterations or use method = \"lu\"",
          cg_.error(), iterations_, tolerance_, kHint));
    }
    return x;
  }
  int iterations() const override { return iterations_; }

 private:
  Eigen::ConjugateGradient<Matrix, Eigen::Lower | Eigen::Upper,
                           Eigen::DiagonalPreconditioner<double>>
      cg_;
  double tolerance_;
  int iterations_ = 0;
};

void require_symmetry(const Matrix& a, LinearMethod method) {
  const Matrix difference = a - Matrix(a.transpose());
  const double asymmetry = largest_entry(difference);
  if (asymmetry <= kSymmetry * largest_entry(a)) return;
  throw InputError(fmt::format(
      "{} needs a symmetric matrix, but entries differ from their transposed ones by up to {:.3g} "
      "(largest entry {:.3g}); use method = \"lu\"",
      name_of(method), asymmetry, largest_entry(a)));
}

std::unique_ptr<Inverse> make_inverse(const Matrix& a, const LinearOptions& options) {
  switch (options.method) {
    case LinearMethod::ldlt:
      return std::make_unique<Ldlt>(a);
    case LinearMethod::lu:
      return std::make_unique<Lu>(a);
    case LinearMethod::cg:
      return std::make_unique<Cg>(a, options);
  }
  throw InternalError("unknown linear method");
}

/// ‖A⁻¹‖∞ = ‖A⁻ᵀ‖₁ from below, by ascent over the corners of the unit ball.
double inverse_norm(Inverse& inverse, Eigen::Index n) {
  Vector x = Vector::Constant(n, 1.0 / static_cast<double>(n));
  double norm = 0;
  Eigen::Index last = -1;
  for (int step = 0; step < 5; ++step) {
    const Vector y = inverse.apply_transposed(x);
    if (step > 0 && !(y.lpNorm<1>() > norm)) break;
    norm = y.lpNorm<1>();
    const Vector signs = y.unaryExpr([](double v) { return v < 0 ? -1.0 : 1.0; });
    const Vector z = inverse.apply(signs);
    Eigen::Index at = 0;
    const double steepest = z.cwiseAbs().maxCoeff(&at);
    if (steepest <= z.dot(x) || at == last) break;
    last = at;
    x = Vector::Unit(n, at);
  }
  // Higham's safeguard against cancellation in the ascent.
  Vector alternating(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double t = n > 1 ? static_cast<double>(i) / static_cast<double>(n - 1) : 0.0;
    alternating[i] = (i % 2 == 0 ? 1.0 : -1.0) * (1.0 + t);
  }
  const double other =
      2.0 * inverse.apply_transposed(alternating).lpNorm<1>() / (3.0 * static_cast<double>(n));
  return std::max(norm, other);
}

/// Fills residual and backward error, and refuses a bad residual.
void check_residual(const Matrix& a, const Vector& b, const Vector& x, double norm,
                    const LinearOptions& options, LinearSolution& solution) {
  const Vector r = b - a * x;
  const double scale = b.norm();
  solution.residual = scale > 0 ? r.norm() / scale : r.norm();
  const double size = norm * x.lpNorm<Eigen::Infinity>() + b.lpNorm<Eigen::Infinity>();
  solution.backward_error = size > 0 ? r.lpNorm<Eigen::Infinity>() / size : 0.0;
  if (solution.residual <= options.tolerance) return;
  throw InputError(fmt::format(
      "the solution by {} has the relative residual {:.2e}, more than the tolerance {:.2e} "
      "(condition number about {:.1e})",
      name_of(options.method), solution.residual, options.tolerance, solution.condition));
}

}  // namespace

const char* name_of(LinearMethod method) {
  switch (method) {
    case LinearMethod::ldlt:
      return "ldlt";
    case LinearMethod::lu:
      return "lu";
    case LinearMethod::cg:
      return "cg";
  }
  throw InternalError("unknown linear method");
}

std::optional<LinearMethod> linear_method_of(std::string_view name) {
  for (const LinearMethod m : {LinearMethod::ldlt, LinearMethod::lu, LinearMethod::cg}) {
    if (name == name_of(m)) return m;
  }
  return std::nullopt;
}

LinearSolution solve(const LinearSystem& system, const LinearOptions& options) {
  LinearSolution solution;
  if (system.pattern.rows == 0) return solution;
  const Matrix a = to_eigen(system);
  const Vector b = Eigen::Map<const Vector>(system.rhs.data(), system.pattern.rows);
  if (!std::isfinite(a.sum()) || !b.allFinite()) {
    throw InputError("the assembled system holds values that are not finite");
  }
  if (options.method != LinearMethod::lu) require_symmetry(a, options.method);
  const auto inverse = make_inverse(a, options);
  const Vector x = inverse->apply(b);
  solution.iterations = inverse->iterations();
  const double norm = infinity_norm(a);
  solution.condition = norm * inverse_norm(*inverse, a.rows());
  if (!(solution.condition < kSingular) || !x.allFinite()) {
    fail_singular(
        fmt::format("to working precision: condition number about {:.1e}", solution.condition));
  }
  check_residual(a, b, x, norm, options, solution);
  solution.x.assign(x.begin(), x.end());
  return solution;
}

}  // namespace femsynth::solvers
