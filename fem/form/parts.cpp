#include <fmt/format.h>

#include <unordered_map>

#include "fem/form/tensor_builder.hpp"
#include "fem/form/transform.hpp"

// The terms of an expression by their arguments.
namespace femsynth::fem {
namespace {

using Parts = std::map<ArgumentSet, ExprId>;

class PartExtractor {
 public:
  explicit PartExtractor(ExprGraph& g) : g_(g), build_(g) {}

  Parts run(ExprId root) {
    for (const ExprId id : reachable(g_, root)) {
      g_.set_location(g_.location(id));
      Parts parts = of(id);
      std::erase_if(parts, [&](const auto& part) { return build_.is_zero(part.second); });
      parts_.emplace(raw(id), std::move(parts));
    }
    return parts_.at(raw(root));
  }

 private:
  const Parts& parts_of(ExprId id) const { return parts_.at(raw(id)); }
  bool has_arguments(ExprId id) const {
    const Parts& parts = parts_of(id);
    return !parts.empty() && (parts.size() > 1 || parts.begin()->first != 0);
  }

  void require_none(const Node& node, ExprId operand) const {
    if (!has_arguments(operand)) return;
    throw InputError(
        fmt::format("the form is not linear in its arguments: {} of one of them has no parts",
                    name_of(node.op)));
  }

  void put(Parts& parts, ArgumentSet arguments, ExprId part) {
    const auto [it, is_new] = parts.emplace(arguments, part);
    if (!is_new) it->second = build_.plus(it->second, part);
  }

  /// The node over the parts of one operand.
  Parts linear(ExprId id, const Node& node, std::size_t k) {
    Parts result;
    for (const auto& [arguments, part] : Parts(parts_of(node.operands[k]))) {
      std::vector<ExprId> operands = node.operands;
      operands[k] = part;
      result.emplace(arguments, build_.rebuilt(node, id, std::move(operands)));
    }
    return result;
  }

  Parts bilinear(ExprId id, const Node& node) {
    Parts result;
    const Parts first = parts_of(node.operands[0]);
    const Parts second = parts_of(node.operands[1]);
    for (const auto& [a, part_a] : first) {
      for (const auto& [b, part_b] : second) {
        if ((a & b) != 0) {
          throw InputError(
              fmt::format("{} of two factors with the same argument", name_of(node.op)));
        }
        put(result, a | b, build_.rebuilt(node, id, {part_a, part_b}));
      }
    }
    return result;
  }

  /// Sums, lists and choices from operand `begin` on: part by part.
  Parts termwise(ExprId id, const Node& node, std::size_t begin) {
    Parts sets;
    for (std::size_t k = begin; k < node.operands.size(); ++k) {
      for (const auto& [arguments, part] : parts_of(node.operands[k]))
        sets.emplace(arguments, part);
    }
    Parts result;
    for (const auto& [arguments, unused] : sets) {
      std::vector<ExprId> operands = node.operands;
      for (std::size_t k = begin; k < operands.size(); ++k) {
        const Parts& parts = parts_of(operands[k]);
        const auto it = parts.find(arguments);
        const Node& whole = g_[operands[k]];
        operands[k] = it != parts.end() ? it->second : zero(g_, whole.shape, whole.free);
      }
      result.emplace(arguments, build_.rebuilt(node, id, std::move(operands)));
    }
    return result;
  }

  /// Linear in the function and in all directions together.
  Parts gateaux(const Node& node) {
    std::map<ArgumentSet, std::vector<std::pair<ExprId, ExprId>>> directions;
    for (std::size_t k = 1; k + 1 < node.operands.size(); k += 2) {
      for (const auto& [arguments, part] : parts_of(node.operands[k + 1])) {
        directions[arguments].emplace_back(node.operands[k], part);
      }
    }
    Parts result;
    for (const auto& [a, part] : Parts(parts_of(node.operands[0]))) {
      for (const auto& [b, pairs] : directions) {
        if ((a & b) != 0) throw InputError("derivative() in direction of an argument of its form");
        put(result, a | b, gateaux_derivative(g_, part, pairs));
      }
    }
    return result;
  }

  Parts of(ExprId id) {
    const Node node = g_[id];
    switch (node.op) {
      case Op::argument: {
        const int number = g_.arguments()[static_cast<std::size_t>(node.number)].number;
        return {{1U << static_cast<unsigned>(number), id}};
      }
      case Op::sum:
      case Op::list_tensor:
        return termwise(id, node, 0);
      case Op::conditional:
        require_none(node, node.operands[0]);
        return termwise(id, node, 1);
      case Op::product:
      case Op::inner:
      case Op::dot:
      case Op::outer:
      case Op::cross:
        return bilinear(id, node);
      case Op::division:
      case Op::variable_derivative:
        require_none(node, node.operands[1]);
        return linear(id, node, 0);
      case Op::gateaux_derivative:
        return gateaux(node);
      case Op::transpose:
      case Op::trace:
      case Op::sym:
      case Op::skew:
      case Op::dev:
      case Op::conj:
      case Op::real_part:
      case Op::imag_part:
      case Op::grad:
      case Op::div:
      case Op::curl:
      case Op::variable:
      case Op::restricted:
      case Op::indexed:
      case Op::index_sum:
      case Op::component_tensor:
        return linear(id, node, 0);
      default:
        for (const ExprId operand : node.operands) require_none(node, operand);
        return {{0U, id}};
    }
  }

  ExprGraph& g_;
  TensorBuilder build_;
  std::unordered_map<std::uint32_t, Parts> parts_;  // looked up, never iterated
};

/// The parts of a form with these arguments, times `factor`.
Form part_of_form(ExprGraph& g, const Form& form, ArgumentSet wanted, double factor) {
  PartExtractor extractor(g);
  Form result{form.name, {}};
  for (Integral integral : form.integrals) {
    const Parts parts = extractor.run(integral.integrand);
    const auto it = parts.find(wanted);
    if (it == parts.end()) continue;
    integral.integrand = TensorBuilder(g).scale(real(g, factor), it->second);
    result.integrals.push_back(std::move(integral));
  }
  return result;
}

}  // namespace

std::map<ArgumentSet, ExprId> parts_by_arguments(ExprGraph& g, ExprId expression) {
  return PartExtractor(g).run(expression);
}

Form lhs(ExprGraph& g, const Form& form) {
  Form result = part_of_form(g, form, 3, 1);
  if (result.integrals.empty()) {
    throw InputError("lhs() of a form without terms that have both test and trial function");
  }
  return result;
}

Form rhs(ExprGraph& g, const Form& form) {
  Form result = part_of_form(g, form, 1, -1);
  if (result.integrals.empty()) {
    throw InputError("rhs() of a form without terms that have the test function alone");
  }
  return result;
}

Form functional(ExprGraph& g, const Form& form) {
  Form result = part_of_form(g, form, 0, 1);
  if (result.integrals.empty()) {
    throw InputError("functional() of a form without terms that have no argument");
  }
  return result;
}

}  // namespace femsynth::fem
