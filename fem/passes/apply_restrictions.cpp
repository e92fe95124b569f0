#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "fem/form/tensor_builder.hpp"
#include "fem/passes/passes.hpp"

// Restrictions to the sides of interior facets, by UFL's rules (ufl/algorithms/
// apply_restrictions): what differs from side to side needs one, what does not takes '+'.
namespace femsynth::fem {
namespace {

/// Side of a quantity: '+' and '−' as in Op::restricted, or none given.
enum Side : std::size_t { plus = 0, minus = 1, none = 2 };

/// How a terminal behaves across a facet.
enum class Crossing { same, continuous, discontinuous };

bool is_continuous(const Element& element) {
  switch (element.family) {
    case Family::lagrange:
      return true;
    case Family::serendipity:
    case Family::bubble:
    case Family::hermite:
      return !element.discontinuous;
    case Family::real:
      return true;
    case Family::mixed:
      return std::ranges::all_of(element.parts, is_continuous);
    case Family::enriched:
      return std::ranges::all_of(element.parts, is_continuous);
    case Family::discontinuous_lagrange:
    case Family::dpc:
    case Family::crouzeix_raviart:
    case Family::raviart_thomas:
    case Family::bdm:
    case Family::nedelec_first:
    case Family::nedelec_second:
    case Family::regge:
    case Family::hhj:
    case Family::quadrature:
      return false;
  }
  throw InternalError("apply_restrictions: unknown family");
}

Crossing crossing(GeometricQuantity quantity) {
  using enum GeometricQuantity;
  switch (quantity) {
    case facet_coordinate:
    case quadrature_weight:
    case reference_cell_volume:
    case reference_facet_volume:
      return Crossing::same;
    case facet_area:
    case min_facet_edge_length:
    case max_facet_edge_length:
    case facet_jacobian:
    case facet_jacobian_determinant:
    case facet_jacobian_inverse:
    case facet_origin:
      return Crossing::continuous;
    case cell_volume:
    case circumradius:
    case cell_diameter:
    case min_cell_edge_length:
    case max_cell_edge_length:
    case jacobian:
    case jacobian_gradient:
    case jacobian_hessian:
    case jacobian_determinant:
    case jacobian_inverse:
    case cell_coordinate:
    case cell_origin:
    case cell_vertices:
    case cell_edge_vectors:
    case facet_edge_vectors:
    case reference_normal:
    case cell_facet_jacobian:
    case reference_cell_edge_vectors:
    case reference_facet_edge_vectors:
    case cell_normal:
    case cell_orientation:
      return Crossing::discontinuous;
  }
  throw InternalError("apply_restrictions: unknown geometric quantity");
}

class Restrictor {
 public:
  explicit Restrictor(PassState& state) : state_(state), g_(state.graph), build_(g_) {}

  ExprId apply(const Integral& integral) {
    const bool interior = integral.kind == IntegralKind::interior_facet;
    if (!interior) {
      refuse_restrictions(integral);
      return integral.integrand;
    }
    return restrict(integral.integrand, Side::none, integral.where);
  }

 private:
  [[noreturn]] void fail(SourceLocation where, const std::string& message) const {
    throw LocatedError(state_.module.path, where, message, state_.module.source);
  }

  void refuse_restrictions(const Integral& integral) const {
    for (const ExprId id : reachable(g_, integral.integrand)) {
      if (g_[id].op != Op::restricted) continue;
      fail(g_.location(id),
           fmt::format("a restriction to a side ('{}') in an integral over {}: only interior "
                       "facets, dS, have two sides",
                       g_[id].number == 0 ? '+' : '-', measure_name(integral.kind)));
    }
  }

  /// The expression with restrictions at its terminals alone. `where`: of what uses it.
  ExprId restrict(ExprId root, Side side, SourceLocation where) {
    struct Visit {
      ExprId id;
      SourceLocation user;
    };
    std::vector<Visit> stack{{root, where}};
    auto& done = done_[side];
    while (!stack.empty()) {
      const auto [id, user] = stack.back();
      if (done.contains(raw(id))) {
        stack.pop_back();
        continue;
      }
      const Node node = g_[id];
      const bool is_end = node.operands.empty() || node.op == Op::grad;
      if (is_end || node.op == Op::restricted) {
        g_.set_location(g_.location(id));
        done.emplace(raw(id), is_end ? terminal(id, side, user) : on_side(id, node, side));
        stack.pop_back();
        continue;
      }
      const std::size_t before = stack.size();
      for (const ExprId operand : node.operands) {
        if (!done.contains(raw(operand))) stack.push_back({operand, g_.location(id)});
      }
      if (stack.size() > before) continue;
      stack.pop_back();
      g_.set_location(g_.location(id));
      std::vector<ExprId> operands;
      for (const ExprId operand : node.operands) operands.push_back(done.at(raw(operand)));
      done.emplace(raw(id), build_.rebuilt(node, id, std::move(operands)));
    }
    return done.at(raw(root));
  }

  ExprId on_side(ExprId id, const Node& node, Side side) {
    if (side != Side::none) {
      fail(g_.location(id), "the expression is restricted to a side of the facet already");
    }
    return restrict(node.operands[0], node.number == 0 ? Side::plus : Side::minus, g_.location(id));
  }

  Crossing crossing_of(const Node& node) const {
    switch (node.op) {
      case Op::zero:
      case Op::real:
      case Op::identity:
      case Op::constant:
      case Op::imaginary_unit:
        return Crossing::same;
      case Op::spatial_coordinate:
        return Crossing::continuous;
      case Op::coefficient:
        return is_continuous(g_.coefficients()[static_cast<std::size_t>(node.number)].element)
                   ? Crossing::continuous
                   : Crossing::discontinuous;
      case Op::geometric_quantity:
        return crossing(static_cast<GeometricQuantity>(node.number));
      default:
        return Crossing::discontinuous;
    }
  }

  std::string what(ExprId id) const {
    const Node& node = g_[id];
    switch (node.op) {
      case Op::grad:
        return fmt::format("a derivative of {}", what(node.operands[0]));
      case Op::argument:
        return g_.arguments()[static_cast<std::size_t>(node.number)].number == 0
                   ? "the test function"
                   : "the trial function";
      case Op::coefficient:
        return fmt::format("'{}'", g_.coefficients()[static_cast<std::size_t>(node.number)].name);
      case Op::facet_normal:
        return "FacetNormal";
      default:
        return name_of(static_cast<GeometricQuantity>(node.number));
    }
  }

  ExprId terminal(ExprId id, Side side, SourceLocation user) {
    const Node node = g_[id];
    const Crossing kind = crossing_of(node);
    if (kind == Crossing::same) return id;
    if (side == Side::none && kind == Crossing::discontinuous) {
      fail(node.op == Op::grad ? g_.location(id) : user,
           fmt::format("{} needs a restriction in an integral over dS, where it has two values: "
                       "write f('+'), f('-'), avg(f) or jump(f)",
                       what(id)));
    }
    return g_.intern({.op = Op::restricted,
                      .number = side == Side::minus ? 1 : 0,
                      .operands = {id},
                      .shape = node.shape,
                      .free = node.free});
  }

  PassState& state_;
  ExprGraph& g_;
  TensorBuilder build_;
  /// By side; looked up, never iterated.
  std::array<std::unordered_map<std::uint32_t, ExprId>, 3> done_;
};

}  // namespace

void apply_restrictions(PassState& state) {
  Restrictor restrictor(state);
  for (Integral& integral : state.form.integrals) {
    integral.integrand = restrictor.apply(integral);
  }
}

}  // namespace femsynth::fem
