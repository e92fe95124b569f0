#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "fem/form/form.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"

/// What the oracle asks of deal.II: points, weights, normals and shape functions, entity by
/// entity. deal.II lives behind this interface, in a module of its own.
namespace femsynth::solvers {

/// The points at which an integral is evaluated: the library's own rule, or given ones.
struct PointRule {
  bool given = false;
  int degree = 0;  ///< own rule: exact for polynomials of at least this degree
  /// Given points in reference coordinates of the cell, n × d row-major; for facets such a
  /// block for each local facet, one after another.
  std::vector<double> points;
  std::vector<double> weights;  ///< of given points: n, relative to the reference cell (facet)
  /// Where the facets are of several types: the first point of each facet's block, and the total;
  /// `weights` then has a number for each point of each facet. Else empty.
  std::vector<std::size_t> starts{};
  auto operator<=>(const PointRule&) const = default;
};

/// A quadrature rule on a reference cell of ours.
struct ReferenceRule {
  std::vector<double> points;   ///< n × t row-major
  std::vector<double> weights;  ///< n
};

/// The highest derivatives of basis functions that are asked of the library.
inline constexpr int kLibraryDerivatives = 2;

/// A scalar element to be evaluated: its nodal basis is defined by the nodes alone.
struct ShapeRequest {
  fem::Element element;           ///< shape is ignored
  std::span<const double> nodes;  ///< nodes × d, reference coordinates of the cell
  int derivatives = 0;            ///< highest order, to kLibraryDerivatives
};

/// The nodal basis of one element at the points of one entity. `slot` counts derivatives:
/// 0 is the value, 1 + i is ∂_i, 1 + d + i·d + j is ∂_i∂_j. Arrays are indexed
/// [slot][node][point].
struct ShapeTable {
  int nodes = 0;
  std::vector<double> physical;       ///< derivatives in physical coordinates
  std::span<const double> reference;  ///< derivatives in the library's reference coordinates
};

/// One cell, or one exterior facet, at its quadrature points. Matrices are row-major, points
/// come first: jacobian[(q·d + i)·d + j] = ∂x_i/∂X_j.
struct EntityPoints {
  std::size_t count = 0;                 ///< points
  std::vector<double> X;                 ///< count × d, the library's reference coordinates
  std::vector<double> x;                 ///< count × d
  std::vector<double> JxW;               ///< count: weight times change of measure
  std::vector<double> normal;            ///< count × d on facets: outward unit normal
  std::vector<double> jacobian;          ///< count × d × d
  std::vector<double> inverse;           ///< count × d × d: ∂X_i/∂x_j
  std::vector<double> vertices;          ///< of the cell, in the library's order: n × d
  std::vector<double> reference_normal;  ///< on facets: d, in the library's reference cell
  std::vector<ShapeTable> shapes;        ///< one a ShapeRequest
};

/// A facet between two cells at its quadrature points, seen from each of them; a point has the same
/// number on both sides. Normals point out of their own cell.
using InterfacePoints = std::array<EntityPoints, 2>;

/// A function of a point x (d numbers).
using PointFunction = std::function<std::vector<double>(std::span<const double> x)>;

/// A linear system over the library's own numbering, with constraints and a solver of its own.
/// Calls come in the order in which they stand here.
class BackendSystem {
 public:
  virtual ~BackendSystem() = default;
  virtual std::size_t dof_count() const = 0;
  /// Prescribes the unknowns on our local facet of a cell: `value` at their support points. Of
  /// several values the last one counts.
  virtual void constrain(std::size_t c, int facet, const PointFunction& value) = 0;
  virtual void begin_assembly() = 0;
  /// Adds a cell's element matrix (row-major) and vector, both in the basis of `nodes`.
  virtual void add_cell(std::size_t c, std::span<const double> matrix,
                        std::span<const double> vector) = 0;
  virtual void solve() = 0;
  /// The solution at the `nodes` of a cell: nodes × block size.
  virtual std::vector<double> at_nodes(std::size_t c) const = 0;
};

/// A mesh, as the library holds it.
class BackendMesh {
 public:
  virtual ~BackendMesh() = default;

  /// Announces points and elements to be evaluated; returns a handle.
  virtual std::size_t prepare(fem::IntegralKind kind, const PointRule& rule,
                              std::span<const ShapeRequest> shapes) = 0;
  /// Cell `c` at the points of a handle; valid until the next call.
  virtual const EntityPoints& at_cell(std::size_t handle, std::size_t c) = 0;
  /// Local facet `facet` (Basix's number) of cell `c`, on the boundary or not.
  virtual const EntityPoints& at_facet(std::size_t handle, std::size_t c, int facet) = 0;
  /// The facet that two cells share, `facets` its local number in each; given points are those on
  /// the first cell's. What belongs together on the two sides is the library's to know: its
  /// neighbours, its orientation of the face. Null where its tables would be too large.
  virtual const InterfacePoints* at_interface(std::size_t handle,
                                              const std::array<std::size_t, 2>& cells,
                                              const std::array<int, 2>& facets) = 0;

  /// Compares a dof map with the library's own numbering: the same number of unknowns, and
  /// two cells share one of ours exactly where they share one of the library's. Returns what
  /// is wrong, or "".
  virtual std::string check_numbering(const fem::Element& element, std::span<const double> nodes,
                                      const fem::DofMap& dof_map) = 0;

  /// A system for the element, which is blocked by its shape; `nodes`: those of the basis in which
  /// element tensors are given, reference coordinates of the cell. The mesh must outlive it.
  virtual std::unique_ptr<BackendSystem> make_system(const fem::Element& element,
                                                     std::span<const double> nodes) = 0;
};

/// The library. Not thread-safe: one a thread. It keeps elements and tabulations.
class Backend {
 public:
  virtual ~Backend() = default;
  /// "dealii".
  virtual std::string name() const = 0;
  /// "9.4.1".
  virtual std::string version() const = 0;
  virtual std::unique_ptr<BackendMesh> open(const meshes::Mesh& mesh) = 0;
  /// Values of the library's element with the polynomials of Lagrange's of that degree (0: the
  /// constant) at points of our reference cell (n × t row-major): [point][function]. Throws
  /// MissingComponent where it has none.
  virtual std::vector<double> shape_values(meshes::CellType cell, int degree,
                                           std::span<const double> points) = 0;
  /// The library's rule on our reference cell, exact for polynomials of total degree (on
  /// tensor-product cells: of degree in each variable) `degree`.
  virtual ReferenceRule rule(meshes::CellType cell, int degree) = 0;
};

/// The one function that the module exports, under this name.
inline constexpr const char* kBackendEntry = "femsynth_make_dealii_backend";
using MakeBackend = Backend* (*)();

}  // namespace femsynth::solvers
