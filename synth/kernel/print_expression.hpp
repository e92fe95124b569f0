#pragma once

#include <string>

#include "synth/kernel/module.hpp"

/// Writes expressions in C's notation, for the text form and for emitters of C-like languages.
namespace femsynth::synth {

/// What a language writes differently. Everything else (operators, precedence, indices, ?:) is C.
class ExpressionStyle {
 public:
  virtual ~ExpressionStyle() = default;
  /// A literal; one that begins with '-' is parenthesised by the printer where C needs it.
  virtual std::string real_literal(double value) const = 0;
  virtual std::string integer_literal(std::int32_t value) const = 0;
  virtual std::string builtin(Builtin b) const = 0;
  /// The name of a mathematical function.
  virtual std::string function(const std::string& name) const = 0;
};

/// The expression with the fewest parentheses that keep its tree: operations of one precedence
/// associate to the left, so a + (b + c) keeps its pair. Products inside an index are written
/// without spaces: A[10*i + j].
std::string print_expression(const Expression& e, const ExpressionStyle& style);

/// Shortest decimal that reads back as the same double, always with a point or an exponent;
/// "inf", "-inf" and "nan" for what has no decimal.
std::string shortest_decimal(double value);
/// The same for single precision, without a suffix; `value` is rounded to fp32 first.
std::string shortest_decimal_single(double value);

}  // namespace femsynth::synth
