#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/differentiate.hpp"
#include "fem/form/operands.hpp"
#include "fem/form/transform.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// ufl's transformations of forms.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

bool given(const Args& args, std::size_t k) { return args.has(k) && !args[k].is<None>(); }

Form form_of(const FormValue& value) { return {{}, *value.integrals}; }

Value value_of(Form form) {
  return {FormValue{std::make_shared<const std::vector<Integral>>(std::move(form.integrals))}};
}

/// The k-th argument as a form, which is about to be walked over.
Form form_argument(Evaluator& ev, Args& args, std::size_t k) {
  if (const auto* form = args[k].get<FormValue>()) {
    count_walk(ev, *form, args.where(k));
    return form_of(*form);
  }
  args.fail(k, fmt::format("expected a form but got {}", kind_of(args[k])));
}

std::optional<ExprId> optional_expression(Args& args, std::size_t k) {
  if (!given(args, k)) return std::nullopt;
  return args.expression(k);
}

Value left_side(Evaluator& ev, Args& args) {
  if (const auto* equation = args[0].get<EquationValue>()) return {equation->left};
  return value_of(lhs(ev.graph(), form_argument(ev, args, 0)));
}

Value right_side(Evaluator& ev, Args& args) {
  if (const auto* equation = args[0].get<EquationValue>()) return {equation->right};
  return value_of(rhs(ev.graph(), form_argument(ev, args, 0)));
}

Value both_sides(Evaluator& ev, Args& args) {
  Value left = left_side(ev, args);
  return ev.tuple({std::move(left), right_side(ev, args)}, args.where());
}

Value functional_part(Evaluator& ev, Args& args) {
  return value_of(functional(ev.graph(), form_argument(ev, args, 0)));
}

/// The functions of a list that belong to the parts that a form's last argument has.
std::vector<ExprId> functions_of_parts(Evaluator& ev, Args& args, const Form& form) {
  const ExprGraph& g = ev.graph();
  const std::vector<Value> list = ev.items(args[1], args.where(1));
  const int last = rank(g, form) - 1;
  std::vector<ExprId> functions;
  for (const ExprId id : argument_nodes(g, form)) {
    const Argument argument = g.arguments()[static_cast<std::size_t>(g[id].number)];
    if (argument.number != last) continue;
    const auto part = static_cast<std::size_t>(argument.part.value_or(0));
    if (part >= list.size()) {
      args.fail(1, fmt::format("{} function{} for an argument that has part {}", list.size(),
                               list.size() == 1 ? "" : "s", part));
    }
    functions.push_back(ev.expression(list[part], args.where(1)));
  }
  return functions;
}

Value action_on(Evaluator& ev, Args& args) {
  const Form form = form_argument(ev, args, 0);
  if (given(args, 1) && args[1].is<Sequence>()) {
    return value_of(action(ev.graph(), form, functions_of_parts(ev, args, form)));
  }
  return value_of(action(ev.graph(), form, optional_expression(args, 1)));
}

Value adjoint_of(Evaluator& ev, Args& args) {
  const Form form = form_argument(ev, args, 0);
  if (given(args, 1)) {  // an argument is its number and element: those that the adjoint has
    for (const Value& item : ev.items(args[1], args.where(1))) {
      const auto* id = item.get<ExprId>();
      if (id == nullptr || ev.graph()[*id].op != Op::argument) {
        args.fail(1, "reordered_arguments are a test and a trial function");
      }
    }
  }
  return value_of(adjoint(ev.graph(), form));
}

Value energy(Evaluator& ev, Args& args) {
  const Form form = form_argument(ev, args, 0);
  return value_of(energy_norm(ev.graph(), form, optional_expression(args, 1)));
}

Value sensitivity(Evaluator& ev, Args& args) {
  const Form a = form_argument(ev, args, 0);
  const ExprId u = args.expression(1);
  const Form load = form_argument(ev, args, 2);
  return value_of(sensitivity_rhs(ev.graph(), a, u, load, args.expression(3)));
}

Value rank_of_form(Evaluator& ev, Args& args) {
  return {std::int64_t{rank(ev.graph(), form_argument(ev, args, 0))}};
}

Value expanded(Evaluator& ev, Args& args) {
  Differentiator differentiator(ev.graph(), Products::as_written);
  if (!args[0].is<FormValue>()) return {differentiator.apply(args.expression(0))};
  Form form = form_argument(ev, args, 0);
  for (Integral& integral : form.integrals) {
    integral.integrand = differentiator.apply(integral.integrand);
  }
  std::erase_if(form.integrals,
                [&](const Integral& i) { return is_zero(ev.graph(), i.integrand); });
  return value_of(std::move(form));
}

// ---- replace ----

Mapping mapping_of(Evaluator& ev, const Value& value, SourceLocation where) {
  const auto* dict = value.get<Dict>();
  if (dict == nullptr) {
    throw ev.error(where, fmt::format("a mapping is a dictionary, not {}", kind_of(value)));
  }
  Mapping mapping;
  for (const auto& [from, to] : dict->table->entries) {
    if (!from.is<ExprId>()) {
      throw ev.error(where, fmt::format("a mapping replaces functions, not {}", kind_of(from)));
    }
    mapping.emplace_back(from.as<ExprId>(), ev.expression(to, where));
  }
  return mapping;
}

Value replaced(Evaluator& ev, Args& args) {
  const Mapping mapping = mapping_of(ev, args[1], args.where(1));
  if (!args[0].is<FormValue>()) return {replace(ev.graph(), args.expression(0), mapping)};
  return value_of(replace(ev.graph(), form_argument(ev, args, 0), mapping));
}

// ---- derivative ----

/// What a derivative is taken by: each function (or the components of what split() gave) beside
/// its direction.
struct Functions {
  std::vector<ExprId> wholes;  ///< as the form file gives them
  bool is_tuple = false;
};

Functions functions_of(Evaluator& ev, Args& args, std::size_t k) {
  Functions functions;
  functions.is_tuple = args[k].is<Sequence>();
  if (!functions.is_tuple) {
    functions.wholes = {args.expression(k)};
    return functions;
  }
  for (const Value& item : ev.items(args[k], args.where(k))) {
    functions.wholes.push_back(ev.expression(item, args.where(k)));
  }
  if (functions.wholes.empty()) args.fail(k, "no coefficients");
  return functions;
}

/// Number of the argument that a derivative of it adds.
int next_argument(Evaluator& ev, Args& args) {
  const ExprGraph& g = ev.graph();
  std::vector<ExprId> roots;
  if (const auto* form = args[0].get<FormValue>()) {
    roots = integrands(form_of(*form));
  } else {
    roots = {args.expression(0)};
  }
  int next = 0;
  for (const ExprId id : reachable(g, roots)) {
    if (g[id].op != Op::argument) continue;
    const Argument& argument = g.arguments()[static_cast<std::size_t>(g[id].number)];
    if (argument.part) {
      args.fail(
          "the form has arguments on a MixedFunctionSpace: give the directions, derivative(F, (u, "
          "p), TrialFunctions(W))");
    }
    next = std::max(next, argument.number + 1);
  }
  return next;
}

/// New arguments on the coefficients' elements; of several, the parts of one on a mixed element.
std::vector<ExprId> new_arguments(Evaluator& ev, Args& args, const Functions& functions) {
  ExprGraph& g = ev.graph();
  std::vector<Element> elements;
  for (const ExprId id : functions.wholes) {
    if (g[id].op != Op::coefficient) {
      args.fail(1, fmt::format("{} is no coefficient: give the direction, derivative(F, w, du)",
                               describe(g, id)));
    }
    elements.push_back(g.coefficients()[static_cast<std::size_t>(g[id].number)].element);
  }
  const int number = next_argument(ev, args);
  if (number > 1) args.fail("the form has test and trial function already");
  if (elements.size() == 1) return {argument(g, number, elements[0])};
  const Element mixed = composed_element(ev, Family::mixed, std::move(elements), args.where());
  std::vector<ExprId> parts;
  for (const Value& part : split_function(ev, argument(g, number, mixed), args.where())) {
    parts.push_back(part.as<ExprId>());
  }
  return parts;
}

/// A direction for each of the functions.
std::vector<ExprId> directions_of(Evaluator& ev, Args& args, const Functions& functions) {
  if (!given(args, 2)) return new_arguments(ev, args, functions);
  std::vector<ExprId> directions;
  if (args[2].is<Sequence>()) {
    for (const Value& item : ev.items(args[2], args.where(2))) {
      directions.push_back(ev.expression(item, args.where(2)));
    }
  } else if (!functions.is_tuple || functions.wholes.size() == 1) {
    directions = {args.expression(2)};
  } else {
    const ExprId whole = args.expression(2);
    const auto count = static_cast<int>(functions.wholes.size());
    if (ev.graph()[whole].shape == Shape{count} && ev.graph()[functions.wholes[0]].is_scalar()) {
      directions = components_of(ev.graph(), whole);
    } else {
      for (const Value& part : split_function(ev, whole, args.where(2))) {
        directions.push_back(part.as<ExprId>());
      }
    }
  }
  if (directions.size() != functions.wholes.size()) {
    args.fail(2, fmt::format("{} directions for {} functions", directions.size(),
                             functions.wholes.size()));
  }
  return directions;
}

/// Σ_J (df/dw)_IJ d_J.
ExprId contracted(ExprGraph& g, ExprId derivative, ExprId direction) {
  const Shape whole = g[derivative].shape;
  const std::size_t rank = whole.size() - g[direction].shape.size();
  std::vector<std::int32_t> labels;
  std::vector<Index> indices;
  for (std::size_t axis = 0; axis < whole.size(); ++axis) {
    labels.push_back(g.new_label());
    indices.push_back({true, labels.back()});
  }
  const std::vector<Index> summed(indices.begin() + static_cast<std::ptrdiff_t>(rank),
                                  indices.end());
  const ExprId a = whole.empty() ? derivative : indexed(g, derivative, indices);
  const ExprId d = summed.empty() ? direction : indexed(g, direction, summed);
  return component_tensor(g, multiply(g, a, d), std::span(labels).first(rank));
}

/// Adds the functions of `coefficient_derivatives`, {f: df/dw}, and their directions.
void add_chained(Evaluator& ev, Args& args, Mapping& pairs, const std::vector<ExprId>& directions) {
  ExprGraph& g = ev.graph();
  const auto* table = args[3].get<Dict>();
  if (table == nullptr) args.fail(3, "coefficient_derivatives is a dictionary {f: df/dw}");
  for (const auto& [function, value] : table->table->entries) {
    if (!function.is<ExprId>()) {
      args.fail(3, fmt::format("{} is no function", kind_of(function)));
    }
    std::vector<ExprId> derivatives;
    if (value.is<Sequence>()) {
      for (const Value& item : ev.items(value, args.where(3))) {
        derivatives.push_back(ev.expression(item, args.where(3)));
      }
    } else {
      derivatives = {ev.expression(value, args.where(3))};
    }
    if (derivatives.size() != directions.size()) {
      args.fail(3, fmt::format("{} derivatives of a function by {} functions", derivatives.size(),
                               directions.size()));
    }
    const ExprId f = function.as<ExprId>();
    ExprId sum = zero(g, g[f].shape);
    for (std::size_t k = 0; k < derivatives.size(); ++k) {
      Shape expected = g[f].shape;
      const Shape& of_w = g[directions[k]].shape;
      expected.insert(expected.end(), of_w.begin(), of_w.end());
      if (g[derivatives[k]].shape != expected) {
        args.fail(3, fmt::format("the derivative of {} is {} (its shape must be {})",
                                 describe(g, f), describe(g, derivatives[k]), to_string(expected)));
      }
      sum = add(g, sum, contracted(g, derivatives[k], directions[k]));
    }
    pairs.emplace_back(f, sum);
  }
}

Value gateaux(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const Functions functions = functions_of(ev, args, 1);
  const std::vector<ExprId> directions = directions_of(ev, args, functions);
  std::vector<ExprId> flat_functions;
  std::vector<ExprId> flat_directions;
  for (std::size_t k = 0; k < directions.size(); ++k) {
    const ExprId w = functions.wholes[k];
    const bool by_components = g[w].op == Op::list_tensor && g[w].shape == g[directions[k]].shape;
    const auto append = [&](std::vector<ExprId>& list, ExprId id) {
      const std::vector<ExprId> items =
          by_components ? components_of(g, id) : std::vector<ExprId>{id};
      list.insert(list.end(), items.begin(), items.end());
    };
    append(flat_functions, w);
    append(flat_directions, directions[k]);
  }
  Mapping pairs = derivative_directions(g, flat_functions, flat_directions);
  if (given(args, 3)) add_chained(ev, args, pairs, directions);
  if (!args[0].is<FormValue>()) return {gateaux_derivative(g, args.expression(0), pairs)};
  return value_of(derivative(g, form_argument(ev, args, 0), pairs));
}

Value diff(Evaluator& ev, Args& args) {
  ExprGraph& g = ev.graph();
  const ExprId v = args.expression(1);
  if (const auto* form = args[0].get<FormValue>()) {
    return value_of(differentiate(g, form_of(*form), v));
  }
  const ExprId f = args.expression(0);
  if (g[v].op == Op::spatial_coordinate) return {grad(g, f)};
  return {variable_derivative(g, f, v)};
}

constexpr Builtin table[] = {
    {"lhs", "form", left_side},
    {"rhs", "form", right_side},
    {"system", "form", both_sides},
    {"functional", "form", functional_part},
    {"action", "form, coefficient=, derivatives_expanded=", action_on},
    {"adjoint", "form, reordered_arguments=, derivatives_expanded=", adjoint_of},
    {"energy_norm", "form, coefficient=", energy},
    {"sensitivity_rhs", "a, u, L, v", sensitivity},
    {"compute_form_rank", "form", rank_of_form},
    {"expand_derivatives", "form", expanded},
    {"replace", "e, mapping", replaced},
    {"derivative", "form, coefficient, argument=, coefficient_derivatives=", gateaux},
    {"diff", "f, v", diff},
};

}  // namespace

std::span<const Builtin> form_builtins() { return table; }

void count_walk(Evaluator& ev, ExprId expression, SourceLocation where) {
  constexpr std::uint32_t nodes_a_step = 16;
  ev.count_step(where, 1 + raw(expression) / nodes_a_step);
}

void count_walk(Evaluator& ev, const FormValue& form, SourceLocation where) {
  for (const Integral& integral : *form.integrals) count_walk(ev, integral.integrand, where);
}

Value apply_form(Evaluator& ev, const FormValue& value, const std::vector<PassedValue>& positional,
                 const std::vector<std::pair<std::string, PassedValue>>& keywords,
                 SourceLocation where) {
  ExprGraph& g = ev.graph();
  count_walk(ev, value, where);
  const Form form = form_of(value);
  Mapping mapping;
  for (const auto& [name, passed] : keywords) {
    if (name != "coefficients") {
      throw ev.error(passed.where, fmt::format("a form has no argument '{}'", name));
    }
    mapping = mapping_of(ev, passed.value, passed.where);
  }
  const int arguments = rank(g, form);
  if (!positional.empty()) {
    ev.located(where, [&] { return argument_elements(g, form); });  // one function, one argument
  }
  if (!positional.empty() && positional.size() != static_cast<std::size_t>(arguments)) {
    throw ev.error(where, fmt::format("{} functions for a form with {} argument{}",
                                      positional.size(), arguments, arguments == 1 ? "" : "s"));
  }
  for (const ExprId id : reachable(g, integrands(form))) {
    if (g[id].op != Op::argument || positional.empty()) continue;
    const auto number =
        static_cast<std::size_t>(g.arguments()[static_cast<std::size_t>(g[id].number)].number);
    mapping.emplace_back(id, ev.expression(positional[number].value, positional[number].where));
  }
  return ev.located(where, [&] { return value_of(replace(g, form, mapping)); });
}

Value form_action(Evaluator& ev, const FormValue& form, ExprId function, SourceLocation where) {
  count_walk(ev, form, where);
  return ev.located(where, [&] { return value_of(action(ev.graph(), form_of(form), function)); });
}

}  // namespace femsynth::fem
