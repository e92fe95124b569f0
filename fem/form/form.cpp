#include "fem/form/form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

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

const char* name_of_argument(int number) { return number == 0 ? "test" : "trial"; }

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

std::vector<ExprId> argument_nodes(const ExprGraph& graph, const Form& form) {
  const auto argument_of = [&](ExprId id) -> const Argument& {
    return graph.arguments()[static_cast<std::size_t>(graph[id].number)];
  };
  std::vector<ExprId> nodes;
  for (const ExprId id : reachable(graph, integrands(form))) {
    if (graph[id].op == Op::argument) nodes.push_back(id);
  }
  std::ranges::sort(nodes, {}, [&](ExprId id) {
    return std::tuple(argument_of(id).number, argument_of(id).part, id);
  });
  int next = 0;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const Argument& argument = argument_of(nodes[k]);
    if (argument.number > next) {
      throw InputError("the form has a trial function but no test function");
    }
    next = argument.number + 1;
    if (k == 0) continue;
    const Argument& before = argument_of(nodes[k - 1]);
    if (before.number != argument.number) continue;
    if (!before.part && argument.part) {
      throw InputError(
          fmt::format("one {} function of the form is a part of a MixedFunctionSpace, "
                      "another is none",
                      name_of_argument(argument.number)));
    }
    if (before.part == argument.part) {
      const std::string part = argument.part ? fmt::format(" as part {}", *argument.part) : "";
      throw InputError(fmt::format("the form has two {} functions{}, on {} and on {}",
                                   name_of_argument(argument.number), part,
                                   to_string(before.element), to_string(argument.element)));
    }
  }
  return nodes;
}

std::vector<Element> argument_elements(const ExprGraph& graph, const Form& form) {
  std::vector<Element> elements;
  for (const ExprId id : argument_nodes(graph, form)) {
    const Argument& argument = graph.arguments()[static_cast<std::size_t>(graph[id].number)];
    if (static_cast<std::size_t>(argument.number) < elements.size()) {
      throw InputError(
          fmt::format("the form has several parts of its {} function (of a MixedFunctionSpace): "
                      "extract_blocks(form) gives forms that have one",
                      name_of_argument(argument.number)));
    }
    elements.push_back(argument.element);
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
