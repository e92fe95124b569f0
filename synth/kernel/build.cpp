#include "synth/kernel/build.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace femsynth::synth::build {
namespace {

/// The value of an integer literal.
std::optional<std::int64_t> literal(const Expression& e) {
  if (e.kind != ExpressionKind::integer_literal) return std::nullopt;
  return e.integer;
}

bool is_literal(const Expression& e, std::int32_t value) {
  return e.kind == ExpressionKind::integer_literal && e.integer == value;
}

/// A literal, unless the value leaves 32 bits (then the operation stays as written).
std::optional<Expression> folded(std::int64_t value) {
  if (value < std::numeric_limits<std::int32_t>::min() ||
      value > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  return integer(static_cast<int>(value));
}

Expression node(ExpressionKind kind, Expression a, Expression b) {
  Expression e;
  e.kind = kind;
  e.operands.reserve(2);
  e.operands.push_back(std::move(a));
  e.operands.push_back(std::move(b));
  return e;
}

Expression node(ExpressionKind kind, Expression a) {
  Expression e;
  e.kind = kind;
  e.operands.push_back(std::move(a));
  return e;
}

Statement statement(StatementKind kind) {
  Statement s;
  s.kind = kind;
  return s;
}

Statement store(StatementKind kind, Expression target, Expression value) {
  Statement s = statement(kind);
  s.target = std::move(target);
  s.value = std::move(value);
  return s;
}

}  // namespace

Expression real(double value) {
  Expression e;
  e.kind = ExpressionKind::real_literal;
  e.value = value;
  return e;
}

Expression integer(int value) {
  Expression e;
  e.kind = ExpressionKind::integer_literal;
  e.integer = value;
  return e;
}

Expression var(std::string name) {
  Expression e;
  e.kind = ExpressionKind::variable;
  e.name = std::move(name);
  return e;
}

Expression at(std::string array, std::vector<Expression> indices) {
  Expression e;
  e.kind = ExpressionKind::element;
  e.name = std::move(array);
  e.operands = std::move(indices);
  return e;
}

Expression builtin(Builtin b) {
  Expression e;
  e.kind = ExpressionKind::builtin;
  e.builtin = b;
  return e;
}

Expression negate(Expression a) {
  if (const auto v = literal(a)) {
    if (auto e = folded(-*v)) return *std::move(e);
  }
  return node(ExpressionKind::negate, std::move(a));
}

Expression add(Expression a, Expression b) {
  const auto va = literal(a);
  const auto vb = literal(b);
  if (va && vb) {
    if (auto e = folded(*va + *vb)) return *std::move(e);
  }
  if (is_literal(a, 0)) return b;
  if (is_literal(b, 0)) return a;
  // (x + 2) + 3 reads better as x + 5.
  if (vb && a.kind == ExpressionKind::add) {
    if (const auto inner = literal(a.operands[1])) {
      if (auto e = folded(*inner + *vb)) {
        return add(std::move(a.operands[0]), *std::move(e));
      }
    }
  }
  return node(ExpressionKind::add, std::move(a), std::move(b));
}

Expression subtract(Expression a, Expression b) {
  const auto va = literal(a);
  const auto vb = literal(b);
  if (va && vb) {
    if (auto e = folded(*va - *vb)) return *std::move(e);
  }
  if (is_literal(b, 0)) return a;
  return node(ExpressionKind::subtract, std::move(a), std::move(b));
}

Expression multiply(Expression a, Expression b) {
  const auto va = literal(a);
  const auto vb = literal(b);
  if (va && vb) {
    if (auto e = folded(*va * *vb)) return *std::move(e);
  }
  if (is_literal(a, 0) || is_literal(b, 0)) return integer(0);
  if (is_literal(a, 1)) return b;
  if (is_literal(b, 1)) return a;
  return node(ExpressionKind::multiply, std::move(a), std::move(b));
}

Expression divide(Expression a, Expression b) {
  const auto va = literal(a);
  const auto vb = literal(b);
  if (va && vb && *vb != 0) {
    if (auto e = folded(*va / *vb)) return *std::move(e);
  }
  if (is_literal(b, 1)) return a;
  return node(ExpressionKind::divide, std::move(a), std::move(b));
}

Expression binary(ExpressionKind kind, Expression a, Expression b) {
  return node(kind, std::move(a), std::move(b));
}

Expression logical_not(Expression a) { return node(ExpressionKind::logical_not, std::move(a)); }

Expression select(Expression condition, Expression a, Expression b) {
  Expression e;
  e.kind = ExpressionKind::select;
  e.operands.reserve(3);
  e.operands.push_back(std::move(condition));
  e.operands.push_back(std::move(a));
  e.operands.push_back(std::move(b));
  return e;
}

Expression call(std::string function, std::vector<Expression> operands) {
  Expression e;
  e.kind = ExpressionKind::call;
  e.name = std::move(function);
  e.operands = std::move(operands);
  return e;
}

Statement loop(std::string variable, Expression begin, Expression end,
               std::vector<Statement> body) {
  Statement s = statement(StatementKind::loop);
  s.name = std::move(variable);
  s.type = ValueType::integer;
  s.begin = std::move(begin);
  s.end = std::move(end);
  s.body = std::move(body);
  return s;
}

Statement let(ValueType type, std::string name, Expression value, std::string text) {
  Statement s = statement(StatementKind::let);
  s.type = type;
  s.name = std::move(name);
  s.value = std::move(value);
  s.text = std::move(text);
  return s;
}

Statement array(std::string name, std::vector<int> dims, std::string text) {
  Statement s = statement(StatementKind::array);
  s.name = std::move(name);
  s.dims = std::move(dims);
  s.text = std::move(text);
  return s;
}

Statement shared_array(std::string name, std::vector<int> dims, std::string text) {
  Statement s = array(std::move(name), std::move(dims), std::move(text));
  s.shared = true;
  return s;
}

Statement assign(Expression target, Expression value) {
  return store(StatementKind::assign, std::move(target), std::move(value));
}

Statement accumulate(Expression target, Expression value) {
  return store(StatementKind::accumulate, std::move(target), std::move(value));
}

Statement atomic_add(Expression target, Expression value) {
  return store(StatementKind::atomic_add, std::move(target), std::move(value));
}

Statement branch(Expression condition, std::vector<Statement> body) {
  Statement s = statement(StatementKind::branch);
  s.value = std::move(condition);
  s.body = std::move(body);
  return s;
}

Statement invoke(std::string function, std::vector<Expression> arguments) {
  Statement s = statement(StatementKind::call);
  s.name = std::move(function);
  s.arguments = std::move(arguments);
  return s;
}

Statement barrier() { return statement(StatementKind::barrier); }

Statement comment(std::string text) {
  Statement s = statement(StatementKind::comment);
  s.text = std::move(text);
  return s;
}

}  // namespace femsynth::synth::build
