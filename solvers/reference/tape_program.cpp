#include "solvers/reference/tape_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "meshes/support/error.hpp"

namespace femsynth::solvers {
namespace {

using fem::Op;

/// A literal, which a kernel of unit roundoff u may have had to round.
Number literal(double value, double u) {
  const bool rounded = u > 0x1p-40 && static_cast<double>(static_cast<float>(value)) != value;
  return {value, std::abs(value), rounded ? u * std::abs(value) : 0.0};
}

Number of_one(Op op, const Number& a, double u) {
  const double x = a.value;
  switch (op) {
    case Op::abs:
      return absolute(a);
    case Op::sign:
      return sign(a);
    case Op::sqrt:
      return square_root(a, u);
    case Op::exp:
      return function(a, std::exp(x), std::exp(x), u);
    case Op::ln:
      return logarithm(a, u);
    case Op::sin:
      return function(a, std::sin(x), std::abs(std::cos(x)) + a.error, u);
    case Op::cos:
      return function(a, std::cos(x), std::abs(std::sin(x)) + a.error, u);
    case Op::tan:
      return function(a, std::tan(x), 1.0 + std::tan(x) * std::tan(x), u);
    case Op::asin:
      return function(a, std::asin(x), 1.0 / std::sqrt(1.0 - x * x), u);
    case Op::acos:
      return function(a, std::acos(x), 1.0 / std::sqrt(1.0 - x * x), u);
    case Op::atan:
      return function(a, std::atan(x), 1.0 / (1.0 + x * x), u);
    case Op::sinh:
      return function(a, std::sinh(x), std::cosh(x), u);
    case Op::cosh:
      return function(a, std::cosh(x), std::abs(std::sinh(x)) + a.error, u);
    case Op::tanh:
      return function(a, std::tanh(x), 1.0 - std::tanh(x) * std::tanh(x) + a.error, u);
    case Op::erf:
      return function(a, std::erf(x), 2.0 * std::numbers::inv_sqrtpi * std::exp(-x * x) + a.error,
                      u);
    case Op::logical_not:
      return truth(a.value == 0.0, a.error == 0.0);
    default:
      throw InternalError(fmt::format("the oracle cannot evaluate '{}'", fem::name_of(op)));
  }
}

Number of_two(Op op, const Number& a, const Number& b, double u) {
  switch (op) {
    case Op::power:
      return power(a, b, u);
    case Op::atan2:
      return arc_tangent(a, b, u);
    case Op::min_value:
      return least(a, b);
    case Op::max_value:
      return greatest(a, b);
    case Op::lt:
      return truth(a.value < b.value, decided(a, b));
    case Op::le:
      return truth(a.value <= b.value, decided(a, b));
    case Op::gt:
      return truth(a.value > b.value, decided(a, b));
    case Op::ge:
      return truth(a.value >= b.value, decided(a, b));
    case Op::eq:
      return truth(a.value == b.value, decided(a, b));
    case Op::ne:
      return truth(a.value != b.value, decided(a, b));
    case Op::logical_and:
      return both(a, b);
    case Op::logical_or:
      return either(a, b);
    default:
      throw InternalError(fmt::format("the oracle cannot evaluate '{}'", fem::name_of(op)));
  }
}

constexpr std::size_t kMaxChunk = 256;
constexpr std::size_t kScratchBytes = std::size_t{1} << 20;

}  // namespace

TapeProgram::TapeProgram(const Tape& tape, std::span<const std::int32_t> outputs) {
  const std::vector<std::int32_t> live = tape.reachable(outputs);
  std::vector<std::int32_t> slot_of(live.empty() ? 0 : static_cast<std::size_t>(live.back()) + 1);
  for (const std::int32_t id : live) {
    if (!is_leaf(tape[id].op)) continue;
    slot_of[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(leaves_.size());
    leaves_.push_back(tape[id].leaf);
  }
  slots_ = leaves_.size();
  for (const std::int32_t id : live) {
    const Tape::Entry& entry = tape[id];
    if (is_leaf(entry.op)) continue;
    Step step{entry.op, entry.value, entry.leaf.number, static_cast<std::int32_t>(slots_++),
              entry.operands};
    for (std::int32_t& operand : step.operands) {
      if (operand >= 0) operand = slot_of[static_cast<std::size_t>(operand)];
    }
    slot_of[static_cast<std::size_t>(id)] = step.result;
    steps_.push_back(step);
  }
  for (const std::int32_t id : outputs) outputs_.push_back(slot_of[static_cast<std::size_t>(id)]);
  chunk_ = std::clamp<std::size_t>(kScratchBytes / (24 * std::max<std::size_t>(slots_, 1)), 16,
                                   kMaxChunk);
}

void TapeProgram::run(std::span<const Lanes> leaves, std::span<Lanes> outputs, double u) {
  if (outputs.empty()) return;
  scratch_.resize(slots_ * 3 * chunk_);
  const std::size_t size = outputs[0].size();
  for (std::size_t first = 0; first < size; first += chunk_) {
    const std::size_t lanes = std::min(chunk_, size - first);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      double* to = slot(static_cast<std::int32_t>(i));
      std::copy_n(leaves[i].value() + first, lanes, to);
      std::copy_n(leaves[i].magnitude() + first, lanes, to + chunk_);
      std::copy_n(leaves[i].error() + first, lanes, to + 2 * chunk_);
    }
    for (const Step& step : steps_) run_step(step, lanes, u);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const double* from = slot(outputs_[i]);
      std::copy_n(from, lanes, outputs[i].value() + first);
      std::copy_n(from + chunk_, lanes, outputs[i].magnitude() + first);
      std::copy_n(from + 2 * chunk_, lanes, outputs[i].error() + first);
    }
  }
}

void TapeProgram::run_step(const Step& step, std::size_t lanes, double u) {
  const std::size_t stride = chunk_;
  double* const r = slot(step.result);
  const double* const a = slot(std::max(step.operands[0], 0));
  const double* const b = slot(std::max(step.operands[1], 0));
  const double* const c = slot(std::max(step.operands[2], 0));
  const auto load = [stride](const double* from, std::size_t i) {
    return Number{from[i], from[stride + i], from[2 * stride + i]};
  };
  const auto for_each_lane = [&](auto f) {
    for (std::size_t i = 0; i < lanes; ++i) {
      const Number n = f(i);
      r[i] = n.value;
      r[stride + i] = n.magnitude;
      r[2 * stride + i] = n.error;
    }
  };
  switch (step.op) {
    case Op::real:
      return for_each_lane([n = literal(step.value, u)](std::size_t) { return n; });
    case Op::sum:
      return for_each_lane([&](std::size_t i) { return add(load(a, i), load(b, i), u); });
    case Op::product:
      return for_each_lane([&](std::size_t i) { return multiply(load(a, i), load(b, i), u); });
    case Op::division:
      return for_each_lane([&](std::size_t i) { return divide(load(a, i), load(b, i), u); });
    case Op::conditional:
      return for_each_lane(
          [&](std::size_t i) { return choose(load(a, i), load(b, i), load(c, i)); });
    case Op::variable:
      return for_each_lane([&](std::size_t i) { return load(a, i); });
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      return for_each_lane(
          [&](std::size_t i) { return bessel(step.op, step.number, load(a, i), u); });
    default:
      if (step.operands[1] < 0) {
        return for_each_lane([&](std::size_t i) { return of_one(step.op, load(a, i), u); });
      }
      return for_each_lane(
          [&](std::size_t i) { return of_two(step.op, load(a, i), load(b, i), u); });
  }
}

}  // namespace femsynth::solvers
