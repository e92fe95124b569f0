#include "datasets/candidates.hpp"

#include <fmt/format.h>

#include <chrono>

#include "datasets/splits.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {
namespace {

std::string digest(const std::string& text) { return hex(sha256(std::string_view(text))); }

}  // namespace

std::string sample_key(const std::string& canonical_form, const Record& record) {
  return digest(fmt::format("{}\nschedule {} {} {}\n", canonical_form, record.strategy,
                            record.precision, record.block_size));
}

CandidateStream::CandidateStream(const std::vector<Family>& families, std::uint64_t seed,
                                 double cost_limit, SampleMaker& maker)
    : sampler_(families, seed), seed_(seed), cost_limit_(cost_limit), maker_(&maker) {}

void CandidateStream::resume(std::uint64_t next, const std::vector<std::uint64_t>& known_keys) {
  next_ = next;
  keys_.insert(known_keys.begin(), known_keys.end());
}

Candidate CandidateStream::next() {
  const auto start = std::chrono::steady_clock::now();
  const Choice choice = sampler_.draw(next_);
  const Family& family = sampler_.family(choice);
  Candidate candidate;
  Record& record = candidate.record;
  record.index = next_;
  record.seed = seed_;
  record.family = family.name;
  record.title = family.title;
  record.description = description(family, choice);
  record.form_text = form_text(family, choice);
  record.form = family.form;
  record.cell = choice.cell;
  record.element = choice.element;
  record.degree = static_cast<std::uint64_t>(choice.degree);
  record.strategy = choice.strategy;
  record.precision = choice.precision;
  record.block_size = static_cast<std::uint64_t>(choice.block_size);
  record.parameters = choice.parameters;
  record.arch = maker_->arch();
  record.versions = maker_->versions();
  identify(candidate, choice);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  candidate.times.id = record.id;
  candidate.times.seconds["sample"] = seconds.count();
  ++next_;
  return candidate;
}

void CandidateStream::identify(Candidate& candidate, const Choice& choice) {
  Record& record = candidate.record;
  // A form that is refused has no canonical form; its text stands in.
  std::string identity = "refused\n" + record.form_text;
  try {
    candidate.prepared = maker_->prepare(record.form_text, choice);
    record.canonical_form = candidate.prepared->canonical_form;
    record.rank = static_cast<std::uint64_t>(candidate.prepared->rank);
    record.canonical_sha256 = digest(record.canonical_form);
    identity = record.canonical_form;
  } catch (const InputError& error) {
    candidate.outcome = Outcome::failure;
    record.failure = {"language", error.what()};
  }
  record.key = sample_key(identity, record);
  record.id = fmt::format("{}-{}", record.family, record.key.substr(0, 16));
  if (candidate.prepared != nullptr && candidate.prepared->cost > cost_limit_) {
    candidate.outcome = Outcome::too_costly;
  } else if (!keys_.insert(key_bits(record.key)).second) {
    candidate.outcome = Outcome::duplicate;
  } else if (candidate.outcome == Outcome::sample) {
    record.split_group = split_group(record.index);
    record.split = split_of(record.split_group);
  }
}

std::string CandidateStream::split_group(std::uint64_t index) {
  const Choice choice = sampler_.draw_without_literals(index);
  const std::string without = form_text(sampler_.family(choice), choice);
  std::string& group = split_groups_[digest(without)];
  if (group.empty()) {
    group = digest(maker_->prepare(without, choice)->canonical_form);
  }
  return group;
}

}  // namespace femsynth::datasets
