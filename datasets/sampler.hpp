#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/family.hpp"

namespace femsynth::datasets {

/// One point of the space of samples.
struct Choice {
  std::string family;
  std::string form;  ///< name of the form that its text defines
  std::string cell;
  std::string element;  ///< "P" or "DG"
  int degree = 1;
  std::string strategy;
  std::string precision;
  int block_size = 128;
  std::map<std::string, std::string> parameters;  ///< values of the placeholders that occur
  bool operator==(const Choice&) const = default;
};

/// Maps (seed, index) to a choice: family, then cell, element, degree, strategy, precision,
/// block size, then the family's own placeholders in order of name, each uniformly. A function
/// of seed, index and families alone.
class Sampler {
 public:
  /// `families` must outlive the sampler and not be empty.
  Sampler(const std::vector<Family>& families, std::uint64_t seed)
      : families_(&families), seed_(seed) {}

  Choice draw(std::uint64_t index) const;
  /// The same choice with every literal 2.5: what it shares with the samples that differ from it
  /// by literals alone.
  Choice draw_without_literals(std::uint64_t index) const;
  /// The family of a choice.
  const Family& family(const Choice& choice) const;

 private:
  Choice draw(std::uint64_t index, bool literals) const;
  const std::vector<Family>* families_;
  std::uint64_t seed_;
};

/// The form file of a choice: title and description as its docstring, then the family's body.
std::string form_text(const Family& family, const Choice& choice);
/// Plain-language description: the mathematics, the discretisation, the kernel.
std::string description(const Family& family, const Choice& choice);

}  // namespace femsynth::datasets
