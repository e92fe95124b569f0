#include <fmt/format.h>

#include <algorithm>

#include "fem/passes/passes.hpp"

namespace femsynth::fem {
namespace {

/// Which arguments an expression has, as bits: 1 the test, 2 the trial function; and which of
/// them conjugated. A zero fits any arity.
struct Arity {
  unsigned arguments = 0;
  bool zero = false;
  unsigned conjugated = 0;
};

std::string words(unsigned arguments) {
  switch (arguments) {
    case 0:
      return "no argument";
    case 1:
      return "the test function";
    case 2:
      return "the trial function";
    default:
      return "test and trial function";
  }
}

class ArityChecker {
 public:
  ArityChecker(const FormModule& module, const ExprGraph& graph)
      : module_(module), graph_(graph), arity_(graph.size()) {}

  Arity check(ExprId root) {
    for (const ExprId id : reachable(graph_, root)) arity_[raw(id)] = of(id);
    return arity_[raw(root)];
  }

  [[noreturn]] void fail(SourceLocation where, const std::string& message) const {
    throw LocatedError(module_.path, where, message, module_.source);
  }

 private:
  Arity operand(const Node& node, std::size_t k) const { return arity_[raw(node.operands[k])]; }

  Arity same(ExprId id, const Node& node, std::size_t first) const {
    Arity result{0, true};
    for (std::size_t k = first; k < node.operands.size(); ++k) {
      const Arity next = operand(node, k);
      if (next.zero) continue;
      if (!result.zero && next.arguments == result.arguments &&
          next.conjugated != result.conjugated) {
        fail(graph_.location(id),
             fmt::format("{} of terms of which one conjugates {} and another does not",
                         name_of(node.op), words(next.conjugated ^ result.conjugated)));
      }
      if (!result.zero && next.arguments != result.arguments) {
        fail(graph_.location(id),
             fmt::format("{} of a term with {} and a term with {}: every term must have the same "
                         "arguments",
                         name_of(node.op), words(result.arguments), words(next.arguments)));
      }
      result = next;
    }
    return result;
  }

  Arity multilinear(ExprId id, const Node& node) const {
    const Arity a = operand(node, 0);
    const Arity b = operand(node, 1);
    if (a.zero || b.zero) return {0, true};
    if ((a.arguments & b.arguments) != 0) {
      fail(graph_.location(id), fmt::format("{} of two factors that both have {}: a form must be "
                                            "linear in each argument",
                                            name_of(node.op), words(a.arguments & b.arguments)));
    }
    return {a.arguments | b.arguments, false, a.conjugated | b.conjugated};
  }

  void without_arguments(ExprId id, const Node& node, std::size_t k, const char* role) const {
    const Arity a = operand(node, k);
    if (a.arguments != 0) {
      fail(graph_.location(id),
           fmt::format("{} {} that has {}: a form must be linear in each argument",
                       name_of(node.op), role, words(a.arguments)));
    }
  }

  Arity nonlinear(ExprId id, const Node& node) const {
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      without_arguments(id, node, k, "of an expression");
    }
    return {};
  }

  Arity of(ExprId id) const {
    const Node& node = graph_[id];
    switch (node.op) {
      case Op::zero:
        return {0, true};
      case Op::real:
      case Op::identity:
      case Op::coefficient:
      case Op::constant:
      case Op::spatial_coordinate:
      case Op::facet_normal:
      case Op::geometric_quantity:
      case Op::imaginary_unit:
        return {};
      case Op::conj: {
        Arity a = operand(node, 0);
        a.conjugated ^= a.arguments;
        return a;
      }
      case Op::argument:
        return {1U << static_cast<unsigned>(
                    graph_.arguments()[static_cast<std::size_t>(node.number)].number),
                false};
      case Op::sum:
      case Op::list_tensor:
        return same(id, node, 0);
      case Op::product:
      case Op::inner:
      case Op::dot:
      case Op::outer:
      case Op::cross:
        return multilinear(id, node);
      case Op::division:
        without_arguments(id, node, 1, "by an expression");
        return operand(node, 0);
      case Op::transpose:
      case Op::trace:
      case Op::sym:
      case Op::skew:
      case Op::dev:
      case Op::grad:
      case Op::div:
      case Op::curl:
      case Op::indexed:
      case Op::index_sum:
      case Op::component_tensor:
      case Op::variable:
      case Op::restricted:
        return operand(node, 0);
      case Op::conditional:
        without_arguments(id, node, 0, "on a condition");
        return same(id, node, 1);
      case Op::power:
      case Op::determinant:
      case Op::inverse:
      case Op::cofactor:
      case Op::real_part:
      case Op::imag_part:
      case Op::abs:
      case Op::sign:
      case Op::sqrt:
      case Op::exp:
      case Op::ln:
      case Op::sin:
      case Op::cos:
      case Op::tan:
      case Op::asin:
      case Op::acos:
      case Op::atan:
      case Op::sinh:
      case Op::cosh:
      case Op::tanh:
      case Op::erf:
      case Op::bessel_j:
      case Op::bessel_y:
      case Op::bessel_i:
      case Op::bessel_k:
      case Op::atan2:
      case Op::min_value:
      case Op::max_value:
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
      case Op::eq:
      case Op::ne:
      case Op::logical_and:
      case Op::logical_or:
      case Op::logical_not:
        return nonlinear(id, node);
      case Op::variable_derivative:
      case Op::gateaux_derivative:
        break;  // expanded before
    }
    throw InternalError("check_arity: unknown operator");
  }

  const FormModule& module_;
  const ExprGraph& graph_;
  std::vector<Arity> arity_;
};

}  // namespace

void check_arity(PassState& state) {
  ArityChecker checker(state.module, state.graph);
  const int form_rank = rank(state.graph, state.form);
  const unsigned wanted = (1U << static_cast<unsigned>(form_rank)) - 1U;
  for (const Integral& integral : state.form.integrals) {
    const Arity arity = checker.check(integral.integrand);
    if (!arity.zero && arity.arguments != wanted) {
      checker.fail(integral.where,
                   fmt::format("this integral has {}, but the form '{}' has {}: every integral of "
                               "a form must have the same arguments",
                               words(arity.arguments), state.form.name, words(wanted)));
    }
    if (!state.complex || arity.zero) continue;
    if ((arity.arguments & 1U) != 0 && (arity.conjugated & 1U) == 0) {
      checker.fail(integral.where,
                   "a complex form conjugates its test function: write inner(u, v) with the test "
                   "function second, or conj(v)");
    }
    if ((arity.conjugated & 2U) != 0) {
      checker.fail(integral.where,
                   "a complex form does not conjugate its trial function: write inner(u, v) with "
                   "the trial function first");
    }
  }
}

}  // namespace femsynth::fem
