#include "synth/lower/geometric_quantities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "fem/form/algebra.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/quantity_names.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

using Quantity = fem::GeometricQuantity;

/// Of rules for measures that no rule gives exactly, being integrals of roots. Measured on the bent
/// faces of perturbed hexahedra, the worst of all, in units of the tolerance of verification:
/// degree 18 is off by 10, 20 by 1.4, 24 by 0.03, 28 by no more than rounding.
constexpr int kMeasureDegree = 26;

/// Degree that integrates |det J| exactly where that is a polynomial: t derivatives of degree g
/// in each variable, on pyramids of the collapsed coordinates of their rules.
int measure_degree(const IntegralContext& context) {
  if (context.domain.is_manifold()) return kMeasureDegree;
  return context.domain.degree * context.tdim;
}

/// As above for a facet, whose scale is a root unless the facet is a straight edge.
int facet_measure_degree(const IntegralContext& context) {
  return context.tdim == 2 && context.domain.degree == 1 ? 0 : kMeasureDegree;
}

/// Local vertices of the edges of each facet, in the order of the facet's reference cell.
std::vector<std::array<int, 2>> facet_edges(meshes::CellType cell, int facet) {
  if (meshes::dimension(cell) == 2) {
    return {{meshes::facet_vertex(cell, facet, 0), meshes::facet_vertex(cell, facet, 1)}};
  }
  const meshes::CellType type = meshes::facet_type(cell, facet);
  std::vector<std::array<int, 2>> edges;
  for (int e = 0; e < meshes::entity_count(type, 1); ++e) {
    const auto ends = meshes::entity_vertices(type, 1, e);
    edges.push_back(
        {meshes::facet_vertex(cell, facet, ends[0]), meshes::facet_vertex(cell, facet, ends[1])});
  }
  return edges;
}

/// Makes the lets of one side.
class QuantityBuilder {
 public:
  QuantityBuilder(const IntegralContext& context, TableSet& tables, const Geometry& geometry)
      : context_(context),
        tables_(tables),
        geometry_(geometry),
        cell_(context.domain.cell),
        d_(context.dim),
        t_(context.tdim) {}

  Statements run(bool at_point);

 private:
  bool reads(Quantity quantity) const;
  /// What several quantities share, and those that need statements of their own.
  void prepare(bool at_point);
  Expression value(Quantity quantity, int component);
  void integrate(const std::string& target, fem::IntegralKind kind, int degree);
  void facet_jacobians();

  void define(const std::string& name, Expression value) {
    out_.push_back(let(ValueType::real, geometry_.name(name), std::move(value)));
  }
  Expression named(const std::string& name) const { return var(geometry_.name(name)); }
  Expression facet() const { return var(geometry_.side().place); }
  Expression reference_table(const std::string& name, const std::string& comment,
                             std::vector<int> tail, const std::vector<double>& values,
                             std::vector<Expression> indices);
  Expression difference(Expression to, Expression from, int k) const {
    return subtract(geometry_.node(std::move(to), k), geometry_.node(std::move(from), k));
  }
  Expression squared_length(const Expression& to, const Expression& from) const;
  /// End `k` of edge `edge` of the current facet.
  Expression facet_edge_end(int edge, int k);
  std::size_t facet_edge_count() const;
  Expression extreme(const char* function, std::vector<Expression> squares) const;
  std::vector<Expression> cell_edges_squared() const;
  std::vector<Expression> facet_edges_squared();
  Expression diameter() const;
  Expression circumradius() const;
  Expression facet_tangent(int e, int k);
  Expression facet_inverse(int k, int i) const;
  Expression cell_normal(int k) const;
  Expression jacobian_derivative(Quantity quantity, int component) const;
  Expression orientation() const;
  Expression point_table(const std::string& name, const std::vector<std::vector<double>>& points,
                         int extent, int component);
  Expression reference_edge(int component) const;
  Expression reference_facet_edge(int component);
  Expression reference_facet_volume();
  Expression weight();

  const IntegralContext& context_;
  TableSet& tables_;
  const Geometry& geometry_;
  meshes::CellType cell_;
  int d_, t_;
  Statements out_;
};

bool QuantityBuilder::reads(Quantity quantity) const {
  return std::any_of(context_.symbols.begin(), context_.symbols.end(), [&](const Symbol& s) {
    return s.kind == Symbol::Kind::geometry && s.side == geometry_.side().number &&
           quantity_of(s) == quantity;
  });
}

/// An entry of a table over facets, [facet][tail].
Expression QuantityBuilder::reference_table(const std::string& name, const std::string& comment,
                                            std::vector<int> tail,
                                            const std::vector<double>& values,
                                            std::vector<Expression> indices) {
  tail.insert(tail.begin(), meshes::facet_count(cell_));
  indices.insert(indices.begin(), facet());
  return at(tables_.add_plain(name, comment, tail, values), std::move(indices));
}

Expression QuantityBuilder::squared_length(const Expression& to, const Expression& from) const {
  std::vector<Expression> terms;
  for (int k = 0; k < d_; ++k) {
    terms.push_back(multiply(difference(to, from, k), difference(to, from, k)));
  }
  return sum_of(std::move(terms));
}

std::size_t QuantityBuilder::facet_edge_count() const {
  std::size_t most = 0;
  for (int f = 0; f < meshes::facet_count(cell_); ++f) {
    most = std::max(most, facet_edges(cell_, f).size());
  }
  return most;
}

Expression QuantityBuilder::facet_edge_end(int edge, int k) {
  const std::size_t count = facet_edge_count();
  std::vector<double> values;
  for (int f = 0; f < meshes::facet_count(cell_); ++f) {
    std::vector<std::array<int, 2>> edges = facet_edges(cell_, f);
    edges.resize(count, edges[0]);  // a triangle beside quadrilaterals: its first edge again
    for (const auto& ends : edges) values.insert(values.end(), ends.begin(), ends.end());
  }
  const std::string table = tables_.add_plain(
      "facet_edges_" + context_.suffix, "vertices of the edges of each facet",
      {meshes::facet_count(cell_), static_cast<int>(count), 2}, values, ValueType::integer);
  return at(table, {facet(), integer(edge), integer(k)});
}

std::vector<Expression> QuantityBuilder::cell_edges_squared() const {
  std::vector<Expression> squares;
  for (int e = 0; e < meshes::entity_count(cell_, 1); ++e) {
    const auto ends = meshes::entity_vertices(cell_, 1, e);
    squares.push_back(squared_length(integer(ends[1]), integer(ends[0])));
  }
  return squares;
}

std::vector<Expression> QuantityBuilder::facet_edges_squared() {
  std::vector<Expression> squares;
  for (int e = 0; e < static_cast<int>(facet_edge_count()); ++e) {
    squares.push_back(squared_length(facet_edge_end(e, 1), facet_edge_end(e, 0)));
  }
  return squares;
}

Expression QuantityBuilder::extreme(const char* function, std::vector<Expression> squares) const {
  Expression result = std::move(squares[0]);
  for (std::size_t k = 1; k < squares.size(); ++k) {
    result = call(function, {std::move(result), std::move(squares[k])});
  }
  return call("sqrt", {std::move(result)});
}

Expression QuantityBuilder::diameter() const {
  std::vector<Expression> squares;
  for (int a = 0; a < meshes::vertex_count(cell_); ++a) {
    for (int b = a + 1; b < meshes::vertex_count(cell_); ++b) {
      squares.push_back(squared_length(integer(b), integer(a)));
    }
  }
  return extreme("fmax", std::move(squares));
}

/// Radius of the circumscribed circle or sphere of a straight simplex: half an interval's length,
/// abc / 4A, and sqrt(s (s − aα)(s − bβ)(s − cγ)) / 6V with s half the sum of the products of
/// opposite edges (Crelle).
Expression QuantityBuilder::circumradius() const {
  const auto edge = [&](int e) { return named(fmt::format("edge_{}", e)); };
  const Expression volume = multiply(real(meshes::reference_volume(cell_)), geometry_.measure());
  if (t_ == 1) return multiply(real(0.5), volume);
  if (t_ == 2) {
    return divide(multiply(multiply(edge(0), edge(1)), edge(2)), multiply(real(4), volume));
  }
  // Basix's edges 0 … 5: edge e is opposite to edge 5 − e.
  const auto product = [&](int e) { return multiply(edge(e), edge(5 - e)); };
  const Expression s = multiply(real(0.5), add(add(product(0), product(1)), product(2)));
  Expression square = s;
  for (int e = 0; e < 3; ++e) square = multiply(std::move(square), subtract(s, product(e)));
  return divide(call("sqrt", {std::move(square)}), multiply(real(6), volume));
}

Expression QuantityBuilder::facet_tangent(int e, int k) {
  return reference_table("facet_tangents_" + context_.suffix, "∂X/∂ξ of each facet", {t_, t_ - 1},
                         reference_facet_tangents(cell_), {integer(e), integer(k)});
}

/// Facet Jacobian F = J ∂X/∂ξ, its pseudo-determinant and what the pseudo-inverse needs.
void QuantityBuilder::facet_jacobians() {
  const auto F = [&](int i, int k) { return named(fmt::format("facet_jacobian_{}_{}", i, k)); };
  for (int i = 0; i < d_; ++i) {
    for (int k = 0; k + 1 < t_; ++k) {
      std::vector<Expression> terms;
      for (int e = 0; e < t_; ++e) {
        terms.push_back(multiply(geometry_.J(i, e), facet_tangent(e, k)));
      }
      define(fmt::format("facet_jacobian_{}_{}", i, k), sum_of(std::move(terms)));
    }
  }
  for (int k = 0; k + 1 < t_; ++k) {
    for (int l = k; l + 1 < t_; ++l) {
      std::vector<Expression> terms;
      for (int i = 0; i < d_; ++i) terms.push_back(multiply(F(i, k), F(i, l)));
      define(fmt::format("facet_metric_{}{}", k, l), sum_of(std::move(terms)));
    }
  }
  Expression square = real(1);
  if (t_ == 2) square = named("facet_metric_00");
  if (t_ == 3) {
    square = subtract(multiply(named("facet_metric_00"), named("facet_metric_11")),
                      multiply(named("facet_metric_01"), named("facet_metric_01")));
  }
  define("facet_determinant", t_ == 1 ? real(1) : call("sqrt", {std::move(square)}));
}

/// ((FᵀF)⁻¹ Fᵀ)_ki.
Expression QuantityBuilder::facet_inverse(int k, int i) const {
  const auto F = [&](int l) { return named(fmt::format("facet_jacobian_{}_{}", i, l)); };
  if (t_ == 2) return divide(F(0), named("facet_metric_00"));
  const Expression numerator =
      subtract(multiply(named(k == 0 ? "facet_metric_11" : "facet_metric_00"), F(k)),
               multiply(named("facet_metric_01"), F(1 - k)));
  return divide(numerator, multiply(named("facet_determinant"), named("facet_determinant")));
}

/// (−J_1, J_0) of a line in the plane, J_·0 × J_·1 of a surface, with the sign of the cell's
/// orientation: as UFL lowers it.
Expression QuantityBuilder::cell_normal(int k) const {
  Expression value;
  if (t_ == 1) {
    value = k == 0 ? negate(geometry_.J(1, 0)) : geometry_.J(0, 0);
  } else {
    const int a = (k + 1) % 3;
    const int b = (k + 2) % 3;
    value = subtract(multiply(geometry_.J(a, 0), geometry_.J(b, 1)),
                     multiply(geometry_.J(b, 0), geometry_.J(a, 1)));
  }
  return divide(std::move(value), geometry_.determinant());
}

/// The sign of det J.
Expression QuantityBuilder::orientation() const {
  if (context_.domain.is_manifold()) return geometry_.orientation();
  const Expression reversed = binary(ExpressionKind::less, geometry_.determinant(), real(0));
  return select(reversed, real(-1), real(1));
}

Expression QuantityBuilder::point_table(const std::string& name,
                                        const std::vector<std::vector<double>>& points, int extent,
                                        int component) {
  std::vector<double> values;
  for (const auto& of_place : points) {
    values.insert(values.end(), of_place.begin(), of_place.end());
  }
  const auto table = tables_.add(name + "_" + context_.suffix, "coordinates of the points",
                                 points.size(), {extent}, values);
  return table ? table->at(geometry_.side(), {integer(component)}) : real(0);
}

Expression QuantityBuilder::reference_edge(int component) const {
  const auto ends = meshes::entity_vertices(cell_, 1, component / t_);
  const auto e = static_cast<std::size_t>(component % t_);
  return real(meshes::reference_vertex(cell_, ends[1])[e] -
              meshes::reference_vertex(cell_, ends[0])[e]);
}

Expression QuantityBuilder::reference_facet_edge(int component) {
  const std::size_t count = facet_edge_count();
  std::vector<double> values;
  for (int f = 0; f < meshes::facet_count(cell_); ++f) {
    std::vector<std::array<int, 2>> edges = facet_edges(cell_, f);
    edges.resize(count, edges[0]);
    for (const auto& ends : edges) {
      for (int e = 0; e < t_; ++e) {
        values.push_back(meshes::reference_vertex(cell_, ends[1])[static_cast<std::size_t>(e)] -
                         meshes::reference_vertex(cell_, ends[0])[static_cast<std::size_t>(e)]);
      }
    }
  }
  return reference_table("reference_facet_edges_" + context_.suffix,
                         "edge vectors of the reference facets", {static_cast<int>(count), t_},
                         values, {integer(component / t_), integer(component % t_)});
}

Expression QuantityBuilder::reference_facet_volume() {
  if (t_ == 1) return real(1);
  std::vector<double> values;
  for (int f = 0; f < meshes::facet_count(cell_); ++f) {
    values.push_back(meshes::reference_volume(meshes::facet_type(cell_, f)));
  }
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; })) {
    return real(values[0]);
  }
  return reference_table("facet_volumes_" + context_.suffix, "measures of the reference facets", {},
                         values, {});
}

Expression QuantityBuilder::weight() {
  std::vector<double> values;
  for (const auto& of_place : context_.points.weights) {
    values.insert(values.end(), of_place.begin(), of_place.end());
  }
  if (values.empty()) return real(1);
  const auto table = tables_.add("weight_" + context_.suffix, "quadrature weights w_q",
                                 context_.points.places(), {}, values);
  return table->at(context_.sides[0], {});
}

/// ∂^n J_ij/∂X_a… of the components (i, j, a, …), row-major.
Expression QuantityBuilder::jacobian_derivative(Quantity quantity, int component) const {
  fem::Directions along;
  for (int n = jacobian_order(quantity); n > 0; --n, component /= t_) {
    along.push_back(component % t_);
  }
  std::sort(along.begin(), along.end());
  return geometry_.J(component / t_, component % t_, along);
}

/// target = measure of the cell or of the facet, by quadrature.
void QuantityBuilder::integrate(const std::string& target, fem::IntegralKind kind, int degree) {
  IntegralContext rule = context_;
  rule.points = make_points(cell_, kind, {degree, nullptr});
  rule.symbols.clear();
  rule.expression = false;
  rule.suffix += kind == fem::IntegralKind::cell ? "_volume" : "_area";
  const Side& side = geometry_.side();
  const Geometry map(rule, tables_, {}, {0, side.ending, side.place, "q"});
  const Expression total = named(target);
  out_.push_back(array(total.name, {}, fmt::format("by quadrature of degree {}", degree)));
  out_.push_back(assign(total, real(0)));
  Statements body = map.at_point();
  body.push_back(accumulate(total, var("scale")));
  out_.push_back(
      loop("q", integer(0), integer(static_cast<int>(rule.points.count)), std::move(body)));
}

void QuantityBuilder::prepare(bool at_point) {
  const bool facet_map = reads(Quantity::facet_jacobian) ||
                         reads(Quantity::facet_jacobian_determinant) ||
                         reads(Quantity::facet_jacobian_inverse);
  if (facet_map && at_point != context_.affine) facet_jacobians();
  if (at_point) return;
  if (!context_.affine && reads(Quantity::cell_volume)) {
    integrate("cell_volume", fem::IntegralKind::cell, measure_degree(context_));
  }
  if (!context_.affine && t_ > 1 && reads(Quantity::facet_area)) {
    integrate("facet_area", fem::IntegralKind::exterior_facet, facet_measure_degree(context_));
  }
  if (reads(Quantity::circumradius) && t_ > 1) {
    int e = 0;
    for (Expression& square : cell_edges_squared()) {
      define(fmt::format("edge_{}", e++), call("sqrt", {std::move(square)}));
    }
  }
}

Expression QuantityBuilder::value(Quantity quantity, int component) {
  const int row = component / d_;
  const int column = component % d_;
  switch (quantity) {
    case Quantity::cell_volume:
      return multiply(real(meshes::reference_volume(cell_)), geometry_.measure());
    case Quantity::circumradius:
      return circumradius();
    case Quantity::cell_diameter:
      return diameter();
    case Quantity::min_cell_edge_length:
      return extreme("fmin", cell_edges_squared());
    case Quantity::max_cell_edge_length:
      return extreme("fmax", cell_edges_squared());
    case Quantity::facet_area:
      if (t_ == 1) return real(1);
      return multiply(reference_facet_volume(), multiply(geometry_.measure(), geometry_.area()));
    case Quantity::min_facet_edge_length:
      return extreme("fmin", facet_edges_squared());
    case Quantity::max_facet_edge_length:
      return extreme("fmax", facet_edges_squared());
    case Quantity::facet_jacobian_inverse:
      return facet_inverse(row, column);
    case Quantity::cell_coordinate:
      return point_table("points", context_.points.points, t_, component);
    case Quantity::facet_coordinate:
      return point_table("facet_points", context_.points.facet_points, t_ - 1, component);
    case Quantity::cell_origin:
      return geometry_.node(integer(0), component);
    case Quantity::facet_origin: {
      std::vector<double> origins;
      for (int f = 0; f < meshes::facet_count(cell_); ++f) {
        origins.push_back(meshes::facet_vertex(cell_, f, 0));
      }
      const std::string table =
          tables_.add_plain("facet_origins_" + context_.suffix, "first vertex of each facet",
                            {meshes::facet_count(cell_)}, origins, ValueType::integer);
      return geometry_.node(at(table, {facet()}), component);
    }
    case Quantity::cell_vertices:
      return geometry_.node(integer(row), column);
    case Quantity::cell_edge_vectors: {
      const auto ends = meshes::entity_vertices(cell_, 1, row);
      return difference(integer(ends[1]), integer(ends[0]), column);
    }
    case Quantity::facet_edge_vectors:
      return difference(facet_edge_end(row, 1), facet_edge_end(row, 0), column);
    case Quantity::reference_cell_volume:
      return real(meshes::reference_volume(cell_));
    case Quantity::reference_facet_volume:
      return reference_facet_volume();
    case Quantity::reference_normal: {
      std::vector<double> normals = scaled_reference_normals(cell_);
      const auto t = static_cast<std::size_t>(t_);
      for (std::size_t f = 0; f < normals.size(); f += t) {
        double square = 0;
        for (std::size_t e = 0; e < t; ++e) square += normals[f + e] * normals[f + e];
        for (std::size_t e = 0; e < t; ++e) normals[f + e] /= std::sqrt(square);
      }
      return reference_table("unit_normals_" + context_.suffix,
                             "outward unit normals of the reference facets", {t_}, normals,
                             {integer(component)});
    }
    case Quantity::cell_facet_jacobian:
      return facet_tangent(component / (t_ - 1), component % (t_ - 1));
    case Quantity::reference_cell_edge_vectors:
      return reference_edge(component);
    case Quantity::reference_facet_edge_vectors:
      return reference_facet_edge(component);
    case Quantity::cell_normal:
      return cell_normal(component);
    case Quantity::cell_orientation:
      return orientation();
    case Quantity::quadrature_weight:
      return weight();
    case Quantity::jacobian_gradient:
    case Quantity::jacobian_hessian:
      return jacobian_derivative(quantity, component);
    case Quantity::jacobian:
    case Quantity::jacobian_determinant:
    case Quantity::jacobian_inverse:
    case Quantity::facet_jacobian:
    case Quantity::facet_jacobian_determinant:
      break;  // variables of the geometry, and of prepare()
  }
  throw InternalError("a geometric quantity has a variable already");
}

/// Is the quantity's variable made by Geometry or by prepare()?
bool has_variable(const IntegralContext& context, Quantity quantity) {
  switch (quantity) {
    case Quantity::jacobian:
    case Quantity::jacobian_determinant:
    case Quantity::jacobian_inverse:
    case Quantity::facet_jacobian:
    case Quantity::facet_jacobian_determinant:
      return true;
    case Quantity::cell_volume:
      return !context.affine;
    case Quantity::facet_area:
      return !context.affine && context.tdim > 1;
    default:
      return false;
  }
}

Statements QuantityBuilder::run(bool at_point) {
  prepare(at_point);
  for (const Symbol& symbol : context_.symbols) {
    if (symbol.kind != Symbol::Kind::geometry || symbol.side != geometry_.side().number) continue;
    if (constant_in_cell(symbol, context_) == at_point) continue;
    if (has_variable(context_, quantity_of(symbol))) continue;
    out_.push_back(let(ValueType::real, quantity_name(symbol, context_),
                       value(quantity_of(symbol), symbol.component)));
  }
  return std::move(out_);
}

}  // namespace

GeometricQuantities::GeometricQuantities(const IntegralContext& context, TableSet& tables,
                                         const Geometry& geometry)
    : before_(QuantityBuilder(context, tables, geometry).run(false)),
      at_(QuantityBuilder(context, tables, geometry).run(true)) {}

}  // namespace femsynth::synth
