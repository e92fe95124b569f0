#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <functional>
#include <utility>

#include "meshes/support/error.hpp"
#include "solvers/reference/space_checks.hpp"

namespace femsynth::solvers {
namespace {

using fem::Family;
using meshes::CellType;

constexpr double kTolerance = 1e-9;

/// A function on the reference cell, its components at a point.
using Field = std::function<std::vector<double>(const double* X)>;
using Powers = std::array<int, 3>;

/// P_n(2 X − 1).
double legendre(int n, double X) {
  const double s = 2.0 * X - 1.0;
  double last = 0.0;
  double now = 1.0;
  for (int k = 0; k < n; ++k) {
    last = std::exchange(now, ((2 * k + 1) * s * now - k * last) / (k + 1));
  }
  return now;
}

/// Π_i P_{p_i}(2 X_i − 1). Products of Legendre polynomials stand for the monomials X^p: the sets
/// of powers below hold, with each, all lower ones, so that both span the same space; and monomials
/// of high degree are so nearly dependent that a function may miss what one adds to the others by
/// 10⁻⁵ and the monomials by 10⁻¹¹ only.
double product(const Powers& p, const double* X, std::size_t t) {
  double value = 1.0;
  for (std::size_t i = 0; i < t; ++i) value *= legendre(p[i], X[i]);
  return value;
}

/// Powers that `take` accepts, each up to `k`.
std::vector<Powers> powers(std::size_t t, int k, const std::function<bool(const Powers&)>& take) {
  std::vector<Powers> result;
  for (int i = 0; i <= k; ++i) {
    for (int j = 0; j <= (t > 1 ? k : 0); ++j) {
      for (int l = 0; l <= (t > 2 ? k : 0); ++l) {
        if (take({i, j, l})) result.push_back({i, j, l});
      }
    }
  }
  return result;
}

int total(const Powers& p) { return p[0] + p[1] + p[2]; }

/// The textbook space of a family on the reference cell.
class TextbookSpace {
 public:
  explicit TextbookSpace(const fem::Element& element)
      : cell_(element.cell),
        t_(static_cast<std::size_t>(meshes::dimension(element.cell))),
        simplex_(meshes::is_simplex(element.cell)),
        k_(element.degree) {
    add(element.family);
  }
  const std::vector<Field>& fields() const { return fields_; }
  /// Is it the whole space, or a part of it?
  bool whole() const { return whole_; }
  bool known() const { return !fields_.empty(); }

 private:
  std::vector<Powers> complete(int k) const {
    return powers(t_, k, [k](const Powers& p) { return total(p) <= k; });
  }
  std::vector<Powers> homogeneous(int k) const {
    return powers(t_, k, [k](const Powers& p) { return total(p) == k; });
  }
  /// P_k on simplices, Q_k on tensor-product cells, P_k ⊗ P_k on prisms.
  std::vector<Powers> full(int k) const {
    if (simplex_) return complete(k);
    const bool prism = cell_ == CellType::prism;
    return powers(t_, k, [&](const Powers& p) { return !prism || p[0] + p[1] <= k; });
  }

  /// One field a component and product.
  void add_components(const std::vector<Powers>& list, std::size_t components) {
    for (std::size_t c = 0; c < components; ++c) {
      for (const Powers& p : list) {
        fields_.emplace_back([this, c, p, components](const double* X) {
          std::vector<double> value(components, 0.0);
          value[c] = product(p, X, t_);
          return value;
        });
      }
    }
  }

  void add(Family family) {
    switch (family) {
      case Family::lagrange:
      case Family::discontinuous_lagrange:
        if (cell_ == CellType::pyramid) return add_pyramid();
        return add_components(full(k_), 1);
      case Family::dpc:
        return add_components(complete(k_), 1);
      case Family::serendipity:
        return add_components(superlinear(), 1);
      case Family::bubble:
        return add_bubbles();
      case Family::crouzeix_raviart:
        return add_components(complete(1), 1);
      case Family::hermite:
        return add_components(complete(3), 1);
      case Family::real:
        return add_components(complete(0), 1);
      case Family::raviart_thomas:
      case Family::nedelec_first:
        return simplex_ ? add_first_kind(family) : add_tensor_first_kind(family);
      case Family::bdm:
      case Family::nedelec_second:
        add_components(complete(k_), t_);
        whole_ = simplex_;
        return;
      case Family::regge:
      case Family::hhj:
        return add_symmetric();
      case Family::quadrature:
      case Family::mixed:
      case Family::enriched:
        return;
    }
  }

  /// Bergot, Cohen and Duruflé 2010, on the pyramid with base [−1, 1]²:
  /// P_k(x, y, z) + Σ_m (xy/(1 − z))^m P_{k−m}(x, y), m = 1 … k.
  void add_pyramid() {
    add_components(complete(k_), 1);
    for (int m = 1; m <= k_; ++m) {
      for (const Powers& p : complete(k_ - m)) {
        if (p[2] > 0) continue;
        fields_.emplace_back([m, p](const double* X) {
          const double rest = 1.0 - X[2];
          const double x = 2.0 * X[0] - rest;
          const double y = 2.0 * X[1] - rest;
          const double ratio = rest == 0.0 ? 0.0 : x * y / rest;
          return std::vector<double>{std::pow(ratio, m) * std::pow(x, p[0]) * std::pow(y, p[1])};
        });
      }
    }
  }

  /// Arnold and Awanou 2011: superlinear degree, of variables that occur to the first power alone
  /// not counted, at most k.
  std::vector<Powers> superlinear() const {
    return powers(t_, k_, [this](const Powers& p) {
      int degree = 0;
      for (const int e : p) degree += e == 1 ? 0 : e;
      return degree <= k_;
    });
  }

  void add_bubbles() {
    const int reduced = simplex_ ? k_ - static_cast<int>(t_) - 1 : k_ - 2;
    for (const Powers& p : full(reduced)) {
      fields_.emplace_back([this, p](const double* X) {
        double value = product(p, X, t_);
        double rest = 1.0;
        for (std::size_t i = 0; i < t_; ++i) {
          value *= simplex_ ? X[i] : X[i] * (1.0 - X[i]);
          rest -= X[i];
        }
        return std::vector<double>{simplex_ ? value * rest : value};
      });
    }
  }

  /// RT_k = [P_{k−1}]^t + x P̃_{k−1}; N1curl_k = [P_{k−1}]^t + {(−y, x) P̃_{k−1}} or x × [P̃_{k−1}]³
  /// (Raviart and Thomas 1977, Nédélec 1980). What a product has beside its highest powers is in
  /// [P_{k−1}]^t.
  void add_first_kind(Family family) {
    add_components(complete(k_ - 1), t_);
    const std::size_t copies = family == Family::nedelec_first && t_ == 3 ? 3 : 1;
    for (std::size_t c = 0; c < copies; ++c) {
      for (const Powers& p : homogeneous(k_ - 1)) {
        fields_.emplace_back([this, family, c, p](const double* X) {
          const double m = product(p, X, t_);
          std::vector<double> value(t_);
          if (family == Family::raviart_thomas) {
            for (std::size_t i = 0; i < t_; ++i) value[i] = X[i] * m;
          } else if (t_ == 2) {
            value = {-X[1] * m, X[0] * m};
          } else {  // X × e_c m
            value[(c + 1) % 3] = X[(c + 2) % 3] * m;
            value[(c + 2) % 3] = -X[(c + 1) % 3] * m;
          }
          return value;
        });
      }
    }
  }

  /// Component i: degree k along x_i and k − 1 along the others (RT), or the reverse (N1curl).
  void add_tensor_first_kind(Family family) {
    for (std::size_t c = 0; c < t_; ++c) {
      const auto list = powers(t_, k_, [&](const Powers& p) {
        for (std::size_t i = 0; i < t_; ++i) {
          const bool high = (i == c) == (family == Family::raviart_thomas);
          if (p[i] > (high ? k_ : k_ - 1)) return false;
        }
        return true;
      });
      for (const Powers& p : list) {
        fields_.emplace_back([this, c, p](const double* X) {
          std::vector<double> value(t_, 0.0);
          value[c] = product(p, X, t_);
          return value;
        });
      }
    }
  }

  /// Symmetric matrices of P_k.
  void add_symmetric() {
    for (std::size_t i = 0; i < t_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        for (const Powers& p : complete(k_)) {
          fields_.emplace_back([this, i, j, p](const double* X) {
            std::vector<double> value(t_ * t_, 0.0);
            value[i * t_ + j] = value[j * t_ + i] = product(p, X, t_);
            return value;
          });
        }
      }
    }
  }

  CellType cell_;
  std::size_t t_;
  bool simplex_;
  int k_;
  bool whole_ = true;
  std::vector<Field> fields_;
};

}  // namespace

std::string check_reproduction(ReferenceBases& bases, const fem::Element& element) {
  if (element.family == Family::quadrature) return {};
  const PolynomialBasis& basis = bases.basis(element);
  return check_span(basis, bases.rule(element.cell, 2 * basis.degree() + 2), element);
}

std::string check_span(const PolynomialBasis& basis, const ReferenceRule& rule,
                       const fem::Element& element) {
  const TextbookSpace space(element);
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (!space.known()) return {};
  const BasisTable table = basis.tabulate(rule.points, 0);
  const std::size_t components = basis.components();
  const std::size_t rows = table.points * components;
  Eigen::MatrixXd ours(rows, basis.nodes());
  Eigen::MatrixXd theirs(rows, space.fields().size());
  const auto& values = table.derivatives.at({0, 0, 0});
  for (std::size_t q = 0; q < table.points; ++q) {
    for (std::size_t c = 0; c < components; ++c) {
      for (std::size_t n = 0; n < basis.nodes(); ++n) {
        ours(q * components + c, n) = values[(n * components + c) * table.points + q];
      }
    }
    for (std::size_t k = 0; k < space.fields().size(); ++k) {
      const std::vector<double> value = space.fields()[k](&rule.points[q * t]);
      if (value.size() != components) {
        return fmt::format("{}: {} components, the space has {}", to_string(element), components,
                           value.size());
      }
      for (std::size_t c = 0; c < components; ++c) theirs(q * components + c, k) = value[c];
    }
  }
  auto decomposed = ours.colPivHouseholderQr();
  decomposed.setThreshold(kTolerance);
  const Eigen::MatrixXd solution = decomposed.solve(theirs);
  const double residual = (ours * solution - theirs).cwiseAbs().maxCoeff();
  // What rounding in the tables may make of it: functions whose nodes lie in a corner of the cell
  // are large elsewhere.
  const double rounding = basis.residual() + 64.0 * 0x1p-53 * ours.cwiseAbs().maxCoeff();
  const double sum = solution.cwiseAbs().colwise().sum().maxCoeff();
  if (!(residual <= kTolerance + rounding * sum)) {
    return fmt::format("{}: the functions miss a part of the family's space by {:.1e}",
                       to_string(element), residual);
  }
  auto textbook = theirs.colPivHouseholderQr();
  textbook.setThreshold(kTolerance);
  const auto nodes = static_cast<Eigen::Index>(basis.nodes());
  if (decomposed.rank() != nodes || (space.whole() && textbook.rank() != nodes)) {
    return fmt::format("{}: {} functions of rank {}, the family's space has dimension {}",
                       to_string(element), nodes, decomposed.rank(), textbook.rank());
  }
  return {};
}

}  // namespace femsynth::solvers
