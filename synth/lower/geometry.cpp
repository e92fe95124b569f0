#include "synth/lower/geometry.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

Expression sum_of(std::vector<Expression> terms) {
  if (terms.empty()) return real(0);
  Expression sum = std::move(terms[0]);
  for (std::size_t k = 1; k < terms.size(); ++k) sum = add(std::move(sum), std::move(terms[k]));
  return sum;
}

namespace {

/// Outward normals of the reference facets, each as long as the facet's measure divided by
/// that of the facet's own reference cell: [facet][e].
std::vector<double> scaled_normals(meshes::CellType cell) {
  const auto dim = static_cast<std::size_t>(meshes::dimension(cell));
  std::vector<double> unit(dim * dim, 0.0);
  for (std::size_t k = 0; k < dim; ++k) unit[k * dim + k] = 1;
  std::vector<double> result;
  for (int f = 0; f < meshes::facet_count(cell); ++f) {
    const double ratio = fem::facet_scale(cell, f, unit.data());
    for (const double n : fem::facet_normal(cell, f)) {
      // The exact entries are 0 and ±1: √3 · 1/√3 must not leave a rounding error.
      result.push_back(std::round(ratio * n));
    }
  }
  return result;
}

}  // namespace

Geometry::Geometry(const IntegralContext& context, TableSet& tables, bool needs_inverse,
                   bool needs_second)
    : context_(context),
      needs_inverse_(needs_inverse || context.facets),
      needs_second_(needs_second && !context.affine),
      dim_(context.dim) {
  const fem::Element vertex{fem::Family::lagrange, context.cell, 1, {}};
  const JetOrders orders{context.uses_x, !context.affine, needs_second_};
  const BasisTables psi = make_basis_tables(tables, vertex, orders, context.points, context.suffix);
  vertex_values_ = psi.value;
  vertex_gradients_ = psi.gradient;
  vertex_hessians_ = psi.hessian;
  const std::vector<double>& weights = context.points.rules[0].weights;
  weights_ = tables.add_plain("weights_" + context.suffix, "quadrature weights w_q",
                              {static_cast<int>(weights.size())}, weights);
  if (context.facets) {
    normals_ =
        tables.add_plain("normals_" + context.suffix,
                         "outward normals of the reference facets, as long as their measure ratio",
                         {meshes::facet_count(context.cell), dim_}, scaled_normals(context.cell));
  }
}

Expression Geometry::J(int k, int e) const { return var(fmt::format("J_{}{}", k, e)); }
Expression Geometry::K(int e, int k) const { return var(fmt::format("K_{}{}", e, k)); }

Statements Geometry::jacobian() const {
  Statements out;
  const int vertices = meshes::vertex_count(context_.cell);
  for (int k = 0; k < dim_; ++k) {
    for (int e = 0; e < dim_; ++e) {
      Expression value;
      if (context_.affine) {
        value = subtract(at("X", {integer(e + 1), integer(k)}), at("X", {integer(0), integer(k)}));
      } else {
        std::vector<Expression> terms;
        for (int v = 0; v < vertices; ++v) {
          terms.push_back(multiply(at("X", {integer(v), integer(k)}),
                                   vertex_gradients_->at({integer(v), integer(e)})));
        }
        value = sum_of(std::move(terms));
      }
      const bool first = k == 0 && e == 0;
      out.push_back(
          let(ValueType::real, J(k, e).name, std::move(value), first ? "J_ke = ∂x_k/∂X_e" : ""));
    }
  }
  return out;
}

Statements Geometry::determinant() const {
  Expression det = J(0, 0);
  if (dim_ == 2) {
    det = subtract(multiply(J(0, 0), J(1, 1)), multiply(J(0, 1), J(1, 0)));
  } else if (dim_ == 3) {
    const auto minor = [&](int a, int b) {
      return subtract(multiply(J(1, a), J(2, b)), multiply(J(1, b), J(2, a)));
    };
    det = add(add(multiply(J(0, 0), minor(1, 2)), multiply(J(0, 1), minor(2, 0))),
              multiply(J(0, 2), minor(0, 1)));
  }
  return {let(ValueType::real, "detJ", std::move(det))};
}

Statements Geometry::inverse() const {
  Statements out{let(ValueType::real, "inverse_det", divide(real(1), var("detJ")))};
  for (int e = 0; e < dim_; ++e) {
    for (int k = 0; k < dim_; ++k) {
      Expression cofactor = real(1);
      if (dim_ == 2) {
        cofactor = J(1 - k, 1 - e);
        if (e != k) cofactor = negate(std::move(cofactor));
      } else if (dim_ == 3) {
        // Cofactor of J_ke; cyclic indices carry the sign.
        const int k1 = (k + 1) % 3;
        const int k2 = (k + 2) % 3;
        const int e1 = (e + 1) % 3;
        const int e2 = (e + 2) % 3;
        cofactor = subtract(multiply(J(k1, e1), J(k2, e2)), multiply(J(k1, e2), J(k2, e1)));
      }
      const bool first = e == 0 && k == 0;
      out.push_back(
          let(ValueType::real, K(e, k).name,
              dim_ == 1 ? var("inverse_det") : multiply(std::move(cofactor), var("inverse_det")),
              first ? "K_ek = ∂X_e/∂x_k" : ""));
    }
  }
  return out;
}

Statements Geometry::second_derivatives() const {
  Statements out;
  const int vertices = meshes::vertex_count(context_.cell);
  for (int m = 0; m < dim_; ++m) {
    for (int ef = 0; ef < dim_ * (dim_ + 1) / 2; ++ef) {
      std::vector<Expression> terms;
      for (int v = 0; v < vertices && vertex_hessians_; ++v) {
        terms.push_back(multiply(at("X", {integer(v), integer(m)}),
                                 vertex_hessians_->at({integer(v), integer(ef)})));
      }
      out.push_back(let(ValueType::real, fmt::format("G_{}{}", m, ef), sum_of(std::move(terms)),
                        m == 0 && ef == 0 ? "G_m,ef = ∂²x_m/∂X_e∂X_f" : ""));
    }
  }
  return out;
}

Statements Geometry::facet_scale() const {
  Statements out;
  std::vector<Expression> squares;
  for (int k = 0; k < dim_; ++k) {
    std::vector<Expression> terms;
    for (int e = 0; e < dim_; ++e) {
      terms.push_back(multiply(K(e, k), at(normals_, {var("facet"), integer(e)})));
    }
    const std::string name = fmt::format("N_{}", k);
    out.push_back(let(ValueType::real, name, sum_of(std::move(terms)),
                      k == 0 ? "N = Kᵀ · reference normal" : ""));
    squares.push_back(multiply(var(name), var(name)));
  }
  out.push_back(let(ValueType::real, "area", call("sqrt", {sum_of(std::move(squares))}),
                    "area · |det J| is the ratio of facet measures"));
  return out;
}

Statements Geometry::before_points() const {
  if (!context_.affine) return {};
  Statements out = jacobian();
  const auto append = [&](Statements more) {
    out.insert(out.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  };
  append(determinant());
  if (needs_inverse_) append(inverse());
  if (context_.facets) append(facet_scale());
  return out;
}

Statements Geometry::at_point() const {
  Statements out;
  const auto append = [&](Statements more) {
    out.insert(out.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  };
  if (!context_.affine) {
    append(jacobian());
    append(determinant());
    if (needs_inverse_) append(inverse());
    if (needs_second_) append(second_derivatives());
    if (context_.facets) append(facet_scale());
  }
  Expression scale = multiply(at(weights_, {var("q")}), call("abs", {var("detJ")}));
  if (context_.facets) scale = multiply(std::move(scale), var("area"));
  out.push_back(let(ValueType::real, "scale", std::move(scale)));
  if (context_.uses_x) {
    out.push_back(array("x", {dim_}, "x(X_q)"));
    for (int k = 0; k < dim_; ++k) {
      std::vector<Expression> terms;
      for (int v = 0; v < meshes::vertex_count(context_.cell); ++v) {
        terms.push_back(
            multiply(at("X", {integer(v), integer(k)}), vertex_values_->at({integer(v)})));
      }
      out.push_back(assign(at("x", {integer(k)}), sum_of(std::move(terms))));
    }
  }
  if (context_.uses_normal) {
    out.push_back(array("n", {dim_}, "outward unit normal"));
    for (int k = 0; k < dim_; ++k) {
      out.push_back(
          assign(at("n", {integer(k)}), divide(var(fmt::format("N_{}", k)), var("area"))));
    }
  }
  return out;
}

Expression Geometry::first(int k, const std::vector<Expression>& reference) const {
  std::vector<Expression> terms;
  for (int e = 0; e < dim_; ++e) {
    terms.push_back(multiply(K(e, k), reference[static_cast<std::size_t>(e)]));
  }
  return sum_of(std::move(terms));
}

Expression Geometry::second(int k, int l, const std::vector<Expression>& reduced) const {
  std::vector<Expression> terms;
  const auto dim = static_cast<std::size_t>(dim_);
  for (int e = 0; e < dim_; ++e) {
    for (int f = 0; f < dim_; ++f) {
      const std::size_t ef =
          fem::derivative_index(dim, static_cast<std::size_t>(e), static_cast<std::size_t>(f)) - 1 -
          dim;
      terms.push_back(multiply(multiply(K(e, k), K(f, l)), reduced[ef]));
    }
  }
  return sum_of(std::move(terms));
}

Expression Geometry::reduce(int ef, const Expression& reference,
                            const std::vector<Expression>& gradient) const {
  if (!curved()) return reference;
  Expression result = reference;
  for (int m = 0; m < dim_; ++m) {
    result = subtract(std::move(result), multiply(gradient[static_cast<std::size_t>(m)],
                                                  var(fmt::format("G_{}{}", m, ef))));
  }
  return result;
}

}  // namespace femsynth::synth
