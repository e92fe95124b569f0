#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "oracle.hpp"
#include "solvers/reference/solve.hpp"

/// Interior facets through deal.II's FEInterfaceValues, whichever way the two cells lie.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprId;
using fem::Family;
using fem::IntegralKind;
using meshes::CellType;
using meshes::Mesh;

/// What is wrong with a spoilt library.
enum class Fault {
  none,
  sides,   ///< each side has the other's functions
  points,  ///< the functions of '-' stand at the points in reverse
  places,  ///< so do its points
  normal,  ///< '+' has the normal of '-'
};

/// Passes everything on to deal.II, counts, and spoils facets between cells.
class Spy final : public BackendMesh {
 public:
  Spy(std::unique_ptr<BackendMesh> mesh, Fault fault, int& interfaces, int& facets)
      : mesh_(std::move(mesh)), fault_(fault), interfaces_(interfaces), facets_(facets) {}
  std::size_t prepare(IntegralKind kind, const PointRule& rule,
                      std::span<const ShapeRequest> shapes) override {
    return mesh_->prepare(kind, rule, shapes);
  }
  const EntityPoints& at_cell(std::size_t handle, std::size_t c) override {
    return mesh_->at_cell(handle, c);
  }
  const EntityPoints& at_facet(std::size_t handle, std::size_t c, int facet) override {
    ++facets_;
    return mesh_->at_facet(handle, c, facet);
  }
  const InterfacePoints* at_interface(std::size_t handle, const std::array<std::size_t, 2>& cells,
                                      const std::array<int, 2>& facets) override {
    ++interfaces_;
    const InterfacePoints* both = mesh_->at_interface(handle, cells, facets);
    if (both == nullptr || fault_ == Fault::none) return both;
    spoilt_ = *both;
    EntityPoints& minus = spoilt_[1];
    const std::size_t d = minus.x.size() / minus.count;
    switch (fault_) {
      case Fault::none:
        break;
      case Fault::sides:
        std::swap(spoilt_[0].shapes, minus.shapes);
        break;
      case Fault::points:
        for (ShapeTable& table : minus.shapes) reverse(table.physical, minus.count, 1);
        break;
      case Fault::places:
        reverse(minus.x, minus.count, d);
        break;
      case Fault::normal:
        spoilt_[0].normal = minus.normal;
        break;
    }
    return &spoilt_;
  }
  std::string check_numbering(const Element& element, std::span<const double> nodes,
                              const fem::DofMap& map) override {
    return mesh_->check_numbering(element, nodes, map);
  }
  std::unique_ptr<BackendSystem> make_system(const Element& element,
                                             std::span<const double> nodes) override {
    return mesh_->make_system(element, nodes);
  }

 private:
  /// Reverses the order of points in blocks of `count` entries of `width` numbers.
  static void reverse(std::vector<double>& values, std::size_t count, std::size_t width) {
    const std::vector<double> old = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t block = i / (count * width);
      const std::size_t q = i / width % count;
      values[i] = old[(block * count + (count - 1 - q)) * width + i % width];
    }
  }

  std::unique_ptr<BackendMesh> mesh_;
  Fault fault_;
  int& interfaces_;
  int& facets_;
  InterfacePoints spoilt_;
};

class SpyBackend final : public Backend {
 public:
  explicit SpyBackend(Fault fault) : library_(load_backend()), fault_(fault) {}
  std::string name() const override { return library_->name(); }
  std::string version() const override { return library_->version(); }
  std::unique_ptr<BackendMesh> open(const Mesh& mesh) override {
    return std::make_unique<Spy>(library_->open(mesh), fault_, interfaces, facets);
  }
  std::vector<double> shape_values(CellType cell, int degree,
                                   std::span<const double> points) override {
    return library_->shape_values(cell, degree, points);
  }
  ReferenceRule rule(CellType cell, int degree) override { return library_->rule(cell, degree); }

  int interfaces = 0;
  int facets = 0;

 private:
  std::shared_ptr<Backend> library_;
  Fault fault_;
};

/// ∫ (w(−) ∇u(−) · n(+) v(+) + u(+) v(−)) dS; `own`: by the oracle's own maps.
ReferenceValues coupling(const Mesh& mesh, int degree, const PointRule& rule, Reference& reference,
                         bool own = false) {
  Case c(mesh);
  const Element element{Family::discontinuous_lagrange, mesh.cell_type, degree};
  c.arguments = {element, element};
  auto& g = c.graph;
  const auto count = fem::make_dof_map(c.mesh, element).dof_count();
  const ExprId w = c.coefficient(element, random_values(count, 5, 0.5, 1.5));
  const ExprId v = fem::argument(g, 0, element);
  const ExprId u = fem::argument(g, 1, element);
  const auto at = [&](ExprId e, int side) { return fem::restricted(g, e, side); };
  const ExprId flux = fem::dot(g, at(fem::grad(g, u), 1), at(fem::facet_normal(g), 0));
  ExprId integrand = fem::multiply(g, fem::multiply(g, at(w, 1), flux), at(v, 0));
  integrand = fem::add(g, integrand, fem::multiply(g, at(u, 0), at(v, 1)));
  if (own) {
    const ExprId sign = at(fem::geometric_quantity(g, fem::GeometricQuantity::cell_orientation), 0);
    integrand = fem::multiply(g, fem::multiply(g, sign, sign), integrand);
  }
  c.add(integrand, rule, IntegralKind::interior_facet);
  ReferenceForm form(g, c.arguments, c.integrals);
  const auto spaces = c.spaces();
  return reference.matrix(form, c.mesh, spaces, c.inputs(), 0x1p-53);
}

/// Do they agree within their bounds, where something does not vanish?
bool agree(const ReferenceValues& a, const ReferenceValues& b) {
  bool same = true;
  bool any = false;
  for (std::size_t i = 0; i < a.value.size(); ++i) {
    same = same && std::abs(a.value[i] - b.value[i]) <= a.bound[i] + b.bound[i];
    any = any || a.value[i] != 0.0;
  }
  return same && any;
}

Mesh pair_of(CellType cell) {
  const char* specs[] = {"2", "1x1", "2x1x1"};
  const bool flat_box = cell == CellType::quadrilateral;
  const int d = meshes::dimension(cell);
  const std::string spec = std::string(meshes::name_of(cell)) + ":" +
                           (flat_box                        ? "2x1"
                            : cell == CellType::tetrahedron ? "1x1x1"
                                                            : specs[d - 1]);
  return meshes::generate_mesh(spec, {.perturb = 0.2, .seed = 5, .perturb_all = true});
}

/// All numberings of a cell's vertices that its shape has.
std::vector<std::vector<int>> symmetries(CellType cell) {
  const int n = meshes::vertex_count(cell);
  std::vector<int> order(static_cast<std::size_t>(n));
  for (int k = 0; k < n; ++k) order[static_cast<std::size_t>(k)] = k;
  std::vector<std::vector<int>> result;
  if (meshes::is_simplex(cell)) {
    do result.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    return result;
  }
  std::vector<unsigned> axes;
  for (int k = 0; k < meshes::dimension(cell); ++k) axes.push_back(static_cast<unsigned>(k));
  do {
    for (unsigned flips = 0; flips < static_cast<unsigned>(n); ++flips) {
      for (unsigned v = 0; v < static_cast<unsigned>(n); ++v) {
        unsigned w = 0;
        for (std::size_t k = 0; k < axes.size(); ++k) w |= ((v ^ flips) >> k & 1u) << axes[k];
        order[v] = static_cast<int>(w);
      }
      result.push_back(order);
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
  return result;
}

Mesh turned(const Mesh& mesh, std::size_t cell, const std::vector<int>& order) {
  Mesh result = mesh;
  const auto old = mesh.cell(cell);
  for (std::size_t k = 0; k < order.size(); ++k) {
    result.cells[cell * order.size() + k] = old[static_cast<std::size_t>(order[k])];
  }
  result.exterior_facets = meshes::exterior_facets(result);
  return result;
}

class Interfaces : public testing::TestWithParam<CellType> {};

TEST_P(Interfaces, AreFEInterfaceValuesAndAgreeWithTheOraclesOwnMaps) {
  const Mesh mesh = small_mesh(GetParam());
  const int most = meshes::dimension(GetParam()) == 3 ? 2 : 4;
  for (int degree = 1; degree <= most; ++degree) {
    const auto spy = std::make_shared<SpyBackend>(Fault::none);
    const auto reference = make_reference(spy);
    const PointRule given = given_rule(GetParam(), IntegralKind::interior_facet, 2 * degree);
    const ReferenceValues values = coupling(mesh, degree, given, *reference);
    EXPECT_EQ(spy->interfaces, static_cast<int>(meshes::interior_facets(mesh).size()));
    EXPECT_EQ(spy->facets, 0);
    EXPECT_TRUE(agree(values, coupling(mesh, degree, given, oracle(), true))) << degree;
  }
}

TEST_P(Interfaces, AgreeWhicheverWayTheSecondCellLies) {
  const Mesh mesh = pair_of(GetParam());
  const PointRule given = given_rule(GetParam(), IntegralKind::interior_facet, 3);
  for (const std::vector<int>& order : symmetries(GetParam())) {
    const Mesh other = turned(mesh, 1, order);
    EXPECT_TRUE(
        agree(coupling(other, 1, given, oracle()), coupling(other, 1, given, oracle(), true)))
        << testing::PrintToString(order);
  }
}

TEST_P(Interfaces, TheLibrarysOwnRuleGivesTheSameOnAffineCells) {
  const Mesh mesh = small_mesh(GetParam(), meshes::is_simplex(GetParam()) ? 0.2 : 0.0);
  const PointRule given = given_rule(GetParam(), IntegralKind::interior_facet, 6);
  EXPECT_TRUE(
      agree(coupling(mesh, 2, own_rule_of(6), oracle()), coupling(mesh, 2, given, oracle())));
}

TEST_P(Interfaces, AWrongSidePointOrNormalIsSeen) {
  const Mesh mesh = small_mesh(GetParam());
  const PointRule given = given_rule(GetParam(), IntegralKind::interior_facet, 3);
  const ReferenceValues right = coupling(mesh, 1, given, oracle(), true);
  for (const Fault fault : {Fault::sides, Fault::points, Fault::normal}) {
    if (GetParam() == CellType::interval && fault == Fault::points) continue;  // there is one
    const auto reference = make_reference(std::make_shared<SpyBackend>(fault));
    EXPECT_FALSE(agree(coupling(mesh, 1, given, *reference), right)) << static_cast<int>(fault);
  }
  const auto reference = make_reference(std::make_shared<SpyBackend>(Fault::places));
  if (GetParam() == CellType::interval) return;
  EXPECT_THROW(coupling(mesh, 1, given, *reference), Error);
}

INSTANTIATE_TEST_SUITE_P(Cells, Interfaces, testing::ValuesIn(kCells),
                         [](const auto& p) { return std::string(meshes::name_of(p.param)); });

/// FEInterfaceValues of degree 5 on hexahedra with second derivatives would take 0.5 GB.
TEST(LargeInterfaces, WhereTheirTablesWouldBeTooLargeTwoFEFaceValuesServe) {
  Case c(pair_of(CellType::hexahedron));
  const Element element{Family::discontinuous_lagrange, CellType::hexahedron, 5};
  c.arguments = {element};
  auto& g = c.graph;
  const ExprId v = fem::restricted(g, fem::argument(g, 0, element), 1);
  const ExprId w = c.coefficient(
      element, random_values(fem::make_dof_map(c.mesh, element).dof_count(), 5, 0.5, 1.5));
  const ExprId curvature =
      fem::matrix_operator(g, fem::Op::trace, fem::restricted(g, fem::grad(g, fem::grad(g, w)), 0));
  c.add(fem::multiply(g, curvature, v),
        given_rule(CellType::hexahedron, IntegralKind::interior_facet, 10),
        IntegralKind::interior_facet);
  const auto spy = std::make_shared<SpyBackend>(Fault::none);
  const auto reference = make_reference(spy);
  ReferenceForm form(g, c.arguments, c.integrals);
  const auto spaces = c.spaces();
  const ReferenceInputs in = c.inputs();
  const auto values = reference->evaluate(form, c.mesh, spaces, std::span(&in, 1), 0x1p-53)[0];
  EXPECT_EQ(spy->interfaces, 1);
  EXPECT_EQ(spy->facets, 2);
  EXPECT_GT(*std::max_element(values.magnitude.begin(), values.magnitude.end()), 0.0);
}

}  // namespace
}  // namespace femsynth::solvers
