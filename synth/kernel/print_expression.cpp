#include "synth/kernel/print_expression.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

// C's levels, higher binds tighter.
constexpr int kSelect = 1, kOr = 2, kAnd = 3, kEquality = 4, kRelation = 5, kSum = 6, kProduct = 7,
              kUnary = 8, kPrimary = 9;

int precedence(Kind kind) {
  switch (kind) {
    case Kind::select:
      return kSelect;
    case Kind::logical_or:
      return kOr;
    case Kind::logical_and:
      return kAnd;
    case Kind::equal:
    case Kind::not_equal:
      return kEquality;
    case Kind::less:
    case Kind::less_equal:
    case Kind::greater:
    case Kind::greater_equal:
      return kRelation;
    case Kind::add:
    case Kind::subtract:
      return kSum;
    case Kind::multiply:
    case Kind::divide:
      return kProduct;
    case Kind::negate:
    case Kind::logical_not:
      return kUnary;
    case Kind::real_literal:
    case Kind::integer_literal:
    case Kind::variable:
    case Kind::element:
    case Kind::builtin:
    case Kind::call:
      return kPrimary;
  }
  throw InternalError("print_expression: unknown expression kind");
}

std::string_view symbol(Kind kind) {
  switch (kind) {
    case Kind::logical_or:
      return "||";
    case Kind::logical_and:
      return "&&";
    case Kind::equal:
      return "==";
    case Kind::not_equal:
      return "!=";
    case Kind::less:
      return "<";
    case Kind::less_equal:
      return "<=";
    case Kind::greater:
      return ">";
    case Kind::greater_equal:
      return ">=";
    case Kind::add:
      return "+";
    case Kind::subtract:
      return "-";
    case Kind::multiply:
      return "*";
    case Kind::divide:
      return "/";
    default:
      throw InternalError("print_expression: not a binary operator");
  }
}

class Printer {
 public:
  explicit Printer(const ExpressionStyle& style) : style_(style) {}

  std::string take() { return std::move(out_); }

  /// Writes `e`; in parentheses if it binds less tightly than `least`. `leading` is false where
  /// a minus sign would follow an operator.
  void write(const Expression& e, int least, bool leading) {
    const int level = precedence(e.kind);
    if (level < least) {
      out_ += '(';
      write_bare(e, level, true);
      out_ += ')';
    } else {
      write_bare(e, level, leading);
    }
  }

 private:
  void write_literal(const std::string& text, bool leading) {
    const bool bare = leading || text.front() != '-';
    if (!bare) out_ += '(';
    out_ += text;
    if (!bare) out_ += ')';
  }

  void write_unary(const Expression& e, bool leading) {
    const bool minus = e.kind == Kind::negate;
    if (minus && !leading) out_ += '(';
    out_ += minus ? '-' : '!';
    const Expression& a = e.operands.at(0);
    // -(2.0) is the negation of a literal, -2.0 is a literal.
    const bool literal = a.kind == Kind::real_literal || a.kind == Kind::integer_literal;
    if (minus && literal) {
      out_ += '(';
      write(a, kSelect, true);
      out_ += ')';
    } else {
      write(a, kUnary, false);
    }
    if (minus && !leading) out_ += ')';
  }

  void write_binary(const Expression& e, int level, bool leading) {
    write(e.operands.at(0), level, leading);
    const bool tight = index_depth_ > 0 && level == kProduct;
    if (!tight) out_ += ' ';
    out_ += symbol(e.kind);
    if (!tight) out_ += ' ';
    // a < -1 reads well, a - -1 does not.
    write(e.operands.at(1), level + 1, level <= kRelation);
  }

  void write_list(const std::vector<Expression>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      write(list[i], kSelect, true);
    }
  }

  void write_bare(const Expression& e, int level, bool leading) {
    switch (e.kind) {
      case Kind::real_literal:
        write_literal(style_.real_literal(e.value), leading);
        return;
      case Kind::integer_literal:
        write_literal(style_.integer_literal(e.integer), leading);
        return;
      case Kind::variable:
        out_ += e.name;
        return;
      case Kind::builtin:
        out_ += style_.builtin(e.builtin);
        return;
      case Kind::element:
        out_ += e.name;
        ++index_depth_;
        for (const Expression& index : e.operands) {
          out_ += '[';
          write(index, kSelect, true);
          out_ += ']';
        }
        --index_depth_;
        return;
      case Kind::call:
        out_ += style_.function(e.name) + '(';
        write_list(e.operands);
        out_ += ')';
        return;
      case Kind::select:
        write(e.operands.at(0), kSelect + 1, leading);
        out_ += " ? ";
        write(e.operands.at(1), kSelect + 1, true);
        out_ += " : ";
        write(e.operands.at(2), kSelect, true);
        return;
      case Kind::negate:
      case Kind::logical_not:
        write_unary(e, leading);
        return;
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
      case Kind::logical_and:
      case Kind::logical_or:
        write_binary(e, level, leading);
        return;
    }
  }

  const ExpressionStyle& style_;
  std::string out_;
  int index_depth_ = 0;
};

template <typename Real>
std::string decimal(Real value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string print_expression(const Expression& e, const ExpressionStyle& style) {
  Printer printer(style);
  printer.write(e, kSelect, true);
  return printer.take();
}

std::string shortest_decimal(double value) { return decimal(value); }
std::string shortest_decimal_single(double value) { return decimal(static_cast<float>(value)); }

}  // namespace femsynth::synth
