#include "solvers/reference/mapped_entity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::solvers {
namespace {

using fem::PullBack;

/// Tables are made in fp64, by orthogonalisation and a change of basis: they are right to this
/// absolute error, relative to the greatest entry.
constexpr double kTableError = 64.0 * 0x1p-53;

}  // namespace

MappedEntity::MappedEntity(ReferenceBases& bases, const meshes::Mesh& mesh, fem::IntegralKind kind,
                           const std::vector<ReferenceForm::Shape>& shapes)
    : bases_(bases),
      mesh_(mesh),
      kind_(kind),
      shapes_(shapes),
      d_(static_cast<std::size_t>(mesh.dim())),
      t_(static_cast<std::size_t>(mesh.topological_dim())) {}

void MappedEntity::want(const Leaf& leaf) {
  using Quantity = fem::GeometricQuantity;
  if (leaf.op != fem::Op::geometric_quantity && leaf.op != fem::Op::facet_normal) return;
  // ∇X is K.
  const bool one_less = leaf.op == fem::Op::geometric_quantity &&
                        static_cast<Quantity>(leaf.number) == Quantity::cell_coordinate;
  quantity_order_ = std::max(quantity_order_, leaf.order() - (one_less ? 1 : 0));
}

/// Orders of the Jacobian's derivatives: a derivative of a function takes K, a derivative of K;
/// a Piola map takes as many as the function.
int MappedEntity::orders_needed() const {
  int order = quantity_order_;
  for (const auto& shape : shapes_) {
    const bool piola = fem::pull_back(shape.element.family) != PullBack::identity;
    order = std::max(order, shape.derivatives - (piola ? 0 : 1));
  }
  return order;
}

bool MappedEntity::takes_contravariant() const {
  return std::any_of(shapes_.begin(), shapes_.end(), [](const ReferenceForm::Shape& shape) {
    const PullBack how = fem::pull_back(shape.element.family);
    return how == PullBack::contravariant_piola || how == PullBack::double_contravariant;
  });
}

void MappedEntity::plan() {
  trees_.resize(shapes_.size());
  for (auto& [key, lanes] : lanes_) {
    if (key.shape >= shapes_.size()) continue;
    add_branch(trees_[key.shape].try_emplace(key.component, 1).first->second, key, lanes);
  }
}

void MappedEntity::add_branch(Tree& tree, const ShapeKey& key, Lanes& lanes) const {
  const std::vector<int> along = directions(key.slot, static_cast<int>(d_));
  int at = 0;
  for (std::size_t m = 0; m <= along.size(); ++m) {
    Branch& branch = tree[static_cast<std::size_t>(at)];
    branch.deeper = std::max(branch.deeper, static_cast<int>(along.size() - m));
    if (m == along.size()) {
      branch.lanes = &lanes;
      return;
    }
    int& next = branch.next[static_cast<std::size_t>(along[m])];
    if (next < 0) next = static_cast<int>(tree.size());
    at = next;
    if (static_cast<std::size_t>(at) == tree.size()) tree.emplace_back();
  }
}

void MappedEntity::update(const Place& place, double u) {
  if (trees_.empty()) plan();
  place_ = place;
  u_ = u;
  count_ = place.weights.size();
  jacobian_order_ = orders_needed();
  quantities_.clear();
  weights_.assign(count_, Number{});
  x_.assign(count_ * d_, Number{});
  normals_.assign(count_ * d_, Number{});
  map_.assign(count_, Point{});
  const auto& geometry = bases_.geometry(mesh_.cell_type, mesh_.geometry_degree);
  const BasisTable& table = bases_.table(geometry, place.X, jacobian_order_ + 1);
  std::vector<std::vector<const double*>> tables{derivatives(table, 0, -1)};
  for (std::size_t j = 0; j < t_; ++j) {
    tables.push_back(derivatives(table, jacobian_order_, static_cast<int>(j)));
  }
  for (std::size_t q = 0; q < count_; ++q) {
    map_point(q, tables);
    set_weight(q);
    if (place.facet >= 0) set_normal(q);
  }
  for (std::size_t s = 0; s < shapes_.size(); ++s) fill_shape(s);
}

std::vector<const double*> MappedEntity::derivatives(const BasisTable& table, int order,
                                                     int along) const {
  const JetArithmetic a = arithmetic(order);
  std::vector<const double*> result;
  for (std::size_t k = 0; k < a.size(); ++k) {
    Exponents exponents{};
    for (std::size_t i = 0; i < 3; ++i) exponents[i] = a.indices().exponents[k][i];
    if (along >= 0) ++exponents[static_cast<std::size_t>(along)];
    result.push_back(table.derivatives.at(exponents).data());
  }
  return result;
}

/// Σ_k φ_k x_k,i over the cell's nodes, φ a derivative of the map's functions.
Number MappedEntity::combine(const double* phi, std::size_t q, std::size_t i) const {
  const auto nodes = mesh_.geometry(place_.cell);
  const double noise = mesh_.geometry_degree == 1 ? 0.0 : kTableError;
  Number sum;  // its magnitude: what the terms add up to
  double greatest = 0.0;
  double coordinates = 0.0;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const double c = mesh_.vertex(static_cast<std::size_t>(nodes[k]))[i];
    const double value = phi[k * count_ + q];
    sum.value += value * c;
    sum.magnitude += std::abs(value * c);
    greatest = std::max(greatest, std::abs(value));
    coordinates += std::abs(c);
  }
  const double steps = static_cast<double>(nodes.size()) + 2.0;
  sum.error = noise * greatest * coordinates + steps * u_ * sum.magnitude;
  return sum;
}

/// `tables`: the map's functions, then those of ∂/∂X_j of them that the jets of J's columns take.
void MappedEntity::map_point(std::size_t q, std::span<const std::vector<const double*>> tables) {
  const JetArithmetic a = arithmetic(jacobian_order_);
  Point& point = map_[q];
  for (std::size_t i = 0; i < d_; ++i) {
    // x itself may be expanded with what it is multiplied by.
    x_[q * d_ + i] = combine(tables[0][0], q, i);
    for (std::size_t j = 0; j < t_; ++j) {
      point.J[i][j] =
          a.whole(a.of_derivatives([&](std::size_t k) { return combine(tables[1 + j][k], q, i); }));
    }
  }
  invert(point);
}

MappedEntity::JetMatrix MappedEntity::gram(const JetMatrix& m, std::size_t n, int order) const {
  const JetArithmetic a = arithmetic(order);
  JetMatrix result{};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      result[i][j] = a.zero();
      for (std::size_t k = 0; k < d_; ++k) {
        result[i][j] = a.add(result[i][j], a.multiply(m[k][i], m[k][j]));
      }
      result[i][j] = a.whole(result[i][j]);
    }
  }
  return result;
}

/// ∂ det m/∂m_ij.
Jet MappedEntity::cofactor(const JetMatrix& m, std::size_t n, std::size_t i, std::size_t j,
                           const JetArithmetic& a) {
  if (n == 1) return a.constant(1.0);
  if (n == 2) return i == j ? m[1 - i][1 - j] : a.negate(m[1 - i][1 - j]);
  const std::size_t r = (i + 1) % 3, s = (i + 2) % 3, p = (j + 1) % 3, q = (j + 2) % 3;
  return a.subtract(a.multiply(m[r][p], m[s][q]), a.multiply(m[r][q], m[s][p]));
}

Jet MappedEntity::determinant(const JetMatrix& m, std::size_t n, const JetArithmetic& a) {
  if (n == 0) return a.constant(1.0);
  Jet sum = a.zero();
  for (std::size_t j = 0; j < n; ++j) {
    sum = a.add(sum, a.multiply(m[0][j], cofactor(m, n, 0, j, a)));
  }
  return a.whole(sum);
}

/// K = J⁻¹, or (JᵀJ)⁻¹Jᵀ on a manifold.
void MappedEntity::invert(Point& point) const {
  const JetArithmetic a = arithmetic(jacobian_order_);
  const bool square = d_ == t_;
  const JetMatrix m = square ? point.J : gram(point.J, t_, jacobian_order_);
  const Jet det = determinant(m, t_, a);
  JetMatrix inverse{};
  for (std::size_t i = 0; i < t_; ++i) {
    for (std::size_t j = 0; j < t_; ++j) {
      inverse[i][j] = a.whole(a.divide(a.whole(cofactor(m, t_, j, i, a)), det));
    }
  }
  point.determinant = square ? det : a.whole(a.square_root(det));
  if (takes_contravariant()) {
    const Jet signed_one = orientation() < 0.0 ? a.negate(point.determinant) : point.determinant;
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t j = 0; j < t_; ++j) {
        point.T[i][j] = a.whole(a.divide(point.J[i][j], signed_one));
      }
    }
  }
  if (square) {
    point.K = inverse;
    return;
  }
  for (std::size_t i = 0; i < t_; ++i) {
    for (std::size_t j = 0; j < d_; ++j) {
      Jet sum = a.zero();
      for (std::size_t k = 0; k < t_; ++k) {
        sum = a.add(sum, a.multiply(inverse[i][k], point.J[j][k]));
      }
      point.K[i][j] = a.whole(sum);
    }
  }
}

double MappedEntity::orientation() const {
  if (d_ == t_) return 1.0;
  if (orientations_.empty()) orientations_ = meshes::cell_orientations(mesh_);
  return orientations_[place_.cell];
}

MappedEntity::JetMatrix MappedEntity::facet_jacobian(const Point& point, int order) const {
  const JetArithmetic a = arithmetic(order);
  const auto tangents = reference_tangents(mesh_.cell_type, place_.facet);
  JetMatrix result{};
  for (std::size_t i = 0; i < d_; ++i) {
    for (std::size_t k = 0; k + 1 < t_; ++k) {
      result[i][k] = a.zero();
      for (std::size_t j = 0; j < t_; ++j) {
        const Jet product = a.multiply(point.J[i][j], a.constant(tangents[k][j]));
        result[i][k] = a.add(result[i][k], product);
      }
      result[i][k] = a.whole(result[i][k]);
    }
  }
  return result;
}

/// √det(Tᵀ Jᵀ J T).
Number MappedEntity::facet_scale(const Point& point) const {
  if (t_ == 1) return {1.0, 1.0, 0.0};
  const JetArithmetic a = arithmetic(0);
  const Jet det = determinant(gram(facet_jacobian(point), t_ - 1, 0), t_ - 1, a);
  return square_root(det.value(), u_);
}

void MappedEntity::set_weight(std::size_t q) {
  Number scale{1.0, 1.0, 0.0};
  if (kind_ == fem::IntegralKind::cell) {
    const Number det = map_[q].determinant.value();
    scale = {std::abs(det.value), std::abs(det.value), det.error};
  } else if (kind_ != fem::IntegralKind::vertex) {
    scale = facet_scale(map_[q]);
  }
  const double w = place_.weights[q];
  const double size = std::abs(w * scale.value);
  const double exact = kind_ == fem::IntegralKind::vertex ? 0.0 : 3.0 * u_ + kTableError;
  weights_[q] = {w * scale.value, size, std::abs(w) * scale.error + size * exact};
}

/// Kᵀ N/|Kᵀ N| with the reference normal N: on a manifold it lies in the tangent plane.
void MappedEntity::set_normal(std::size_t q) {
  const auto N = reference_normal(mesh_.cell_type, place_.facet);
  std::array<Number, 3> n{};
  Number square;
  for (std::size_t i = 0; i < d_; ++i) {
    for (std::size_t a = 0; a < t_; ++a) {
      const Number k = map_[q].K[a][i].value();
      n[i] = add(n[i], {k.value * N[a], std::abs(k.value * N[a]), k.error * std::abs(N[a])}, u_);
    }
    n[i].magnitude = std::abs(n[i].value);
    square = add(square, multiply(n[i], n[i], u_), u_);
  }
  const Number size = square_root(square, u_);
  for (std::size_t i = 0; i < d_; ++i) {
    Number value = divide(n[i], size, u_);
    value.magnitude = std::abs(value.value);
    if (d_ == 1) value = {value.value > 0.0 ? 1.0 : -1.0, 1.0, 0.0};
    normals_[q * d_ + i] = value;
  }
}

/// Component of the physical function whose reference components are F.
Jet MappedEntity::pulled(const std::vector<Jet>& F, PullBack how, std::size_t component,
                         std::size_t q, int order) const {
  const JetArithmetic a = arithmetic(order);
  const Point& at = map_[q];
  if (how == PullBack::identity) return F[0];
  const bool covariant = how == PullBack::covariant_piola || how == PullBack::double_covariant;
  const auto factor = [&](std::size_t i, std::size_t k) {
    return covariant ? at.K[k][i] : at.T[i][k];
  };
  Jet sum = a.zero();
  if (how == PullBack::contravariant_piola || how == PullBack::covariant_piola) {
    for (std::size_t k = 0; k < t_; ++k) {
      sum = a.add(sum, a.multiply(factor(component, k), F[k]));
    }
    return sum;
  }
  const std::size_t i = component / d_;
  const std::size_t j = component % d_;
  for (std::size_t k = 0; k < t_; ++k) {
    Jet row = a.zero();
    for (std::size_t l = 0; l < t_; ++l) {
      row = a.add(row, a.multiply(factor(j, l), F[k * t_ + l]));
    }
    sum = a.add(sum, a.multiply(factor(i, k), row));
  }
  return sum;
}

/// A physical derivative: ∂_i f = Σ_k K_ki ∂f/∂X_k, as a jet of that order.
Jet MappedEntity::partial(const Jet& f, std::size_t i, std::size_t q, int order) const {
  const JetArithmetic a = arithmetic(order);
  Jet sum = a.zero();
  for (std::size_t k = 0; k < t_; ++k) {
    sum = a.add(sum, a.multiply(map_[q].K[k][i], a.derivative(f, k)));
  }
  return sum;
}

/// What is wanted of a function's derivatives: directions in the order in which they are taken,
/// which on manifolds matters.
void MappedEntity::set_derivatives(const Tree& tree, int branch, const Jet& f, std::size_t node,
                                   std::size_t q) const {
  const Branch& at = tree[static_cast<std::size_t>(branch)];
  if (at.lanes != nullptr) at.lanes->set(node * count_ + q, f.value());
  for (std::size_t i = 0; i < d_; ++i) {
    if (at.next[i] < 0) continue;
    const int deeper = tree[static_cast<std::size_t>(at.next[i])].deeper;
    set_derivatives(tree, at.next[i], partial(f, i, q, deeper), node, q);
  }
}

/// The rounding of tables, and what a fit showed, raised as by Markov's inequality for derivatives.
std::array<double, kMaxJetOrder + 1> MappedEntity::table_errors(const PolynomialBasis& basis,
                                                                const BasisTable& table) {
  std::array<double, kMaxJetOrder + 1> scales{};
  for (const auto& [along, values] : table.derivatives) {
    const int order = along[0] + along[1] + along[2];
    double& scale = scales[static_cast<std::size_t>(order)];
    for (const double value : values) scale = std::max(scale, std::abs(value));
  }
  const double growth = static_cast<double>((basis.degree() + 1) * (basis.degree() + 1));
  double raised = basis.residual();
  for (double& scale : scales) {
    scale = kTableError * std::max(scale, 1.0) + 4.0 * raised;
    raised *= growth;
  }
  return scales;
}

void MappedEntity::fill_shape(std::size_t s) {
  const fem::Element& element = shapes_[s].element;
  if (element.family == fem::Family::quadrature) return fill_quadrature(s);
  const int order = shapes_[s].derivatives;
  const PolynomialBasis& basis = bases_.basis(element);
  const BasisTable& table = bases_.table(basis, place_.X, order);
  const auto errors = table_errors(basis, table);
  const std::vector<const double*> values = derivatives(table, order, -1);
  const JetArithmetic a = arithmetic(order);
  const std::size_t components = basis.components();
  const auto how = fem::pull_back(element.family);
  std::vector<Jet> F(components);
  for (auto& [key, lanes] : lanes_) {
    if (key.shape == s && lanes.size() != basis.nodes() * count_) {
      lanes = Lanes(basis.nodes() * count_);
    }
  }
  for (std::size_t n = 0; n < basis.nodes(); ++n) {
    for (std::size_t q = 0; q < count_; ++q) {
      for (std::size_t c = 0; c < components; ++c) {
        F[c] = a.of_derivatives([&](std::size_t k) {
          const double value = values[k][(n * components + c) * count_ + q];
          const auto& e = a.indices().exponents[k];
          const double size = std::abs(value);
          return Number{value, size, u_ * size + errors[std::size_t{e[0]} + e[1] + e[2]]};
        });
      }
      for (const auto& [component, tree] : trees_[s]) {
        const Jet f = pulled(F, how, static_cast<std::size_t>(component), q, tree[0].deeper);
        set_derivatives(tree, 0, f, n, q);
      }
    }
  }
}

/// Functions of a quadrature element are 1 at their own point and 0 at the others.
void MappedEntity::fill_quadrature(std::size_t s) {
  const std::vector<double>& own = fem::nodes(shapes_[s].element);
  const auto nodes = static_cast<std::size_t>(fem::dimension(shapes_[s].element));
  const auto at = lanes_.find({s, 0, 0});
  if (at == lanes_.end()) return;
  Lanes& lanes = at->second;
  lanes = Lanes(nodes * count_);
  for (std::size_t q = 0; q < count_; ++q) {
    bool found = false;
    for (std::size_t n = 0; n < nodes; ++n) {
      double distance = 0.0;
      for (std::size_t i = 0; i < t_; ++i) {
        distance = std::max(distance, std::abs(own[n * t_ + i] - place_.X[q * t_ + i]));
      }
      if (distance < 1e-12) lanes.set(n * count_ + q, {1.0, 1.0, 0.0});
      found = found || distance < 1e-12;
    }
    if (!found) {
      throw InputError("a quadrature element is read at points that are not its own");
    }
  }
}

}  // namespace femsynth::solvers
