#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "synth/kernel/optimise/analysis.hpp"
#include "synth/kernel/optimise/passes.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

bool is_real(const Expression& e, double value) {
  return e.kind == Kind::real_literal && e.value == value;
}

Expression integer_literal(std::int64_t value) {
  Expression e;
  e.kind = Kind::integer_literal;
  e.integer = static_cast<std::int32_t>(value);
  return e;
}

Expression real_literal(double value) {
  Expression e;
  e.kind = Kind::real_literal;
  e.value = value;
  return e;
}

/// a ∘ b if it does not round; Real is the precision in which it would be computed.
template <typename Real>
std::optional<double> exact(Kind kind, double left, double right) {
  const Real a = static_cast<Real>(left), b = static_cast<Real>(right);
  // A literal that the precision rounds is left alone.
  if (static_cast<double>(a) != left || static_cast<double>(b) != right) return std::nullopt;
  Real value = 0;
  bool same = false;
  switch (kind) {
    case Kind::add:
    case Kind::subtract: {
      // Knuth's two-sum: the rounding error of a + c, exactly.
      const Real c = kind == Kind::add ? b : -b;
      value = a + c;
      const Real part = value - a;
      same = (a - (value - part)) + (c - part) == 0;
      break;
    }
    case Kind::multiply:
      value = a * b;
      same = std::fma(a, b, -value) == 0;
      break;
    case Kind::divide:
      value = a / b;
      same = b != 0 && std::fma(value, b, -a) == 0;
      break;
    default:
      return std::nullopt;
  }
  // Near underflow the error terms above round themselves.
  const Real least = std::numeric_limits<Real>::min() / std::numeric_limits<Real>::epsilon();
  const bool normal = std::isfinite(value) &&
                      (value == 0 ? a == 0 || kind != Kind::multiply : std::abs(value) >= least);
  if (!same || !normal) return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer_value(Kind kind, std::int64_t a, std::int64_t b) {
  std::int64_t value = 0;
  switch (kind) {
    case Kind::add:
      value = a + b;
      break;
    case Kind::subtract:
      value = a - b;
      break;
    case Kind::multiply:
      value = a * b;
      break;
    case Kind::divide:
      if (b == 0) return std::nullopt;
      value = a / b;
      break;
    case Kind::less:
      return a < b;
    case Kind::less_equal:
      return a <= b;
    case Kind::greater:
      return a > b;
    case Kind::greater_equal:
      return a >= b;
    case Kind::equal:
      return a == b;
    case Kind::not_equal:
      return a != b;
    default:
      return std::nullopt;
  }
  const bool fits = value >= std::numeric_limits<std::int32_t>::min() &&
                    value <= std::numeric_limits<std::int32_t>::max();
  return fits ? std::optional(value) : std::nullopt;
}

class Folder {
 public:
  explicit Folder(const Module& module)
      : single_(module.single_precision), symbols_(module.tables) {}

  void function(Function& f) {
    const std::size_t mark = symbols_.enter();
    for (const FunctionParameter& p : f.parameters) symbols_.declare(declaration_of(p, f.kernel));
    body(f.body);
    symbols_.leave(mark);
  }

 private:
  void body(std::vector<Statement>& list) {
    const std::size_t mark = symbols_.enter();
    for (Statement& s : list) {
      for_each_expression(s, [&](Expression& e) { expression(e); });
      const std::size_t inner = symbols_.enter();
      if (s.kind == StatementKind::loop) symbols_.declare(declaration_of(s));
      body(s.body);
      symbols_.leave(inner);
      if (s.kind == StatementKind::let || s.kind == StatementKind::array) {
        symbols_.declare(declaration_of(s));
      }
    }
    symbols_.leave(mark);
    std::erase_if(list, [](const Statement& s) {
      if (s.kind == StatementKind::branch) {
        return s.value.kind == Kind::integer_literal && s.value.integer == 0;
      }
      return s.kind == StatementKind::loop && s.begin.kind == Kind::integer_literal &&
             s.end.kind == Kind::integer_literal && s.begin.integer >= s.end.integer;
    });
  }

  ValueType type_of(const Expression& e) const { return symbols_.type_of(e); }

  void expression(Expression& e) {
    for (Expression& operand : e.operands) expression(operand);
    while (auto simpler = simplify(e)) e = *std::move(simpler);
  }

  std::optional<Expression> literals(const Expression& e) const {
    const Expression& a = e.operands[0];
    const Expression& b = e.operands[1];
    if (a.kind == Kind::integer_literal && b.kind == Kind::integer_literal) {
      const auto value = integer_value(e.kind, a.integer, b.integer);
      if (value) return integer_literal(*value);
    }
    if (a.kind == Kind::real_literal && b.kind == Kind::real_literal) {
      const auto value = single_ ? exact<float>(e.kind, a.value, b.value)
                                 : exact<double>(e.kind, a.value, b.value);
      if (value) return real_literal(*value);
    }
    return std::nullopt;
  }

  static bool is(const Expression& e, int value) {
    return is_real(e, value) || (e.kind == Kind::integer_literal && e.integer == value);
  }

  /// A simpler form of a node whose operands are simple already.
  std::optional<Expression> simplify(const Expression& e) const {
    switch (e.kind) {
      case Kind::negate:
        return simplify_negation(e);
      case Kind::add:
      case Kind::subtract:
      case Kind::multiply:
      case Kind::divide:
        if (auto value = literals(e)) return value;
        return simplify_arithmetic(e);
      case Kind::less:
      case Kind::less_equal:
      case Kind::greater:
      case Kind::greater_equal:
      case Kind::equal:
      case Kind::not_equal:
        return literals(e);
      case Kind::select:
        if (e.operands[0].kind != Kind::integer_literal) return std::nullopt;
        return take(e.operands[e.operands[0].integer != 0 ? 1 : 2], e);
      default:
        return std::nullopt;
    }
  }

  static std::optional<Expression> simplify_negation(const Expression& e) {
    const Expression& a = e.operands[0];
    if (a.kind == Kind::negate) return a.operands[0];
    if (a.kind == Kind::real_literal) return real_literal(-a.value);
    if (a.kind == Kind::integer_literal && a.integer != std::numeric_limits<std::int32_t>::min()) {
      return integer_literal(-static_cast<std::int64_t>(a.integer));
    }
    return std::nullopt;
  }

  std::optional<Expression> simplify_arithmetic(const Expression& e) const {
    const Expression& a = e.operands[0];
    const Expression& b = e.operands[1];
    const bool sum = e.kind == Kind::add, difference = e.kind == Kind::subtract;
    if (e.kind == Kind::multiply && is(a, 1)) return take(b, e);
    if ((e.kind == Kind::multiply || e.kind == Kind::divide) && is(b, 1)) return take(a, e);
    if (sum && is(a, 0)) return take(b, e);
    if ((sum || difference) && is(b, 0)) return take(a, e);
    if ((sum || difference) && b.kind == Kind::negate) {
      Expression simpler = e;
      simpler.kind = sum ? Kind::subtract : Kind::add;
      Expression positive = simpler.operands[1].operands[0];
      simpler.operands[1] = std::move(positive);
      return simpler;
    }
    return std::nullopt;
  }

  /// The operand, unless taking it alone would change the type: x + 0.0 with an int x converts.
  std::optional<Expression> take(const Expression& operand, const Expression& e) const {
    if (type_of(operand) != type_of(e)) return std::nullopt;
    return operand;
  }

  bool single_;
  SymbolTable symbols_;
};

}  // namespace

void fold(Module& module) {
  Folder folder(module);
  for (Function& f : module.functions) folder.function(f);
}

}  // namespace femsynth::synth
