#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>

#include "meshes/support/error.hpp"
#include "synth/kernel/build.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/cost.hpp"
#include "synth/kernel/optimise.hpp"
#include "synth/kernel/optimise/passes.hpp"
#include "synth/kernel/parse.hpp"
#include "synth/kernel/print.hpp"
#include "tests/synth/kernel/interpret.hpp"
#include "tests/synth/kernel/random_module.hpp"

namespace femsynth::synth {

/// For test names and messages.
static void PrintTo(const KernelPass& pass, std::ostream* out) { *out << pass.name; }

namespace {

using namespace build;

constexpr std::uint64_t kModules = 120;

/// y and z after running a random module on inputs from a seed.
std::vector<double> result(const Module& module, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto cells = static_cast<std::size_t>(testing::kRandomCells);
  std::vector<double> x, index, y(3 * cells, -7), z(testing::kRandomSums, 0.0);
  for (std::size_t i = 0; i < cells * testing::kRandomInputs; ++i) {
    x.push_back(static_cast<double>(random() >> 11) * 0x1p-52 - 1);
  }
  for (std::size_t i = 0; i < cells; ++i) index.push_back(static_cast<double>(random() % 4));
  testing::interpret(module, "run", testing::kRandomGrid, testing::kRandomBlock,
                     {{testing::kRandomCells, nullptr}, {0, &x}, {0, &index}, {0, &y}, {0, &z}});
  y.insert(y.end(), z.begin(), z.end());
  return y;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void expect_same_results(const Module& before, const Module& after, std::uint64_t seed) {
  const auto expected = result(before, seed), actual = result(after, seed);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_TRUE(same(actual[i], expected[i]))
        << "seed " << seed << ", entry " << i << ": " << actual[i] << " != " << expected[i] << "\n"
        << to_text(before) << "\n----\n"
        << to_text(after);
  }
}

TEST(RandomModules, AreWellFormedAndDependOnTheirInputs) {
  int finite = 0, depend = 0;
  for (std::uint64_t seed = 0; seed < kModules; ++seed) {
    const Module module = testing::random_module(seed);
    ASSERT_NO_THROW(check(module)) << to_text(module);
    const auto a = result(module, 1), b = result(module, 2);
    finite += std::all_of(a.begin(), a.end(), [](double v) { return std::isfinite(v); });
    depend += a != b;
  }
  EXPECT_GT(finite, static_cast<int>(kModules * 9 / 10));
  EXPECT_GT(depend, static_cast<int>(kModules * 9 / 10));
}

class EachPass : public ::testing::TestWithParam<KernelPass> {};

TEST_P(EachPass, KeepsModulesValidAndTheirResultsEqual) {
  int changed = 0;
  for (std::uint64_t seed = 0; seed < kModules; ++seed) {
    const Module before = testing::random_module(seed);
    Module after = before;
    GetParam().run(after);
    ASSERT_NO_THROW(check(after)) << to_text(before) << "\n----\n" << to_text(after);
    changed += after != before;
    expect_same_results(before, after, seed);
  }
  EXPECT_GT(changed, static_cast<int>(kModules / 2));
}

TEST_P(EachPass, ChangesNothingTheSecondTime) {
  for (std::uint64_t seed = 0; seed < kModules; ++seed) {
    Module once = testing::random_module(seed);
    GetParam().run(once);
    Module twice = once;
    GetParam().run(twice);
    ASSERT_EQ(to_text(twice), to_text(once)) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, EachPass, ::testing::ValuesIn(kernel_passes()),
                         [](const auto& pass) { return std::string(pass.param.name); });

TEST(Optimise, KeepsResultsAndNeverAddsArithmetic) {
  for (std::uint64_t seed = 0; seed < kModules; ++seed) {
    const Module before = testing::random_module(seed);
    Module after = before;
    optimise(after);
    expect_same_results(before, after, seed);
    const auto old_count = count_operations(before, before.functions.back());
    const auto new_count = count_operations(after, after.functions.back());
    EXPECT_LE(new_count.flops() + new_count.function, old_count.flops() + old_count.function)
        << seed;
  }
}

TEST(Optimise, ObservesAndSkipsPassesByName) {
  Module module = testing::random_module(5);
  std::vector<std::string> seen;
  OptimiseOptions options;
  options.skip = {"share"};
  options.observe = [&](std::string_view name, double seconds, const Module&) {
    seen.emplace_back(name);
    EXPECT_GE(seconds, 0);
  };
  optimise(module, options);
  EXPECT_EQ(seen, (std::vector<std::string>{"fold", "hoist", "dead"}));
  options.skip = {"shares"};
  EXPECT_THROW(optimise(module, options), InputError);
}

/// Optimises the body of a device function given as text; the result's body as text.
std::string after(void (*pass)(Module&), const std::string& body,
                  const std::string& precision = "f64") {
  const std::string head =
      "module m " + precision +
      "\ntable t: real[3] = {1.0, 2.0, 3.0}\n"
      "device f(a: real, n: int, p: real*, X: real[3], A: out real[3], q: out real*) {\n";
  Module module = parse_module(head + body + "}", "test");
  check(module);
  pass(module);
  check(module);
  std::string text;
  for (const Statement& s : module.functions.at(0).body) text += to_text(s);
  return text;
}

TEST(Fold, FoldsOnlyWhatDoesNotRound) {
  EXPECT_EQ(after(fold, "A[0] = 2.0 * 3.0 + 0.5"), "A[0] = 6.5\n");
  EXPECT_EQ(after(fold, "A[0] = 0.1 + 0.2"), "A[0] = 0.1 + 0.2\n");
  EXPECT_EQ(after(fold, "A[0] = 1.0 / 3.0"), "A[0] = 1.0 / 3.0\n");
  // Exact in double, not in single precision.
  EXPECT_EQ(after(fold, "A[0] = 16777216.0 + 1.0"), "A[0] = 16777217.0\n");
  EXPECT_EQ(after(fold, "A[0] = 16777216.0 + 1.0", "f32"), "A[0] = 16777216.0 + 1.0\n");
  EXPECT_EQ(after(fold, "A[0] = a * 0.0"), "A[0] = a * 0.0\n");
  EXPECT_EQ(after(fold, "A[0] = 1.0 * a - -(X[1] / 1.0)"), "A[0] = a + X[1]\n");
  EXPECT_EQ(after(fold, "A[n / 1 + 0] = a"), "A[n] = a\n");
}

TEST(Fold, KeepsConversionsToReal) {
  EXPECT_EQ(after(fold, "A[0] = (n + 0.0) / (n * 1.0)"), "A[0] = (n + 0.0) / (n * 1.0)\n");
}

TEST(Share, ForgetsValuesWhoseMemoryIsWritten) {
  EXPECT_EQ(
      after(share_subexpressions, "let b: real = A[0] + a\nA[1] = A[0] + a\nA[2] = A[0] + a\n"),
      "let b: real = A[0] + a\nA[1] = b\nA[2] = A[0] + a\n");
}

TEST(Share, SeesWritesOfLaterTripsOfALoop) {
  const std::string body =
      "let b: real = A[0] + a\nfor i in 0..3 {\n  X2[0] = A[0] + a\n  A[i] = a\n}\n";
  EXPECT_EQ(after(share_subexpressions, "array X2: real[1]\n" + body),
            "array X2: real[1]\n" + body);
}

TEST(Share, KeepsIndicesApartFromLetsThatConvert) {
  const std::string body = "let b: real = n - 1\nA[n - 1] = b\n";
  EXPECT_EQ(after(share_subexpressions, body), body);
}

TEST(Share, DropsEqualLetsAndCopies) {
  EXPECT_EQ(
      after(share_subexpressions,
            "let b: real = a * X[0]\nlet c: real = a * X[0]\nlet d: real = c\nA[0] = d - c\n"),
      "let b: real = a * X[0]\nA[0] = b - b\n");
}

TEST(Hoist, MovesInvariantsOutOfAllLoops) {
  EXPECT_EQ(after(hoist_invariants,
                  "for i in 0..3 {\n  for j in 0..3 {\n    let c: real = a * X[0]\n"
                  "    let d: real = c * X[i]\n    A[j] += d\n  }\n}\n"),
            "let c: real = a * X[0]\nfor i in 0..3 {\n  let d: real = c * X[i]\n"
            "  for j in 0..3 {\n    A[j] += d\n  }\n}\n");
}

TEST(Hoist, NamesInvariantSubexpressions) {
  EXPECT_EQ(after(hoist_invariants, "for i in 0..3 {\n  A[i] = (a * a + X[0]) * X[i]\n}\n"),
            "let inv0: real = a * a + X[0]\nfor i in 0..3 {\n  A[i] = inv0 * X[i]\n}\n");
}

TEST(Hoist, LeavesWhatTheLoopWritesOrMayNotReach) {
  const std::string written = "for i in 0..3 {\n  let c: real = A[0] * a\n  A[i] = c\n}\n";
  EXPECT_EQ(after(hoist_invariants, written), written);
  const std::string maybe = "for i in 0..n {\n  let c: real = p[n] * a\n  A[i] = c\n}\n";
  EXPECT_EQ(after(hoist_invariants, maybe), maybe);
  const std::string other_threads =
      "for i in 0..3 {\n  let c: real = q[0]\n  barrier\n  A[i] = c\n}\n";
  EXPECT_EQ(after(hoist_invariants, other_threads), other_threads);
}

TEST(Dead, KeepsEffectsAndDropsTheRest) {
  EXPECT_EQ(
      after(remove_dead_code,
            "array B: real[3]\nlet c: real = a\nlet d: real = c\nfor i in 0..3 {\n"
            "  B[i] = d\n}\nq[0] = a\natomic q[1] += a\nif n < 2 {\n  // nothing\n}\nbarrier\n"),
      "q[0] = a\natomic q[1] += a\nbarrier\n");
}

TEST(Cost, CountsTripsCallsAndMemory) {
  const Module m = parse_module(
      "module m f64\n"
      "device g(u: real[3], r: out real[3]) {\n"
      "  for i in 0..3 { r[i] += u[i] * u[i] }\n"
      "}\n"
      "kernel k(x: real*, y: out real*) block 32 {\n"
      "  array u: real[3]\n  array v: real[3]\n"
      "  for i in 0..3 { u[i] = sqrt(x[3*thread + i])\n v[i] = 0.0 }\n"
      "  for q in 0..5 { g(u, v) }\n"
      "  atomic y[thread] += v[0] / 2.0\n}\n",
      "cost");
  check(m);
  const OperationCount c = count_operations(m, m.functions[1]);
  EXPECT_EQ(c.multiply, 15);
  EXPECT_EQ(c.add, 15);
  EXPECT_EQ(c.divide, 1);
  EXPECT_EQ(c.function, 3);
  EXPECT_EQ(c.integer, 6);
  EXPECT_EQ(c.atomic, 1);
  EXPECT_EQ(c.loads.at("x"), 3);
  EXPECT_EQ(c.loads.at("u"), 30);
  EXPECT_EQ(c.stores.at("v"), 18);
  EXPECT_EQ(c.stores.at("y"), 1);
  EXPECT_TRUE(c.exact);
}

TEST(Cost, LengthsOfLoopsThatTablesTellAreCounted) {
  const Module m = parse_module(
      "module m f64\n"
      "table first: int[4] = {0, 2, 3, 7}\n"
      "table of: int[3] = {2, 0, 2}\n"
      "device g(n: int, r: out real[1]) {\n"
      "  for i in 0..3 { for s in first[of[i]]..first[of[i] + 1] { r[0] += 1.5 } }\n"
      "  for i in 0..n { r[0] += 0.5 }\n"
      "}\n",
      "cost");
  check(m);
  const OperationCount c = count_operations(m, m.functions[0]);
  EXPECT_EQ(c.add, 4 + 2 + 4 + 1);
  EXPECT_FALSE(c.exact) << "n is not known";
}

}  // namespace
}  // namespace femsynth::synth
