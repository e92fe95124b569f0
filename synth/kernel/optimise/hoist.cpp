#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "synth/kernel/optimise/analysis.hpp"
#include "synth/kernel/optimise/passes.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

// A name for less than this costs more reading than it saves work.
constexpr int kNamedOperations = 2;

bool surely_runs(const Statement& loop) {
  return loop.begin.kind == Kind::integer_literal && loop.end.kind == Kind::integer_literal &&
         loop.begin.integer < loop.end.integer;
}

/// Moves what does not change out of one loop.
class LoopHoister {
 public:
  LoopHoister(Statement& loop, NameSet written, SymbolTable& symbols, NameSet& taken,
              std::map<std::string, int>& declarations)
      : loop_(loop),
        changing_(std::move(written)),
        symbols_(symbols),
        taken_(taken),
        declarations_(declarations),
        runs_(surely_runs(loop)) {
    changing_.insert(loop.name);
    std::map<std::string, int> inside;
    count_declarations(loop.body, inside);
    for (const auto& [name, count] : inside) changing_.insert(name);
  }

  /// The statements to stand in front of the loop. They are declared in `symbols`.
  std::vector<Statement> run() {
    for (std::size_t i = 0; i < loop_.body.size();) {
      Statement& s = loop_.body[i];
      if (s.kind == StatementKind::let && movable(s.value)) {
        move_let(i);
        continue;
      }
      for_each_expression(s, [&](Expression& e) { name_invariants(e); });
      ++i;
    }
    return std::move(moved_);
  }

 private:
  bool invariant(const Expression& e) const {
    if ((e.kind == Kind::variable || e.kind == Kind::element) && changing_.contains(e.name)) {
      return false;
    }
    return std::all_of(e.operands.begin(), e.operands.end(),
                       [&](const Expression& operand) { return invariant(operand); });
  }

  bool movable(const Expression& e) const {
    return invariant(e) && (runs_ || !may_fault(e, symbols_));
  }

  void move_let(std::size_t i) {
    Statement s = std::move(loop_.body[i]);
    loop_.body.erase(loop_.body.begin() + static_cast<std::ptrdiff_t>(i));
    if (declarations_[s.name] > 1) {
      // Another block uses the name; outside the loop both would be in scope.
      --declarations_[s.name];
      const std::string name = fresh_name(s.name + '_', taken_);
      rename_rest(i, s.name, name);
      s.name = name;
      declarations_[name] = 1;
    } else {
      changing_.erase(s.name);
    }
    symbols_.declare(declaration_of(s));
    moved_.push_back(std::move(s));
  }

  void rename_rest(std::size_t from, const std::string& old_name, const std::string& new_name) {
    std::vector<Statement> rest(std::make_move_iterator(loop_.body.begin() + std::ptrdiff_t(from)),
                                std::make_move_iterator(loop_.body.end()));
    rename(rest, old_name, new_name);
    std::move(rest.begin(), rest.end(), loop_.body.begin() + std::ptrdiff_t(from));
  }

  /// Replaces the largest invariant real subexpressions by names.
  void name_invariants(Expression& e) {
    if (e.kind == Kind::element) return;  // indices are cheap
    const bool worthwhile = operation_count(e) >= kNamedOperations;
    if (!worthwhile) return;
    if (movable(e) && symbols_.type_of(e) == ValueType::real) {
      e = name_of(std::move(e));
      return;
    }
    // The later operands of these are not always evaluated.
    const bool lazy =
        e.kind == Kind::select || e.kind == Kind::logical_and || e.kind == Kind::logical_or;
    const std::size_t evaluated = lazy ? 1 : e.operands.size();
    for (std::size_t i = 0; i < evaluated; ++i) name_invariants(e.operands[i]);
  }

  Expression name_of(Expression e) {
    Expression variable;
    variable.kind = Kind::variable;
    for (const Statement& s : moved_) {
      if (s.value == e) {
        variable.name = s.name;
        return variable;
      }
    }
    Statement s;
    s.kind = StatementKind::let;
    s.type = ValueType::real;
    s.name = fresh_name("inv", taken_);
    s.value = std::move(e);
    variable.name = s.name;
    declarations_[s.name] = 1;
    symbols_.declare(declaration_of(s));
    moved_.push_back(std::move(s));
    return variable;
  }

  Statement& loop_;
  NameSet changing_;  // names that the loop declares or writes
  SymbolTable& symbols_;
  NameSet& taken_;
  std::map<std::string, int>& declarations_;
  bool runs_;
  std::vector<Statement> moved_;
};

class Hoister {
 public:
  explicit Hoister(const Module& module)
      : module_(module), writes_(module), symbols_(module.tables) {}

  void function(Function& f) {
    function_ = &f;
    taken_.clear();
    declarations_.clear();
    collect_names(f.body, taken_);
    count_declarations(f.body, declarations_);
    for (const Table& t : module_.tables) taken_.insert(t.name);
    for (const Function& other : module_.functions) taken_.insert(other.name);
    const std::size_t mark = symbols_.enter();
    for (const FunctionParameter& p : f.parameters) {
      taken_.insert(p.name);
      symbols_.declare(declaration_of(p, f.kernel));
    }
    body(f.body);
    symbols_.leave(mark);
  }

 private:
  /// Innermost loops first, so that what leaves an inner loop can leave the outer one too.
  void body(std::vector<Statement>& list) {
    const std::size_t mark = symbols_.enter();
    std::vector<Statement> result;
    result.reserve(list.size());
    for (Statement& s : list) {
      if (s.kind == StatementKind::branch) body(s.body);
      if (s.kind == StatementKind::loop) {
        const std::size_t inner = symbols_.enter();
        symbols_.declare(declaration_of(s));
        body(s.body);
        symbols_.leave(inner);
        NameSet written;
        writes_.collect(*function_, s, written);
        LoopHoister hoister(s, std::move(written), symbols_, taken_, declarations_);
        for (Statement& moved : hoister.run()) result.push_back(std::move(moved));
      }
      if (s.kind == StatementKind::let || s.kind == StatementKind::array) {
        symbols_.declare(declaration_of(s));
      }
      result.push_back(std::move(s));
    }
    list = std::move(result);
    symbols_.leave(mark);
  }

  const Module& module_;
  WriteSets writes_;
  SymbolTable symbols_;
  const Function* function_ = nullptr;
  NameSet taken_;  // every name in the function and module
  std::map<std::string, int> declarations_;
};

}  // namespace

void hoist_invariants(Module& module) {
  Hoister hoister(module);
  for (Function& f : module.functions) hoister.function(f);
}

}  // namespace femsynth::synth
