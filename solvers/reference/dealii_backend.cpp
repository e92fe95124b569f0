#include <deal.II/base/config.h>
#include <deal.II/base/multithread_info.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/grid_tools.h>
#include <deal.II/grid/tria.h>
#include <deal.II/lac/full_matrix.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_elements.hpp"
#include "solvers/reference/dealii_system.hpp"

namespace femsynth::solvers {
namespace {

using meshes::CellType;
using meshes::Mesh;

/// Local vertex numbers of ours, in the order in which deal.II holds the cell's vertices.
using Permutation = std::vector<int>;

/// The nodal basis φ_i = Σ_j C_ij ψ_j over deal.II's shape functions ψ, zeros left out.
struct BasisChange {
  std::vector<std::vector<std::pair<unsigned, double>>> rows;
};

/// Coordinates in deal.II's reference cell of a point X of ours.
template <int dim>
dealii::Point<dim> to_library(CellType cell, const Permutation& permutation, const double* X) {
  dealii::Point<dim> result;
  if (meshes::is_simplex(cell)) {
    std::array<double, dim + 1> barycentric;
    barycentric[0] = 1.0;
    for (int j = 0; j < dim; ++j) {
      barycentric[0] -= X[j];
      barycentric[static_cast<std::size_t>(j) + 1] = X[j];
    }
    for (unsigned j = 0; j < dim; ++j) {
      result[j] = barycentric[static_cast<std::size_t>(permutation[j + 1])];
    }
    return result;
  }
  const auto origin = meshes::reference_vertex(cell, permutation[0]);
  for (unsigned j = 0; j < dim; ++j) {
    const auto end = meshes::reference_vertex(cell, permutation[std::size_t{1} << j]);
    double coordinate = 0.0;
    for (std::size_t i = 0; i < dim; ++i) coordinate += (X[i] - origin[i]) * (end[i] - origin[i]);
    result[j] = coordinate;
  }
  return result;
}

/// A face of a cell of deal.II's: its number, and the cell's local numbers of its vertices in
/// the face's own order, which its coordinates follow.
template <int dim>
struct Face {
  Face(CellType type, unsigned face, std::vector<unsigned> locals)
      : number(face), simplex(meshes::is_simplex(type)), vertices(std::move(locals)) {
    for (const unsigned v : vertices) {
      corners.push_back(meshes::reference_vertex(type, static_cast<int>(v)));
    }
  }
  /// Point of the cell at face coordinates ξ.
  std::array<double, 3> in_cell(const dealii::Point<dim - 1>& xi) const {
    std::array<double, 3> X = corners[0];
    for (unsigned j = 0; j + 1 < dim; ++j) {
      const auto& end = corners[simplex ? j + 1 : 1u << j];
      for (std::size_t i = 0; i < dim; ++i) X[i] += xi[j] * (end[i] - corners[0][i]);
    }
    return X;
  }
  /// Face coordinates of a point of the cell that lies on the face.
  dealii::Point<dim - 1> on_face(const dealii::Point<dim>& X) const {
    dealii::Point<dim - 1> xi;
    for (unsigned j = 0; j + 1 < dim; ++j) {
      if (simplex) {
        const unsigned v = vertices[j + 1];
        double rest = 1.0;
        for (unsigned i = 0; i < dim; ++i) rest -= X[i];
        xi[j] = v == 0 ? rest : X[v - 1];
        continue;
      }
      for (std::size_t i = 0; i < dim; ++i) {
        xi[j] +=
            (X[static_cast<unsigned>(i)] - corners[0][i]) * (corners[1u << j][i] - corners[0][i]);
      }
    }
    return xi;
  }
  unsigned number;
  bool simplex;
  std::vector<unsigned> vertices;
  std::vector<std::array<double, 3>> corners;
};

/// FEValues or FEFaceValues of one element at one rule.
template <int dim>
struct Tabulator {
  std::unique_ptr<dealii::FEValues<dim>> cell;
  std::unique_ptr<dealii::FEFaceValues<dim>> face;
  /// The mesh that the last cell belongs to, and where its triangulation stands.
  std::uint64_t mesh = 0;
  const void* place = nullptr;

  const dealii::FEValuesBase<dim>& values() const {
    return cell ? static_cast<const dealii::FEValuesBase<dim>&>(*cell) : *face;
  }
};

/// What is made once for one dimension and kept.
template <int dim>
class Library {
 public:
  const dealii::Mapping<dim>& mapping(CellType cell) {
    auto& mapping = mappings_[cell];
    if (!mapping) mapping = make_mapping<dim>(cell);
    return *mapping;
  }

  const dealii::FiniteElement<dim>& element(fem::Element element) {
    element.shape.clear();
    auto& entry = elements_[element];
    if (!entry) entry = make_element<dim>(element);
    return *entry;
  }

  const BasisChange& basis(fem::Element element, std::span<const double> nodes,
                           const Permutation& permutation) {
    element.shape.clear();
    const auto [at, fresh] = bases_.try_emplace({element, permutation});
    if (fresh) at->second = make_basis(element, nodes, permutation);
    return at->second;
  }

  /// `facet`: our facet's given points, or −1; permutation: of the cells that it is for.
  Tabulator<dim>& tabulator(const fem::Element& element, fem::IntegralKind kind,
                            const PointRule& rule, int derivatives, const Permutation& permutation,
                            int facet, const Face<dim>* face) {
    if (tabulators_.size() > kMaxTabulators) tabulators_.clear();
    const int own_facet = rule.given ? facet : -1;
    const Key key{element,
                  kind,
                  rule,
                  derivatives,
                  rule.given ? permutation : Permutation{},
                  own_facet,
                  own_facet < 0 ? std::vector<unsigned>{} : face->vertices};
    auto& entry = tabulators_[key];
    if (entry) return *entry;
    entry = std::make_unique<Tabulator<dim>>();
    dealii::UpdateFlags flags = dealii::update_values | dealii::update_quadrature_points |
                                dealii::update_JxW_values | dealii::update_jacobians |
                                dealii::update_inverse_jacobians;
    if (derivatives >= 1) flags |= dealii::update_gradients;
    if (derivatives >= 2) flags |= dealii::update_hessians;
    const auto& map = mapping(element.cell);
    const auto& fe = this->element(element);
    if (kind == fem::IntegralKind::cell) {
      entry->cell = std::make_unique<dealii::FEValues<dim>>(
          map, fe, cell_rule(element.cell, rule, permutation), flags);
    } else {
      flags |= dealii::update_normal_vectors;
      entry->face = std::make_unique<dealii::FEFaceValues<dim>>(
          map, fe, face_rule(element.cell, rule, permutation, facet, *face), flags);
    }
    return *entry;
  }

  /// Makes a tabulator ready for a mesh. FEValues and mappings keep their last cell, to reuse what
  /// is the same on the next one. When that cell's triangulation is gone and another stands in
  /// its place, they take the new one's cell for the old; so they visit a cell elsewhere first.
  void enter(Tabulator<dim>& tabulator, CellType cell, std::uint64_t mesh, const void* place) {
    if (tabulator.mesh != mesh && tabulator.place == place) {
      const auto elsewhere = elsewhere_cell(cell);
      if (tabulator.cell) {
        tabulator.cell->reinit(elsewhere);
      } else {
        tabulator.face->reinit(elsewhere, 0);
      }
    }
    tabulator.mesh = mesh;
    tabulator.place = place;
  }
  /// A number that no other mesh has.
  std::uint64_t next_mesh() { return ++meshes_; }

 private:
  /// The reference cell, as a triangulation that lives as long as the library.
  auto elsewhere_cell(CellType cell) {
    auto& triangulation = elsewhere_[cell];
    if (!triangulation) {
      const int corners = meshes::vertex_count(cell);
      std::vector<dealii::Point<dim>> vertices;
      dealii::CellData<dim> data(static_cast<unsigned>(corners));
      for (int k = 0; k < corners; ++k) {
        const auto X = meshes::reference_vertex(cell, k);
        dealii::Point<dim> point;
        for (unsigned i = 0; i < dim; ++i) point[i] = X[i];
        vertices.push_back(point);
        data.vertices[static_cast<std::size_t>(k)] = static_cast<unsigned>(k);
      }
      triangulation = std::make_unique<dealii::Triangulation<dim>>();
      triangulation->create_triangulation(vertices, {data}, dealii::SubCellData());
    }
    return triangulation->begin_active();
  }

  using Key = std::tuple<fem::Element, fem::IntegralKind, PointRule, int, Permutation, int,
                         std::vector<unsigned>>;
  static constexpr std::size_t kMaxTabulators = 128;

  dealii::Quadrature<dim> cell_rule(CellType cell, const PointRule& rule,
                                    const Permutation& permutation) const {
    if (!rule.given) return own_rule<dim>(meshes::is_simplex(cell), rule.degree);
    std::vector<dealii::Point<dim>> points;
    for (std::size_t q = 0; q < rule.weights.size(); ++q) {
      points.push_back(to_library<dim>(cell, permutation, &rule.points[q * dim]));
    }
    return dealii::Quadrature<dim>(points, rule.weights);
  }

  dealii::Quadrature<dim - 1> face_rule(CellType cell, const PointRule& rule,
                                        const Permutation& permutation, int facet,
                                        const Face<dim>& face) const {
    if (!rule.given) return own_rule<dim - 1>(meshes::is_simplex(cell), rule.degree);
    const double* block =
        rule.points.data() + static_cast<std::size_t>(facet) * rule.weights.size() * dim;
    std::vector<dealii::Point<dim - 1>> points;
    for (std::size_t q = 0; q < rule.weights.size(); ++q) {
      points.push_back(face.on_face(to_library<dim>(cell, permutation, block + q * dim)));
    }
    return dealii::Quadrature<dim - 1>(points, rule.weights);
  }

  BasisChange make_basis(const fem::Element& which, std::span<const double> nodes,
                         const Permutation& permutation) {
    const auto& fe = element(which);
    const unsigned n = fe.n_dofs_per_cell();
    if (nodes.size() != static_cast<std::size_t>(n) * dim) {
      throw InternalError(fmt::format("degree {} has {} nodes, deal.II's {} has {}", which.degree,
                                      nodes.size() / dim, fe.get_name(), n));
    }
    dealii::FullMatrix<double> inverse(n, n);
    for (unsigned i = 0; i < n; ++i) {
      const auto X =
          to_library<dim>(which.cell, permutation, &nodes[static_cast<std::size_t>(i) * dim]);
      for (unsigned j = 0; j < n; ++j) inverse(i, j) = fe.shape_value(j, X);
    }
    inverse.gauss_jordan();
    BasisChange change;
    for (unsigned i = 0; i < n; ++i) {
      auto& row = change.rows.emplace_back();
      for (unsigned j = 0; j < n; ++j) {
        double c = inverse(j, i);
        if (std::abs(c) < kNoise) continue;
        if (std::abs(c - std::round(c)) < kNoise) c = std::round(c);
        row.emplace_back(j, c);
      }
    }
    return change;
  }

  /// Entries of a change of basis that differ from a whole number by less are rounded to it;
  /// the error model's allowance for tables covers it.
  static constexpr double kNoise = 2e-15;

  std::map<CellType, std::unique_ptr<dealii::Mapping<dim>>> mappings_;
  std::map<fem::Element, std::unique_ptr<dealii::FiniteElement<dim>>> elements_;
  std::map<std::pair<fem::Element, Permutation>, BasisChange> bases_;
  std::map<CellType, std::unique_ptr<dealii::Triangulation<dim>>> elsewhere_;
  std::map<Key, std::unique_ptr<Tabulator<dim>>> tabulators_;  // after what they refer to
  std::uint64_t meshes_ = 0;
};

template <int dim>
class DealiiMesh final : public BackendMesh {
 public:
  DealiiMesh(Library<dim>& library, const Mesh& mesh)
      : library_(library), mesh_(mesh), number_(library.next_mesh()) {
    create();
  }

  DealiiMesh(const DealiiMesh&) = delete;
  DealiiMesh& operator=(const DealiiMesh&) = delete;

  std::size_t prepare(fem::IntegralKind kind, const PointRule& rule,
                      std::span<const ShapeRequest> shapes) override {
    Prepared prepared{kind, rule, {}, {}, {}};
    for (const ShapeRequest& shape : shapes) {
      prepared.shapes.push_back(
          {shape.element, {shape.nodes.begin(), shape.nodes.end()}, shape.derivatives});
      prepared.shapes.back().element.shape.clear();
    }
    prepared_.push_back(std::move(prepared));
    return prepared_.size() - 1;
  }

  const EntityPoints& at_cell(std::size_t handle, std::size_t c) override {
    return at(prepared_.at(handle), c, -1);
  }
  const EntityPoints& at_facet(std::size_t handle, std::size_t c, int facet) override {
    return at(prepared_.at(handle), c, facet);
  }

  std::string check_numbering(const fem::Element& element, std::span<const double> nodes,
                              const fem::DofMap& map) override {
    const std::size_t per_cell = nodes.size() / dim;
    if (map.cell_count() != mesh_.cell_count() ||
        static_cast<std::size_t>(map.nodes_per_cell) != per_cell) {
      return fmt::format("the dof map has {} cells with {} nodes, expected {} with {}",
                         map.cell_count(), map.nodes_per_cell, mesh_.cell_count(), per_cell);
    }
    std::vector<bool> used(map.node_count, false);
    for (const std::int32_t node : map.cell_nodes) {
      if (node < 0 || static_cast<std::size_t>(node) >= map.node_count) {
        return fmt::format("the dof map names node {} of {}", node, map.node_count);
      }
      used[static_cast<std::size_t>(node)] = true;
    }
    const auto idle = std::find(used.begin(), used.end(), false);
    if (idle != used.end()) {
      return fmt::format("no cell has node {} of the dof map", idle - used.begin());
    }
    if (has_numbering(element)) return compare_numbering(element, nodes, map);
    return compare_places(element, nodes, map);
  }

  std::unique_ptr<BackendSystem> make_system(const fem::Element& element,
                                             std::span<const double> nodes) override {
    const auto to_reference = [this](std::size_t c, const double* X) {
      return to_library<dim>(mesh_.cell_type, permutations_.at(c), X);
    };
    const auto face = [this](std::size_t c, int facet) { return face_of(c, facet).number; };
    return make_dealii_system<dim>({triangulation_, to_reference, face}, element, nodes);
  }

 private:
  struct Shape {
    fem::Element element;
    std::vector<double> nodes;
    int derivatives = 0;
  };
  struct Prepared {
    fem::IntegralKind kind;
    PointRule rule;
    std::vector<Shape> shapes;
    EntityPoints points;
    /// Derivatives in reference coordinates, which depend on the element, on the order of the
    /// cell's vertices and on the face alone.
    std::map<std::tuple<std::size_t, Permutation, std::vector<unsigned>>, std::vector<double>>
        references;
  };

  void create() {
    std::vector<int> number(mesh_.vertices(), -1);
    std::vector<dealii::Point<dim>> vertices;
    std::vector<dealii::CellData<dim>> cells;
    for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
      const auto ours = mesh_.cell(c);
      dealii::CellData<dim> cell(static_cast<unsigned>(ours.size()));
      for (std::size_t k = 0; k < ours.size(); ++k) {
        const auto v = static_cast<std::size_t>(ours[k]);
        if (number[v] < 0) {
          number[v] = static_cast<int>(vertices.size());
          dealii::Point<dim> point;
          for (unsigned i = 0; i < dim; ++i) point[i] = mesh_.vertex(v)[i];
          vertices.push_back(point);
        }
        cell.vertices[k] = static_cast<unsigned>(number[v]);
      }
      if (is_inverted(c)) invert(cell.vertices);
      cells.push_back(cell);
    }
    if (dim > 1 && !meshes::is_simplex(mesh_.cell_type)) {
      // deal.II wants neighbours to agree on the direction of edges. On a hexahedral mesh where
      // that cannot be, it takes the cells as they are and keeps orientation flags.
      try {
        dealii::GridTools::consistently_order_cells(cells);
      } catch (const std::exception&) {
        if (dim == 2) throw;
      }
    }
    triangulation_.create_triangulation(vertices, cells, dealii::SubCellData());
    for (const auto& cell : triangulation_.active_cell_iterators()) {
      const auto ours = mesh_.cell(cells_.size());
      Permutation permutation;
      for (const unsigned k : cell->vertex_indices()) {
        const auto at = std::find_if(ours.begin(), ours.end(), [&](std::int32_t v) {
          return number[static_cast<std::size_t>(v)] == static_cast<int>(cell->vertex_index(k));
        });
        permutation.push_back(static_cast<int>(at - ours.begin()));
      }
      cells_.push_back(cell);
      permutations_.push_back(std::move(permutation));
    }
  }

  bool is_inverted(std::size_t c) const {
    const double centre[3] = {0.25, 0.25, 0.25};
    return meshes::map_point(mesh_, c, centre).determinant < 0.0;
  }

  /// Reflects a cell: simplices by an odd permutation, the others along their first axis (of
  /// which deal.II's lexicographic order stays one).
  void invert(std::vector<unsigned>& vertices) const {
    if (meshes::is_simplex(mesh_.cell_type)) {
      std::swap(vertices[vertices.size() - 2], vertices[vertices.size() - 1]);
    } else {
      for (std::size_t k = 0; k < vertices.size(); k += 2) std::swap(vertices[k], vertices[k + 1]);
    }
  }

  Face<dim> face_at(std::size_t c, unsigned number) const {
    const auto& cell = cells_[c];
    if constexpr (dim == 1) {
      return Face<dim>(mesh_.cell_type, number, {number});
    } else {
      std::vector<unsigned> locals;
      for (const unsigned k : cell->face(number)->vertex_indices()) {
        unsigned local = 0;
        while (cell->vertex_index(local) != cell->face(number)->vertex_index(k)) ++local;
        locals.push_back(local);
      }
      return Face<dim>(mesh_.cell_type, number, std::move(locals));
    }
  }

  /// deal.II's face with the vertices of our facet.
  Face<dim> face_of(std::size_t c, int facet) const {
    const Permutation& permutation = permutations_[c];
    std::vector<int> wanted;
    for (int k = 0; k < meshes::facet_vertex_count(mesh_.cell_type); ++k) {
      wanted.push_back(meshes::facet_vertex(mesh_.cell_type, facet, k));
    }
    std::sort(wanted.begin(), wanted.end());
    for (unsigned number = 0; number < cells_[c]->n_faces(); ++number) {
      Face<dim> face = face_at(c, number);
      std::vector<int> found;
      for (const unsigned v : face.vertices) found.push_back(permutation[v]);
      std::sort(found.begin(), found.end());
      if (found == wanted) return face;
    }
    throw InternalError(
        fmt::format("deal.II's cell {} has no face that is our facet {}", c, facet));
  }

  const EntityPoints& at(Prepared& prepared, std::size_t c, int facet) {
    const Permutation& permutation = permutations_.at(c);
    const std::optional<Face<dim>> found =
        facet < 0 ? std::optional<Face<dim>>() : face_of(c, facet);
    const Face<dim>* face = found ? &*found : nullptr;
    EntityPoints& out = prepared.points;
    out.shapes.resize(prepared.shapes.size());
    // A form without functions still needs the geometry.
    const fem::Element constant{fem::Family::discontinuous_lagrange, mesh_.cell_type, 1, {}};
    const std::size_t count = std::max<std::size_t>(prepared.shapes.size(), 1);
    for (std::size_t s = 0; s < count; ++s) {
      const bool bare = prepared.shapes.empty();
      const fem::Element& element = bare ? constant : prepared.shapes[s].element;
      const int derivatives = bare ? 0 : prepared.shapes[s].derivatives;
      Tabulator<dim>& tabulator = library_.tabulator(element, prepared.kind, prepared.rule,
                                                     derivatives, permutation, facet, face);
      library_.enter(tabulator, mesh_.cell_type, number_, &triangulation_);
      if (tabulator.cell) {
        tabulator.cell->reinit(cells_[c]);
      } else {
        tabulator.face->reinit(cells_[c], face->number);
      }
      const dealii::FEValuesBase<dim>& values = tabulator.values();
      if (s == 0) take_geometry(prepared, values, c, facet, face);
      if (!bare) take_shapes(prepared, values, s, permutation, face);
    }
    return out;
  }

  void take_geometry(Prepared& prepared, const dealii::FEValuesBase<dim>& values, std::size_t c,
                     int facet, const Face<dim>* face) {
    EntityPoints& out = prepared.points;
    const unsigned n = values.n_quadrature_points;
    out.count = n;
    out.X.resize(n * dim);
    out.x.resize(n * dim);
    out.JxW.resize(n);
    out.jacobian.resize(n * dim * dim);
    out.inverse.resize(n * dim * dim);
    if (facet >= 0) take_facet(out, values, *face);
    take_reference_points(prepared, c, facet, face);
    out.vertices.clear();
    for (const int k : permutations_[c]) {
      const auto v =
          mesh_.vertex(static_cast<std::size_t>(mesh_.cell(c)[static_cast<std::size_t>(k)]));
      out.vertices.insert(out.vertices.end(), v.begin(), v.end());
    }
    for (unsigned q = 0; q < n; ++q) {
      out.JxW[q] = values.JxW(q);
      for (unsigned i = 0; i < dim; ++i) {
        out.x[q * dim + i] = values.quadrature_point(q)[i];
        for (unsigned j = 0; j < dim; ++j) {
          out.jacobian[(q * dim + i) * dim + j] = values.jacobian(q)[i][j];
          out.inverse[(q * dim + i) * dim + j] = values.inverse_jacobian(q)[i][j];
        }
      }
    }
    check_places(out, c);
  }

  void take_facet(EntityPoints& out, const dealii::FEValuesBase<dim>& values,
                  const Face<dim>& face) const {
    const auto& facet_values = static_cast<const dealii::FEFaceValues<dim>&>(values);
    out.normal.resize(out.count * dim);
    for (unsigned q = 0; q < out.count; ++q) {
      for (unsigned i = 0; i < dim; ++i) out.normal[q * dim + i] = facet_values.normal_vector(q)[i];
    }
    // The reference normal, from the face's corners: every other corner lies on its inner side.
    out.reference_normal.assign(dim, 0.0);
    if (!meshes::is_simplex(mesh_.cell_type) || dim == 1) {
      out.reference_normal[face.number / 2] = face.number % 2 == 0 ? -1.0 : 1.0;
      return;
    }
    // Of a simplex: −∇λ_v of the opposite vertex v, normalised.
    unsigned opposite = 0;
    for (const unsigned v : face.vertices) opposite += v;
    opposite = dim * (dim + 1) / 2 - opposite;
    for (unsigned i = 0; i < dim; ++i) {
      out.reference_normal[i] = opposite == 0       ? 1.0 / std::sqrt(double{dim})
                                : opposite == i + 1 ? -1.0
                                                    : 0.0;
    }
  }

  void take_reference_points(Prepared& prepared, std::size_t c, int facet,
                             const Face<dim>* face) const {
    EntityPoints& out = prepared.points;
    const PointRule& rule = prepared.rule;
    const bool simplex = meshes::is_simplex(mesh_.cell_type);
    if (rule.given) {
      const double* block =
          rule.points.data() + (facet < 0 ? 0 : static_cast<std::size_t>(facet) * out.count * dim);
      for (std::size_t q = 0; q < out.count; ++q) {
        const auto X = to_library<dim>(mesh_.cell_type, permutations_[c], block + q * dim);
        for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = X[i];
      }
    } else if (facet < 0) {
      const auto own = own_rule<dim>(simplex, rule.degree);
      for (unsigned q = 0; q < out.count; ++q) {
        for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = own.point(q)[i];
      }
    } else {
      const auto own = own_rule<dim - 1>(simplex, rule.degree);
      for (unsigned q = 0; q < out.count; ++q) {
        const auto X = face->in_cell(own.point(q));
        for (unsigned i = 0; i < dim; ++i) out.X[q * dim + i] = X[i];
      }
    }
  }

  /// deal.II's physical points must be the images of the reference points that we hold.
  void check_places(const EntityPoints& out, std::size_t c) const {
    for (std::size_t q = 0; q < out.count; ++q) {
      const auto phi = meshes::vertex_basis(mesh_.cell_type, &out.X[q * dim]);
      for (std::size_t i = 0; i < dim; ++i) {
        double x = 0.0;
        double size = 0.0;
        for (std::size_t k = 0; k < out.vertices.size() / dim; ++k) {
          x += phi[k] * out.vertices[k * dim + i];
          size += std::abs(out.vertices[k * dim + i]);
        }
        if (std::abs(x - out.x[q * dim + i]) > 1e-12 * size) {
          throw InternalError(fmt::format(
              "point {} of cell {}: deal.II has x_{} = {}, our reference point maps to {}", q, c, i,
              out.x[q * dim + i], x));
        }
      }
    }
  }

  void take_shapes(Prepared& prepared, const dealii::FEValuesBase<dim>& values, std::size_t s,
                   const Permutation& permutation, const Face<dim>* face) {
    const Shape& shape = prepared.shapes[s];
    ShapeTable& table = prepared.points.shapes[s];
    const BasisChange& basis = library_.basis(shape.element, shape.nodes, permutation);
    const std::size_t n = values.n_quadrature_points;
    const std::size_t nodes = basis.rows.size();
    const std::size_t slots = shape.derivatives == 0   ? 1
                              : shape.derivatives == 1 ? 1 + dim
                                                       : 1 + dim + dim * dim;
    const std::size_t block = nodes * n;
    table.nodes = static_cast<int>(nodes);
    table.physical.assign(slots * block, 0.0);
    for (std::size_t i = 0; i < nodes; ++i) {
      for (const auto& [j, c] : basis.rows[i]) {
        for (unsigned q = 0; q < n; ++q) {
          double* at = &table.physical[i * n + q];
          at[0] += c * values.shape_value(j, q);
          if (shape.derivatives == 0) continue;
          const auto& gradient = values.shape_grad(j, q);
          for (unsigned a = 0; a < dim; ++a) at[(1 + a) * block] += c * gradient[a];
          if (shape.derivatives == 1) continue;
          const auto& hessian = values.shape_hessian(j, q);
          for (unsigned a = 0; a < dim; ++a) {
            for (unsigned b = 0; b < dim; ++b)
              at[(1 + dim + a * dim + b) * block] += c * hessian[a][b];
          }
        }
      }
    }
    if (shape.derivatives == 0) return;
    const auto [at, fresh] = prepared.references.try_emplace(
        {s, permutation, face == nullptr ? std::vector<unsigned>{} : face->vertices});
    if (fresh) at->second = reference_shapes(prepared, s, basis);
    table.reference = at->second;
  }

  /// Derivatives in reference coordinates, for the error model only.
  std::vector<double> reference_shapes(const Prepared& prepared, std::size_t s,
                                       const BasisChange& basis) {
    const Shape& shape = prepared.shapes[s];
    const EntityPoints& points = prepared.points;
    const std::size_t n = points.count;
    const std::size_t block = basis.rows.size() * n;
    std::vector<double> reference(points.shapes[s].physical.size(), 0.0);
    const auto& fe = library_.element(shape.element);
    for (unsigned q = 0; q < n; ++q) {
      dealii::Point<dim> X;
      for (unsigned i = 0; i < dim; ++i) X[i] = points.X[q * dim + i];
      std::vector<dealii::Tensor<1, dim>> gradients;
      std::vector<dealii::Tensor<2, dim>> hessians;
      for (unsigned j = 0; j < fe.n_dofs_per_cell(); ++j) {
        gradients.push_back(fe.shape_grad(j, X));
        if (shape.derivatives == 2) hessians.push_back(fe.shape_grad_grad(j, X));
      }
      for (std::size_t i = 0; i < basis.rows.size(); ++i) {
        double* at = &reference[i * n + q];
        for (const auto& [j, c] : basis.rows[i]) {
          for (unsigned a = 0; a < dim; ++a) {
            at[(1 + a) * block] += c * gradients[j][a];
            if (shape.derivatives < 2) continue;
            for (unsigned b = 0; b < dim; ++b)
              at[(1 + dim + a * dim + b) * block] += c * hessians[j][a][b];
          }
        }
      }
    }
    return reference;
  }

  /// Values of ours, carried over to deal.II's unknowns cell by cell, must agree wherever two
  /// cells share an unknown; as both spaces have one dimension, the numberings are then equal
  /// up to a change of basis.
  std::string compare_numbering(const fem::Element& element, std::span<const double> nodes,
                                const fem::DofMap& map) {
    dealii::DoFHandler<dim> handler(triangulation_);
    handler.distribute_dofs(library_.element(element));
    if (handler.n_dofs() != map.node_count) {
      return fmt::format("the dof map has {} nodes, deal.II {}", map.node_count, handler.n_dofs());
    }
    std::vector<double> global(handler.n_dofs(), std::nan(""));
    std::vector<dealii::types::global_dof_index> indices;
    std::size_t c = 0;
    for (const auto& cell : handler.active_cell_iterators()) {
      const BasisChange& basis = library_.basis(element, nodes, permutations_[c]);
      std::vector<double> local(basis.rows.size(), 0.0);
      for (std::size_t i = 0; i < basis.rows.size(); ++i) {
        for (const auto& [j, entry] : basis.rows[i]) {
          local[j] += entry * probe(static_cast<std::uint64_t>(map.cell(c)[i]));
        }
      }
      indices.resize(local.size());
      cell->get_dof_indices(indices);
      for (std::size_t j = 0; j < local.size(); ++j) {
        double& value = global[indices[j]];
        if (std::isnan(value)) value = local[j];
        if (std::abs(value - local[j]) > 1e-10) {
          return fmt::format("cell {} does not agree with its neighbours on deal.II's unknown {}",
                             c, indices[j]);
        }
      }
      ++c;
    }
    return {};
  }

  /// For elements that deal.II does not number: one node, one place, and as many places as
  /// entities of the mesh give.
  std::string compare_places(const fem::Element& element, std::span<const double> nodes,
                             const fem::DofMap& map) {
    const auto p = static_cast<std::size_t>(element.degree);
    std::size_t expected =
        triangulation_.n_used_vertices() + (p - 1) * triangulation_.n_active_lines();
    if constexpr (dim == 2) expected += (p - 1) * (p - 2) / 2 * triangulation_.n_active_cells();
    if constexpr (dim == 3) {
      expected += (p - 1) * (p - 2) / 2 * triangulation_.n_active_faces();
      expected += (p - 1) * (p - 2) * (p - 3) / 6 * triangulation_.n_active_cells();
    }
    if (expected != map.node_count) {
      return fmt::format("the dof map has {} nodes, deal.II's mesh has places for {}",
                         map.node_count, expected);
    }
    std::vector<std::array<double, 3>> places(map.node_count);
    std::vector<bool> known(map.node_count, false);
    for (std::size_t c = 0; c < mesh_.cell_count(); ++c) {
      for (std::size_t i = 0; i < nodes.size() / dim; ++i) {
        const auto x = meshes::map_point(mesh_, c, &nodes[i * dim]).x;
        const auto node = static_cast<std::size_t>(map.cell(c)[i]);
        if (!known[node]) places[node] = x;
        known[node] = true;
        for (std::size_t k = 0; k < dim; ++k) {
          if (std::abs(places[node][k] - x[k]) > 1e-10 * (1.0 + std::abs(x[k]))) {
            return fmt::format("node {} stands at two places, one of them in cell {}", node, c);
          }
        }
      }
    }
    return {};
  }

  /// A number that no other node is likely to have.
  static double probe(std::uint64_t node) {
    std::uint64_t z = (node + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<double>((z ^ z >> 31) >> 11) * 0x1p-53 + 0.5;
  }

  Library<dim>& library_;
  const Mesh& mesh_;
  std::uint64_t number_;
  dealii::Triangulation<dim> triangulation_;
  std::vector<typename dealii::Triangulation<dim>::active_cell_iterator> cells_;
  std::vector<Permutation> permutations_;
  std::vector<Prepared> prepared_;
};

class DealiiBackend final : public Backend {
 public:
  DealiiBackend() { dealii::MultithreadInfo::set_thread_limit(1); }
  std::string name() const override { return "dealii"; }
  std::string version() const override { return DEAL_II_PACKAGE_VERSION; }
  std::unique_ptr<BackendMesh> open(const Mesh& mesh) override {
    try {
      switch (mesh.dim()) {
        case 1:
          return std::make_unique<DealiiMesh<1>>(line_, mesh);
        case 2:
          return std::make_unique<DealiiMesh<2>>(plane_, mesh);
        default:
          return std::make_unique<DealiiMesh<3>>(space_, mesh);
      }
    } catch (const Error&) {
      throw;
    } catch (const std::exception& e) {
      throw InputError(fmt::format("deal.II does not take the mesh: {}", e.what()));
    }
  }

 private:
  Library<1> line_;
  Library<2> plane_;
  Library<3> space_;
};

}  // namespace
}  // namespace femsynth::solvers

extern "C" __attribute__((visibility("default"))) femsynth::solvers::Backend*
femsynth_make_dealii_backend() {
  return new femsynth::solvers::DealiiBackend();
}
