#include "fem/form/algebra.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "fem/form/form.hpp"

namespace femsynth::fem {
namespace {

/// A graph in two dimensions with operands of several shapes.
class Algebra : public ::testing::Test {
 protected:
  ExprId tensor(Shape shape) {
    return coefficient(g, {Family::lagrange, meshes::CellType::triangle, 1, std::move(shape)});
  }
  const Shape& shape(ExprId id) const { return g[id].shape; }
  static std::string message(const std::function<void()>& f) {
    try {
      f();
    } catch (const InputError& e) {
      return e.what();
    }
    return "(no error)";
  }

  ExprGraph g{meshes::CellType::triangle};
  ExprId s = tensor({});
  ExprId t = tensor({});
  ExprId v = tensor({2});
  ExprId w = tensor({3});
  ExprId A = tensor({2, 2});
  ExprId B = tensor({2, 3});
  ExprId C = tensor({2, 2, 2});
};

TEST_F(Algebra, ShapesOfProductsAreUfls) {
  EXPECT_EQ(shape(inner(g, A, A)), Shape{});
  EXPECT_EQ(shape(dot(g, A, v)), Shape{2});
  EXPECT_EQ(shape(dot(g, A, B)), (Shape{2, 3}));
  EXPECT_EQ(shape(dot(g, C, B)), (Shape{2, 2, 3}));
  EXPECT_EQ(shape(outer(g, v, w)), (Shape{2, 3}));
  EXPECT_EQ(shape(outer(g, A, w)), (Shape{2, 2, 3}));
  EXPECT_EQ(shape(cross(g, w, w)), Shape{3});
  EXPECT_EQ(shape(multiply(g, s, B)), (Shape{2, 3}));
  EXPECT_EQ(shape(multiply(g, B, w)), Shape{2});
  EXPECT_EQ(shape(multiply(g, A, B)), (Shape{2, 3}));
  EXPECT_EQ(shape(divide(g, B, s)), (Shape{2, 3}));
}

TEST_F(Algebra, ShapesOfMatrixOperatorsAreUfls) {
  EXPECT_EQ(shape(matrix_operator(g, Op::transpose, B)), (Shape{3, 2}));
  EXPECT_EQ(shape(matrix_operator(g, Op::trace, A)), Shape{});
  EXPECT_EQ(shape(matrix_operator(g, Op::determinant, A)), Shape{});
  EXPECT_EQ(shape(matrix_operator(g, Op::inverse, A)), (Shape{2, 2}));
  for (Op op : {Op::sym, Op::skew, Op::dev}) {
    EXPECT_EQ(shape(matrix_operator(g, op, A)), (Shape{2, 2}));
  }
}

TEST_F(Algebra, ADerivativesIndexComesLast) {
  EXPECT_EQ(shape(grad(g, s)), Shape{2});
  EXPECT_EQ(shape(grad(g, B)), (Shape{2, 3, 2}));
  EXPECT_EQ(shape(div(g, v)), Shape{});
  EXPECT_EQ(shape(div(g, C)), (Shape{2, 2}));
  EXPECT_EQ(shape(curl(g, s)), Shape{2});
  EXPECT_EQ(shape(curl(g, v)), Shape{});
}

TEST(AlgebraInOneDimension, TheGradientOfAScalarIsAVectorOfOneComponent) {
  ExprGraph g(meshes::CellType::interval);
  const ExprId f = coefficient(g, {Family::lagrange, meshes::CellType::interval, 1, {}});
  EXPECT_EQ(g[grad(g, f)].shape, Shape{1});
  EXPECT_EQ(g[derivative_along(g, f, {false, 0})].shape, Shape{});
  EXPECT_THROW(div(g, f), InputError);
}

TEST_F(Algebra, ProductsOfMatricesAreDots) {
  EXPECT_EQ(multiply(g, A, v), dot(g, A, v));
  EXPECT_EQ(multiply(g, A, B), dot(g, A, B));
  EXPECT_EQ(multiply(g, v, s), multiply(g, s, v));
  EXPECT_EQ(dot(g, s, t), multiply(g, s, t));
}

TEST_F(Algebra, InnerOfScalarsConjugatesItsSecondUnlessThatIsANumber) {
  EXPECT_EQ(g[inner(g, s, t)].op, Op::inner);
  EXPECT_EQ(inner(g, s, real(g, 2)), multiply(g, s, real(g, 2)));
}

TEST_F(Algebra, RepeatedFreeIndicesAreSummedOver) {
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const ExprId vi = indexed(g, v, {{true, i}});
  EXPECT_EQ(g[vi].free, (std::vector<FreeIndex>{{i, 2}}));
  const ExprId sum = multiply(g, vi, vi);
  EXPECT_EQ(g[sum].op, Op::index_sum);
  EXPECT_TRUE(g[sum].free.empty());
  const ExprId matrix_vector = multiply(g, indexed(g, A, {{true, j}, {true, i}}), vi);
  EXPECT_EQ(g[matrix_vector].free, (std::vector<FreeIndex>{{j, 2}}));
  const ExprId trace = indexed(g, A, {{true, i}, {true, i}});
  EXPECT_EQ(g[trace].op, Op::index_sum);
  // v_i A with A a tensor keeps the tensor's shape.
  const ExprId scaled = multiply(g, vi, multiply(g, vi, A));
  EXPECT_EQ(g[scaled].op, Op::index_sum);
  EXPECT_EQ(shape(scaled), (Shape{2, 2}));
}

TEST_F(Algebra, AComponentTensorUndoesIndexing) {
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const ExprId entry = indexed(g, B, {{true, i}, {true, j}});
  EXPECT_EQ(component_tensor(g, entry, std::vector{i, j}), B);
  const ExprId transposed = component_tensor(g, entry, std::vector{j, i});
  EXPECT_EQ(shape(transposed), (Shape{3, 2}));
  EXPECT_NE(transposed, B);
}

TEST_F(Algebra, FoldsLiteralsAndZeros) {
  EXPECT_EQ(add(g, real(g, 2), real(g, 3)), real(g, 5));
  EXPECT_EQ(multiply(g, real(g, 2), real(g, 3)), real(g, 6));
  EXPECT_EQ(divide(g, real(g, 3), real(g, 2)), real(g, 1.5));
  EXPECT_EQ(power(g, real(g, 2), real(g, 3)), real(g, 8));
  EXPECT_EQ(real(g, 0), zero(g));
  EXPECT_EQ(add(g, zero(g, {2}), v), v);
  EXPECT_EQ(multiply(g, real(g, 1), A), A);
  EXPECT_EQ(multiply(g, zero(g), A), zero(g, {2, 2}));
  EXPECT_EQ(dot(g, zero(g, {2, 2}), B), zero(g, {2, 3}));
  EXPECT_EQ(inner(g, zero(g, {2}), v), zero(g));
  EXPECT_EQ(power(g, s, zero(g)), real(g, 1));
  EXPECT_EQ(power(g, s, real(g, 1)), s);
  EXPECT_EQ(grad(g, constant(g, {2})), zero(g, {2, 2}));
  EXPECT_EQ(function(g, Op::sqrt, real(g, 4)), real(g, 2));
  EXPECT_EQ(function(g, Op::exp, zero(g)), real(g, 1));
  EXPECT_EQ(matrix_operator(g, Op::transpose, zero(g, {2, 3})), zero(g, {3, 2}));
  const ExprId unit = identity(g, 2);
  EXPECT_EQ(indexed(g, unit, {{false, 1}, {false, 1}}), real(g, 1));
  EXPECT_EQ(indexed(g, unit, {{false, 0}, {false, 1}}), zero(g));
}

TEST_F(Algebra, AZeroKeepsTheFreeIndicesOfWhatItReplaces) {
  const std::int32_t i = g.new_label();
  const ExprId vi = indexed(g, v, {{true, i}});
  const ExprId none = multiply(g, zero(g), vi);
  EXPECT_EQ(g[none].op, Op::zero);
  EXPECT_EQ(g[none].free, g[vi].free);
  EXPECT_EQ(multiply(g, none, vi), zero(g));
  EXPECT_EQ(add(g, none, vi), vi);
}

TEST_F(Algebra, MessagesNameBothOperands) {
  EXPECT_EQ(message([&] { inner(g, s, v); }), "inner() of a scalar and a vector of shape (2,)");
  EXPECT_EQ(message([&] { dot(g, B, C); }),
            "dot() of a matrix of shape (2, 3) and a tensor of shape (2, 2, 2)");
  EXPECT_EQ(message([&] { add(g, s, v); }), "sum of shapes () and (2,)");
  EXPECT_EQ(message([&] { subtract(g, v, w); }), "difference of shapes (2,) and (3,)");
  EXPECT_THAT(
      message([&] { multiply(g, v, v); }),
      ::testing::StartsWith("product of a vector of shape (2,) and a vector of shape (2,)"));
}

TEST_F(Algebra, OperandsThatDoNotFitAreRefused) {
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const ExprId vi = indexed(g, v, {{true, i}});
  const ExprId wi = indexed(g, w, {{true, i}});
  const ExprId condition = compare(g, Op::lt, s, t);
  const std::vector<std::function<void()>> wrong = {
      [&] { add(g, vi, s); },                           // free indices differ
      [&] { multiply(g, vi, wi); },                     // one index, two extents
      [&] { divide(g, s, vi); },                        // divisor with a free index
      [&] { divide(g, s, v); },                         // divisor no scalar
      [&] { divide(g, s, zero(g)); },                   // by zero
      [&] { power(g, v, s); },                          // base no scalar
      [&] { power(g, s, v); },                          // exponent no scalar
      [&] { power(g, zero(g), real(g, -1)); },          // 1/0
      [&] { inner(g, A, B); },                          // shapes differ
      [&] { dot(g, s, v); },                            // scalar and vector
      [&] { cross(g, v, v); },                          // not in three dimensions
      [&] { matrix_operator(g, Op::trace, B); },        // not square
      [&] { matrix_operator(g, Op::sym, v); },          // no matrix
      [&] { matrix_operator(g, Op::determinant, C); },  // no matrix
      [&] { div(g, w); },                               // extent is not the dimension
      [&] { curl(g, w); },                              // not in two dimensions
      [&] {
        indexed(g, v, {{false, 2}});
      },  // out of range
      [&] {
        indexed(g, v, {{false, 0}, {false, 0}});
      },                           // too many
      [&] { indexed(g, s, {}); },  // a scalar
      [&] {
        indexed(g, C, std::vector<Index>(3, {true, i}));
      },  // an index thrice
      [&] {
        indexed(g, B, {{true, i}, {true, i}});
      },                                                 // two extents
      [&] { component_tensor(g, vi, std::vector{j}); },  // not free
      [&] {
        component_tensor(g, vi, std::vector{i, i});
      },                                                // twice
      [&] { component_tensor(g, v, std::vector{i}); },  // no scalar
      [&] { list_tensor(g, {}); },                      // empty
      [&] {
        list_tensor(g, std::vector{s, v});
      },  // two shapes
      [&] {
        list_tensor(g, std::vector{s, vi});
      },                                            // free indices differ
      [&] { index_sum(g, s, i); },                  // not free
      [&] { function(g, Op::sqrt, v); },            // no scalar
      [&] { function(g, Op::sqrt, real(g, -1)); },  // not real
      [&] { function(g, Op::ln, zero(g)); },        // not finite
      [&] { real(g, 1.0 / 0.0); },                  // not finite
      [&] { conditional(g, s, s, s); },             // no condition
      [&] { conditional(g, condition, s, v); },     // two shapes
      [&] { add(g, condition, s); },                // a condition as a number
      [&] { multiply(g, condition, s); },
      [&] { grad(g, condition); },
      [&] { function(g, Op::abs, condition); },
      [&] { logical(g, Op::logical_not, std::vector{s}); },
  };
  for (std::size_t k = 0; k < wrong.size(); ++k) {
    EXPECT_THROW(wrong[k](), InputError) << "case " << k;
  }
}

TEST_F(Algebra, AListTakesPlainZerosAmongComponentsWithFreeIndices) {
  const std::int32_t i = g.new_label();
  const ExprId vi = indexed(g, v, {{true, i}});
  const ExprId list = list_tensor(g, std::vector{zero(g), vi});
  EXPECT_EQ(shape(list), Shape{2});
  EXPECT_EQ(g[list].free, g[vi].free);
}

TEST_F(Algebra, DerivativeAlongAnIndexIsAComponentOfTheGradient) {
  EXPECT_EQ(derivative_along(g, s, {false, 1}), indexed(g, grad(g, s), {{false, 1}}));
  const std::int32_t i = g.new_label();
  const ExprId divergence = derivative_along(g, indexed(g, v, {{true, i}}), {true, i});
  EXPECT_EQ(g[divergence].op, Op::index_sum);
  EXPECT_TRUE(g[divergence].free.empty());
  EXPECT_EQ(shape(derivative_along(g, A, {false, 0})), (Shape{2, 2}));
}

}  // namespace
}  // namespace femsynth::fem
