// Divergence, barriers, calls and exchange between threads.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "ptx_runner.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

const DecodedModule& control_module() {
  static const auto module = decode(fixture("control.ptx"));
  return *module;
}

std::vector<std::int32_t> numbers(int n) {
  std::vector<std::int32_t> x(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = 1 + (i * 7919) % 1013;
  return x;
}

/// Runs kernel(x, y, n) over integers, for several counts and block sizes.
template <class F>
void check_integers(const std::string& kernel, F expected) {
  for (const int n : {1, 5, 8, 13, 32, 64, 100}) {
    for (const std::uint32_t threads : {32U, 64U, 96U}) {
      const auto x = numbers(std::max(n, 16));
      std::vector<TestBuffer> buffers{
          TestBuffer::of("x", x),
          TestBuffer::of("y", std::vector<std::int32_t>(static_cast<std::size_t>(n)), true)};
      launch(control_module(), kernel, buffers, {n}, threads,
             (static_cast<std::uint32_t>(n) + threads - 1) / threads);
      const auto y = buffers[1].as<std::int32_t>();
      for (int i = 0; i < n; ++i) {
        ASSERT_EQ(y[static_cast<std::size_t>(i)], expected(x, i))
            << kernel << " " << i << " of " << n;
      }
    }
  }
}

std::int32_t collatz(const std::vector<std::int32_t>& x, int i) {
  std::int64_t v = x[static_cast<std::size_t>(i)];
  std::int32_t steps = 0;
  while (v != 1) {
    v = v % 2 == 0 ? v / 2 : 3 * v + 1;
    ++steps;
  }
  return steps;
}

std::int32_t maze(const std::vector<std::int32_t>& x, int i) {
  const std::int32_t v = x[static_cast<std::size_t>(i)];
  std::int32_t acc = 0;
  for (std::int32_t k = 0; k < 20; ++k) {
    if (((v >> (k % 8)) & 1) != 0) {
      for (std::int32_t m = 0; m < v % 5; ++m) {
        if (m == k % 3) continue;
        acc += m * k;
        if (acc > 100 + v) break;
      }
    } else {
      switch ((v + k) % 7) {
        case 0:
          acc += 1;
          break;
        case 1:
          acc ^= 5;
          break;
        case 2:
          acc *= 3;
          [[fallthrough]];
        case 3:
          acc -= k;
          break;
        case 4:
          acc += 11;
          break;
        case 5:
          if (v % 3 == 0) acc += 100;
          break;
        default:
          acc = acc * 2 + 1;
      }
    }
    if (acc > 4000) break;
  }
  return acc;
}

std::int32_t permuted(const std::vector<std::int32_t>& x, int i) {
  std::array<std::int32_t, 16> a{};
  for (int k = 0; k < 16; ++k)
    a[static_cast<std::size_t>((k * 7 + i) & 15)] = x[static_cast<std::size_t>(k)] + i;
  std::uint32_t sum = 0;
  for (int k = 0; k < 16; ++k) {
    sum =
        sum * 3 + static_cast<std::uint32_t>(
                      a[static_cast<std::size_t>((k + x[static_cast<std::size_t>(i & 15)]) & 15)]);
  }
  return static_cast<std::int32_t>(sum);
}

TEST(Control, LanesLeaveALoopAtDifferentTimes) { check_integers("collatz", collatz); }
TEST(Control, NestedBranchesBreaksAndSwitches) { check_integers("maze", maze); }
TEST(Control, LocalArraysWithIndicesThatDifferByLane) { check_integers("permute", permuted); }

TEST(Control, LanesReconvergeAfterABranch) {
  // The sum after the branch must be issued once for the warp, not once for each side.
  const auto module = decode(kernel_text(1, 0, R"(
.reg .pred %p; .reg .b32 %r<9>; .reg .b64 %rd<4>;
ld.param.u64 %rd1, [p0]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd1, %rd1, %rd2;
and.b32 %r2, %r1, 1; setp.eq.s32 %p, %r2, 0; @%p bra EVEN;
mov.u32 %r3, 100; bra.uni JOIN;
EVEN: mov.u32 %r3, 200;
JOIN: add.s32 %r4, %r3, %r1; st.global.u32 [%rd1], %r4;)"));
  std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<std::int32_t>(32), true)};
  const RunCounts counts = launch(*module, "k", buffers, {}, 32);
  const auto y = buffers[0].as<std::int32_t>();
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(y[static_cast<std::size_t>(i)], i + (i % 2 == 0 ? 200 : 100));
  EXPECT_EQ(counts.warps, (std::vector<std::uint64_t>{1, 1, 1, 1, 0}));
  EXPECT_EQ(counts.lanes, (std::vector<std::uint64_t>{32, 16, 16, 32, 0}));  // and an empty end
}

TEST(Control, AValueOfALoopThatLanesLeaveEarlyIsTheirOwn) {
  // %r3 is the same in all lanes that are still in the loop, but not among those behind it.
  const auto module = decode(kernel_text(1, 0, R"(
.reg .pred %p<3>; .reg .b32 %r<9>; .reg .b64 %rd<4>;
ld.param.u64 %rd1, [p0]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd1, %rd1, %rd2;
mov.u32 %r2, 0;
LOOP: mul.lo.s32 %r3, %r2, %r2; add.s32 %r2, %r2, 1; setp.le.u32 %p1, %r2, %r1; @%p1 bra LOOP;
st.global.u32 [%rd1], %r3;)"));
  std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<std::int32_t>(32), true)};
  launch(*module, "k", buffers, {}, 32);
  const auto y = buffers[0].as<std::int32_t>();
  for (int i = 0; i < 32; ++i) EXPECT_EQ(y[static_cast<std::size_t>(i)], i * i);
}

TEST(Control, AnIndexedBranchGroupsLanesByTarget) {
  const auto module = decode(kernel_text(1, 0, R"(
.reg .pred %p; .reg .b32 %r<9>; .reg .b64 %rd<4>;
ld.param.u64 %rd1, [p0]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 4; add.s64 %rd1, %rd1, %rd2;
rem.u32 %r2, %r1, 3;
T: .branchtargets A, B, C;
brx.idx %r2, T;
A: mov.u32 %r3, 7; bra JOIN;
B: mov.u32 %r3, 8; bra JOIN;
C: mov.u32 %r3, 9;
JOIN: st.global.u32 [%rd1], %r3;)"));
  std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<std::int32_t>(40), true)};
  const RunCounts counts = launch(*module, "k", buffers, {}, 40);
  const auto y = buffers[0].as<std::int32_t>();
  for (int i = 0; i < 40; ++i) EXPECT_EQ(y[static_cast<std::size_t>(i)], 7 + i % 3);
  EXPECT_EQ(counts.warps[counts.warps.size() - 2], 2U);  // before the empty end
}

TEST(Control, GuardedInstructionsKeepTheOldValueInOtherLanes) {
  const auto module = decode(kernel_text(1, 0, R"(
.reg .pred %p<4>; .reg .b32 %r<9>; .reg .b64 %rd<4>; .reg .f64 %fd<3>;
ld.param.u64 %rd1, [p0]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 8; add.s64 %rd1, %rd1, %rd2;
cvt.rn.f64.u32 %fd1, %r1; setp.gt.u32 %p1, %r1, 9;
@%p1 mul.f64 %fd1, %fd1, %fd1;
@!%p1 neg.f64 %fd1, %fd1;
setp.eq.u32 %p2, %r1, 12; @%p2 exit;
@%p1 setp.lt.u32 %p1, %r1, 20;
@%p1 st.global.f64 [%rd1], %fd1;)"));
  std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<double>(32, 5.0), true)};
  launch(*module, "k", buffers, {}, 32);
  const auto y = buffers[0].as<double>();
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(y[static_cast<std::size_t>(i)], i > 9 && i < 20 && i != 12 ? i * i : 5.0) << i;
  }
}

TEST(Control, ReductionThroughSharedMemory) {
  for (const int n : {1, 100, 128, 1000}) {
    std::vector<double> x(static_cast<std::size_t>(n));
    std::iota(x.begin(), x.end(), 1.0);
    std::vector<TestBuffer> buffers{TestBuffer::of("x", x),
                                    TestBuffer::of("y", std::vector<double>(3), true)};
    launch(control_module(), "reduce_shared", buffers, {n}, 128, 3);
    for (const double y : buffers[1].as<double>()) EXPECT_EQ(y, n * (n + 1) / 2.0);
  }
}

TEST(Control, ReductionThroughShuffles) {
  std::vector<double> x(32);
  std::iota(x.begin(), x.end(), 0.25);
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x),
                                  TestBuffer::of("y", std::vector<double>(1), true)};
  launch(control_module(), "reduce_shuffle", buffers, {32}, 32);
  EXPECT_EQ(buffers[1].as<double>()[0], std::accumulate(x.begin(), x.end(), 0.0));
}

TEST(Control, AtomicsAddUp) {
  constexpr int n = 200;
  std::vector<double> x(n);
  std::vector<std::int32_t> d(n);
  std::vector<double> expected(7);
  for (int i = 0; i < n; ++i) {
    x[static_cast<std::size_t>(i)] = i;
    d[static_cast<std::size_t>(i)] = i * i % 7;
    expected[static_cast<std::size_t>(i * i % 7)] += i;
  }
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x), TestBuffer::of("d", d),
                                  TestBuffer::of("y", std::vector<double>(7), true),
                                  TestBuffer::of("z", std::vector<float>(7), true)};
  launch(control_module(), "scatter", buffers, {n}, 64, 4);
  EXPECT_EQ(buffers[2].as<double>(), expected);
  for (std::size_t i = 0; i < 7; ++i)
    EXPECT_EQ(buffers[3].as<float>()[i], static_cast<float>(expected[i]));
}

TEST(Control, TheLastBlockMayReadWhatTheOthersPublished) {
  constexpr int n = 300;
  std::vector<double> x(n);
  std::iota(x.begin(), x.end(), 1.0);
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x),
                                  TestBuffer::of("part", std::vector<double>(5), true),
                                  TestBuffer::of("ticket", std::vector<std::int32_t>(1), true),
                                  TestBuffer::of("y", std::vector<double>(1), true)};
  launch(control_module(), "last_block", buffers, {n}, 64, 5);
  EXPECT_EQ(buffers[3].as<double>()[0], n * (n + 1) / 2.0);
}

double polynomial(double x, int degree) {
  double r = 0;
  for (int k = degree; k >= 0; --k) r = std::fma(r, x, 1.0 / (k + 1));
  return r;
}

TEST(Control, CallsFromOneSideOfABranch) {
  constexpr int n = 77;
  std::vector<double> x(n);
  for (int i = 0; i < n; ++i)
    x[static_cast<std::size_t>(i)] = (i % 3 == 0 ? -0.01 : 0.013) * (i + 1);
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x),
                                  TestBuffer::of("y", std::vector<double>(n), true)};
  launch(control_module(), "calls", buffers, {n}, 64, 2);
  const auto y = buffers[1].as<double>();
  for (int i = 0; i < n; ++i) {
    const double v = x[static_cast<std::size_t>(i)];
    const int k = i % 8;
    const double expected = v > 0 ? (polynomial(v, k) + 1.0) * (3 * k) : polynomial(-v, 3);
    EXPECT_EQ(y[static_cast<std::size_t>(i)], expected) << i;
  }
}

TEST(Control, VectorsBytesAndShorts) {
  constexpr int n = 19;
  std::vector<double> x(2 * n);
  std::vector<float> f(4 * n);
  std::vector<std::int8_t> c(n);
  std::vector<std::uint16_t> s(n);
  std::iota(x.begin(), x.end(), 0.5);
  std::iota(f.begin(), f.end(), 0.25F);
  for (int i = 0; i < n; ++i) {
    c[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(i * 13 - 100);
    s[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i * 4001);
  }
  std::vector<TestBuffer> buffers{TestBuffer::of("x", x),
                                  TestBuffer::of("f", f),
                                  TestBuffer::of("c", c),
                                  TestBuffer::of("s", s),
                                  TestBuffer::of("y", std::vector<double>(2 * n), true),
                                  TestBuffer::of("g", std::vector<float>(4 * n), true),
                                  TestBuffer::of("r", std::vector<std::int32_t>(n), true)};
  launch(control_module(), "vectors", buffers, {n}, 32);
  const auto y = buffers[4].as<double>();
  const auto g = buffers[5].as<float>();
  const auto r = buffers[6].as<std::int32_t>();
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_EQ(y[2 * i], x[2 * i + 1] + 1.0);
    EXPECT_EQ(y[2 * i + 1], x[2 * i]);
    EXPECT_EQ(g[4 * i], f[4 * i + 3]);
    EXPECT_EQ(g[4 * i + 2], 2 * f[4 * i + 1]);
    EXPECT_EQ(r[i], c[i] * 1000 + s[i]);
  }
}

TEST(Control, VotesAndLaneMasks) {
  const auto module = decode(kernel_text(1, 0, R"(
.reg .pred %p<6>; .reg .b32 %r<20>; .reg .b64 %rd<4>;
ld.param.u64 %rd1, [p0]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd2, %r1, 16; add.s64 %rd1, %rd1, %rd2;
setp.lt.u32 %p1, %r1, 12;
vote.sync.ballot.b32 %r2, %p1, 0xffffffff;
vote.sync.any.pred %p2, %p1, -1; vote.sync.all.pred %p3, %p1, -1; vote.sync.uni.pred %p4, %p1, -1;
selp.b32 %r3, 1, 0, %p2; selp.b32 %r4, 2, 0, %p3; selp.b32 %r5, 4, 0, %p4;
or.b32 %r3, %r3, %r4; or.b32 %r3, %r3, %r5;
mov.u32 %r6, %lanemask_lt; and.b32 %r6, %r6, %r2; popc.b32 %r6, %r6;
mov.u32 %r7, 0; @!%p1 bra DONE; activemask.b32 %r7;
DONE: st.global.v4.u32 [%rd1], {%r2, %r3, %r6, %r7};)"));
  std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<std::int32_t>(128), true)};
  launch(*module, "k", buffers, {}, 32);
  const auto y = buffers[0].as<std::int32_t>();
  for (int i = 0; i < 32; ++i) {
    const std::size_t at = static_cast<std::size_t>(4 * i);
    EXPECT_EQ(y[at], 0xFFF);
    EXPECT_EQ(y[at + 1], 1);
    EXPECT_EQ(y[at + 2], std::min(i, 12));
    EXPECT_EQ(y[at + 3], i < 12 ? 0xFFF : 0);
  }
}

TEST(Control, AtomicOperations) {
  // One lane each, on words of its own: old values and results of every operation.
  const std::vector<std::pair<std::string, std::uint32_t>> operations{
      {"add.u32", 17 + 5}, {"min.s32", 5},  {"max.u32", 17}, {"exch.b32", 5}, {"and.b32", 17 & 5},
      {"or.b32", 21},      {"xor.b32", 20}, {"inc.u32", 0},  {"dec.u32", 5}};
  for (const auto& [name, expected] : operations) {
    const auto module = decode(kernel_text(2, 0, R"(
.reg .b32 %r<9>; .reg .b64 %rd<4>;
ld.param.u64 %rd1, [p0]; ld.param.u64 %rd2, [p1]; mov.u32 %r1, %tid.x; mul.wide.u32 %rd3, %r1, 4;
add.s64 %rd1, %rd1, %rd3; add.s64 %rd2, %rd2, %rd3;
atom.global.)" + name + R"( %r2, [%rd1], 5; st.global.u32 [%rd2], %r2;)"));
    std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<std::uint32_t>(9, 17), true),
                                    TestBuffer::of("old", std::vector<std::uint32_t>(9), true)};
    launch(*module, "k", buffers, {}, 9);
    EXPECT_EQ(buffers[0].as<std::uint32_t>(), std::vector<std::uint32_t>(9, expected)) << name;
    EXPECT_EQ(buffers[1].as<std::uint32_t>(), std::vector<std::uint32_t>(9, 17)) << name;
  }
}

TEST(Control, CompareAndSwapSumsAsInDeviceCode) {
  // All lanes of two warps add to one word by compare-and-swap loops.
  const auto module = decode(kernel_text(1, 0, R"(
.reg .pred %p<3>; .reg .b32 %r<4>; .reg .b64 %rd<9>; .reg .f64 %fd<4>;
ld.param.u64 %rd1, [p0]; mov.u32 %r1, %tid.x; cvt.rn.f64.u32 %fd1, %r1;
mov.u64 %rd2, 0;
LOOP: mov.b64 %fd2, %rd2; add.f64 %fd3, %fd2, %fd1; mov.b64 %rd3, %fd3;
atom.relaxed.gpu.global.cas.b64 %rd4, [%rd1], %rd2, %rd3;
setp.ne.s64 %p1, %rd4, %rd2; mov.u64 %rd2, %rd4; @%p1 bra LOOP;)"));
  std::vector<TestBuffer> buffers{TestBuffer::of("y", std::vector<double>(1), true)};
  launch(*module, "k", buffers, {}, 64);
  EXPECT_EQ(buffers[0].as<double>()[0], 63 * 64 / 2.0);
}

TEST(Control, CountsDoNotDependOnTheInstructionSetOrTheRun) {
  const std::string text = fixture("control.ptx");
  const auto run = [&](const HandlerTable& table) {
    const auto module = decode(text, table);
    const auto x = numbers(50);
    std::vector<TestBuffer> buffers{TestBuffer::of("x", x), TestBuffer::of("y", x, true)};
    return launch(*module, "maze", buffers, {50}, 64);
  };
  const RunCounts first = run(*all_handlers().front());
  for (const HandlerTable* table : all_handlers()) {
    const RunCounts again = run(*table);
    EXPECT_EQ(again.lanes, first.lanes);
    EXPECT_EQ(again.warps, first.warps);
    EXPECT_EQ(again.sectors, first.sectors);
  }
}

}  // namespace
}  // namespace femsynth::synth::ptx::testing
