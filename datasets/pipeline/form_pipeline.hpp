#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "datasets/maker.hpp"
#include "solvers/reference/reference.hpp"
#include "synth/compile/compiler.hpp"
#include "synth/run/executor.hpp"

namespace femsynth::datasets {

/// What a FormPipeline works with.
struct PipelineOptions {
  std::string arch = "sm_90";
  int inputs = 8;  ///< random inputs a mesh
  /// Makes an executor that runs PTX; one a thread. Must be set.
  std::function<std::unique_ptr<synth::Executor>()> make_executor;
  /// Makes an oracle; one a thread.
  std::function<std::unique_ptr<solvers::Reference>()> make_reference = solvers::load_reference;
};

/// The stages of the product: form language, lowering, NVRTC, executor, oracle.
class FormPipeline : public SampleMaker {
 public:
  /// Throws MissingComponent when the executor or the oracle cannot be made.
  FormPipeline(PipelineOptions options, synth::Compiler& compiler);
  ~FormPipeline() override;

  std::unique_ptr<const Prepared> prepare(const std::string& form_text,
                                          const Choice& choice) override;
  void make(const Prepared& prepared, Record& record, SampleTimes& times) override;
  std::map<std::string, std::string> versions() const override { return versions_; }
  std::map<std::string, std::string> settings() const override;
  std::string arch() const override { return options_.arch; }

  /// Executes a stored sample's PTX anew and compares with the oracle on the inputs of `seed`
  /// (0: those it was made with). Checks too that its levels still follow from its form text.
  /// "" when all is right, else what is wrong. Thread safe.
  std::string execute_again(const Record& record, std::uint64_t seed = 0);

 private:
  /// What one thread works with.
  struct Bench {
    std::unique_ptr<synth::Executor> executor;
    std::unique_ptr<solvers::Reference> reference;
  };
  /// A bench from the shelf, put back at the end.
  class Borrowed;

  PipelineOptions options_;
  synth::Compiler* compiler_;
  std::map<std::string, std::string> versions_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Bench>> shelf_;  // guarded by mutex_
};

}  // namespace femsynth::datasets
