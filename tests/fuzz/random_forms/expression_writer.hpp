#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/random_forms/random.hpp"

namespace femsynth::testing {

/// Shapes that random expressions have: (), (d,), (d, d), d the geometric dimension.
enum class Rank { scalar, vector, matrix };

/// Something with a value that a form may name: a coefficient, constant, test or trial function.
struct Symbol {
  std::string name;
  Rank rank = Rank::scalar;
  bool differentiable = false;  ///< its gradient is not zero everywhere
};

/// What the expressions of one integral may read.
struct Scope {
  int dim = 2;
  std::vector<Symbol> values;    ///< coefficients and constants, one scalar at least
  bool normal = false;           ///< n is known: a facet integral
  bool complex = false;          ///< values are: no order, and fewer functions
  bool differentiation = false;  ///< variable() and diff() may be used
};

/// Writes random well-typed UFL expressions. Values of coefficients are thought to be near 1:
/// arguments of ln, sqrt and divisors stay positive, exponents small.
class ExpressionWriter {
 public:
  ExpressionWriter(Random& random, Scope scope) : random_(random), scope_(std::move(scope)) {}

  /// An expression without arguments; `depth` bounds its nesting.
  std::string value(Rank rank, int depth);
  /// An expression that is linear in the function that `bases` are the parts of (its only element,
  /// or the parts of a mixed function).
  std::string linear(const std::vector<Symbol>& bases, Rank rank, int depth);

 private:
  std::string scalar_leaf();
  std::string vector_leaf();
  std::string matrix_leaf();
  std::string scalar(int depth);
  std::string function_of_scalar(int depth);
  std::string contraction(int depth);
  std::string vector(int depth);
  std::string matrix(int depth);
  std::string condition(int depth);
  std::string complex_scalar(int depth);
  std::string holomorphic(int depth);
  std::string unary_of_matrix();
  std::string linear_leaf(const Symbol& base, Rank rank);
  std::string linear_scalar(const std::vector<Symbol>& bases, int depth);
  std::string linear_vector(const std::vector<Symbol>& bases, int depth);
  std::string linear_matrix(const std::vector<Symbol>& bases, int depth);
  /// A sum, choice or multiple of linear expressions of that shape.
  std::string linear_sum(const std::vector<Symbol>& bases, Rank rank, int depth);
  std::string component();
  /// Writes an expression whose derivative is taken by `pattern`, in which "{}" stands for it:
  /// without n, which the facet alone knows, and without a second such derivative inside.
  template <class Write>
  std::string differentiated(const std::string& pattern, Write write);
  std::vector<Symbol> symbols(Rank rank, bool differentiable) const;

  Random& random_;
  Scope scope_;
  bool in_derivative_ = false;
};

}  // namespace femsynth::testing
