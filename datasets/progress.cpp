#include "datasets/progress.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace femsynth::datasets {
namespace {

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

}  // namespace

std::string to_text(const Progress& p) {
  std::string text = fmt::format("{} of {} samples", p.samples, p.count);
  if (p.samples_per_second > 0) text += fmt::format(", {:.1f} a second", p.samples_per_second);
  if (p.seconds_left > 0) text += fmt::format(", {} left", duration(p.seconds_left));
  return text + fmt::format("; {} failed, {} duplicates", p.failures, p.duplicates);
}

std::string to_text(const GenerateSummary& s) {
  std::string text = fmt::format(
      "{} of {} samples ({} new){}; {} failed, {} duplicates and {} too costly among {} "
      "candidates\n",
      s.total.samples, s.total.count, s.new_samples, s.interrupted ? ", stopped early" : "",
      s.total.failures, s.total.duplicates, s.total.too_costly, s.total.candidates);
  text += fmt::format(
      "{:.1f} s with {} jobs, {:.1f} samples a second; seconds by stage, all threads:\n",
      s.wall_seconds, s.jobs, s.total.samples_per_second);
  double sum = 0;
  for (const auto& [stage, seconds] : s.seconds) sum += seconds;
  for (const auto& [stage, seconds] : s.seconds) {
    text += fmt::format("  {:<8} {:>9.2f}  {:>4.0f} %\n", stage, seconds,
                        sum > 0 ? 100 * seconds / sum : 0);
  }
  return text;
}

std::string to_json(const GenerateSummary& s) {
  nlohmann::ordered_json json{{"samples", s.total.samples},
                              {"count", s.total.count},
                              {"new_samples", s.new_samples},
                              {"interrupted", s.interrupted},
                              {"failures", s.total.failures},
                              {"duplicates", s.total.duplicates},
                              {"too_costly", s.total.too_costly},
                              {"candidates", s.total.candidates},
                              {"jobs", s.jobs},
                              {"wall_seconds", s.wall_seconds},
                              {"seconds_by_stage", s.seconds}};
  return json.dump(2);
}

}  // namespace femsynth::datasets
