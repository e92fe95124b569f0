#include "synth/lower/scalar_graph.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

/// The structure of a scalar as numbers: its interning key.
std::vector<std::int64_t> key_of(const Scalar& s) {
  std::vector<std::int64_t> key{static_cast<std::int64_t>(s.op)};
  switch (s.op) {
    case ScalarOp::literal:
      key.push_back(std::bit_cast<std::int64_t>(s.value));
      break;
    case ScalarOp::symbol:
      key.insert(key.end(),
                 {static_cast<std::int64_t>(s.symbol.kind), s.symbol.number, s.symbol.component,
                  s.symbol.derivative, s.symbol.side, s.symbol.imaginary ? 1 : 0});
      break;
    default:
      for (const char c : s.function) key.push_back(-1 - c);
      for (const ScalarId id : s.operands) key.push_back(static_cast<std::int64_t>(id));
  }
  return key;
}

}  // namespace

ScalarId ScalarGraph::intern(Scalar scalar) {
  for (const ScalarId id : scalar.operands) {
    scalar.variation = std::max(scalar.variation, scalars_[raw(id)].variation);
  }
  const auto next = static_cast<ScalarId>(scalars_.size());
  const auto [at, fresh] = interned_.try_emplace(key_of(scalar), next);
  if (fresh) scalars_.push_back(std::move(scalar));
  return at->second;
}

ScalarId ScalarGraph::literal(double value) {
  Scalar s;
  s.value = value == 0 ? 0.0 : value;  // no negative zero
  return intern(std::move(s));
}

ScalarId ScalarGraph::symbol(const Symbol& symbol, Variation variation) {
  Scalar s;
  s.op = ScalarOp::symbol;
  s.symbol = symbol;
  s.variation = symbol.kind == Symbol::Kind::constant ? Variation::never : variation;
  return intern(std::move(s));
}

bool ScalarGraph::is_literal(ScalarId id, double value) const {
  const Scalar& s = scalars_[raw(id)];
  return s.op == ScalarOp::literal && s.value == value;
}

ScalarGraph::Scaled ScalarGraph::split(ScalarId id) {
  const Scalar& s = scalars_[raw(id)];
  if (s.op == ScalarOp::literal) return {s.value, literal(1)};
  if (s.op == ScalarOp::multiply) {
    const Scalar& first = scalars_[raw(s.operands[0])];
    if (first.op == ScalarOp::literal) return {first.value, s.operands[1]};
  }
  return {1, id};
}

ScalarId ScalarGraph::add(ScalarId a, ScalarId b) {
  if (is_literal(a, 0)) return b;
  if (is_literal(b, 0)) return a;
  const Scaled x = split(a);
  const Scaled y = split(b);
  if (x.base == y.base) return multiply(literal(x.factor + y.factor), x.base);
  Scalar s;
  s.op = ScalarOp::add;
  s.operands = {std::min(a, b), std::max(a, b)};
  return intern(std::move(s));
}

ScalarId ScalarGraph::multiply(ScalarId a, ScalarId b) {
  const Scaled x = split(a);
  const Scaled y = split(b);
  const double factor = x.factor * y.factor;
  if (factor == 0) return literal(0);
  ScalarId base = y.base;
  if (is_literal(y.base, 1)) {
    base = x.base;
  } else if (!is_literal(x.base, 1)) {
    Scalar product;
    product.op = ScalarOp::multiply;
    product.operands = {std::min(x.base, y.base), std::max(x.base, y.base)};
    base = intern(std::move(product));
  }
  if (is_literal(base, 1)) return literal(factor);
  if (factor == 1) return base;
  Scalar scaled;
  scaled.op = ScalarOp::multiply;
  scaled.operands = {literal(factor), base};
  return intern(std::move(scaled));
}

ScalarId ScalarGraph::divide(ScalarId a, ScalarId b) {
  const Scalar& denominator = scalars_[raw(b)];
  if (denominator.op == ScalarOp::literal && denominator.value != 0) {
    const Scalar& numerator = scalars_[raw(a)];
    if (numerator.op == ScalarOp::literal) return literal(numerator.value / denominator.value);
    const double inverse = 1 / denominator.value;
    // Only where the reciprocal is exact does the product round as the quotient does.
    int exponent = 0;
    if (std::abs(std::frexp(denominator.value, &exponent)) == 0.5) {
      return multiply(literal(inverse), a);
    }
  }
  if (is_literal(a, 0)) return a;
  Scalar s;
  s.op = ScalarOp::divide;
  s.operands = {a, b};
  return intern(std::move(s));
}

ScalarId ScalarGraph::power(ScalarId a, ScalarId b) {
  const Scalar exponent = scalars_[raw(b)];
  if (exponent.op == ScalarOp::literal) {
    const double e = exponent.value;
    if (scalars_[raw(a)].op == ScalarOp::literal) {
      return literal(std::pow(scalars_[raw(a)].value, e));
    }
    const double whole = std::floor(std::abs(e));
    const double rest = std::abs(e) - whole;
    if (whole <= 16 && (rest == 0 || rest == 0.5)) {
      // Binary powering: x⁸ is three products; x^(5/2) = x² √x.
      ScalarId result = rest == 0 ? literal(1) : call("sqrt", {a});
      ScalarId square = a;
      for (auto n = static_cast<unsigned>(whole); n != 0; n >>= 1U) {
        if ((n & 1U) != 0) result = multiply(result, square);
        if (n > 1) square = multiply(square, square);
      }
      return e < 0 ? divide(literal(1), result) : result;
    }
  }
  return call("pow", {a, b});
}

ScalarId ScalarGraph::call(const std::string& function, std::vector<ScalarId> operands) {
  Scalar s;
  s.op = ScalarOp::call;
  s.function = function;
  s.operands = std::move(operands);
  return intern(std::move(s));
}

ScalarId ScalarGraph::choice(ScalarOp op, std::vector<ScalarId> operands) {
  if (op == ScalarOp::select && operands[1] == operands[2]) return operands[1];
  Scalar s;
  s.op = op;
  s.operands = std::move(operands);
  return intern(std::move(s));
}

}  // namespace femsynth::synth
