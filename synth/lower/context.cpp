#include "synth/lower/context.hpp"

#include <algorithm>

namespace femsynth::synth {
namespace {

JetOrders orders_of(std::int32_t derivative, int dim) {
  JetOrders orders;
  orders.value = derivative == 0;
  orders.first = derivative >= 1 && derivative <= dim;
  orders.second = derivative > dim;
  return orders;
}

/// The symbols that the coefficients of the integrand's terms read.
std::vector<Symbol> symbols_of(const Integrand& integrand) {
  std::vector<bool> reached(integrand.scalars.size(), false);
  for (const Term& term : integrand.terms) reached[raw(term.coefficient)] = true;
  std::vector<Symbol> symbols;
  for (std::size_t k = integrand.scalars.size(); k-- > 0;) {
    if (!reached[k]) continue;
    const Scalar& s = integrand.scalars[static_cast<ScalarId>(k)];
    for (const ScalarId operand : s.operands) reached[raw(operand)] = true;
    if (s.op == ScalarOp::symbol) symbols.push_back(s.symbol);
  }
  std::sort(symbols.begin(), symbols.end());
  return symbols;
}

void read_symbols(IntegralContext& context, const fem::ExprGraph& graph, const FormNames& names) {
  for (const Symbol& symbol : symbols_of(context.integrand)) {
    context.uses_x = context.uses_x || symbol.kind == Symbol::Kind::coordinate;
    context.uses_normal = context.uses_normal || symbol.kind == Symbol::Kind::normal;
    if (symbol.kind != Symbol::Kind::coefficient) continue;
    const auto number = static_cast<std::size_t>(symbol.number);
    auto& uses = context.coefficients;
    if (uses.empty() || uses.back().number != symbol.number) {
      uses.push_back(
          {symbol.number, names.coefficients[number], graph.coefficients()[number].element, {}});
    }
    uses.back().orders |= orders_of(symbol.derivative, context.dim);
  }
}

}  // namespace

FormNames name_inputs(const fem::ExprGraph& graph, const std::vector<std::int32_t>& coefficients,
                      const std::vector<std::int32_t>& constants) {
  Names names;
  FormNames result;
  result.coefficients.resize(graph.coefficients().size());
  for (const std::int32_t number : coefficients) {
    const auto k = static_cast<std::size_t>(number);
    result.coefficients[k] = names.unique(graph.coefficients()[k].name);
  }
  int offset = 0;
  for (const std::int32_t number : constants) {
    const fem::Constant& constant = graph.constants()[static_cast<std::size_t>(number)];
    result.constants.push_back({number, names.unique(constant.name), constant.shape, offset});
    offset += fem::size_of(constant.shape);
  }
  return result;
}

IntegralContext make_context(const fem::ExprGraph& graph, const fem::Form& form,
                             const fem::IntegralGroup& group, Integrand integrand,
                             const Schedule& schedule, const FormNames& names,
                             const std::string& suffix, TableSet& tables) {
  IntegralContext context;
  context.cell = graph.cell();
  context.dim = graph.dim();
  context.affine = meshes::is_simplex(context.cell);
  context.facets = group.kind == fem::IntegralKind::exterior_facet;
  context.arguments = fem::argument_elements(graph, form);
  context.rank = static_cast<int>(context.arguments.size());
  context.strategy = schedule.strategy;
  context.block_size = schedule.block_size;
  context.suffix = suffix;
  context.form_name = identifier(form.name);
  context.points = make_points(context.cell, context.facets, group.degree);
  context.integrand = std::move(integrand);
  context.constants = names.constants;
  read_symbols(context, graph, names);
  context.argument_orders.resize(context.arguments.size());
  for (const Term& term : context.integrand.terms) {
    if (context.rank >= 1) {
      context.argument_orders[0] |= orders_of(term.test.derivative, context.dim);
    }
    if (context.rank == 2) {
      context.argument_orders[1] |= orders_of(term.trial.derivative, context.dim);
    }
  }
  // Test and trial function of one scalar element share tables and physical derivatives.
  if (context.rank == 2 && context.arguments[0].family == context.arguments[1].family &&
      context.arguments[0].degree == context.arguments[1].degree) {
    context.argument_orders[0] |= context.argument_orders[1];
    context.argument_orders[1] = context.argument_orders[0];
  }
  for (std::size_t k = 0; k < context.arguments.size(); ++k) {
    context.argument_basis.push_back(make_basis_tables(
        tables, context.arguments[k], context.argument_orders[k], context.points, suffix));
  }
  for (const CoefficientUse& use : context.coefficients) {
    context.coefficient_basis.push_back(
        make_basis_tables(tables, use.element, use.orders, context.points, suffix));
  }
  context.by_columns =
      context.has_matrix() && context.test_dofs() * context.trial_dofs() > max_whole_matrix;
  return context;
}

}  // namespace femsynth::synth
