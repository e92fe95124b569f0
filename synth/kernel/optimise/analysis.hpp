#pragma once

#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "synth/kernel/module.hpp"
#include "synth/kernel/symbols.hpp"

/// Facts about expressions and statements that several passes need.
namespace femsynth::synth {

using NameSet = std::unordered_set<std::string>;  // its order must never matter

/// Calls `visit` with each expression directly in `s` (bounds, target, value, arguments), not with
/// those of its body.
template <typename StatementType, typename Visit>
void for_each_expression(StatementType& s, Visit visit) {
  switch (s.kind) {
    case StatementKind::loop:
      visit(s.begin);
      visit(s.end);
      return;
    case StatementKind::let:
    case StatementKind::branch:
      visit(s.value);
      return;
    case StatementKind::assign:
    case StatementKind::accumulate:
    case StatementKind::atomic_add:
      visit(s.target);
      visit(s.value);
      return;
    case StatementKind::call:
      for (auto& argument : s.arguments) visit(argument);
      return;
    case StatementKind::array:
    case StatementKind::barrier:
    case StatementKind::comment:
      return;
  }
}

/// Adds the names that `e` mentions.
void collect_names(const Expression& e, NameSet& names);

/// Every name that these statements, bodies included, mention or declare.
void collect_names(const std::vector<Statement>& body, NameSet& names);

/// The names that these statements, bodies included, declare; how often each.
void count_declarations(const std::vector<Statement>& body, std::map<std::string, int>& count);

/// Replaces the variable `from` (and arrays of that name) by `to` in all expressions of `body`.
void rename(std::vector<Statement>& body, const std::string& from, const std::string& to);

/// What statements may write.
class WriteSets {
 public:
  explicit WriteSets(const Module& module) : module_(module) {}

  /// Adds the names of places in `f` that `s` (with its body) may change. A barrier lets other
  /// threads write shared arrays and output pointers, which is `others(f)`.
  void collect(const Function& f, const Statement& s, NameSet& written) const;

  /// Memory of `f` that other threads may write: shared arrays and output pointers.
  static NameSet others(const Function& f);

 private:
  const Module& module_;
};

/// Number of arithmetic operations and function calls, index arithmetic excluded.
int operation_count(const Expression& e);

/// True if evaluating `e` where it was not evaluated before could fault: it reads an array or
/// pointer (an index may be out of range there) or divides integers.
bool may_fault(const Expression& e, const SymbolTable& symbols);

/// A name of the form prefix0, prefix1, … that is not in `taken`; adds it there.
std::string fresh_name(const std::string& prefix, NameSet& taken);

}  // namespace femsynth::synth
