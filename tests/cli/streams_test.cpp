#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

// Standard streams, and components that are missing.
namespace femsynth::cli {
namespace {

using testing::HasSubstr;

class Streams : public testing::Test {
 protected:
  std::string form() const {
    return folder_.write("form.py", preamble("triangle", 1) + "a = u*v*dx\n");
  }
  std::vector<std::string> compile(const std::string& level) const {
    return {"compile", form(), "--level", level};
  }
  Folder folder_;
};

TEST_F(Streams, AReaderThatHasGoneIsNoCrash) {
  const Outcome run = run_femsynth(compile("cuda"), {}, Output::broken_pipe);
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.errors, "");
}

TEST_F(Streams, AFullDiskIsTold) {
  const Outcome run = run_femsynth(compile("cuda"), {}, Output::full);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("standard output: No space left on device"));
}

TEST_F(Streams, AClosedStandardOutputIsTold) {
  const Outcome run = run_femsynth(compile("cuda"), {}, Output::closed);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, HasSubstr("standard output: Bad file descriptor"));
}

TEST_F(Streams, JsonIsAloneOnStandardOutput) {
  const Outcome run = run_femsynth({"compile", form(), "--level", "kernel", "--json"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.json().at("forms").at(0).at("text"), run_femsynth(compile("kernel")).output);
  const Outcome doctor = run_femsynth({"doctor", "--json"});
  EXPECT_EQ(doctor.status, 0);
  EXPECT_GE(doctor.json().at("components").size(), 5U);
}

TEST_F(Streams, QuietSaysNothingButErrors) {
  const std::string folder = folder_.path("out");
  const Outcome loud = run_femsynth({"compile", form(), "--level", "cuda", "-o", folder});
  EXPECT_THAT(loud.errors, HasSubstr("wrote "));
  const Outcome quiet =
      run_femsynth({"compile", form(), "--level", "cuda", "-o", folder, "--quiet"});
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.errors, "");
  EXPECT_THAT(run_femsynth({"compile", "/nonexistent.py", "--quiet"}).errors,
              HasSubstr("/nonexistent.py"));
}

TEST_F(Streams, WithoutNvrtcTheSourceIsStillThere) {
  const std::map<std::string, std::string> no_cuda{{"FEMSYNTH_NO_SYSTEM_CUDA", "1"},
                                                   {"FEMSYNTH_CUDA_PATH", folder_.path("empty")}};
  if (run_femsynth({"doctor", "--require", "nvrtc"}, no_cuda).status == 0) {
    GTEST_SKIP() << "the project has NVRTC wheels of its own";
  }
  EXPECT_EQ(run_femsynth(compile("cuda"), no_cuda).status, 0);
  EXPECT_EQ(run_femsynth(compile("report"), no_cuda).status, 0);
  const Outcome ptx = run_femsynth(compile("ptx"), no_cuda);
  EXPECT_EQ(ptx.status, 3);
  EXPECT_EQ(ptx.output, "");
  EXPECT_THAT(ptx.errors, HasSubstr("NVRTC"));
  const std::string folder = folder_.path("out");
  EXPECT_EQ(run_femsynth({"compile", form(), "-o", folder}, no_cuda).status, 3);
  EXPECT_FALSE(text_of(folder + "/a.cu").empty());
  EXPECT_EQ(run_femsynth({"assemble", form(), "--mesh", "triangle:1x1"}, no_cuda).status, 3);
}

TEST_F(Streams, WhatVerifyMissesIsInItsDocumentFormByForm) {
  FEMSYNTH_REQUIRE("dealii");
  const std::map<std::string, std::string> no_cuda{{"FEMSYNTH_NO_SYSTEM_CUDA", "1"},
                                                   {"FEMSYNTH_CUDA_PATH", folder_.path("empty")}};
  if (run_femsynth({"doctor", "--require", "nvrtc"}, no_cuda).status == 0) {
    GTEST_SKIP() << "the project has NVRTC wheels of its own";
  }
  const Outcome run = run_femsynth({"verify", form(), "--no-convergence", "--json"}, no_cuda);
  EXPECT_EQ(run.status, 3);
  const nlohmann::json document = run.json();
  EXPECT_EQ(document.at("verdict"), "missing");
  EXPECT_EQ(document.at("status"), 3);
  EXPECT_TRUE(document.at("checks").empty());
  ASSERT_EQ(document.at("missing").size(), 1u);
  EXPECT_EQ(document.at("missing").at(0).at("form"), "a");
  const std::string reason = document.at("missing").at(0).at("reason");
  EXPECT_THAT(reason, HasSubstr("NVRTC"));
  EXPECT_THAT(run.errors, HasSubstr(reason));
}

TEST_F(Streams, BadInputIsADocumentToo) {
  const Outcome run = run_femsynth({"assemble", form(), "--mesh", "interval:2", "--json"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.json().at("status"), 2);
  EXPECT_THAT(run.errors, HasSubstr(run.json().at("reason").get<std::string>()));
}

TEST_F(Streams, WithoutModulesVerifyAndGmshFilesAreStatusThree) {
  const std::map<std::string, std::string> none{{"FEMSYNTH_MODULE_PATH", folder_.path("empty")}};
  const Outcome verify = run_femsynth({"verify", form()}, none);
  EXPECT_EQ(verify.status, 3);
  EXPECT_THAT(verify.errors, HasSubstr("deal.II"));
  const nlohmann::json reason = run_femsynth({"verify", form(), "--json"}, none).json();
  EXPECT_EQ(reason.at("status"), 3);
  EXPECT_THAT(reason.at("reason").get<std::string>(), HasSubstr("deal.II"));
  const std::string mesh = folder_.write(
      "triangle.msh",
      "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 1 0\n$EndNodes\n"
      "$Elements\n1\n1 2 2 1 1 1 2 3\n$EndElements\n");
  const Outcome assemble = run_femsynth({"assemble", form(), "--mesh", mesh}, none);
  EXPECT_EQ(assemble.status, 3);
  EXPECT_THAT(assemble.errors, HasSubstr("libgmsh"));
  const Outcome doctor = run_femsynth({"doctor", "--json"}, none);
  EXPECT_EQ(doctor.status, 0);
  const nlohmann::json document = doctor.json();
  int seen = 0;
  for (const nlohmann::json& component : document.at("components")) {
    const std::string name = component.at("name");
    if (name != "dealii" && name != "gmsh") continue;
    ++seen;
    EXPECT_FALSE(component.at("found").get<bool>()) << name;
    EXPECT_FALSE(component.at("cost").get<std::string>().empty()) << name;
  }
  EXPECT_EQ(seen, 2);
}

TEST_F(Streams, WithoutADeviceTheCudaExecutorIsStatusThree) {
  if (run_femsynth({"doctor", "--require", "device"}).status == 0) GTEST_SKIP() << "a GPU is here";
  const Outcome run =
      run_femsynth({"assemble", form(), "--mesh", "triangle:1x1", "--executor", "cuda"});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.errors, HasSubstr("femsynth: error: "));
}

}  // namespace
}  // namespace femsynth::cli
