#pragma once

#include <string>
#include <utility>
#include <vector>

#include "synth/kernel/module.hpp"

/// Short constructors for kernel IR. Integer arithmetic folds literals; x·1, x·0 and x+0 of
/// integers fold too, so that index expressions read well.
namespace femsynth::synth::build {

Expression real(double value);
Expression integer(int value);
Expression var(std::string name);
Expression at(std::string array, std::vector<Expression> indices);
Expression builtin(Builtin b);
Expression negate(Expression a);
Expression add(Expression a, Expression b);
Expression subtract(Expression a, Expression b);
Expression multiply(Expression a, Expression b);
Expression divide(Expression a, Expression b);
/// less … logical_or.
Expression binary(ExpressionKind kind, Expression a, Expression b);
Expression logical_not(Expression a);
Expression select(Expression condition, Expression a, Expression b);
Expression call(std::string function, std::vector<Expression> operands);

Statement loop(std::string variable, Expression begin, Expression end, std::vector<Statement> body);
Statement let(ValueType type, std::string name, Expression value, std::string text = {});
Statement array(std::string name, std::vector<int> dims, std::string text = {});
Statement shared_array(std::string name, std::vector<int> dims, std::string text = {});
Statement assign(Expression target, Expression value);
Statement accumulate(Expression target, Expression value);
Statement atomic_add(Expression target, Expression value);
Statement branch(Expression condition, std::vector<Statement> body);
Statement invoke(std::string function, std::vector<Expression> arguments);
Statement barrier();
Statement comment(std::string text);

}  // namespace femsynth::synth::build
