#include "fem/form/blocks.hpp"

#include <gtest/gtest.h>

#include "fem/form/algebra.hpp"
#include "fem/form/differentiate.hpp"
#include "fem/form/transform.hpp"
#include "fem/form/vanishing.hpp"
#include "tests/fem/form/interpreter.hpp"

namespace femsynth::fem::testing {
namespace {

using meshes::CellType;

/// Stokes' equations with a load, once with the parts of a MixedFunctionSpace and once with one
/// function on the mixed element that the indices take apart.
class Blocks : public ::testing::Test {
 protected:
  Form form(ExprId integrand) const {
    return {"F", {{IntegralKind::cell, {}, {}, integrand, {1, 1}}}};
  }
  Complex value(const Form& of) {
    const World world = World::sample(g, 4, /*is_complex=*/true);
    Complex sum = 0;
    for (const Integral& integral : of.integrals) sum += evaluate(g, integral.integrand, world)[0];
    return sum;
  }
  /// grad u : grad v − p div v − f q div u
  ExprId stokes(ExprId trial, ExprId trial_p, ExprId test, ExprId test_q) {
    const ExprId viscous = inner(g, grad(g, trial), grad(g, test));
    const ExprId force = inner(g, trial_p, div(g, test));
    const ExprId balance = multiply(g, f, inner(g, div(g, trial), test_q));
    return subtract(g, subtract(g, viscous, force), balance);
  }
  ExprId velocity(ExprId whole) {
    const std::vector<ExprId> components{indexed(g, whole, {{false, 0}}),
                                         indexed(g, whole, {{false, 1}})};
    return list_tensor(g, components);
  }
  ExprId pressure(ExprId whole) { return indexed(g, whole, {{false, 2}}); }

  ExprGraph g{CellType::triangle};
  Element vectors{Family::lagrange, CellType::triangle, 2, {2}};
  Element scalars{Family::lagrange, CellType::triangle, 1, {}};
  Element mixed = [this] {
    Element e{Family::mixed, CellType::triangle, 2, {}};
    e.parts = {vectors, scalars};
    return e;
  }();
  ExprId f = coefficient(g, scalars, "f");
  ExprId v = argument(g, 0, vectors, 0), q = argument(g, 0, scalars, 1);
  ExprId u = argument(g, 1, vectors, 0), p = argument(g, 1, scalars, 1);
  ExprId z = argument(g, 0, mixed), w = argument(g, 1, mixed);
  Form by_parts = form(stokes(u, p, v, q));
  Form by_elements = form(stokes(velocity(w), pressure(w), velocity(z), pressure(z)));
};

TEST_F(Blocks, OfAMixedFunctionSpaceAddUpToTheForm) {
  Complex sum = 0;
  for (const auto& [i, j] : {std::pair(0, 0), {0, 1}, {1, 0}}) {
    const Form block = block_of_parts(g, by_parts, i, j);
    EXPECT_EQ(argument_nodes(g, block), (std::vector<ExprId>{i == 0 ? v : q, j == 0 ? u : p}));
    EXPECT_GT(std::abs(value(block)), 1e-3);
    sum += value(block);
  }
  EXPECT_NEAR(std::abs(sum - value(by_parts)), 0, 1e-13);
  EXPECT_TRUE(block_of_parts(g, by_parts, 1, 1).integrals.empty());
}

TEST_F(Blocks, OfAMixedElementAddUpToTheForm) {
  Complex sum = 0;
  for (const auto& [i, j] : {std::pair(0, 0), {0, 1}, {1, 0}}) {
    sum += value(block_of_elements(g, by_elements, i, j, /*replace_argument=*/false));
  }
  EXPECT_NEAR(std::abs(sum - value(by_elements)), 0, 1e-13);
  EXPECT_TRUE(block_of_elements(g, by_elements, 1, 1, false).integrals.empty());
}

TEST_F(Blocks, OfAMixedElementAreFormsOnItsSubElements) {
  const ExprId test = argument(g, 0, scalars);
  const ExprId trial = argument(g, 1, vectors);
  const Form block = block_of_elements(g, by_elements, 1, 0, /*replace_argument=*/true);
  EXPECT_EQ(argument_nodes(g, block), (std::vector<ExprId>{test, trial}));
  const Form expected = form(negate(g, multiply(g, f, inner(g, div(g, trial), test))));
  EXPECT_NEAR(std::abs(value(block) - value(expected)), 0, 1e-9);  // a div by differences
}

TEST_F(Blocks, OfAWholeFunctionThatIsNotTakenApartVanishOffTheDiagonal) {
  const Form mass = form(inner(g, w, z));
  const Form stiffness = form(inner(g, grad(g, w), grad(g, z)));
  for (const Form* a : {&mass, &stiffness}) {
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) {
        EXPECT_EQ(block_of_elements(g, *a, i, j, true).integrals.empty(), i != j) << i << j;
      }
    }
  }
}

TEST_F(Blocks, OfTheAdjointAreTheAdjointBlocksTransposed) {
  const Form whole = adjoint(g, by_parts);
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      const Form block = block_of_parts(g, whole, i, j);
      const Form other = block_of_parts(g, by_parts, j, i);
      ASSERT_EQ(block.integrals.empty(), other.integrals.empty());
      if (other.integrals.empty()) continue;
      const Form expected = adjoint(g, other);
      EXPECT_EQ(block.integrals[0].integrand, expected.integrals[0].integrand);
    }
  }
}

TEST_F(Blocks, OfADerivativeVanishWhereItsExpansionDoes) {
  const ExprId a = coefficient(g, vectors, "a");
  const ExprId b = coefficient(g, scalars, "b");
  const Form F = form(stokes(a, b, v, q));
  const std::vector<std::pair<ExprId, ExprId>> along{{a, u}, {b, p}};
  const Form J = derivative(g, F, along);
  EXPECT_TRUE(block_of_parts(g, J, 1, 1).integrals.empty());
  Form block = block_of_parts(g, J, 1, 0);
  ASSERT_EQ(block.integrals.size(), 1U);
  ExprId& integrand = block.integrals[0].integrand;
  EXPECT_EQ(g[integrand].op, Op::gateaux_derivative);  // the oracle takes it in its own way
  integrand = Differentiator(g, Products::as_written).apply(integrand);
  EXPECT_NEAR(std::abs(value(block) - value(block_of_parts(g, by_parts, 1, 0))), 0, 1e-12);
}

TEST_F(Blocks, HaveOrdinaryArgumentsWithoutTheirParts) {
  const Form block = without_parts(g, block_of_parts(g, by_parts, 1, 0));
  const ExprId test = argument(g, 0, scalars);
  const ExprId trial = argument(g, 1, vectors);
  EXPECT_EQ(argument_nodes(g, block), (std::vector<ExprId>{test, trial}));
  EXPECT_EQ(argument_nodes(g, without_parts(g, by_parts)), argument_nodes(g, by_parts));
}

TEST_F(Blocks, FormsWithSeveralPartsAreNoFormsOnOneElement) {
  EXPECT_THROW(argument_elements(g, by_parts), InputError);
  EXPECT_EQ(argument_elements(g, block_of_parts(g, by_parts, 0, 1)),
            (std::vector<Element>{vectors, scalars}));
  const Form with_another = form(add(g, inner(g, u, v), inner(g, u, argument(g, 0, vectors))));
  EXPECT_THROW(argument_nodes(g, with_another), InputError);
  const Form of_two_spaces = form(add(g, inner(g, u, v), inner(g, p, argument(g, 0, scalars, 0))));
  EXPECT_THROW(argument_nodes(g, of_two_spaces), InputError);
}

TEST_F(Blocks, AnActionTakesOneFunctionForEachPart) {
  const ExprId a = coefficient(g, vectors, "a");
  const ExprId b = coefficient(g, scalars, "b");
  EXPECT_EQ(action(g, by_parts, std::vector<ExprId>{a, b}).integrals[0].integrand,
            stokes(a, b, v, q));
  EXPECT_EQ(argument_nodes(g, action(g, by_parts)), (std::vector<ExprId>{v, q}));
  EXPECT_THROW(action(g, by_parts, std::vector<ExprId>{a}), InputError);
  EXPECT_THROW(energy_norm(g, by_parts), InputError);
}

// vanishes() says yes only of what is zero at every point, and finds the zeros in these.
TEST_F(Blocks, ZerosAreFoundThroughTheTensorsThatHoldThem) {
  const ExprId s = coefficient(g, scalars, "s");
  const ExprId o = zero(g);
  const auto vector = [&](ExprId a, ExprId b) { return list_tensor(g, std::vector{a, b}); };
  const ExprId first = vector(s, o), second = vector(o, f);
  const ExprId upper = outer(g, first, second);
  const std::int32_t i = g.new_label();
  const auto at_i = [&](ExprId a) { return indexed(g, a, {{true, i}}); };
  const std::vector<std::pair<ExprId, bool>> cases = {
      {inner(g, first, second), true},
      {inner(g, first, first), false},
      {dot(g, first, second), true},
      {multiply(g, at_i(first), at_i(second)), true},
      {multiply(g, at_i(first), at_i(first)), false},
      {matrix_operator(g, Op::trace, upper), true},
      {matrix_operator(g, Op::trace, outer(g, first, first)), false},
      {inner(g, upper, matrix_operator(g, Op::transpose, upper)), true},
      {inner(g, upper, matrix_operator(g, Op::sym, upper)), false},
      {inner(g, matrix_operator(g, Op::transpose, upper), matrix_operator(g, Op::sym, upper)),
       false},
      {inner(g, outer(g, second, second), matrix_operator(g, Op::dev, outer(g, first, first))),
       false},
      {inner(g, matrix_operator(g, Op::skew, outer(g, first, first)), upper), true},
      {inner(g, dot(g, upper, first), first), true},
      {inner(g, dot(g, upper, second), first), false},
      {conditional(g, compare(g, Op::lt, s, f), inner(g, first, second), o), true},
      {add(g, inner(g, first, second), s), false},
  };
  const World world = World::sample(g, 4);
  for (std::size_t k = 0; k < cases.size(); ++k) {
    EXPECT_EQ(vanishes(g, cases[k].first), cases[k].second) << k;
    EXPECT_EQ(std::abs(evaluate(g, cases[k].first, world)[0]) < 1e-14, cases[k].second) << k;
  }
}

}  // namespace
}  // namespace femsynth::fem::testing
