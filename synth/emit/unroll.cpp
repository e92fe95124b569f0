#include "synth/emit/unroll.hpp"

#include <optional>

namespace femsynth::synth {
namespace {

double size_of(const Expression& e) {
  double total = 0;
  for (const Expression& operand : e.operands) total += size_of(operand);
  switch (e.kind) {
    case ExpressionKind::real_literal:
    case ExpressionKind::integer_literal:
    case ExpressionKind::variable:
    case ExpressionKind::builtin:
      return total;
    case ExpressionKind::call:
      return total + 8;  // a library function is tens of instructions
    default:
      return total + 1;
  }
}

std::optional<double> trips(const Statement& loop) {
  if (loop.begin.kind != ExpressionKind::integer_literal ||
      loop.end.kind != ExpressionKind::integer_literal) {
    return std::nullopt;
  }
  const double count = static_cast<double>(loop.end.integer) - loop.begin.integer;
  return count > 0 ? count : 0;
}

}  // namespace

UnrollPolicy::UnrollPolicy(const Module& module) {
  for (const Function& f : module.functions) function_size_[f.name] = size(f.body);
}

double UnrollPolicy::size(const std::vector<Statement>& body) const {
  double total = 0;
  for (const Statement& s : body) total += size(s);
  return total;
}

double UnrollPolicy::size(const Statement& s) const {
  switch (s.kind) {
    case StatementKind::loop: {
      const double once = size(s.body);
      const auto count = trips(s);
      if (!count) return once;
      return s.unroll || *count * once <= kUnrollLimit ? *count * once : once;
    }
    case StatementKind::branch:
      return size_of(s.value) + size(s.body);
    case StatementKind::let:
      return size_of(s.value);
    case StatementKind::assign:
    case StatementKind::accumulate:
    case StatementKind::atomic_add:
      return size_of(s.target) + size_of(s.value) + 1;
    case StatementKind::call: {
      const auto callee = function_size_.find(s.name);
      return callee == function_size_.end() ? 1 : callee->second;
    }
    case StatementKind::barrier:
      return 1;
    case StatementKind::array:
    case StatementKind::comment:
      return 0;
  }
  return 0;
}

bool UnrollPolicy::keep_rolled(const Statement& loop) const {
  if (loop.unroll) return false;
  const auto count = trips(loop);
  if (!count) return true;
  // Unrolling one trip adds no code, and lets the compiler keep arrays in registers.
  return *count > 1 && *count * size(loop.body) > kUnrollLimit;
}

}  // namespace femsynth::synth
