#include "datasets/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "datasets/candidates.hpp"
#include "datasets/splits.hpp"
#include "datasets/store/corpus.hpp"
#include "datasets/store/lock.hpp"
#include "datasets/workers.hpp"
#include "datasets/writer.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {
namespace {

class Validation {
 public:
  Validation(const std::filesystem::path& folder, const ValidateOptions& options)
      : options_(options), corpus_(folder) {}

  ValidateReport operator()() {
    check_files();
    const Manifest& manifest = corpus_.manifest();
    for (std::size_t row = 0; row < manifest.rows.size(); ++row) {
      check_samples(row);
      if (!manifest.rows[row].failures.name.empty()) check_failures(row);
    }
    if (options_.run) execute();
    return std::move(report_);
  }

 private:
  void problem(const std::string& where, const std::string& what) {
    report_.problems.push_back({where, what});
  }
  void expect(bool right, const Record& record, const char* what) {
    if (!right) problem(record.id, what);
  }

  void check_files() {
    std::set<std::string> known{manifest_name, lock_name, "timings.jsonl"};
    for (const ManifestRow& row : corpus_.manifest().rows) {
      known.insert(row.samples.name);
      known.insert(row.failures.name);
    }
    if (corpus_.manifest().torn) problem(manifest_name, "its last line was cut off by a kill");
    std::set<std::string> others;
    for (const auto& entry : std::filesystem::directory_iterator(corpus_.folder())) {
      const std::string name = entry.path().filename().string();
      if (!known.contains(name) && name != "README.md") others.insert(name);
    }
    for (const std::string& name : others) problem(name, "the manifest does not list it");
  }

  void check_samples(std::size_t row) {
    const ManifestRow& entry = corpus_.manifest().rows[row];
    std::map<std::string, std::uint64_t> families;
    read(
        entry.samples.name, [&] { return &corpus_.samples(row); },
        [&](const Record& record) {
          ++report_.samples;
          ++families[record.family];
          check_identity(record);
          check_sample(record, entry);
        });
    if (families != entry.families) {
      problem(entry.samples.name, "the manifest counts other families than it holds");
    }
  }

  void check_failures(std::size_t row) {
    const ManifestRow& entry = corpus_.manifest().rows[row];
    read(
        entry.failures.name, [&] { return &corpus_.failures(row); },
        [&](const Record& record) {
          ++report_.failures;
          check_identity(record);
          expect(!record.failure.stage.empty() && !record.failure.reason.empty(), record,
                 "a failure without stage or reason");
        });
  }

  /// Every row of a shard that can be opened.
  template <class Open, class Visit>
  void read(const std::string& name, Open open, Visit visit) {
    try {
      const Shard* shard = open();
      ++report_.shards;
      for (std::size_t i = 0; i < shard->size(); ++i) visit(shard->record(i));
    } catch (const InputError& error) {
      problem(name, error.what());
    }
  }

  void check_identity(const Record& record) {
    expect(ids_.insert(key_bits(record.key)).second, record, "another sample has its key");
    expect(record.id == record.family + "-" + record.key.substr(0, 16), record,
           "its id does not follow from its key");
    expect(record.seed == corpus_.manifest().header.seed, record, "it has another seed");
    if (record.canonical_form.empty()) return;  // a form that was refused has none
    expect(record.canonical_sha256 == hex(sha256(std::string_view(record.canonical_form))), record,
           "canonical_sha256 is not that of its canonical form");
    expect(record.key == sample_key(record.canonical_form, record), record,
           "its key does not follow from canonical form and schedule");
  }

  void check_sample(const Record& record, const ManifestRow& row) {
    expect(record.index >= row.candidate_begin && record.index < row.candidate_end, record,
           "its candidate is not one of its shard");
    expect(record.split == split_of(record.split_group), record, "it stands in another split");
    expect(record.tier >= Tier::verified && record.failure.stage.empty(), record,
           "it is not verified");
    expect(!record.checks.empty() && std::all_of(record.checks.begin(), record.checks.end(),
                                                 [](const Check& c) { return c.pass; }),
           record, "a check of it did not pass, or there is none");
    expect(!record.form_text.empty() && !record.kernel_ir.empty() && !record.cuda.empty() &&
               !record.ptx.empty() && !record.cubin.empty(),
           record, "a level is empty");
  }

  /// Positions of the samples that are executed, spread evenly.
  std::vector<std::uint64_t> chosen() const {
    const std::uint64_t size = corpus_.size();
    const std::uint64_t count = std::min(options_.execute.value_or(size), size);
    std::vector<std::uint64_t> positions;
    for (std::uint64_t i = 0; i < count; ++i) positions.push_back(i * size / count);
    return positions;
  }

  void execute() {
    struct Task {
      Record record;
      std::string wrong;
      std::future<void> done;
    };
    const auto positions = chosen();
    std::deque<Task> tasks;  // outlives the workers
    const unsigned jobs =
        options_.jobs > 0 ? options_.jobs : std::max(1U, std::thread::hardware_concurrency());
    Workers workers(jobs);
    std::size_t next = 0;
    while (next < positions.size() || !tasks.empty()) {
      if (next < positions.size() && tasks.size() < std::size_t{4} * jobs) {
        submit(positions[next++], tasks, workers);
        continue;
      }
      Task& task = tasks.front();
      if (task.done.valid()) {
        task.done.get();
        ++report_.executed;
        if (!task.wrong.empty()) problem(task.record.id, task.wrong);
      }
      tasks.pop_front();
      if (options_.progress) options_.progress(report_.executed, positions.size());
    }
  }

  template <class Tasks>
  void submit(std::uint64_t position, Tasks& tasks, Workers& workers) {
    auto& task = tasks.emplace_back();
    try {
      task.record = corpus_.record(position);
    } catch (const InputError&) {
      return;  // told already: its shard cannot be read
    }
    auto* pointer = &task;
    task.done = workers.submit([this, pointer] {
      try {
        pointer->wrong = options_.run(pointer->record);
      } catch (const InputError& error) {
        pointer->wrong = error.what();
      } catch (const InternalError& error) {
        pointer->wrong = error.what();
      }
    });
  }

  const ValidateOptions& options_;
  Corpus corpus_;
  ValidateReport report_;
  std::unordered_set<std::uint64_t> ids_;  // looked up, never iterated
};

}  // namespace

ValidateReport validate(const std::filesystem::path& folder, const ValidateOptions& options) {
  Validation validation(folder, options);
  return validation();
}

std::string to_text(const ValidateReport& report) {
  std::string text;
  for (const Problem& p : report.problems) text += fmt::format("{}: {}\n", p.where, p.what);
  text += fmt::format(
      "{}: {} shards, {} samples and {} failures read, {} samples executed anew, {} "
      "problems\n",
      report.passed() ? "valid" : "not valid", report.shards, report.samples, report.failures,
      report.executed, report.problems.size());
  return text;
}

std::string to_json(const ValidateReport& report) {
  nlohmann::ordered_json json;
  json["valid"] = report.passed();
  json["shards"] = report.shards;
  json["samples"] = report.samples;
  json["failures"] = report.failures;
  json["executed"] = report.executed;
  json["problems"] = nlohmann::ordered_json::array();
  for (const Problem& p : report.problems) {
    json["problems"].push_back({{"where", p.where}, {"what", p.what}});
  }
  return json.dump(2);
}

}  // namespace femsynth::datasets
