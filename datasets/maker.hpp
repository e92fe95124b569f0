#pragma once

#include <map>
#include <memory>
#include <string>

#include "datasets/sampler.hpp"
#include "datasets/store/record.hpp"

namespace femsynth::datasets {

/// A form that has been read, and what is known of it before anything is compiled.
struct Prepared {
  virtual ~Prepared() = default;
  std::string canonical_form;
  int rank = 0;
  double cost = 0;  ///< estimated operations for one cell
};

/// Makes samples. The stages of the pipeline behind one interface: pipeline/ has the real
/// one, tests have quick ones.
class SampleMaker {
 public:
  virtual ~SampleMaker() = default;

  /// Reads a form file. Called from one thread. Throws InputError for a form that is refused:
  /// the candidate becomes a failure of stage "language".
  virtual std::unique_ptr<const Prepared> prepare(const std::string& form_text,
                                                  const Choice& choice) = 0;

  /// Compiles, executes and verifies: fills everything from `kernel_ir` to `failure` of a record
  /// whose other members are set, and the seconds of its stages. Thread safe; a function of the
  /// record alone. A sample that fails is told by record.failure; what it throws (a missing
  /// component, no memory) ends the run.
  virtual void make(const Prepared& prepared, Record& record, SampleTimes& times) = 0;

  /// What enters the corpus's header: versions of what is used; settings that change samples.
  virtual std::map<std::string, std::string> versions() const = 0;
  virtual std::map<std::string, std::string> settings() const = 0;
  virtual std::string arch() const = 0;
};

}  // namespace femsynth::datasets
