#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "fem/form/operands.hpp"
#include "fem/form/tensor_builder.hpp"
#include "fem/passes/passes.hpp"

// The meaning of inner() and outer(), and of conj(), real() and imag(). The rules are UFL's
// (ufl/algorithms: apply_algebra_lowering, remove_complex_nodes, comparison_checker).
namespace femsynth::fem {
namespace {

class ComplexLowering {
 public:
  explicit ComplexLowering(PassState& state) : state_(state), g_(state.graph), build_(g_) {}

  ExprId apply(ExprId root) {
    for (const ExprId id : reachable(g_, root)) {
      if (lowered_.contains(raw(id))) continue;
      g_.set_location(g_.location(id));
      const Node node = g_[id];
      std::vector<ExprId> operands;
      for (const ExprId operand : node.operands) operands.push_back(lowered_.at(raw(operand)));
      if (state_.complex) is_real_.emplace(raw(id), classify(id, node));
      const ExprId result = state_.complex ? in_complex(id, node, std::move(operands))
                                           : in_real(id, node, std::move(operands));
      lowered_.emplace(raw(id), result);
    }
    return lowered_.at(raw(root));
  }

 private:
  [[noreturn]] void fail(ExprId id, const std::string& message) const {
    throw LocatedError(state_.module.path, g_.location(id), message, state_.module.source);
  }

  ExprId in_real(ExprId id, const Node& node, std::vector<ExprId> operands) {
    switch (node.op) {
      case Op::imaginary_unit:
        fail(id, "a complex number in a real form: compile with --precision c128 (or c64)");
      case Op::conj:
      case Op::real_part:
        return operands[0];
      case Op::imag_part:
        return zero(g_, node.shape, node.free);
      case Op::inner:
        if (build_.is_scalar(operands[0])) return build_.scale(operands[0], operands[1]);
        return build_.rebuilt(node, id, std::move(operands));
      default:
        return build_.rebuilt(node, id, std::move(operands));
    }
  }

  ExprId in_complex(ExprId id, const Node& node, std::vector<ExprId> operands) {
    switch (node.op) {
      case Op::inner: {
        const ExprId second = build_.linear(Op::conj, operands[1]);
        if (build_.is_scalar(second)) return build_.scale(operands[0], second);
        return build_.bilinear(Op::inner, operands[0], second);
      }
      case Op::outer:
        return build_.bilinear(Op::outer, build_.linear(Op::conj, operands[0]), operands[1]);
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
      case Op::min_value:
      case Op::max_value:
      case Op::sign:
        require_real(id, node);
        for (ExprId& operand : operands) operand = build_.linear(Op::real_part, operand);
        return build_.rebuilt(node, id, std::move(operands));
      default:
        return build_.rebuilt(node, id, std::move(operands));
    }
  }

  void require_real(ExprId id, const Node& node) const {
    for (const ExprId operand : node.operands) {
      if (is_real_.at(raw(operand))) continue;
      fail(id, fmt::format("{} of a complex value has no meaning: take real(), imag() or abs() "
                           "of it first",
                           name_of(node.op)));
    }
  }

  /// Whether UFL knows the value to be real. Arguments count as real: basis functions are.
  bool classify(ExprId id, const Node& node) const {
    switch (node.op) {
      case Op::zero:
      case Op::real:
      case Op::identity:
      case Op::argument:
      case Op::spatial_coordinate:
      case Op::facet_normal:
      case Op::geometric_quantity:
      case Op::real_part:
      case Op::imag_part:
      case Op::abs:
        return true;
      case Op::sqrt:
        return false;
      case Op::power: {
        const Node& exponent = g_[node.operands[1]];
        const bool is_integer =
            is_literal(g_, node.operands[1]) && exponent.value == std::floor(exponent.value);
        return is_integer && is_real_.at(raw(node.operands[0]));
      }
      default:
        return !g_[id].operands.empty() &&
               std::ranges::all_of(node.operands, [&](ExprId o) { return is_real_.at(raw(o)); });
    }
  }

  PassState& state_;
  ExprGraph& g_;
  TensorBuilder build_;
  std::unordered_map<std::uint32_t, ExprId> lowered_;  // looked up, never iterated
  std::unordered_map<std::uint32_t, bool> is_real_;    // likewise
};

}  // namespace

void lower_complex(PassState& state) {
  ComplexLowering lowering(state);
  for (Integral& integral : state.form.integrals) {
    integral.integrand = lowering.apply(integral.integrand);
  }
}

}  // namespace femsynth::fem
