#include "synth/kernel/cost.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "synth/kernel/symbols.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

class Counter {
 public:
  Counter(const Module& module, const Function& f) : module_(module), symbols_(module.tables) {
    for (const FunctionParameter& p : f.parameters) symbols_.declare(declaration_of(p, f.kernel));
  }

  OperationCount run(const Function& f) {
    body(f.body, 1);
    return std::move(count_);
  }

 private:
  bool is_real(const Expression& e) const { return symbols_.type_of(e) == ValueType::real; }

  void expression(const Expression& e, double times) {
    for (const Expression& operand : e.operands) expression(operand, times);
    switch (e.kind) {
      case Kind::real_literal:
      case Kind::integer_literal:
      case Kind::variable:
      case Kind::builtin:
        return;
      case Kind::element:
        count_.loads[e.name] += times;
        return;
      case Kind::call:
        count_.function += times;
        return;
      case Kind::add:
      case Kind::subtract:
        (is_real(e) ? count_.add : count_.integer) += times;
        return;
      case Kind::multiply:
        (is_real(e) ? count_.multiply : count_.integer) += times;
        return;
      case Kind::divide:
        (is_real(e) ? count_.divide : count_.integer) += times;
        return;
      case Kind::negate:
      case Kind::select:
        (is_real(e) ? count_.other : count_.integer) += times;
        return;
      case Kind::less:
      case Kind::less_equal:
      case Kind::greater:
      case Kind::greater_equal:
      case Kind::equal:
      case Kind::not_equal: {
        const bool real = is_real(e.operands.at(0)) || is_real(e.operands.at(1));
        (real ? count_.other : count_.integer) += times;
        return;
      }
      case Kind::logical_and:
      case Kind::logical_or:
      case Kind::logical_not:
        count_.integer += times;
        return;
    }
  }

  void body(const std::vector<Statement>& list, double times) {
    const std::size_t mark = symbols_.enter();
    for (const Statement& s : list) statement(s, times);
    symbols_.leave(mark);
  }

  void statement(const Statement& s, double times) {
    switch (s.kind) {
      case StatementKind::loop:
        return loop(s, times);
      case StatementKind::let:
        expression(s.value, times);
        symbols_.declare(declaration_of(s));
        return;
      case StatementKind::array:
        symbols_.declare(declaration_of(s));
        return;
      case StatementKind::assign:
      case StatementKind::accumulate:
      case StatementKind::atomic_add:
        return store(s, times);
      case StatementKind::branch:
        expression(s.value, times);
        return body(s.body, times);
      case StatementKind::call:
        return call(s, times);
      case StatementKind::barrier:
        count_.barrier += times;
        return;
      case StatementKind::comment:
        return;
    }
  }

  /// The value of an integer expression of literals, entries of tables, and variables of loops that
  /// are gone through.
  std::optional<std::int64_t> value(const Expression& e) const {
    if (e.kind == Kind::integer_literal) return e.integer;
    if (e.kind == Kind::variable) {
      const auto at = variables_.find(e.name);
      return at == variables_.end() ? std::nullopt : std::optional<std::int64_t>(at->second);
    }
    std::vector<std::int64_t> operands;
    for (const Expression& operand : e.operands) {
      const std::optional<std::int64_t> v = value(operand);
      if (!v) return std::nullopt;
      operands.push_back(*v);
    }
    if (e.kind == Kind::add) return operands[0] + operands[1];
    if (e.kind == Kind::subtract) return operands[0] - operands[1];
    if (e.kind == Kind::multiply) return operands[0] * operands[1];
    if (e.kind == Kind::element) return entry(e.name, operands);
    return std::nullopt;
  }

  std::optional<std::int64_t> entry(const std::string& name,
                                    const std::vector<std::int64_t>& indices) const {
    for (const Table& table : module_.tables) {
      if (table.name != name || table.type != ValueType::integer) continue;
      std::int64_t place = 0;
      for (std::size_t k = 0; k < indices.size(); ++k) place = place * table.dims[k] + indices[k];
      if (place < 0 || place >= static_cast<std::int64_t>(table.values.size())) break;
      return std::llround(table.values[static_cast<std::size_t>(place)]);
    }
    return std::nullopt;
  }

  static bool mentions(const Expression& e, const std::string& variable) {
    return (e.kind == Kind::variable && e.name == variable) ||
           std::any_of(e.operands.begin(), e.operands.end(),
                       [&](const Expression& operand) { return mentions(operand, variable); });
  }
  /// Does the length of a loop in there depend on that variable?
  static bool sets_a_length(const std::string& variable, const std::vector<Statement>& list) {
    return std::any_of(list.begin(), list.end(), [&](const Statement& s) {
      return (s.kind == StatementKind::loop &&
              (mentions(s.begin, variable) || mentions(s.end, variable))) ||
             sets_a_length(variable, s.body);
    });
  }

  void loop(const Statement& s, double times) {
    expression(s.begin, times);
    expression(s.end, times);
    const std::optional<std::int64_t> begin = value(s.begin);
    const std::optional<std::int64_t> end = value(s.end);
    const std::size_t mark = symbols_.enter();
    symbols_.declare(declaration_of(s));
    if (!begin || !end) {
      count_.exact = false;
      body(s.body, times);
    } else if (!sets_a_length(s.name, s.body)) {
      body(s.body, times * static_cast<double>(std::max<std::int64_t>(0, *end - *begin)));
    } else {
      for (std::int64_t k = *begin; k < *end; ++k) {
        variables_[s.name] = k;
        body(s.body, times);
      }
      variables_.erase(s.name);
    }
    symbols_.leave(mark);
  }

  void store(const Statement& s, double times) {
    expression(s.value, times);
    for (const Expression& index : s.target.operands) expression(index, times);
    const bool element = s.target.kind == Kind::element;
    if (element) count_.stores[s.target.name] += times;
    if (s.kind == StatementKind::atomic_add) count_.atomic += times;
    if (s.kind != StatementKind::accumulate) return;
    if (element) count_.loads[s.target.name] += times;
    (is_real(s.target) ? count_.add : count_.integer) += times;
  }

  void call(const Statement& s, double times) {
    const auto callee = std::find_if(module_.functions.begin(), module_.functions.end(),
                                     [&](const Function& f) { return f.name == s.name; });
    if (callee == module_.functions.end()) return;
    const OperationCount inner = Counter(module_, *callee).run(*callee);
    count_.add += times * inner.add;
    count_.multiply += times * inner.multiply;
    count_.divide += times * inner.divide;
    count_.function += times * inner.function;
    count_.other += times * inner.other;
    count_.integer += times * inner.integer;
    count_.atomic += times * inner.atomic;
    count_.barrier += times * inner.barrier;
    count_.exact = count_.exact && inner.exact;
    const auto outside = [&](const std::string& name) {
      for (std::size_t i = 0; i < callee->parameters.size() && i < s.arguments.size(); ++i) {
        if (callee->parameters[i].name == name) return s.arguments[i].name;
      }
      const bool table = std::any_of(module_.tables.begin(), module_.tables.end(),
                                     [&](const Table& t) { return t.name == name; });
      return table || name.find('.') != std::string::npos ? name : s.name + '.' + name;
    };
    for (const auto& [name, n] : inner.loads) count_.loads[outside(name)] += times * n;
    for (const auto& [name, n] : inner.stores) count_.stores[outside(name)] += times * n;
    for (const Expression& argument : s.arguments) {
      if (argument.kind != Kind::variable) expression(argument, times);
    }
  }

  const Module& module_;
  SymbolTable symbols_;
  std::map<std::string, std::int64_t> variables_;  // of loops that are gone through
  OperationCount count_;
};

}  // namespace

OperationCount count_operations(const Module& module, const Function& function) {
  return Counter(module, function).run(function);
}

}  // namespace femsynth::synth
