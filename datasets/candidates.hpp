#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "datasets/maker.hpp"
#include "datasets/sampler.hpp"
#include "datasets/writer.hpp"

namespace femsynth::datasets {

/// SHA-256 of a form's identity and its schedule (strategy, precision, block size): two samples
/// that share it are exact duplicates.
std::string sample_key(const std::string& canonical_form, const Record& record);

/// A candidate on its way: what it is, and what is decided of it without compiling.
struct Candidate {
  Outcome outcome = Outcome::sample;  ///< sample: still to be made, and may fail yet
  Record record;
  SampleTimes times;
  std::unique_ptr<const Prepared> prepared;
};

/// The stream of candidates, in order of their numbers: draws, reads the form, drops duplicates
/// of earlier candidates and those that cost too much.
class CandidateStream {
 public:
  /// `known_keys`: of the candidates before `next` (CorpusWriter::keys).
  CandidateStream(const std::vector<Family>& families, std::uint64_t seed, double cost_limit,
                  SampleMaker& maker);
  void resume(std::uint64_t next, const std::vector<std::uint64_t>& known_keys);

  Candidate next();

 private:
  void identify(Candidate& candidate, const Choice& choice);
  std::string split_group(std::uint64_t index);

  Sampler sampler_;
  std::uint64_t seed_;
  double cost_limit_;
  SampleMaker* maker_;
  std::uint64_t next_ = 0;
  std::unordered_set<std::uint64_t> keys_;           // looked up, never iterated
  std::map<std::string, std::string> split_groups_;  ///< by digest of the form without literals
};

}  // namespace femsynth::datasets
