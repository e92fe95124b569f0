#include "synth/kernel/cost.hpp"

#include <algorithm>

#include "synth/kernel/symbols.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

class Counter {
 public:
  Counter(const Module& module, const Function& f) : module_(module), symbols_(module.tables) {
    for (const FunctionParameter& p : f.parameters) symbols_.declare(symbol_of(p, f.kernel));
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
        symbols_.declare(symbol_of(s));
        return;
      case StatementKind::array:
        symbols_.declare(symbol_of(s));
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

  /// Of a loop from first[k] to first[k + 1], first a table whose values are known, the average
  /// over all k; else 1.
  double average_trips(const Statement& s) const {
    if (s.begin.kind != Kind::element || s.end.kind != Kind::element ||
        s.begin.name != s.end.name) {
      return 1;
    }
    for (const Table& table : module_.tables) {
      if (table.name != s.begin.name || table.dims.size() != 1 || table.values.size() < 2) continue;
      return (table.values.back() - table.values.front()) /
             static_cast<double>(table.values.size() - 1);
    }
    return 1;
  }

  void loop(const Statement& s, double times) {
    expression(s.begin, times);
    expression(s.end, times);
    double trips = 1;
    if (s.begin.kind == Kind::integer_literal && s.end.kind == Kind::integer_literal) {
      trips = std::max(0.0, static_cast<double>(s.end.integer) - s.begin.integer);
    } else {
      count_.exact = false;
      trips = average_trips(s);
    }
    const std::size_t mark = symbols_.enter();
    symbols_.declare(symbol_of(s));
    body(s.body, times * trips);
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
  OperationCount count_;
};

}  // namespace

OperationCount count_operations(const Module& module, const Function& function) {
  return Counter(module, function).run(function);
}

}  // namespace femsynth::synth
