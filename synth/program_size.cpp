#include "synth/program_size.hpp"

#include <fmt/format.h>

#include "synth/program.hpp"

namespace femsynth::synth {

std::string ProgramSize::excess() const {
  if (statements_ > limits::statements) {
    return fmt::format("more than {} statements", limits::statements);
  }
  if (calls_ > limits::function_calls) {
    return fmt::format("more than {} calls of mathematical functions", limits::function_calls);
  }
  return "";
}

void ProgramSize::add(const std::vector<Statement>& body) {
  for (const Statement& s : body) {
    if (s.kind != StatementKind::comment) ++statements_;
    add(s.target);
    add(s.value);
    add(s.body);
  }
}

void ProgramSize::add(const Expression& e) {
  const bool cheap = e.name == "sqrt" || e.name == "abs" || e.name == "fmin" || e.name == "fmax";
  if (e.kind == ExpressionKind::call && !cheap) ++calls_;
  for (const Expression& operand : e.operands) add(operand);
}

}  // namespace femsynth::synth
