#include "fem/language/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fem/form/algebra.hpp"
#include "fem/language/formatting.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

namespace femsynth::fem {

EvaluationLevel::EvaluationLevel(const Evaluator& evaluator, int& depth, SourceLocation where)
    : depth_(depth) {
  if (depth_ >= limits::evaluation_depth) {
    throw evaluator.error(
        where, fmt::format("evaluation nested more than {} deep", limits::evaluation_depth));
  }
  ++depth_;
}

Evaluator::Evaluator(const Source& source, const ast::Module& module, const Domain& domain)
    : source_(source), module_(module), graph_(domain) {
  for (int k = 0; k < predefined_index_count; ++k) graph_.new_label();
}

void Evaluator::run() { execute_block(module_.statements, {}); }

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
  if (cell != graph_.cell()) throw OtherDomain{Domain(cell)};
  if (!cell_named_) cell_where_ = where;
  cell_named_ = true;
}

void Evaluator::use_domain(const Domain& domain, SourceLocation where) {
  if (!cell_named_ && domain != graph_.domain()) throw OtherDomain{domain};
  use_cell(domain.cell, where);
  if (mesh_named_ && domain != graph_.domain()) {
    const auto words = [](const Domain& d) {
      return fmt::format("of degree {} in {} dimensions", d.degree, d.geometric_dim);
    };
    throw error(where, fmt::format("a form file is about one mesh: this is {}, but that of line {} "
                                   "is {}",
                                   words(domain), mesh_where_.line, words(graph_.domain())));
  }
  if (domain != graph_.domain()) throw OtherDomain{domain};
  if (!mesh_named_) mesh_where_ = where;
  mesh_named_ = true;
}

ExprId Evaluator::expression(const Value& value, SourceLocation where) {
  if (const auto* id = value.get<ExprId>()) return *id;
  if (const auto* complex = value.get<std::complex<double>>()) {
    return located(where, [&] {
      const ExprId imaginary =
          multiply(graph_, real(graph_, complex->imag()), imaginary_unit(graph_));
      return add(graph_, real(graph_, complex->real()), imaginary);
    });
  }
  if (!value.is_number()) {
    throw error(where, fmt::format("expected an expression but got {}", kind_of(value)));
  }
  return located(where, [&] { return real(graph_, value.number()); });
}

void Evaluator::count_step(SourceLocation where, std::size_t steps) {
  steps_ += static_cast<std::int64_t>(std::min<std::size_t>(steps, limits::steps));
  if (steps_ > limits::steps) {
    throw error(where, fmt::format("more than {} expressions evaluated", limits::steps));
  }
}

Value Evaluator::evaluate(ast::NodeId id) {
  const ast::Node& node = module_[id];
  const EvaluationLevel level(*this, depth_, node.where);
  count_step(node.where);
  Value value = evaluate_node(node);
  if (const auto* text = value.get<std::string>()) count_step(node.where, text->size() / 64);
  return value;
}

Value Evaluator::evaluate_node(const ast::Node& node) {
  switch (node.kind) {
    case ast::Kind::integer:
      return {node.integer};
    case ast::Kind::real:
      return {node.real};
    case ast::Kind::imaginary:
      return {std::complex<double>(0, node.real)};
    case ast::Kind::string:
      return {node.text};
    case ast::Kind::joined:
      return joined(node);
    case ast::Kind::name:
      return name(node);
    case ast::Kind::literal:
      if (node.text == "None") return {None{}};
      if (node.text == "...") return {Ellipsis{}};
      return {node.text == "True"};
    case ast::Kind::tuple:
    case ast::Kind::list:
      return sequence(evaluate_all(node.children), node.kind == ast::Kind::tuple, node.where);
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
      return attribute(evaluate(node.children[0]), node.text, node.where);
    case ast::Kind::call:
      return call(node);
    case ast::Kind::subscript:
      return subscript(node);
    case ast::Kind::slice:
      return slice(node);
    case ast::Kind::comprehension:
      return comprehension(node);
    case ast::Kind::lambda:
      return function_value(*node.function);
    case ast::Kind::assignment:
      return named_assignment(node);
    case ast::Kind::starred:
    case ast::Kind::formatted:
      break;  // parts of lists, calls and f-strings
  }
  throw InternalError("unknown kind of syntax node");
}

std::vector<Value> Evaluator::evaluate_all(const std::vector<ast::NodeId>& ids) {
  std::vector<Value> values;
  values.reserve(ids.size());
  for (ast::NodeId id : ids) {
    const ast::Node& node = module_[id];
    if (node.kind != ast::Kind::starred) {
      values.push_back(evaluate(id));
      continue;
    }
    std::vector<Value> parts = items(evaluate(node.children[0]), node.where);
    std::ranges::move(parts, std::back_inserter(values));
    if (values.size() > limits::list_length) {
      throw error(node.where, fmt::format("a list of more than {} items", limits::list_length));
    }
  }
  return values;
}

/// A variable of the functions around; null if there is none of that name.
const Value* Evaluator::local(const ast::Node& node) const {
  for (const Frame* frame = frame_; frame != nullptr; frame = frame->enclosing) {
    if (frame->function != nullptr && frame->function->globals.contains(node.text)) return nullptr;
    const auto it = frame->values.find(node.text);
    if (it != frame->values.end()) return &it->second;
    if (frame->function != nullptr && frame->function->locals.contains(node.text)) {
      throw error(node.where,
                  fmt::format("the local variable '{}' is read before its assignment", node.text));
    }
  }
  return nullptr;
}

Value Evaluator::name(const ast::Node& node) {
  if (const Value* value = local(node)) return *value;
  if (const Value* value = variable(node.text)) return *value;
  if (auto value = python_builtin(node.text)) return *value;
  undefined(node);
}

void Evaluator::undefined(const ast::Node& node) const {
  for (const std::string& module_name : star_imports_) {
    refuse_unsupported(module_name, node.text, node.where);
  }
  static const std::set<std::string> refused = {
      "open",    "exec", "eval", "compile",    "input",     "__import__", "getattr",
      "setattr", "vars", "dir",  "globals",    "locals",    "type",       "help",
      "iter",    "next", "set",  "frozenset",  "bytes",     "object",     "super",
      "hash",    "id",   "exit", "breakpoint", "memoryview"};
  if (refused.contains(node.text)) {
    throw error(node.where,
                fmt::format("{}() is not supported: a form file only defines forms", node.text));
  }
  std::vector<std::string> candidates;
  for (const Frame* frame = frame_; frame != nullptr; frame = frame->enclosing) {
    for (const auto& [known, value] : frame->values) candidates.push_back(known);
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
  Value value = evaluate(node.children[0]);
  if (node.text == "not") return {!truth(value, node.where)};
  if (node.text == "~") throw error(node.where, "the operator '~' is not supported");
  const bool minus = node.text == "-";
  if (const auto* form = value.get<FormValue>()) {
    if (!minus) return value;
    return {scale_form(*this, expression(Value{std::int64_t{-1}}, node.where), *form, node.where)};
  }
  if (const bool* flag = value.get<bool>()) value = {std::int64_t{*flag}};
  if (const auto* complex = value.get<std::complex<double>>()) {
    return {minus ? -*complex : *complex};
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
  if (value.is_scalar()) return value.complex_number() != 0.0;
  if (value.is<None>()) return false;
  if (const auto* sequence = value.get<Sequence>()) return !sequence->items->empty();
  if (const auto* dict = value.get<Dict>()) return !dict->table->entries.empty();
  if (const auto* text = value.get<std::string>()) return !text->empty();
  if (!value.is<ExprId>() && !value.is<FormValue>()) return true;
  const char* hint = value.is<ExprId>() ? " (use conditional(), And(), Or(), Not())" : "";
  throw error(where, fmt::format("{} is neither true nor false{}", kind_of(value), hint));
}

Value Evaluator::subscript(const ast::Node& node) {
  const Value object = evaluate(node.children[0]);
  const ast::Node& index = module_[node.children[1]];
  if (object.is<ExprId>()) {
    std::vector<ast::NodeId> entries{node.children[1]};
    if (index.kind == ast::Kind::tuple) entries = index.children;
    for (ast::NodeId id : entries) {
      const ast::Node& entry = module_[id];
      const auto is_given = [](ast::NodeId bound) { return bound != ast::none; };
      if (entry.kind == ast::Kind::slice && std::ranges::any_of(entry.children, is_given)) {
        throw error(entry.where, "only full slices ':' are supported");
      }
    }
  }
  return subscript(object, evaluate(node.children[1]), node.where);
}

Value Evaluator::slice(const ast::Node& node) {
  Slice slice;
  const auto bound = [&](std::size_t k, std::optional<std::int64_t>& out) {
    if (node.children[k] == ast::none) return;
    const Value value = evaluate(node.children[k]);
    if (value.is<None>()) return;
    const auto* integer = value.get<std::int64_t>();
    if (integer == nullptr) {
      throw error(module_[node.children[k]].where,
                  fmt::format("a slice's bound is an integer, not {}", kind_of(value)));
    }
    out = *integer;
  };
  bound(0, slice.begin);
  bound(1, slice.end);
  bound(2, slice.step);
  return {slice};
}

Value Evaluator::dict(const ast::Node& node) {
  const Dict dict = new_dict();
  for (std::size_t k = 0; k + 1 < node.children.size(); k += 2) {
    if (node.children[k] != ast::none) {
      const Value key = evaluate(node.children[k]);
      set_entry(dict, key, evaluate(node.children[k + 1]), module_[node.children[k]].where);
      continue;
    }
    const SourceLocation where = module_[node.children[k + 1]].where;
    const Value other = evaluate(node.children[k + 1]);
    if (!other.is<Dict>()) {
      throw error(where, fmt::format("'**' takes a dictionary, not {}", kind_of(other)));
    }
    for (const auto& [key, value] : other.as<Dict>().table->entries) {
      set_entry(dict, key, value, where);
    }
  }
  return {dict};
}

Value Evaluator::comprehension(const ast::Node& node) {
  // The first iterable is evaluated outside; the targets are known inside alone.
  const std::vector<Value> range =
      items(evaluate(node.clauses[0].iterable), module_[node.clauses[0].iterable].where);
  Frame* const outer = frame_;
  frame_ = &push_frame(nullptr, outer);
  const bool is_dict = node.text == "dict";
  const Dict dict = is_dict ? new_dict() : Dict{};
  std::vector<Value> results;
  comprehension_clause(node, 0, range, results, dict);
  pop_frame(outer);
  return is_dict ? Value{dict} : list(std::move(results), node.where);
}

void Evaluator::comprehension_clause(const ast::Node& node, std::size_t number,
                                     const std::vector<Value>& range, std::vector<Value>& results,
                                     const Dict& dict) {
  const ast::Clause& clause = node.clauses[number];
  const auto holds = [&](ast::NodeId condition) {
    return truth(evaluate(condition), module_[condition].where);
  };
  for (const Value& value : range) {
    count_step(node.where);
    assign(clause.target, value);
    if (!std::ranges::all_of(clause.conditions, holds)) continue;
    if (number + 1 < node.clauses.size()) {
      const ast::NodeId next = node.clauses[number + 1].iterable;
      const std::vector<Value> inner = items(evaluate(next), module_[next].where);
      const EvaluationLevel level(*this, depth_, node.where);
      comprehension_clause(node, number + 1, inner, results, dict);
    } else if (dict.table != nullptr) {
      const Value key = evaluate(node.children[0]);
      set_entry(dict, key, evaluate(node.children[1]), node.where);
    } else {
      results.push_back(evaluate(node.children[0]));
      if (results.size() > limits::list_length) {
        throw error(node.where, fmt::format("a list of more than {} items", limits::list_length));
      }
    }
  }
}

Value Evaluator::joined(const ast::Node& node) {
  std::string all;
  for (ast::NodeId id : node.children) {
    const ast::Node& part = module_[id];
    if (part.kind == ast::Kind::string) {
      all += part.text;
      continue;
    }
    const Value value = evaluate(part.children[0]);
    const Value specification =
        part.children.size() > 1 ? evaluate(part.children[1]) : Value{std::string()};
    all += format_value(*this, value, part.text, specification.as<std::string>(), part.where);
    count_step(part.where, all.size() / 64);
    if (all.size() > limits::string_length) break;
  }
  return text(std::move(all), node.where);
}

Value Evaluator::named_assignment(const ast::Node& node) {
  Value value = evaluate(node.children[1]);
  Frame* const inner = frame_;
  // A comprehension's variables are its own, but for these.
  while (frame_ != nullptr && frame_->function == nullptr) frame_ = frame_->enclosing;
  assign(node.children[0], value);
  frame_ = inner;
  return value;
}

Value Evaluator::attribute(const Value& object, const std::string& name, SourceLocation where) {
  if (name.starts_with("__")) {
    throw error(where, fmt::format("the attribute '{}' is Python's own: not supported", name));
  }
  if (const auto* module = object.get<ModuleValue>()) {
    return member_of_module(module->name, name, where);
  }
  if (auto value = python_attribute(object, name)) return *value;
  if (auto value = attribute_of(*this, object, name, where)) return *value;
  const std::string nearest = nearest_name(name, python_attributes(object));
  throw error(where,
              fmt::format("{} has no attribute '{}'{}", kind_of(object), name,
                          nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
}

}  // namespace femsynth::fem
