#include "synth/lower/element_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

std::string local_array(const std::string& coefficient) { return coefficient + "_local"; }

namespace {

void append(Statements& out, Statements more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// A value of the factorised form as text, to find equal ones.
std::string key_of(const std::vector<std::pair<std::string, Expression>>& terms) {
  std::string key;
  for (const auto& [text, expression] : terms) key += text + ";";
  return key;
}

/// The component of a blocked function in a loop over all of them; 0 where there is but one.
Expression component(int block) { return block == 1 ? integer(0) : var("c"); }
Statements over_components(int block, Statements body) {
  if (block == 1 || body.empty()) return body;
  return {loop("c", integer(0), integer(block), std::move(body))};
}

/// Builds one element function.
class ElementBuilder {
 public:
  ElementBuilder(const IntegralContext& context, const IntegrandFunction& integrand,
                 TableSet& tables)
      : context_(context),
        integrand_(integrand),
        geometry_(context, tables, needs_derivatives(context), needs_second(context)) {}

  ElementFunction build();

 private:
  static JetOrders all_orders(const IntegralContext& context) {
    JetOrders orders;
    for (const JetOrders& o : context.argument_orders) orders |= o;
    for (const CoefficientUse& use : context.coefficients) orders |= use.orders;
    return orders;
  }
  static bool needs_derivatives(const IntegralContext& context) {
    const JetOrders orders = all_orders(context);
    return orders.first || orders.second;
  }
  static bool needs_second(const IntegralContext& context) { return all_orders(context).second; }

  void add_parameters(ElementFunction& f) const;
  Statements hoisted() const;
  Statements zero_output(const ElementFunction& f) const;
  Statements basis(bool at_point) const;
  Statements physical_basis(const BasisTables& basis, JetOrders orders) const;
  Statements function_jets(const std::string& name, const std::string& local, int block,
                           const BasisTables& basis, JetOrders orders) const;
  Statements reference_sums(const std::string& name, const std::string& local, int block,
                            const BasisTables& basis, JetOrders orders) const;
  Statements contraction() const;
  Statements contract_functional() const;
  Statements contract_linear() const;
  Statements contract_matrix() const;
  Statements contract_matrix_free() const;
  Statements accumulate_rows(
      const std::vector<std::pair<Expression, std::vector<std::pair<std::string, Expression>>>>&
          rows) const;

  /// ∂^α φ_node of an argument.
  Expression basis_jet(std::size_t argument, const std::string& node,
                       std::int32_t derivative) const;
  static Expression scaled(double literal, Expression value) {
    if (literal == 1) return value;
    if (literal == -1) return negate(std::move(value));
    return multiply(real(literal), std::move(value));
  }
  std::string trial_node() const { return context_.by_columns ? "column" : "j"; }
  static std::string gradient_array(const BasisTables& b) { return "grad_phi_" + b.label; }
  static std::string hessian_array(const BasisTables& b) { return "hess_phi_" + b.label; }
  int second_count() const { return context_.dim * (context_.dim + 1) / 2; }
  /// Do the physical derivatives of that basis stay the same in the whole cell?
  bool constant_in_cell(const BasisTables& basis, JetOrders orders) const {
    return context_.affine && (!basis.gradient || !basis.gradient->by_point || !orders.first) &&
           (!basis.hessian || !basis.hessian->by_point || !orders.second);
  }

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  Geometry geometry_;
};

void ElementBuilder::add_parameters(ElementFunction& f) const {
  const auto pass = [&](FunctionParameter parameter) {
    f.arguments.push_back(var(parameter.name));
    f.function.parameters.push_back(std::move(parameter));
  };
  const ValueType r = ValueType::real;
  pass({"X", r, false, false, {meshes::vertex_count(context_.cell), context_.dim}});
  if (context_.facets) pass({"facet", ValueType::integer, false, false, {}});
  if (!context_.constants.empty()) pass({"constants", r, true, false, {}});
  for (std::size_t k = 0; k < context_.coefficients.size(); ++k) {
    const CoefficientUse& use = context_.coefficients[k];
    const int dofs = context_.coefficient_basis[k].nodes * use.element.block_size();
    pass({local_array(use.name), r, false, false, {dofs}});
  }
  if (context_.rank == 2 && context_.strategy == Strategy::matrix_free) {
    pass({"u_local", r, false, false, {context_.trial_dofs()}});
  }
  if (context_.by_columns) pass({"column", ValueType::integer, false, false, {}});
  f.output = context_.rank == 0 ? "M" : context_.has_matrix() ? "A" : "b";
  f.output_dims = {context_.test_dofs()};
  if (context_.has_matrix()) {
    f.output_dims.push_back(context_.by_columns ? context_.block(1) : context_.trial_dofs());
  }
  pass({f.output, r, false, true, f.output_dims});
}

Statements ElementBuilder::hoisted() const {
  Statements out;
  for (const HoistedValue& value : integrand_.hoisted) {
    out.push_back(let(ValueType::real, value.name, value.value));
  }
  return out;
}

Statements ElementBuilder::zero_output(const ElementFunction& f) const {
  if (f.output_dims.size() == 1) {
    return {loop("i", integer(0), integer(f.output_dims[0]),
                 {assign(at(f.output, {var("i")}), real(0))})};
  }
  return {loop("i", integer(0), integer(f.output_dims[0]),
               {loop("k", integer(0), integer(f.output_dims[1]),
                     {assign(at(f.output, {var("i"), var("k")}), real(0))})})};
}

/// Physical derivatives of the arguments' basis functions, each basis once.
Statements ElementBuilder::basis(bool at_point) const {
  Statements out;
  // In y = A x the trial function is summed up before its derivatives are taken.
  const std::size_t arguments = context_.has_matrix() ? 2 : std::min(context_.rank, 1);
  for (std::size_t k = 0; k < arguments; ++k) {
    const BasisTables& basis = context_.argument_basis[k];
    const JetOrders& orders = context_.argument_orders[k];
    const bool again = k == 1 && basis.label == context_.argument_basis[0].label;
    if (again || constant_in_cell(basis, orders) == at_point) continue;
    append(out, physical_basis(basis, orders));
  }
  return out;
}

Statements ElementBuilder::physical_basis(const BasisTables& basis, JetOrders orders) const {
  Statements out;
  Statements body;
  const bool first = orders.first || (orders.second && geometry_.curved());
  if (first && basis.gradient) {
    out.push_back(array(gradient_array(basis), {basis.nodes, context_.dim}, "∂φ_i/∂x_k"));
    std::vector<Expression> reference;
    for (int e = 0; e < context_.dim; ++e) {
      reference.push_back(basis.gradient->at({var("i"), integer(e)}));
    }
    for (int k = 0; k < context_.dim; ++k) {
      body.push_back(
          assign(at(gradient_array(basis), {var("i"), integer(k)}), geometry_.first(k, reference)));
    }
  }
  if (orders.second && (basis.hessian || geometry_.curved())) {
    out.push_back(array(hessian_array(basis), {basis.nodes, second_count()}, "∂²φ_i/∂x_k∂x_l"));
    std::vector<Expression> gradient;
    for (int m = 0; m < context_.dim && geometry_.curved(); ++m) {
      gradient.push_back(at(gradient_array(basis), {var("i"), integer(m)}));
    }
    std::vector<Expression> reduced;
    for (int ef = 0; ef < second_count(); ++ef) {
      const std::string name = fmt::format("H_{}", ef);
      const Expression reference =
          basis.hessian ? basis.hessian->at({var("i"), integer(ef)}) : real(0);
      body.push_back(let(ValueType::real, name, geometry_.reduce(ef, reference, gradient)));
      reduced.push_back(var(name));
    }
    int place = 0;
    for (int k = 0; k < context_.dim; ++k) {
      for (int l = k; l < context_.dim; ++l, ++place) {
        body.push_back(assign(at(hessian_array(basis), {var("i"), integer(place)}),
                              geometry_.second(k, l, reduced)));
      }
    }
  }
  if (!body.empty()) {
    out.push_back(loop("i", integer(0), integer(basis.nodes), std::move(body)));
  }
  return out;
}

/// Reference derivatives of Σ_j f_j φ_j at the point, in arrays ref_f and ref2_f (the value in
/// f itself).
Statements ElementBuilder::reference_sums(const std::string& name, const std::string& local,
                                          int block, const BasisTables& basis,
                                          JetOrders orders) const {
  Statements out;
  Statements zero;
  Statements body;
  const Expression c = component(block);
  const auto dof = [&] { return at(local, {add(multiply(integer(block), var("j")), c)}); };
  const auto zero_of = [&](const std::string& target, int extent) {
    for (int e = 0; e < extent; ++e) {
      zero.push_back(assign(at(target, {c, integer(e)}), real(0)));
    }
  };
  if (orders.value) {
    out.push_back(array(name, {block}, fmt::format("{} at the point", name)));
    zero.push_back(assign(at(name, {c}), real(0)));
    Expression phi = basis.ones ? real(1) : basis.value->at({var("j")});
    body.push_back(accumulate(at(name, {c}), basis.ones ? dof() : multiply(dof(), std::move(phi))));
  }
  if (orders.first || (orders.second && geometry_.curved())) {
    out.push_back(array("ref_" + name, {block, context_.dim}, "∂/∂X_e"));
    zero_of("ref_" + name, context_.dim);
    for (int e = 0; e < context_.dim && basis.gradient; ++e) {
      body.push_back(accumulate(at("ref_" + name, {c, integer(e)}),
                                multiply(dof(), basis.gradient->at({var("j"), integer(e)}))));
    }
  }
  if (orders.second) {
    out.push_back(array("ref2_" + name, {block, second_count()}, "∂²/∂X_e∂X_f"));
    zero_of("ref2_" + name, second_count());
    for (int ef = 0; ef < second_count() && basis.hessian; ++ef) {
      body.push_back(accumulate(at("ref2_" + name, {c, integer(ef)}),
                                multiply(dof(), basis.hessian->at({var("j"), integer(ef)}))));
    }
  }
  append(out, over_components(block, std::move(zero)));
  if (!body.empty()) {
    out.push_back(
        loop("j", integer(0), integer(basis.nodes), over_components(block, std::move(body))));
  }
  return out;
}

/// Values and physical derivatives of a finite element function at the point.
Statements ElementBuilder::function_jets(const std::string& name, const std::string& local,
                                         int block, const BasisTables& basis,
                                         JetOrders orders) const {
  Statements out = reference_sums(name, local, block, basis, orders);
  Statements body;
  const Expression c = component(block);
  const bool first = orders.first || (orders.second && geometry_.curved());
  const std::string gradient_name = jet_array(name, 1);
  if (first) {
    out.push_back(array(gradient_name, {block, context_.dim}, "∂/∂x_k"));
    std::vector<Expression> reference;
    for (int e = 0; e < context_.dim; ++e) {
      reference.push_back(at("ref_" + name, {c, integer(e)}));
    }
    for (int k = 0; k < context_.dim; ++k) {
      body.push_back(assign(at(gradient_name, {c, integer(k)}), geometry_.first(k, reference)));
    }
  }
  if (orders.second) {
    out.push_back(array(jet_array(name, 2), {block, second_count()}, "∂²/∂x_k∂x_l"));
    std::vector<Expression> gradient;
    for (int m = 0; m < context_.dim && geometry_.curved(); ++m) {
      gradient.push_back(at(gradient_name, {c, integer(m)}));
    }
    std::vector<Expression> reduced;
    for (int ef = 0; ef < second_count(); ++ef) {
      const std::string h = fmt::format("H_{}", ef);
      body.push_back(let(ValueType::real, h,
                         geometry_.reduce(ef, at("ref2_" + name, {c, integer(ef)}), gradient)));
      reduced.push_back(var(h));
    }
    int place = 0;
    for (int k = 0; k < context_.dim; ++k) {
      for (int l = k; l < context_.dim; ++l, ++place) {
        body.push_back(
            assign(at(jet_array(name, 2), {c, integer(place)}), geometry_.second(k, l, reduced)));
      }
    }
  }
  append(out, over_components(block, std::move(body)));
  return out;
}

Expression ElementBuilder::basis_jet(std::size_t argument, const std::string& node,
                                     std::int32_t derivative) const {
  const BasisTables& basis = context_.argument_basis[argument];
  if (derivative == 0) return basis.ones ? real(1) : basis.value->at({var(node)});
  const int dim = context_.dim;
  if (derivative <= dim) {
    if (!basis.gradient) return real(0);
    return at(gradient_array(basis), {var(node), integer(derivative - 1)});
  }
  if (!basis.hessian && !geometry_.curved()) return real(0);
  return at(hessian_array(basis), {var(node), integer(derivative - 1 - dim)});
}

Statements ElementBuilder::contract_functional() const {
  std::vector<Expression> terms;
  for (const ScaledTerm& term : integrand_.terms) {
    terms.push_back(scaled(term.literal, at("C", {integer(term.k)})));
  }
  return {accumulate(at("M", {integer(0)}), sum_of(std::move(terms)))};
}

/// target += Σ of products, each row; a sum that several rows share gets a name.
Statements ElementBuilder::accumulate_rows(
    const std::vector<std::pair<Expression, std::vector<std::pair<std::string, Expression>>>>& rows)
    const {
  std::map<std::string, int> occurrences;
  for (const auto& [target, terms] : rows) ++occurrences[key_of(terms)];
  std::map<std::string, std::string> names;
  Statements out;
  for (const auto& [target, terms] : rows) {
    const std::string key = key_of(terms);
    std::vector<Expression> summands;
    for (const auto& [text, expression] : terms) summands.push_back(expression);
    if (occurrences[key] == 1) {
      out.push_back(accumulate(target, sum_of(std::move(summands))));
      continue;
    }
    const auto [at, fresh] = names.try_emplace(key, fmt::format("S{}", names.size()));
    if (fresh) out.push_back(let(ValueType::real, at->second, sum_of(std::move(summands))));
    out.push_back(accumulate(target, var(at->second)));
  }
  return out;
}

Statements ElementBuilder::contract_linear() const {
  std::map<std::int32_t, std::vector<std::pair<std::string, Expression>>> by_component;
  for (const ScaledTerm& term : integrand_.terms) {
    Expression factor = scaled(term.literal, at("C", {integer(term.k)}));
    if (!(term.test.derivative == 0 && context_.argument_basis[0].ones)) {
      factor = multiply(std::move(factor), basis_jet(0, "i", term.test.derivative));
    }
    by_component[term.test.component].emplace_back(
        fmt::format("{},{},{}", term.literal, term.k, term.test.derivative), std::move(factor));
  }
  std::vector<std::pair<Expression, std::vector<std::pair<std::string, Expression>>>> rows;
  const int block = context_.block(0);
  for (auto& [component, terms] : by_component) {
    rows.emplace_back(at("b", {add(multiply(integer(block), var("i")), integer(component))}),
                      std::move(terms));
  }
  return {loop("i", integer(0), integer(context_.argument_basis[0].nodes), accumulate_rows(rows))};
}

Statements ElementBuilder::contract_matrix_free() const {
  const int block = context_.block(0);
  Statements out;
  std::map<Jet, std::vector<Expression>> flux;
  for (const ScaledTerm& term : integrand_.terms) {
    flux[term.test].push_back(multiply(scaled(term.literal, at("C", {integer(term.k)})),
                                       jet_component("u", term.trial, context_.dim)));
  }
  std::map<std::int32_t, std::vector<std::pair<std::string, Expression>>> by_component;
  int count = 0;
  for (auto& [test, terms] : flux) {
    const std::string name = fmt::format("F{}", count++);
    out.push_back(let(ValueType::real, name, sum_of(std::move(terms)),
                      count == 1 ? "what multiplies the test function's jet" : ""));
    Expression value = var(name);
    if (!(test.derivative == 0 && context_.argument_basis[0].ones)) {
      value = multiply(std::move(value), basis_jet(0, "i", test.derivative));
    }
    by_component[test.component].emplace_back(name, std::move(value));
  }
  std::vector<std::pair<Expression, std::vector<std::pair<std::string, Expression>>>> rows;
  for (auto& [component, terms] : by_component) {
    rows.emplace_back(at("b", {add(multiply(integer(block), var("i")), integer(component))}),
                      std::move(terms));
  }
  out.push_back(
      loop("i", integer(0), integer(context_.argument_basis[0].nodes), accumulate_rows(rows)));
  return out;
}

Statements ElementBuilder::contract_matrix() const {
  // Flux of trial function j in component d: F = Σ_β C ∂^β φ_j, one for each test jet; equal
  // sums share a name.
  Statements fluxes;
  std::map<std::pair<std::int32_t, Jet>, std::vector<ScaledTerm>> flux;
  for (const ScaledTerm& term : integrand_.terms) {
    flux[{term.trial.component, term.test}].push_back(term);
  }
  std::map<std::string, std::string> names;
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<std::pair<std::string, Expression>>>
      entries;  // (test component, trial component) → summands
  for (const auto& [place, terms] : flux) {
    const auto& [trial_component, test] = place;
    std::vector<Expression> summands;
    std::string key;
    for (const ScaledTerm& term : terms) {
      key += fmt::format("{},{},{};", term.literal, term.k, term.trial.derivative);
      Expression factor = scaled(term.literal, at("C", {integer(term.k)}));
      if (!(term.trial.derivative == 0 && context_.argument_basis[1].ones)) {
        factor = multiply(std::move(factor), basis_jet(1, trial_node(), term.trial.derivative));
      }
      summands.push_back(std::move(factor));
    }
    const auto [name, fresh] = names.try_emplace(key, fmt::format("F{}", names.size()));
    if (fresh) {
      fluxes.push_back(let(ValueType::real, name->second, sum_of(std::move(summands)),
                           names.size() == 1 ? "what multiplies the test function's jet" : ""));
    }
    Expression value = var(name->second);
    if (!(test.derivative == 0 && context_.argument_basis[0].ones)) {
      value = multiply(std::move(value), basis_jet(0, "i", test.derivative));
    }
    entries[{test.component, trial_component}].emplace_back(
        fmt::format("{},{}", name->second, test.derivative), std::move(value));
  }
  std::vector<std::pair<Expression, std::vector<std::pair<std::string, Expression>>>> rows;
  for (auto& [components, terms] : entries) {
    const Expression row =
        add(multiply(integer(context_.block(0)), var("i")), integer(components.first));
    const Expression column =
        context_.by_columns
            ? integer(components.second)
            : add(multiply(integer(context_.block(1)), var("j")), integer(components.second));
    rows.emplace_back(at("A", {row, column}), std::move(terms));
  }
  Statements body = std::move(fluxes);
  body.push_back(
      loop("i", integer(0), integer(context_.argument_basis[0].nodes), accumulate_rows(rows)));
  if (context_.by_columns) return body;
  return {loop("j", integer(0), integer(context_.argument_basis[1].nodes), std::move(body))};
}

Statements ElementBuilder::contraction() const {
  if (context_.rank == 0) return contract_functional();
  if (context_.rank == 1) return contract_linear();
  return context_.has_matrix() ? contract_matrix() : contract_matrix_free();
}

ElementFunction ElementBuilder::build() {
  ElementFunction f;
  const char* what = context_.rank == 0 ? "value" : context_.has_matrix() ? "matrix" : "vector";
  f.function.name = fmt::format("element_{}_{}_{}", what, context_.form_name, context_.suffix);
  add_parameters(f);
  f.function.comment = fmt::format("Element {} of one {}: {} quadrature point{}.", what,
                                   context_.facets ? "facet" : "cell", context_.points.points(),
                                   context_.points.points() == 1 ? "" : "s");
  if (context_.by_columns) {
    f.function.comment += "\nOnly the columns of the trial node `column`: the whole does not fit.";
  }
  Statements& body = f.function.body;
  append(body, hoisted());
  append(body, geometry_.before_points());
  append(body, basis(false));
  append(body, zero_output(f));
  Statements point = geometry_.at_point();
  append(point, basis(true));
  for (std::size_t k = 0; k < context_.coefficients.size(); ++k) {
    const CoefficientUse& use = context_.coefficients[k];
    append(point, function_jets(use.name, local_array(use.name), use.element.block_size(),
                                context_.coefficient_basis[k], use.orders));
  }
  if (context_.rank == 2 && context_.strategy == Strategy::matrix_free) {
    append(point, function_jets("u", "u_local", context_.block(1), context_.argument_basis[1],
                                context_.argument_orders[1]));
  }
  point.push_back(array("C", {integrand_.coefficients}));
  point.push_back(invoke(integrand_.function.name, integrand_.arguments));
  append(point, contraction());
  body.push_back(
      loop("q", integer(0), integer(static_cast<int>(context_.points.points())), std::move(point)));
  return f;
}

}  // namespace

ElementFunction make_element_function(const IntegralContext& context,
                                      const IntegrandFunction& integrand, TableSet& tables) {
  return ElementBuilder(context, integrand, tables).build();
}

}  // namespace femsynth::synth
