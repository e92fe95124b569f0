#include <fmt/format.h>

#include <algorithm>

#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/formatting.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

// Tuples, lists, dictionaries and strings.
namespace femsynth::fem {
namespace {

/// The characters of a UTF-8 text.
std::vector<Value> characters(const std::string& text) {
  std::vector<Value> all;
  for (std::size_t k = 0; k < text.size();) {
    std::size_t end = k + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
    all.push_back({text.substr(k, end - k)});
    k = end;
  }
  return all;
}

/// How deep a value's containers are nested; more than the limit stands for any depth.
int nesting_of(Evaluator& ev, const Value& value, int depth, SourceLocation where) {
  if (depth > limits::list_depth) return depth;
  ev.count_step(where);
  int deepest = depth;
  const auto look = [&](const Value& part) {
    if (!part.is<Sequence>() && !part.is<Dict>()) return;
    if (deepest <= limits::list_depth) {
      deepest = std::max(deepest, nesting_of(ev, part, depth + 1, where));
    }
  };
  if (const auto* sequence = value.get<Sequence>()) {
    ev.count_step(where, sequence->items->size() / 16);
    std::ranges::for_each(*sequence->items, look);
  } else if (const auto* dict = value.get<Dict>()) {
    for (const auto& [key, part] : dict->table->entries) look(part);
  }
  return deepest;
}

}  // namespace

void count_search(Evaluator& evaluator, const std::string& text, const std::string& part,
                  SourceLocation where) {
  evaluator.count_step(where, (text.size() / 64 + 1) * (part.size() / 64 + 1));
}

Value Evaluator::sequence(std::vector<Value> values, bool is_tuple, SourceLocation where) {
  const char* const what = is_tuple ? "tuple" : "list";
  if (values.size() > limits::list_length) {
    throw error(where, fmt::format("a {} of more than {} items", what, limits::list_length));
  }
  int depth = 0;
  std::size_t size = values.size();
  for (const Value& value : values) {
    if (const auto* part = value.get<Sequence>()) depth = std::max(depth, part->depth);
    size += extra_size(value);
  }
  if (depth >= limits::list_depth) {
    throw error(where, fmt::format("lists nested more than {} deep", limits::list_depth));
  }
  count_step(where, size);
  sequences_.push_back(std::move(values));
  return {Sequence{is_tuple, &sequences_.back(), depth + 1}};
}

Value Evaluator::array(std::vector<Value> values, SourceLocation where) {
  Sequence sequence = list(std::move(values), where).as<Sequence>();
  sequence.is_array = true;
  return {sequence};
}

Value Evaluator::text(std::string value, SourceLocation where) {
  if (value.size() > limits::string_length) {
    throw error(where, fmt::format("a string of more than {} bytes", limits::string_length));
  }
  count_step(where, value.size() / 64);
  return {std::move(value)};
}

void Evaluator::append(const Sequence& list, Value value, SourceLocation where) {
  if (list.items->size() >= limits::list_length) {
    throw error(where, fmt::format("a list of more than {} items", limits::list_length));
  }
  count_step(where, 1 + extra_size(value));
  has_grown_lists_ = has_grown_lists_ || value.is<Sequence>() || value.is<Dict>();
  list.items->push_back(std::move(value));
}

void Evaluator::check_nesting(const Value& value, SourceLocation where) {
  if (!has_grown_lists_ || (!value.is<Sequence>() && !value.is<Dict>())) return;
  if (nesting_of(*this, value, 1, where) > limits::list_depth) {
    throw error(where, fmt::format("lists nested more than {} deep (or in themselves)",
                                   limits::list_depth));
  }
}

std::vector<Value> Evaluator::items(const Value& value, SourceLocation where) {
  if (const auto* sequence = value.get<Sequence>()) {
    count_step(where, sequence->items->size());
    return *sequence->items;
  }
  if (const auto* dict = value.get<Dict>()) {
    count_step(where, dict->table->entries.size());
    std::vector<Value> keys;
    for (const auto& [key, item] : dict->table->entries) keys.push_back(key);
    return keys;
  }
  if (const auto* string = value.get<std::string>()) {
    count_step(where, string->size());
    return characters(*string);
  }
  if (const auto* tensor = value.get<ExprId>(); tensor != nullptr && !graph_[*tensor].is_scalar()) {
    std::vector<Value> all;
    const int count = graph_[*tensor].shape[0];
    for (std::int64_t k = 0; k < count; ++k) all.push_back(subscript(value, {k}, where));
    return all;
  }
  const std::string what =
      value.is<ExprId>() ? describe(graph_, value.as<ExprId>()) : kind_of(value);
  const char* hint = value.is<EquationValue>() ? " (system(), lhs() and rhs() give its forms)" : "";
  throw error(where, fmt::format("{} has no items{}", what, hint));
}

bool Evaluator::is_identical(const Value& a, const Value& b) const {
  if (a.data.index() != b.data.index()) return false;
  if (const auto* sequence = a.get<Sequence>()) return sequence->items == b.as<Sequence>().items;
  if (const auto* dict = a.get<Dict>()) return dict->table == b.as<Dict>().table;
  if (const auto* id = a.get<ExprId>()) return *id == b.as<ExprId>();
  if (const auto* form = a.get<FormValue>()) return form->integrals == b.as<FormValue>().integrals;
  if (const auto* flag = a.get<bool>()) return *flag == b.as<bool>();
  if (const auto* integer = a.get<std::int64_t>()) return *integer == b.as<std::int64_t>();
  if (const auto* text = a.get<std::string>()) return *text == b.as<std::string>();
  if (const auto* cell = a.get<meshes::CellType>()) return *cell == b.as<meshes::CellType>();
  if (const auto* function = a.get<BuiltinValue>()) {
    return function->builtin == b.as<BuiltinValue>().builtin;
  }
  return a.is<None>() || a.is<Ellipsis>();
}

bool Evaluator::equal(const Value& a, const Value& b, SourceLocation where) {
  const EvaluationLevel level(*this, depth_, where);
  count_step(where);
  const auto as_number = [](const Value& value) {
    return value.is<bool>() ? Value{std::int64_t{value.as<bool>()}} : value;
  };
  const Value x = as_number(a);
  const Value y = as_number(b);
  if (x.is<std::int64_t>() && y.is<std::int64_t>()) {
    return x.as<std::int64_t>() == y.as<std::int64_t>();
  }
  if (x.is_scalar() && y.is_scalar()) return x.complex_number() == y.complex_number();
  if (a.data.index() != b.data.index()) return false;
  if (const auto* left = a.get<Sequence>()) {
    const auto& right = b.as<Sequence>();
    if (left->is_array || right.is_array) {
      throw error(where, "arrays are not compared as a whole here (compare their items)");
    }
    if (left->is_tuple != right.is_tuple || left->items->size() != right.items->size()) {
      return false;
    }
    for (std::size_t k = 0; k < left->items->size(); ++k) {
      if (!equal((*left->items)[k], (*right.items)[k], where)) return false;
    }
    return true;
  }
  if (const auto* left = a.get<Dict>()) {
    const Dict& right = b.as<Dict>();
    if (left->table->entries.size() != right.table->entries.size()) return false;
    for (const auto& [key, value] : left->table->entries) {
      const Value* other = find_entry(right, key, where);
      if (other == nullptr || !equal(value, *other, where)) return false;
    }
    return true;
  }
  if (a.is<Element>()) return a.as<Element>() == b.as<Element>();
  if (a.is<MeshValue>()) return a.as<MeshValue>().domain == b.as<MeshValue>().domain;
  if (a.is<SpaceValue>()) {
    return a.as<SpaceValue>().element == b.as<SpaceValue>().element &&
           a.as<SpaceValue>().domain == b.as<SpaceValue>().domain;
  }
  if (const auto* left = a.get<MixedSpaceValue>()) {
    const auto same = [&](const SpaceValue& one, const SpaceValue& other) {
      return equal(Value{one}, Value{other}, where);
    };
    return std::ranges::equal(*left->spaces, *b.as<MixedSpaceValue>().spaces, same);
  }
  if (a.is<IndexLabel>()) return a.as<IndexLabel>().label == b.as<IndexLabel>().label;
  if (const auto* member = a.get<EnumMember>()) {
    return member->name == b.as<EnumMember>().name &&
           member->enumeration == b.as<EnumMember>().enumeration;
  }
  return is_identical(a, b);
}

bool Evaluator::less(const std::string& op, const Value& a, const Value& b, SourceLocation where) {
  const EvaluationLevel level(*this, depth_, where);
  count_step(where);
  const auto as_number = [](const Value& value) {
    return value.is<bool>() ? Value{std::int64_t{value.as<bool>()}} : value;
  };
  const Value x = as_number(a);
  const Value y = as_number(b);
  if (x.is<std::int64_t>() && y.is<std::int64_t>()) {
    return x.as<std::int64_t>() < y.as<std::int64_t>();
  }
  if (x.is_number() && y.is_number()) return x.number() < y.number();
  if (a.is<std::string>() && b.is<std::string>()) {
    return a.as<std::string>() < b.as<std::string>();
  }
  const auto* left = a.get<Sequence>();
  const auto* right = b.get<Sequence>();
  if (left != nullptr && right != nullptr && left->is_tuple == right->is_tuple) {
    const std::size_t common = std::min(left->items->size(), right->items->size());
    for (std::size_t k = 0; k < common; ++k) {
      const Value& one = (*left->items)[k];
      const Value& other = (*right->items)[k];
      if (!equal(one, other, where)) return less(op, one, other, where);
    }
    return left->items->size() < right->items->size();
  }
  const bool swapped = op == ">" || op == "<=";
  throw error(where, fmt::format("'{}' is not for {} and {}", op, kind_of(swapped ? b : a),
                                 kind_of(swapped ? a : b)));
}

bool Evaluator::contains(const Value& container, const Value& value, SourceLocation where) {
  if (const auto* dict = container.get<Dict>()) return find_entry(*dict, value, where) != nullptr;
  if (const auto* text = container.get<std::string>()) {
    const auto* part = value.get<std::string>();
    if (part == nullptr) {
      throw error(where, fmt::format("'in' a string is for a string, not {}", kind_of(value)));
    }
    count_search(*this, *text, *part, where);
    return text->find(*part) != std::string::npos;
  }
  const auto* sequence = container.get<Sequence>();
  if (sequence == nullptr) {
    throw error(where, fmt::format("'in' is for lists, tuples, dictionaries and strings, not {}",
                                   kind_of(container)));
  }
  return std::ranges::any_of(*sequence->items,
                             [&](const Value& item) { return equal(item, value, where); });
}

std::optional<Value> Evaluator::container_operator(const std::string& op, const Value& a,
                                                   const Value& b, SourceLocation where) {
  if (op == "*" && (a.is<Sequence>() || a.is<std::string>()) && b.is<std::int64_t>()) {
    return repeated(a, b.as<std::int64_t>(), where);
  }
  if (op == "*" && (b.is<Sequence>() || b.is<std::string>()) && a.is<std::int64_t>()) {
    return repeated(b, a.as<std::int64_t>(), where);
  }
  if (op == "+" && a.is<std::string>() && b.is<std::string>()) {
    return text(a.as<std::string>() + b.as<std::string>(), where);
  }
  if (op == "%" && a.is<std::string>()) {
    return text(format_percent(*this, a.as<std::string>(), b, where), where);
  }
  const auto* left = a.get<Sequence>();
  const auto* right = b.get<Sequence>();
  if ((left != nullptr && left->is_array) || (right != nullptr && right->is_array)) {
    return array_operator(op, a, b, where);
  }
  if (op == "+" && left != nullptr && right != nullptr && left->is_tuple == right->is_tuple) {
    std::vector<Value> all = *left->items;
    all.insert(all.end(), right->items->begin(), right->items->end());
    return sequence(std::move(all), left->is_tuple, where);
  }
  return std::nullopt;
}

Value Evaluator::array_operator(const std::string& op, const Value& a, const Value& b,
                                SourceLocation where) {
  const EvaluationLevel level(*this, depth_, where);
  const auto* left = a.get<Sequence>();
  const auto* right = b.get<Sequence>();
  if (op == "@") throw error(where, "the operator '@' is not supported for arrays");
  if (left != nullptr && right != nullptr && left->items->size() != right->items->size()) {
    throw error(
        where, fmt::format("arrays of {} and {} items", left->items->size(), right->items->size()));
  }
  std::vector<Value> results;
  const std::size_t count = (left != nullptr ? left : right)->items->size();
  for (std::size_t k = 0; k < count; ++k) {
    results.push_back(binary(op, left != nullptr ? (*left->items)[k] : a,
                             right != nullptr ? (*right->items)[k] : b, where));
  }
  return array(std::move(results), where);
}

Value Evaluator::repeated(const Value& container, std::int64_t count, SourceLocation where) {
  const auto times = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  if (const auto* string = container.get<std::string>()) {
    if (!string->empty() && times > limits::string_length / string->size()) {
      throw error(where, fmt::format("a string of more than {} bytes", limits::string_length));
    }
    std::string all;
    if (!string->empty()) {
      for (std::size_t k = 0; k < times; ++k) all += *string;
    }
    return text(std::move(all), where);
  }
  const auto& part = container.as<Sequence>();
  const char* const what = part.is_tuple ? "tuple" : "list";
  if (!part.items->empty() && times > limits::list_length / part.items->size()) {
    throw error(where, fmt::format("a {} of more than {} items", what, limits::list_length));
  }
  std::vector<Value> all;
  if (!part.items->empty()) {
    for (std::size_t k = 0; k < times; ++k) {
      all.insert(all.end(), part.items->begin(), part.items->end());
    }
  }
  return sequence(std::move(all), part.is_tuple, where);
}

std::size_t Evaluator::place_in(const Value& container, std::size_t size, const Value& index,
                                SourceLocation where) const {
  const auto* number = index.get<std::int64_t>();
  if (number == nullptr) {
    throw error(where, fmt::format("an index into {} is an integer, not {}", kind_of(container),
                                   kind_of(index)));
  }
  const auto count = static_cast<std::int64_t>(size);
  const std::int64_t at = *number < 0 ? *number + count : *number;
  if (at < 0 || at >= count) {
    throw error(where,
                fmt::format("index {} is out of range for {} of {} {}", *number, kind_of(container),
                            count, container.is<std::string>() ? "characters" : "items"));
  }
  return static_cast<std::size_t>(at);
}

Value Evaluator::container_subscript(const Value& object, const Value& index,
                                     SourceLocation where) {
  if (const auto* dict = object.get<Dict>()) {
    const Value* value = find_entry(*dict, index, where);
    if (value != nullptr) return *value;
    throw error(where, fmt::format("the dictionary has no key {}", repr_of(*this, index, where)));
  }
  if (const auto* module = object.get<ModuleValue>();
      module != nullptr && index.is<std::string>()) {
    const auto member = module_member(module->name, index.as<std::string>());
    if (member && member->is<EnumMember>()) return *member;  // basix.CellType["triangle"]
  }
  if (!object.is<Sequence>() && !object.is<std::string>()) {
    throw error(where, fmt::format("{} cannot be indexed", kind_of(object)));
  }
  if (const auto* slice = index.get<Slice>()) return sliced(object, *slice, where);
  if (const auto* sequence = object.get<Sequence>()) {
    const auto* several = index.get<Sequence>();
    if (sequence->is_array && several != nullptr && several->is_tuple) {
      Value part = object;  // A[m, n] is A[m][n]
      for (const Value& one : *several->items) part = subscript(part, one, where);
      return part;
    }
    return (*sequence->items)[place_in(object, sequence->items->size(), index, where)];
  }
  const std::vector<Value> all = items(object, where);
  return all[place_in(object, all.size(), index, where)];
}

/// Python's rules: bounds beyond the ends are the ends.
Value Evaluator::sliced(const Value& object, const Slice& slice, SourceLocation where) {
  const std::vector<Value> all = items(object, where);
  const auto size = static_cast<std::int64_t>(all.size());
  const std::int64_t step = slice.step.value_or(1);
  if (step == 0) throw error(where, "the step of a slice is 0");
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const std::int64_t highest = step > 0 ? size : size - 1;
  const auto bound = [&](const std::optional<std::int64_t>& given, std::int64_t otherwise) {
    if (!given) return otherwise;
    // Beyond −size every bound is the lower end.
    const std::int64_t at = *given < 0 ? std::max(*given, -size - 1) + size : *given;
    return std::clamp(at, lowest, highest);
  };
  const std::int64_t begin = bound(slice.begin, step > 0 ? lowest : highest);
  const std::int64_t end = bound(slice.end, step > 0 ? highest : lowest);
  std::vector<Value> part;
  std::int64_t at = begin;
  while (step > 0 ? at < end : at > end) {
    part.push_back(all[static_cast<std::size_t>(at)]);
    if (step > 0 ? step >= end - at : step <= end - at) break;  // the next one is past the end
    at += step;
  }
  if (const auto* sequence = object.get<Sequence>()) {
    if (sequence->is_array) return array(std::move(part), where);
    return this->sequence(std::move(part), sequence->is_tuple, where);
  }
  std::string joined;
  for (const Value& character : part) joined += character.as<std::string>();
  return text(std::move(joined), where);
}

void Evaluator::set_component(const Value& object, const Value& index, Value value,
                              SourceLocation where) {
  if (const auto* dict = object.get<Dict>()) {
    set_entry(*dict, index, std::move(value), where);
    return;
  }
  const auto* sequence = object.get<Sequence>();
  if (sequence == nullptr || sequence->is_tuple) {
    throw error(where, fmt::format("the components of {} cannot be assigned to{}", kind_of(object),
                                   object.is<ExprId>() ? " (use as_vector() or as_tensor())" : ""));
  }
  if (index.is<Slice>()) throw error(where, "slices cannot be assigned to");
  const std::size_t at = place_in(object, sequence->items->size(), index, where);
  count_step(where, extra_size(value));
  has_grown_lists_ = has_grown_lists_ || value.is<Sequence>() || value.is<Dict>();
  (*sequence->items)[at] = std::move(value);
}

void Evaluator::delete_component(const Value& object, const Value& index, SourceLocation where) {
  if (const auto* dict = object.get<Dict>()) {
    if (find_entry(*dict, index, where) == nullptr) {
      throw error(where, fmt::format("the dictionary has no key {}", repr_of(*this, index, where)));
    }
    erase_entry(*dict, index, where);
    return;
  }
  const auto* sequence = object.get<Sequence>();
  if (sequence == nullptr || sequence->is_tuple) {
    throw error(where, fmt::format("the components of {} cannot be deleted", kind_of(object)));
  }
  const std::size_t at = place_in(object, sequence->items->size(), index, where);
  count_step(where, sequence->items->size() / 16);
  sequence->items->erase(sequence->items->begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace femsynth::fem
