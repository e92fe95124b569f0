#include "synth/lower/integrand_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

std::string jet_array(const std::string& name, int order) {
  return order == 0 ? name : order == 1 ? "grad_" + name : "hess_" + name;
}

Expression jet_component(const std::string& name, const Jet& jet, int dim) {
  const Expression component = integer(jet.component);
  if (jet.derivative == 0) return at(jet_array(name, 0), {component});
  if (jet.derivative <= dim) {
    return at(jet_array(name, 1), {component, integer(jet.derivative - 1)});
  }
  return at(jet_array(name, 2), {component, integer(jet.derivative - 1 - dim)});
}

namespace {

/// Largest number of operations that an expression shows in one line.
constexpr int max_inline = 8;

ExpressionKind kind_of(ScalarOp op) {
  switch (op) {
    case ScalarOp::less:
      return ExpressionKind::less;
    case ScalarOp::less_equal:
      return ExpressionKind::less_equal;
    case ScalarOp::greater:
      return ExpressionKind::greater;
    case ScalarOp::greater_equal:
      return ExpressionKind::greater_equal;
    case ScalarOp::equal:
      return ExpressionKind::equal;
    case ScalarOp::not_equal:
      return ExpressionKind::not_equal;
    case ScalarOp::logical_and:
      return ExpressionKind::logical_and;
    case ScalarOp::logical_or:
      return ExpressionKind::logical_or;
    default:
      throw InternalError("kind_of: not a binary condition");
  }
}

bool is_boolean(ScalarOp op) { return op >= ScalarOp::less && op <= ScalarOp::logical_not; }

/// Name of a component: "mu", "beta_0", "D_0_1".
std::string component_name(const ConstantUse& constant, int component) {
  std::string name = constant.name;
  int rest = fem::size_of(constant.shape);
  for (const int extent : constant.shape) {
    rest /= extent;
    name += fmt::format("_{}", component / rest);
    component %= rest;
  }
  return name;
}

/// Turns scalars into expressions, naming what is used more than once.
class Scheduler {
 public:
  Scheduler(const IntegralContext& context, std::vector<ScalarId> outputs)
      : context_(context),
        s_(context.integrand.scalars),
        uses_(s_.size(), 0),
        expressions_(s_.size()),
        sizes_(s_.size(), 0),
        outputs_(std::move(outputs)) {
    count_uses();
    for (std::size_t k = 0; k < s_.size(); ++k) {
      if (uses_[k] > 0) schedule(static_cast<ScalarId>(k));
    }
  }
  const Expression& expression(ScalarId id) const { return expressions_[raw(id)]; }
  std::vector<HoistedValue> hoisted;
  std::vector<Statement> lets;          ///< in the integrand function
  std::vector<std::string> parameters;  ///< hoisted names that the function reads

 private:
  void count_uses() {
    for (const ScalarId id : outputs_) ++uses_[raw(id)];
    for (std::size_t k = s_.size(); k-- > 0;) {
      if (uses_[k] == 0) continue;
      const auto id = static_cast<ScalarId>(k);
      for (const ScalarId operand : s_[id].operands) ++uses_[raw(operand)];
    }
    // A constant that a point's value or an output reads crosses into the function by name.
    crosses_.assign(s_.size(), false);
    for (const ScalarId id : outputs_) crosses_[raw(id)] = is_fixed(id);
    for (std::size_t k = 0; k < s_.size(); ++k) {
      const auto id = static_cast<ScalarId>(k);
      if (uses_[k] == 0 || is_fixed(id)) continue;
      for (const ScalarId operand : s_[id].operands) {
        if (is_fixed(operand)) crosses_[raw(operand)] = true;
      }
    }
    // A condition has no name: what it reads crosses instead.
    for (std::size_t k = s_.size(); k-- > 0;) {
      const Scalar& s = s_[static_cast<ScalarId>(k)];
      if (!crosses_[k] || !is_boolean(s.op)) continue;
      for (const ScalarId operand : s.operands) {
        if (is_fixed(operand)) crosses_[raw(operand)] = true;
      }
    }
  }
  bool is_fixed(ScalarId id) const {
    return s_[id].variation == Variation::never && s_[id].op != ScalarOp::literal;
  }

  void schedule(ScalarId id) {
    const Scalar& s = s_[id];
    Expression value = compose(s);
    int size = 1;
    for (const ScalarId operand : s.operands) size += sizes_[raw(operand)];
    const bool leaf = s.op == ScalarOp::literal || s.op == ScalarOp::symbol;
    const bool heavy = s.op == ScalarOp::call || s.op == ScalarOp::divide;
    const bool fixed = is_fixed(id);
    const bool symbol_of_constant = s.op == ScalarOp::symbol && fixed;
    bool named = !leaf && (uses_[raw(id)] > 1 || size > max_inline || (heavy && size > 2));
    named = (named || crosses_[raw(id)] || symbol_of_constant) && !is_boolean(s.op);
    if (!named) {
      expressions_[raw(id)] = std::move(value);
      sizes_[raw(id)] = leaf ? 0 : size;
      return;
    }
    const std::string name = symbol_of_constant ? constant_name(s.symbol)
                             : fixed            ? fmt::format("k{}", hoisted_count_++)
                                                : fmt::format("t{}", let_count_++);
    expressions_[raw(id)] = var(name);
    if (fixed) {
      hoisted.push_back({name, std::move(value)});
      if (crosses_[raw(id)]) parameters.push_back(name);
    } else {
      lets.push_back(let(ValueType::real, name, std::move(value)));
    }
  }

  std::string constant_name(const Symbol& symbol) const {
    return component_name(constant(symbol), symbol.component);
  }
  const ConstantUse& constant(const Symbol& symbol) const {
    const auto found =
        std::find_if(context_.constants.begin(), context_.constants.end(),
                     [&](const ConstantUse& c) { return c.number == symbol.number; });
    if (found == context_.constants.end()) throw InternalError("a constant has no place");
    return *found;
  }

  Expression symbol_value(const Symbol& symbol) const {
    switch (symbol.kind) {
      case Symbol::Kind::constant:
        return at("constants", {integer(constant(symbol).offset + symbol.component)});
      case Symbol::Kind::coordinate:
        return at("x", {integer(symbol.component)});
      case Symbol::Kind::normal:
        return at("n", {integer(symbol.component)});
      case Symbol::Kind::coefficient: {
        const auto found =
            std::find_if(context_.coefficients.begin(), context_.coefficients.end(),
                         [&](const CoefficientUse& c) { return c.number == symbol.number; });
        return jet_component(found->name, {symbol.component, symbol.derivative}, context_.dim);
      }
      case Symbol::Kind::geometry:
        throw MissingComponent("geometric quantities are not lowered");
    }
    throw InternalError("unknown symbol");
  }

  Expression compose(const Scalar& s) const {
    const auto operand = [&](std::size_t k) { return expressions_[raw(s.operands[k])]; };
    switch (s.op) {
      case ScalarOp::literal:
        return real(s.value);
      case ScalarOp::symbol:
        return symbol_value(s.symbol);
      case ScalarOp::add:
        return sum(s);
      case ScalarOp::multiply:
        if (s_.is_literal(s.operands[0], -1)) return negate(operand(1));
        return multiply(operand(0), operand(1));
      case ScalarOp::divide:
        return divide(operand(0), operand(1));
      case ScalarOp::call: {
        std::vector<Expression> operands;
        for (std::size_t k = 0; k < s.operands.size(); ++k) operands.push_back(operand(k));
        return call(s.function, std::move(operands));
      }
      case ScalarOp::logical_not:
        return logical_not(operand(0));
      case ScalarOp::select:
        return select(operand(0), operand(1), operand(2));
      case ScalarOp::less:
      case ScalarOp::less_equal:
      case ScalarOp::greater:
      case ScalarOp::greater_equal:
      case ScalarOp::equal:
      case ScalarOp::not_equal:
      case ScalarOp::logical_and:
      case ScalarOp::logical_or:
        return binary(kind_of(s.op), operand(0), operand(1));
    }
    throw InternalError("unknown scalar");
  }

  /// a + b, written as a − b′ where b is −1 · b′.
  Expression sum(const Scalar& s) const {
    Expression a = expressions_[raw(s.operands[0])];
    Expression b = expressions_[raw(s.operands[1])];
    if (b.kind == ExpressionKind::negate) return subtract(std::move(a), b.operands[0]);
    if (a.kind == ExpressionKind::negate) return subtract(std::move(b), a.operands[0]);
    return build::add(std::move(a), std::move(b));
  }

  const IntegralContext& context_;
  const ScalarGraph& s_;
  std::vector<int> uses_;
  std::vector<bool> crosses_;
  std::vector<Expression> expressions_;
  std::vector<int> sizes_;
  std::vector<ScalarId> outputs_;
  int hoisted_count_ = 0;
  int let_count_ = 0;
};

/// Splits literal factors off the terms and numbers the distinct rest.
std::vector<ScaledTerm> distinct_terms(Integrand& integrand, std::vector<ScalarId>& outputs) {
  std::vector<ScaledTerm> terms;
  std::map<ScalarId, int> numbers;
  for (const Term& term : integrand.terms) {
    const ScalarGraph::Scaled scaled = integrand.scalars.split(term.coefficient);
    const auto [at, fresh] = numbers.try_emplace(scaled.base, static_cast<int>(outputs.size()));
    if (fresh) outputs.push_back(scaled.base);
    terms.push_back({term.test, term.trial, scaled.factor, at->second});
  }
  return terms;
}

}  // namespace

IntegrandFunction make_integrand_function(IntegralContext& context) {
  IntegrandFunction result;
  std::vector<ScalarId> outputs;
  result.terms = distinct_terms(context.integrand, outputs);
  result.coefficients = static_cast<int>(outputs.size());
  Scheduler scheduler(context, outputs);
  result.hoisted = std::move(scheduler.hoisted);

  Function& f = result.function;
  f.name = fmt::format("integrand_{}_{}", context.form_name, context.suffix);
  f.comment = fmt::format(
      "Integrand at a quadrature point: C[k] = scale · c_k, the coefficients of the products of\n"
      "the arguments' values and derivatives.");
  const auto pass = [&](FunctionParameter parameter, const std::string& from) {
    result.arguments.push_back(var(from));
    f.parameters.push_back(std::move(parameter));
  };
  const ValueType r = ValueType::real;
  pass({"scale", r, false, false, {}}, "scale");
  if (context.uses_x) pass({"x", r, false, false, {context.dim}}, "x");
  if (context.uses_normal) pass({"n", r, false, false, {context.dim}}, "n");
  for (const std::string& name : scheduler.parameters) pass({name, r, false, false, {}}, name);
  const int second = context.dim * (context.dim + 1) / 2;
  for (const CoefficientUse& use : context.coefficients) {
    const int block = use.element.block_size();
    if (use.orders.value) pass({use.name, r, false, false, {block}}, use.name);
    if (use.orders.first) {
      pass({jet_array(use.name, 1), r, false, false, {block, context.dim}}, jet_array(use.name, 1));
    }
    if (use.orders.second) {
      pass({jet_array(use.name, 2), r, false, false, {block, second}}, jet_array(use.name, 2));
    }
  }
  pass({"C", r, false, true, {result.coefficients}}, "C");

  f.body = std::move(scheduler.lets);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    Expression value = var("scale");
    if (!context.integrand.scalars.is_literal(outputs[k], 1)) {
      value = multiply(std::move(value), scheduler.expression(outputs[k]));
    }
    f.body.push_back(assign(at("C", {integer(static_cast<int>(k))}), std::move(value)));
  }
  return result;
}

}  // namespace femsynth::synth
