#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "synth/lower/context.hpp"

/// Geometry of the current cell in kernel IR: the map x(X) = Σ_v X_v ψ_v(X), its Jacobian
/// J_ke = ∂x_k/∂X_e, det J, and the inverse K_ek = ∂X_e/∂x_k. On a manifold (d > t) det J is
/// sqrt(det JᵀJ), as in UFL with the sign of the cell's orientation where that is read, and
/// K = (JᵀJ)⁻¹Jᵀ.
namespace femsynth::synth {

using Statements = std::vector<Statement>;

/// Does J / det J map values, on one side or both?
inline bool is_contravariant(fem::PullBack pull_back) {
  return pull_back == fem::PullBack::contravariant_piola ||
         pull_back == fem::PullBack::double_contravariant;
}

/// What the element function reads of the geometry.
struct GeometryNeeds {
  bool inverse = false;        ///< K
  bool contravariant = false;  ///< P = J / det J
  /// Order of their derivatives along X that are read, where the map is not affine.
  int inverse_order = 0;
  int contravariant_order = 0;
  int order() const { return std::max(inverse_order, contravariant_order); }
  int jacobian_order = 0;  ///< of J's own derivatives along X
  int map_order() const { return std::max(order(), jacobian_order); }
  /// Adds what a function of that part needs.
  void add(const SubSpace& part, bool affine);
};

/// Emits the geometry of one side of an integral's entity; the nodes' coordinates are in the
/// array `X[v][k]`. All names end in the side's ending.
class Geometry {
 public:
  Geometry(const IntegralContext& context, TableSet& tables, const GeometryNeeds& needs,
           const Side& side);

  /// ψ_v and ∂ψ_v/∂X_e at a point are to be read from local arrays [v] and [v][e], and the weight
  /// from a variable: where tables of them would be long, and products make them.
  void read_locally(const std::string& values, const std::string& gradients,
                    const std::string& weight);

  /// What is the same in the whole cell; to stand before the loop over points.
  Statements before_points() const;
  /// What varies: J, det J, K of a cell that is not affine, `scale` = weight · |det J| (· ratio of
  /// facet measures; of the first side alone), x and n where the integrand reads them.
  Statements at_point() const;

  const Side& side() const { return side_; }
  /// A name of this side.
  std::string name(const std::string& base) const { return base + side_.ending; }
  /// J_ke and K_ek, or their derivatives along axes of X, which ascend; where curved().
  Expression J(int k, int e, const fem::Directions& along = {}) const;
  Expression K(int e, int k, const fem::Directions& along = {}) const;
  Expression determinant() const;
  /// The sign of det J; in an oriented context on a manifold.
  Expression orientation() const;
  /// |det J|.
  Expression measure() const;
  /// Coordinate k of geometry node v.
  Expression node(Expression v, int k) const;
  /// N = Kᵀ · scaled reference normal: |N| · |det J| is the ratio of facet measures.
  Expression scaled_normal(int k) const;
  Expression area() const;

  /// From reference derivatives to physical ones: ∂f/∂x_k = Σ_e K_ek ∂f/∂X_e.
  Expression first(int k, const std::vector<Expression>& reference) const;
  /// Does the Jacobian vary in a cell?
  bool curved() const { return !context_.affine; }

  /// Entry (i, a) of the matrix that maps reference to physical values: J_ia/det J for
  /// contravariant, K_ai for covariant pull-backs (both factors of double ones). Its derivative
  /// along axes of X, which ascend; where curved().
  Expression piola(fem::PullBack pull_back, int i, int a, const fem::Directions& along = {}) const;

  const IntegralContext& context() const { return context_; }

 private:
  Statements jacobian() const;
  Statements metric() const;
  Statements determinant_statements() const;
  Statements inverse() const;
  Statements manifold_inverse() const;
  Statements facet_scale() const;
  Statements piola_factors() const;
  // Derivatives along X where the Jacobian varies (geometry_derivatives.cpp).
  Statements map_derivatives() const;
  Statements inverse_metric() const;
  Statements metric_derivatives() const;
  Statements inverse_times_derivatives() const;
  Statements inverse_derivatives() const;
  Statements pseudo_inverse_derivatives() const;
  Expression logarithmic_growth(const fem::Directions& along) const;
  Statements growth(const fem::Directions& along) const;
  Statements contravariant_derivatives() const;
  Statements derivatives() const;
  Statements coordinates() const;
  /// Everything about J.
  Statements map_statements() const;
  /// target[k][…] = Σ_v X[v][k] · table[v][entry]: summed in a loop where nodes are many.
  Statements sums(const std::string& array_name, const std::string& comment, int entries,
                  const std::optional<PointTable>& table) const;
  /// x_m differentiated along two or more axes, which ascend, or in that place of its order.
  Expression G(int m, const fem::Directions& axes) const;
  Expression G(int m, int order, std::size_t place) const;
  /// The greatest order to which W has derivatives.
  int varying_order() const;
  /// `base`_row column, or `base`_row column_axes: an entry of a matrix, or its derivative.
  Expression entry(const char* base, int row, int column, const fem::Directions& along = {}) const;
  /// The square matrix that is inverted: W is J, or on a manifold the metric; Z its inverse;
  /// M_S = Z ∂_S W.
  Expression W(int a, int b, const fem::Directions& along) const;
  Expression Z(int a, int b, const fem::Directions& along = {}) const;
  Expression M(int a, int b, const fem::Directions& along) const;
  bool loops_over_nodes() const { return nodes_ > 8; }
  Expression sum_over_nodes(const std::string& array_name, int k, int entry,
                            const std::optional<PointTable>& table) const;

  const IntegralContext& context_;
  GeometryNeeds needs_;
  Side side_;
  int dim_, tdim_, nodes_;
  decltype(BasisTables::of_order) psi_;  // the map's functions ψ_v
  std::optional<PointTable> weights_;
  std::string weight_;   // variable that holds it instead; "" if none does
  std::string normals_;  // outward normals of the reference facets, scaled by their measure ratio
};

/// a[0] + a[1] + …; the empty sum is 0.
Expression sum_of(std::vector<Expression> terms);
/// Adds that many times a · b; nothing if one of them is a literal 0.
void add_product(std::vector<Expression>& terms, int times, Expression a, Expression b);
/// Appends statements.
void append(Statements& out, Statements more);

/// Outward normals of the reference facets, each as long as the facet's measure divided by that
/// of the facet's own reference cell: [facet][e].
std::vector<double> scaled_reference_normals(meshes::CellType cell);
/// ∂X/∂ξ of each facet: [facet][e][k], k < t − 1.
std::vector<double> reference_facet_tangents(meshes::CellType cell);

}  // namespace femsynth::synth
