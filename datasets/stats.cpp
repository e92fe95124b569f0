#include "datasets/stats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "datasets/store/columns.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::datasets {
namespace {

/// Columns that samples are counted by, in the order of the tables.
const std::vector<std::string> counted{"family",    "cell",       "element", "degree", "strategy",
                                       "precision", "block_size", "rank",    "tier",   "split"};
/// Levels whose sizes are told.
const std::vector<std::string> measured{"form_text", "canonical_form", "kernel_ir",  "cuda",
                                        "ptx",       "cubin",          "compile_log"};
const std::vector<std::string> figures{"registers", "spill_bytes", "instructions"};

/// Order of tables: by value of numbers, by name otherwise.
std::vector<std::pair<std::string, std::uint64_t>> sorted(
    const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    const auto is_number = [](const std::string& s) {
      return !s.empty() && s.find_first_not_of("0123456789") == std::string::npos;
    };
    if (is_number(a.first) && is_number(b.first))
      return std::stoull(a.first) < std::stoull(b.first);
    return a.first < b.first;
  });
  return rows;
}

Distribution distribution_of(std::vector<std::uint64_t> values) {
  Distribution d;
  if (values.empty()) return d;
  std::sort(values.begin(), values.end());
  const auto quantile = [&](std::size_t quarter) {
    return values[(values.size() - 1) * quarter / 4];
  };
  d.least = values.front();
  d.lower_quartile = quantile(1);
  d.median = quantile(2);
  d.upper_quartile = quantile(3);
  d.greatest = values.back();
  for (std::uint64_t value : values) d.sum += value;
  return d;
}

std::string printed(const Column& c, const Record& record) {
  if (std::string(c.name) == "tier") return name_of(record.tier);
  return c.type == ColumnType::number ? fmt::format("{}", number_value(c, record))
                                      : text_value(c, record);
}

nlohmann::ordered_json to_object(const Distribution& d) {
  return {{"least", d.least},       {"lower_quartile", d.lower_quartile},
          {"median", d.median},     {"upper_quartile", d.upper_quartile},
          {"greatest", d.greatest}, {"sum", d.sum}};
}

/// Rows of cells as aligned text, or as a Markdown table.
std::string table(const std::vector<std::vector<std::string>>& rows, bool markdown) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += markdown ? "|" : " ";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += i == 0 ? fmt::format(" {:<{}}", rows[r][i], widths[i])
                     : fmt::format(" {:>{}}", rows[r][i], widths[i]);
      if (markdown) text += " |";
    }
    text += '\n';
    if (r > 0 || !markdown) continue;
    text += "|";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += fmt::format("{:-<{}}{}|", "", widths[i] + 1, i == 0 ? "-" : ":");
    }
    text += '\n';
  }
  return text;
}

std::string render(const CorpusStatistics& s, bool markdown) {
  const auto title = [&](const std::string& text) {
    return markdown ? fmt::format("\n## {}\n\n", text) : fmt::format("\n{}\n", text);
  };
  std::string versions;
  for (const auto& [name, version] : s.versions) {
    versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", name, version);
  }
  std::string text = markdown ? "# Statistics of a corpus\n\n" : "";
  text += fmt::format(
      "{} samples of {} distinct forms in {} split groups, {:.1f} MB stored; seed {}; {}.\n",
      s.samples, s.distinct_forms, s.split_groups, static_cast<double>(s.stored_bytes) / 1e6,
      s.seed, versions);
  text += fmt::format(
      "{} candidates drawn: {} exact duplicates and {} beyond the cost limit dropped, {} failed.\n",
      s.candidates, s.duplicates, s.too_costly, s.failures);
  text +=
      fmt::format("{} comparisons with the oracle; the largest error is {:.2f} of its tolerance.\n",
                  s.checks, s.worst_ratio);
  for (const std::string& name : counted) {
    text += title("by " + name);
    std::vector<std::vector<std::string>> rows{{name, "samples", "share"}};
    for (const auto& [value, count] : sorted(s.counts.at(name))) {
      rows.push_back({value, fmt::format("{}", count),
                      fmt::format("{:.1f} %",
                                  100.0 * static_cast<double>(count) /
                                      static_cast<double>(std::max<std::uint64_t>(s.samples, 1)))});
    }
    text += table(rows, markdown);
  }
  text += title("sizes in bytes, and figures of the kernels");
  std::vector<std::vector<std::string>> rows{
      {"", "least", "quartile", "median", "quartile", "greatest", "sum"}};
  for (const auto* names : {&measured, &figures}) {
    for (const std::string& name : *names) {
      const Distribution& d = s.distributions.at(name);
      rows.push_back({name});
      for (std::uint64_t value :
           {d.least, d.lower_quartile, d.median, d.upper_quartile, d.greatest, d.sum}) {
        rows.back().push_back(fmt::format("{}", value));
      }
    }
  }
  text += table(rows, markdown);
  if (s.failures > 0) {
    text += title("failures by stage");
    rows = {{"stage", "failures", "for example"}};
    for (const auto& [stage, count] : s.failures_by_stage) {
      rows.push_back({stage, fmt::format("{}", count), s.failure_examples.at(stage)});
    }
    text += table(rows, markdown);
  }
  return text;
}

}  // namespace

CorpusStatistics statistics(Corpus& corpus) {
  CorpusStatistics s;
  const Manifest& manifest = corpus.manifest();
  s.seed = manifest.header.seed;
  s.versions = manifest.header.versions;
  s.candidates = manifest.next_candidate();
  for (const ManifestRow& row : manifest.rows) {
    s.duplicates += row.duplicates;
    s.too_costly += row.too_costly;
    std::error_code missing;  // reading the shard says so, below
    const auto size = std::filesystem::file_size(corpus.folder() / row.samples.name, missing);
    if (!missing) s.stored_bytes += size;
  }
  for (const std::string& name : counted) s.counts[name];
  std::map<std::string, std::vector<std::uint64_t>> values;
  std::set<std::string> forms;
  std::set<std::string> groups;
  corpus.for_each_sample([&](const Record& record) {
    ++s.samples;
    for (const std::string& name : counted) ++s.counts[name][printed(column(name), record)];
    for (const std::string& name : measured) {
      values[name].push_back(text_value(column(name), record).size());
    }
    for (const std::string& name : figures) {
      values[name].push_back(number_value(column(name), record));
    }
    forms.insert(record.canonical_sha256.substr(0, 32));
    groups.insert(record.split_group.substr(0, 32));
    s.checks += record.checks.size();
    for (const Check& check : record.checks) s.worst_ratio = std::max(s.worst_ratio, check.ratio);
  });
  s.distinct_forms = forms.size();
  s.split_groups = groups.size();
  for (const auto* names : {&measured, &figures}) {
    for (const std::string& name : *names) s.distributions[name] = distribution_of(values[name]);
  }
  corpus.for_each_failure([&](const Record& record) {
    ++s.failures;
    ++s.failures_by_stage[record.failure.stage];
    const std::string reason = record.failure.reason.substr(0, record.failure.reason.find('\n'));
    s.failure_examples.emplace(record.failure.stage,
                               fmt::format("{}: {}", record.id, reason.substr(0, 120)));
  });
  return s;
}

std::string to_text(const CorpusStatistics& statistics) { return render(statistics, false); }

std::string to_markdown(const CorpusStatistics& statistics) { return render(statistics, true); }

std::string to_json(const CorpusStatistics& s) {
  nlohmann::ordered_json json;
  json["samples"] = s.samples;
  json["failures"] = s.failures;
  json["candidates"] = s.candidates;
  json["duplicates"] = s.duplicates;
  json["too_costly"] = s.too_costly;
  json["stored_bytes"] = s.stored_bytes;
  json["seed"] = s.seed;
  json["versions"] = s.versions;
  json["checks"] = s.checks;
  json["worst_ratio"] = s.worst_ratio;
  json["distinct_forms"] = s.distinct_forms;
  json["split_groups"] = s.split_groups;
  for (const std::string& name : counted) {
    auto& object = json["by_" + name] = nlohmann::ordered_json::object();
    for (const auto& [value, count] : sorted(s.counts.at(name))) object[value] = count;
  }
  for (const auto& [name, distribution] : s.distributions) {
    json["distributions"][name] = to_object(distribution);
  }
  json["failures_by_stage"] = s.failures_by_stage;
  return json.dump(2);
}

}  // namespace femsynth::datasets
