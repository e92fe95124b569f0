#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fem/language/evaluator.hpp"
#include "fem/language/formatting.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

// Statements: assignment, imports, branches and loops.
namespace femsynth::fem {

Evaluator::Flow Evaluator::execute_block(const std::vector<ast::Statement>& block,
                                         SourceLocation where) {
  const EvaluationLevel level(*this, depth_, where);
  for (const ast::Statement& statement : block) {
    count_step(statement.where);
    const Flow flow = execute(statement);
    if (flow != Flow::next) return flow;
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::execute(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::import:
      import_modules(statement);
      return Flow::next;
    case ast::StatementKind::from_import:
      import_names(statement);
      return Flow::next;
    case ast::StatementKind::assign: {
      const Value value = evaluate(statement.value);
      for (ast::NodeId target : statement.targets) assign(target, value);
      return Flow::next;
    }
    case ast::StatementKind::augmented:
      execute_augmented(statement);
      return Flow::next;
    case ast::StatementKind::expression:
      evaluate(statement.value);
      return Flow::next;
    case ast::StatementKind::define:
      bind(statement.function->name, function_value(*statement.function), statement.where);
      return Flow::next;
    case ast::StatementKind::result:
      result_ = statement.value == ast::none ? Value{None{}} : evaluate(statement.value);
      return Flow::result;
    case ast::StatementKind::conditional:
      return execute_conditional(statement);
    case ast::StatementKind::for_loop:
      return execute_for(statement);
    case ast::StatementKind::while_loop:
      return execute_while(statement);
    case ast::StatementKind::leave:
      return Flow::leave;
    case ast::StatementKind::proceed:
      return Flow::proceed;
    case ast::StatementKind::assertion:
      execute_assertion(statement);
      return Flow::next;
    case ast::StatementKind::failure:
      execute_raise(statement);
    case ast::StatementKind::deletion:
      execute_deletion(statement);
      return Flow::next;
    case ast::StatementKind::pass:
      return Flow::next;
    case ast::StatementKind::branch:
      break;  // of a conditional
  }
  throw InternalError("unknown kind of statement");
}

Evaluator::Flow Evaluator::execute_conditional(const ast::Statement& statement) {
  for (const ast::Statement& branch : statement.body) {
    if (branch.value == ast::none || truth(evaluate(branch.value), module_[branch.value].where)) {
      return execute_block(branch.body, branch.where);
    }
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::execute_for(const ast::Statement& statement) {
  for (const Value& value : items(evaluate(statement.value), module_[statement.value].where)) {
    assign(statement.targets[0], value);
    const Flow flow = execute_block(statement.body, statement.where);
    if (flow == Flow::result) return flow;
    if (flow == Flow::leave) return Flow::next;
  }
  return execute_block(statement.other, statement.where);
}

Evaluator::Flow Evaluator::execute_while(const ast::Statement& statement) {
  while (truth(evaluate(statement.value), module_[statement.value].where)) {
    const Flow flow = execute_block(statement.body, statement.where);
    if (flow == Flow::result) return flow;
    if (flow == Flow::leave) return Flow::next;
  }
  return execute_block(statement.other, statement.where);
}

/// a op= b; a list takes the items of b itself, as in Python.
void Evaluator::execute_augmented(const ast::Statement& statement) {
  const ast::Node& target = module_[statement.targets[0]];
  Value object;
  Value index;
  Value old;
  if (target.kind == ast::Kind::subscript) {
    object = evaluate(target.children[0]);
    index = evaluate(target.children[1]);
    old = subscript(object, index, target.where);
  } else {
    old = evaluate(statement.targets[0]);
  }
  const Value value = evaluate(statement.value);
  Value result;
  const auto* list = old.get<Sequence>();
  if (statement.text == "+" && list != nullptr && !list->is_tuple) {
    for (Value& item : items(value, module_[statement.value].where)) {
      append(*list, std::move(item), statement.where);
    }
    result = old;
  } else {
    result = binary(statement.text, old, value, statement.where);
  }
  if (target.kind == ast::Kind::subscript) {
    set_component(object, index, std::move(result), target.where);
  } else {
    bind(target.text, std::move(result), target.where);
  }
}

void Evaluator::execute_assertion(const ast::Statement& statement) {
  if (truth(evaluate(statement.value), module_[statement.value].where)) return;
  std::string message = "the assertion does not hold";
  if (statement.message != ast::none) {
    message += ": " + str_of(*this, evaluate(statement.message), statement.where);
  }
  throw error(statement.where, message);
}

void Evaluator::execute_raise(const ast::Statement& statement) {
  std::string message = "the file raises an error here";
  // ValueError("the degree is too low"): the exceptions themselves are no values.
  if (statement.value != ast::none && module_[statement.value].kind == ast::Kind::call &&
      module_[statement.value].children.size() == 2) {
    message +=
        ": " + str_of(*this, evaluate(module_[statement.value].children[1]), statement.where);
  }
  throw error(statement.where, message);
}

void Evaluator::execute_deletion(const ast::Statement& statement) {
  for (ast::NodeId id : statement.targets) {
    const ast::Node& target = module_[id];
    if (target.kind == ast::Kind::subscript) {
      const Value object = evaluate(target.children[0]);
      delete_component(object, evaluate(target.children[1]), target.where);
      continue;
    }
    if (target.kind != ast::Kind::name) {
      throw error(target.where, "only variables and components can be deleted");
    }
    evaluate(id);  // which says if there is no such variable
    if (frame_ != nullptr) {
      frame_->values.erase(target.text);
    } else {
      globals_.erase(target.text);
    }
  }
}

void Evaluator::assign(ast::NodeId target, const Value& value) {
  const ast::Node& node = module_[target];
  if (node.kind == ast::Kind::name) {
    bind(node.text, value, node.where);
  } else if (node.kind == ast::Kind::subscript) {
    const Value object = evaluate(node.children[0]);
    set_component(object, evaluate(node.children[1]), value, node.where);
  } else {
    assign_parts(node, value);
  }
}

void Evaluator::assign_parts(const ast::Node& node, const Value& value) {
  std::vector<Value> parts = items(value, node.where);
  const std::size_t count = node.children.size();
  const auto starred = std::ranges::find_if(
      node.children, [&](ast::NodeId id) { return module_[id].kind == ast::Kind::starred; });
  if (starred == node.children.end()) {
    if (parts.size() != count) {
      throw error(node.where, fmt::format("{} variables for {} values", count, parts.size()));
    }
    for (std::size_t k = 0; k < count; ++k) assign(node.children[k], parts[k]);
    return;
  }
  if (parts.size() + 1 < count) {
    throw error(node.where,
                fmt::format("at least {} values are needed, not {}", count - 1, parts.size()));
  }
  const auto before = static_cast<std::size_t>(starred - node.children.begin());
  const std::size_t taken = parts.size() + 1 - count;
  for (std::size_t k = 0; k < before; ++k) assign(node.children[k], parts[k]);
  const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(before);
  assign(module_[*starred].children[0],
         list({begin, begin + static_cast<std::ptrdiff_t>(taken)}, node.where));
  for (std::size_t k = before + 1; k < count; ++k) {
    assign(node.children[k], parts[k + taken - 1]);
  }
}

void Evaluator::bind(const std::string& name, Value value, SourceLocation where) {
  if (frame_ == nullptr) {
    bind_global(name, std::move(value), where);
    return;
  }
  const ast::Function* const function = frame_->function;
  if (function != nullptr && function->globals.contains(name)) {
    bind_global(name, std::move(value), where);
    return;
  }
  if (function == nullptr || !function->nonlocals.contains(name)) {
    frame_->values[name] = std::move(value);
    return;
  }
  for (Frame* frame = frame_->enclosing; frame != nullptr; frame = frame->enclosing) {
    if (frame->function != nullptr && frame->function->locals.contains(name)) {
      frame->values[name] = std::move(value);
      return;
    }
  }
  throw error(where, fmt::format("no function around has a variable '{}'", name));
}

void Evaluator::bind_global(const std::string& name, Value value, SourceLocation where) {
  remember_terminal(name, value);
  if (!assigned_at_.contains(name)) variables_.push_back(name);
  assigned_at_[name] = where;
  globals_[name] = std::move(value);
}

/// Imported names are no variables of the file.
void Evaluator::bind_import(const std::string& name, Value value) {
  (frame_ == nullptr ? globals_ : frame_->values)[name] = std::move(value);
}

void Evaluator::import_modules(const ast::Statement& statement) {
  for (const ast::Import& import : statement.imports) {
    if (!is_module(import.name)) {
      throw error(import.where, fmt::format("import of '{}': a form file can import {}",
                                            import.name, module_list()));
    }
    if (import.alias.empty()) {
      const std::string top = import.name.substr(0, import.name.find('.'));
      bind_import(top, {ModuleValue{top}});
    } else {
      bind_import(import.alias, {ModuleValue{import.name}});
    }
  }
}

void Evaluator::import_all(const std::string& module_name, SourceLocation where) {
  if (!is_module(module_name)) {
    throw error(where, fmt::format("import from '{}': a form file can import {}", module_name,
                                   module_list()));
  }
  for (const std::string& name : member_names(module_name)) {
    globals_[name] = *module_member(module_name, name);
  }
  star_imports_.push_back(module_name);
}

void Evaluator::import_names(const ast::Statement& statement) {
  const std::string& module_name = statement.text;
  if (!is_module(module_name)) {
    throw error(statement.where, fmt::format("import from '{}': a form file can import {}",
                                             module_name, module_list()));
  }
  for (const ast::Import& import : statement.imports) {
    if (import.name == "*") {
      import_all(module_name, import.where);
      continue;
    }
    bind_import(import.alias.empty() ? import.name : import.alias,
                member_of_module(module_name, import.name, import.where));
  }
}

Value Evaluator::member_of_module(const std::string& module_name, const std::string& name,
                                  SourceLocation where) const {
  if (auto value = module_member(module_name, name)) return *value;
  refuse_unsupported(module_name, name, where);
  const std::string nearest = nearest_name(name, member_names(module_name));
  throw error(where,
              fmt::format("{} has no name '{}'{}", module_name, name,
                          nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
}

void Evaluator::refuse_unsupported(const std::string& module_name, const std::string& name,
                                   SourceLocation where) const {
  const char* reason = unsupported_reason(module_name, name);
  if (reason == nullptr) return;
  const std::string why = *reason == '\0' ? "" : fmt::format(": {}", reason);
  throw error(where, fmt::format("{}.{} is not supported yet{}", module_name, name, why));
}

/// A coefficient's name is the first variable that held it, unless that variable came to hold
/// another one.
void Evaluator::remember_terminal(const std::string& name, const Value& value) {
  const auto* id = value.get<ExprId>();
  if (id == nullptr) return;
  const fem::Node& node = graph_[*id];
  if (node.op != Op::coefficient && node.op != Op::constant) return;
  auto& names = node.op == Op::coefficient ? coefficient_names_ : constant_names_;
  if (names.contains(node.number)) return;
  const auto holds_name = [&name](const auto& entry) { return entry.second == name; };
  std::erase_if(coefficient_names_, holds_name);
  std::erase_if(constant_names_, holds_name);
  names[node.number] = name;
}

void Evaluator::name_terminals() {
  std::set<std::string> taken;
  for (const auto& [number, name] : coefficient_names_) taken.insert(name);
  for (const auto& [number, name] : constant_names_) taken.insert(name);
  const auto chosen = [&taken](const std::map<std::int32_t, std::string>& names, char letter,
                               std::int32_t number) {
    const auto it = names.find(number);
    if (it != names.end()) return it->second;
    std::string name = fmt::format("{}{}", letter, number);
    while (!taken.insert(name).second) name += '_';
    return name;
  };
  for (std::size_t k = 0; k < graph_.coefficients().size(); ++k) {
    const auto number = static_cast<std::int32_t>(k);
    graph_.name_coefficient(number, chosen(coefficient_names_, 'w', number));
  }
  for (std::size_t k = 0; k < graph_.constants().size(); ++k) {
    const auto number = static_cast<std::int32_t>(k);
    graph_.name_constant(number, chosen(constant_names_, 'c', number));
  }
}

}  // namespace femsynth::fem
