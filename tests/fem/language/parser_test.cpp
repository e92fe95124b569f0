#include "fem/language/parser.hpp"

#include <gtest/gtest.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem {
namespace {

using testing::first_error;

TEST(Parser, PlacesACallAtItsCalleeAndAnOperatorAtItsSign) {
  const ast::Module module = parse({"F", "y = f(1) + g.h(2)\n"});
  const ast::Node& sum = module[module.statements[0].value];
  EXPECT_EQ(sum.where, (SourceLocation{1, 10}));
  EXPECT_EQ(module[sum.children[0]].where, (SourceLocation{1, 5}));
  EXPECT_EQ(module[sum.children[1]].where, (SourceLocation{1, 14}));
}

TEST(Parser, TakesSeveralStatementsALine) {
  EXPECT_EQ(parse({"F", "a = 1; b = 2;\nc = 3"}).statements.size(), 3U);
}

TEST(Parser, TakesChainsOfAnyLengthButNotOfAnyDepth) {
  std::string chain = "x = 1";
  for (int k = 0; k < 20'000; ++k) chain += " + 1";
  EXPECT_NO_THROW(parse({"F", chain}));
  for (const char* unit : {"(", "[", "{1:", "-", "not ", "f(", "a[", "1 if 1 else ", "2**"}) {
    std::string deep = "x = ";
    for (int k = 0; k < 5'000; ++k) deep += unit;
    EXPECT_THROW(parse({"F", deep + "1"}), LocatedError) << unit;
  }
  std::string calls = "x = f";
  for (int k = 0; k < 5'000; ++k) calls += "()";
  EXPECT_THROW(parse({"F", calls}), LocatedError);
}

TEST(Parser, RefusesWhatPythonRefuses) {
  const char* const wrong[] = {
      "x = ",
      "= 1",
      "x = (1",
      "f(a=1, 2)",
      "f(a=1, a=2)",
      "1 = x",
      "(a, 1) = x",
      "x = 1,, 2",
      "def f(x): ",
      "def f(x, x): return x",
      "def f(x=1, y): return x",
      "from ufl",
      "import",
      "x = [1 for]",
      "x = 1 if 2",
      "a.1",
      "x = {1: 2",
      "return x",
      "  x = 1",
      "x = a b",
      "x == ",
      "def f(): pass",
      "x = )",
      "from ufl import (a",
  };
  for (const char* text : wrong) EXPECT_NE(first_error(text), "") << text;
}

}  // namespace
}  // namespace femsynth::fem
