#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fem/language/form_file.hpp"
#include "meshes/support/error.hpp"
#include "synth/program.hpp"

/// An expression at points that would keep a compiler busy for minutes is refused at its place; one
/// that is a little smaller is taken.
namespace femsynth::synth {
namespace {

using ::testing::HasSubstr;

fem::FormModule module_of(const std::string& cell, int dim, int degree, const std::string& body) {
  return fem::parse_form(
      fmt::format("from basix.ufl import element\nfrom ufl import *\n"
                  "mesh = Mesh(element('P', '{0}', 1, shape=({1},)))\n"
                  "V = FunctionSpace(mesh, element('P', '{0}', {2}))\nf = Coefficient(V)\n{3}\n",
                  cell, dim, degree, body),
      "form.py");
}

/// The error that lowering the module's expression ends with, or "taken".
std::string expression_fault(const fem::FormModule& module) {
  try {
    make_expression_program(module, module.expressions.at(0), {});
  } catch (const LocatedError& error) {
    return error.what();
  }
  return "taken";
}

std::string sines(int count) {
  return fmt::format("s = sum(sin(i*f) for i in range(1, {}))\n", count + 1);
}

TEST(ExpressionLimits, CallsOfMathematicalFunctionsAreCounted) {
  const auto expression = [](int n) {
    return module_of("triangle", 2, 1, sines(n) + "expressions = [(s, [[0.25, 0.25]])]");
  };
  EXPECT_EQ(expression_fault(expression(950)), "taken");
  EXPECT_THAT(expression_fault(expression(1050)),
              HasSubstr("the expression becomes more than 1000 calls of mathematical functions"));
}

TEST(ExpressionLimits, StatementsAreCounted) {
  const auto expression = [](int n) {
    return module_of("triangle", 2, 1,
                     fmt::format("r = range({})\nA = as_tensor([[[f*(i + 40*j + 1600*k) "
                                 "for i in r] for j in r] for k in r])\n"
                                 "expressions = [(A, [[0.25, 0.25]])]",
                                 n));
  };
  EXPECT_EQ(expression_fault(expression(10)), "taken");
  EXPECT_THAT(expression_fault(expression(30)),
              HasSubstr("the expression becomes more than 20000 statements"));
}

TEST(ExpressionLimits, EntriesOfTablesAreCounted) {
  const auto expression = [](int n) {
    return module_of("hexahedron", 3, 6,
                     fmt::format("points = [[0.02*i, 0.02*j, 0.5] for i in range(80) "
                                 "for j in range({})]\nexpressions = [(f, points)]",
                                 n));
  };
  EXPECT_EQ(expression_fault(expression(30)), "taken");
  EXPECT_THAT(expression_fault(expression(40)),
              HasSubstr("entries, at most 1000000 are taken: take fewer points"));
}

}  // namespace
}  // namespace femsynth::synth
