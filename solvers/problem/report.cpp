#include "solvers/problem/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include "solvers/problem/manufactured.hpp"

namespace femsynth::solvers {
namespace {

using Json = nlohmann::ordered_json;

std::string error_text(const std::optional<double>& error) {
  return error ? fmt::format("{:.3e}", *error) : "-";
}

std::string order_text(const SolveLevel& level, const std::optional<double>& order) {
  if (order) return fmt::format("{:.2f}", *order);
  return level.exact_to_rounding ? "exact" : "-";
}

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json level_json(const SolveLevel& level) {
  Json json;
  json["mesh"] = level.mesh;
  json["cells"] = level.cells;
  json["dofs"] = level.dofs;
  json["unknowns"] = level.unknowns;
  json["h"] = level.width;
  json["max_abs"] = level.largest;
  json["l2_error"] = number_or_null(level.l2_error);
  json["l2_order"] = number_or_null(level.l2_order);
  json["h1_error"] = number_or_null(level.h1_error);
  json["h1_order"] = number_or_null(level.h1_order);
  json["exact_to_rounding"] = level.exact_to_rounding;
  json["difference"] = number_or_null(level.difference);
  json["tolerance"] = level.tolerance;
  json["condition"] = level.condition;
  json["residual"] = level.residual;
  json["backward_error"] = level.backward_error;
  json["iterations"] = level.iterations;
  json["seconds"] = Json::object();
  for (const auto& [stage, seconds] : level.seconds) json["seconds"][stage] = seconds;
  return json;
}

}  // namespace

std::string solve_text(const SolveReport& report) {
  std::string text = fmt::format("{}: {}, {}\n", report.problem, report.form_file, report.element);
  const bool compared = !report.levels.empty() && report.levels.back().difference.has_value();
  text += fmt::format("executor {}, linear solver {}, oracle {}\n\n", report.executor,
                      name_of(report.method), compared ? report.oracle : "none");
  text += fmt::format("{:>9} {:>9} {:>10} {:>11} {:>6} {:>11} {:>6} {:>12} {:>10} {:>10}\n",
                      "cells", "dofs", "h", "L2 error", "order", "H1 error", "order", "difference",
                      "tolerance", "condition");
  for (const SolveLevel& level : report.levels) {
    text += fmt::format(
        "{:>9} {:>9} {:>10.4g} {:>11} {:>6} {:>11} {:>6} {:>12} {:>10} {:>10.2e}\n", level.cells,
        level.dofs, level.width, error_text(level.l2_error), order_text(level, level.l2_order),
        error_text(level.h1_error), order_text(level, level.h1_order),
        level.difference ? fmt::format("{:.2e}", *level.difference) : "-",
        level.difference ? fmt::format("{:.2e}", level.tolerance) : "-", level.condition);
  }
  if (report.levels.back().l2_error) {
    text += fmt::format("{:>9} {:>9} {:>10} {:>11} {:>6.2f} {:>11} {:>6}\n", "", "", "", "expected",
                        report.expected_l2, "",
                        report.expected_h1 ? fmt::format("{:.2f}", *report.expected_h1) : "");
  }
  text += "\n";
  if (compared) {
    text += fmt::format(
        "difference: to the solution by {}'s own elements, assembly and solver, max norm, "
        "relative;\n"
        "tolerance: 2 * condition * ({:g} * 2^-53 + backward error), at most {:g}\n",
        report.oracle, kAssemblyRoundings, kLargestTolerance);
  } else {
    text += fmt::format("not compared with deal.II: {}\n",
                        report.oracle_missing.empty() ? "not asked for" : report.oracle_missing);
  }
  for (const std::string& failure : report.failures) text += fmt::format("WRONG: {}\n", failure);
  if (report.pass()) text += "all checks passed\n";
  return text;
}

std::string solve_times(const SolveReport& report) {
  std::string text = fmt::format("compilation {:.3f} s", report.compile_seconds);
  for (const SolveLevel& level : report.levels) {
    text += fmt::format("\n{}:", level.mesh);
    for (const auto& [stage, seconds] : level.seconds) {
      text += fmt::format("{} {} {:.3f} s", &seconds == &level.seconds.front().second ? "" : ",",
                          stage, seconds);
    }
  }
  return text;
}

Json solve_json(const SolveReport& report) {
  Json json;
  json["problem"] = report.problem;
  json["form_file"] = report.form_file;
  json["element"] = report.element;
  json["executor"] = report.executor;
  json["solver"] = name_of(report.method);
  json["oracle"] = report.oracle.empty() ? Json(nullptr) : Json(report.oracle);
  json["verdict"] = report.pass() ? "pass" : "fail";
  json["failures"] = report.failures;
  json["expected_l2_order"] = report.expected_l2;
  json["expected_h1_order"] = number_or_null(report.expected_h1);
  json["compile_seconds"] = report.compile_seconds;
  json["levels"] = Json::array();
  for (const SolveLevel& level : report.levels) json["levels"].push_back(level_json(level));
  return json;
}

std::string to_text(const ManufacturedReport& report) {
  std::string text = fmt::format("form {}: manufactured solution\n", report.form);
  for (const ManufacturedLevel& level : report.levels) {
    text += fmt::format("  {:<24} {:>7} dofs  L2 {:.3e}  H1 {:.3e}", level.mesh, level.dofs,
                        level.l2_error, level.h1_error);
    if (level.l2_order && level.h1_order) {
      text += fmt::format("  orders {:.2f}, {:.2f}", *level.l2_order, *level.h1_order);
    }
    text += '\n';
  }
  return text + fmt::format("  {} (orders {:g} and {:g} are expected)\n",
                            report.passed ? "converges" : report.reason, report.expected_l2,
                            report.expected_h1);
}

std::string to_json(const ManufacturedReport& report) {
  const auto number = [](std::optional<double> value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
  };
  Json levels = Json::array();
  for (const ManufacturedLevel& level : report.levels) {
    levels.push_back({{"mesh", level.mesh},
                      {"dofs", level.dofs},
                      {"l2_error", number(level.l2_error)},
                      {"h1_error", number(level.h1_error)},
                      {"l2_order", number(level.l2_order)},
                      {"h1_order", number(level.h1_order)}});
  }
  const Json document = {{"form", report.form},
                         {"applies", report.applies},
                         {"pass", report.passed},
                         {"reason", report.reason},
                         {"expected_l2", report.expected_l2},
                         {"expected_h1", report.expected_h1},
                         {"levels", levels}};
  return document.dump(2);
}

}  // namespace femsynth::solvers
