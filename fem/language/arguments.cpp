#include "fem/language/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

namespace femsynth::fem {
namespace {

struct Parameters {
  std::vector<std::string> names;
  std::vector<bool> optional;
  std::size_t positional = 0;  ///< how many can be given without a name
  bool has_rest = false;
  bool takes_keywords = false;
};

/// Reads "a, b=, *, c=" or "a, *rest, b=, **others".
Parameters parse_parameters(std::string_view text) {
  Parameters parameters;
  bool keyword_only = false;
  while (!text.empty()) {
    const std::size_t comma = text.find(", ");
    std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 2);
    if (item == "*") {
      keyword_only = true;
    } else if (item.starts_with("**")) {
      parameters.takes_keywords = true;
    } else if (item.front() == '*') {
      parameters.has_rest = true;
      keyword_only = true;
    } else {
      const bool optional = item.back() == '=';
      if (optional) item.remove_suffix(1);
      parameters.names.emplace_back(item);
      parameters.optional.push_back(optional);
      if (!keyword_only) ++parameters.positional;
    }
  }
  return parameters;
}

}  // namespace

void CallArguments::bind(const char* spec, std::vector<PassedValue> positional,
                         std::vector<std::pair<std::string, PassedValue>> keywords) {
  const Parameters parameters = parse_parameters(spec);
  bound_.assign(parameters.names.size(), std::nullopt);
  for (std::size_t k = 0; k < positional.size(); ++k) {
    if (k < parameters.positional) {
      bound_[k] = std::move(positional[k]);
    } else if (parameters.has_rest) {
      rest_.push_back(std::move(positional[k]));
    } else {
      throw evaluator_.error(positional[k].where,
                             fmt::format("{}() takes {} positional argument{}, but {} are given",
                                         callee_, parameters.positional,
                                         parameters.positional == 1 ? "" : "s", positional.size()));
    }
  }
  for (auto& [name, value] : keywords) {
    const auto it = std::ranges::find(parameters.names, name);
    if (it == parameters.names.end() && parameters.takes_keywords) {
      other_keywords_.emplace_back(name, std::move(value));
      continue;
    }
    if (it == parameters.names.end()) {
      const std::string nearest = nearest_name(name, parameters.names);
      throw evaluator_.error(
          value.where,
          fmt::format("{}() has no argument '{}'{}", callee_, name,
                      nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
    }
    std::optional<PassedValue>& slot =
        bound_[static_cast<std::size_t>(it - parameters.names.begin())];
    if (slot) {
      throw evaluator_.error(value.where,
                             fmt::format("{}(): the argument '{}' is given twice", callee_, name));
    }
    slot = std::move(value);
  }
  for (std::size_t k = 0; k < bound_.size(); ++k) {
    if (!bound_[k] && !parameters.optional[k]) {
      fail(fmt::format("the argument '{}' is missing", parameters.names[k]));
    }
  }
}

ExprId CallArguments::expression(std::size_t k) const {
  const Value& value = (*this)[k];
  if (!value.is<ExprId>() && !value.is_scalar()) {
    fail(k, fmt::format("expected an expression but got {}", kind_of(value)));
  }
  return evaluator_.expression(value, where(k));
}

std::int64_t CallArguments::integer(std::size_t k) const {
  const auto* value = (*this)[k].get<std::int64_t>();
  if (value == nullptr) fail(k, fmt::format("expected an integer but got {}", kind_of((*this)[k])));
  return *value;
}

std::string CallArguments::text(std::size_t k) const {
  const auto* value = (*this)[k].get<std::string>();
  if (value == nullptr) fail(k, fmt::format("expected a string but got {}", kind_of((*this)[k])));
  return *value;
}

bool CallArguments::flag(std::size_t k) const {
  const auto* value = (*this)[k].get<bool>();
  if (value == nullptr) {
    fail(k, fmt::format("expected True or False but got {}", kind_of((*this)[k])));
  }
  return *value;
}

Shape CallArguments::shape(std::size_t k) const {
  const Value& value = (*this)[k];
  std::vector<Value> items;
  if (const auto* sequence = value.get<Sequence>()) {
    items = *sequence->items;
  } else {
    items = {value};
  }
  if (items.size() > static_cast<std::size_t>(limits::tensor_rank)) {
    fail(k, fmt::format("a shape of {} axes (limit: {})", items.size(), limits::tensor_rank));
  }
  Shape shape;
  std::int64_t size = 1;
  for (const Value& item : items) {
    const auto* extent = item.get<std::int64_t>();
    if (extent == nullptr) {
      fail(k, fmt::format("a shape is a tuple of integers, not {}", kind_of(item)));
    }
    if (*extent < 1) fail(k, fmt::format("the extent {} of a shape is not positive", *extent));
    if (*extent > limits::block_size || (size *= *extent) > limits::block_size) {
      fail(k, fmt::format("a shape of more than {} components", limits::block_size));
    }
    shape.push_back(static_cast<int>(*extent));
  }
  return shape;
}

void CallArguments::fail(std::size_t k, const std::string& message) const {
  throw evaluator_.error(where(k), fmt::format("{}(): {}", callee_, message));
}

void CallArguments::fail(const std::string& message) const {
  throw evaluator_.error(where_, fmt::format("{}(): {}", callee_, message));
}

void CallArguments::refuse(std::size_t k, const char* what) const {
  if (has(k) && !(*this)[k].is<None>()) fail(k, fmt::format("{} is not supported", what));
}

}  // namespace femsynth::fem
