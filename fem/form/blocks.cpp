#include "fem/form/blocks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/differentiate.hpp"
#include "fem/form/operands.hpp"
#include "fem/form/transform.hpp"
#include "fem/form/vanishing.hpp"

namespace femsynth::fem {
namespace {

const Argument& argument_of(const ExprGraph& g, ExprId id) {
  return g.arguments()[static_cast<std::size_t>(g[id].number)];
}

/// The arguments replaced. Integrals that vanish are dropped, also those that do so only when
/// their derivatives are taken.
Form restricted_form(ExprGraph& g, const Form& form, const Mapping& mapping) {
  Form block = replace(g, form, mapping);
  Differentiator differentiator(g, Products::as_written);
  std::erase_if(block.integrals, [&](const Integral& integral) {
    return vanishes(g, differentiator.apply(integral.integrand));
  });
  return block;
}

/// The k-th sub-element of a mixed or blocked element.
Element block_of(const Element& element, int k) {
  if (element.family == Family::mixed) return element.parts[static_cast<std::size_t>(k)];
  Element block = element;
  block.shape.clear();
  return block;
}

/// An argument on a mixed or blocked element with all its components zero but those of block k.
ExprId with_block_alone(ExprGraph& g, ExprId whole, int k, bool replace_argument) {
  const Argument argument = argument_of(g, whole);  // making nodes may move the graph's
  if (argument.element.symmetric) {
    throw InputError(
        fmt::format("extract_blocks() of a form with an argument on {}: symmetric matrices have no "
                    "blocks",
                    to_string(argument.element)));
  }
  std::vector<ExprId> components = components_of(g, whole);
  int first = 0;
  for (int before = 0; before < k; ++before) {
    first += size_of(value_shape(block_of(argument.element, before), g.dim()));
  }
  const Element element = block_of(argument.element, k);
  const int size = size_of(value_shape(element, g.dim()));
  std::vector<ExprId> own(components.begin() + first, components.begin() + first + size);
  if (replace_argument) own = components_of(g, fem::argument(g, argument.number, element));
  std::ranges::fill(components, zero(g));
  std::ranges::copy(own, components.begin() + first);
  return TensorBuilder(g).stacked(std::move(components), Shape(g[whole].shape));
}

}  // namespace

bool has_parts(const ExprGraph& g, const Form& form) {
  return std::ranges::any_of(argument_nodes(g, form),
                             [&](ExprId id) { return argument_of(g, id).part.has_value(); });
}

Form block_of_parts(ExprGraph& g, const Form& form, int row, std::optional<int> column) {
  Mapping mapping;
  for (const ExprId id : argument_nodes(g, form)) {
    const Argument& argument = argument_of(g, id);
    const std::optional<int> wanted = argument.number == 0 ? row : column;
    if (argument.part && argument.part != wanted) mapping.emplace_back(id, zero(g, g[id].shape));
  }
  return restricted_form(g, form, mapping);
}

int block_count(const Element& element) {
  if (element.family == Family::mixed) return static_cast<int>(element.parts.size());
  return element.shape.empty() ? 0 : element.block_size();
}

Form block_of_elements(ExprGraph& g, const Form& form, int row, std::optional<int> column,
                       bool replace_argument) {
  Mapping mapping;
  for (const ExprId id : argument_nodes(g, form)) {
    const Argument& argument = argument_of(g, id);
    const int k = argument.number == 0 ? row : column.value_or(0);
    if (block_count(argument.element) == 0) continue;
    mapping.emplace_back(id, with_block_alone(g, id, k, replace_argument));
  }
  return restricted_form(g, form, mapping);
}

Form without_parts(ExprGraph& g, const Form& form) {
  Mapping mapping;
  std::vector<int> numbers;
  for (const ExprId id : reachable(g, integrands(form))) {
    if (g[id].op != Op::argument) continue;
    const Argument argument = argument_of(g, id);
    if (std::ranges::find(numbers, argument.number) != numbers.end()) return form;
    numbers.push_back(argument.number);
    if (argument.part) {
      mapping.emplace_back(id, fem::argument(g, argument.number, argument.element));
    }
  }
  return mapping.empty() ? form : replace(g, form, mapping);
}

}  // namespace femsynth::fem
