#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "solvers/verify/compare.hpp"

namespace femsynth::solvers {
namespace {

using synth::Precision;

const ReferenceValues kExpected{{1.0, -2.0, 0.0}, {1.0, 2.0, 0.0}, {1e-12, 2e-12, 1e-15}};

Check compared(std::vector<double> values, const ReferenceValues& expected = kExpected,
               std::vector<double> extra = {}) {
  Check check;
  compare(values, expected, extra, Precision::f64, 0, check);
  return check;
}

TEST(Compare, PassesWithinTheToleranceAndKeepsTheWorstRatio) {
  const Check check = compared({1.0 + 5e-13, -2.0 + 1.5e-12, 0.0});
  EXPECT_TRUE(check.pass);
  EXPECT_EQ(check.entries, 3u);
  EXPECT_EQ(check.entry, "1");
  EXPECT_NEAR(check.ratio, 0.75, 1e-3);
}

TEST(Compare, FailsBeyondTheTolerance) {
  EXPECT_FALSE(compared({1.0 + 2e-12, -2.0, 0.0}).pass);
  EXPECT_FALSE(compared({1.0, -2.0, 2e-15}).pass);
  EXPECT_FALSE(compared({1.0, 2.0, 0.0}).pass);
}

TEST(Compare, NeverPassesWhatIsNotANumber) {
  EXPECT_FALSE(compared({std::nan(""), -2.0, 0.0}).pass);
  EXPECT_FALSE(compared({1.0, -2.0, std::numeric_limits<double>::infinity()}).pass);
  EXPECT_FALSE(compared({1.0, -2.0}).pass);
}

TEST(Compare, AddsTheCallersTolerance) {
  EXPECT_TRUE(compared({1.0 + 2e-12, -2.0, 0.0}, kExpected, {2e-12, 0, 0}).pass);
}

TEST(Compare, LeavesOutWhatRoundingDecides) {
  ReferenceValues expected = kExpected;
  expected.bound[1] = 0.5;
  const Check check = compared({1.0, 7.0, 0.0}, expected);
  EXPECT_TRUE(check.pass);
  EXPECT_EQ(check.undecided, 1u);
  EXPECT_EQ(check.entries, 2u);
  EXPECT_TRUE(has_undecided(expected, Precision::f64));
  EXPECT_FALSE(has_undecided(kExpected, Precision::f64));
  expected.bound[1] = std::nan("");
  EXPECT_TRUE(has_undecided(expected, Precision::f64));
}

TEST(Compare, KnowsWhatANoOpWouldPass) {
  EXPECT_TRUE(has_nonzero(kExpected));
  EXPECT_FALSE(has_nonzero({{1e-13, 0.0}, {1.0, 0.0}, {1e-12, 0.0}}));
}

}  // namespace
}  // namespace femsynth::solvers
