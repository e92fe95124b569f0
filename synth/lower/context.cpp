#include "synth/lower/context.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/elements/geometry_element.hpp"
#include "meshes/mesh.hpp"

namespace femsynth::synth {
namespace {

/// The symbols that the coefficients of the terms read, ascending.
std::vector<Symbol> symbols_of(const IntegralContext& context) {
  std::vector<bool> reached(context.scalars.size(), false);
  for (const auto* forms : {&context.real, &context.imaginary}) {
    for (const Multilinear& form : *forms) {
      for (const Term& term : form) reached[raw(term.coefficient)] = true;
    }
  }
  std::vector<Symbol> symbols;
  for (std::size_t k = context.scalars.size(); k-- > 0;) {
    if (!reached[k]) continue;
    const Scalar& s = context.scalars[static_cast<ScalarId>(k)];
    for (const ScalarId operand : s.operands) reached[raw(operand)] = true;
    if (s.op == ScalarOp::symbol) symbols.push_back(s.symbol);
  }
  std::sort(symbols.begin(), symbols.end());
  return symbols;
}

void read_symbols(IntegralContext& context, const FormSettings& form) {
  auto& uses = context.coefficients;
  for (const Symbol& symbol : symbols_of(context)) {
    if (symbol.kind == Symbol::Kind::constant) continue;
    if (symbol.kind != Symbol::Kind::coefficient) {
      context.symbols.push_back(symbol);
      continue;
    }
    const auto number = static_cast<std::size_t>(symbol.number);
    if (uses.empty() || uses.back().number != symbol.number) {
      const fem::Element& element = form.graph.coefficients()[number].element;
      uses.push_back({symbol.number,
                      form.names.coefficients[number],
                      make_function_space(element, context.dim),
                      {}});
    }
    add_jet(uses.back().space, {symbol.component, symbol.derivative, symbol.side}, context.domain);
    const CoefficientCopy copy{symbol.side, symbol.imaginary};
    auto& copies = uses.back().copies;
    if (std::find(copies.begin(), copies.end(), copy) == copies.end()) copies.push_back(copy);
  }
  for (CoefficientUse& use : uses) std::sort(use.copies.begin(), use.copies.end());
}

void read_jets(IntegralContext& context) {
  for (const auto* forms : {&context.real, &context.imaginary}) {
    for (const Multilinear& form : *forms) {
      for (const Term& term : form) {
        if (context.rank >= 1) add_jet(context.arguments[0], term.test, context.domain);
        if (context.rank == 2) add_jet(context.arguments[1], term.trial, context.domain);
      }
    }
  }
  // Functions of one basic element share tables and physical derivatives.
  std::vector<SubSpace*> parts;
  for (FunctionSpace& space : context.arguments) {
    for (SubSpace& part : space.parts) {
      if (part.orders.any()) parts.push_back(&part);
    }
  }
  for (SubSpace* a : parts) {
    for (SubSpace* b : parts) {
      if (a->sub.basic == b->sub.basic) a->orders |= b->orders;
    }
  }
}

/// Names the tables of a space's parts.
void label_parts(FunctionSpace& space, TableSet& tables) {
  for (SubSpace& part : space.parts) {
    part.basis.label = tables.label(part.sub.basic);
    part.basis.nodes = part.sub.nodes;
  }
}

/// The parts of which something is read.
std::vector<SubSpace*> read_parts(IntegralContext& context) {
  std::vector<SubSpace*> parts;
  const auto add = [&](FunctionSpace& space) {
    for (SubSpace& part : space.parts) {
      if (part.orders.any()) parts.push_back(&part);
    }
  };
  for (FunctionSpace& space : context.arguments) add(space);
  for (CoefficientUse& use : context.coefficients) add(use.space);
  return parts;
}

bool is_contravariant_piola(const SubSpace& part) {
  return part.pull_back == fem::PullBack::contravariant_piola;
}

/// Does a jet of an argument change its sign with the orientation of its cell?
bool is_oriented(const FunctionSpace& space, const Jet& jet) {
  const std::vector<FunctionSpace::Source> sources = space.sources(jet.component);
  return std::any_of(sources.begin(), sources.end(), [&](const FunctionSpace::Source& source) {
    return is_contravariant_piola(space.parts[source.part]);
  });
}

/// Does a term? The signs of two arguments cancel in one cell.
bool is_oriented(const IntegralContext& context, const Term& term) {
  const bool test = context.rank >= 1 && is_oriented(context.arguments[0], term.test);
  const bool trial = context.rank == 2 && is_oriented(context.arguments[1], term.trial);
  return test != trial || (test && term.test.side != term.trial.side);
}

/// Is the sign of det J read where the mesh must give it?
bool reads_orientation(const IntegralContext& context) {
  using Quantity = fem::GeometricQuantity;
  if (!context.domain.is_manifold()) return false;
  for (const auto* forms : {&context.real, &context.imaginary}) {
    for (const Multilinear& form : *forms) {
      const auto oriented = [&](const Term& term) { return is_oriented(context, term); };
      if (std::any_of(form.begin(), form.end(), oriented)) return true;
    }
  }
  for (const CoefficientUse& use : context.coefficients) {
    for (const SubSpace& part : use.space.parts) {
      if (part.orders.any() && is_contravariant_piola(part)) return true;
    }
  }
  return std::any_of(context.symbols.begin(), context.symbols.end(), [](const Symbol& symbol) {
    if (symbol.kind != Symbol::Kind::geometry) return false;
    const auto quantity = static_cast<Quantity>(symbol.number);
    return quantity == Quantity::jacobian_determinant || quantity == Quantity::cell_normal ||
           quantity == Quantity::cell_orientation;
  });
}

/// Everything but points and integrand.
IntegralContext start_context(const FormSettings& form) {
  IntegralContext context;
  context.domain = form.graph.domain();
  context.dim = form.graph.dim();
  context.tdim = form.graph.topological_dim();
  context.affine = context.domain.is_affine();
  context.complex = is_complex(form.schedule.precision);
  context.rank = static_cast<int>(form.arguments.size());
  context.strategy = form.schedule.strategy;
  context.block_size = form.schedule.block_size;
  context.form_name = identifier(form.name);
  context.constants = form.names.constants;
  for (const fem::Element& element : form.arguments) {
    context.arguments.push_back(make_function_space(element, context.dim));
  }
  return context;
}

/// What follows from points and integrand.
void finish_context(IntegralContext& context, const FormSettings& form, TableSet& tables) {
  for (int side = 0; side < context.points.sides(); ++side) {
    context.sides.push_back(side_of(context.points, side));
  }
  read_symbols(context, form);
  read_jets(context);
  for (FunctionSpace& space : context.arguments) label_parts(space, tables);
  for (CoefficientUse& use : context.coefficients) label_parts(use.space, tables);
  context.oriented = reads_orientation(context);
  context.by_columns =
      context.has_matrix() &&
      context.test_dofs() * context.trial_dofs() * context.parts() > max_whole_matrix;
}

}  // namespace

std::size_t table_entries(const IntegralContext& context) {
  std::vector<const fem::Element*> counted;
  std::size_t entries = 0;
  const auto t = static_cast<std::size_t>(context.tdim);
  const auto add = [&](const FunctionSpace& space) {
    for (const SubSpace& part : space.parts) {
      const bool again = std::any_of(counted.begin(), counted.end(),
                                     [&](const fem::Element* e) { return *e == part.sub.basic; });
      if (again || !part.orders.any()) continue;
      counted.push_back(&part.sub.basic);
      const JetOrders orders = reference_orders(part.orders, part.pull_back, context.affine);
      std::size_t numbers = 0;
      for (int order = 0; order <= orders.highest(); ++order) {
        if (orders.has(order)) numbers += fem::derivatives_of_order(t, order);
      }
      entries += numbers * static_cast<std::size_t>(part.sub.nodes * part.sub.value_size) *
                 context.points.places() * context.points.all_points();
    }
  };
  for (const FunctionSpace& space : context.arguments) add(space);
  for (const CoefficientUse& use : context.coefficients) add(use.space);
  return entries;
}

void tabulate_functions(IntegralContext& context, TableSet& tables) {
  for (SubSpace* part : read_parts(context)) {
    part->basis = make_basis_tables(tables, part->sub.basic,
                                    reference_orders(part->orders, part->pull_back, context.affine),
                                    context.points, context.suffix);
  }
}

bool IntegralContext::reads(Symbol::Kind kind, int side) const {
  return std::any_of(symbols.begin(), symbols.end(),
                     [&](const Symbol& s) { return s.kind == kind && s.side == side; });
}

int IntegralContext::geometry_nodes() const {
  return meshes::geometry_node_count(domain.cell, domain.degree);
}

fem::Element IntegralContext::geometry_element() const {
  return fem::geometry_element(domain.cell, domain.degree);
}

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

IntegralContext make_context(const FormSettings& form, const fem::IntegralGroup& group,
                             Integrand integrand, const std::string& suffix, TableSet& tables) {
  IntegralContext context = start_context(form);
  context.suffix = suffix;
  context.points = make_points(context.domain.cell, group.kind, {group.degree, &group.scheme});
  context.scalars = std::move(integrand.scalars);
  context.real.push_back(std::move(integrand.terms));
  context.imaginary.push_back(std::move(integrand.imaginary));
  finish_context(context, form, tables);
  return context;
}

IntegralContext make_context(const FormSettings& form, const std::vector<double>& points,
                             FactorisedTensor value, TableSet& tables) {
  IntegralContext context = start_context(form);
  context.expression = true;
  context.suffix = "points";
  context.points = given_points(context.domain.cell, points);
  context.scalars = std::move(value.scalars);
  context.real = std::move(value.components);
  context.imaginary = std::move(value.imaginary);
  finish_context(context, form, tables);
  tabulate_functions(context, tables);
  return context;
}

}  // namespace femsynth::synth
