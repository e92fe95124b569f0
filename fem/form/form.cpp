#include "fem/form/form.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace femsynth::fem {
namespace {

/// The numbers of the nodes of one kind that a form reaches, ascending.
std::vector<std::int32_t> used_numbers(const ExprGraph& graph, const Form& form, Op op) {
  std::vector<std::int32_t> numbers;
  for (ExprId id : reachable(graph, integrands(form))) {
    if (graph[id].op == op) numbers.push_back(graph[id].number);
  }
  std::ranges::sort(numbers);
  return numbers;  // each once: nodes are interned
}

}  // namespace

const char* measure_name(IntegralKind kind) {
  switch (kind) {
    case IntegralKind::cell:
      return "dx";
    case IntegralKind::exterior_facet:
      return "ds";
    case IntegralKind::interior_facet:
      return "dS";
    case IntegralKind::vertex:
      return "dP";
  }
  throw InternalError("unknown kind of integral");
}

std::vector<ExprId> integrands(const Form& form) {
  std::vector<ExprId> ids;
  ids.reserve(form.integrals.size());
  for (const Integral& integral : form.integrals) ids.push_back(integral.integrand);
  return ids;
}

int rank(const ExprGraph& graph, const Form& form) {
  int rank = 0;
  for (std::int32_t k : used_numbers(graph, form, Op::argument)) {
    rank = std::max(rank, graph.arguments()[static_cast<std::size_t>(k)].number + 1);
  }
  return rank;
}

std::vector<Element> argument_elements(const ExprGraph& graph, const Form& form) {
  const int count = rank(graph, form);
  std::vector<std::optional<Element>> found(static_cast<std::size_t>(count));
  for (std::int32_t k : used_numbers(graph, form, Op::argument)) {
    const Argument& argument = graph.arguments()[static_cast<std::size_t>(k)];
    std::optional<Element>& slot = found[static_cast<std::size_t>(argument.number)];
    if (slot && *slot != argument.element) {
      throw InputError(fmt::format("the form has two {} functions, on {} and on {}",
                                   argument.number == 0 ? "test" : "trial", to_string(*slot),
                                   to_string(argument.element)));
    }
    slot = argument.element;
  }
  std::vector<Element> elements;
  for (const std::optional<Element>& element : found) {
    if (!element) throw InputError("the form has a trial function but no test function");
    elements.push_back(*element);
  }
  return elements;
}

std::vector<std::int32_t> used_coefficients(const ExprGraph& graph, const Form& form) {
  return used_numbers(graph, form, Op::coefficient);
}

std::vector<std::int32_t> used_constants(const ExprGraph& graph, const Form& form) {
  return used_numbers(graph, form, Op::constant);
}

}  // namespace femsynth::fem
