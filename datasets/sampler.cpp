#include "datasets/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/random.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::datasets {
namespace {

template <class T>
const T& pick(CounterRandom& random, const std::vector<T>& items) {
  return items[random.below(items.size())];
}

/// Values of the placeholders that a template, with these values in it, holds.
std::map<std::string, std::string> used_values(const std::string& text,
                                               const std::map<std::string, std::string>& values) {
  std::map<std::string, std::string> used;
  std::vector<std::string> open = placeholders(text);
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (used.contains(name)) continue;
    used[name] = values.at(name);
    for (std::string& inner : placeholders(values.at(name))) open.push_back(std::move(inner));
  }
  for (auto& [name, value] : used) value = substitute(value, values);
  return used;
}

/// Lines of at most 96 characters.
std::string wrapped(const std::string& text) {
  std::string result;
  std::size_t width = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (width > 0 && width + 1 + word.size() > 96) {
      result += '\n';
      width = 0;
    } else if (width > 0) {
      result += ' ';
      ++width;
    }
    result += word;
    width += word.size();
    begin = end + 1;
  }
  return result;
}

std::string cells_in_words(const std::string& cell) {
  if (cell == "tetrahedron") return "tetrahedra";
  if (cell == "hexahedron") return "hexahedra";
  return cell + "s";
}

std::string strategy_in_words(const std::string& strategy, int rank) {
  if (strategy == "reduction") return "adds the cells' values up in a fixed order, block by block";
  if (strategy == "matrix_free") return "applies the matrix to a vector without storing it";
  if (strategy == "atomic") {
    return rank == 2 ? "adds each cell's contribution into a CSR matrix with atomic additions"
                     : "adds each cell's contribution into a vector with atomic additions";
  }
  const char* const tensors[] = {"value", "element vector", "element matrix"};
  return fmt::format("writes each cell's {}", tensors[rank]);
}

}  // namespace

Choice Sampler::draw(std::uint64_t index) const { return draw(index, true); }

Choice Sampler::draw_without_literals(std::uint64_t index) const { return draw(index, false); }

Choice Sampler::draw(std::uint64_t index, bool literals) const {
  CounterRandom random(seed_, index);
  const Family& family = pick(random, *families_);
  Choice choice;
  choice.family = family.name;
  choice.form = family.form;
  choice.cell = pick(random, family.cells);
  choice.element = pick(random, family.elements);
  choice.degree = pick(random, family.degrees_on(choice.cell));
  choice.strategy = pick(random, family.strategies);
  choice.precision = pick(random, family.precisions);
  choice.block_size = pick(random, family.block_sizes);

  const int dimension = dimension_of(choice.cell);
  std::map<std::string, std::string> values{{"cell", choice.cell},
                                            {"dim", std::to_string(dimension)},
                                            {"element", choice.element},
                                            {"degree", std::to_string(choice.degree)}};
  for (const auto& [name, texts] : family.choices) values[name] = pick(random, texts);
  for (const auto& [name, range] : family.literals) {
    values[name] = literals ? range.value(random.below(range.size())) : "2.5";
  }
  for (const auto& [name, texts] : family.by_dim) values[name] = texts.at(dimension);
  choice.parameters = used_values(family.body + family.description, values);
  return choice;
}

const Family& Sampler::family(const Choice& choice) const {
  for (const Family& family : *families_) {
    if (family.name == choice.family) return family;
  }
  throw InternalError(fmt::format("a choice of the unknown family '{}'", choice.family));
}

std::string form_text(const Family& family, const Choice& choice) {
  const std::string words = substitute(family.description, choice.parameters);
  return fmt::format("\"\"\"{}.\n\n{}\n\"\"\"\n{}", family.title, wrapped(words),
                     substitute(family.body, choice.parameters));
}

std::string description(const Family& family, const Choice& choice) {
  return fmt::format(
      "{} Discretisation: {} Lagrange elements of degree {} on {}. Kernel: {}, in {} precision, "
      "one thread a cell or facet, {} threads a block.",
      substitute(family.description, choice.parameters),
      choice.element == "P" ? "continuous" : "discontinuous", choice.degree,
      cells_in_words(choice.cell), strategy_in_words(choice.strategy, family.rank),
      choice.precision == "f64" ? "double" : "single", choice.block_size);
}

}  // namespace femsynth::datasets
