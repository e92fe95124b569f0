#include <fmt/format.h>

#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Calls: of builtins, of methods, of the form file's own functions, and of measures.
namespace femsynth::fem {

Value Evaluator::call(const ast::Node& node) {
  const Value callee = evaluate(node.children[0]);
  std::vector<PassedValue> positional;
  for (std::size_t k = 1; k < node.children.size(); ++k) {
    positional.push_back({evaluate(node.children[k]), module_[node.children[k]].where});
  }
  std::vector<std::pair<std::string, PassedValue>> keywords;
  for (const ast::Keyword& keyword : node.keywords) {
    keywords.emplace_back(keyword.name, PassedValue{evaluate(keyword.value), keyword.where});
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
  if (const auto* builtin = callee.get<BuiltinValue>()) return call_builtin(*builtin->builtin);
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
  if (callee.is<ExprId>()) {
    throw error(where, "evaluation of an expression at a point is not supported");
  }
  throw error(where, fmt::format("{} cannot be called", kind_of(callee)));
}

/// The variables that a function's body assigns.
std::set<std::string> Evaluator::assigned_names(const ast::Statement& function) const {
  std::set<std::string> names;
  std::vector<ast::NodeId> targets;
  for (const ast::Statement& statement : function.body) {
    targets.insert(targets.end(), statement.targets.begin(), statement.targets.end());
  }
  while (!targets.empty()) {
    const ast::Node& node = module_[targets.back()];
    targets.pop_back();
    if (node.kind == ast::Kind::name) names.insert(node.text);
    targets.insert(targets.end(), node.children.begin(), node.children.end());
  }
  return names;
}

Value Evaluator::user_call(const UserFunction& function, const std::vector<PassedValue>& positional,
                           const std::vector<std::pair<std::string, PassedValue>>& keywords,
                           SourceLocation where) {
  const ast::Statement& definition = *function.definition;
  std::string spec;
  const std::size_t required = definition.parameters.size() - function.defaults->size();
  for (std::size_t k = 0; k < definition.parameters.size(); ++k) {
    spec += fmt::format("{}{}{}", k > 0 ? ", " : "", definition.parameters[k].name,
                        k >= required ? "=" : "");
  }
  CallArguments arguments(*this, definition.text, where);
  arguments.bind(spec.c_str(), positional, keywords);
  Scope scope;
  for (std::size_t k = 0; k < definition.parameters.size(); ++k) {
    scope[definition.parameters[k].name] =
        arguments.has(k) ? arguments[k] : (*function.defaults)[k - required];
  }
  Scope* const outer = std::exchange(locals_, &scope);
  const std::set<std::string> outer_names = std::exchange(local_names_, assigned_names(definition));
  for (const ast::Statement& statement : definition.body) execute(statement);
  Value result = evaluate(definition.body.back().value);
  locals_ = outer;
  local_names_ = outer_names;
  return result;
}

}  // namespace femsynth::fem
