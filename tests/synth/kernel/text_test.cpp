#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "synth/kernel/build.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/parse.hpp"
#include "synth/kernel/print.hpp"
#include "tests/synth/kernel/random_module.hpp"

namespace femsynth::synth {
namespace {

using namespace build;

TEST(KernelText, RandomModulesReadBackEqualAndPrintTheSame) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Module module = testing::random_module(seed);
    const std::string text = to_text(module);
    const Module again = parse_module(text, "random.ir");
    ASSERT_EQ(again, module) << text;
    ASSERT_EQ(to_text(again), text);
  }
}

Expression read_back(const Expression& e) {
  Module m;
  m.name = "m";
  Function f;
  f.name = "f";
  f.body = {let(ValueType::real, "v", e)};
  m.functions = {f};
  return parse_module(to_text(m), "m").functions.at(0).body.at(0).value;
}

TEST(KernelText, DoublesReadBackBitByBit) {
  for (const double value : {0.1, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 1.0 / 3, -2.0,
                             std::numeric_limits<double>::infinity()}) {
    const Expression e = read_back(real(value));
    ASSERT_EQ(e.kind, ExpressionKind::real_literal) << value;
    EXPECT_EQ(e.value, value);
    EXPECT_EQ(std::signbit(e.value), std::signbit(value));
  }
}

TEST(KernelText, TreesOfEqualPrecedenceKeepTheirShape) {
  const Expression a = var("a"), b = var("b"), c = var("c");
  const std::vector<Expression> cases = {
      subtract(a, subtract(b, c)),
      subtract(subtract(a, b), c),
      multiply(a, divide(b, c)),
      divide(divide(a, b), c),
      negate(negate(a)),
      negate(real(2)),
      real(-2),
      subtract(a, real(-2)),
      multiply(negate(a), b),
      negate(multiply(a, b)),
      add(a, multiply(negate(b), c)),
      select(select(a, b, c), select(a, b, c), select(a, b, c)),
      logical_not(binary(ExpressionKind::logical_and, a, b)),
      binary(ExpressionKind::less, binary(ExpressionKind::less, a, b), c),
      integer(std::numeric_limits<int>::min()),
      at("A", {add(multiply(integer(3), a), b), select(a, b, c)}),
  };
  for (const Expression& e : cases) EXPECT_EQ(read_back(e), e) << to_text(e);
}

TEST(KernelText, NoParenthesesWithoutNeed) {
  const Expression a = var("a"), b = var("b"), c = var("c");
  EXPECT_EQ(to_text(add(multiply(a, b), c)), "a * b + c");
  EXPECT_EQ(to_text(subtract(add(a, b), c)), "a + b - c");
  EXPECT_EQ(to_text(at("A", {add(multiply(integer(3), a), b)})), "A[3*a + b]");
  EXPECT_EQ(to_text(binary(ExpressionKind::less, a, real(-1))), "a < -1.0");
}

TEST(KernelText, ErrorsStandAtTheirPlace) {
  const std::string head = "module m f64\ndevice f(a: out real) {\n";
  const std::vector<std::pair<std::string, SourceLocation>> cases = {
      {"modul m f64", {1, 1}},
      {"module m f16", {1, 10}},
      {head + "  a = 1.0 +\n}", {4, 1}},
      {head + "  a = 99999999999\n}", {3, 7}},
      {head + "  a = 1e999\n}", {3, 7}},
      {head + "  // φ\n  let φ: real = 1.0\n}", {4, 7}},
      {head + "  for i in 0..4 {\n", {4, 1}},
      {head + "  atomic a = 1.0\n}", {3, 12}},
      {"module m f64\ntable t: real[2] = {1.0}", {2, 24}},
      {"module m f64\ntable t: int[1] = {1.5}", {2, 20}},
      {"module m f64\ntable t: real[65536][65536] = {", {2, 14}},
  };
  for (const auto& [text, where] : cases) {
    try {
      parse_module(text, "bad.ir");
      FAIL() << text;
    } catch (const LocatedError& error) {
      EXPECT_EQ(error.where(), where) << error.what();
    }
  }
}

TEST(KernelText, DeepAndLongInputIsRefusedNotFollowed) {
  const std::string head = "module m f64\ndevice f(a: out real) {\n a = ";
  EXPECT_THROW(parse_module(head + std::string(100000, '('), "m"), LocatedError);
  EXPECT_THROW(parse_module(head + std::string(100000, '!'), "m"), LocatedError);
  std::string sum = "1.0", blocks;
  for (int i = 0; i < 100000; ++i) {
    sum += "+1.0";
    blocks += "if a {";
  }
  EXPECT_THROW(parse_module(head + sum + "}", "m"), LocatedError);
  EXPECT_THROW(parse_module(head + "1.0 " + blocks, "m"), LocatedError);
}

TEST(KernelText, TheExampleOfTheNotesIsValidAndPrintsAsItStands) {
  const std::string notes = read_file(FEMSYNTH_SOURCE_DIR "/notes/ir_format.md");
  const std::size_t begin = notes.find("```\n") + 4;
  const std::string example = notes.substr(begin, notes.find("```", begin) - begin);
  const Module module = parse_module(example, "notes/ir_format.md");
  EXPECT_NO_THROW(check(module));
  EXPECT_EQ(to_text(module), example);
}

TEST(KernelText, EveryPrefixOfAModuleIsReadOrRefused) {
  const std::string text = to_text(testing::random_module(3));
  for (std::size_t size = 0; size < text.size(); size += 3) {
    try {
      parse_module(text.substr(0, size), "prefix");
    } catch (const LocatedError&) {
    }
  }
}

}  // namespace
}  // namespace femsynth::synth
