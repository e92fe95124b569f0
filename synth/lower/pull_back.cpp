#include "synth/lower/pull_back.hpp"

#include <fmt/format.h>

#include <vector>

#include "synth/kernel/build.hpp"
#include "synth/lower/derivatives.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file
using fem::Directions;
using fem::directions_of_order;

namespace {

/// An expression, or nothing where it is zero.
using Entry = std::optional<Expression>;

/// A function at the point by its derivatives along X, in the order of a Tabulation; nothing where
/// one is not read.
using Component = std::vector<Entry>;

/// Builds the statements for one function.
class PullBackBuilder {
 public:
  PullBackBuilder(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                  const ReferenceJet& reference, const PhysicalJet& physical)
      : geometry_(geometry),
        domain_(geometry.context().domain),
        pull_back_(pull_back),
        orders_(orders),
        along_(reference_orders(orders, pull_back, !geometry.curved())),
        reference_(reference),
        physical_(physical),
        d_(geometry.context().dim),
        t_(geometry.context().tdim) {}

  Statements build();

 private:
  bool is_double() const {
    return pull_back_ == fem::PullBack::double_covariant ||
           pull_back_ == fem::PullBack::double_contravariant;
  }
  std::size_t place(const Directions& along) const {
    return fem::derivative_index(static_cast<std::size_t>(t_), along);
  }
  Component reference(int A) const;
  template <class Factor, class Function>
  Entry derivative_of_sum(const Directions& along, Factor factor, Function f) const;
  Component mapped(int i, const std::vector<Component>& F, const std::string& name);
  Entry gradient_along(const Component& f, int k, const Directions& along) const;
  Component gradient(const Component& f, int i, const Directions& taken);
  Entry named(const std::string& name, Entry value);
  void assign_derivatives(int i, const Component& f, const Directions& taken);

  const Geometry& geometry_;
  const fem::Domain& domain_;
  fem::PullBack pull_back_;
  JetOrders orders_;  // in space
  JetOrders along_;   // along X
  const ReferenceJet& reference_;
  const PhysicalJet& physical_;
  int d_, t_;
  Statements out_;
};

/// Reference component A.
Component PullBackBuilder::reference(int A) const {
  Component F;
  for (int order = 0; order <= along_.highest(); ++order) {
    const std::size_t count = fem::derivatives_of_order(static_cast<std::size_t>(t_), order);
    for (std::size_t k = 0; k < count; ++k) {
      F.push_back(along_.has(order) ? reference_(A, order, static_cast<int>(k)) : std::nullopt);
    }
  }
  return F;
}

/// A variable for the value.
Entry PullBackBuilder::named(const std::string& name, Entry value) {
  if (!value) return value;
  out_.push_back(let(ValueType::real, name + physical_.ending, *std::move(value)));
  return var(name + physical_.ending);
}

/// ∂_S Σ_a factor(a) f(a) by the product rule, where factor(a, T) and f(a, T) are derivatives.
template <class Factor, class Function>
Entry PullBackBuilder::derivative_of_sum(const Directions& along, Factor factor, Function f) const {
  std::vector<Expression> terms;
  for (int a = 0; a < t_; ++a) {
    for (const auto& [T, rest, times] : fem::product_rule(along)) {
      if (!T.empty() && !geometry_.curved()) break;  // the factor is the same in the whole cell
      const Entry& entry = f(a, rest);
      if (entry) add_product(terms, times, factor(a, T), *entry);
    }
  }
  if (terms.empty()) return std::nullopt;
  return sum_of(std::move(terms));
}

/// Σ_a M_ia F_a with its derivatives along X, those in variables that tell `name`.
Component PullBackBuilder::mapped(int i, const std::vector<Component>& F, const std::string& name) {
  Component u;
  for (int order = 0; order <= along_.highest(); ++order) {
    const std::vector<Directions> all = directions_of_order(t_, order);
    for (std::size_t k = 0; k < all.size(); ++k) {
      u.push_back(std::nullopt);
      if (!along_.has(order)) continue;
      Entry value = derivative_of_sum(
          all[k], [&](int a, const Directions& T) { return geometry_.piola(pull_back_, i, a, T); },
          [&](int a, const Directions& T) -> const Entry& {
            return F[static_cast<std::size_t>(a)][place(T)];
          });
      const std::string variable = order == 1   ? fmt::format("D_{}_{}", name, k)
                                   : order == 2 ? fmt::format("H_{}_{}", name, k)
                                                : fmt::format("H_{}_{}_{}", name, order, k);
      u.back() = order == 0 ? std::move(value) : named(variable, std::move(value));
    }
  }
  return u;
}

/// ∂_S ∂f/∂x_k along axes of X: ∂f/∂x_k = Σ_a K_ak ∂f/∂X_a.
Entry PullBackBuilder::gradient_along(const Component& f, int k, const Directions& along) const {
  return derivative_of_sum(
      along, [&](int a, const Directions& T) { return geometry_.K(a, k, T); },
      [&](int a, const Directions& T) -> const Entry& { return f[place(fem::with(T, a))]; });
}

/// ∂f/∂x_k with its derivatives along X, as far as they are read; f is component i, differentiated
/// along all of the axes `taken` in space but the last, which is k.
Component PullBackBuilder::gradient(const Component& f, int i, const Directions& taken) {
  const auto before = static_cast<int>(taken.size());
  Component result{std::nullopt};
  for (int order = 1; order <= orders_.highest() - before; ++order) {
    for (const Directions& along : directions_of_order(t_, order)) {
      result.push_back(std::nullopt);
      if (!geometry_.curved() && !orders_.has(before + order)) continue;
      result.back() = named(fmt::format("D_{}_{}_{}", i, digits(taken), digits(along)),
                            gradient_along(f, taken.back(), along));
    }
  }
  return result;
}

/// The physical derivatives of f, component i differentiated along the axes `taken`, whose
/// derivatives along X are given.
void PullBackBuilder::assign_derivatives(int i, const Component& f, const Directions& taken) {
  const int order = static_cast<int>(taken.size()) + 1;
  const int first = taken.empty() || !derivatives_commute(domain_) ? 0 : taken.back();
  const auto followed_by = [&](int k) {
    Directions axes = taken;
    axes.push_back(k);
    return axes;
  };
  for (int k = first; k < d_ && orders_.has(order); ++k) {
    const Entry value = gradient_along(f, k, {});
    out_.push_back(assign(physical_.target(i, order, number_in_order(domain_, followed_by(k))),
                          value ? *value : real(0)));
  }
  for (int k = first; k < d_ && order < orders_.highest(); ++k) {
    assign_derivatives(i, gradient(f, i, followed_by(k)), followed_by(k));
  }
}

Statements PullBackBuilder::build() {
  if (pull_back_ == fem::PullBack::identity) {
    assign_derivatives(0, reference(0), {});
    return std::move(out_);
  }
  // Row r of a double Piola map's F, or the one vector F.
  const auto row = [&](int r) {
    std::vector<Component> F;
    for (int a = 0; a < t_; ++a) F.push_back(reference(r * t_ + a));
    return F;
  };
  const auto finish = [&](int i, const Component& u) {
    if (orders_.has(0)) {
      out_.push_back(assign(physical_.target(i, 0, 0), u[0] ? *u[0] : real(0)));
    }
    assign_derivatives(i, u, {});
  };
  if (!is_double()) {
    const std::vector<Component> F = row(0);
    for (int i = 0; i < d_; ++i) finish(i, mapped(i, F, std::to_string(i)));
    return std::move(out_);
  }
  // u_ij = Σ_a M_ia G_aj with G_aj = Σ_b M_jb F_ab.
  for (int j = 0; j < d_; ++j) {
    std::vector<Component> G;
    for (int a = 0; a < t_; ++a) {
      const std::string name = fmt::format("{}_{}", a, j);
      Component g = mapped(j, row(a), "0" + name);
      g[0] = named("M_" + name, std::move(g[0]));
      G.push_back(std::move(g));
    }
    for (int i = 0; i < d_; ++i) finish(i * d_ + j, mapped(i, G, std::to_string(i * d_ + j)));
  }
  return std::move(out_);
}

}  // namespace

Statements physical_jet(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                        const ReferenceJet& reference, const PhysicalJet& physical) {
  return PullBackBuilder(geometry, pull_back, orders, reference, physical).build();
}

}  // namespace femsynth::synth
