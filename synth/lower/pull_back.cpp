#include "synth/lower/pull_back.hpp"

#include <fmt/format.h>

#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

bool wants_gradient(const Geometry& geometry, JetOrders orders) {
  return orders.first || (orders.second && geometry.curved());
}

namespace {

using Entry = std::optional<Expression>;

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

  Statements scalar() const;
  Statements piola() const;

 private:
  int second_count() const { return t_ * (t_ + 1) / 2; }
  bool is_double() const {
    return pull_back_ == fem::PullBack::double_covariant ||
           pull_back_ == fem::PullBack::double_contravariant;
  }
  void second_derivatives(int i, const std::vector<Expression>& reduced, Statements& out) const;
  /// Σ_A T_iA f_A, f_A the reference components.
  Expression mapped(int i, const std::function<Entry(int)>& f) const;
  /// Σ_A ∂T_iA/∂X_e F_A.
  Expression mapped_by_derivative(int i, int e) const;

  const Geometry& geometry_;
  fem::PullBack pull_back_;
  JetOrders orders_;
  const ReferenceJet& reference_;
  const PhysicalJet& physical_;
  int d_, t_;
};

void PullBackBuilder::second_derivatives(int i, const std::vector<Expression>& reduced,
                                         Statements& out) const {
  int place = 0;
  for (int k = 0; k < d_; ++k) {
    for (int l = k; l < d_; ++l, ++place) {
      out.push_back(assign(physical_.second(i, place), geometry_.second(k, l, reduced)));
    }
  }
}

Statements PullBackBuilder::scalar() const {
  Statements out;
  if (wants_gradient(geometry_, orders_)) {
    std::vector<Expression> reference;
    bool zero = true;
    for (int e = 0; e < t_; ++e) {
      Entry entry = reference_.first(0, e);
      zero = zero && !entry;
      reference.push_back(entry ? *std::move(entry) : real(0));
    }
    for (int k = 0; k < d_; ++k) {
      out.push_back(assign(physical_.first(0, k), zero ? real(0) : geometry_.first(k, reference)));
    }
  }
  if (orders_.second) {
    std::vector<Expression> gradient;
    for (int m = 0; m < d_ && geometry_.curved(); ++m) gradient.push_back(physical_.first(0, m));
    std::vector<Expression> reduced;
    for (int ef = 0; ef < second_count(); ++ef) {
      const std::string name = fmt::format("H_{}{}", ef, physical_.ending);
      Entry entry = reference_.second(0, ef);
      out.push_back(let(ValueType::real, name,
                        geometry_.reduce(ef, entry ? *std::move(entry) : real(0), gradient)));
      reduced.push_back(var(name));
    }
    second_derivatives(0, reduced, out);
  }
  return out;
}

Expression PullBackBuilder::mapped(int i, const std::function<Entry(int)>& f) const {
  std::vector<Expression> terms;
  const int size = is_double() ? t_ * t_ : t_;
  for (int A = 0; A < size; ++A) {
    Entry entry = f(A);
    if (!entry) continue;
    Expression factor = is_double() ? multiply(geometry_.piola(pull_back_, i / d_, A / t_),
                                               geometry_.piola(pull_back_, i % d_, A % t_))
                                    : geometry_.piola(pull_back_, i, A);
    terms.push_back(multiply(std::move(factor), *std::move(entry)));
  }
  return sum_of(std::move(terms));
}

Expression PullBackBuilder::mapped_by_derivative(int i, int e) const {
  std::vector<Expression> terms;
  const int size = is_double() ? t_ * t_ : t_;
  for (int A = 0; A < size; ++A) {
    Entry entry = reference_.value(A);
    if (!entry) continue;
    if (!is_double()) {
      terms.push_back(multiply(geometry_.piola_derivative(pull_back_, i, A, e), *std::move(entry)));
      continue;
    }
    const int r = i / d_, s = i % d_, a = A / t_, b = A % t_;
    Expression factor = add(multiply(geometry_.piola_derivative(pull_back_, r, a, e),
                                     geometry_.piola(pull_back_, s, b)),
                            multiply(geometry_.piola(pull_back_, r, a),
                                     geometry_.piola_derivative(pull_back_, s, b, e)));
    terms.push_back(multiply(std::move(factor), *std::move(entry)));
  }
  return sum_of(std::move(terms));
}

Statements PullBackBuilder::piola() const {
  Statements out;
  const int components = is_double() ? d_ * d_ : d_;
  for (int i = 0; i < components; ++i) {
    if (orders_.value) out.push_back(assign(physical_.value(i), mapped(i, reference_.value)));
    if (orders_.first) {
      std::vector<Expression> along;
      for (int e = 0; e < t_; ++e) {
        Expression value = mapped(i, [&](int A) { return reference_.first(A, e); });
        if (geometry_.curved()) value = add(std::move(value), mapped_by_derivative(i, e));
        const std::string name = fmt::format("D_{}_{}{}", i, e, physical_.ending);
        out.push_back(let(ValueType::real, name, std::move(value)));
        along.push_back(var(name));
      }
      for (int k = 0; k < d_; ++k) {
        out.push_back(assign(physical_.first(i, k), geometry_.first(k, along)));
      }
    }
    if (orders_.second) {
      std::vector<Expression> along;
      for (int ef = 0; ef < second_count(); ++ef) {
        const std::string name = fmt::format("H_{}_{}{}", i, ef, physical_.ending);
        out.push_back(
            let(ValueType::real, name, mapped(i, [&](int A) { return reference_.second(A, ef); })));
        along.push_back(var(name));
      }
      second_derivatives(i, along, out);
    }
  }
  return out;
}

}  // namespace

Statements physical_jet(const Geometry& geometry, fem::PullBack pull_back, JetOrders orders,
                        const ReferenceJet& reference, const PhysicalJet& physical) {
  const PullBackBuilder builder(geometry, pull_back, orders, reference, physical);
  return pull_back == fem::PullBack::identity ? builder.scalar() : builder.piola();
}

}  // namespace femsynth::synth
