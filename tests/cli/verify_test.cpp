#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "program.hpp"

namespace femsynth::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    FEMSYNTH_REQUIRE("nvrtc");
    FEMSYNTH_REQUIRE("dealii");
  }
  Outcome verify(std::vector<std::string> arguments, const std::string& forms) const {
    arguments.insert(arguments.begin(),
                     {"verify", folder_.write("form.py", preamble("triangle", 1) + forms)});
    return run_femsynth(arguments);
  }
  Folder folder_;
};

TEST_F(Verify, AFormWhoseValuesAreAllZeroIsUntestedNotMismatched) {
  const Outcome run = verify({"--inputs", "1", "--no-convergence", "--json"},
                             "B = FunctionSpace(mesh, basix.ufl.element('Bubble', 'triangle', 3))\n"
                             "L = Coefficient(B)*TestFunction(B)*ds\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.json().at("verdict"), "untested");
}

TEST_F(Verify, EveryStrategyOfEveryFormPasses) {
  const Outcome run =
      verify({"--strategy", "all", "--inputs", "2", "--json"},
             "f = Coefficient(V)\na = f*inner(grad(u), grad(v))*dx\nL = f*v*ds\nM = f*f*dx\n");
  EXPECT_EQ(run.status, 0) << run.errors;
  const json document = run.json();
  EXPECT_EQ(document.at("verdict"), "verified");
  std::set<std::string> seen;
  for (const json& check : document.at("checks")) {
    seen.insert(check.at("form").get<std::string>() + " " +
                check.at("strategy").get<std::string>());
    EXPECT_TRUE(check.at("pass").get<bool>());
    EXPECT_LE(check.at("error").get<double>(), check.at("tolerance").get<double>());
    EXPECT_FALSE(check.at("oracle").get<std::string>().empty());
    EXPECT_EQ(check.at("executor"), "ptx");
  }
  EXPECT_EQ(seen, (std::set<std::string>{"a element", "a atomic", "a matrix_free", "L element",
                                         "L atomic", "M element", "M reduction"}));
}

TEST_F(Verify, GivenMeshesAndValuesAreUsed) {
  const Outcome run = verify({"--mesh", "triangle:2x3", "--mesh", "triangle:1x1", "--inputs", "2",
                              "--perturb", "0.1", "--set", "f=1 + x[0]", "--json"},
                             "f, g = Coefficient(V), Coefficient(V)\na = f*g*u*v*dx\n");
  EXPECT_EQ(run.status, 0) << run.errors;
  std::set<std::string> meshes;
  const json document = run.json();
  for (const json& check : document.at("checks")) meshes.insert(check.at("mesh"));
  EXPECT_THAT(meshes, testing::ElementsAre(HasSubstr("triangle:1x1"), HasSubstr("triangle:2x3")));
}

TEST_F(Verify, TheTableNamesMeshErrorAndTolerance) {
  const Outcome run = verify({"--inputs", "2", "--precision", "f32"}, "a = u*v*dx\n");
  EXPECT_EQ(run.status, 0) << run.errors;
  for (const char* word : {"form a", "f32", "mesh", "error", "tolerance", "pass", "verified"}) {
    EXPECT_THAT(run.output, HasSubstr(word));
  }
}

// f = 0 makes every entry zero: a kernel that does nothing would pass, so nothing is verified.
TEST_F(Verify, WhatShowsNothingIsNoSuccess) {
  const std::string forms = "f = Coefficient(V)\na = f*u*v*dx\n";
  EXPECT_EQ(verify({"--mesh", "triangle:2x2", "--inputs", "2", "--set", "f=1"}, forms).status, 0);
  const Outcome run =
      verify({"--mesh", "triangle:2x2", "--inputs", "2", "--set", "f=0", "--json"}, forms);
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.json().at("verdict"), "verified");
}

TEST_F(Verify, AMeshOfOtherCellsIsBadInput) {
  const Outcome run = verify({"--mesh", "interval:3"}, "a = u*v*dx\n");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("interval"));
  EXPECT_EQ(run.output, "");
}

}  // namespace
}  // namespace femsynth::cli
