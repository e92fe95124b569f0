#include "cli/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "meshes/topology.hpp"
#include "synth/kernel/cost.hpp"
#include "synth/lower/points.hpp"

namespace femsynth::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string domain_name(const fem::IntegralGroup& group) {
  std::string name = fem::measure_name(group.kind);
  if (group.subdomains.empty()) return name;
  return fmt::format("{}({})", name, fmt::join(group.subdomains, ", "));
}

/// Points of the group's rule if it had that degree; on one facet for ds, dS.
std::size_t point_count(const fem::ExprGraph& graph, const fem::IntegralGroup& group, int degree) {
  return synth::make_points(graph.cell(), group.kind, {degree, &group.scheme}).count;
}

/// Where the rule's points come from.
std::string rule_name(const fem::ExprGraph& graph, const fem::IntegralGroup& group) {
  if (group.kind == fem::IntegralKind::vertex) return "the vertex itself";
  if (group.of_element) return "those of a quadrature element";
  if (group.scheme.custom) return "given by the form";
  const meshes::CellType cell = graph.cell();
  const bool facet = group.kind != fem::IntegralKind::cell;
  if (facet && meshes::dimension(cell) == 1) return "the facet itself";
  const meshes::CellType where = facet ? meshes::facet_type(cell, 0) : cell;
  const std::string& scheme = group.scheme.name;
  if (scheme == "vertex") return "the vertices";
  if (scheme == "gll") return "Gauss-Lobatto-Legendre";
  switch (where) {
    case meshes::CellType::triangle:
    case meshes::CellType::tetrahedron:
      return scheme != "gauss_jacobi" && group.degree <= 30 ? "Xiao-Gimbutas"
                                                            : "collapsed Gauss-Jacobi";
    case meshes::CellType::prism:
      return "Gauss-Jacobi times Gauss-Legendre";
    case meshes::CellType::pyramid:
      return "collapsed Gauss-Jacobi";
    case meshes::CellType::interval:
    case meshes::CellType::quadrilateral:
    case meshes::CellType::hexahedron:
      return "Gauss-Legendre";
  }
  throw InternalError("unknown cell type");
}

bool is_asked_for(const fem::Form& form, const fem::IntegralGroup& group) {
  return std::any_of(group.members.begin(), group.members.end(),
                     [&](std::size_t k) { return form.integrals[k].degree.has_value(); });
}

/// "64 points where 27 do", or "" where there is nothing to save.
std::string saved_points(const fem::ExprGraph& graph, const fem::IntegralGroup& group, int enough) {
  const std::size_t now = point_count(graph, group, group.degree);
  const std::size_t then = point_count(graph, group, enough);
  return now == then ? "" : fmt::format(": {} points where {} do", now, then);
}

/// What a user may want to change about the rule; empty if nothing.
std::string quadrature_note(const fem::ExprGraph& graph, const fem::IntegralGroup& group,
                            bool asked) {
  if (group.kind == fem::IntegralKind::vertex || group.of_element) return "";
  if (!group.scheme.has_degree()) {
    return asked ? "the rule has no degree: the one that is asked for is not read" : "";
  }
  const int polynomial = fem::polynomial_degree(graph, group.integrand);
  if (polynomial < 0) {
    return asked ? "the integrand is no polynomial: no rule is exact"
                 : "the integrand is no polynomial: the degree is an estimate, no rule is exact";
  }
  const char* given = asked ? "asked for" : "the estimate";
  if (meshes::is_simplex(graph.cell())) {
    if (!group.exact) {
      return fmt::format("not exact: degree={} would be on affine cells, {} is {}", polynomial,
                         group.degree, given);
    }
    if (group.degree <= polynomial) return "";
    return fmt::format("over-integrated: degree={} is exact on affine cells, {} is {}{}",
                       polynomial, group.degree, given, saved_points(graph, group, polynomial));
  }
  // On other cells the Jacobian adds to the degree, which the estimate allows for.
  if (group.degree == group.estimated_degree) return "";
  return fmt::format("{}: degree={} is the estimate, {} is asked for{}",
                     group.degree > group.estimated_degree ? "over-integrated" : "under-integrated",
                     group.estimated_degree, group.degree,
                     saved_points(graph, group, group.estimated_degree));
}

Json candidate_json(const synth::MethodCandidate& candidate) {
  Json result;
  result["method"] = synth::name_of(candidate.method);
  result["applies"] = candidate.why_not.empty();
  if (candidate.why_not.empty()) {
    result["flops"] = candidate.flops;
    result["lines"] = std::ceil(candidate.lines);
  } else {
    result["why_not"] = candidate.why_not;
  }
  return result;
}

Json integral_json(const CompiledForm& form, std::size_t number) {
  const fem::IntegralGroup& group = form.program.integrals[number];
  const synth::MethodChoice& choice = form.program.methods[number];
  const fem::ExprGraph& graph = form.program.lowered->graph;
  const bool asked = is_asked_for(form.program.form, group);
  Json result;
  result["domain"] = domain_name(group);
  if (group.scheme.has_degree()) {
    result["degree"] = group.degree;
  } else {
    result["degree"] = nullptr;
  }
  result["reason"] = asked || !group.scheme.has_degree() ? "asked for" : "estimated";
  result["estimated_degree"] = group.estimated_degree;
  result["points"] = point_count(graph, group, group.degree);
  result["rule"] = rule_name(graph, group);
  result["exact"] = group.exact;
  result["method"] = synth::name_of(choice.method);
  result["method_reason"] = choice.reason;
  result["candidates"] = Json::array();
  for (const synth::MethodCandidate& candidate : choice.candidates) {
    result["candidates"].push_back(candidate_json(candidate));
  }
  result["columns"] = choice.columns;
  std::vector<std::string> notes;
  if (std::string note = quadrature_note(graph, group, asked); !note.empty()) {
    notes.push_back(std::move(note));
  }
  if (choice.columns > 1) {
    notes.push_back(fmt::format(
        "by columns: the element matrix does not fit in local memory, the element function is "
        "called {} times a {}",
        choice.columns, group.kind == fem::IntegralKind::cell ? "cell" : "facet"));
  }
  if (!notes.empty()) result["note"] = fmt::format("{}", fmt::join(notes, "; "));
  return result;
}

double global_bytes(const std::map<std::string, double>& accesses, const synth::Function& function,
                    double real_size) {
  double bytes = 0;
  for (const synth::FunctionParameter& p : function.parameters) {
    const auto at = accesses.find(p.name);
    if (!p.pointer || at == accesses.end()) continue;
    bytes += at->second * (p.type == synth::ValueType::real ? real_size : 4.0);
  }
  return bytes;
}

Json operations_json(const synth::Module& module, const synth::Function& function) {
  const synth::OperationCount count = synth::count_operations(module, function);
  const double real_size = module.single_precision ? 4.0 : 8.0;
  Json result;
  result["flops"] = count.flops();
  result["add"] = count.add;
  result["multiply"] = count.multiply;
  result["divide"] = count.divide;
  result["function_calls"] = count.function;
  result["atomics"] = count.atomic;
  result["integer"] = count.integer;
  result["bytes_read"] = global_bytes(count.loads, function, real_size);
  result["bytes_written"] = global_bytes(count.stores, function, real_size);
  result["exact"] = count.exact;
  return result;
}

const char* kind_name(synth::KernelPlan::Kind kind) {
  switch (kind) {
    case synth::KernelPlan::Kind::fill:
      return "fill";
    case synth::KernelPlan::Kind::integral:
      return "integral";
    case synth::KernelPlan::Kind::finish:
      return "finish";
  }
  throw InternalError("unknown kind of kernel");
}

const char* thread_unit(const CompiledForm& form, const synth::KernelPlan& plan) {
  if (plan.kind == synth::KernelPlan::Kind::fill) return "value";
  if (plan.kind == synth::KernelPlan::Kind::finish) return "thread";
  if (form.program.tabulated) return "cell";
  return form.program.integrals[plan.integral].kind == fem::IntegralKind::cell ? "cell" : "facet";
}

Json kernel_json(const CompiledForm& form, const synth::KernelPlan& plan) {
  Json result;
  result["name"] = plan.name;
  result["kind"] = form.program.tabulated ? "expression" : kind_name(plan.kind);
  result["per"] = thread_unit(form, plan);
  for (const synth::Function& function : form.program.ir.functions) {
    if (function.name == plan.name) {
      result["operations"] = operations_json(form.program.ir, function);
    }
  }
  if (!form.module) return result;
  for (const synth::ResourceUsage& usage : form.module->resources) {
    if (usage.kernel != plan.name) continue;
    result["resources"] = {{"registers", usage.registers},
                           {"spill_store_bytes", usage.spill_store_bytes},
                           {"spill_load_bytes", usage.spill_load_bytes},
                           {"stack_bytes", usage.stack_bytes},
                           {"shared_bytes", usage.shared_bytes}};
  }
  return result;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// "1 point", "3 points".
std::string count(double n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string integral_text(const Json& i) {
  std::string text = fmt::format(
      "  {}: {} ({}), {} ({}), {}\n", i["domain"].get<std::string>(),
      i["degree"].is_null() ? "rule" : fmt::format("degree {}", i["degree"].get<int>()),
      i["reason"].get<std::string>(), count(i["points"].get<double>(), "point"),
      i["rule"].get<std::string>(), i["exact"].get<bool>() ? "exact on affine cells" : "not exact");
  text += fmt::format("    method {}\n", i["method"].get<std::string>());
  for (const Json& candidate : i["candidates"]) {
    const std::string name = candidate["method"].get<std::string>();
    const char* mark = name == i["method"].get<std::string>() ? "*" : " ";
    text += candidate["applies"].get<bool>()
                ? fmt::format("    {} {:<17} {:>12.0f} flops {:>6.0f} lines\n", mark, name,
                              candidate["flops"].get<double>(), candidate["lines"].get<double>())
                : fmt::format("    {} {:<17} no: {}\n", mark, name,
                              candidate["why_not"].get<std::string>());
  }
  if (i.contains("note")) text += fmt::format("    note: {}\n", i["note"].get<std::string>());
  return text;
}

std::string kernel_text(const Json& kernel) {
  std::string text = fmt::format("  {} ({})\n", kernel["name"].get<std::string>(),
                                 kernel["kind"].get<std::string>());
  if (kernel.contains("operations")) {
    const Json& o = kernel["operations"];
    const double bytes = o["bytes_read"].get<double>() + o["bytes_written"].get<double>();
    text += fmt::format(
        "    a {}: {} flops ({} add, {} multiply, {} divide), {}, {}\n"
        "    a {}: {} bytes read, {} written{}{}\n",
        kernel["per"].get<std::string>(), o["flops"].get<double>(), o["add"].get<double>(),
        o["multiply"].get<double>(), o["divide"].get<double>(),
        count(o["function_calls"].get<double>(), "function call"),
        count(o["atomics"].get<double>(), "atomic"), kernel["per"].get<std::string>(),
        o["bytes_read"].get<double>(), o["bytes_written"].get<double>(),
        bytes > 0 ? fmt::format("; {:.2f} flops a byte", o["flops"].get<double>() / bytes) : "",
        o["exact"].get<bool>() ? "" : "; loops of unknown length counted once");
  }
  if (kernel.contains("resources")) {
    const Json& r = kernel["resources"];
    text +=
        fmt::format("    {} registers, {} + {} bytes spilled, {} bytes stack, {} bytes shared\n",
                    r["registers"].get<int>(), r["spill_store_bytes"].get<int>(),
                    r["spill_load_bytes"].get<int>(), r["stack_bytes"].get<int>(),
                    r["shared_bytes"].get<int>());
  }
  return text;
}

}  // namespace

Json report_json(const fem::FormModule& module, const CompiledForm& form, const std::string& arch) {
  Json result;
  result["name"] = form.program.form.name;
  result["rank"] = form.program.rank;
  result["cell"] = meshes::name_of(module.graph.cell());
  result["strategy"] = synth::name_of(form.program.schedule.strategy);
  result["precision"] = synth::name_of(form.program.schedule.precision);
  result["block_size"] = form.program.schedule.block_size;
  result["arch"] = arch;
  if (const auto& shape = form.program.tabulated) {
    result["points"] = shape->points;
    result["components"] = shape->components;
    result["dofs"] = shape->dofs;
  }
  result["integrals"] = Json::array();
  for (std::size_t k = 0; k < form.program.integrals.size(); ++k) {
    result["integrals"].push_back(integral_json(form, k));
  }
  result["kernels"] = Json::array();
  for (const synth::KernelPlan& plan : form.program.kernels) {
    result["kernels"].push_back(kernel_json(form, plan));
  }
  result["lines"] = {{"cuda", lines_of(form.program.cuda)}};
  if (form.module) {
    result["lines"]["ptx"] = lines_of(form.module->ptx);
    result["cubin_bytes"] = form.module->cubin.size();
    result["nvrtc"] = form.module->nvrtc_version;
    result["from_cache"] = form.from_cache;
  } else {
    result["not_compiled"] = form.not_compiled;
  }
  result["seconds"] = Json::object();
  for (const fem::PassTiming& time : form.times) result["seconds"][time.name] = time.seconds;
  return result;
}

std::string report_text(const Json& report) {
  const bool tabulated = report.contains("points");
  std::string text =
      fmt::format("{} {} (rank {}) on {}: strategy {}, {}, blocks of {}, {}\n",
                  tabulated ? "expression" : "form", report["name"].get<std::string>(),
                  report["rank"].get<int>(), report["cell"].get<std::string>(),
                  report["strategy"].get<std::string>(), report["precision"].get<std::string>(),
                  report["block_size"].get<int>(), report["arch"].get<std::string>());
  if (tabulated) {
    text += fmt::format("values\n  of a cell: {}, {}, {}\n",
                        count(report["points"].get<double>(), "point"),
                        count(report["components"].get<double>(), "component"),
                        count(report["dofs"].get<double>(), "dof"));
  } else {
    text += "integrals\n";
  }
  for (const Json& i : report["integrals"]) text += integral_text(i);
  text += "kernels\n";
  for (const Json& kernel : report["kernels"]) text += kernel_text(kernel);
  text += fmt::format("source\n  {} lines of CUDA C++", report["lines"]["cuda"].get<std::size_t>());
  if (report.contains("nvrtc")) {
    text +=
        fmt::format(", {} lines of PTX, {} bytes of cubin (NVRTC {})\n",
                    report["lines"]["ptx"].get<std::size_t>(),
                    report["cubin_bytes"].get<std::size_t>(), report["nvrtc"].get<std::string>());
  } else {
    text += fmt::format("; not compiled: {}\n", report["not_compiled"].get<std::string>());
  }
  if (!report.contains("seconds")) return text;
  text += "time\n";
  for (const auto& [step, seconds] : report["seconds"].items()) {
    text += fmt::format("  {:<24} {:>9.3f} ms\n", step, 1e3 * seconds.get<double>());
  }
  return text;
}

}  // namespace femsynth::cli
