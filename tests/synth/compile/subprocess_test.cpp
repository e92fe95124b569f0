#include "synth/compile/subprocess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

using std::chrono::milliseconds;

TEST(Subprocess, PassesArgumentsAsTheyAreWithoutAShell) {
  const ProcessResult result =
      run_process("/usr/bin/printf", {"%s|", "a b", "$HOME", "`id`", "; exit 3", "*"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "a b|$HOME|`id`|; exit 3|*|");
}

TEST(Subprocess, KeepsOutputErrorsAndExitStatusApart) {
  const ProcessResult result = run_process("/bin/sh", {"-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
}

TEST(Subprocess, GivesNoInput) {
  const ProcessResult result = run_process("/bin/cat", {});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "");
}

TEST(Subprocess, TakesMoreOutputThanAPipeHolds) {
  const ProcessResult result = run_process("/usr/bin/head", {"-c", "3000000", "/dev/zero"});
  EXPECT_EQ(result.output.size(), 3'000'000U);
}

TEST(Subprocess, EndsAProgramAtItsTimeLimit) {
  const auto begin = std::chrono::steady_clock::now();
  const ProcessResult result = run_process("/bin/sleep", {"60"}, {.time = milliseconds(100)});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, -1);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Subprocess, EndsAProgramThatClosedItsOutputAtItsTimeLimit) {
  const ProcessResult result =
      run_process("/bin/sh", {"-c", "exec >&- 2>&-; exec sleep 60"}, {.time = milliseconds(100)});
  EXPECT_TRUE(result.timed_out);
}

TEST(Subprocess, EndsAProgramThatWritesWithoutEnd) {
  const ProcessResult result = run_process("/usr/bin/yes", {}, {.output_bytes = 100'000});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.exit_code, -1);
}

TEST(Subprocess, NamesAProgramThatIsNotThere) {
  try {
    run_process("/no/such/program", {});
    FAIL();
  } catch (const MissingComponent& missing) {
    EXPECT_THAT(missing.what(), ::testing::HasSubstr("/no/such/program"));
  }
}

}  // namespace
}  // namespace femsynth::synth
