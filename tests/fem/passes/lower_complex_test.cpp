#include <gmock/gmock.h>

#include "tests/fem/form/interpreter.hpp"
#include "tests/fem/passes/support.hpp"

namespace femsynth::fem {
namespace {

using femsynth::fem::testing::evaluate;
using femsynth::fem::testing::form_of;
using femsynth::fem::testing::lagrange;
using femsynth::fem::testing::module_on;
using femsynth::fem::testing::World;
using meshes::CellType;
using ::testing::HasSubstr;

class LowerComplex : public ::testing::Test {
 protected:
  std::string error_of(ExprId integrand, bool complex) {
    try {
      run_passes(module, form_of(integrand), complex);
    } catch (const LocatedError& error) {
      return error.message();
    }
    return "accepted";
  }

  FormModule module = module_on(CellType::triangle);
  ExprGraph& g = module.graph;
  Element space = lagrange(CellType::triangle, 2, {2});
  ExprId u = argument(g, 1, space);
  ExprId v = argument(g, 0, space);
  ExprId w = coefficient(g, space, "w");
  ExprId f = coefficient(g, lagrange(CellType::triangle, 1), "f");
};

TEST_F(LowerComplex, TheLoweredFormHasTheValueOfTheOneAsWritten) {
  const ExprId k = add(g, real(g, 2), multiply(g, real(g, 3), imaginary_unit(g)));
  const ExprId scalar_term = inner(g, multiply(g, f, div(g, u)), div(g, v));
  const ExprId a = add(g, add(g, multiply(g, k, inner(g, grad(g, u), grad(g, v))), scalar_term),
                       inner(g, outer(g, v, w), outer(g, u, w)));
  const LoweredForm lowered = run_passes(module, form_of(a), /*complex=*/true);
  World world = World::sample(g, 3, /*is_complex=*/true);
  world.conjugating = true;
  const auto expected = evaluate(g, a, world);
  world.conjugating = false;
  const auto value = evaluate(lowered.graph, lowered.groups.at(0).integrand, world);
  EXPECT_NEAR(std::abs(value[0] - expected[0]), 0, 1e-12);
}

TEST_F(LowerComplex, RealFormsHaveNoConjugatesLeft) {
  const ExprId a = inner(g, complex_part(g, Op::conj, grad(g, u)), grad(g, v));
  const LoweredForm lowered = run_passes(module, form_of(a));
  for (const ExprId id : reachable(lowered.graph, lowered.groups[0].integrand)) {
    EXPECT_NE(lowered.graph[id].op, Op::conj);
  }
  const ExprId none = complex_part(g, Op::imag_part, f);
  EXPECT_TRUE(run_passes(module, form_of(multiply(g, none, div(g, v)))).groups.empty());
}

TEST_F(LowerComplex, AComplexNumberNeedsAComplexForm) {
  const ExprId L = multiply(g, imaginary_unit(g), inner(g, w, v));
  EXPECT_THAT(error_of(L, false), HasSubstr("--precision c128"));
  EXPECT_EQ(error_of(L, true), "accepted");
}

TEST_F(LowerComplex, TheTestFunctionIsConjugatedAndNoOther) {
  EXPECT_EQ(error_of(inner(g, u, v), true), "accepted");
  EXPECT_THAT(error_of(inner(g, v, u), true), HasSubstr("conjugates its test function"));
  EXPECT_THAT(error_of(dot(g, w, v), true), HasSubstr("conjugates its test function"));
  const ExprId both = dot(g, complex_part(g, Op::conj, u), complex_part(g, Op::conj, v));
  EXPECT_THAT(error_of(both, true), HasSubstr("does not conjugate its trial function"));
  EXPECT_EQ(error_of(inner(g, v, u), false), "accepted");
}

TEST_F(LowerComplex, OnlyRealValuesAreOrdered) {
  const ExprId L = inner(g, f, div(g, v));
  const auto chosen = [&](ExprId value) {
    return conditional(g, compare(g, Op::lt, value, real(g, 1)), L, zero(g));
  };
  EXPECT_THAT(error_of(chosen(f), true), HasSubstr("lt of a complex value"));
  EXPECT_EQ(error_of(chosen(complex_part(g, Op::real_part, f)), true), "accepted");
  EXPECT_EQ(error_of(chosen(function(g, Op::abs, f)), true), "accepted");
  EXPECT_EQ(error_of(chosen(f), false), "accepted");
}

}  // namespace
}  // namespace femsynth::fem
