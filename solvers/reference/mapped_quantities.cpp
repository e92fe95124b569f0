#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/mapped_entity.hpp"

// Geometric quantities, from vertex coordinates and the map.
namespace femsynth::solvers {
namespace {

using Quantity = fem::GeometricQuantity;

/// Degrees of the rules that measure cells and facets whose measure is no polynomial: the oracle's,
/// and the least that a kernel must have.
constexpr int kMeasureDegree = 32;
constexpr int kLeastMeasureDegree = 26;
constexpr int kPyramidDegree = 20;
const std::vector<ReferenceForm::Shape> kNone;

Number exact(double value) { return {value, std::abs(value), 0.0}; }
Number whole(const Number& n) { return {n.value, std::abs(n.value), n.error}; }
Number minus(const Number& n) { return {-n.value, n.magnitude, n.error}; }

}  // namespace

std::array<std::array<double, 3>, 2> reference_tangents(meshes::CellType cell, int facet) {
  std::array<std::array<double, 3>, 2> tangents{};
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
  for (int k = 0; k + 1 < meshes::dimension(cell); ++k) {
    const auto end = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, k + 1));
    for (std::size_t i = 0; i < 3; ++i) {
      tangents[static_cast<std::size_t>(k)][i] = end[i] - origin[i];
    }
  }
  return tangents;
}

std::array<double, 3> reference_normal(meshes::CellType cell, int facet) {
  const auto t = reference_tangents(cell, facet);
  std::array<double, 3> n{};
  switch (meshes::dimension(cell)) {
    case 1:
      n[0] = 1.0;
      break;
    case 2:
      n = {t[0][1], -t[0][0], 0.0};
      break;
    default:
      for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t j = (i + 1) % 3, k = (i + 2) % 3;
        n[i] = t[0][j] * t[1][k] - t[0][k] * t[1][j];
      }
  }
  // Outward: away from the centre of the vertices.
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
  double square = 0.0, side = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    double centre = 0.0;
    for (int v = 0; v < meshes::vertex_count(cell); ++v) {
      centre += meshes::reference_vertex(cell, v)[i] / meshes::vertex_count(cell);
    }
    side += n[i] * (origin[i] - centre);
    square += n[i] * n[i];
  }
  for (double& entry : n) entry *= (side > 0.0 ? 1.0 : -1.0) / std::sqrt(square);
  return n;
}

std::vector<double> facet_points(meshes::CellType cell, int facet, std::span<const double> xi) {
  const auto tangents = reference_tangents(cell, facet);
  const auto origin = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, 0));
  const auto t = static_cast<std::size_t>(meshes::dimension(cell));
  std::vector<double> points;
  for (std::size_t q = 0; q < (t == 1 ? 1 : xi.size() / (t - 1)); ++q) {
    for (std::size_t i = 0; i < t; ++i) {
      double X = origin[i];
      for (std::size_t k = 0; k + 1 < t; ++k) X += xi[q * (t - 1) + k] * tangents[k][i];
      points.push_back(X);
    }
  }
  return points;
}

std::vector<std::array<int, 2>> facet_edges(meshes::CellType cell, int facet) {
  std::vector<std::array<int, 2>> edges;
  if (meshes::dimension(cell) == 1) return edges;
  const auto type = meshes::facet_type(cell, facet);
  for (int e = 0; e < meshes::entity_count(type, 1); ++e) {
    const auto ends = meshes::entity_vertices(type, 1, e);
    edges.push_back(
        {meshes::facet_vertex(cell, facet, ends[0]), meshes::facet_vertex(cell, facet, ends[1])});
  }
  return edges;
}

Number MappedEntity::vertex(std::size_t k, std::size_t i) const {
  return exact(mesh_.vertex(static_cast<std::size_t>(mesh_.cell(place_.cell)[k]))[i]);
}

Number MappedEntity::length(std::span<const Number> vector) const {
  Number square;
  for (const Number& entry : vector) square = add(square, multiply(entry, entry, u_), u_);
  return whole(square_root(square, u_));
}

/// Second end minus first end of an edge of the cell (dim 1) or facet `index` (dim t − 1).
std::vector<Number> MappedEntity::edge_vectors(int dim, int index, bool reference) const {
  std::vector<std::array<int, 2>> edges;
  if (dim < 0) {
    edges = facet_edges(mesh_.cell_type, index);
  } else {
    for (int e = 0; e < meshes::entity_count(mesh_.cell_type, 1); ++e) {
      const auto ends = meshes::entity_vertices(mesh_.cell_type, 1, e);
      edges.push_back({ends[0], ends[1]});
    }
  }
  std::vector<Number> result;
  for (const auto& [from, to] : edges) {
    for (std::size_t i = 0; i < (reference ? t_ : d_); ++i) {
      const auto at = [&](int v) {
        return reference ? exact(meshes::reference_vertex(mesh_.cell_type, v)[i])
                         : vertex(static_cast<std::size_t>(v), i);
      };
      result.push_back(whole(add(at(to), minus(at(from)), u_)));
    }
  }
  return result;
}

/// ∫ 1 over the cell or facet by the library's own rule of a degree.
Number MappedEntity::measure_by_rule(bool of_facet, int degree) const {
  std::vector<double> points;
  const ReferenceRule* rule = nullptr;
  if (!of_facet) {
    rule = &bases_.rule(mesh_.cell_type, degree);
    points = rule->points;
  } else {
    rule = &bases_.rule(meshes::facet_type(mesh_.cell_type, place_.facet), degree);
    points = facet_points(mesh_.cell_type, place_.facet, rule->points);
  }
  MappedEntity whole_entity(bases_, mesh_, of_facet ? kind_ : fem::IntegralKind::cell, kNone);
  whole_entity.update({place_.cell, of_facet ? place_.facet : -1, points, rule->weights}, u_);
  Number sum;
  for (std::size_t q = 0; q < whole_entity.points(); ++q) {
    sum = add(sum, whole_entity.weight(q), u_);
  }
  return whole(sum);
}

/// The measure of the cell or facet. Where it is no polynomial's integral, the bound holds what a
/// rule of the least degree is off by.
Number MappedEntity::measure(bool of_facet) const {
  if (of_facet && t_ == 1) return exact(1.0);
  const int degree = mesh_.geometry_degree;
  if (degree == 1 && meshes::is_simplex(mesh_.cell_type)) return measure_by_rule(of_facet, 0);
  if (!of_facet && d_ == t_) {
    // det J is a sum of products of t derivatives of the map; on pyramids a polynomial in the
    // collapsed coordinates of the rules.
    const bool pyramid = mesh_.cell_type == meshes::CellType::pyramid;
    return measure_by_rule(false, pyramid ? kPyramidDegree : static_cast<int>(t_) * degree);
  }
  Number result = measure_by_rule(of_facet, kMeasureDegree);
  result.error += std::abs(result.value - measure_by_rule(of_facet, kLeastMeasureDegree).value);
  return result;
}

/// |c − v_0| of the point c with equal distance to all vertices: with edges e_i = v_i − v_0,
/// 2 e_i · (c − v_0) = e_i · e_i and c − v_0 = Σ_j y_j e_j.
Number MappedEntity::circumradius() const {
  const JetArithmetic a = arithmetic(0);
  JetMatrix edges{};  // columns
  for (std::size_t j = 0; j < t_; ++j) {
    for (std::size_t i = 0; i < d_; ++i) {
      edges[i][j] = a.constant(whole(add(vertex(j + 1, i), minus(vertex(0, i)), u_)));
    }
  }
  const JetMatrix G = gram(edges, t_, 0);
  const Jet det = determinant(G, t_, a);
  std::array<Number, 3> centre{};
  for (std::size_t j = 0; j < t_; ++j) {
    Jet y = a.zero();
    for (std::size_t k = 0; k < t_; ++k) {
      y = a.add(y, a.multiply(cofactor(G, t_, k, j, a), G[k][k]));
    }
    y = a.divide(y, a.add(det, det));
    for (std::size_t i = 0; i < d_; ++i) {
      centre[i] = add(centre[i], multiply(y.value(), edges[i][j].value(), u_), u_);
    }
  }
  return length(std::span(centre).first(d_));
}

std::vector<Number> MappedEntity::vertex_quantity(Quantity quantity) const {
  const auto vertices = static_cast<std::size_t>(meshes::vertex_count(mesh_.cell_type));
  std::vector<Number> lengths;
  const auto collect = [&](const std::vector<Number>& vectors) {
    for (std::size_t e = 0; e < vectors.size() / d_; ++e) {
      lengths.push_back(length(std::span(vectors).subspan(e * d_, d_)));
    }
  };
  const auto pick = [&](bool greatest_one) {
    Number result = lengths.at(0);
    for (const Number& n : lengths) result = greatest_one ? greatest(result, n) : least(result, n);
    return std::vector<Number>{result};
  };
  switch (quantity) {
    case Quantity::cell_diameter:
      for (std::size_t k = 0; k < vertices; ++k) {
        for (std::size_t l = 0; l < k; ++l) {
          std::vector<Number> difference;
          for (std::size_t i = 0; i < d_; ++i) {
            difference.push_back(add(vertex(k, i), minus(vertex(l, i)), u_));
          }
          lengths.push_back(length(difference));
        }
      }
      return pick(true);
    case Quantity::min_cell_edge_length:
    case Quantity::max_cell_edge_length:
      collect(edge_vectors(1, 0, false));
      return pick(quantity == Quantity::max_cell_edge_length);
    case Quantity::min_facet_edge_length:
    case Quantity::max_facet_edge_length:
      collect(edge_vectors(-1, place_.facet, false));
      return pick(quantity == Quantity::max_facet_edge_length);
    case Quantity::cell_vertices: {
      std::vector<Number> result;
      for (std::size_t k = 0; k < vertices; ++k) {
        for (std::size_t i = 0; i < d_; ++i) result.push_back(vertex(k, i));
      }
      return result;
    }
    case Quantity::cell_origin: {
      std::vector<Number> result;
      for (std::size_t i = 0; i < d_; ++i) result.push_back(vertex(0, i));
      return result;
    }
    case Quantity::facet_origin: {
      const auto k = meshes::facet_vertex(mesh_.cell_type, place_.facet, 0);
      std::vector<Number> result;
      for (std::size_t i = 0; i < d_; ++i) result.push_back(vertex(static_cast<std::size_t>(k), i));
      return result;
    }
    case Quantity::cell_edge_vectors:
      return edge_vectors(1, 0, false);
    case Quantity::facet_edge_vectors:
      return edge_vectors(-1, place_.facet, false);
    case Quantity::reference_cell_edge_vectors:
      return edge_vectors(1, 0, true);
    default:
      return edge_vectors(-1, place_.facet, true);
  }
}

std::vector<Number> MappedEntity::facet_quantity(Quantity quantity, std::size_t q) const {
  const auto cell = mesh_.cell_type;
  const auto tangents = reference_tangents(cell, place_.facet);
  std::vector<Number> result;
  switch (quantity) {
    case Quantity::facet_jacobian:
    case Quantity::facet_jacobian_inverse: {
      const JetMatrix F = facet_jacobian(map_[q]);
      const std::size_t n = t_ - 1;
      if (quantity == Quantity::facet_jacobian) {
        for (std::size_t i = 0; i < d_; ++i) {
          for (std::size_t k = 0; k < n; ++k) result.push_back(F[i][k].value());
        }
        return result;
      }
      const JetMatrix inverse = pseudo_inverse(F, n, 0);
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t i = 0; i < d_; ++i) result.push_back(inverse[k][i].value());
      }
      return result;
    }
    case Quantity::facet_jacobian_determinant:
      return {facet_scale(map_[q])};
    case Quantity::reference_normal:
      for (std::size_t i = 0; i < t_; ++i) {
        result.push_back(exact(reference_normal(cell, place_.facet)[i]));
        result.back().error = 2.0 * u_ * result.back().magnitude;
      }
      return result;
    case Quantity::reference_facet_volume:
      return {
          exact(t_ == 1 ? 1.0 : meshes::reference_volume(meshes::facet_type(cell, place_.facet)))};
    case Quantity::cell_facet_jacobian:
      for (std::size_t i = 0; i < t_; ++i) {
        for (std::size_t k = 0; k + 1 < t_; ++k) result.push_back(exact(tangents[k][i]));
      }
      return result;
    default: {  // facet_coordinate: ξ = (TᵀT)⁻¹ Tᵀ (X − v_0)
      const auto origin =
          meshes::reference_vertex(cell, meshes::facet_vertex(cell, place_.facet, 0));
      std::array<std::array<double, 2>, 2> G{{{1.0, 0.0}, {0.0, 1.0}}};
      std::array<double, 2> rhs{};
      for (std::size_t k = 0; k + 1 < t_; ++k) {
        for (std::size_t l = 0; l + 1 < t_; ++l) {
          G[k][l] = 0.0;
          for (std::size_t i = 0; i < t_; ++i) G[k][l] += tangents[k][i] * tangents[l][i];
        }
        for (std::size_t i = 0; i < t_; ++i) {
          rhs[k] += tangents[k][i] * (place_.X[q * t_ + i] - origin[i]);
        }
      }
      const double det = G[0][0] * G[1][1] - G[0][1] * G[1][0];
      for (std::size_t k = 0; k + 1 < t_; ++k) {
        const double value = (G[1 - k][1 - k] * rhs[k] - G[k][1 - k] * rhs[1 - k]) / det;
        result.push_back(exact(value));
        result.back().error = 4.0 * u_;
      }
      return result;
    }
  }
}

std::vector<Number> MappedEntity::quantity_values(Quantity quantity, std::size_t q) const {
  const Point& at = map_[q];
  const auto oriented = [&](const Number& n) { return orientation() < 0.0 ? minus(n) : n; };
  std::vector<Number> result;
  switch (quantity) {
    case Quantity::cell_volume:
      return {measure(false)};
    case Quantity::facet_area:
      return {measure(true)};
    case Quantity::circumradius:
      return {circumradius()};
    case Quantity::jacobian_determinant:
      return {oriented(at.determinant.value())};
    case Quantity::jacobian:
      for (std::size_t i = 0; i < d_; ++i) {
        for (std::size_t j = 0; j < t_; ++j) result.push_back(at.J[i][j].value());
      }
      return result;
    case Quantity::jacobian_inverse:
      for (std::size_t i = 0; i < t_; ++i) {
        for (std::size_t j = 0; j < d_; ++j) result.push_back(at.K[i][j].value());
      }
      return result;
    case Quantity::cell_coordinate:
      for (std::size_t i = 0; i < t_; ++i) {
        result.push_back(exact(place_.X[q * t_ + i]));
        result.back().error = u_ * result.back().magnitude + 0x1p-53;
      }
      return result;
    case Quantity::reference_cell_volume:
      return {exact(meshes::reference_volume(mesh_.cell_type))};
    case Quantity::cell_orientation:
      if (d_ > t_) return {exact(orientation())};
      return {exact(at.determinant.value().value < 0.0 ? -1.0 : 1.0)};
    case Quantity::quadrature_weight:
      result = {exact(place_.weights[q])};
      result[0].error = u_ * result[0].magnitude;
      return result;
    case Quantity::cell_normal: {
      // Of a surface J_·0 × J_·1; of a curve its tangent, turned by a right angle; as the cell
      // is oriented.
      std::array<Number, 3> n{};
      if (t_ == 1) {
        n = {minus(at.J[1][0].value()), at.J[0][0].value(), Number{}};
      } else {
        for (std::size_t i = 0; i < 3; ++i) {
          const std::size_t j = (i + 1) % 3, k = (i + 2) % 3;
          n[i] = whole(add(multiply(at.J[j][0].value(), at.J[k][1].value(), u_),
                           minus(multiply(at.J[k][0].value(), at.J[j][1].value(), u_)), u_));
        }
      }
      const Number size = length(std::span(n).first(d_));
      for (std::size_t i = 0; i < d_; ++i) {
        result.push_back(oriented(whole(divide(n[i], size, u_))));
      }
      return result;
    }
    case Quantity::facet_jacobian:
    case Quantity::facet_jacobian_determinant:
    case Quantity::facet_jacobian_inverse:
    case Quantity::facet_coordinate:
    case Quantity::reference_facet_volume:
    case Quantity::reference_normal:
    case Quantity::cell_facet_jacobian:
      return facet_quantity(quantity, q);
    default:
      return vertex_quantity(quantity);
  }
}

MappedEntity::JetMatrix MappedEntity::pseudo_inverse(const JetMatrix& m, std::size_t n,
                                                     int order) const {
  const JetArithmetic a = arithmetic(order);
  const JetMatrix G = gram(m, n, order);
  const Jet det = determinant(G, n, a);
  JetMatrix result{};
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < d_; ++i) {
      Jet sum = a.zero();
      for (std::size_t l = 0; l < n; ++l) {
        sum = a.add(sum, a.multiply(a.divide(cofactor(G, n, l, k, a), det), m[i][l]));
      }
      result[k][i] = a.whole(sum);
    }
  }
  return result;
}

Jet MappedEntity::unit(const std::array<Jet, 3>& v, std::size_t i, int order) const {
  const JetArithmetic a = arithmetic(order);
  Jet square = a.zero();
  for (std::size_t k = 0; k < d_; ++k) square = a.add(square, a.multiply(v[k], v[k]));
  return a.divide(v[i], a.square_root(a.whole(square)));
}

/// Kᵀ N/|Kᵀ N|: see set_normal.
Jet MappedEntity::normal_jet(std::size_t i, std::size_t q, int order) const {
  const JetArithmetic a = arithmetic(order);
  const auto N = reference_normal(mesh_.cell_type, place_.facet);
  std::array<Jet, 3> n{};
  for (std::size_t k = 0; k < d_; ++k) {
    n[k] = a.zero();
    for (std::size_t e = 0; e < t_; ++e) {
      n[k] = a.add(n[k], a.multiply(map_[q].K[e][k], a.constant(N[e])));
    }
    n[k] = a.whole(n[k]);
  }
  return unit(n, i, order);
}

/// Of a surface J_·0 × J_·1; of a curve its tangent, turned by a right angle.
Jet MappedEntity::cell_normal_jet(std::size_t i, std::size_t q, int order) const {
  const JetArithmetic a = arithmetic(order);
  const JetMatrix& J = map_[q].J;
  std::array<Jet, 3> n{};
  if (t_ == 1) {
    n = {a.negate(J[1][0]), J[0][0], a.zero()};
  } else {
    for (std::size_t r = 0; r < 3; ++r) {
      const std::size_t s = (r + 1) % 3, t = (r + 2) % 3;
      n[r] = a.whole(a.subtract(a.multiply(J[s][0], J[t][1]), a.multiply(J[t][0], J[s][1])));
    }
  }
  const Jet result = unit(n, i, order);
  return orientation() < 0.0 ? a.negate(result) : result;
}

/// A component of what varies in a cell, with its derivatives along X.
Jet MappedEntity::quantity_jet(const Leaf& leaf, std::size_t q) const {
  const auto c = static_cast<std::size_t>(leaf.component);
  const Point& at = map_[q];
  const int order = leaf.order();
  const JetArithmetic a = arithmetic(order);
  if (leaf.op == fem::Op::facet_normal) return normal_jet(c, q, order);
  switch (static_cast<Quantity>(leaf.number)) {
    case Quantity::jacobian:
      return at.J[c / t_][c % t_];
    case Quantity::jacobian_inverse:
      return at.K[c / d_][c % d_];
    case Quantity::jacobian_determinant:
      return orientation() < 0.0 ? a.negate(at.determinant) : at.determinant;
    case Quantity::cell_coordinate:
      return a.of_derivatives([&](std::size_t k) { return exact(k == 1 + c ? 1.0 : 0.0); });
    case Quantity::cell_normal:
      return cell_normal_jet(c, q, order);
    case Quantity::facet_jacobian:
      return facet_jacobian(at, order)[c / (t_ - 1)][c % (t_ - 1)];
    case Quantity::facet_jacobian_inverse:
      return pseudo_inverse(facet_jacobian(at, order), t_ - 1, order)[c / d_][c % d_];
    case Quantity::facet_jacobian_determinant: {
      const JetMatrix G = gram(facet_jacobian(at, order), t_ - 1, order);
      return a.square_root(a.whole(determinant(G, t_ - 1, a)));
    }
    default:
      throw InternalError("the oracle differentiates a geometric quantity that does not vary");
  }
}

/// A derivative of a geometric quantity, in the order of its directions.
Number MappedEntity::quantity_derivative(const Leaf& leaf, std::size_t q) const {
  Jet f = quantity_jet(leaf, q);
  const auto d = static_cast<int>(d_);
  int left = leaf.order();
  for (const int i : directions(leaf.slot(d), d)) {
    f = partial(f, static_cast<std::size_t>(i), q, --left);
  }
  return f.value();
}

Number MappedEntity::quantity(const Leaf& leaf, std::size_t q) {
  const auto what = static_cast<Quantity>(leaf.number);
  const auto c = static_cast<std::size_t>(leaf.component);
  if (leaf.order() > 0) return quantity_derivative(leaf, q);
  auto& points = quantities_[leaf.number];
  if (points.empty()) points.resize(count_);
  const bool varies = what == Quantity::jacobian || what == Quantity::jacobian_inverse ||
                      what == Quantity::jacobian_determinant || what == Quantity::cell_coordinate ||
                      what == Quantity::facet_coordinate || what == Quantity::facet_jacobian ||
                      what == Quantity::facet_jacobian_inverse ||
                      what == Quantity::facet_jacobian_determinant ||
                      what == Quantity::quadrature_weight || what == Quantity::cell_normal;
  auto& values = points[varies ? q : 0];
  if (values.empty()) values = quantity_values(what, q);
  return values.at(c);
}

}  // namespace femsynth::solvers
