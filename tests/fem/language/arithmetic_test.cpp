#include <gtest/gtest.h>

#include <fstream>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

// arithmetic.txt holds expressions and the values that Python 3 gives them.
TEST(Arithmetic, GivesThePythonValue) {
  std::ifstream file(std::string(FEMSYNTH_SOURCE_DIR) + "/tests/fem/language/arithmetic.txt");
  std::string line;
  int count = 0;
  while (std::getline(file, line)) {
    const std::size_t arrow = line.find(" => ");
    ASSERT_NE(arrow, std::string::npos) << line;
    const std::string expression = line.substr(0, arrow);
    const double expected = std::stod(line.substr(arrow + 4));
    // The value as a literal integrand; zero would leave no integral, so one follows.
    const FormModule module = parse_after_prelude("M = (" + expression + ")*dx + f*dx");
    const auto& integrals = module.forms[0].integrals;
    const double value = integrals.size() == 1 ? 0.0 : module.graph[integrals[0].integrand].value;
    EXPECT_DOUBLE_EQ(value, expected) << expression;
    ++count;
  }
  EXPECT_GE(count, 250);
}

// The same precedence for expressions of functions: written without and with all parentheses.
TEST(Arithmetic, OperatorsOfExpressionsHavePythonsPrecedence) {
  const std::pair<const char*, const char*> table[] = {
      {"f + g*c", "f + (g*c)"},
      {"f - g - c", "(f - g) - c"},
      {"f/g/c", "(f/g)/c"},
      {"f/g*c", "(f/g)*c"},
      {"f*g/c", "(f*g)/c"},
      {"-f**2", "-(f**2)"},
      {"f**-g", "f**(-g)"},
      {"f**g**c", "f**(g**c)"},
      {"-f*g", "(-f)*g"},
      {"f*-g", "f*(-g)"},
      {"f - -g", "f - (-g)"},
      {"2*f**2", "2*(f**2)"},
      {"b[0]**2", "(b[0])**2"},
      {"-b[0]", "-(b[0])"},
      {"grad(b).T[0, 1]", "(grad(b).T)[0, 1]"},
      {"-f.dx(0)**2", "-((f.dx(0))**2)"},
      {"grad(b)[0, :][1]", "(grad(b)[0, :])[1]"},
      {"conditional(f < g + 1, f, g)", "conditional(lt(f, (g + 1)), f, g)"},
      {"f if 1 < 2 else g + c", "f if (1 < 2) else (g + c)"},
  };
  for (const auto& [bare, full] : table) {
    EXPECT_EQ(canonical_expression(bare), canonical_expression(full)) << bare;
  }
  const std::pair<const char*, const char*> different[] = {
      {"f - g - c", "f - (g - c)"}, {"f/g/c", "f/(g/c)"},     {"-f**2", "(-f)**2"},
      {"f**g**c", "(f**g)**c"},     {"f + g*c", "(f + g)*c"}, {"2*f**2", "(2*f)**2"},
  };
  for (const auto& [one, other] : different) {
    EXPECT_NE(canonical_expression(one), canonical_expression(other)) << one;
  }
}

}  // namespace
}  // namespace femsynth::fem::testing
