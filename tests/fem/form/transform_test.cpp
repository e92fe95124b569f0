#include "fem/form/transform.hpp"

#include <gtest/gtest.h>

#include "fem/form/algebra.hpp"
#include "fem/form/differentiate.hpp"
#include "tests/fem/form/interpreter.hpp"

namespace femsynth::fem::testing {
namespace {

using meshes::CellType;

/// A form of one cell integral, and its value at a point as that of its integrand.
class Transform : public ::testing::Test {
 protected:
  static Form form(ExprId integrand) {
    return {"F", {{IntegralKind::cell, {}, {}, integrand, {1, 1}}}};
  }
  Complex value(const Form& of, const World& world) {
    Complex sum = 0;
    for (const Integral& integral : of.integrals) sum += evaluate(g, integral.integrand, world)[0];
    return sum;
  }
  World world() { return World::sample(g, 4, /*is_complex=*/true); }

  ExprGraph g{CellType::triangle};
  Element space{Family::lagrange, CellType::triangle, 2, {2}};
  Element scalars{Family::lagrange, CellType::triangle, 1, {}};
  ExprId v = argument(g, 0, space);
  ExprId u = argument(g, 1, space);
  ExprId w = coefficient(g, space, "w");
  ExprId f = coefficient(g, scalars, "f");
  /// (grad(u) w + u − w) · v + f div(u) div(v), with terms of all arities within one product.
  ExprId residual() {
    const ExprId first = inner(g, add(g, multiply(g, grad(g, u), w), subtract(g, u, w)), v);
    return add(g, first, multiply(g, f, multiply(g, div(g, u), div(g, v))));
  }
};

TEST_F(Transform, TheBilinearPartLessTheRightSideIsTheWholeForm) {
  const Form whole = form(residual());
  const Form a = lhs(g, whole);
  const Form L = rhs(g, whole);
  EXPECT_EQ(rank(g, a), 2);
  EXPECT_EQ(rank(g, L), 1);
  const World here = world();
  EXPECT_NEAR(std::abs(value(a, here) - value(L, here) - value(whole, here)), 0, 1e-13);
  EXPECT_GT(std::abs(value(L, here)), 1e-3);
}

TEST_F(Transform, PartsOfADerivativeAreThoseOfWhatItExpandsTo) {
  const ExprId energy = multiply(g, f, inner(g, w, w));
  const std::vector<std::pair<ExprId, ExprId>> towards{{w, add(g, u, w)}};
  const ExprId F = gateaux_derivative(g, inner(g, multiply(g, energy, w), v), towards);
  const Form a = lhs(g, form(F));
  const std::vector<std::pair<ExprId, ExprId>> along_u{{w, u}};
  const Form expected = form(gateaux_derivative(g, inner(g, multiply(g, energy, w), v), along_u));
  EXPECT_EQ(a.integrals[0].integrand, expected.integrals[0].integrand);
}

TEST_F(Transform, AFormWithoutATrialFunctionHasNoLeftSide) {
  EXPECT_THROW(lhs(g, form(inner(g, w, v))), InputError);
  EXPECT_THROW(rhs(g, form(inner(g, u, v))), InputError);
  EXPECT_THROW(functional(g, form(inner(g, u, v))), InputError);
}

TEST_F(Transform, ANonlinearFormHasNoParts) {
  const ExprId square = power(g, inner(g, u, u), real(g, 2));
  EXPECT_THROW(lhs(g, form(multiply(g, square, div(g, v)))), InputError);
}

TEST_F(Transform, TheAdjointOfTheAdjointIsTheForm) {
  const Form a = form(inner(g, multiply(g, grad(g, u), w), v));
  const Form twice = adjoint(g, adjoint(g, a));
  EXPECT_EQ(twice.integrals[0].integrand, a.integrals[0].integrand);
  const Form once = adjoint(g, a);
  EXPECT_NE(once.integrals[0].integrand, a.integrals[0].integrand);
  World here = world();
  here.conjugating = true;
  World swapped = here;  // a*(u, v) = conj(a(v, u))
  std::swap(swapped.arguments.at(g[u].number), swapped.arguments.at(g[v].number));
  EXPECT_NEAR(std::abs(value(once, here) - std::conj(value(a, swapped))), 0, 1e-13);
}

TEST_F(Transform, ActionIsLinearInItsFunction) {
  const Form a = lhs(g, form(residual()));
  const ExprId p = coefficient(g, space, "p");
  const ExprId q = coefficient(g, space, "q");
  const Form of_sum = action(g, a, add(g, p, multiply(g, real(g, 2.5), q)));
  const World here = world();
  const Complex sum = value(action(g, a, p), here) + 2.5 * value(action(g, a, q), here);
  EXPECT_NEAR(std::abs(value(of_sum, here) - sum), 0, 1e-8);  // by differences of the sum
  EXPECT_EQ(rank(g, of_sum), 1);
}

TEST_F(Transform, ActionWithoutAFunctionMakesOneOnTheTrialSpace) {
  const Form a = lhs(g, form(residual()));
  const std::size_t before = g.coefficients().size();
  const Form made = action(g, a);
  ASSERT_EQ(g.coefficients().size(), before + 1);
  EXPECT_EQ(g.coefficients().back().element, space);
}

TEST_F(Transform, ActionOfADerivativeInItsOwnFunctionKeepsTheDirectionFixed) {
  // F = f w · w; F'(w)[v] = 2 f w · v; as an action on w: 2 f w · w, and not its derivative by w.
  const Form energy = form(multiply(g, f, dot(g, w, w)));
  const std::vector<std::pair<ExprId, ExprId>> towards{{w, v}};
  const Form at_w = action(g, derivative(g, energy, towards), w);
  const std::vector<std::pair<ExprId, ExprId>> again{{w, v}};
  const Form twice = derivative(g, at_w, again);
  World here = world();
  Form expanded = replace(g, twice, {{w, w}});  // a mapping of w expands derivatives by it
  const Form by_hand = form(multiply(g, real(g, 4), multiply(g, f, dot(g, w, v))));
  EXPECT_NEAR(std::abs(value(expanded, here) - value(by_hand, here)), 0, 1e-12);
}

TEST_F(Transform, EnergyNormIsTheFormOnOneFunctionTwice) {
  const Form a = form(inner(g, grad(g, u), grad(g, v)));
  const Form energy = energy_norm(g, a, w);
  EXPECT_EQ(energy.integrals[0].integrand, inner(g, grad(g, w), grad(g, w)));
}

TEST_F(Transform, ReplacingBeforeAndAfterEvaluationAgree) {
  const ExprId other = coefficient(g, scalars, "g");
  const ExprId image = add(g, real(g, 2), multiply(g, other, other));
  const ExprId expression = divide(g, function(g, Op::exp, f), add(g, f, real(g, 3)));
  const ExprId replaced = replace(g, expression, {{f, image}});
  const World here = World::sample(g, 4);
  const Complex z = evaluate(g, image, here)[0];
  EXPECT_NEAR(std::abs(evaluate(g, replaced, here)[0] - std::exp(z) / (z + 3.0)), 0, 1e-12);
}

TEST_F(Transform, ReplacingByANumberFoldsItsGradient) {
  EXPECT_EQ(g[replace(g, grad(g, f), {{f, real(g, 2)}})].op, Op::zero);
}

TEST_F(Transform, DirectionsOfComponentsArePutTogether) {
  const std::vector<ExprId> functions{indexed(g, w, {{false, 1}})};
  const std::vector<ExprId> directions{f};
  const Mapping whole = derivative_directions(g, functions, directions);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].first, w);
  EXPECT_EQ(whole[0].second, list_tensor(g, std::vector{zero(g), f}));
  EXPECT_THROW(derivative_directions(g, std::vector{dot(g, w, w)}, directions), InputError);
}

TEST_F(Transform, SensitivityIsTheDerivativeOfTheResidual) {
  const ExprId c = variable(g, constant(g, {}, "c"));
  const Form a = form(multiply(g, multiply(g, c, c), inner(g, grad(g, u), grad(g, v))));
  const Form L = form(multiply(g, function(g, Op::exp, c), inner(g, w, v)));
  const ExprId solution = coefficient(g, space, "s");
  const Form made = sensitivity_rhs(g, a, solution, L, c);
  const Form expected = form(
      subtract(g, multiply(g, function(g, Op::exp, c), inner(g, w, v)),
               multiply(g, multiply(g, real(g, 2), c), inner(g, grad(g, solution), grad(g, v)))));
  const World here = World::sample(g, 6);
  Form expanded = made;
  for (Integral& i : expanded.integrals) {
    i.integrand = Differentiator(g, Products::as_written).apply(i.integrand);
  }
  EXPECT_NEAR(std::abs(value(expanded, here) - value(expected, here)), 0, 1e-12);
}

TEST_F(Transform, ALoneTrialFunctionBecomesTheTestFunction) {
  const Form renumbered = renumbered_arguments(g, form(dot(g, w, u)));
  EXPECT_EQ(renumbered.integrals[0].integrand, dot(g, w, v));
}

}  // namespace
}  // namespace femsynth::fem::testing
