#include "fem/language/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

namespace femsynth::fem {
namespace {

/// Counts a level of evaluation while it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

}  // namespace

Evaluator::Evaluator(const Source& source, const ast::Module& module, meshes::CellType cell)
    : source_(source), module_(module), graph_(cell) {
  for (int k = 0; k < predefined_index_count; ++k) graph_.new_label();
}

void Evaluator::run() {
  for (const ast::Statement& statement : module_.statements) execute(statement);
}

const Value* Evaluator::variable(const std::string& name) const {
  const auto it = globals_.find(name);
  return it == globals_.end() ? nullptr : &it->second;
}

SourceLocation Evaluator::assigned_at(const std::string& name) const {
  const auto it = assigned_at_.find(name);
  return it == assigned_at_.end() ? SourceLocation{} : it->second;
}

void Evaluator::use_cell(meshes::CellType cell, SourceLocation where) {
  if (cell_named_ && cell != graph_.cell()) {
    throw error(where, fmt::format("a form file is about one cell: this is of a {}, but line {} "
                                   "is of a {}",
                                   meshes::name_of(cell), cell_where_.line,
                                   meshes::name_of(graph_.cell())));
  }
  if (cell != graph_.cell()) throw OtherCell{cell};
  if (!cell_named_) cell_where_ = where;
  cell_named_ = true;
}

ExprId Evaluator::expression(const Value& value, SourceLocation where) {
  if (const auto* id = value.get<ExprId>()) return *id;
  if (!value.is_number()) {
    throw error(where, fmt::format("expected an expression but got {}", kind_of(value)));
  }
  return located(where, [&] { return real(graph_, value.number()); });
}

void Evaluator::count_step(SourceLocation where) {
  if (++steps_ > limits::steps) {
    throw error(where, fmt::format("more than {} expressions evaluated", limits::steps));
  }
}

void Evaluator::execute(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::import:
      import_modules(statement);
      return;
    case ast::StatementKind::from_import:
      import_names(statement);
      return;
    case ast::StatementKind::assign: {
      const Value value = evaluate(statement.value);
      for (ast::NodeId target : statement.targets) assign(target, value);
      return;
    }
    case ast::StatementKind::augmented: {
      const Value old = evaluate(statement.targets[0]);
      const Value value = evaluate(statement.value);
      assign(statement.targets[0], binary(statement.text, old, value, statement.where));
      return;
    }
    case ast::StatementKind::expression:
      evaluate(statement.value);
      return;
    case ast::StatementKind::define: {
      std::vector<Value> defaults;
      for (const ast::Parameter& parameter : statement.parameters) {
        if (parameter.default_value != ast::none) {
          defaults.push_back(evaluate(parameter.default_value));
        }
      }
      bind(statement.text,
           {UserFunction{&statement, std::make_shared<const std::vector<Value>>(defaults)}},
           statement.where);
      return;
    }
    case ast::StatementKind::result:  // user_call evaluates it
    case ast::StatementKind::pass:
      return;
  }
}

void Evaluator::import_modules(const ast::Statement& statement) {
  for (const ast::Import& import : statement.imports) {
    if (!is_module(import.name)) {
      throw error(import.where, fmt::format("import of '{}': a form file can import {}",
                                            import.name, module_list()));
    }
    if (import.alias.empty()) {
      const std::string top = import.name.substr(0, import.name.find('.'));
      globals_[top] = {ModuleValue{top}};
    } else {
      globals_[import.alias] = {ModuleValue{import.name}};
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
    globals_[import.alias.empty() ? import.name : import.alias] =
        member_of_module(module_name, import.name, import.where);
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

void Evaluator::assign(ast::NodeId target, const Value& value) {
  const ast::Node& node = module_[target];
  if (node.kind == ast::Kind::name) {
    bind(node.text, value, node.where);
    return;
  }
  const std::vector<Value> parts = items(value, node.where);
  if (parts.size() != node.children.size()) {
    throw error(node.where,
                fmt::format("{} variables for {} values", node.children.size(), parts.size()));
  }
  for (std::size_t k = 0; k < parts.size(); ++k) assign(node.children[k], parts[k]);
}

void Evaluator::bind(const std::string& name, Value value, SourceLocation where) {
  if (locals_ != nullptr) {
    (*locals_)[name] = std::move(value);
    return;
  }
  remember_terminal(name, value);
  if (!assigned_at_.contains(name)) variables_.push_back(name);
  assigned_at_[name] = where;
  globals_[name] = std::move(value);
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

Value Evaluator::evaluate(ast::NodeId id) {
  const ast::Node& node = module_[id];
  const Level level(depth_);
  if (depth_ > limits::evaluation_depth) {
    throw error(node.where,
                fmt::format("evaluation nested more than {} deep", limits::evaluation_depth));
  }
  count_step(node.where);
  return evaluate_node(node);
}

Value Evaluator::evaluate_node(const ast::Node& node) {
  switch (node.kind) {
    case ast::Kind::integer:
      return {node.integer};
    case ast::Kind::real:
      return {node.real};
    case ast::Kind::string:
      return {node.text};
    case ast::Kind::name:
      return name(node);
    case ast::Kind::literal:
      if (node.text == "None") return {None{}};
      if (node.text == "...") return {Ellipsis{}};
      return {node.text == "True"};
    case ast::Kind::tuple:
    case ast::Kind::list: {
      if (node.children.size() > limits::list_length) {
        throw error(node.where, fmt::format("a list of more than {} items", limits::list_length));
      }
      return sequence(evaluate_all(node.children), node.kind == ast::Kind::tuple, node.where);
    }
    case ast::Kind::dict:
      return dict(node);
    case ast::Kind::unary:
      return unary(node);
    case ast::Kind::binary:
      return binary_chain(node);
    case ast::Kind::boolean: {
      Value left = evaluate(node.children[0]);
      const bool decided = truth(left, node.where) == (node.text == "or");
      return decided ? left : evaluate(node.children[1]);
    }
    case ast::Kind::compare:
      return compare(node);
    case ast::Kind::conditional:
      return truth(evaluate(node.children[1]), node.where) ? evaluate(node.children[0])
                                                           : evaluate(node.children[2]);
    case ast::Kind::attribute:
      return attribute(node);
    case ast::Kind::call:
      return call(node);
    case ast::Kind::subscript: {
      const Value object = evaluate(node.children[0]);
      return subscript(object, evaluate(node.children[1]), node.where);
    }
    case ast::Kind::slice:
      if (!node.children.empty()) {
        throw error(node.where, "only full slices ':' are supported");
      }
      return {Slice{}};
    case ast::Kind::comprehension:
      return comprehension(node);
  }
  throw InternalError("unknown kind of syntax node");
}

Value Evaluator::sequence(std::vector<Value> values, bool is_tuple, SourceLocation where) const {
  Value value = make_sequence(std::move(values), is_tuple);
  if (value.as<Sequence>().depth > limits::list_depth) {
    throw error(where, fmt::format("lists nested more than {} deep", limits::list_depth));
  }
  return value;
}

std::vector<Value> Evaluator::evaluate_all(const std::vector<ast::NodeId>& ids) {
  std::vector<Value> values;
  values.reserve(ids.size());
  for (ast::NodeId id : ids) values.push_back(evaluate(id));
  return values;
}

Value Evaluator::name(const ast::Node& node) {
  if (locals_ != nullptr) {
    const auto it = locals_->find(node.text);
    if (it != locals_->end()) return it->second;
    if (local_names_.contains(node.text)) {
      throw error(node.where,
                  fmt::format("the local variable '{}' is read before its assignment", node.text));
    }
  }
  if (const Value* value = variable(node.text)) return *value;
  if (auto value = python_builtin(node.text)) return *value;
  undefined(node);
}

void Evaluator::undefined(const ast::Node& node) const {
  for (const std::string& module_name : star_imports_) {
    refuse_unsupported(module_name, node.text, node.where);
  }
  static const std::set<std::string> refused = {
      "print",      "open",    "exec",    "eval",    "compile", "input",
      "__import__", "getattr", "setattr", "globals", "locals",  "isinstance",
      "type",       "map",     "filter",  "help",    "vars"};
  if (refused.contains(node.text)) {
    throw error(node.where,
                fmt::format("{}() is not supported: a form file only defines forms", node.text));
  }
  std::vector<std::string> candidates;
  if (locals_ != nullptr) {
    for (const auto& [known, value] : *locals_) candidates.push_back(known);
  }
  for (const auto& [known, value] : globals_) candidates.push_back(known);
  std::ranges::copy(python_builtin_names(), std::back_inserter(candidates));
  std::string hint;
  for (const char* module_name : {"ufl", "basix.ufl"}) {
    if (hint.empty() && module_member(module_name, node.text)) {
      hint = fmt::format(" (add: from {} import {})", module_name, node.text);
    }
  }
  const std::string nearest = nearest_name(node.text, candidates);
  if (hint.empty() && !nearest.empty()) hint = fmt::format(" (did you mean '{}'?)", nearest);
  throw error(node.where, fmt::format("undefined name '{}'{}", node.text, hint));
}

Value Evaluator::unary(const ast::Node& node) {
  const Value value = evaluate(node.children[0]);
  if (node.text == "not") return {!truth(value, node.where)};
  if (node.text == "~") throw error(node.where, "the operator '~' is not supported");
  const bool minus = node.text == "-";
  if (const auto* form = value.get<FormValue>()) {
    if (!minus) return value;
    return {scale_form(*this, expression(Value{std::int64_t{-1}}, node.where), *form, node.where)};
  }
  if (value.is_number()) {
    return minus ? binary("*", Value{std::int64_t{-1}}, value, node.where) : value;
  }
  const auto* id = value.get<ExprId>();
  if (id == nullptr) {
    throw error(node.where, fmt::format("the sign '{}' is not for {}", node.text, kind_of(value)));
  }
  return minus ? located(node.where, [&]() -> Value { return {negate(graph_, *id)}; }) : value;
}

/// a + b + c + …, which nests to the left, without recursion.
Value Evaluator::binary_chain(const ast::Node& node) {
  std::vector<const ast::Node*> chain{&node};
  while (module_[chain.back()->children[0]].kind == ast::Kind::binary) {
    chain.push_back(&module_[chain.back()->children[0]]);
  }
  Value value = evaluate(chain.back()->children[0]);
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    const ast::NodeId right = (*it)->children[1];
    const Value other = evaluate(right);
    const bool is_measure = other.is<MeasureValue>() || other.is<MeasureSum>();
    value = binary((*it)->text, value, other,
                   is_measure && (*it)->text == "*" ? module_[right].where : (*it)->where);
  }
  return value;
}

Value Evaluator::compare(const ast::Node& node) {
  const bool chained = node.operators.size() > 1;
  Value left = evaluate(node.children[0]);
  Value result{true};
  for (std::size_t k = 0; k < node.operators.size(); ++k) {
    Value right = evaluate(node.children[k + 1]);
    result = compare(node.operators[k], left, right, node.where, chained);
    if (chained && !truth(result, node.where)) return result;
    left = std::move(right);
  }
  return result;
}

bool Evaluator::truth(const Value& value, SourceLocation where) const {
  if (const auto* flag = value.get<bool>()) return *flag;
  if (value.is_number()) return value.number() != 0;
  if (value.is<None>()) return false;
  const char* hint = value.is<ExprId>() ? " (use conditional(), And(), Or(), Not())" : "";
  throw error(where, fmt::format("{} is neither true nor false{}", kind_of(value), hint));
}

Value Evaluator::dict(const ast::Node& node) {
  std::vector<std::pair<std::string, Value>> entries;
  for (std::size_t k = 0; k + 1 < node.children.size(); k += 2) {
    const Value key = evaluate(node.children[k]);
    const auto* name = key.get<std::string>();
    if (name == nullptr) {
      throw error(module_[node.children[k]].where,
                  fmt::format("a dictionary's key is a string, not {}", kind_of(key)));
    }
    entries.emplace_back(*name, evaluate(node.children[k + 1]));
    if (entries.back().second.is<Dict>()) {
      throw error(module_[node.children[k + 1]].where,
                  "dictionaries in dictionaries are not supported");
    }
  }
  return {
      Dict{std::make_shared<const std::vector<std::pair<std::string, Value>>>(std::move(entries))}};
}

Value Evaluator::comprehension(const ast::Node& node) {
  const std::vector<Value> range = items(evaluate(node.children[2]), node.where);
  Scope* const outer = locals_;
  Scope scope = outer != nullptr ? *outer : Scope{};
  std::vector<Value> results;
  // The target is known to the item alone.
  locals_ = &scope;
  for (const Value& value : range) {
    assign(node.children[1], value);
    results.push_back(evaluate(node.children[0]));
  }
  locals_ = outer;
  return sequence(std::move(results), /*is_tuple=*/false, node.where);
}

Value Evaluator::attribute(const ast::Node& node) {
  const Value object = evaluate(node.children[0]);
  if (const auto* module = object.get<ModuleValue>()) {
    return member_of_module(module->name, node.text, node.where);
  }
  if (auto value = attribute_of(*this, object, node.text, node.where)) return *value;
  throw error(node.where, fmt::format("{} has no attribute '{}'", kind_of(object), node.text));
}

}  // namespace femsynth::fem
