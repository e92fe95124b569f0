#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace femsynth::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> verbs() { return {FEMSYNTH_VERBS}; }

TEST(Help, NamesEveryVerb) {
  const Outcome run = run_femsynth({"--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.errors, "");
  for (const std::string& verb : verbs()) EXPECT_THAT(run.output, HasSubstr("\n  " + verb + " "));
}

TEST(Help, OfEachVerbHasAnExampleThatBeginsWithTheVerb) {
  for (const std::string& verb : verbs()) {
    const Outcome run = run_femsynth({verb, "--help"});
    EXPECT_EQ(run.status, 0) << verb;
    EXPECT_THAT(run.output, HasSubstr("\n  femsynth " + verb)) << verb;
    EXPECT_EQ(run.errors, "") << verb;
  }
}

TEST(Help, VersionIsOneLine) {
  const Outcome run = run_femsynth({"--version"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, testing::MatchesRegex("femsynth [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

// LD_DEBUG=libs makes the loader name every library that it looks for.
TEST(Help, LoadsNeitherDealIINorGmshNorNvrtc) {
  const Outcome run = run_femsynth({"--help"}, {{"LD_DEBUG", "libs"}});
  EXPECT_EQ(run.status, 0);
  ASSERT_THAT(run.errors, HasSubstr("libstdc++"));  // the loader did speak
  for (const char* library :
       {"deal", "gmsh", "nvrtc", "cudart", "libcuda", "libmpi", "libOpenCL"}) {
    EXPECT_THAT(run.errors, Not(HasSubstr(library)));
  }
}

TEST(Help, NoVerbIsBadUsage) {
  const Outcome run = run_femsynth({});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.output, "");
  EXPECT_THAT(run.errors, HasSubstr("femsynth: error: "));
}

TEST(Help, UnknownVerbsAndOptionsAreBadUsage) {
  const std::vector<std::vector<std::string>> wrong{
      {"frobnicate"},
      {"compile"},
      {"compile", "a.py", "--level", "wasm"},
      {"compile", "a.py", "--strategy", "all"},
      {"compile", "a.py", "--arch", "sm_20"},
      {"assemble", "a.py"},
      {"assemble", "a.py", "--mesh", "triangle:2x2", "--precision", "f16"},
      {"assemble", "a.py", "--mesh", "triangle:2x2", "--mesh", "triangle:3x3"},
      {"assemble", "a.py", "--mesh", "triangle:2x2", "--executor", "abacus"},
      {"verify", "a.py", "--inputs", "0"},
      {"verify", "a.py", "--inputs", "many"},
      {"doctor", "--require", "luck"},
  };
  for (const std::vector<std::string>& arguments : wrong) {
    const Outcome run = run_femsynth(arguments);
    EXPECT_EQ(run.status, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(run.output, "") << testing::PrintToString(arguments);
    EXPECT_THAT(run.errors, HasSubstr("femsynth: error: ")) << testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace femsynth::cli
