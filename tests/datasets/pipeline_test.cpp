#include <gmock/gmock.h>

#include <set>

#include "datasets/generate.hpp"
#include "datasets/pipeline/form_pipeline.hpp"
#include "datasets/store/corpus.hpp"
#include "datasets/validate.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "synth/run/ptx_executor.hpp"
#include "tests/datasets/sample_records.hpp"

namespace femsynth::datasets {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

/// The real stages, and a corpus of a few cheap samples of every rank made by them.
class RealCorpus : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      compiler_ = std::make_unique<synth::Compiler>();
      PipelineOptions o;
      o.make_executor = [] { return synth::make_ptx_executor(); };
      o.inputs = 2;
      pipeline_ = std::make_unique<FormPipeline>(o, *compiler_);
    } catch (const MissingComponent& missing) {
      GTEST_SKIP() << missing.what();
    }
    make(folder_.path(), 2);
  }

  void make(const std::filesystem::path& folder, unsigned jobs) {
    GenerateOptions o;
    o.folder = folder;
    o.count = 9;
    o.seed = 3;
    o.jobs = jobs;
    o.shard_size = 4;
    o.cost_limit = 2000;
    o.families = {"l2_norm", "load_body", "poisson", "robin"};
    summary_ = generate(o, load_families(FEMSYNTH_SOURCE_DIR "/datasets/families"), *pipeline_);
  }

  TemporaryFolder folder_;
  std::unique_ptr<synth::Compiler> compiler_;
  std::unique_ptr<FormPipeline> pipeline_;
  GenerateSummary summary_;
};

TEST_F(RealCorpus, HoldsEveryLevelOfEverySample) {
  EXPECT_EQ(summary_.total.failures, 0U);
  Corpus corpus(folder_.path());
  std::set<std::uint64_t> ranks;
  corpus.for_each_sample([&](const Record& r) {
    ranks.insert(r.rank);
    EXPECT_EQ(r.tier, Tier::verified);
    EXPECT_THAT(r.cuda, HasSubstr("__global__"));
    EXPECT_THAT(r.ptx, HasSubstr(".entry"));
    EXPECT_TRUE(
        r.cubin.starts_with("\x7f"
                            "ELF"));
    EXPECT_GT(r.registers(), 0U);
    EXPECT_GT(r.instructions(), 0U);
    EXPECT_EQ(r.counts.size(), 3U);
    std::set<std::string> meshes;
    std::set<std::string> launched;
    for (const Check& check : r.checks) meshes.insert(check.mesh);
    for (const LaunchRecord& launch : r.launches) {
      launched.insert(launch.mesh);
      EXPECT_EQ(launch.block[0], r.block_size);
      EXPECT_FALSE(launch.arguments.empty());
    }
    EXPECT_EQ(meshes, launched);
    EXPECT_EQ(meshes.size(), 3U);
    for (const char* name : {"femsynth", "nvrtc", "basix", "dealii"}) {
      EXPECT_TRUE(r.versions.contains(name)) << name;
    }
  });
  EXPECT_EQ(ranks, (std::set<std::uint64_t>{0, 1, 2}));
}

TEST_F(RealCorpus, IsTheSameBytesWithAnotherNumberOfJobs) {
  const TemporaryFolder again;
  make(again.path(), 1);
  for (const ManifestRow& row : read_manifest(folder_.path()).rows) {
    EXPECT_TRUE(read_file(folder_.path() / row.samples.name) ==
                read_file(again.path() / row.samples.name))
        << row.samples.name;
  }
}

TEST_F(RealCorpus, PassesValidationThatExecutesItsPtxOnOtherInputs) {
  ValidateOptions o;
  o.execute = std::nullopt;
  o.run = [&](const Record& r) { return pipeline_->execute_again(r, 12345); };
  const ValidateReport report = validate(folder_.path(), o);
  EXPECT_TRUE(report.passed()) << to_text(report);
  EXPECT_EQ(report.executed, 9U);
}

TEST_F(RealCorpus, FailsValidationWhenItsPtxComputesSomethingElse) {
  Corpus corpus(folder_.path());
  int tried = 0;
  corpus.for_each_sample([&](const Record& original) {
    Record r = original;
    // The last product becomes a sum.
    const std::string product = "mul." + r.precision;
    const std::string sum = "add." + r.precision;
    const std::size_t at = r.ptx.rfind(product);
    if (at == std::string::npos) return;
    ++tried;
    r.ptx.replace(at, product.size(), sum);
    EXPECT_NE(pipeline_->execute_again(r), "") << r.id;
  });
  EXPECT_GT(tried, 2);
}

TEST_F(RealCorpus, FailsValidationWhenItsTextsDoNotBelongTogether) {
  Record r = Corpus(folder_.path()).record(0);
  Record other = r;
  other.cuda += "// changed\n";
  EXPECT_THAT(pipeline_->execute_again(other), HasSubstr("other kernels than it holds"));
  other = r;
  other.canonical_form += " ";
  EXPECT_THAT(pipeline_->execute_again(other), HasSubstr("canonical form"));
}

}  // namespace
}  // namespace femsynth::datasets
