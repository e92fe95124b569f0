#include "fem/form/transform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "fem/form/differentiate.hpp"
#include "fem/form/operands.hpp"

namespace femsynth::fem {
namespace {

bool is_derivative(Op op) { return op == Op::gateaux_derivative || op == Op::variable_derivative; }

/// Functions and variables that derivatives in an expression differentiate by.
std::vector<ExprId> differentiated_by(const ExprGraph& g, std::span<const ExprId> nodes) {
  std::vector<ExprId> result;
  for (const ExprId id : nodes) {
    if (!is_derivative(g[id].op)) continue;
    const std::vector<ExprId>& operands = g[id].operands;
    for (std::size_t k = 1; k < operands.size(); k += 2) result.push_back(operands[k]);
  }
  return result;
}

class Replacement {
 public:
  Replacement(ExprGraph& g, const Mapping& mapping)
      : g_(g), build_(g), differentiator_(g, Products::as_written) {
    for (const auto& [from, to] : mapping) {
      check(from, to);
      images_.emplace(raw(from), to);
      for (const ExprId id : reachable(g, to)) {
        if (g[id].operands.empty() || g[id].op == Op::variable) touched_.push_back(id);
      }
      touched_.push_back(from);
    }
  }

  ExprId apply(ExprId expression) {
    ExprId root = expression;
    if (needs_expansion(root)) root = differentiator_.apply(root);
    for (const ExprId id : reachable(g_, root)) {
      if (images_.contains(raw(id))) continue;
      g_.set_location(g_.location(id));
      images_.emplace(raw(id), of(id));
    }
    return images_.at(raw(root));
  }

 private:
  void check(ExprId from, ExprId to) const {
    if (!g_[from].operands.empty() && g_[from].op != Op::variable) {
      throw InputError(
          fmt::format("replace() of {} that is neither a function, constant or "
                      "argument nor a variable",
                      describe(g_, from)));
    }
    if (g_[from].shape != g_[to].shape || !g_[to].free.empty()) {
      throw InputError(fmt::format("replace() of {} by {}", describe(g_, from), describe(g_, to)));
    }
  }

  /// A derivative that is left unexpanded must not see what comes in: d/dw f(u) at u := w is not
  /// d/dw f(w).
  bool needs_expansion(ExprId root) const {
    const std::vector<ExprId> by = differentiated_by(g_, reachable(g_, root));
    return std::ranges::any_of(
        by, [&](ExprId id) { return std::ranges::find(touched_, id) != touched_.end(); });
  }

  ExprId of(ExprId id) {
    const Node node = g_[id];
    std::vector<ExprId> operands;
    for (const ExprId operand : node.operands) operands.push_back(images_.at(raw(operand)));
    if (operands == node.operands) return id;
    switch (node.op) {  // with the checks and folding of their constructors
      case Op::grad:
        return grad(g_, operands[0]);
      case Op::div:
        return div(g_, operands[0]);
      case Op::curl:
        return curl(g_, operands[0]);
      case Op::restricted:
        return restricted(g_, operands[0], node.number);
      case Op::division:
        return divide(g_, operands[0], operands[1]);
      case Op::power:
        return power(g_, operands[0], operands[1]);
      case Op::determinant:
      case Op::inverse:
      case Op::cofactor:
        return matrix_operator(g_, node.op, operands[0]);
      case Op::atan2:
      case Op::min_value:
      case Op::max_value:
        return function(g_, node.op, operands[0], operands[1]);
      default:
        if (node.op >= Op::abs && node.op <= Op::erf) return function(g_, node.op, operands[0]);
        return build_.rebuilt(node, id, std::move(operands));
    }
  }

  ExprGraph& g_;
  TensorBuilder build_;
  Differentiator differentiator_;
  std::vector<ExprId> touched_;                       ///< terminals of the mapping, both sides
  std::unordered_map<std::uint32_t, ExprId> images_;  // looked up, never iterated
};

const Argument& argument_of(const ExprGraph& g, ExprId id) {
  return g.arguments()[static_cast<std::size_t>(g[id].number)];
}

/// Each integrand mapped; integrals that become zero are dropped.
template <class F>
Form mapped(ExprGraph& g, const Form& form, F f) {
  Form result{form.name, {}};
  for (Integral integral : form.integrals) {
    g.set_location(integral.where);
    integral.integrand = f(integral.integrand);
    if (!is_zero(g, integral.integrand)) result.integrals.push_back(std::move(integral));
  }
  return result;
}

void require_bilinear(const ExprGraph& g, const Form& form, const char* what) {
  if (rank(g, form) != 2) {
    throw InputError(fmt::format("{} of a form that has {} (it needs test and trial function)",
                                 what, rank(g, form) == 0 ? "no argument" : "one argument"));
  }
}

}  // namespace

ExprId replace(ExprGraph& g, ExprId expression, const Mapping& mapping) {
  return Replacement(g, mapping).apply(expression);
}

Form replace(ExprGraph& g, const Form& form, const Mapping& mapping) {
  Replacement replacement(g, mapping);
  return mapped(g, form, [&](ExprId integrand) { return replacement.apply(integrand); });
}

Form action(ExprGraph& g, const Form& form, std::optional<ExprId> coefficient) {
  if (coefficient) return action(g, form, std::vector<ExprId>{*coefficient});
  const std::vector<ExprId> arguments = argument_nodes(g, form);
  std::vector<ExprId> functions;
  for (const ExprId id : arguments) {
    if (argument_of(g, id).number != argument_of(g, arguments.back()).number) continue;
    functions.push_back(fem::coefficient(g, Element(argument_of(g, id).element)));
  }
  return action(g, form, functions);
}

Form action(ExprGraph& g, const Form& form, const std::vector<ExprId>& functions) {
  std::vector<ExprId> last = argument_nodes(g, form);
  if (last.empty()) throw InputError("action() of a form that has no argument");
  const int number = argument_of(g, last.back()).number;
  std::erase_if(last, [&](ExprId id) { return argument_of(g, id).number != number; });
  if (last.size() != functions.size()) {
    throw InputError(fmt::format("action() on {} function{}, but the last argument has {} part{}",
                                 functions.size(), functions.size() == 1 ? "" : "s", last.size(),
                                 last.size() == 1 ? "" : "s"));
  }
  Mapping mapping;
  for (std::size_t k = 0; k < last.size(); ++k) {
    if (g[functions[k]].shape != g[last[k]].shape) {
      throw InputError(fmt::format("action() on {}, but the argument is {}",
                                   describe(g, functions[k]), describe(g, last[k])));
    }
    mapping.emplace_back(last[k], functions[k]);
  }
  return replace(g, form, mapping);
}

Form adjoint(ExprGraph& g, const Form& form) {
  require_bilinear(g, form, "adjoint()");
  Mapping swap;
  for (const ExprId id : argument_nodes(g, form)) {
    const Argument a = argument_of(g, id);
    swap.emplace_back(id, argument(g, 1 - a.number, a.element, a.part));
  }
  const Form swapped = replace(g, form, swap);
  return mapped(g, swapped, [&](ExprId a) { return complex_part(g, Op::conj, a); });
}

Form energy_norm(ExprGraph& g, const Form& form, std::optional<ExprId> coefficient) {
  require_bilinear(g, form, "energy_norm()");
  const std::vector<Element> elements = argument_elements(g, form);
  if (elements[0] != elements[1]) {
    throw InputError(
        fmt::format("energy_norm() of a form with its test function on {} and its "
                    "trial function on {}",
                    to_string(elements[0]), to_string(elements[1])));
  }
  const ExprId f = coefficient ? *coefficient : fem::coefficient(g, elements[0]);
  return action(g, action(g, form, f), f);
}

Form differentiate(ExprGraph& g, const Form& form, ExprId v) {
  if (!g[v].is_scalar()) {
    throw InputError(fmt::format("diff() of a form with respect to {}", describe(g, v)));
  }
  return mapped(g, form, [&](ExprId integrand) { return variable_derivative(g, integrand, v); });
}

Form sensitivity_rhs(ExprGraph& g, const Form& a, ExprId u, const Form& L, ExprId v) {
  if (g[v].op != Op::variable || !g[v].is_scalar()) {
    throw InputError("sensitivity_rhs(a, u, L, v): v must be a scalar variable(...)");
  }
  Form result = differentiate(g, L, v);
  const Form da = action(g, differentiate(g, a, v), u);
  for (Integral integral : da.integrals) {
    integral.integrand = negate(g, integral.integrand);
    result.integrals.push_back(std::move(integral));
  }
  return result;
}

Form renumbered_arguments(ExprGraph& g, const Form& form) {
  std::vector<ExprId> found;
  for (const ExprId id : reachable(g, integrands(form))) {
    if (g[id].op == Op::argument) found.push_back(id);
  }
  if (found.size() != 1) return form;
  const Argument only = g.arguments()[static_cast<std::size_t>(g[found[0]].number)];
  if (only.number == 0) return form;
  return replace(g, form, {{found[0], argument(g, 0, only.element)}});
}

std::vector<ExprId> components_of(ExprGraph& g, ExprId tensor) {
  TensorBuilder build(g);
  const Shape shape = g[tensor].shape;
  std::vector<ExprId> components;
  for (int k = 0; k < size_of(shape); ++k) {
    std::vector<Index> indices(shape.size());
    int rest = k;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis]) {
      indices[axis] = {false, rest % shape[axis]};
    }
    components.push_back(build.component(tensor, std::move(indices)));
  }
  return components;
}

Mapping derivative_directions(ExprGraph& g, std::span<const ExprId> functions,
                              std::span<const ExprId> directions) {
  Mapping whole;
  std::map<ExprId, std::vector<ExprId>> by_components;
  const auto is_function = [&](ExprId id) {
    return g[id].op == Op::coefficient || g[id].op == Op::constant;
  };
  for (std::size_t k = 0; k < functions.size(); ++k) {
    const Node node = g[functions[k]];
    if (node.shape != g[directions[k]].shape) {
      throw InputError(fmt::format("derivative() with respect to {} in direction of {}",
                                   describe(g, functions[k]), describe(g, directions[k])));
    }
    if (is_function(functions[k])) {
      whole.emplace_back(functions[k], directions[k]);
      continue;
    }
    const bool is_component = node.op == Op::indexed && is_function(node.operands[0]) &&
                              std::ranges::none_of(node.indices, &Index::free);
    if (!is_component) {
      throw InputError(fmt::format("derivative() with respect to {} that is no coefficient",
                                   describe(g, functions[k])));
    }
    const Shape shape = g[node.operands[0]].shape;
    const auto [it, unused] = by_components.try_emplace(
        node.operands[0], static_cast<std::size_t>(size_of(shape)), zero(g));
    std::size_t at = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      at = at * static_cast<std::size_t>(shape[axis]) +
           static_cast<std::size_t>(node.indices[axis].value);
    }
    it->second[at] = directions[k];
  }
  for (auto& [function, components] : by_components) {
    whole.emplace_back(function,
                       TensorBuilder(g).stacked(std::move(components), g[function].shape));
  }
  std::ranges::sort(whole);
  return whole;
}

Form derivative(ExprGraph& g, const Form& form, const Mapping& directions) {
  return mapped(g, form, [&](ExprId a) { return gateaux_derivative(g, a, directions); });
}

}  // namespace femsynth::fem
