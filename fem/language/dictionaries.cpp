#include <fmt/format.h>

#include <cmath>

#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Dictionaries: entries in the order of their keys' coming, found by the keys' texts.
namespace femsynth::fem {

Dict Evaluator::new_dict() {
  dicts_.emplace_back();
  return {&dicts_.back()};
}

/// A text that two keys share if and only if Python takes them for the same.
std::string Evaluator::key_text(const Value& key, SourceLocation where) {
  const EvaluationLevel level(*this, depth_, where);
  count_step(where);
  if (key.is<None>()) return "None";
  if (const auto* flag = key.get<bool>()) return *flag ? "1" : "0";
  if (const auto* integer = key.get<std::int64_t>()) return std::to_string(*integer);
  if (key.is_scalar()) {
    const std::complex<double> number = key.complex_number();
    const double real = number.real();
    if (number.imag() == 0 && real == std::floor(real) && std::abs(real) < 1e18) {
      return std::to_string(static_cast<std::int64_t>(real));
    }
    return fmt::format("{}+{}j", real, number.imag());
  }
  if (const auto* text = key.get<std::string>()) {
    count_step(where, text->size() / 64);
    return "\"" + *text;
  }
  if (const auto* id = key.get<ExprId>()) return fmt::format("x{}", static_cast<std::int64_t>(*id));
  if (const auto* index = key.get<IndexLabel>()) return fmt::format("i{}", index->label);
  if (const auto* cell = key.get<meshes::CellType>()) return fmt::format("c{}", name_of(*cell));
  if (const auto* member = key.get<EnumMember>()) return member->enumeration + "." + member->name;
  if (const auto* element = key.get<Element>()) return "e" + to_string(*element);
  if (const auto* space = key.get<SpaceValue>()) return "s" + to_string(space->element);
  if (const auto* function = key.get<BuiltinValue>()) {
    return fmt::format("f{}", function->builtin->name);
  }
  if (const auto* sequence = key.get<Sequence>(); sequence != nullptr && sequence->is_tuple) {
    std::string all = "(";
    for (const Value& item : *sequence->items) {
      const std::string part = key_text(item, where);
      all += fmt::format("{}:{},", part.size(), part);
      count_step(where, all.size() / 64);
      if (all.size() > limits::string_length) {
        throw error(where, fmt::format("a key of more than {} bytes", limits::string_length));
      }
    }
    return all;
  }
  throw error(where, fmt::format("{} cannot be a key of a dictionary", kind_of(key)));
}

void Evaluator::set_entry(const Dict& dict, const Value& key, Value value, SourceLocation where) {
  DictTable& table = *dict.table;
  const auto [place, is_new] = table.places.emplace(key_text(key, where), table.entries.size());
  count_step(where, 1 + extra_size(key) + extra_size(value));
  has_grown_lists_ = has_grown_lists_ || value.is<Sequence>() || value.is<Dict>();
  if (!is_new) {
    table.entries[place->second].second = std::move(value);
    return;
  }
  if (table.entries.size() >= limits::list_length) {
    throw error(where, fmt::format("a dictionary of more than {} items", limits::list_length));
  }
  table.entries.emplace_back(key, std::move(value));
}

const Value* Evaluator::find_entry(const Dict& dict, const Value& key, SourceLocation where) {
  const auto it = dict.table->places.find(key_text(key, where));
  return it == dict.table->places.end() ? nullptr : &dict.table->entries[it->second].second;
}

void Evaluator::erase_entry(const Dict& dict, const Value& key, SourceLocation where) {
  DictTable& table = *dict.table;
  const auto it = table.places.find(key_text(key, where));
  if (it == table.places.end()) return;
  const std::size_t gone = it->second;
  table.places.erase(it);
  table.entries.erase(table.entries.begin() + static_cast<std::ptrdiff_t>(gone));
  for (auto& [text, place] : table.places) place -= place > gone ? 1 : 0;
  count_step(where, table.entries.size());
}

}  // namespace femsynth::fem
