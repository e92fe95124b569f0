#pragma once

#include <compare>
#include <string>
#include <vector>

#include "meshes/cell_type.hpp"

/// Finite elements: what a form names, and what Basix tabulates.
namespace femsynth::fem {

/// Extents of a tensor; empty for a scalar.
using Shape = std::vector<int>;
/// Product of the extents; 1 for a scalar.
int size_of(const Shape& shape);
/// Python's spelling: "()", "(2,)", "(3, 3)".
std::string to_string(const Shape& shape);

/// Families that a form file can name. Basix's definitions hold (defelement.org gives each).
enum class Family {
  lagrange,                ///< continuous, degree ≥ 1; UFL "P", "Q", "CG", "Lagrange"
  discontinuous_lagrange,  ///< degree ≥ 0; UFL "DG", "DP", "DQ", "Discontinuous Lagrange"
  dpc,                     ///< complete polynomials on tensor-product cells, discontinuous
  serendipity,             ///< "S"
  bubble,                  ///< zero on the boundary
  crouzeix_raviart,        ///< continuous at the facets' midpoints; degree 1
  hermite,                 ///< degree 3
  raviart_thomas,          ///< H(div); "RT", "RTCF", "NCF"
  bdm,                     ///< Brezzi–Douglas–Marini; H(div)
  nedelec_first,           ///< H(curl); "N1curl", "RTCE", "NCE"
  nedelec_second,          ///< H(curl); "N2curl"
  regge,                   ///< symmetric matrices, tangential-tangential continuous
  hhj,                     ///< Hellan–Herrmann–Johnson: normal-normal continuous
  quadrature,              ///< values at quadrature points alone; no derivatives
  real,                    ///< one number for the whole mesh; "R", "Real"
  mixed,                   ///< Element::parts side by side, their values one after another
  enriched,                ///< sum of the spaces of Element::parts
};

/// Basix's variants of Lagrange elements; the default is FFCx's.
enum class LagrangeVariant {
  gll_warped,
  equispaced,
  gll_isaac,
  gll_centroid,
  chebyshev_warped,
  chebyshev_isaac,
  chebyshev_centroid,
  gl_warped,
  gl_isaac,
  gl_centroid,
  legendre,
  bernstein,
};
/// Basix's variants of DPC (and, with a Lagrange variant, of serendipity) elements.
enum class DpcVariant {
  legendre,
  simplex_equispaced,
  simplex_gll,
  horizontal_equispaced,
  horizontal_gll,
  diagonal_equispaced,
  diagonal_gll,
};

/// How reference values become physical ones (J = ∂x/∂X, K = J⁻¹):
enum class PullBack {
  identity,              ///< f = F
  contravariant_piola,   ///< f_i = J_ia F_a / det J
  covariant_piola,       ///< f_i = K_ai F_a
  double_covariant,      ///< f_ij = K_ai F_ab K_bj
  double_contravariant,  ///< f_ij = J_ia F_ab J_jb / (det J)²
};

/// A finite element as a form names it: a basic element of Basix's, blocked `size_of(shape)`
/// times; or one composed of parts. Its dofs in a cell: blocks interleave (dof = node ·
/// block_size + block, blocks row-major in `shape`), the parts of mixed and enriched elements
/// follow one another.
struct Element {
  Family family = Family::lagrange;
  meshes::CellType cell = meshes::CellType::triangle;
  int degree = 1;  ///< Basix's; of a quadrature element the scheme's; of composed ones the greatest
  Shape shape{};   ///< of blocks: the value shape where the basic element is scalar
  bool discontinuous = false;  ///< of a family that has a continuous twin (not lagrange)
  bool symmetric = false;      ///< shape (n, n) by n(n+1)/2 blocks: (0,0), (1,0), (1,1), (2,0), …
  LagrangeVariant lagrange_variant = LagrangeVariant::gll_warped;
  DpcVariant dpc_variant = DpcVariant::legendre;
  std::string scheme{};           ///< of quadrature elements: "default", "vertex", "custom"
  std::vector<double> points{};   ///< of custom quadrature elements, n × t
  std::vector<double> weights{};  ///< of custom quadrature elements
  std::vector<Element> parts{};   ///< of mixed and enriched elements

  std::partial_ordering operator<=>(const Element& other) const;
  bool operator==(const Element& other) const;

  /// Copies of the basic (or enriched) element: the product of the extents, or n(n+1)/2.
  int block_size() const;
  bool is_composed() const { return family == Family::mixed || family == Family::enriched; }
};

/// UFL's spelling, as basix.ufl: `element("P", "triangle", 2, shape=(2,))`.
std::string to_string(const Element& element);

/// Throws InputError unless the element is tabulated here, saying what would be: the family's
/// cells and degrees, positive extents; parts likewise, all on one cell.
void check_element(const Element& element);

/// The pull-back of a basic element's family.
PullBack pull_back(Family family);
/// Value shape of one copy of a basic element in d dimensions: () for scalar families, (d,) for
/// H(div) and H(curl), (d, d) for regge and hhj.
Shape basic_shape(Family family, int geometric_dim);
/// Shape of a function's value: blocks, then the basic element's own; (n,) flattened for mixed.
Shape value_shape(const Element& element, int geometric_dim);

/// A basic element within a composed one.
struct SubElement {
  Element basic;            ///< without shape or parts
  int block_size = 1;       ///< interleaved copies
  int value_size = 1;       ///< components of one copy
  int nodes = 0;            ///< basis functions of one copy
  int dof_offset = 0;       ///< its first dof among those of the whole in a cell
  int first_component = 0;  ///< of the whole's components, row-major, where this one's begin
  /// Of each component of the whole from first_component on: block · value_size + component of
  /// the copy. Longer than block_size · value_size where blocks are symmetric. The parts of an
  /// enriched element share their components: values add up.
  std::vector<int> source;

  int dofs() const { return nodes * block_size; }
};

/// The basic elements that an element consists of, in the order of their dofs. A plain or
/// blocked element gives one.
std::vector<SubElement> sub_elements(const Element& element, int geometric_dim);
/// Dofs of a cell.
int dof_count(const Element& element);

}  // namespace femsynth::fem
