#include "synth/kernel/check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>

#include "meshes/support/error.hpp"
#include "synth/kernel/names.hpp"
#include "synth/kernel/print.hpp"
#include "synth/kernel/symbols.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

/// Values an integer expression may take.
struct Interval {
  std::int64_t low = 0, high = 0;
};

void mentioned(const Expression& e, std::set<std::string>& names) {
  if (e.kind == Kind::variable) names.insert(e.name);
  for (const Expression& operand : e.operands) mentioned(operand, names);
}

bool mentions(const Expression& e, const std::set<std::string>& names) {
  if (e.kind == Kind::variable && names.contains(e.name)) return true;
  return std::any_of(e.operands.begin(), e.operands.end(),
                     [&](const Expression& operand) { return mentions(operand, names); });
}

void check_extents(const std::vector<int>& dims, const std::string& name) {
  std::int64_t size = 1;
  for (const int extent : dims) {
    if (extent <= 0) throw InternalError("extent " + std::to_string(extent) + " of " + name);
    size *= extent;
    if (size > (std::int64_t{1} << 28)) throw InternalError(name + " is too large");
  }
}

void check_global_name(const std::string& name) {
  if (!is_identifier(name) || is_reserved_global_name(name)) {
    throw InternalError("'" + name + "' may not name a module, table or function");
  }
}

/// Checks one function. Throws InternalError with the bare complaint; `where` is then the
/// innermost statement.
class FunctionChecker {
 public:
  FunctionChecker(const Module& module, const Function& f,
                  const std::map<std::string, const Function*>& earlier,
                  const std::set<std::string>& with_barrier)
      : function_(f), earlier_(earlier), with_barrier_(with_barrier), symbols_(module.tables) {}

  void run() {
    if (function_.kernel && (function_.block_size < 1 || function_.block_size > 1024)) {
      throw InternalError("block size " + std::to_string(function_.block_size) +
                          " is not in 1 .. 1024");
    }
    if (function_.kernel && function_.noinline) throw InternalError("nothing inlines a kernel");
    for (const FunctionParameter& p : function_.parameters) {
      check_extents(p.dims, p.name);
      if (p.pointer && !p.dims.empty()) throw InternalError("pointer with extents: " + p.name);
      if (function_.kernel && !p.pointer && (p.output || !p.dims.empty())) {
        throw InternalError("kernel parameter " + p.name + " is neither scalar nor pointer");
      }
      declare(declaration_of(p, function_.kernel));
    }
    body(function_.body, true);
  }

  bool has_barrier() const { return has_barrier_; }
  const Statement* where() const { return where_; }

 private:
  [[noreturn]] static void fail(const std::string& message) { throw InternalError(message); }

  /// `message` is a text or makes one: most are never read.
  template <class Message>
  static void require(bool condition, const Message& message) {
    if (!condition) fail(text_of(message));
  }

  template <class Message>
  static std::string text_of(const Message& message) {
    if constexpr (std::is_invocable_v<Message>) {
      return message();
    } else {
      return message;
    }
  }

  void declare(Declaration symbol) {
    const std::string& name = symbol.name;
    require(is_identifier(name) && !is_reserved_name(name),
            [&] { return "'" + name + "' may not be a name"; });
    require(symbols_.find(name) == nullptr, [&] { return "'" + name + "' is declared twice"; });
    require(name != function_.name && !earlier_.contains(name),
            [&] { return "'" + name + "' is the name of a function"; });
    symbols_.declare(std::move(symbol));
  }

  const Declaration& known(const std::string& name) const {
    const Declaration* symbol = symbols_.find(name);
    if (symbol == nullptr) fail("'" + name + "' is used before it is declared");
    return *symbol;
  }

  template <class Message>
  void require_integer(const Expression& e, const Message& what) const {
    require(symbols_.type_of(e) == ValueType::integer,
            [&] { return text_of(what) + " is not int: " + to_text(e); });
  }

  static void require_operands(const Expression& e, std::size_t count) {
    require(e.operands.size() == count, [&] {
      return "an operation of " + std::to_string(e.operands.size()) + " operands, not " +
             std::to_string(count);
    });
  }

  void expression(const Expression& e) {
    switch (e.kind) {
      case Kind::real_literal:
      case Kind::integer_literal:
      case Kind::builtin:
        return require_operands(e, 0);
      case Kind::variable: {
        require_operands(e, 0);
        const DeclarationKind kind = known(e.name).kind;
        return require(kind == DeclarationKind::value || kind == DeclarationKind::scalar,
                       [&] { return "array '" + e.name + "' stands where a number must"; });
      }
      case Kind::element:
        return element(e);
      case Kind::call:
        require(is_math_function(e.name),
                [&] { return "'" + e.name + "' is no mathematical function"; });
        require_operands(e, static_cast<std::size_t>(math_function_arity(e.name)));
        break;
      case Kind::negate:
        require_operands(e, 1);
        break;
      case Kind::logical_not:
        require_operands(e, 1);
        require_integer(e.operands[0], "operand of !");
        break;
      case Kind::logical_and:
      case Kind::logical_or:
        require_operands(e, 2);
        require_integer(e.operands[0], "a condition");
        require_integer(e.operands[1], "a condition");
        return guarded(e, 0);
      case Kind::select:
        require_operands(e, 3);
        require_integer(e.operands[0], "a condition");
        return guarded(e, 0);
      case Kind::add:
      case Kind::subtract:
      case Kind::multiply:
      case Kind::divide:
      case Kind::less:
      case Kind::less_equal:
      case Kind::greater:
      case Kind::greater_equal:
      case Kind::equal:
      case Kind::not_equal:
        require_operands(e, 2);
        break;
    }
    for (const Expression& operand : e.operands) expression(operand);
  }

  /// Operands after `condition` are evaluated only as it decides.
  void guarded(const Expression& e, std::size_t condition) {
    expression(e.operands[condition]);
    const std::set<std::string> before = guards_;
    mentioned(e.operands[condition], guards_);
    for (std::size_t i = condition + 1; i < e.operands.size(); ++i) expression(e.operands[i]);
    guards_ = before;
  }

  void element(const Expression& e) {
    const Declaration& symbol = known(e.name);
    const bool pointer = symbol.kind == DeclarationKind::pointer;
    require(
        pointer || symbol.kind == DeclarationKind::array || symbol.kind == DeclarationKind::table,
        [&] { return "'" + e.name + "' has no elements"; });
    const std::size_t rank = pointer ? 1 : symbol.dims.size();
    require(e.operands.size() == rank, [&] {
      return "'" + e.name + "' takes " + std::to_string(rank) + " indices, not " +
             std::to_string(e.operands.size());
    });
    for (std::size_t i = 0; i < rank; ++i) {
      const Expression& index = e.operands[i];
      expression(index);
      require_integer(index, [&] { return "an index of " + e.name; });
      const auto values = interval(index);
      if (!values || mentions(index, guards_)) continue;
      const bool in_range = values->low >= 0 && (pointer || values->high < symbol.dims[i]);
      require(in_range, [&] {
        return "index " + std::to_string(i) + " of " + e.name + " takes values " +
               std::to_string(values->low) + " .. " + std::to_string(values->high) +
               (pointer ? "" : ", extent " + std::to_string(symbol.dims[i]));
      });
    }
  }

  /// Of literals and loop variables of constant bounds under + - *.
  std::optional<Interval> interval(const Expression& e) const {
    if (e.kind == Kind::integer_literal) return Interval{e.integer, e.integer};
    if (e.kind == Kind::variable) {
      const auto loop = ranges_.find(e.name);
      return loop == ranges_.end() ? std::nullopt : std::optional(loop->second);
    }
    if (e.kind != Kind::add && e.kind != Kind::subtract && e.kind != Kind::multiply) {
      return std::nullopt;
    }
    const auto a = interval(e.operands.at(0));
    const auto b = interval(e.operands.at(1));
    if (!a || !b) return std::nullopt;
    if (e.kind == Kind::add) return Interval{a->low + b->low, a->high + b->high};
    if (e.kind == Kind::subtract) return Interval{a->low - b->high, a->high - b->low};
    const auto ends = {a->low * b->low, a->low * b->high, a->high * b->low, a->high * b->high};
    return Interval{std::min(ends), std::max(ends)};
  }

  /// True if all threads of a block have the same value.
  bool uniform(const Expression& e) const {
    if (e.kind == Kind::builtin) {
      return e.builtin != Builtin::thread && e.builtin != Builtin::local_thread;
    }
    if (e.kind == Kind::variable) return known(e.name).uniform;
    if (e.kind == Kind::element && known(e.name).kind != DeclarationKind::table) return false;
    return std::all_of(e.operands.begin(), e.operands.end(),
                       [&](const Expression& operand) { return uniform(operand); });
  }

  void body(const std::vector<Statement>& list, bool uniform_flow) {
    const std::size_t mark = symbols_.enter();
    for (const Statement& s : list) {
      where_ = &s;
      statement(s, uniform_flow);
    }
    symbols_.leave(mark);
  }

  void statement(const Statement& s, bool uniform_flow) {
    switch (s.kind) {
      case StatementKind::loop:
        return loop(s, uniform_flow);
      case StatementKind::let: {
        expression(s.value);
        if (s.type == ValueType::integer) require_integer(s.value, "the value of an int");
        Declaration symbol = declaration_of(s);
        symbol.uniform = uniform(s.value);
        return declare(std::move(symbol));
      }
      case StatementKind::array:
        check_extents(s.dims, s.name);
        return declare(declaration_of(s));
      case StatementKind::assign:
      case StatementKind::accumulate:
      case StatementKind::atomic_add:
        return store(s);
      case StatementKind::branch: {
        expression(s.value);
        require_integer(s.value, "a condition");
        const std::set<std::string> before = guards_;
        mentioned(s.value, guards_);
        body(s.body, uniform_flow && uniform(s.value));
        guards_ = before;
        return;
      }
      case StatementKind::call:
        return call(s, uniform_flow);
      case StatementKind::barrier:
        has_barrier_ = true;
        return require(uniform_flow, "a barrier that not all threads reach");
      case StatementKind::comment:
        return;
    }
  }

  void loop(const Statement& s, bool uniform_flow) {
    expression(s.begin);
    expression(s.end);
    require_integer(s.begin, "a loop bound");
    require_integer(s.end, "a loop bound");
    const bool uniform_bounds = uniform(s.begin) && uniform(s.end);
    const std::size_t mark = symbols_.enter();
    Declaration symbol = declaration_of(s);
    symbol.uniform = uniform_bounds;
    declare(std::move(symbol));
    const bool constant =
        s.begin.kind == Kind::integer_literal && s.end.kind == Kind::integer_literal;
    const bool runs = constant && s.begin.integer < s.end.integer;
    if (runs) ranges_[s.name] = {s.begin.integer, s.end.integer - 1};
    body(s.body, uniform_flow && uniform_bounds);
    ranges_.erase(s.name);
    symbols_.leave(mark);
  }

  void store(const Statement& s) {
    target(s.target);
    expression(s.value);
    const Declaration& symbol = known(s.target.name);
    if (s.kind == StatementKind::atomic_add) {
      require(symbol.kind == DeclarationKind::pointer, "an atomic addition to local memory");
    }
    if (symbol.type == ValueType::integer) require_integer(s.value, "the value of an int");
  }

  void target(const Expression& e) {
    require(e.kind == Kind::variable || e.kind == Kind::element, "the target is no place");
    const Declaration& symbol = known(e.name);
    require(symbol.writable, [&] { return "'" + e.name + "' may not be written"; });
    expression(e);
  }

  void call(const Statement& s, bool uniform_flow) {
    const auto callee = earlier_.find(s.name);
    require(callee != earlier_.end() && !callee->second->kernel,
            [&] { return "'" + s.name + "' is no device function above"; });
    if (with_barrier_.contains(s.name)) {
      has_barrier_ = true;
      require(uniform_flow, "a call with a barrier that not all threads reach");
    }
    const std::vector<FunctionParameter>& parameters = callee->second->parameters;
    require(s.arguments.size() == parameters.size(), [&] {
      return s.name + " takes " + std::to_string(parameters.size()) + " arguments, not " +
             std::to_string(s.arguments.size());
    });
    std::map<std::string, bool> passed;  // array → any of its parameters is an output
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      argument(s.arguments[i], parameters[i]);
      const bool by_reference =
          parameters[i].pointer || parameters[i].output || !parameters[i].dims.empty();
      if (!by_reference) continue;
      const auto [it, first] = passed.emplace(s.arguments[i].name, parameters[i].output);
      require(first || (!it->second && !parameters[i].output),
              [&] { return "'" + s.arguments[i].name + "' is passed twice, once to be written"; });
    }
  }

  void argument(const Expression& e, const FunctionParameter& p) {
    if (!p.pointer && p.dims.empty()) {
      if (p.output) {
        target(e);
        return require(known(e.name).type == p.type,
                       [&] { return "output " + p.name + " has another type"; });
      }
      expression(e);
      if (p.type == ValueType::integer) require_integer(e, [&] { return "argument " + p.name; });
      return;
    }
    require(e.kind == Kind::variable,
            [&] { return "argument " + p.name + " must be the name of an array"; });
    const Declaration& symbol = known(e.name);
    const bool pointer = symbol.kind == DeclarationKind::pointer;
    const bool array =
        symbol.kind == DeclarationKind::array || symbol.kind == DeclarationKind::table;
    require(p.pointer ? pointer : array,
            [&] { return "'" + e.name + "' is no such array as " + p.name; });
    require(symbol.type == p.type && symbol.dims == p.dims,
            [&] { return "'" + e.name + "' has another type or other extents than " + p.name; });
    require(symbol.writable || !p.output, [&] { return "'" + e.name + "' may not be written"; });
  }

  const Function& function_;
  const std::map<std::string, const Function*>& earlier_;
  const std::set<std::string>& with_barrier_;
  SymbolTable symbols_;
  std::map<std::string, Interval> ranges_;  // of loop variables in scope
  std::set<std::string> guards_;            // variables in enclosing conditions
  const Statement* where_ = nullptr;
  bool has_barrier_ = false;
};

void check_table(const Table& t) {
  check_global_name(t.name);
  check_extents(t.dims, t.name);
  std::size_t size = 1;
  for (const int extent : t.dims) size *= static_cast<std::size_t>(extent);
  if (t.values.size() != size) {
    throw InternalError(std::to_string(t.values.size()) + " values, not " + std::to_string(size));
  }
  for (const double value : t.values) {
    // Written so that a NaN fails.
    const bool integral =
        value >= -2147483648.0 && value <= 2147483647.0 && value == std::trunc(value);
    if (t.type == ValueType::integer && !integral) {
      throw InternalError("value " + std::to_string(value) + " of a table of int");
    }
  }
}

/// The first line of a statement, without its body.
std::string first_line(const Statement& s) {
  Statement head = s;
  head.body.clear();
  const std::string text = to_text(head);
  return text.substr(0, text.find('\n'));
}

}  // namespace

void check(const Module& module) {
  check_global_name(module.name);
  std::set<std::string> globals;
  for (const Table& t : module.tables) {
    try {
      check_table(t);
      if (!globals.insert(t.name).second) throw InternalError("declared twice");
    } catch (const InternalError& error) {
      throw InternalError("kernel IR: table " + t.name + ": " + error.what());
    }
  }
  std::map<std::string, const Function*> earlier;
  std::set<std::string> with_barrier;
  for (const Function& f : module.functions) {
    FunctionChecker checker(module, f, earlier, with_barrier);
    try {
      check_global_name(f.name);
      if (!globals.insert(f.name).second) throw InternalError("declared twice");
      checker.run();
    } catch (const InternalError& error) {
      const std::string where =
          checker.where() == nullptr ? "" : ": in '" + first_line(*checker.where()) + "'";
      throw InternalError("kernel IR: function " + f.name + where + ": " + error.what());
    }
    earlier.emplace(f.name, &f);
    if (checker.has_barrier()) with_barrier.insert(f.name);
  }
}

}  // namespace femsynth::synth
