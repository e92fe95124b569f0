#include "synth/lower/geometry.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

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

void append(Statements& out, Statements more) {
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<double> reference_facet_tangents(meshes::CellType cell) {
  const int t = meshes::dimension(cell);
  std::vector<double> result;
  for (int f = 0; f < meshes::facet_count(cell); ++f) {
    const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, f, 0));
    for (int e = 0; e < t; ++e) {
      for (int k = 0; k + 1 < t; ++k) {
        const auto end = meshes::reference_vertex(cell, meshes::facet_vertex(cell, f, k + 1));
        result.push_back(end[static_cast<std::size_t>(e)] - origin[static_cast<std::size_t>(e)]);
      }
    }
  }
  return result;
}

std::vector<double> scaled_reference_normals(meshes::CellType cell) {
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  const std::vector<double> tangents = reference_facet_tangents(cell);
  std::array<double, 3> centre{};
  for (int v = 0; v < meshes::vertex_count(cell); ++v) {
    const auto x = meshes::reference_vertex(cell, v);
    for (std::size_t e = 0; e < t; ++e) centre[e] += x[e] / meshes::vertex_count(cell);
  }
  std::vector<double> result;
  for (int f = 0; f < meshes::facet_count(cell); ++f) {
    const double* T = tangents.data() + static_cast<std::size_t>(f) * t * (t - 1);
    std::array<double, 3> n{1, 0, 0};
    if (t == 2) n = {T[1], -T[0], 0};
    if (t == 3) {
      n = {T[2] * T[5] - T[4] * T[3], T[4] * T[1] - T[0] * T[5], T[0] * T[3] - T[2] * T[1]};
    }
    const auto on_facet = meshes::reference_vertex(cell, meshes::facet_vertex(cell, f, 0));
    double outward = 0;
    for (std::size_t e = 0; e < t; ++e) outward += n[e] * (on_facet[e] - centre[e]);
    for (std::size_t e = 0; e < t; ++e) {
      const double entry = outward > 0 ? n[e] : -n[e];
      result.push_back(entry == 0 ? 0.0 : entry);
    }
  }
  return result;
}

void GeometryNeeds::add(const SubSpace& part, bool affine) {
  if (!part.orders.any()) return;
  const bool derivatives = part.orders.any_derivative();
  const bool contra = is_contravariant(part.pull_back);
  inverse = inverse || derivatives || (part.piola() && !contra);
  contravariant = contravariant || contra;
  if (affine || !derivatives) return;
  const int order = part.orders.highest();
  // K maps derivatives: one of order n takes its derivative of order n − 1, whatever the pull-back.
  inverse_order = std::max(inverse_order, part.piola() && !contra ? order : order - 1);
  if (contra) contravariant_order = std::max(contravariant_order, order);
}

Geometry::Geometry(const IntegralContext& context, TableSet& tables, const GeometryNeeds& needs,
                   const Side& side)
    : context_(context),
      needs_(needs),
      side_(side),
      dim_(context.dim),
      tdim_(context.tdim),
      nodes_(context.geometry_nodes()) {
  needs_.inverse = needs_.inverse || context.points.on_facets();
  JetOrders orders;
  orders.set(0, context.reads(Symbol::Kind::coordinate, side.number));
  for (int order = 1; order <= needs_.map_order() + 1; ++order) orders.set(order, !context.affine);
  const PointSet& points = context.points;
  psi_ = make_basis_tables(tables, context.geometry_element(), orders, points, context.suffix)
             .of_order;
  if (side.number == 0 && !points.weights.empty() && points.kind != fem::IntegralKind::vertex) {
    std::vector<double> weights;
    for (const auto& of_place : points.weights) {
      weights.insert(weights.end(), of_place.begin(), of_place.end());
    }
    const bool same = points.places() == 1 ||
                      std::equal(weights.begin() + static_cast<std::ptrdiff_t>(points.count),
                                 weights.end(), weights.begin());
    std::vector<int> dims{static_cast<int>(points.count)};
    if (same) {
      weights.resize(points.count);
    } else {
      dims.insert(dims.begin(), static_cast<int>(points.places()));
    }
    weights_ = PointTable{
        tables.add_plain("weights_" + context.suffix, "quadrature weights w_q", dims, weights),
        !same, true};
  }
  if (points.on_facets()) {
    normals_ = tables.add_plain(
        "normals_" + context.suffix,
        "outward normals of the reference facets, as long as their measure ratio",
        {meshes::facet_count(points.cell), tdim_}, scaled_reference_normals(points.cell));
  }
}

Expression Geometry::determinant() const { return var(name("detJ")); }
Expression Geometry::orientation() const {
  const Expression reversed = binary(ExpressionKind::less, var(name("orientation")), integer(0));
  return select(reversed, real(-1), real(1));
}
Expression Geometry::measure() const {
  const bool positive = context_.domain.is_manifold() && !context_.oriented;
  return positive ? determinant() : call("abs", {determinant()});
}
Expression Geometry::node(Expression v, int k) const {
  return at(name("X"), {std::move(v), integer(k)});
}
Expression Geometry::scaled_normal(int k) const { return var(name(fmt::format("N_{}", k))); }
Expression Geometry::area() const { return var(name("area")); }
Statements Geometry::sums(const std::string& array_name, const std::string& comment, int entries,
                          const std::optional<PointTable>& table) const {
  Statements out;
  if (!loops_over_nodes() || !table) return out;
  out.push_back(array(name(array_name), {dim_, entries}, comment));
  Statements body;
  for (int k = 0; k < dim_; ++k) {
    for (int entry = 0; entry < entries; ++entry) {
      const Expression target = at(name(array_name), {integer(k), integer(entry)});
      out.push_back(assign(target, real(0)));
      body.push_back(accumulate(
          target, multiply(node(var("v"), k), table->at(side_, {var("v"), integer(entry)}))));
    }
  }
  out.push_back(loop("v", integer(0), integer(nodes_), std::move(body)));
  return out;
}

Expression Geometry::sum_over_nodes(const std::string& array_name, int k, int entry,
                                    const std::optional<PointTable>& table) const {
  if (!table) return real(0);
  if (loops_over_nodes()) return at(name(array_name), {integer(k), integer(entry)});
  std::vector<Expression> terms;
  for (int v = 0; v < nodes_; ++v) {
    terms.push_back(multiply(node(integer(v), k), table->at(side_, {integer(v), integer(entry)})));
  }
  return sum_of(std::move(terms));
}

Statements Geometry::jacobian() const {
  Statements out;
  if (!context_.affine) out = sums("dx", "∂x_k/∂X_e", tdim_, psi_[1]);
  for (int k = 0; k < dim_; ++k) {
    for (int e = 0; e < tdim_; ++e) {
      Expression value = context_.affine ? subtract(node(integer(e + 1), k), node(integer(0), k))
                                         : sum_over_nodes("dx", k, e, psi_[1]);
      const bool first = k == 0 && e == 0;
      out.push_back(
          let(ValueType::real, J(k, e).name, std::move(value), first ? "J_ke = ∂x_k/∂X_e" : ""));
    }
  }
  return out;
}

/// JᵀJ, upper triangle.
Statements Geometry::metric() const {
  Statements out;
  for (int e = 0; e < tdim_; ++e) {
    for (int f = e; f < tdim_; ++f) {
      std::vector<Expression> terms;
      for (int k = 0; k < dim_; ++k) terms.push_back(multiply(J(k, e), J(k, f)));
      out.push_back(let(ValueType::real, name(fmt::format("metric_{}{}", e, f)),
                        sum_of(std::move(terms)), e == 0 && f == 0 ? "g = JᵀJ" : ""));
    }
  }
  return out;
}

Statements Geometry::determinant_statements() const {
  const std::string target = determinant().name;
  if (context_.domain.is_manifold()) {
    Statements out = metric();
    const auto g = [&](const char* place) { return var(name(std::string("metric_") + place)); };
    Expression det = g("00");
    if (tdim_ == 2) {
      det = subtract(multiply(g("00"), g("11")), multiply(g("01"), g("01")));
      out.push_back(let(ValueType::real, name("detg"), std::move(det)));
      det = var(name("detg"));
    }
    det = call("sqrt", {std::move(det)});
    if (context_.oriented) {
      det = multiply(orientation(), std::move(det));
    }
    out.push_back(let(ValueType::real, target, std::move(det),
                      context_.oriented ? "the pseudo-determinant, with the cell's sign"
                                        : "the pseudo-determinant"));
    return out;
  }
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
  return {let(ValueType::real, target, std::move(det))};
}

Statements Geometry::manifold_inverse() const {
  Statements out;
  const auto g = [&](const char* place) { return var(name(std::string("metric_") + place)); };
  for (int e = 0; e < tdim_; ++e) {
    for (int k = 0; k < dim_; ++k) {
      Expression value;
      if (tdim_ == 1) {
        value = divide(J(k, 0), g("00"));
      } else {
        value =
            subtract(multiply(g(e == 0 ? "11" : "00"), J(k, e)), multiply(g("01"), J(k, 1 - e)));
        value = divide(std::move(value), var(name("detg")));
      }
      out.push_back(let(ValueType::real, K(e, k).name, std::move(value),
                        e == 0 && k == 0 ? "K = (JᵀJ)⁻¹Jᵀ" : ""));
    }
  }
  return out;
}

Statements Geometry::inverse() const {
  if (context_.domain.is_manifold()) return manifold_inverse();
  const std::string inverse_det = name("inverse_det");
  Statements out{let(ValueType::real, inverse_det, divide(real(1), determinant()))};
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
              dim_ == 1 ? var(inverse_det) : multiply(std::move(cofactor), var(inverse_det)),
              first ? "K_ek = ∂X_e/∂x_k" : ""));
    }
  }
  return out;
}

Statements Geometry::facet_scale() const {
  Statements out;
  std::vector<Expression> squares;
  for (int k = 0; k < dim_; ++k) {
    std::vector<Expression> terms;
    for (int e = 0; e < tdim_; ++e) {
      terms.push_back(multiply(K(e, k), at(normals_, {var(side_.place), integer(e)})));
    }
    const std::string target = scaled_normal(k).name;
    out.push_back(let(ValueType::real, target, sum_of(std::move(terms)),
                      k == 0 ? "N = Kᵀ · reference normal" : ""));
    squares.push_back(multiply(var(target), var(target)));
  }
  out.push_back(let(ValueType::real, area().name, call("sqrt", {sum_of(std::move(squares))}),
                    "area · |det J| is the ratio of facet measures"));
  return out;
}

Statements Geometry::piola_factors() const {
  Statements out;
  for (int i = 0; i < dim_; ++i) {
    for (int a = 0; a < tdim_; ++a) {
      out.push_back(let(ValueType::real, piola(fem::PullBack::contravariant_piola, i, a).name,
                        divide(J(i, a), determinant()), i == 0 && a == 0 ? "P = J / det J" : ""));
    }
  }
  return out;
}

Statements Geometry::map_statements() const {
  Statements out = jacobian();
  append(out, determinant_statements());
  if (needs_.inverse) append(out, inverse());
  if (context_.points.on_facets()) append(out, facet_scale());
  if (needs_.contravariant) append(out, piola_factors());
  if (!context_.affine) append(out, derivatives());
  return out;
}

void Geometry::read_locally(const std::string& values, const std::string& gradients,
                            const std::string& weight) {
  if (psi_[0]) psi_[0] = PointTable{values, false, false};
  if (psi_[1]) psi_[1] = PointTable{gradients, false, false};
  weight_ = weight;
}

Statements Geometry::before_points() const {
  return context_.affine ? map_statements() : Statements{};
}

Statements Geometry::coordinates() const {
  Statements out{array(name("x"), {dim_}, "x(X_q)")};
  const auto target = [&](int k) { return at(name("x"), {integer(k)}); };
  Statements body;
  for (int k = 0; k < dim_; ++k) {
    if (loops_over_nodes()) {
      out.push_back(assign(target(k), real(0)));
      body.push_back(
          accumulate(target(k), multiply(node(var("v"), k), psi_[0]->at(side_, {var("v")}))));
      continue;
    }
    std::vector<Expression> terms;
    for (int v = 0; v < nodes_; ++v) {
      terms.push_back(multiply(node(integer(v), k), psi_[0]->at(side_, {integer(v)})));
    }
    out.push_back(assign(target(k), sum_of(std::move(terms))));
  }
  if (!body.empty()) out.push_back(loop("v", integer(0), integer(nodes_), std::move(body)));
  return out;
}

Statements Geometry::at_point() const {
  Statements out;
  if (!context_.affine) append(out, map_statements());
  if (side_.number == 0 && !context_.expression) {
    Expression scale = real(1);
    if (weights_) {
      scale = multiply(weight_.empty() ? weights_->at(side_, {}) : var(weight_), measure());
      if (context_.points.on_facets()) scale = multiply(std::move(scale), area());
    }
    out.push_back(let(ValueType::real, "scale", std::move(scale)));
  }
  if (context_.reads(Symbol::Kind::coordinate, side_.number)) append(out, coordinates());
  if (context_.reads(Symbol::Kind::normal, side_.number)) {
    out.push_back(array(name("n"), {dim_}, "outward unit normal"));
    for (int k = 0; k < dim_; ++k) {
      out.push_back(assign(at(name("n"), {integer(k)}), divide(scaled_normal(k), area())));
    }
  }
  return out;
}

Expression Geometry::first(int k, const std::vector<Expression>& reference) const {
  std::vector<Expression> terms;
  for (int e = 0; e < tdim_; ++e) {
    terms.push_back(multiply(K(e, k), reference[static_cast<std::size_t>(e)]));
  }
  return sum_of(std::move(terms));
}

}  // namespace femsynth::synth
