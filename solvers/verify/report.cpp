#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "solvers/verify/verify.hpp"

namespace femsynth::solvers {
namespace {

using Json = nlohmann::ordered_json;

Json figure(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json to_json(const Check& check) {
  return {{"form", check.form},
          {"strategy", check.strategy},
          {"executor", check.executor},
          {"oracle", check.oracle},
          {"mesh", check.mesh},
          {"input", check.input},
          {"quantity", check.quantity},
          {"entries", check.entries},
          {"undecided", check.undecided},
          {"error", figure(check.error)},
          {"tolerance", figure(check.tolerance)},
          {"ratio", figure(check.ratio)},
          {"entry", check.entry},
          {"detail", check.detail},
          {"pass", check.pass}};
}

/// The checks of one mesh and quantity, in one line.
struct Row {
  const Check* worst = nullptr;
  int inputs = 0;
  std::size_t entries = 0;
  std::size_t undecided = 0;
  bool pass = true;
};

std::vector<Row> rows_of(const VerifyReport& report) {
  std::vector<Row> rows;
  for (const Check& check : report.checks) {
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) {
      return r.worst->mesh == check.mesh && r.worst->quantity == check.quantity;
    });
    if (row == rows.end()) {
      rows.push_back({&check, 0, 0, 0, true});
      row = rows.end() - 1;
    }
    ++row->inputs;
    row->entries += check.entries;
    row->undecided += check.undecided;
    row->pass = row->pass && check.pass;
    // A failed check is worse than any that passed.
    const bool worse =
        check.pass == row->worst->pass ? check.ratio > row->worst->ratio : row->worst->pass;
    if (worse) row->worst = &check;
  }
  return rows;
}

}  // namespace

const char* name_of(Tier tier) {
  switch (tier) {
    case Tier::compiled:
      return "compiled";
    case Tier::executed:
      return "executed";
    case Tier::verified:
      return "verified";
  }
  return "";
}

std::string VerifyReport::verdict() const {
  if (tier == Tier::verified) return "verified";
  if (tier == Tier::compiled) return "fault";
  const bool failed =
      std::any_of(checks.begin(), checks.end(), [](const Check& c) { return !c.pass; });
  return failed ? "mismatch" : "untested";
}

const Check* VerifyReport::worst() const {
  const auto at = std::max_element(checks.begin(), checks.end(), [](const auto& a, const auto& b) {
    return a.pass == b.pass ? a.ratio < b.ratio : a.pass;
  });
  return at == checks.end() ? nullptr : &*at;
}

std::string to_text(const VerifyReport& report) {
  std::string text = fmt::format("form {}: {}, {}, executed by {}, judged by {} {}\n", report.form,
                                 report.strategy, report.precision, report.executor, report.oracle,
                                 report.oracle_version);
  if (!report.rules.empty()) {
    text += fmt::format("  judged as sums: {}\n", fmt::join(report.rules, ", "));
  }
  const auto rows = rows_of(report);
  std::size_t width = 4;
  for (const Row& row : rows) width = std::max(width, row.worst->mesh.size());
  text += fmt::format("  {:<{}}  {:<12}  {:>6}  {:>8}  {:>10}  {:>10}  {:>9}\n", "mesh", width,
                      "quantity", "inputs", "entries", "error", "tolerance", "ratio");
  for (const Row& row : rows) {
    const Check& c = *row.worst;
    text += fmt::format("  {:<{}}  {:<12}  {:>6}  {:>8}  ", c.mesh, width, c.quantity, row.inputs,
                        row.entries);
    text += c.quantity == "numbering" || c.quantity == "reproduction"
                ? fmt::format("{:>10}  {:>10}  {:>9}", "-", "-", "-")
                : fmt::format("{:>10.3e}  {:>10.3e}  {:>9.2e}", c.error, c.tolerance, c.ratio);
    text += row.pass ? "  pass" : fmt::format("  FAIL: input {}: {}", c.input, c.detail);
    if (row.undecided > 0) text += fmt::format("  ({} undecided)", row.undecided);
    text += '\n';
  }
  text +=
      fmt::format("  {}{}{}\n", report.verdict(), report.reason.empty() ? "" : ": ", report.reason);
  return text;
}

std::string to_json(std::span<const VerifyReport> reports) {
  Json checks = Json::array();
  Json list = Json::array();
  std::string verdict = "verified";
  for (const VerifyReport& report : reports) {
    if (!report.passed() && verdict == "verified") verdict = report.verdict();
    list.push_back({{"form", report.form},
                    {"strategy", report.strategy},
                    {"precision", report.precision},
                    {"executor", report.executor},
                    {"oracle", report.oracle},
                    {"oracle_version", report.oracle_version},
                    {"rules", report.rules},
                    {"verdict", report.verdict()},
                    {"tier", name_of(report.tier)},
                    {"reason", report.reason}});
    for (const Check& check : report.checks) checks.push_back(to_json(check));
  }
  const Json document = {{"verdict", verdict}, {"reports", list}, {"checks", checks}};
  return document.dump(2) + "\n";
}

}  // namespace femsynth::solvers
