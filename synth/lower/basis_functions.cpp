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

/// Table entries of one basis function, by reference component.
ReferenceJet table_jet(const BasisTables& basis, const Side& side, const Expression& node) {
  const auto entry = [&basis, &side, node](const std::optional<PointTable>& table, int A,
                                           int derivative) -> std::optional<Expression> {
    if (!table) return std::nullopt;
    std::vector<Expression> tail{node};
    if (basis.components > 1) tail.push_back(integer(A));
    if (derivative >= 0) tail.push_back(integer(derivative));
    return table->at(side, std::move(tail));
  };
  return {[entry, &basis](int A) { return basis.ones ? real(1) : entry(basis.value, A, -1); },
          [entry, &basis](int A, int e) { return entry(basis.gradient, A, e); },
          [entry, &basis](int A, int ef) { return entry(basis.hessian, A, ef); }};
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
  if (!part.piola()) orders.value = false;  // read from its table
  return context_.affine && !part.basis.varies(orders);
}

std::string BasisFunctions::array_name(const char* prefix, const SubSpace& part, int side) const {
  return prefix + part.basis.label + context_.sides[static_cast<std::size_t>(side)].ending;
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
  if (order == 2 && basis.hessian) return true;
  if (basis.gradient && (order == 1 || !context_.affine)) return true;
  return part.piola() && !context_.affine && basis.value;
}

Statements BasisFunctions::arrays(const Use& use) const {
  const SubSpace& part = *use.part;
  const Geometry& geometry = geometries_[static_cast<std::size_t>(use.side)];
  const BasisTables& basis = part.basis;
  const int size = part.sub.value_size;
  JetOrders orders = part.orders;
  orders.first = orders.first && varies(part, 1);
  orders.second = orders.second && varies(part, 2);
  Statements out;
  const auto declare = [&](const char* prefix, int extent, const char* comment) {
    std::vector<int> dims{basis.nodes};
    if (part.piola()) dims.push_back(size);
    if (extent > 0) dims.push_back(extent);
    out.push_back(array(array_name(prefix, part, use.side), dims, comment));
  };
  if (part.piola() && orders.value) declare("phi_", 0, "φ_i in physical space");
  if (orders.first) declare("grad_phi_", context_.dim, "∂φ_i/∂x_k");
  if (orders.second) declare("hess_phi_", second_count(context_.domain), "∂²φ_i/∂x_k∂x_l");
  const auto target = [&](const char* prefix) {
    return [this, prefix, &part, &use](int i, int k) {
      std::vector<Expression> indices{var("i")};
      if (part.piola()) indices.push_back(integer(i));
      if (k >= 0) indices.push_back(integer(k));
      return at(array_name(prefix, part, use.side), std::move(indices));
    };
  };
  const PhysicalJet physical{[&](int i) { return target("phi_")(i, -1); },
                             [&](int i, int k) { return target("grad_phi_")(i, k); },
                             [&](int i, int kl) { return target("hess_phi_")(i, kl); }};
  if (!part.piola() && !orders.first && !orders.second) return out;
  Statements body = physical_jet(geometry, part.pull_back, orders,
                                 table_jet(basis, geometry.side(), var("i")), physical);
  out.push_back(loop("i", integer(0), integer(basis.nodes), std::move(body)));
  return out;
}

Expression BasisFunctions::jet(const SubSpace& part, int side, const Expression& node,
                               int component, std::int32_t derivative) const {
  const BasisTables& basis = part.basis;
  const int d = context_.dim;
  std::vector<Expression> indices{node};
  if (part.piola()) indices.push_back(integer(component));
  if (derivative == 0) {
    if (basis.ones) return real(1);
    if (!basis.value) return real(0);
    if (part.piola()) return at(array_name("phi_", part, side), std::move(indices));
    return basis.value->at(context_.sides[static_cast<std::size_t>(side)], {node});
  }
  if (derivative <= d) {
    if (!varies(part, 1)) return real(0);
    indices.push_back(integer(derivative - 1));
    return at(array_name("grad_phi_", part, side), std::move(indices));
  }
  if (!varies(part, 2)) return real(0);
  indices.push_back(integer(derivative - 1 - d));
  return at(array_name("hess_phi_", part, side), std::move(indices));
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
        d_(geometry.context().dim),
        t_(geometry.context().tdim) {}

  Statements build();

 private:
  void reference_sums();
  void sum(const std::string& target, int entries, const std::optional<PointTable>& table);
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
  int block_, d_, t_;
  Statements out_, zero_, body_;
};

/// Sums over nodes of the table's entries, by reference component; `entries` 0: of values.
void FunctionBuilder::sum(const std::string& target, int entries,
                          const std::optional<PointTable>& table) {
  const int components = part_.basis.components;
  for (int A = 0; A < components; ++A) {
    for (int e = 0; e < std::max(entries, 1); ++e) {
      std::vector<Expression> indices{place(components, A)};
      if (entries > 0) indices.push_back(integer(e));
      const Expression sum = at(target, std::move(indices));
      zero_.push_back(assign(sum, real(0)));
      const bool ones = entries == 0 && part_.basis.ones;
      if (!table && !ones) continue;
      std::vector<Expression> tail{var("j")};
      if (components > 1) tail.push_back(integer(A));
      if (entries > 0) tail.push_back(integer(e));
      body_.push_back(accumulate(
          sum, ones ? dof() : multiply(dof(), table->at(geometry_.side(), std::move(tail)))));
    }
  }
}

/// Reference values and derivatives of Σ_j f_j φ_j at the point, in arrays ref0_f, ref_f and
/// ref2_f (the value of a scalar function in f itself).
void FunctionBuilder::reference_sums() {
  const BasisTables& basis = part_.basis;
  const int size = block_ * basis.components;
  const JetOrders orders = reference_orders(part_.orders, part_.pull_back, !geometry_.curved());
  if (orders.value) {
    const std::string target = part_.piola() ? "ref0_" + name_ : name_;
    out_.push_back(
        array(target, {size},
              part_.piola() ? "on the reference cell" : fmt::format("{} at the point", name_)));
    sum(target, 0, basis.value);
  }
  if (orders.first) {
    out_.push_back(array("ref_" + name_, {size, t_}, "∂/∂X_e"));
    sum("ref_" + name_, t_, basis.gradient);
  }
  if (orders.second) {
    out_.push_back(array("ref2_" + name_, {size, t_ * (t_ + 1) / 2}, "∂²/∂X_e∂X_f"));
    sum("ref2_" + name_, t_ * (t_ + 1) / 2, basis.hessian);
  }
  append(out_, over_copies(block_, std::move(zero_)));
  if (!body_.empty()) {
    out_.push_back(
        loop("j", integer(0), integer(basis.nodes), over_copies(block_, std::move(body_))));
  }
}

Statements FunctionBuilder::build() {
  reference_sums();
  const JetOrders& orders = part_.orders;
  const int components = part_.components();
  if (part_.piola() && orders.value) {
    out_.push_back(array(name_, {components}, fmt::format("{} at the point", name_)));
  }
  if (orders.first) out_.push_back(array(jet_array(name_, 1), {components, d_}, "∂/∂x_k"));
  if (orders.second) {
    out_.push_back(array(jet_array(name_, 2),
                         {components, second_count(geometry_.context().domain)}, "∂²/∂x_k∂x_l"));
  }
  const int R = part_.basis.components;
  const int V = part_.sub.value_size;
  const ReferenceJet reference{[&](int A) { return at("ref0_" + name_, {place(R, A)}); },
                               [&](int A, int e) {
                                 return at("ref_" + name_, {place(R, A), integer(e)});
                               },
                               [&](int A, int ef) {
                                 return at("ref2_" + name_, {place(R, A), integer(ef)});
                               }};
  const PhysicalJet physical{[&](int i) { return at(name_, {place(V, i)}); },
                             [&](int i, int k) {
                               return at(jet_array(name_, 1), {place(V, i), integer(k)});
                             },
                             [&](int i, int kl) {
                               return at(jet_array(name_, 2), {place(V, i), integer(kl)});
                             },
                             block_ == 1 ? "_" + name_ : ""};
  append(out_, over_copies(block_,
                           physical_jet(geometry_, part_.pull_back, orders, reference, physical)));
  return std::move(out_);
}

}  // namespace

Statements function_jets(const Geometry& geometry, const std::string& name,
                         const std::string& local, const SubSpace& part) {
  return FunctionBuilder(geometry, name, local, part).build();
}

}  // namespace femsynth::synth
