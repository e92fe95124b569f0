#include "synth/lower/scalar_graph.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace femsynth::synth {
namespace {

/// Value of a scalar where constant symbols have the values `c`.
double value(const ScalarGraph& s, ScalarId id, const std::vector<double>& c) {
  const Scalar& n = s[id];
  const auto arg = [&](std::size_t k) { return value(s, n.operands[k], c); };
  switch (n.op) {
    case ScalarOp::literal:
      return n.value;
    case ScalarOp::symbol:
      return c[static_cast<std::size_t>(n.symbol.number)];
    case ScalarOp::add:
      return arg(0) + arg(1);
    case ScalarOp::multiply:
      return arg(0) * arg(1);
    case ScalarOp::divide:
      return arg(0) / arg(1);
    case ScalarOp::call:
      return n.function == "sqrt" ? std::sqrt(arg(0)) : std::pow(arg(0), arg(1));
    default:
      return NAN;
  }
}

class Scalars : public ::testing::Test {
 protected:
  ScalarGraph s;
  ScalarId a = s.symbol({Symbol::Kind::constant, 0, 0, 0});
  ScalarId b = s.symbol({Symbol::Kind::constant, 1, 0, 0});
  ScalarId lit(double v) { return s.literal(v); }
};

TEST_F(Scalars, EqualExpressionsHaveEqualIds) {
  EXPECT_EQ(s.add(a, b), s.add(b, a));
  EXPECT_EQ(s.multiply(a, b), s.multiply(b, a));
  EXPECT_NE(s.divide(a, b), s.divide(b, a));
}

TEST_F(Scalars, LikeTermsAreCollected) {
  const ScalarId half = s.multiply(lit(0.5), a);
  EXPECT_EQ(s.add(half, half), a);
  EXPECT_EQ(s.add(a, s.negate(a)), lit(0));
  EXPECT_EQ(s.multiply(lit(2), s.multiply(lit(0.5), a)), a);
}

TEST_F(Scalars, ZeroAndOneDisappear) {
  EXPECT_EQ(s.multiply(lit(0), a), lit(0));
  EXPECT_EQ(s.multiply(lit(1), a), a);
  EXPECT_EQ(s.add(lit(0), a), a);
  EXPECT_EQ(s.divide(lit(0), a), lit(0));
}

TEST_F(Scalars, DivisionByAPowerOfTwoIsAnExactProduct) {
  EXPECT_EQ(s.divide(a, lit(4)), s.multiply(lit(0.25), a));
  EXPECT_EQ(s[s.divide(a, lit(3))].op, ScalarOp::divide);
}

TEST_F(Scalars, PowersOfHalvesNeedNoPow) {
  for (double e = -8; e <= 8; e += 0.5) {
    const ScalarId power = s.power(a, lit(e));
    EXPECT_NEAR(value(s, power, {1.7, 0}) / std::pow(1.7, e), 1, 1e-14) << e;
    for (std::size_t k = 0; k < s.size(); ++k)
      EXPECT_NE(s[static_cast<ScalarId>(k)].function, "pow");
  }
  EXPECT_EQ(s[s.power(a, lit(2.25))].function, "pow");
}

TEST_F(Scalars, SimplificationKeepsValues) {
  // Random expressions, built beside their values.
  std::mt19937 random(7);
  const std::vector<double> c{1.25, -0.75};
  std::vector<std::pair<ScalarId, double>> pool{
      {a, c[0]}, {b, c[1]}, {lit(2), 2}, {lit(-0.5), -0.5}};
  for (int k = 0; k < 2000; ++k) {
    const auto x = pool[random() % pool.size()];
    const auto y = pool[random() % pool.size()];
    std::pair<ScalarId, double> made;
    switch (random() % 3) {
      case 0:
        made = {s.add(x.first, y.first), x.second + y.second};
        break;
      case 1:
        made = {s.multiply(x.first, y.first), x.second * y.second};
        break;
      default:
        if (std::abs(y.second) < 0.1) continue;
        made = {s.divide(x.first, y.first), x.second / y.second};
    }
    if (std::abs(made.second) > 50) continue;
    ASSERT_NEAR(value(s, made.first, c), made.second, 1e-9);
    if (pool.size() < 60) pool.push_back(made);
  }
}

}  // namespace
}  // namespace femsynth::synth
