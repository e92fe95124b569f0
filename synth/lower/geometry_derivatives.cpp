#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/geometry.hpp"

// Derivatives along X of K and of J / det J, at a point of a cell whose Jacobian varies. With a
// square matrix W and its inverse Z,
//
//     ∂_e Z  = −M_e Z,                              M_e  = Z ∂_e W,
//     ∂_ef Z = −(M_e ∂_f Z + M_f ∂_e Z + M_ef Z),   M_ef = Z ∂_ef W,
//     ∂_e ln |det W| = tr M_e,   ∂_ef ln |det W| = tr M_ef − tr M_e M_f.
//
// Where space has the cell's dimension, W = J and Z = K. On a manifold W = g = JᵀJ, K = g⁻¹ Jᵀ and
// the pseudo-determinant is √det g.
namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// Calls f(e, f) for 0 ≤ e ≤ f < t.
template <class F>
void for_each_pair(int t, F call_with) {
  for (int e = 0; e < t; ++e) {
    for (int f = e; f < t; ++f) call_with(e, f);
  }
}

}  // namespace

Expression Geometry::entry(const char* base, int row, int column) const {
  return var(name(fmt::format("{}{}{}", base, row, column)));
}
Expression Geometry::entry(const char* base, int row, int column, int e) const {
  return var(name(fmt::format("{}{}{}_{}", base, row, column, e)));
}
Expression Geometry::entry(const char* base, int row, int column, int e, int f) const {
  if (e > f) std::swap(e, f);
  return var(name(fmt::format("{}{}{}_{}{}", base, row, column, e, f)));
}

Expression Geometry::K(int a, int i, int e) const { return entry("K_", a, i, e); }
Expression Geometry::K(int a, int i, int e, int f) const { return entry("K_", a, i, e, f); }

Expression Geometry::G(int m, int e, int f) const {
  const auto t = static_cast<std::size_t>(tdim_);
  const std::size_t place =
      fem::derivative_index(t, static_cast<std::size_t>(e), static_cast<std::size_t>(f));
  return var(name(fmt::format("G_{}{}", m, place - fem::derivative_count(t, 1))));
}
Expression Geometry::G(int m, int e, int f, int g) const {
  const auto t = static_cast<std::size_t>(tdim_);
  const std::size_t place = fem::derivative_index(
      t, static_cast<std::size_t>(e), static_cast<std::size_t>(f), static_cast<std::size_t>(g));
  return var(name(fmt::format("G_{}_{}", m, place - fem::derivative_count(t, 2))));
}

Expression Geometry::W(int a, int b, int e) const {
  return context_.domain.is_manifold() ? entry("metric_", std::min(a, b), std::max(a, b), e)
                                       : G(a, b, e);
}
Expression Geometry::W(int a, int b, int e, int f) const {
  return context_.domain.is_manifold() ? entry("metric_", std::min(a, b), std::max(a, b), e, f)
                                       : G(a, b, e, f);
}

Expression Geometry::piola_derivative(fem::PullBack pull_back, int i, int a, int e) const {
  return is_contravariant(pull_back) ? entry("P_", i, a, e) : K(a, i, e);
}
Expression Geometry::piola_derivative(fem::PullBack pull_back, int i, int a, int e, int f) const {
  return is_contravariant(pull_back) ? entry("P_", i, a, e, f) : K(a, i, e, f);
}

/// The second and third derivatives of x(X).
Statements Geometry::map_derivatives() const {
  Statements out;
  const auto t = static_cast<std::size_t>(tdim_);
  const auto add = [&](int order, const char* array_name, const char* base, const char* comment,
                       const std::optional<PointTable>& table) {
    const auto count =
        static_cast<int>(fem::derivative_count(t, order) - fem::derivative_count(t, order - 1));
    append(out, sums(array_name, comment, count, table));
    for (int m = 0; m < dim_; ++m) {
      for (int k = 0; k < count; ++k) {
        out.push_back(let(ValueType::real, name(fmt::format(fmt::runtime(base), m, k)),
                          sum_over_nodes(array_name, m, k, table),
                          m == 0 && k == 0 ? comment : ""));
      }
    }
  };
  add(2, "ddx", "G_{}{}", "∂²x_m/∂X_e∂X_f", hessians_);
  if (needs_.order() >= 2) add(3, "dddx", "G_{}_{}", "∂³x_m/∂X_e∂X_f∂X_g", thirds_);
  return out;
}

/// g⁻¹ of g = JᵀJ.
Statements Geometry::inverse_metric() const {
  Statements out;
  const auto g = [&](int a, int b) { return entry("metric_", a, b); };
  for_each_pair(tdim_, [&](int a, int b) {
    Expression value = real(1);
    if (tdim_ == 2) value = a == b ? g(1 - a, 1 - a) : negate(g(0, 1));
    const Expression det = tdim_ == 2 ? var(name("detg")) : g(0, 0);
    out.push_back(let(ValueType::real, entry(Z(), a, b).name, divide(std::move(value), det),
                      a == 0 && b == 0 ? "g⁻¹" : ""));
    if (a != b) out.push_back(let(ValueType::real, entry(Z(), b, a).name, entry(Z(), a, b)));
  });
  return out;
}

/// ∂_e g = ∂_e Jᵀ J + Jᵀ ∂_e J and once more, upper triangles.
Statements Geometry::metric_derivatives() const {
  Statements out;
  for_each_pair(tdim_, [&](int a, int b) {
    for (int e = 0; e < tdim_; ++e) {
      std::vector<Expression> terms;
      for (int k = 0; k < dim_; ++k) {
        terms.push_back(multiply(G(k, a, e), J(k, b)));
        terms.push_back(multiply(J(k, a), G(k, b, e)));
      }
      out.push_back(let(ValueType::real, W(a, b, e).name, sum_of(std::move(terms)),
                        a + b + e == 0 ? "∂g_ab/∂X_e" : ""));
    }
    if (needs_.order() < 2) return;
    for_each_pair(tdim_, [&](int e, int f) {
      std::vector<Expression> terms;
      for (int k = 0; k < dim_; ++k) {
        terms.push_back(multiply(G(k, a, e, f), J(k, b)));
        terms.push_back(multiply(G(k, a, e), G(k, b, f)));
        terms.push_back(multiply(G(k, a, f), G(k, b, e)));
        terms.push_back(multiply(J(k, a), G(k, b, e, f)));
      }
      out.push_back(let(ValueType::real, W(a, b, e, f).name, sum_of(std::move(terms))));
    });
  });
  return out;
}

/// M_e = Z ∂_e W and M_ef = Z ∂_ef W.
Statements Geometry::inverse_times_derivatives() const {
  Statements out;
  for (int a = 0; a < tdim_; ++a) {
    for (int b = 0; b < tdim_; ++b) {
      for (int e = 0; e < tdim_; ++e) {
        std::vector<Expression> terms;
        for (int m = 0; m < tdim_; ++m) terms.push_back(multiply(entry(Z(), a, m), W(m, b, e)));
        out.push_back(let(ValueType::real, entry("M_", a, b, e).name, sum_of(std::move(terms))));
      }
      if (needs_.order() < 2) continue;
      for_each_pair(tdim_, [&](int e, int f) {
        std::vector<Expression> terms;
        for (int m = 0; m < tdim_; ++m) terms.push_back(multiply(entry(Z(), a, m), W(m, b, e, f)));
        out.push_back(let(ValueType::real, entry("M_", a, b, e, f).name, sum_of(std::move(terms))));
      });
    }
  }
  return out;
}

/// Those of Z.
Statements Geometry::inverse_derivatives() const {
  Statements out;
  const auto each = [&](const auto& value) {
    for (int a = 0; a < tdim_; ++a) {
      for (int b = 0; b < tdim_; ++b) value(a, b);
    }
  };
  if (needs_.inverse_order >= 1) {
    each([&](int a, int b) {
      for (int e = 0; e < tdim_; ++e) {
        std::vector<Expression> terms;
        for (int c = 0; c < tdim_; ++c) {
          terms.push_back(multiply(entry("M_", a, c, e), entry(Z(), c, b)));
        }
        out.push_back(
            let(ValueType::real, entry(Z(), a, b, e).name, negate(sum_of(std::move(terms)))));
      }
    });
  }
  if (needs_.inverse_order >= 2) {
    each([&](int a, int b) {
      for_each_pair(tdim_, [&](int e, int f) {
        std::vector<Expression> terms;
        for (int c = 0; c < tdim_; ++c) {
          terms.push_back(multiply(entry("M_", a, c, e), entry(Z(), c, b, f)));
          terms.push_back(multiply(entry("M_", a, c, f), entry(Z(), c, b, e)));
          terms.push_back(multiply(entry("M_", a, c, e, f), entry(Z(), c, b)));
        }
        out.push_back(
            let(ValueType::real, entry(Z(), a, b, e, f).name, negate(sum_of(std::move(terms)))));
      });
    });
  }
  return out;
}

/// Those of K = g⁻¹ Jᵀ by the product rule.
Statements Geometry::pseudo_inverse_derivatives() const {
  Statements out;
  for (int a = 0; a < tdim_; ++a) {
    for (int i = 0; i < dim_; ++i) {
      for (int e = 0; e < tdim_ && needs_.inverse_order >= 1; ++e) {
        std::vector<Expression> terms;
        for (int b = 0; b < tdim_; ++b) {
          terms.push_back(multiply(entry(Z(), a, b, e), J(i, b)));
          terms.push_back(multiply(entry(Z(), a, b), G(i, b, e)));
        }
        out.push_back(let(ValueType::real, K(a, i, e).name, sum_of(std::move(terms))));
      }
      if (needs_.inverse_order < 2) continue;
      for_each_pair(tdim_, [&](int e, int f) {
        std::vector<Expression> terms;
        for (int b = 0; b < tdim_; ++b) {
          terms.push_back(multiply(entry(Z(), a, b, e, f), J(i, b)));
          terms.push_back(multiply(entry(Z(), a, b, e), G(i, b, f)));
          terms.push_back(multiply(entry(Z(), a, b, f), G(i, b, e)));
          terms.push_back(multiply(entry(Z(), a, b), G(i, b, e, f)));
        }
        out.push_back(let(ValueType::real, K(a, i, e, f).name, sum_of(std::move(terms))));
      });
    }
  }
  return out;
}

/// Those of P = J / δ, δ = det J: with the growth γ_e = ∂_e δ / δ and γ_ef = ∂_ef δ / δ,
/// ∂_e P = ∂_e J / δ − γ_e P and ∂_ef P = ∂_ef J / δ − γ_f ∂_e P − γ_e ∂_f P − γ_ef P.
Statements Geometry::contravariant_derivatives() const {
  Statements out;
  const double share = context_.domain.is_manifold() ? 0.5 : 1;  // ln δ of ln |det W|
  const auto growth = [&](int e) { return var(name(fmt::format("growth_{}", e))); };
  const auto growths = [&](int e, int f) { return var(name(fmt::format("growth_{}{}", e, f))); };
  const auto trace = [&](std::vector<Expression> terms) {
    Expression sum = sum_of(std::move(terms));
    return share == 1 ? sum : multiply(real(share), std::move(sum));
  };
  const auto P = [&](int i, int a) { return entry("P_", i, a); };
  for (int e = 0; e < tdim_; ++e) {
    std::vector<Expression> terms;
    for (int b = 0; b < tdim_; ++b) terms.push_back(entry("M_", b, b, e));
    out.push_back(let(ValueType::real, growth(e).name, trace(std::move(terms)),
                      fmt::format("∂ det J/∂X_{} / det J", e)));
    for (int i = 0; i < dim_; ++i) {
      for (int a = 0; a < tdim_; ++a) {
        out.push_back(
            let(ValueType::real, entry("P_", i, a, e).name,
                subtract(divide(G(i, a, e), determinant()), multiply(P(i, a), growth(e)))));
      }
    }
  }
  if (needs_.contravariant_order < 2) return out;
  for_each_pair(tdim_, [&](int e, int f) {
    std::vector<Expression> terms;
    for (int b = 0; b < tdim_; ++b) {
      terms.push_back(entry("M_", b, b, e, f));
      for (int c = 0; c < tdim_; ++c) {
        terms.push_back(negate(multiply(entry("M_", b, c, e), entry("M_", c, b, f))));
      }
    }
    out.push_back(let(ValueType::real, growths(e, f).name,
                      add(trace(std::move(terms)), multiply(growth(e), growth(f)))));
    for (int i = 0; i < dim_; ++i) {
      for (int a = 0; a < tdim_; ++a) {
        Expression value = divide(G(i, a, e, f), determinant());
        value = subtract(std::move(value), multiply(entry("P_", i, a, e), growth(f)));
        value = subtract(std::move(value), multiply(entry("P_", i, a, f), growth(e)));
        value = subtract(std::move(value), multiply(P(i, a), growths(e, f)));
        out.push_back(let(ValueType::real, entry("P_", i, a, e, f).name, std::move(value)));
      }
    }
  });
  return out;
}

Statements Geometry::derivatives() const {
  if (needs_.order() == 0) return {};
  Statements out = map_derivatives();
  if (context_.domain.is_manifold()) {
    append(out, inverse_metric());
    append(out, metric_derivatives());
  }
  append(out, inverse_times_derivatives());
  append(out, inverse_derivatives());
  if (context_.domain.is_manifold()) append(out, pseudo_inverse_derivatives());
  if (needs_.contravariant_order >= 1) append(out, contravariant_derivatives());
  return out;
}

}  // namespace femsynth::synth
