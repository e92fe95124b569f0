#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "meshes/mesh.hpp"
#include "solvers/reference/entity_values.hpp"
#include "solvers/reference/jet.hpp"
#include "solvers/reference/polynomial_basis.hpp"
#include "solvers/reference/reference_form.hpp"

namespace femsynth::solvers {

/// A cell, or one side of a facet, whose map the oracle differentiates itself: any geometry degree,
/// manifolds, all cells, all families. Bases and the geometry's functions are PolynomialBases; the
/// Jacobian, its (pseudo-)inverse, Piola maps and their derivatives are jets over X.
class MappedEntity final : public EntityValues {
 public:
  MappedEntity(ReferenceBases& bases, const meshes::Mesh& mesh, fem::IntegralKind kind,
               const std::vector<ReferenceForm::Shape>& shapes);

  /// Which scalars of bases are to be made. Before the first update.
  void want(const ShapeKey& key) { lanes_[key]; }
  /// A leaf that quantity() will be asked for. Before the first update.
  void want(const Leaf& leaf);

  /// Where an entity is: reference points of cell `c` (n × t) with their reference weights.
  struct Place {
    std::size_t cell = 0;
    int facet = -1;  ///< of facet integrals
    std::span<const double> X;
    std::span<const double> weights;
  };
  void update(const Place& place, double u);

  std::size_t points() const override { return count_; }
  const Number& weight(std::size_t q) const override { return weights_[q]; }
  const Number& x(std::size_t q, std::size_t i) const override { return x_[q * d_ + i]; }
  const Number& normal(std::size_t q, std::size_t i) const override { return normals_[q * d_ + i]; }
  const Lanes& shape(const ShapeKey& key) const override { return lanes_.at(key); }
  Number quantity(const Leaf& leaf, std::size_t q) override;

 private:
  using JetMatrix = std::array<std::array<Jet, 3>, 3>;
  /// The map at one point.
  struct Point {
    JetMatrix J;  ///< d × t
    JetMatrix K;  ///< t × d
    JetMatrix T;  ///< d × t: J/det J, if a shape's pull-back takes it
    Jet determinant;
  };

  /// What of one component of a shape is wanted, as a tree over the directions in which it is
  /// differentiated: branch 0 is the function, next[i] its derivative by x_i.
  struct Branch {
    std::array<int, 3> next{-1, -1, -1};
    int deeper = 0;          ///< derivatives yet to come, at most
    Lanes* lanes = nullptr;  ///< if this one is wanted
  };
  using Tree = std::vector<Branch>;

  JetArithmetic arithmetic(int order) const { return {t_, order, u_}; }
  void plan();
  void add_branch(Tree& tree, const ShapeKey& key, Lanes& lanes) const;
  int orders_needed() const;
  /// Derivatives ∂^(α + e_along) of a table, for the multi-indices α of a jet; −1: along no axis.
  std::vector<const double*> derivatives(const BasisTable& table, int order, int along) const;
  void map_point(std::size_t q, std::span<const std::vector<const double*>> tables);
  Number combine(const double* phi, std::size_t q, std::size_t i) const;
  void invert(Point& point) const;
  bool takes_contravariant() const;
  /// −1 on a cell of a manifold that is turned over (meshes::cell_orientations), else 1: the sign
  /// that UFL gives det J there.
  double orientation() const;
  void set_weight(std::size_t q);
  void set_normal(std::size_t q);
  Number facet_scale(const Point& point) const;
  /// det JᵀJ's matrix JᵀJ, n × n, of a d × n matrix.
  JetMatrix gram(const JetMatrix& m, std::size_t n, int order) const;
  static Jet determinant(const JetMatrix& m, std::size_t n, const JetArithmetic& a);
  static Jet cofactor(const JetMatrix& m, std::size_t n, std::size_t i, std::size_t j,
                      const JetArithmetic& a);
  JetMatrix facet_jacobian(const Point& point, int order = 0) const;
  /// The pseudo-inverse (mᵀm)⁻¹mᵀ of a d × n matrix.
  JetMatrix pseudo_inverse(const JetMatrix& m, std::size_t n, int order) const;

  void fill_shape(std::size_t s);
  void fill_quadrature(std::size_t s);
  /// Bounds of the errors of a basis' table, by the order of the derivative.
  static std::array<double, kMaxJetOrder + 1> table_errors(const PolynomialBasis& basis,
                                                           const BasisTable& table);
  Jet pulled(const std::vector<Jet>& F, fem::PullBack how, std::size_t component, std::size_t q,
             int order) const;
  Jet partial(const Jet& f, std::size_t i, std::size_t q, int order) const;
  void set_derivatives(const Tree& tree, int branch, const Jet& f, std::size_t node,
                       std::size_t q) const;

  // Geometric quantities, each as its components row-major.
  Number quantity_derivative(const Leaf& leaf, std::size_t q) const;
  Jet quantity_jet(const Leaf& leaf, std::size_t q) const;
  /// Component i of v/|v|, v = (v_0, …, v_{d−1}).
  Jet unit(const std::array<Jet, 3>& v, std::size_t i, int order) const;
  Jet normal_jet(std::size_t i, std::size_t q, int order) const;
  Jet cell_normal_jet(std::size_t i, std::size_t q, int order) const;
  std::vector<Number> quantity_values(fem::GeometricQuantity quantity, std::size_t q) const;
  std::vector<Number> vertex_quantity(fem::GeometricQuantity quantity) const;
  std::vector<Number> facet_quantity(fem::GeometricQuantity quantity, std::size_t q) const;
  std::vector<Number> edge_vectors(int dim, int index, bool reference) const;
  Number measure(bool of_facet) const;
  Number measure_by_rule(bool of_facet, int degree) const;
  Number circumradius() const;
  Number length(std::span<const Number> vector) const;
  Number vertex(std::size_t k, std::size_t i) const;

  ReferenceBases& bases_;
  const meshes::Mesh& mesh_;
  fem::IntegralKind kind_;
  const std::vector<ReferenceForm::Shape>& shapes_;
  std::size_t d_;
  std::size_t t_;
  double u_ = 0;
  mutable std::vector<std::int32_t> orientations_;  ///< made when the first is read
  int jacobian_order_ = 0;
  std::size_t count_ = 0;
  Place place_;
  std::vector<Point> map_;
  std::vector<Number> weights_;
  std::vector<Number> x_;
  std::vector<Number> normals_;
  std::map<ShapeKey, Lanes> lanes_;
  std::vector<std::map<int, Tree>> trees_;  // [shape][component]; see plan()
  int quantity_order_ = 0;
  std::map<std::int32_t, std::vector<std::vector<Number>>> quantities_;  // [point][component]
};

/// Edges of facet `facet` as pairs of the cell's vertices, in the order of the facet's type.
std::vector<std::array<int, 2>> facet_edges(meshes::CellType cell, int facet);
/// Outward unit normal of a reference facet, t numbers.
std::array<double, 3> reference_normal(meshes::CellType cell, int facet);
/// Points of a reference facet (n × (t − 1)) in coordinates of the cell, n × t.
std::vector<double> facet_points(meshes::CellType cell, int facet, std::span<const double> xi);
/// Columns v_{k+1} − v_0 of a reference facet: tangents[k][i].
std::array<std::array<double, 3>, 2> reference_tangents(meshes::CellType cell, int facet);

}  // namespace femsynth::solvers
