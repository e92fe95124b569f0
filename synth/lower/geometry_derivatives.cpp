#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "synth/kernel/build.hpp"
#include "synth/lower/basis_functions.hpp"
#include "synth/lower/derivatives.hpp"
#include "synth/lower/geometry.hpp"

// Derivatives along X of K and of P = J / det J, at a point of a cell whose Jacobian varies, of any
// order: along a list S of axes. With a square matrix W, its inverse Z and M_S = Z ∂_S W, the
// product rule on W Z = I gives
//
//     ∂_S Z = −Σ_{∅ ≠ T ⊆ S} M_T ∂_{S∖T} Z,
//
// and Jacobi's formula ∂_e det W = det W tr(Z ∂_e W) the derivatives of det J. Where space has the
// cell's dimension, W = J and Z = K. On a manifold W = g = JᵀJ, K = g⁻¹ Jᵀ and the
// pseudo-determinant is √det g.
namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file
using fem::Directions;
using fem::directions_of_order;
using fem::product_rule;
using fem::with;

namespace {

bool is_zero(const Expression& e) { return is_real(e, 0); }

/// Calls f(S) for the derivatives of the orders from 1 on.
template <class F>
void for_each_derivative(int tdim, int order, F call_with) {
  for (int n = 1; n <= order; ++n) {
    for (const Directions& along : directions_of_order(tdim, n)) call_with(along);
  }
}

}  // namespace

void add_product(std::vector<Expression>& terms, int times, Expression a, Expression b) {
  if (is_zero(a) || is_zero(b)) return;
  Expression product = multiply(std::move(a), std::move(b));
  if (times > 2) {
    terms.push_back(multiply(real(times), std::move(product)));
  } else {
    terms.insert(terms.end(), static_cast<std::size_t>(times), product);
  }
}

Expression Geometry::entry(const char* base, int row, int column, const Directions& along) const {
  return var(name(along.empty() ? fmt::format("{}{}{}", base, row, column)
                                : fmt::format("{}{}{}_{}", base, row, column, digits(along))));
}

Expression Geometry::J(int k, int e, const Directions& along) const {
  return along.empty() ? entry("J_", k, e) : G(k, with(along, e));
}
Expression Geometry::K(int e, int k, const Directions& along) const {
  return entry("K_", e, k, along);
}
Expression Geometry::piola(fem::PullBack pull_back, int i, int a, const Directions& along) const {
  return is_contravariant(pull_back) ? entry("P_", i, a, along) : K(a, i, along);
}

Expression Geometry::G(int m, const Directions& axes) const {
  const auto t = static_cast<std::size_t>(tdim_);
  const auto order = static_cast<int>(axes.size());
  if (!psi_[axes.size()]) return real(0);
  return G(m, order, fem::derivative_index(t, axes) - fem::derivative_count(t, order - 1));
}
Expression Geometry::G(int m, int order, std::size_t place) const {
  if (order == 2) return var(name(fmt::format("G_{}{}", m, place)));
  return var(name(fmt::format("G{}_{}_{}", order == 3 ? "" : std::to_string(order), m, place)));
}

int Geometry::varying_order() const {
  int order = 0;
  for (std::size_t k = 2; k < psi_.size() && psi_[k]; ++k) ++order;
  return context_.domain.is_manifold() ? 2 * order : order;
}
Expression Geometry::W(int a, int b, const Directions& along) const {
  if (!context_.domain.is_manifold()) return J(a, b, along);
  if (static_cast<int>(along.size()) > varying_order()) return real(0);
  return entry("metric_", std::min(a, b), std::max(a, b), along);
}
Expression Geometry::Z(int a, int b, const Directions& along) const {
  return entry(context_.domain.is_manifold() ? "metric_inverse_" : "K_", a, b, along);
}
Expression Geometry::M(int a, int b, const Directions& along) const {
  if (static_cast<int>(along.size()) > varying_order()) return real(0);
  return entry("M_", a, b, along);
}

/// The derivatives of x(X) from the second on.
Statements Geometry::map_derivatives() const {
  Statements out;
  for (int order = 2; order <= needs_.map_order() + 1; ++order) {
    const std::optional<PointTable>& table = psi_[static_cast<std::size_t>(order)];
    if (!table) continue;
    const std::string array_name(static_cast<std::size_t>(order), 'd');
    const std::string comment = derivative_text("x_m", order, "X", reference_letters);
    const auto count =
        static_cast<int>(fem::derivatives_of_order(static_cast<std::size_t>(tdim_), order));
    append(out, sums(array_name + "x", comment, count, table));
    for (int m = 0; m < dim_; ++m) {
      for (int k = 0; k < count; ++k) {
        out.push_back(let(ValueType::real, G(m, order, static_cast<std::size_t>(k)).name,
                          sum_over_nodes(array_name + "x", m, k, table),
                          m == 0 && k == 0 ? comment : ""));
      }
    }
  }
  return out;
}

/// g⁻¹ of g = JᵀJ.
Statements Geometry::inverse_metric() const {
  Statements out;
  const auto g = [&](int a, int b) { return entry("metric_", a, b); };
  for (const Directions& pair : directions_of_order(tdim_, 2)) {
    const int a = pair[0], b = pair[1];
    Expression value = real(1);
    if (tdim_ == 2) value = a == b ? g(1 - a, 1 - a) : negate(g(0, 1));
    const Expression det = tdim_ == 2 ? var(name("detg")) : g(0, 0);
    out.push_back(let(ValueType::real, Z(a, b).name, divide(std::move(value), det),
                      a == 0 && b == 0 ? "g⁻¹" : ""));
    if (a != b) out.push_back(let(ValueType::real, Z(b, a).name, Z(a, b)));
  }
  return out;
}

/// Those of g = JᵀJ, upper triangles.
Statements Geometry::metric_derivatives() const {
  Statements out;
  const int order = std::min(needs_.order(), varying_order());
  for (const Directions& pair : directions_of_order(tdim_, 2)) {
    for_each_derivative(tdim_, order, [&](const Directions& along) {
      std::vector<Expression> terms;
      for (int k = 0; k < dim_; ++k) {
        for (const auto& [rest, T, times] : product_rule(along)) {
          add_product(terms, times, J(k, pair[0], T), J(k, pair[1], rest));
        }
      }
      const Expression target = W(pair[0], pair[1], along);
      out.push_back(let(ValueType::real, target.name, sum_of(std::move(terms)),
                        target.name == name("metric_00_0") ? "∂g_ab/∂X_e" : ""));
    });
  }
  return out;
}

/// M_S = Z ∂_S W.
Statements Geometry::inverse_times_derivatives() const {
  Statements out;
  const int order = std::min(needs_.order(), varying_order());
  for (int a = 0; a < tdim_; ++a) {
    for (int b = 0; b < tdim_; ++b) {
      for_each_derivative(tdim_, order, [&](const Directions& along) {
        std::vector<Expression> terms;
        for (int m = 0; m < tdim_; ++m) add_product(terms, 1, Z(a, m), W(m, b, along));
        out.push_back(let(ValueType::real, M(a, b, along).name, sum_of(std::move(terms))));
      });
    }
  }
  return out;
}

/// Those of Z, by order: each reads all lower ones.
Statements Geometry::inverse_derivatives() const {
  Statements out;
  const auto derivative = [&](int a, int b, const Directions& along) {
    std::vector<Expression> terms;
    for (int c = 0; c < tdim_; ++c) {
      for (const auto& [T, rest, times] : product_rule(along)) {
        if (!T.empty()) add_product(terms, times, M(a, c, T), Z(c, b, rest));
      }
    }
    return negate(sum_of(std::move(terms)));
  };
  for (int order = 1; order <= needs_.inverse_order; ++order) {
    for (int a = 0; a < tdim_; ++a) {
      for (int b = 0; b < tdim_; ++b) {
        for (const Directions& along : directions_of_order(tdim_, order)) {
          out.push_back(let(ValueType::real, Z(a, b, along).name, derivative(a, b, along)));
        }
      }
    }
  }
  return out;
}

/// Those of K = g⁻¹ Jᵀ.
Statements Geometry::pseudo_inverse_derivatives() const {
  Statements out;
  for (int a = 0; a < tdim_; ++a) {
    for (int i = 0; i < dim_; ++i) {
      for_each_derivative(tdim_, needs_.inverse_order, [&](const Directions& along) {
        std::vector<Expression> terms;
        for (int b = 0; b < tdim_; ++b) {
          for (const auto& [rest, T, times] : product_rule(along)) {
            add_product(terms, times, Z(a, b, T), J(i, b, rest));
          }
        }
        out.push_back(let(ValueType::real, K(a, i, along).name, sum_of(std::move(terms))));
      });
    }
  }
  return out;
}

/// With δ = det J: ∂_U (∂_e δ/δ), where e is the last axis of a list and U the others.
Expression Geometry::logarithmic_growth(const Directions& along) const {
  const int e = along.back();
  std::vector<Expression> terms;
  for (const auto& [T, rest, times] : product_rule({along.begin(), along.end() - 1})) {
    for (int b = 0; b < tdim_; ++b) {
      if (T.empty()) {
        if (const Expression m = M(b, b, along); !is_zero(m)) terms.push_back(m);
        continue;
      }
      for (int c = 0; c < tdim_; ++c) add_product(terms, times, Z(b, c, T), W(c, b, with(rest, e)));
    }
  }
  Expression sum = sum_of(std::move(terms));
  // Half of it is δ's where δ is the root of det W.
  return context_.domain.is_manifold() ? multiply(real(0.5), std::move(sum)) : sum;
}

/// The growth γ_S = ∂_S δ/δ along a list of axes, by γ_Ue = Σ_{T ⊆ U} γ_T ∂_{U∖T}(∂_e δ/δ).
Statements Geometry::growth(const Directions& along) const {
  const auto growth = [&](const Directions& S) { return var(name("growth_" + digits(S))); };
  if (along.size() == 1) {
    return {let(ValueType::real, growth(along).name, logarithmic_growth(along),
                fmt::format("∂ det J/∂X_{} / det J", along[0]))};
  }
  const auto logarithmic = [&](const Directions& U) {
    if (U.empty()) return growth({along.back()});
    return var(name(fmt::format("growth_{}_{}", digits(U), along.back())));
  };
  const Directions others(along.begin(), along.end() - 1);
  Statements out{let(ValueType::real, logarithmic(others).name, logarithmic_growth(along))};
  std::vector<Expression> terms;
  for (const auto& [T, rest, times] : product_rule(others)) {
    if (T.empty()) {
      terms.push_back(logarithmic(others));
    } else {
      add_product(terms, times, growth(T), logarithmic(rest));
    }
  }
  out.push_back(let(ValueType::real, growth(along).name, sum_of(std::move(terms))));
  return out;
}

/// Those of P = J/δ: ∂_S P = ∂_S J/δ − Σ_{∅ ≠ T ⊆ S} γ_T ∂_{S∖T} P.
Statements Geometry::contravariant_derivatives() const {
  Statements out;
  for_each_derivative(tdim_, needs_.contravariant_order, [&](const Directions& along) {
    append(out, growth(along));
    for (int i = 0; i < dim_; ++i) {
      for (int a = 0; a < tdim_; ++a) {
        std::vector<Expression> terms;
        for (const auto& [T, rest, times] : product_rule(along)) {
          if (!T.empty()) {
            add_product(terms, times, entry("P_", i, a, rest), var(name("growth_" + digits(T))));
          }
        }
        Expression value = J(i, a, along);
        if (is_zero(value)) {
          value = negate(sum_of(std::move(terms)));
        } else {
          value = divide(std::move(value), determinant());
          for (Expression& term : terms) value = subtract(std::move(value), std::move(term));
        }
        out.push_back(let(ValueType::real, entry("P_", i, a, along).name, std::move(value)));
      }
    }
  });
  return out;
}

Statements Geometry::derivatives() const {
  Statements out = map_derivatives();
  if (needs_.order() == 0) return out;
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
