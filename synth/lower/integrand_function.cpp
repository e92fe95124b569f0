#include "synth/lower/integrand_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "synth/kernel/build.hpp"
#include "synth/lower/derivatives.hpp"
#include "synth/lower/quantity_names.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

std::string jet_array(const std::string& name, int order) {
  if (order < 3) return std::array{"", "grad_", "hess_"}[static_cast<std::size_t>(order)] + name;
  return fmt::format("d{}_{}", order, name);
}

std::string PointFunction::part_name(std::size_t part) const {
  return space->parts.size() == 1 ? name : fmt::format("{}_{}", name, part);
}

PointFunction point_function(const IntegralContext& context, const CoefficientUse& use,
                             const CoefficientCopy& copy) {
  const std::string& ending = context.sides[static_cast<std::size_t>(copy.side)].ending;
  return {(copy.imaginary ? "im_" : "") + use.name + ending, &use.space};
}

Expression jet_component(const PointFunction& function, const Jet& jet, const fem::Domain& domain) {
  std::vector<Expression> terms;
  for (const FunctionSpace::Source& source : function.space->sources(jet.component)) {
    const int order = order_of(domain, jet.derivative);
    std::vector<Expression> place{integer(source.component)};
    if (order > 0) place.push_back(integer(jet.derivative - first_of_order(domain, order)));
    terms.push_back(at(jet_array(function.part_name(source.part), order), std::move(place)));
  }
  return sum_of(std::move(terms));
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
        s_(context.scalars),
        uses_(s_.size(), 0),
        expressions_(s_.size()),
        sizes_(s_.size(), 0),
        outputs_(std::move(outputs)) {
    find_variation();
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
  /// How often each scalar changes on these cells.
  void find_variation() {
    variation_.assign(s_.size(), Variation::never);
    for (std::size_t k = 0; k < s_.size(); ++k) {
      const Scalar& s = s_[static_cast<ScalarId>(k)];
      Variation& variation = variation_[k];
      if (s.op == ScalarOp::symbol && s.symbol.kind != Symbol::Kind::constant) {
        const bool cell =
            s.symbol.kind == Symbol::Kind::geometry && constant_in_cell(s.symbol, context_);
        variation = cell ? Variation::cell : Variation::point;
      }
      for (const ScalarId operand : s.operands) {
        variation = std::max(variation, variation_[raw(operand)]);
      }
    }
  }
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
  /// Is it computed before the loop over points?
  bool is_fixed(ScalarId id) const {
    return variation_[raw(id)] != Variation::point && s_[id].op != ScalarOp::literal;
  }

  void schedule(ScalarId id) {
    const Scalar& s = s_[id];
    Expression value = compose(s);
    int size = 1;
    for (const ScalarId operand : s.operands) size += sizes_[raw(operand)];
    const bool leaf = s.op == ScalarOp::literal || s.op == ScalarOp::symbol;
    const bool heavy = s.op == ScalarOp::call || s.op == ScalarOp::divide;
    const bool fixed = is_fixed(id);
    if (s.op == ScalarOp::symbol && s.symbol.kind == Symbol::Kind::geometry) {
      // The element function has a variable of that name, and passes it on.
      expressions_[raw(id)] = std::move(value);
      if (!fixed || crosses_[raw(id)]) parameters.push_back(quantity_name(s.symbol, context_));
      return;
    }
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
      hoisted.push_back({name, std::move(value), variation_[raw(id)] == Variation::cell});
      if (crosses_[raw(id)]) parameters.push_back(name);
    } else {
      lets.push_back(let(ValueType::real, name, std::move(value)));
    }
  }

  std::string constant_name(const Symbol& symbol) const {
    const std::string name = component_name(constant(symbol), symbol.component);
    return symbol.imaginary ? "im_" + name : name;
  }
  const ConstantUse& constant(const Symbol& symbol) const {
    const auto found =
        std::find_if(context_.constants.begin(), context_.constants.end(),
                     [&](const ConstantUse& c) { return c.number == symbol.number; });
    if (found == context_.constants.end()) throw InternalError("a constant has no place");
    return *found;
  }

  const Side& side(const Symbol& symbol) const {
    return context_.sides[static_cast<std::size_t>(symbol.side)];
  }

  Expression symbol_value(const Symbol& symbol) const {
    switch (symbol.kind) {
      case Symbol::Kind::constant: {
        const int place = constant(symbol).offset + symbol.component;
        return at("constants", {integer(place * context_.parts() + (symbol.imaginary ? 1 : 0))});
      }
      case Symbol::Kind::coordinate:
        return at("x" + side(symbol).ending, {integer(symbol.component)});
      case Symbol::Kind::normal:
        return at("n" + side(symbol).ending, {integer(symbol.component)});
      case Symbol::Kind::coefficient: {
        const auto found =
            std::find_if(context_.coefficients.begin(), context_.coefficients.end(),
                         [&](const CoefficientUse& c) { return c.number == symbol.number; });
        return jet_component(point_function(context_, *found, {symbol.side, symbol.imaginary}),
                             {symbol.component, symbol.derivative, symbol.side}, context_.domain);
      }
      case Symbol::Kind::geometry:
        return var(quantity_name(symbol, context_));
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
        if (s.function.starts_with("bessel_")) {  // of integer order
          operands[0] = integer(static_cast<int>(s_[s.operands[0]].value));
        }
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
  std::vector<Variation> variation_;
  std::vector<int> uses_;
  std::vector<bool> crosses_;
  std::vector<Expression> expressions_;
  std::vector<int> sizes_;
  std::vector<ScalarId> outputs_;
  int hoisted_count_ = 0;
  int let_count_ = 0;
};

/// Splits literal factors off the terms and numbers the distinct rest.
std::vector<ScaledTerm> distinct_terms(IntegralContext& context, std::vector<ScalarId>& outputs) {
  std::vector<ScaledTerm> terms;
  std::map<ScalarId, int> numbers;
  for (std::size_t component = 0; component < context.real.size(); ++component) {
    for (const bool imaginary : {false, true}) {
      const auto& forms = imaginary ? context.imaginary : context.real;
      if (component >= forms.size()) continue;
      for (const Term& term : forms[component]) {
        const ScalarGraph::Scaled scaled = context.scalars.split(term.coefficient);
        const auto [at, fresh] = numbers.try_emplace(scaled.base, static_cast<int>(outputs.size()));
        if (fresh) outputs.push_back(scaled.base);
        terms.push_back({term.test, term.trial, scaled.factor, at->second, imaginary,
                         static_cast<int>(component)});
      }
    }
  }
  return terms;
}

using PassParameter = std::function<void(const std::string&, std::vector<int>)>;

/// The parameters that hold what is read of a coefficient.
void pass_coefficient(const IntegralContext& context, const CoefficientUse& use,
                      const PassParameter& pass) {
  for (const CoefficientCopy& copy : use.copies) {
    const PointFunction function = point_function(context, use, copy);
    for (std::size_t k = 0; k < use.space.parts.size(); ++k) {
      const SubSpace& part = use.space.parts[k];
      const std::string name = function.part_name(k);
      for (int order = 0; order <= part.orders.highest(); ++order) {
        if (!part.orders.has(order)) continue;
        std::vector<int> dims{part.components()};
        if (order > 0) dims.push_back(derivatives_of_order(context.domain, order));
        pass(jet_array(name, order), std::move(dims));
      }
    }
  }
}

}  // namespace

IntegrandFunction make_integrand_function(IntegralContext& context) {
  IntegrandFunction result;
  std::vector<ScalarId> outputs;
  result.terms = distinct_terms(context, outputs);
  result.coefficients = static_cast<int>(outputs.size());
  Scheduler scheduler(context, outputs);
  result.hoisted = std::move(scheduler.hoisted);

  Function& f = result.function;
  f.name = fmt::format("{}_{}_{}", context.expression ? "value" : "integrand", context.form_name,
                       context.suffix);
  f.comment =
      context.expression
          ? "The expression at a point: C[k] = c_k, the coefficients of the argument's values and\n"
            "derivatives."
          : "Integrand at a quadrature point: C[k] = scale · c_k, the coefficients of the products "
            "of\nthe arguments' values and derivatives.";
  const PassParameter pass = [&](const std::string& name, std::vector<int> dims) {
    result.arguments.push_back(var(name));
    f.parameters.push_back({name, ValueType::real, false, name == "C", std::move(dims)});
  };
  if (!context.expression) pass("scale", {});
  for (const Symbol::Kind kind : {Symbol::Kind::coordinate, Symbol::Kind::normal}) {
    for (const Side& side : context.sides) {
      if (!context.reads(kind, side.number)) continue;
      pass((kind == Symbol::Kind::coordinate ? "x" : "n") + side.ending, {context.dim});
    }
  }
  for (const std::string& name : scheduler.parameters) pass(name, {});
  for (const CoefficientUse& use : context.coefficients) pass_coefficient(context, use, pass);
  pass("C", {result.coefficients});

  f.body = std::move(scheduler.lets);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    Expression value = context.expression ? scheduler.expression(outputs[k]) : var("scale");
    if (!context.expression && !context.scalars.is_literal(outputs[k], 1)) {
      value = multiply(std::move(value), scheduler.expression(outputs[k]));
    }
    f.body.push_back(assign(at("C", {integer(static_cast<int>(k))}), std::move(value)));
  }
  return result;
}

}  // namespace femsynth::synth
