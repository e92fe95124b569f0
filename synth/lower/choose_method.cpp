#include "synth/lower/choose_method.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "synth/kernel/cost.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/reference_tensor.hpp"
#include "synth/lower/tensor_product.hpp"

namespace femsynth::synth {
namespace {

/// Numbers of a table that stand in one line of source.
constexpr double kNumbersALine = 4;
/// Costs count as equal below this ratio.
constexpr double kEqual = 1.1;
/// A method may take this many times the lines of the shortest one, or kLines lines.
constexpr double kMoreLines = 4;
constexpr double kLines = 2000;

/// A method's function, with the tables that it needs.
struct Variant {
  MethodCandidate candidate;
  ElementFunction function;
  TableSet tables;
};

double count_lines(const std::vector<Statement>& body) {
  double lines = 0;
  for (const Statement& s : body) lines += 1 + count_lines(s.body);
  return lines;
}

void collect_names(const Expression& e, std::set<std::string>& names) {
  if (!e.name.empty()) names.insert(e.name);
  for (const Expression& operand : e.operands) collect_names(operand, names);
}

void collect_names(const std::vector<Statement>& body, std::set<std::string>& names) {
  for (const Statement& s : body) {
    collect_names(s.target, names);
    collect_names(s.value, names);
    for (const Expression& e : s.arguments) collect_names(e, names);
    collect_names(s.body, names);
  }
}

/// Entries of the tables that a function reads.
double table_entries(const TableSet& tables, const Function& function) {
  std::set<std::string> names;
  collect_names(function.body, names);
  double entries = 0;
  for (const Table& table : tables.tables()) {
    if (names.contains(table.name)) entries += static_cast<double>(table.values.size());
  }
  return entries;
}

/// How often a kernel calls the function for one entity.
double calls_of(const IntegralContext& context) {
  if (!context.by_columns) return 1;
  double columns = 0;
  for (const StripLayout& strip : strips_of(context, 1)) columns += strip.nodes;
  return columns;
}

double count_flops(const IntegralContext& context, const IntegrandFunction& integrand,
                   const Variant& variant) {
  Module module;
  for (const Table& table : variant.tables.tables()) {
    module.tables.push_back({table.name, "", table.type, table.dims, {}});
  }
  module.functions = {integrand.function, variant.function.function};
  return calls_of(context) * count_operations(module, module.functions[1]).flops();
}

std::string why_not(const IntegralContext& context, Method method) {
  switch (method) {
    case Method::quadrature:
      return "";
    case Method::reference_tensor:
      return why_no_reference_tensor(context);
    case Method::sum_factorisation:
      return why_no_sum_factorisation(context);
  }
  throw InternalError("unknown method");
}

Variant make_variant(const IntegralContext& context, const IntegrandFunction& integrand,
                     const TableSet& tables, Method method) {
  Variant variant{{method, why_not(context, method), 0, 0}, {}, {}};
  if (!variant.candidate.why_not.empty()) return variant;
  variant.tables = tables;
  variant.function = make_element_function(context, integrand, variant.tables, method);
  const double entries = table_entries(variant.tables, variant.function.function);
  if (entries > static_cast<double>(limits::table_entries)) {
    variant.candidate.why_not = fmt::format("its tables have {} entries", entries);
    return variant;
  }
  const std::size_t bytes = local_bytes(variant.function.function.body);
  if (method == Method::sum_factorisation && bytes > max_local_bytes) {
    variant.candidate.why_not = fmt::format("its arrays need {} KiB a thread", bytes / 1024);
    return variant;
  }
  variant.candidate.flops = count_flops(context, integrand, variant);
  variant.candidate.lines = count_lines(variant.function.function.body) + entries / kNumbersALine;
  return variant;
}

bool is_better(const MethodCandidate& a, const MethodCandidate& b) {
  if (a.lines > std::max(kLines, kMoreLines * b.lines)) return false;
  if (b.lines > std::max(kLines, kMoreLines * a.lines)) return true;
  if (a.flops * kEqual < b.flops) return true;
  return a.flops < b.flops * kEqual && a.lines < b.lines;
}

std::string reason_of(const MethodChoice& choice) {
  std::vector<std::string> others;
  double flops = 0;
  for (const MethodCandidate& c : choice.candidates) {
    if (c.method == choice.method) flops = c.flops;
  }
  for (const MethodCandidate& c : choice.candidates) {
    if (c.method == choice.method) continue;
    others.push_back(c.why_not.empty() ? fmt::format("{} takes {:.0f} flops, {:.0f} lines",
                                                     name_of(c.method), c.flops, c.lines)
                                       : fmt::format("no {}: {}", name_of(c.method), c.why_not));
  }
  return fmt::format("{:.0f} flops; {}", flops, fmt::join(others, "; "));
}

}  // namespace

ElementFunction choose_element_function(const IntegralContext& context,
                                        const IntegrandFunction& integrand, TableSet& tables,
                                        std::optional<Method> wanted, MethodChoice& choice) {
  std::vector<Variant> variants;
  for (const Method method :
       {Method::quadrature, Method::reference_tensor, Method::sum_factorisation}) {
    variants.push_back(make_variant(context, integrand, tables, method));
    choice.candidates.push_back(variants.back().candidate);
  }
  Variant* best = nullptr;
  for (Variant& variant : variants) {
    if (!variant.candidate.why_not.empty()) continue;
    if (wanted == variant.candidate.method) {
      best = &variant;
      break;
    }
    if (best == nullptr || is_better(variant.candidate, best->candidate)) best = &variant;
  }
  if (best == nullptr) {
    throw InputError(
        fmt::format("{}, at most {} are taken: lower the quadrature degree or that "
                    "of an element",
                    variants[0].candidate.why_not, limits::table_entries));
  }
  choice.method = best->candidate.method;
  choice.reason = reason_of(choice);
  tables = std::move(best->tables);
  return std::move(best->function);
}

}  // namespace femsynth::synth
