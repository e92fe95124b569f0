#include "synth/lower/choose_method.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "synth/kernel/cost.hpp"
#include "synth/kernel/optimise/analysis.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/reference_tensor.hpp"
#include "synth/lower/tensor_jets.hpp"
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

/// A method's function.
struct Variant {
  MethodCandidate candidate;
  ElementFunction function;
};

double count_lines(const std::vector<Statement>& body) {
  double lines = 0;
  for (const Statement& s : body) lines += 1 + count_lines(s.body);
  return lines;
}

NameSet names_in(const ElementFunction& element) {
  NameSet names;
  collect_names(element.function.body, names);
  if (element.preparation) collect_names(element.preparation->body, names);
  return names;
}

/// Entries of the tables that a function reads.
double entries_read(const TableSet& tables, const ElementFunction& element) {
  const NameSet names = names_in(element);
  double entries = 0;
  for (const Table& table : tables.tables()) {
    if (names.contains(table.name)) entries += static_cast<double>(table.values.size());
  }
  return entries;
}

/// How often a kernel calls the function for one entity.
int calls_of(const IntegralContext& context) {
  if (!context.by_columns) return 1;
  int columns = 0;
  for (const StripLayout& strip : strips_of(context, 1)) columns += strip.nodes;
  return columns;
}

double count_flops(const IntegralContext& context, const IntegrandFunction& integrand,
                   const TableSet& tables, const ElementFunction& element) {
  Module module;
  for (const Table& table : tables.tables()) {
    // Trip counts are read from tables of integers.
    const bool integers = table.type == ValueType::integer;
    module.tables.push_back(
        {table.name, "", table.type, table.dims, integers ? table.values : std::vector<double>{}});
  }
  module.functions = {integrand.function, element.function};
  double flops = calls_of(context) * count_operations(module, module.functions[1]).flops();
  if (element.preparation) {
    module.functions.push_back(*element.preparation);
    flops += count_operations(module, module.functions[2]).flops();
  }
  return flops;
}

std::string why_not(const IntegralContext& context, const IntegrandFunction& integrand,
                    Method method) {
  const auto why_no_sum = [&] {
    return why_no_sum_factorisation(context, with_divergences_and_curls(context, integrand.terms));
  };
  switch (method) {
    case Method::quadrature: {
      const std::size_t entries = table_entries(context);
      return entries > limits::table_entries && why_no_sum().empty()
                 ? fmt::format("its tables have {} entries", entries)
                 : "";
    }
    case Method::reference_tensor:
      return why_no_reference_tensor(context);
    case Method::sum_factorisation:
      return why_no_sum();
  }
  throw InternalError("unknown method");
}

/// What a function that has been made costs, or why it is too large.
void judge(const IntegralContext& context, const IntegrandFunction& integrand,
           const TableSet& tables, Variant& variant) {
  const ElementFunction& element = variant.function;
  MethodCandidate& candidate = variant.candidate;
  const double entries = entries_read(tables, element);
  std::size_t bytes = local_bytes(element.function.body) + local_bytes(element.workspace);
  double lines = count_lines(element.function.body);
  if (element.preparation) {
    bytes += local_bytes(element.preparation->body);
    lines += count_lines(element.preparation->body);
  }
  if (entries > static_cast<double>(limits::table_entries)) {
    candidate.why_not = fmt::format("its tables have {} entries", entries);
  } else if (candidate.method == Method::sum_factorisation && bytes > max_local_bytes) {
    candidate.why_not = fmt::format("its arrays need {} KiB a thread", bytes / 1024);
  } else {
    candidate.flops = count_flops(context, integrand, tables, variant.function);
    candidate.lines = lines + entries / kNumbersALine;
  }
}

Variant make_variant(IntegralContext& context, const IntegrandFunction& integrand, TableSet& tables,
                     Method method) {
  Variant variant{{method, why_not(context, integrand, method), 0, 0}, {}};
  if (!variant.candidate.why_not.empty()) return variant;
  if (method == Method::quadrature) tabulate_functions(context, tables);
  variant.function = make_element_function(context, integrand, tables, method);
  judge(context, integrand, tables, variant);
  return variant;
}

/// Is `a` better than `b`, which is simpler and keeps less in local memory?
bool is_better(const MethodCandidate& a, const MethodCandidate& b) {
  if (a.lines > std::max(kLines, kMoreLines * b.lines)) return false;
  if (b.lines > std::max(kLines, kMoreLines * a.lines)) return true;
  return a.flops * kEqual < b.flops;
}

/// The chosen method's flops, and what is against the others.
std::string reason_of(const MethodChoice& choice, std::optional<Method> wanted) {
  std::vector<std::string> reasons;
  for (const MethodCandidate& c : choice.candidates) {
    const char* name = name_of(c.method);
    const bool is_wanted = wanted == c.method;
    if (c.method == choice.method) {
      reasons.insert(reasons.begin(),
                     fmt::format("{}{:.0f} flops", is_wanted ? "asked for: " : "", c.flops));
    } else if (!c.why_not.empty()) {
      reasons.push_back(
          fmt::format("no {}{}: {}", name, is_wanted ? ", which was asked for" : "", c.why_not));
    } else {
      reasons.push_back(fmt::format("{} takes {:.0f} flops, {:.0f} lines", name, c.flops, c.lines));
    }
  }
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace

ElementFunction choose_element_function(IntegralContext& context,
                                        const IntegrandFunction& integrand, TableSet& tables,
                                        std::optional<Method> wanted, MethodChoice& choice) {
  const std::size_t first_table = tables.tables().size();
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
    const std::string& other = variants[2].candidate.why_not;
    throw InputError(fmt::format(
        "{}, at most {} are taken (no sum_factorisation: {}): lower the quadrature degree or that "
        "of an element",
        variants[0].candidate.why_not, limits::table_entries, other));
  }
  choice.method = best->candidate.method;
  choice.columns = calls_of(context);
  choice.reason = reason_of(choice, wanted);
  tables.keep(first_table, names_in(best->function));
  return std::move(best->function);
}

}  // namespace femsynth::synth
