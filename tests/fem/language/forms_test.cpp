#include <gtest/gtest.h>

#include "fem/passes/passes.hpp"
#include "tests/fem/form/interpreter.hpp"
#include "tests/fem/language/support.hpp"

/// Transformations of forms as a form file writes them: two ways to write one form have one value.
namespace femsynth::fem::testing {
namespace {

/// The sum of a form's integrands at a point, after the passes, functions and arguments being
/// fixed polynomials.
Complex value_of(const std::string& form, int* rank_of_it = nullptr) {
  const FormModule module = parse_form(std::string(prelude) + "M = " + form + "\n", "F");
  const Form& m = module.forms.at(0);
  if (rank_of_it != nullptr) *rank_of_it = rank(module.graph, m);
  const LoweredForm lowered = run_passes(module, m);
  World world = World::sample(lowered.graph, 3);
  // By what an argument is, not by its place in the graph: the two ways make them in any order.
  for (std::size_t k = 0; k < lowered.graph.arguments().size(); ++k) {
    const Argument& argument = lowered.graph.arguments()[k];
    int seed = 100 * argument.number;
    for (Polynomial& p : world.arguments.at(static_cast<std::int32_t>(k))) {
      p = Polynomial::sample(lowered.graph.dim(), seed += 10);
    }
  }
  Complex sum = 0;
  for (const IntegralGroup& group : lowered.groups) {
    sum += evaluate(lowered.graph, group.integrand, world)[0];
  }
  return sum;
}

TEST(Forms, WaysToWriteOneFormHaveOneValue) {
  const std::pair<const char*, const char*> table[] = {
      {"lhs((u - f)*v*dx)", "u*v*dx"},
      {"rhs((u - f)*v*dx)", "f*v*dx"},
      {"system((u - f)*v*dx + u*v*ds)[0]", "u*v*dx + u*v*ds"},
      {"functional((u*v + f)*dx)", "f*dx"},
      {"action(u.dx(0)*v*dx, f)", "f.dx(0)*v*dx"},
      {"(u.dx(0)*v*dx)*f", "f.dx(0)*v*dx"},
      {"(u.dx(0)*v*dx)(v, f)", "f.dx(0)*v*dx"},
      {"(f*v*dx)(coefficients={f: g*g})", "g**2*v*dx"},
      {"replace(f*v*dx, {f: 3*c})", "3*c*v*dx"},
      {"adjoint(u.dx(0)*v*dx)", "v.dx(0)*u*dx"},
      {"energy_norm(inner(grad(u), grad(v))*dx, f)", "inner(grad(f), grad(f))*dx"},
      {"derivative(f**3*dx, f)", "3*f**2*v*dx"},
      {"derivative(derivative(f**3*dx, f), f)", "6*f*u*v*dx"},
      {"derivative(dot(b, b)*dx, b[1], f)", "2*b[1]*f*dx"},
      {"derivative(f**2*g*dx, (f, g), (v, 2*v))", "(2*f*g*v + 2*f**2*v)*dx"},
      {"derivative(f*g*dx, f, v, {g: 3*f})", "(g*v + 3*f**2*v)*dx"},
      {"derivative(f*dot(b, b)*dx, f, v, {b: d})", "(dot(b, b) + 2*f*dot(b, d))*v*dx"},
      {"diff(f*c**2*v*dx, c)", "2*f*c*v*dx"},
      {"jump(u)*avg(v)*dS", "0.5*(u('+') - u('-'))*(v('+') + v('-'))*dS"},
      {"inner(cofac(A), B)*dx", "inner(det(A)*inv(A).T, B)*dx"},
      {"elem_op(lambda s, t: s*t + 1, b, d)[0]*dx", "(b[0]*d[0] + 1)*dx"},
      {"PermutationSymbol(2)[i, j]*b[i]*d[j]*dx", "(b[0]*d[1] - b[1]*d[0])*dx"},
      {"exterior_derivative(f)[0]*dx", "f.dx(0)*dx"},
      {"rhs(u*v*dx == f*v*dx)", "f*v*dx"},
      {"lhs(f*v*dx == 0)", "f*v*dx"},
      {"real(f)*dx + imag(g)*dx + conj(f)*dx", "2*f*dx"},
      {"sensitivity_rhs(vv*u*v*dx, f, vv**2*v*dx, vv)", "(2*c - f)*v*dx"},
  };
  for (auto [one, other] : table) {
    std::string text = one;
    if (text.starts_with("sensitivity")) {  // its variable has a name
      text = "(lambda vv: " + text + ")(variable(c))";
    }
    int rank_one = 0;
    int rank_other = 0;
    const Complex a = value_of(text, &rank_one);
    const Complex b = value_of(other, &rank_other);
    EXPECT_NEAR(std::abs(a - b), 0, 1e-11 * (1 + std::abs(b))) << one;
    EXPECT_EQ(rank_one, rank_other) << one;
  }
}

TEST(Forms, TheNewArgumentOfADerivativeByATupleIsMixed) {
  const FormModule module =
      parse_form(std::string(prelude) + "M = derivative(f*dot(b, b)*dx, (f, b))\n", "F");
  const std::vector<Element> elements = argument_elements(module.graph, module.forms.at(0));
  ASSERT_EQ(elements.size(), 1U);
  EXPECT_EQ(elements[0].family, Family::mixed);
  ASSERT_EQ(elements[0].parts.size(), 2U);
}

TEST(Forms, AnEquationStandsForItsTwoForms) {
  const FormModule module =
      parse_form(std::string(prelude) + "eq1 = u*v*dx == f*v*dx\nforms = [eq1]\n", "F");
  ASSERT_EQ(module.forms.size(), 2U);
  EXPECT_EQ(rank(module.graph, module.forms[0]), 2);
  EXPECT_EQ(rank(module.graph, module.forms[1]), 1);
}

}  // namespace
}  // namespace femsynth::fem::testing
