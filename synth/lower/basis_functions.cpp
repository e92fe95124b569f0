#include "synth/lower/basis_functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "synth/kernel/build.hpp"
#include "synth/lower/derivatives.hpp"
#include "synth/lower/integrand_function.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

bool is_real(const Expression& e, double value) {
  return e.kind == ExpressionKind::real_literal && e.value == value;
}

Expression times(Expression a, Expression b) {
  if (is_real(a, 1)) return b;
  if (is_real(b, 1)) return a;
  return multiply(std::move(a), std::move(b));
}

namespace {

/// Table entries of one basis function.
ReferenceJet table_jet(const BasisTables& basis, const Side& side, const Expression& node) {
  return [&basis, &side, node](int A, int order, int place) -> std::optional<Expression> {
    if (order == 0 && basis.ones) return real(1);
    const std::optional<PointTable>& table = basis.of_order[static_cast<std::size_t>(order)];
    if (!table) return std::nullopt;
    std::vector<Expression> tail{node};
    if (basis.components > 1) tail.push_back(integer(A));
    if (order > 0) tail.push_back(integer(place));
    return table->at(side, std::move(tail));
  };
}

/// Marks (argument, part, side) of what the terms read.
using Marks = std::set<std::tuple<std::size_t, std::size_t, int>>;
void mark(const IntegralContext& context, std::size_t argument, const Jet& jet, Marks& marks) {
  for (const FunctionSpace::Source& source : context.arguments[argument].sources(jet.component)) {
    marks.emplace(argument, source.part, jet.side);
  }
}

}  // namespace

BasisFunctions::BasisFunctions(const IntegralContext& context,
                               const std::vector<Geometry>& geometries)
    : context_(context), geometries_(geometries) {
  Marks marks;
  for (const auto* forms : {&context.real, &context.imaginary}) {
    for (const Multilinear& form : *forms) {
      for (const Term& term : form) {
        if (context.rank >= 1) mark(context, 0, term.test, marks);
        // In y = A x the trial function is summed up before its derivatives are taken.
        if (context.has_matrix()) mark(context, 1, term.trial, marks);
      }
    }
  }
  for (const auto& [argument, part, side] : marks) {
    const SubSpace& space = context.arguments[argument].parts[part];
    const Use wanted{&space, side};
    const bool again = std::any_of(uses_.begin(), uses_.end(), [&](const Use& use) {
      return use.side == wanted.side && use.part->basis.label == space.basis.label;
    });
    if (!again) uses_.push_back(wanted);
  }
}

bool BasisFunctions::constant_in_cell(const SubSpace& part) const {
  JetOrders orders = part.orders;
  if (!part.piola()) orders.set(0, false);  // read from its table
  return context_.affine && !part.basis.varies(orders);
}

std::string BasisFunctions::array_name(const SubSpace& part, int side, int order) const {
  return jet_array("phi_" + part.basis.label, order) +
         context_.sides[static_cast<std::size_t>(side)].ending;
}

Statements BasisFunctions::statements(bool at_point) const {
  Statements out;
  for (const Use& use : uses_) {
    if (constant_in_cell(*use.part) != at_point) append(out, arrays(use));
  }
  return out;
}

/// Are physical derivatives of that order other than zero? On a curved map lower ones on the
/// reference cell have a part in them: the values too, if a Piola map takes them.
bool BasisFunctions::varies(const SubSpace& part, int order) const {
  const BasisTables& basis = part.basis;
  if (basis.of_order[static_cast<std::size_t>(order)]) return true;
  if (context_.affine || order == 0) return false;
  const auto first = basis.of_order.begin();
  return std::any_of(first + (part.piola() ? 0 : 1), first + order,
                     [](const std::optional<PointTable>& table) { return table.has_value(); });
}

Statements BasisFunctions::arrays(const Use& use) const {
  const SubSpace& part = *use.part;
  const BasisTables& basis = part.basis;
  JetOrders orders = part.orders;
  if (!part.piola()) orders.set(0, false);
  Statements out;
  for (int order = 0; order <= part.orders.highest(); ++order) {
    if (order > 0 && orders.has(order)) orders.set(order, varies(part, order));
    if (!orders.has(order)) continue;
    std::vector<int> dims{basis.nodes};
    if (part.piola()) dims.push_back(part.sub.value_size);
    if (order > 0) dims.push_back(derivatives_of_order(context_.domain, order));
    out.push_back(array(array_name(part, use.side, order), dims,
                        order == 0 ? "φ_i in physical space"
                                   : derivative_text("φ_i", order, "x", physical_letters)));
  }
  if (!orders.any()) return out;
  const auto target = [&](int i, int order, int number) {
    std::vector<Expression> indices{var("i")};
    if (part.piola()) indices.push_back(integer(i));
    if (order > 0) indices.push_back(integer(number));
    return at(array_name(part, use.side, order), std::move(indices));
  };
  const Geometry& geometry = geometries_[static_cast<std::size_t>(use.side)];
  Statements body = physical_jet(geometry, part.pull_back, orders,
                                 table_jet(basis, geometry.side(), var("i")), {target});
  out.push_back(loop("i", integer(0), integer(basis.nodes), std::move(body)));
  return out;
}

Expression BasisFunctions::jet(const SubSpace& part, int side, const Expression& node,
                               int component, std::int32_t derivative) const {
  const BasisTables& basis = part.basis;
  const int order = order_of(context_.domain, derivative);
  if (order == 0 && basis.ones) return real(1);
  if (!varies(part, order)) return real(0);
  if (order == 0 && !part.piola()) {
    return basis.of_order[0]->at(context_.sides[static_cast<std::size_t>(side)], {node});
  }
  std::vector<Expression> indices{node};
  if (part.piola()) indices.push_back(integer(component));
  if (order > 0) indices.push_back(integer(derivative - first_of_order(context_.domain, order)));
  return at(array_name(part, side, order), std::move(indices));
}

namespace {

/// The component of a blocked function in a loop over all of them; 0 where there is but one.
Expression copy_index(int block) { return block == 1 ? integer(0) : var("c"); }
Statements over_copies(int block, Statements body) {
  if (block == 1 || body.empty()) return body;
  return {loop("c", integer(0), integer(block), std::move(body))};
}

/// Builds function_jets.
class FunctionBuilder {
 public:
  FunctionBuilder(const Geometry& geometry, const std::string& name, const std::string& local,
                  const SubSpace& part)
      : geometry_(geometry),
        name_(name),
        local_(local),
        part_(part),
        block_(part.sub.block_size),
        t_(geometry.context().tdim) {}

  Statements build();

 private:
  void reference_sums();
  void sum(int order, const std::string& target, int entries);
  /// The array of sums over nodes: ref0_f, ref_f, ref2_f, …; the value of a scalar function is f's.
  std::string reference_array(int order) const {
    if (order == 0 && !part_.piola()) return name_;
    return fmt::format("ref{}_{}", order == 1 ? "" : std::to_string(order), name_);
  }
  /// Place of component `k` of `size` of the current copy.
  Expression place(int size, int k) const {
    return add(multiply(integer(size), copy_index(block_)), integer(k));
  }
  Expression dof() const {
    const fem::SubElement& sub = part_.sub;
    return at(local_, {add(integer(sub.dof_offset),
                           add(multiply(integer(block_), var("j")), copy_index(block_)))});
  }

  const Geometry& geometry_;
  const std::string& name_;
  const std::string& local_;
  const SubSpace& part_;
  int block_, t_;
  Statements out_, zero_, body_;
};

/// Sums over nodes of the entries of a table, by reference component.
void FunctionBuilder::sum(int order, const std::string& target, int entries) {
  const int components = part_.basis.components;
  const std::optional<PointTable>& table = part_.basis.of_order[static_cast<std::size_t>(order)];
  for (int A = 0; A < components; ++A) {
    for (int e = 0; e < entries; ++e) {
      std::vector<Expression> indices{place(components, A)};
      if (order > 0) indices.push_back(integer(e));
      const Expression sum = at(target, std::move(indices));
      zero_.push_back(assign(sum, real(0)));
      const bool ones = order == 0 && part_.basis.ones;
      if (!table && !ones) continue;
      std::vector<Expression> tail{var("j")};
      if (components > 1) tail.push_back(integer(A));
      if (order > 0) tail.push_back(integer(e));
      body_.push_back(accumulate(
          sum, ones ? dof() : multiply(dof(), table->at(geometry_.side(), std::move(tail)))));
    }
  }
}

/// Reference values and derivatives of Σ_j f_j φ_j at the point.
void FunctionBuilder::reference_sums() {
  const int size = block_ * part_.basis.components;
  const JetOrders orders = reference_orders(part_.orders, part_.pull_back, !geometry_.curved());
  for (int order = 0; order <= orders.highest(); ++order) {
    if (!orders.has(order)) continue;
    const auto entries =
        static_cast<int>(fem::derivatives_of_order(static_cast<std::size_t>(t_), order));
    std::string comment = derivative_text("", order, "X", reference_letters);
    if (order == 0) {
      comment = part_.piola() ? "on the reference cell" : fmt::format("{} at the point", name_);
    }
    std::vector<int> dims{size};
    if (order > 0) dims.push_back(entries);
    out_.push_back(array(reference_array(order), std::move(dims), std::move(comment)));
    sum(order, reference_array(order), entries);
  }
  append(out_, over_copies(block_, std::move(zero_)));
  if (!body_.empty()) {
    out_.push_back(
        loop("j", integer(0), integer(part_.basis.nodes), over_copies(block_, std::move(body_))));
  }
}

Statements FunctionBuilder::build() {
  reference_sums();
  const fem::Domain& domain = geometry_.context().domain;
  for (int order = part_.piola() ? 0 : 1; order <= part_.orders.highest(); ++order) {
    if (!part_.orders.has(order)) continue;
    std::vector<int> dims{part_.components()};
    if (order > 0) dims.push_back(derivatives_of_order(domain, order));
    out_.push_back(array(jet_array(name_, order), std::move(dims),
                         order == 0 ? fmt::format("{} at the point", name_)
                                    : derivative_text("", order, "x", physical_letters)));
  }
  const auto entry = [&](const std::string& array, int size, int component, int order, int number) {
    std::vector<Expression> indices{place(size, component)};
    if (order > 0) indices.push_back(integer(number));
    return at(array, std::move(indices));
  };
  const ReferenceJet reference = [&](int A, int order, int k) {
    return entry(reference_array(order), part_.basis.components, A, order, k);
  };
  const auto physical = [&](int i, int order, int k) {
    return entry(jet_array(name_, order), part_.sub.value_size, i, order, k);
  };
  append(out_, over_copies(block_, physical_jet(geometry_, part_.pull_back, part_.orders, reference,
                                                {physical, block_ == 1 ? "_" + name_ : ""})));
  return std::move(out_);
}

}  // namespace

Statements function_jets(const Geometry& geometry, const std::string& name,
                         const std::string& local, const SubSpace& part) {
  return FunctionBuilder(geometry, name, local, part).build();
}

}  // namespace femsynth::synth
