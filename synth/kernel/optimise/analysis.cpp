#include "synth/kernel/optimise/analysis.hpp"

#include <algorithm>

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

const Function* find_function(const Module& module, const std::string& name) {
  for (const Function& f : module.functions) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

void rename(Expression& e, const std::string& from, const std::string& to) {
  if ((e.kind == Kind::variable || e.kind == Kind::element) && e.name == from) e.name = to;
  for (Expression& operand : e.operands) rename(operand, from, to);
}

void collect_shared(const std::vector<Statement>& body, NameSet& names) {
  for (const Statement& s : body) {
    if (s.kind == StatementKind::array && s.shared) names.insert(s.name);
    collect_shared(s.body, names);
  }
}

bool has_barrier(const Module& module, const std::vector<Statement>& body) {
  return std::any_of(body.begin(), body.end(), [&](const Statement& s) {
    if (s.kind == StatementKind::barrier) return true;
    if (s.kind != StatementKind::call) return has_barrier(module, s.body);
    const Function* callee = find_function(module, s.name);
    return callee != nullptr && has_barrier(module, callee->body);
  });
}

}  // namespace

void collect_names(const Expression& e, NameSet& names) {
  if (e.kind == Kind::variable || e.kind == Kind::element) names.insert(e.name);
  for (const Expression& operand : e.operands) collect_names(operand, names);
}

void collect_names(const std::vector<Statement>& body, NameSet& names) {
  for (const Statement& s : body) {
    for_each_expression(s, [&](const Expression& e) { collect_names(e, names); });
    if (!s.name.empty()) names.insert(s.name);
    collect_names(s.body, names);
  }
}

void count_declarations(const std::vector<Statement>& body, std::map<std::string, int>& count) {
  for (const Statement& s : body) {
    if (s.kind == StatementKind::let || s.kind == StatementKind::array ||
        s.kind == StatementKind::loop) {
      ++count[s.name];
    }
    count_declarations(s.body, count);
  }
}

void rename(std::vector<Statement>& body, const std::string& from, const std::string& to) {
  for (Statement& s : body) {
    for_each_expression(s, [&](Expression& e) { rename(e, from, to); });
    rename(s.body, from, to);
  }
}

NameSet WriteSets::others(const Function& f) {
  NameSet names;
  collect_shared(f.body, names);
  for (const FunctionParameter& p : f.parameters) {
    // An array parameter may be a shared array of the caller.
    if (p.output && (p.pointer || !p.dims.empty())) names.insert(p.name);
    if (!p.pointer && !p.dims.empty()) names.insert(p.name);
  }
  return names;
}

void WriteSets::collect(const Function& f, const Statement& s, NameSet& written) const {
  switch (s.kind) {
    case StatementKind::assign:
    case StatementKind::accumulate:
    case StatementKind::atomic_add:
      written.insert(s.target.name);
      return;
    case StatementKind::call: {
      const Function* callee = find_function(module_, s.name);
      if (callee == nullptr) return;
      for (std::size_t i = 0; i < s.arguments.size() && i < callee->parameters.size(); ++i) {
        if (callee->parameters[i].output) written.insert(s.arguments[i].name);
      }
      if (has_barrier(module_, callee->body)) written.merge(others(f));
      return;
    }
    case StatementKind::barrier:
      written.merge(others(f));
      return;
    case StatementKind::loop:
    case StatementKind::branch:
      for (const Statement& inner : s.body) collect(f, inner, written);
      return;
    case StatementKind::let:
    case StatementKind::array:
    case StatementKind::comment:
      return;
  }
}

int operation_count(const Expression& e) {
  if (e.kind == Kind::element) return 0;
  int count = 0;
  for (const Expression& operand : e.operands) count += operation_count(operand);
  switch (e.kind) {
    case Kind::real_literal:
    case Kind::integer_literal:
    case Kind::variable:
    case Kind::builtin:
      return count;
    default:
      return count + 1;
  }
}

bool may_fault(const Expression& e, const SymbolTable& symbols) {
  if (e.kind == Kind::element) return true;
  if (e.kind == Kind::divide && symbols.type_of(e) == ValueType::integer) return true;
  return std::any_of(e.operands.begin(), e.operands.end(),
                     [&](const Expression& operand) { return may_fault(operand, symbols); });
}

std::string fresh_name(const std::string& prefix, NameSet& taken) {
  for (int i = 0;; ++i) {
    std::string name = prefix + std::to_string(i);
    if (taken.insert(name).second) return name;
  }
}

}  // namespace femsynth::synth
