#include "datasets/generate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>

#include "datasets/candidates.hpp"
#include "datasets/workers.hpp"
#include "datasets/writer.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::datasets {
namespace {

using Clock = std::chrono::steady_clock;

/// So many failures in a row mean that something is broken, not that a sample is.
constexpr std::uint64_t max_failures_in_a_row = 200;
/// So many candidates in a row without a new one mean that there are no more.
constexpr std::uint64_t max_drops_in_a_row = 100'000;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<Family> chosen_families(const std::vector<Family>& all,
                                    const std::vector<std::string>& names) {
  if (names.empty()) return all;
  std::vector<Family> chosen;
  for (const Family& family : all) {
    if (std::find(names.begin(), names.end(), family.name) != names.end()) chosen.push_back(family);
  }
  for (const std::string& name : names) {
    const auto is_it = [&](const Family& family) { return family.name == name; };
    if (std::any_of(chosen.begin(), chosen.end(), is_it)) continue;
    std::vector<std::string> known;
    for (const Family& family : all) known.push_back(family.name);
    throw InputError(
        fmt::format("there is no family '{}'; there are {}", name, fmt::join(known, ", ")));
  }
  return chosen;
}

CorpusHeader header_of(const GenerateOptions& options, const std::vector<Family>& families,
                       const SampleMaker& maker) {
  CorpusHeader header;
  header.seed = options.seed;
  header.shard_size = options.shard_size;
  header.arch = maker.arch();
  for (const Family& family : families) header.families[family.name] = family.sha256;
  header.settings = maker.settings();
  header.settings["cost_limit"] = fmt::format("{}", options.cost_limit);
  header.versions = maker.versions();
  return header;
}

/// One run of generate().
class Run {
 public:
  Run(const GenerateOptions& options, std::vector<Family> families, SampleMaker& maker)
      : options_(options),
        families_(std::move(families)),
        maker_(maker),
        jobs_(options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency())),
        writer_(options.folder, header_of(options, families_, maker)),
        stream_(families_, options.seed, options.cost_limit, maker) {
    stream_.resume(writer_.next_candidate(), writer_.keys());
    samples_at_start_ = writer_.sample_count();
  }

  GenerateSummary operator()() {
    try {
      make_samples();
    } catch (...) {
      writer_.flush();
      throw;
    }
    timed("store", [&] { writer_.flush(); });
    GenerateSummary summary;
    summary.total = progress();
    summary.new_samples = writer_.sample_count() - samples_at_start_;
    summary.interrupted = stopped() && writer_.sample_count() < options_.count;
    summary.jobs = jobs_;
    summary.wall_seconds = seconds_since(start_);
    summary.seconds = seconds_;
    return summary;
  }

 private:
  /// A candidate whose making has been handed to the workers, or which needs none.
  struct InFlight {
    Candidate candidate;
    std::future<void> made;
  };

  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  template <class Function>
  void timed(const char* stage, Function function) {
    const auto start = Clock::now();
    function();
    seconds_[stage] += seconds_since(start);
  }

  void make_samples() {
    // Declared before the workers: they are gone before what they work on is.
    std::deque<InFlight> in_flight;
    Workers workers(jobs_);
    const std::size_t window = std::size_t{8} * jobs_;
    while (writer_.sample_count() < options_.count && !stopped()) {
      if (running_ < window && in_flight.size() < 64 * window) {
        start_candidate(in_flight, workers);
        if (!is_ready(in_flight.front())) continue;
      }
      if (in_flight.front().made.valid()) wait_for(in_flight.front());
      if (stopped()) break;
      commit(in_flight);
    }
    while (stopped() && writer_.sample_count() < options_.count && !in_flight.empty() &&
           is_ready(in_flight.front())) {
      commit(in_flight);
    }
  }

  static bool is_ready(const InFlight& item) {
    return !item.made.valid() ||
           item.made.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  /// Until it is made, or the run is to stop.
  void wait_for(const InFlight& item) const {
    while (!stopped() &&
           item.made.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
    }
  }

  void start_candidate(std::deque<InFlight>& in_flight, Workers& workers) {
    InFlight& item = in_flight.emplace_back();  // a deque's elements stay where they are
    item.candidate = stream_.next();
    if (item.candidate.outcome != Outcome::sample) return;
    ++running_;
    Candidate* candidate = &item.candidate;
    item.made = workers.submit([this, candidate] {
      maker_.make(*candidate->prepared, candidate->record, candidate->times);
      candidate->prepared.reset();
    });
  }

  void commit(std::deque<InFlight>& in_flight) {
    InFlight& item = in_flight.front();
    Candidate& candidate = item.candidate;
    const bool was_made = item.made.valid();
    if (was_made) {
      --running_;
      item.made.get();
      if (!candidate.record.failure.stage.empty()) candidate.outcome = Outcome::failure;
    }
    check_luck(candidate);
    for (const auto& [stage, seconds] : candidate.times.seconds) seconds_[stage] += seconds;
    timed("store", [&] {
      writer_.add(candidate.outcome, std::move(candidate.record),
                  was_made ? std::move(candidate.times) : SampleTimes{});
    });
    in_flight.pop_front();
    if (options_.progress) options_.progress(progress());
  }

  /// Gives up where going on is no use.
  void check_luck(const Candidate& candidate) {
    const bool failed = candidate.outcome == Outcome::failure;
    const bool sample = candidate.outcome == Outcome::sample;
    failures_in_a_row_ = failed ? failures_in_a_row_ + 1 : sample ? 0 : failures_in_a_row_;
    drops_in_a_row_ = sample ? 0 : drops_in_a_row_ + 1;
    if (failures_in_a_row_ >= max_failures_in_a_row) {
      const Failure& failure = candidate.record.failure;
      throw InternalError(fmt::format(
          "{} candidates failed one after another, so something is broken; the last, of family {}, "
          "at stage {}: {}",
          failures_in_a_row_, candidate.record.family, failure.stage, failure.reason));
    }
    if (drops_in_a_row_ >= max_drops_in_a_row) {
      throw InputError(fmt::format(
          "{} candidates in a row gave no new sample: these families have no more than about {} "
          "distinct ones",
          drops_in_a_row_, writer_.sample_count()));
    }
  }

  Progress progress() const {
    Progress p;
    p.samples = writer_.sample_count();
    p.count = options_.count;
    p.candidates = writer_.next_candidate();
    p.failures = writer_.failure_count();
    p.duplicates = writer_.duplicate_count();
    p.too_costly = writer_.too_costly_count();
    p.seconds = seconds_since(start_);
    p.samples_per_second =
        p.seconds > 0 ? static_cast<double>(p.samples - samples_at_start_) / p.seconds : 0;
    if (p.samples_per_second > 0 && p.count > p.samples) {
      p.seconds_left = static_cast<double>(p.count - p.samples) / p.samples_per_second;
    }
    return p;
  }

  const GenerateOptions& options_;
  std::vector<Family> families_;
  SampleMaker& maker_;
  unsigned jobs_;
  CorpusWriter writer_;
  CandidateStream stream_;
  Clock::time_point start_ = Clock::now();
  std::uint64_t samples_at_start_ = 0;
  std::size_t running_ = 0;  ///< handed to the workers and not committed
  std::uint64_t failures_in_a_row_ = 0;
  std::uint64_t drops_in_a_row_ = 0;
  std::map<std::string, double> seconds_;
};

}  // namespace

GenerateSummary generate(const GenerateOptions& options, const std::vector<Family>& families,
                         SampleMaker& maker) {
  if (options.shard_size == 0) throw InputError("a shard holds at least one sample");
  Run run(options, chosen_families(families, options.families), maker);
  return run();
}

}  // namespace femsynth::datasets
