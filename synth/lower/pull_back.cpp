#include "synth/lower/pull_back.hpp"

#include <fmt/format.h>

#include <vector>

#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/derivatives.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// An expression, or nothing where it is zero.
using Entry = std::optional<Expression>;

/// A component of a function at the point with its derivatives along X.
struct Component {
  Entry value;
  std::vector<Entry> first;   ///< ∂/∂X_e
  std::vector<Entry> second;  ///< ∂²/∂X_e∂X_f, e ≤ f
};

/// Builds the statements for one function.
class PullBackBuilder {
 public:
  PullBackBuilder(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                  const ReferenceJet& reference, const PhysicalJet& physical)
      : geometry_(geometry),
        pull_back_(pull_back),
        orders_(orders),
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
  std::size_t pair(int e, int f) const {
    const auto t = static_cast<std::size_t>(t_);
    return fem::derivative_index(t, static_cast<std::size_t>(e), static_cast<std::size_t>(f)) -
           fem::derivative_count(t, 1);
  }
  /// Are derivatives along X needed, for those in space?
  bool wants_first() const { return orders_.first || (orders_.second && geometry_.curved()); }

  Component reference(int A) const;
  Component mapped(int i, const std::vector<Component>& F, const std::string& name);
  Entry mapped_first(int i, const std::vector<Component>& F, int e) const;
  Entry mapped_second(int i, const std::vector<Component>& F, int e, int f) const;
  Entry named(const std::string& name, Entry value);
  void assign_derivatives(int i, const Component& u);
  void assign_second(int i, const Component& u);

  const Geometry& geometry_;
  fem::PullBack pull_back_;
  JetOrders orders_;
  const ReferenceJet& reference_;
  const PhysicalJet& physical_;
  int d_, t_;
  Statements out_;
};

Entry sum_of_terms(std::vector<Expression> terms) {
  if (terms.empty()) return std::nullopt;
  return sum_of(std::move(terms));
}

void add_product(std::vector<Expression>& terms, Expression factor, const Entry& entry) {
  if (entry) terms.push_back(multiply(std::move(factor), *entry));
}

/// Reference component A, as far as it is read.
Component PullBackBuilder::reference(int A) const {
  const bool piola = pull_back_ != fem::PullBack::identity;
  Component F;
  const bool derivatives = orders_.first || orders_.second;
  if (piola && (orders_.value || (derivatives && geometry_.curved()))) {
    F.value = reference_.value(A);
  }
  for (int e = 0; e < t_ && wants_first(); ++e) F.first.push_back(reference_.first(A, e));
  for (int ef = 0; ef < t_ * (t_ + 1) / 2 && orders_.second; ++ef) {
    F.second.push_back(reference_.second(A, ef));
  }
  return F;
}

/// A variable for the value.
Entry PullBackBuilder::named(const std::string& name, Entry value) {
  if (!value) return value;
  out_.push_back(let(ValueType::real, name + physical_.ending, *std::move(value)));
  return var(name + physical_.ending);
}

/// ∂_e Σ_a M_ia F_a.
Entry PullBackBuilder::mapped_first(int i, const std::vector<Component>& F, int e) const {
  std::vector<Expression> terms;
  for (int a = 0; a < t_; ++a) {
    const Component& f = F[static_cast<std::size_t>(a)];
    add_product(terms, geometry_.piola(pull_back_, i, a), f.first[static_cast<std::size_t>(e)]);
    if (!geometry_.curved()) continue;
    add_product(terms, geometry_.piola_derivative(pull_back_, i, a, e), f.value);
  }
  return sum_of_terms(std::move(terms));
}

/// ∂_ef Σ_a M_ia F_a.
Entry PullBackBuilder::mapped_second(int i, const std::vector<Component>& F, int e, int f) const {
  std::vector<Expression> terms;
  for (int a = 0; a < t_; ++a) {
    const Component& c = F[static_cast<std::size_t>(a)];
    add_product(terms, geometry_.piola(pull_back_, i, a), c.second[pair(e, f)]);
    if (!geometry_.curved()) continue;
    const auto M = [&](int along) { return geometry_.piola_derivative(pull_back_, i, a, along); };
    add_product(terms, M(e), c.first[static_cast<std::size_t>(f)]);
    add_product(terms, M(f), c.first[static_cast<std::size_t>(e)]);
    add_product(terms, geometry_.piola_derivative(pull_back_, i, a, e, f), c.value);
  }
  return sum_of_terms(std::move(terms));
}

/// Σ_a M_ia F_a with its derivatives, those in variables that end in `name`.
Component PullBackBuilder::mapped(int i, const std::vector<Component>& F, const std::string& name) {
  Component u;
  std::vector<Expression> terms;
  for (int a = 0; a < t_; ++a) {
    add_product(terms, geometry_.piola(pull_back_, i, a), F[static_cast<std::size_t>(a)].value);
  }
  u.value = sum_of_terms(std::move(terms));
  for (int e = 0; e < t_ && wants_first(); ++e) {
    u.first.push_back(named(fmt::format("D_{}_{}", name, e), mapped_first(i, F, e)));
  }
  for (int e = 0; e < t_ && orders_.second; ++e) {
    for (int f = e; f < t_; ++f) {
      u.second.push_back(
          named(fmt::format("H_{}_{}", name, pair(e, f)), mapped_second(i, F, e, f)));
    }
  }
  return u;
}

/// ∂_l ∂_k u = Σ_e K_el ∂_e (∂_k u), ∂_e (∂_k u) = Σ_f (K_fk ∂_ef u + ∂_e K_fk ∂_f u).
void PullBackBuilder::assign_second(int i, const Component& u) {
  const fem::Domain& domain = geometry_.context().domain;
  for (int k = 0; k < d_; ++k) {
    std::vector<Entry> along;
    for (int e = 0; e < t_; ++e) {
      std::vector<Expression> terms;
      for (int f = 0; f < t_; ++f) {
        add_product(terms, geometry_.K(f, k), u.second[pair(e, f)]);
        if (!geometry_.curved()) continue;
        add_product(terms, geometry_.K(f, k, e), u.first[static_cast<std::size_t>(f)]);
      }
      along.push_back(named(fmt::format("D_{}_{}_{}", i, k, e), sum_of_terms(std::move(terms))));
    }
    for (int l = derivatives_commute(domain) ? k : 0; l < d_; ++l) {
      std::vector<Expression> terms;
      for (int e = 0; e < t_; ++e) {
        add_product(terms, geometry_.K(e, l), along[static_cast<std::size_t>(e)]);
      }
      out_.push_back(
          assign(physical_.second(i, second_number(domain, k, l)), sum_of(std::move(terms))));
    }
  }
}

/// The physical derivatives of component i, whose derivatives along X are given.
void PullBackBuilder::assign_derivatives(int i, const Component& u) {
  for (int k = 0; k < d_ && orders_.first; ++k) {
    std::vector<Expression> terms;
    for (int e = 0; e < t_; ++e) {
      add_product(terms, geometry_.K(e, k), u.first[static_cast<std::size_t>(e)]);
    }
    out_.push_back(assign(physical_.first(i, k), sum_of(std::move(terms))));
  }
  if (orders_.second) assign_second(i, u);
}

Statements PullBackBuilder::build() {
  if (pull_back_ == fem::PullBack::identity) {
    assign_derivatives(0, reference(0));
    return std::move(out_);
  }
  // Row r of a double Piola map's F, or the one vector F.
  const auto row = [&](int r) {
    std::vector<Component> F;
    for (int a = 0; a < t_; ++a) F.push_back(reference(r * t_ + a));
    return F;
  };
  const auto finish = [&](int i, const Component& u) {
    if (orders_.value) out_.push_back(assign(physical_.value(i), u.value ? *u.value : real(0)));
    assign_derivatives(i, u);
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
      g.value = named("M_" + name, std::move(g.value));
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
