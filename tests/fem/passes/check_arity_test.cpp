#include <gmock/gmock.h>

#include "tests/fem/passes/support.hpp"

namespace femsynth::fem {
namespace {

using femsynth::fem::testing::form_of;
using femsynth::fem::testing::lagrange;
using femsynth::fem::testing::module_on;

class Arity : public ::testing::Test {
 protected:
  FormModule module = module_on(meshes::CellType::triangle);
  ExprGraph& g = module.graph;
  Element p1 = lagrange(meshes::CellType::triangle, 1);
  ExprId u = argument(g, 1, p1);
  ExprId v = argument(g, 0, p1);
  ExprId f = coefficient(g, p1, "f");

  std::string error_of(ExprId integrand) { return error_of(form_of(integrand)); }
  std::string error_of(const Form& form) {
    try {
      run_passes(module, form);
    } catch (const LocatedError& error) {
      return error.message();
    }
    return "accepted";
  }
};

TEST_F(Arity, ABilinearIntegrandIsAccepted) {
  EXPECT_EQ(error_of(multiply(g, f, inner(g, grad(g, u), grad(g, v)))), "accepted");
}

TEST_F(Arity, AProductOfAnArgumentWithItselfIsRefused) {
  EXPECT_THAT(error_of(multiply(g, v, v)), ::testing::HasSubstr("both have the test function"));
}

TEST_F(Arity, ANonlinearFunctionOfAnArgumentIsRefused) {
  EXPECT_THAT(error_of(multiply(g, function(g, Op::sin, u), v)),
              ::testing::HasSubstr("sin of an expression that has the trial function"));
}

TEST_F(Arity, APowerOfAnArgumentIsRefused) {
  EXPECT_THAT(error_of(multiply(g, power(g, u, real(g, 2)), v)),
              ::testing::HasSubstr("linear in each argument"));
}

TEST_F(Arity, ADivisionByAnArgumentIsRefused) {
  EXPECT_THAT(error_of(divide(g, f, v)), ::testing::HasSubstr("division by an expression"));
}

TEST_F(Arity, TermsWithDifferentArgumentsAreRefused) {
  EXPECT_THAT(error_of(add(g, multiply(g, u, v), multiply(g, f, v))),
              ::testing::HasSubstr("every term must have the same arguments"));
}

TEST_F(Arity, ATrialFunctionWithoutATestFunctionIsRefused) {
  EXPECT_THAT(error_of(multiply(g, f, u)),
              ::testing::HasSubstr("this integral has the trial function"));
}

TEST_F(Arity, IntegralsOfDifferentArityInOneFormAreRefused) {
  Form form = form_of(multiply(g, u, v));
  form.integrals.push_back({IntegralKind::cell, {}, {}, multiply(g, f, v), {1, 9}});
  EXPECT_THAT(error_of(form), ::testing::HasSubstr("every integral of a form"));
}

TEST_F(Arity, AConditionOnAnArgumentIsRefused) {
  const ExprId c = compare(g, Op::lt, f, real(g, 1));
  EXPECT_EQ(error_of(multiply(g, conditional(g, c, v, zero(g)), f)), "accepted");
  EXPECT_THAT(error_of(conditional(g, c, v, f)), ::testing::HasSubstr("same arguments"));
}

}  // namespace
}  // namespace femsynth::fem
