#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>

#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/formatting.hpp"
#include "fem/language/limits.hpp"

// Methods of Python's own types.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

const std::string& self_text(const Args& args) { return args[0].as<std::string>(); }
std::vector<Value>& self_items(const Args& args) { return *args[0].as<Sequence>().items; }

// Strings.

template <int (*convert)(int)>
Value converted(Evaluator& ev, Args& args) {
  std::string text = self_text(args);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(convert(c));
  }
  return ev.text(std::move(text), args.where());
}
int to_upper(int c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; }
int to_lower(int c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

Value capitalize(Evaluator& ev, Args& args) {
  std::string text = self_text(args);
  std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(to_lower(c)); });
  if (!text.empty()) text[0] = static_cast<char>(to_upper(text[0]));
  return ev.text(std::move(text), args.where());
}

Value join(Evaluator& ev, Args& args) {
  std::string all;
  bool first = true;
  for (const Value& item : ev.items(args[1], args.where(1))) {
    const auto* text = item.get<std::string>();
    if (text == nullptr) args.fail(1, fmt::format("joins strings, not {}", kind_of(item)));
    all += first ? *text : self_text(args) + *text;
    first = false;
    if (all.size() > limits::string_length) break;
  }
  return ev.text(std::move(all), args.where());
}

Value split(Evaluator& ev, Args& args) {
  const std::string& text = self_text(args);
  std::vector<Value> parts;
  if (args.has(1) && !args[1].is<None>()) {
    const std::string separator = args.text(1);
    if (separator.empty()) args.fail(1, "an empty separator");
    count_search(ev, text, separator, args.where());
    std::size_t begin = 0;
    for (std::size_t at = text.find(separator); at != std::string::npos;
         at = text.find(separator, begin)) {
      parts.push_back({text.substr(begin, at - begin)});
      begin = at + separator.size();
    }
    parts.push_back({text.substr(begin)});
  } else {
    static constexpr const char* blanks = " \t\n\r\f\v";
    std::size_t begin = text.find_first_not_of(blanks);
    while (begin != std::string::npos) {
      const std::size_t end = text.find_first_of(blanks, begin);
      parts.push_back({text.substr(begin, end - begin)});
      begin = text.find_first_not_of(blanks, end);
    }
  }
  return ev.list(std::move(parts), args.where());
}

template <bool left, bool right>
Value strip(Evaluator& ev, Args& args) {
  const std::string& text = self_text(args);
  const std::string blanks = args.has(1) && !args[1].is<None>() ? args.text(1) : " \t\n\r\f\v";
  const std::size_t begin = left ? text.find_first_not_of(blanks) : 0;
  if (begin == std::string::npos) return {std::string()};
  const std::size_t last = right ? text.find_last_not_of(blanks) : std::string::npos;
  if (right && last == std::string::npos) return {std::string()};
  return ev.text(right ? text.substr(begin, last + 1 - begin) : text.substr(begin), args.where());
}

Value replace(Evaluator& ev, Args& args) {
  const std::string& text = self_text(args);
  const std::string old = args.text(1);
  const std::string with = args.text(2);
  if (old.empty()) args.fail(1, "an empty string is not replaced");
  count_search(ev, text, old, args.where());
  std::string all;
  std::size_t begin = 0;
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, begin)) {
    all.append(text, begin, at - begin);
    all += with;
    begin = at + old.size();
    if (all.size() > limits::string_length) break;
  }
  return ev.text(all + text.substr(begin), args.where());
}

/// startswith and endswith: of a string, or one of a tuple of strings.
template <bool at_end>
Value has_affix(Evaluator& ev, Args& args) {
  const std::string& text = self_text(args);
  std::vector<Value> affixes{args[1]};
  if (args[1].is<Sequence>()) affixes = ev.items(args[1], args.where(1));
  return {std::ranges::any_of(affixes, [&](const Value& affix) {
    const auto* part = affix.get<std::string>();
    if (part == nullptr) args.fail(1, fmt::format("expected a string but got {}", kind_of(affix)));
    return at_end ? text.ends_with(*part) : text.starts_with(*part);
  })};
}

Value find(Evaluator& ev, Args& args) {
  const std::string& text = self_text(args);
  count_search(ev, text, args.text(1), args.where());
  const std::size_t at = text.find(args.text(1));
  if (at == std::string::npos) return {std::int64_t{-1}};
  return {static_cast<std::int64_t>(ev.items({text.substr(0, at)}, args.where()).size())};
}

template <bool (*test)(char)>
Value all_are(Evaluator&, Args& args) {
  return {!self_text(args).empty() && std::ranges::all_of(self_text(args), test)};
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

// Lists and tuples.

Value append(Evaluator& ev, Args& args) {
  ev.append(args[0].as<Sequence>(), args[1], args.where());
  return {None{}};
}

Value extend(Evaluator& ev, Args& args) {
  for (Value& item : ev.items(args[1], args.where(1))) {
    ev.append(args[0].as<Sequence>(), std::move(item), args.where());
  }
  return {None{}};
}

Value insert(Evaluator& ev, Args& args) {
  std::vector<Value>& items = self_items(args);
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t given = args.integer(1);
  const std::int64_t at =
      std::clamp(given < 0 ? std::max(given, -size) + size : given, std::int64_t{0}, size);
  ev.append(args[0].as<Sequence>(), args[2], args.where());
  ev.count_step(args.where(), items.size() / 16);
  std::rotate(items.begin() + at, items.end() - 1, items.end());
  return {None{}};
}

/// The place of an index or, without one, of the last item.
std::size_t place(Args& args, std::size_t k, std::size_t size) {
  if (size == 0) args.fail("the list is empty");
  const auto count = static_cast<std::int64_t>(size);
  const std::int64_t given = args.has(k) ? args.integer(k) : -1;
  const std::int64_t at = given < 0 ? given + count : given;
  if (at < 0 || at >= count) args.fail(fmt::format("index {} of {} items", given, size));
  return static_cast<std::size_t>(at);
}

Value pop(Evaluator& ev, Args& args) {
  std::vector<Value>& items = self_items(args);
  const auto at = static_cast<std::ptrdiff_t>(place(args, 1, items.size()));
  ev.count_step(args.where(), (items.size() - static_cast<std::size_t>(at)) / 16);
  Value value = std::move(items[static_cast<std::size_t>(at)]);
  items.erase(items.begin() + at);
  return value;
}

/// The place of the first equal item.
std::size_t place_of(Evaluator& ev, Args& args) {
  const std::vector<Value>& items = self_items(args);
  for (std::size_t k = 0; k < items.size(); ++k) {
    if (ev.equal(items[k], args[1], args.where())) return k;
  }
  args.fail(1, fmt::format("{} is not in it", repr_of(ev, args[1], args.where(1))));
}

Value index(Evaluator& ev, Args& args) { return {static_cast<std::int64_t>(place_of(ev, args))}; }

Value remove(Evaluator& ev, Args& args) {
  const auto at = static_cast<std::ptrdiff_t>(place_of(ev, args));
  self_items(args).erase(self_items(args).begin() + at);
  return {None{}};
}

Value count(Evaluator& ev, Args& args) {
  std::int64_t found = 0;
  for (const Value& item : self_items(args)) {
    found += ev.equal(item, args[1], args.where()) ? 1 : 0;
  }
  return {found};
}

Value clear(Evaluator&, Args& args) {
  self_items(args).clear();
  return {None{}};
}

Value copy(Evaluator& ev, Args& args) {
  return ev.list(ev.items(args[0], args.where()), args.where());
}

Value reverse(Evaluator& ev, Args& args) {
  ev.count_step(args.where(), self_items(args).size());
  std::ranges::reverse(self_items(args));
  return {None{}};
}

Value sort(Evaluator& ev, Args& args) {
  std::vector<Value> items =
      sorted_items(ev, self_items(args), args.has(1) ? args[1] : Value{None{}},
                   args.has(2) && ev.truth(args[2], args.where(2)), args.where());
  self_items(args) = std::move(items);
  return {None{}};
}

// Dictionaries.

const Dict& self_dict(const Args& args) { return args[0].as<Dict>(); }

Value keys(Evaluator& ev, Args& args) {
  return ev.list(ev.items(args[0], args.where()), args.where());
}

Value values(Evaluator& ev, Args& args) {
  std::vector<Value> all;
  for (const auto& [key, value] : self_dict(args).table->entries) all.push_back(value);
  return ev.list(std::move(all), args.where());
}

Value entries(Evaluator& ev, Args& args) {
  std::vector<Value> all;
  for (const auto& [key, value] : self_dict(args).table->entries) {
    all.push_back(ev.tuple({key, value}, args.where()));
  }
  return ev.list(std::move(all), args.where());
}

Value get(Evaluator& ev, Args& args) {
  const Value* value = ev.find_entry(self_dict(args), args[1], args.where(1));
  if (value != nullptr) return *value;
  return args.has(2) ? args[2] : Value{None{}};
}

Value set_default(Evaluator& ev, Args& args) {
  const Value* value = ev.find_entry(self_dict(args), args[1], args.where(1));
  if (value != nullptr) return *value;
  Value otherwise = args.has(2) ? args[2] : Value{None{}};
  ev.set_entry(self_dict(args), args[1], otherwise, args.where());
  return otherwise;
}

Value pop_key(Evaluator& ev, Args& args) {
  const Value* found = ev.find_entry(self_dict(args), args[1], args.where(1));
  if (found == nullptr) {
    if (args.has(2)) return args[2];
    args.fail(1, fmt::format("no key {}", repr_of(ev, args[1], args.where(1))));
  }
  Value value = *found;
  ev.erase_entry(self_dict(args), args[1], args.where());
  return value;
}

Value update(Evaluator& ev, Args& args) {
  if (!args[1].is<Dict>()) {
    args.fail(1, fmt::format("expected a dictionary but got {}", kind_of(args[1])));
  }
  const std::vector<std::pair<Value, Value>> other = args[1].as<Dict>().table->entries;
  for (const auto& [key, value] : other) ev.set_entry(self_dict(args), key, value, args.where());
  return {None{}};
}

Value copy_dict(Evaluator& ev, Args& args) {
  const Dict dict = ev.new_dict();
  for (const auto& [key, value] : self_dict(args).table->entries) {
    ev.set_entry(dict, key, value, args.where());
  }
  return {dict};
}

// Numbers.

Value conjugate(Evaluator&, Args& args) {
  if (args[0].is_number()) return args[0];
  return {std::conj(args[0].as<std::complex<double>>())};
}

Value is_integer(Evaluator&, Args& args) {
  return {args[0].number() == std::floor(args[0].number())};
}

constexpr Builtin string_methods[] = {
    {".upper", "self", converted<to_upper>},
    {".lower", "self", converted<to_lower>},
    {".capitalize", "self", capitalize},
    {".join", "self, items", join},
    {".split", "self, sep=", split},
    {".strip", "self, chars=", strip<true, true>},
    {".lstrip", "self, chars=", strip<true, false>},
    {".rstrip", "self, chars=", strip<false, true>},
    {".replace", "self, old, new", replace},
    {".startswith", "self, prefix", has_affix<false>},
    {".endswith", "self, suffix", has_affix<true>},
    {".find", "self, part", find},
    {".isdigit", "self", all_are<is_digit>},
    {".isalpha", "self", all_are<is_alpha>},
};
constexpr Builtin tuple_methods[] = {
    {".index", "self, value", index},
    {".count", "self, value", count},
};
constexpr Builtin list_methods[] = {
    {".index", "self, value", index},
    {".count", "self, value", count},
    {".append", "self, item", append},
    {".extend", "self, items", extend},
    {".insert", "self, at, item", insert},
    {".pop", "self, at=", pop},
    {".remove", "self, value", remove},
    {".clear", "self", clear},
    {".copy", "self", copy},
    {".reverse", "self", reverse},
    {".sort", "self, *, key=, reverse=", sort},
};
constexpr Builtin array_methods[] = {
    {".tolist", "self", copy},
};
constexpr Builtin dict_methods[] = {
    {".keys", "self", keys},
    {".values", "self", values},
    {".items", "self", entries},
    {".get", "self, key, default=", get},
    {".setdefault", "self, key, default=", set_default},
    {".pop", "self, key, default=", pop_key},
    {".update", "self, other", update},
    {".copy", "self", copy_dict},
};
constexpr Builtin number_methods[] = {
    {".conjugate", "self", conjugate},
};
constexpr Builtin real_methods[] = {
    {".conjugate", "self", conjugate},
    {".is_integer", "self", is_integer},
};

std::span<const Builtin> methods_of(const Value& object) {
  if (object.is<std::string>()) return string_methods;
  if (const auto* sequence = object.get<Sequence>()) {
    if (sequence->is_tuple) return tuple_methods;
    if (sequence->is_array) return array_methods;
    return list_methods;
  }
  if (object.is<Dict>()) return dict_methods;
  if (object.is_number()) return real_methods;
  if (object.is<std::complex<double>>()) return number_methods;
  return {};
}

}  // namespace

std::vector<Value> sorted_items(Evaluator& ev, std::vector<Value> items, const Value& key,
                                bool is_reversed, SourceLocation where) {
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& item : items) {
    Value by = key.is<None>() ? item : ev.call(key, {{item, where}}, {}, where);
    keyed.emplace_back(std::move(by), std::move(item));
  }
  // Stable in both directions, as Python's sort is.
  std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
    return is_reversed ? ev.less(b.first, a.first, where) : ev.less(a.first, b.first, where);
  });
  items.clear();
  for (auto& [by, item] : keyed) items.push_back(std::move(item));
  return items;
}

std::vector<std::string> python_attributes(const Value& object) {
  std::vector<std::string> names;
  for (const Builtin& method : methods_of(object)) names.emplace_back(method.name + 1);
  if (object.is<std::string>()) names.emplace_back("format");
  if (object.is_scalar()) names.insert(names.end(), {"real", "imag"});
  return names;
}

std::optional<Value> python_attribute(const Value& object, const std::string& name) {
  if (object.is_scalar()) {
    const std::complex<double> number = object.complex_number();
    if (name == "real") return object.is_number() ? object : Value{number.real()};
    if (name == "imag") {
      return object.is<std::int64_t>() ? Value{std::int64_t{0}} : Value{number.imag()};
    }
  }
  if (object.is<std::string>() && name == "format") {
    return Value{Method{std::make_shared<const Value>(object), &format_method()}};
  }
  for (const Builtin& method : methods_of(object)) {
    if (name == method.name + 1) {
      return Value{Method{std::make_shared<const Value>(object), &method}};
    }
  }
  return std::nullopt;
}

}  // namespace femsynth::fem
