#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

// Calls: of builtins, of methods, of the form file's own functions, and of measures.
namespace femsynth::fem {

Value Evaluator::call(const ast::Node& node) {
  const Value callee = evaluate(node.children[0]);
  if (const ast::Node& called = module_[node.children[0]];
      called.kind == ast::Kind::attribute && node.children.size() == 1 && node.keywords.empty() &&
      !callee.is<Method>() && !callee.is<BuiltinValue>() && is_older_method(called.text)) {
    return callee;
  }
  std::vector<PassedValue> positional;
  for (std::size_t k = 1; k < node.children.size(); ++k) {
    const ast::Node& argument = module_[node.children[k]];
    if (argument.kind != ast::Kind::starred) {
      positional.push_back({evaluate(node.children[k]), argument.where});
      continue;
    }
    for (Value& item : items(evaluate(argument.children[0]), argument.where)) {
      positional.push_back({std::move(item), argument.where});
    }
  }
  std::vector<std::pair<std::string, PassedValue>> keywords;
  for (const ast::Keyword& keyword : node.keywords) {
    const Value value = evaluate(keyword.value);
    if (!keyword.name.empty()) {
      keywords.emplace_back(keyword.name, PassedValue{value, keyword.where});
      continue;
    }
    if (!value.is<Dict>()) {
      throw error(keyword.where, fmt::format("'**' takes a dictionary, not {}", kind_of(value)));
    }
    for (const auto& [key, item] : value.as<Dict>().table->entries) {
      if (!key.is<std::string>()) {
        throw error(keyword.where, fmt::format("a keyword is a string, not {}", kind_of(key)));
      }
      keywords.emplace_back(key.as<std::string>(), PassedValue{item, keyword.where});
    }
  }
  if (positional.size() + keywords.size() > limits::list_length) {
    throw error(node.where, fmt::format("more than {} arguments", limits::list_length));
  }
  return call(callee, std::move(positional), std::move(keywords), node.where);
}

Value Evaluator::call(const Value& callee, std::vector<PassedValue> positional,
                      std::vector<std::pair<std::string, PassedValue>> keywords,
                      SourceLocation where) {
  const auto call_builtin = [&](const Builtin& builtin) {
    CallArguments arguments(*this, builtin.name, where);
    arguments.bind(builtin.parameters, std::move(positional), std::move(keywords));
    return located(where, [&] { return builtin.function(*this, arguments); });
  };
  if (const auto* builtin = callee.get<BuiltinValue>()) {
    // They may work recursively; the methods of lists and dictionaries do not.
    for (const PassedValue& passed : positional) check_nesting(passed.value, where);
    for (const auto& [name, passed] : keywords) check_nesting(passed.value, where);
    return call_builtin(*builtin->builtin);
  }
  if (const auto* function = callee.get<UserFunction>()) {
    return user_call(*function, positional, keywords, where);
  }
  if (const auto* method = callee.get<Method>()) {
    positional.insert(positional.begin(), PassedValue{*method->object, where});
    return call_builtin(*method->builtin);
  }
  if (callee.is<MeasureValue>()) {
    CallArguments arguments(*this, measure_name(callee.as<MeasureValue>().kind), where);
    arguments.bind("subdomain_id=, metadata=, domain=, subdomain_data=, degree=, scheme=",
                   std::move(positional), std::move(keywords));
    return located(where, [&] { return measure_call(*this, callee, arguments); });
  }
  if (const auto* function = callee.get<ExprId>()) {
    return restriction_call(*this, *function, positional, !keywords.empty(), where);
  }
  if (const auto* form = callee.get<FormValue>()) {
    return apply_form(*this, *form, positional, keywords, where);
  }
  throw error(where, fmt::format("{} cannot be called", kind_of(callee)));
}

Frame& Evaluator::push_frame(const ast::Function* function, Frame* enclosing) {
  frames_.push_back(std::make_unique<Frame>());
  Frame& frame = *frames_.back();
  frame.function = function;
  frame.enclosing = enclosing;
  return frame;
}

/// Frames that no function has captured end with their call.
void Evaluator::pop_frame(Frame* outer) {
  if (frames_.back().get() == frame_ && !frame_->is_captured) frames_.pop_back();
  frame_ = outer;
}

Value Evaluator::function_value(const ast::Function& function) {
  std::vector<Value> defaults;
  for (const ast::Parameter& parameter : function.parameters) {
    if (parameter.default_value != ast::none) defaults.push_back(evaluate(parameter.default_value));
  }
  for (Frame* frame = frame_; frame != nullptr && !frame->is_captured; frame = frame->enclosing) {
    frame->is_captured = true;
  }
  sequences_.push_back(std::move(defaults));
  return {UserFunction{&function, &sequences_.back(), frame_}};
}

void Evaluator::bind_positional(const ast::Function& function, Frame& frame,
                                const std::vector<PassedValue>& positional, SourceLocation where) {
  std::size_t given = 0;
  std::size_t places = 0;
  for (const ast::Parameter& parameter : function.parameters) {
    if (parameter.kind == ast::ParameterKind::normal) {
      ++places;
      if (given < positional.size()) frame.values[parameter.name] = positional[given++].value;
    } else if (parameter.kind == ast::ParameterKind::positions) {
      std::vector<Value> rest;
      while (given < positional.size()) rest.push_back(positional[given++].value);
      frame.values[parameter.name] = tuple(std::move(rest), where);
    }
  }
  if (given < positional.size()) {
    throw error(positional[given].where,
                fmt::format("{}() takes {} positional argument{}, but {} are given", function.name,
                            places, places == 1 ? "" : "s", positional.size()));
  }
}

void Evaluator::bind_keywords(const ast::Function& function, Frame& frame,
                              const std::vector<std::pair<std::string, PassedValue>>& keywords,
                              SourceLocation where) {
  std::vector<std::string> names;
  std::optional<Dict> rest;
  for (std::size_t k = 0; k < function.parameters.size(); ++k) {
    const ast::Parameter& parameter = function.parameters[k];
    if (parameter.kind == ast::ParameterKind::keywords) {
      rest = new_dict();
      frame.values[parameter.name] = {*rest};
    } else if (parameter.kind != ast::ParameterKind::positions && k >= function.positional_only) {
      names.push_back(parameter.name);
    }
  }
  for (const auto& [name, passed] : keywords) {
    if (std::ranges::find(names, name) != names.end()) {
      if (!frame.values.emplace(name, passed.value).second) {
        throw error(passed.where,
                    fmt::format("{}(): the argument '{}' is given twice", function.name, name));
      }
    } else if (rest) {
      if (find_entry(*rest, {name}, where) != nullptr) {
        throw error(passed.where,
                    fmt::format("{}(): the argument '{}' is given twice", function.name, name));
      }
      set_entry(*rest, {name}, passed.value, where);
    } else {
      const std::string nearest = nearest_name(name, names);
      throw error(
          passed.where,
          fmt::format("{}() has no argument '{}'{}", function.name, name,
                      nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
    }
  }
}

void Evaluator::bind_defaults(const UserFunction& called, Frame& frame, SourceLocation where) {
  std::size_t next_default = 0;
  for (const ast::Parameter& parameter : called.definition->parameters) {
    const bool has_default = parameter.default_value != ast::none;
    if (!frame.values.contains(parameter.name)) {
      if (!has_default) {
        throw error(where, fmt::format("{}(): the argument '{}' is missing",
                                       called.definition->name, parameter.name));
      }
      frame.values[parameter.name] = (*called.defaults)[next_default];
    }
    if (has_default) ++next_default;
  }
}

Value Evaluator::user_call(const UserFunction& called, const std::vector<PassedValue>& positional,
                           const std::vector<std::pair<std::string, PassedValue>>& keywords,
                           SourceLocation where) {
  const ast::Function& function = *called.definition;
  Frame& frame = push_frame(&function, called.enclosing);
  bind_positional(function, frame, positional, where);
  bind_keywords(function, frame, keywords, where);
  bind_defaults(called, frame, where);
  Frame* const outer = std::exchange(frame_, &frame);
  Value result;
  if (function.value != ast::none) {
    result = evaluate(function.value);
  } else if (execute_block(function.body, where) == Flow::result) {
    result = std::exchange(result_, Value{});
  }
  pop_frame(outer);
  return result;
}

}  // namespace femsynth::fem
