#include "synth/lower/factorise.hpp"

#include <gtest/gtest.h>

#include "fem/elements/derivatives.hpp"
#include "fem/form/algebra.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;

class Factorise : public ::testing::Test {
 protected:
  ExprGraph g{CellType::tetrahedron};
  Element scalar{Family::lagrange, CellType::tetrahedron, 2, {}};
  Element vector{Family::lagrange, CellType::tetrahedron, 2, {3}};
};

TEST_F(Factorise, TheLaplacianHasOneTermADirectionAllEqual) {
  const Integrand f =
      factorise(g, inner(g, grad(g, argument(g, 1, scalar)), grad(g, argument(g, 0, scalar))));
  ASSERT_EQ(f.terms.size(), 3U);
  for (int k = 0; k < 3; ++k) {
    const Term& term = f.terms[static_cast<std::size_t>(k)];
    EXPECT_EQ(term.test, (Jet{0, 1 + k}));
    EXPECT_EQ(term.trial, (Jet{0, 1 + k}));
    EXPECT_TRUE(f.scalars.is_literal(term.coefficient, 1));
  }
}

TEST_F(Factorise, IsotropicElasticityHasTwentyOneTermsWithThreeCoefficients) {
  const ExprId mu = constant(g, {}, "mu");
  const ExprId lambda = constant(g, {}, "lambda");
  const auto strain = [&](ExprId w) { return matrix_operator(g, Op::sym, grad(g, w)); };
  const ExprId u = argument(g, 1, vector);
  const ExprId v = argument(g, 0, vector);
  const ExprId stress = add(
      g, multiply(g, multiply(g, real(g, 2), mu), strain(u)),
      multiply(g, multiply(g, lambda, matrix_operator(g, Op::trace, strain(u))), identity(g, 3)));
  const Integrand f = factorise(g, inner(g, stress, strain(v)));
  EXPECT_EQ(f.terms.size(), 21U);
  std::set<ScalarId> distinct;
  for (const Term& term : f.terms) distinct.insert(term.coefficient);
  EXPECT_EQ(distinct.size(), 3U);  // λ + 2μ, λ, μ
}

TEST_F(Factorise, TestAndTrialFunctionAreNotSwapped) {
  const ExprId u = argument(g, 1, scalar);
  const ExprId v = argument(g, 0, scalar);
  const Integrand f = factorise(g, multiply(g, derivative_along(g, u, {false, 2}), v));
  ASSERT_EQ(f.terms.size(), 1U);
  EXPECT_EQ(f.terms[0].trial, (Jet{0, 3}));
  EXPECT_EQ(f.terms[0].test, (Jet{0, 0}));
}

TEST_F(Factorise, IndexNotationAgreesWithInner) {
  const ExprId u = argument(g, 1, vector);
  const ExprId v = argument(g, 0, vector);
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const ExprId by_index = multiply(g, indexed(g, grad(g, u), {{true, i}, {true, j}}),
                                   indexed(g, grad(g, v), {{true, i}, {true, j}}));
  const Integrand a = factorise(g, by_index);
  const Integrand b = factorise(g, inner(g, grad(g, u), grad(g, v)));
  ASSERT_EQ(a.terms.size(), b.terms.size());
  for (std::size_t k = 0; k < a.terms.size(); ++k) {
    EXPECT_EQ(a.terms[k].test, b.terms[k].test);
    EXPECT_EQ(a.terms[k].trial, b.terms[k].trial);
  }
}

TEST_F(Factorise, TransposedIndicesAgreeWithTranspose) {
  const ExprId u = argument(g, 1, vector);
  const ExprId v = argument(g, 0, vector);
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const ExprId by_index = multiply(g, indexed(g, grad(g, u), {{true, j}, {true, i}}),
                                   indexed(g, grad(g, v), {{true, i}, {true, j}}));
  const Integrand a = factorise(g, by_index);
  const Integrand b =
      factorise(g, inner(g, matrix_operator(g, Op::transpose, grad(g, u)), grad(g, v)));
  ASSERT_EQ(a.terms.size(), b.terms.size());
  for (std::size_t k = 0; k < a.terms.size(); ++k) {
    EXPECT_EQ(a.terms[k].test, b.terms[k].test);
    EXPECT_EQ(a.terms[k].trial, b.terms[k].trial);
  }
}

TEST_F(Factorise, SkewTimesSymVanishes) {
  const ExprId u = argument(g, 1, vector);
  const ExprId v = argument(g, 0, vector);
  const ExprId zero_product =
      inner(g, matrix_operator(g, Op::sym, grad(g, u)), matrix_operator(g, Op::skew, grad(g, v)));
  EXPECT_TRUE(factorise(g, zero_product).terms.empty());
}

TEST_F(Factorise, DerivativesAreTakenToTheLimit) {
  ExprId w = coefficient(g, scalar, "w");
  for (int order = 1; order <= fem::max_derivative_order; ++order) w = grad(g, w);
  EXPECT_EQ(factorise(g, inner(g, w, w)).scalars.size() > 1, true);
  EXPECT_THROW(factorise(g, inner(g, grad(g, w), grad(g, w))), InputError);
}

TEST_F(Factorise, SidesOfAFacetAreDifferentFunctions) {
  const ExprId u = argument(g, 1, scalar);
  const ExprId v = argument(g, 0, scalar);
  const ExprId jump_u = subtract(g, restricted(g, u, 0), restricted(g, u, 1));
  const ExprId jump_v = subtract(g, restricted(g, v, 0), restricted(g, v, 1));
  const Integrand f = factorise(g, multiply(g, jump_u, jump_v));
  ASSERT_EQ(f.terms.size(), 4U);
  for (const Term& term : f.terms) {
    const double sign = term.test.side == term.trial.side ? 1 : -1;
    EXPECT_TRUE(f.scalars.is_literal(term.coefficient, sign));
  }
}

TEST_F(Factorise, ACofactorTimesItsMatrixIsTheDeterminant) {
  const ExprId a = constant(g, {3, 3}, "A");
  const ExprId cofactor = matrix_operator(g, Op::cofactor, a);
  const auto entry = [&](int r, int c) {
    const ExprId product = dot(g, a, matrix_operator(g, Op::transpose, cofactor));
    return indexed(g, product, {{false, r}, {false, c}});
  };
  const Integrand diagonal =
      factorise(g, subtract(g, entry(1, 1), matrix_operator(g, Op::determinant, a)));
  const Integrand off = factorise(g, entry(0, 2));
  EXPECT_LE(diagonal.terms.size(), 1U);  // zero up to the order of its sums
  EXPECT_LE(off.terms.size(), 1U);
}

TEST_F(Factorise, AComplexProductHasBothParts) {
  const ExprId a = constant(g, {}, "a");
  const ExprId i = imaginary_unit(g);
  // i · conj(i a) = conj(a): real part Re a, imaginary part −Im a.
  const ExprId product = multiply(g, i, complex_part(g, Op::conj, multiply(g, i, a)));
  const FactorisedTensor f = factorise_components(g, product, true);
  ASSERT_EQ(f.components[0].size(), 1U);
  ASSERT_EQ(f.imaginary[0].size(), 1U);
  EXPECT_FALSE(f.scalars[f.components[0][0].coefficient].symbol.imaginary);
  const ScalarGraph& s = f.scalars;
  const Scalar& im = s[f.imaginary[0][0].coefficient];
  ASSERT_EQ(im.op, ScalarOp::multiply);
  EXPECT_TRUE(s.is_literal(im.operands[0], -1));
  EXPECT_TRUE(s[im.operands[1]].symbol.imaginary);
}

TEST_F(Factorise, ConjugateOfATestFunctionIsTheFunctionAsItsBasisIsReal) {
  const ExprId v = argument(g, 0, scalar);
  const FactorisedTensor f = factorise_components(g, complex_part(g, Op::conj, v), true);
  ASSERT_EQ(f.components[0].size(), 1U);
  EXPECT_TRUE(f.imaginary[0].empty());
}

TEST_F(Factorise, AComparisonOfComplexValuesIsRefused) {
  const ExprId a = constant(g, {}, "a");
  const ExprId choice = conditional(g, compare(g, Op::lt, a, real(g, 1)), a, real(g, 2));
  EXPECT_THROW(factorise(g, choice, true), InputError);
}

}  // namespace
}  // namespace femsynth::synth
