#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"
#include "oracle.hpp"
#include "solvers/reference/solve.hpp"
#include "solvers/reference/space_checks.hpp"

/// Families that deal.II lacks: their spaces are those of the literature, their numbering conforms.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::Family;
using meshes::CellType;

/// Every element that fem offers up to a degree.
std::vector<Element> elements(int most) {
  constexpr Family families[] = {Family::lagrange,
                                 Family::discontinuous_lagrange,
                                 Family::dpc,
                                 Family::serendipity,
                                 Family::bubble,
                                 Family::crouzeix_raviart,
                                 Family::hermite,
                                 Family::raviart_thomas,
                                 Family::bdm,
                                 Family::nedelec_first,
                                 Family::nedelec_second,
                                 Family::regge,
                                 Family::hhj,
                                 Family::real};
  std::vector<Element> result;
  for (const CellType cell : meshes::kCellTypes) {
    for (const Family family : families) {
      for (int degree = 0; degree <= most; ++degree) {
        Element element{family, cell, degree};
        if (cell == CellType::pyramid && degree > 2) {
          element.lagrange_variant = fem::LagrangeVariant::equispaced;
        }
        try {
          fem::check_element(element);
        } catch (const Error&) {
          continue;
        }
        result.push_back(element);
      }
    }
  }
  return result;
}

TEST(Families, SpanTheSpacesOfTheLiterature) {
  std::size_t checked = 0;
  for (const Element& element : elements(3)) {
    EXPECT_EQ(oracle().check_basis(element), "") << to_string(element);
    ++checked;
  }
  EXPECT_GT(checked, 60u);
}

/// The oracle's functions on pyramids are its own, the compiler's others.
TEST(Pyramids, HaveTheNodalFunctionsOfTheCompilerAndTheirDerivatives) {
  const std::shared_ptr<Backend> backend = load_backend();
  ReferenceBases bases(*backend);
  const ReferenceRule& points = bases.rule(CellType::pyramid, 6);
  for (int degree = 1; degree <= 6; ++degree) {
    Element element{Family::lagrange, CellType::pyramid, degree};
    element.lagrange_variant = fem::LagrangeVariant::equispaced;
    const fem::Tabulation theirs = fem::tabulate(element, 2, points.points);
    const PolynomialBasis& basis = bases.basis(element);
    const BasisTable ours = basis.tabulate(points.points, 2);
    EXPECT_LT(basis.residual(), 1e-11);
    constexpr Exponents slots[] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {2, 0, 0},
                                   {1, 1, 0}, {1, 0, 1}, {0, 2, 0}, {0, 1, 1}, {0, 0, 2}};
    for (std::size_t s = 0; s < std::size(slots); ++s) {
      const auto& table = ours.derivatives.at(slots[s]);
      double scale = 1.0;
      for (const double value : table) scale = std::max(scale, std::abs(value));
      for (std::size_t q = 0; q < ours.points; ++q) {
        for (std::size_t n = 0; n < basis.nodes(); ++n) {
          ASSERT_NEAR(theirs.values[(s * ours.points + q) * basis.nodes() + n],
                      table[n * ours.points + q], 1e-12 * scale)
              << degree << " " << s;
        }
      }
    }
  }
}

/// P_n(2 X − 1).
double legendre(int n, double X) { return std::legendre(static_cast<unsigned>(n), 2.0 * X - 1.0); }

/// Products of Legendre polynomials that span RT_k on the square. Rounding of the kind that solving
/// for a basis has puts `leak` of a polynomial of higher degree beside the highest product.
std::vector<double> spoilt_rt(int k, double leak, std::span<const double> points) {
  std::vector<double> values;
  for (std::size_t q = 0; q < points.size() / 2; ++q) {
    const double x = points[2 * q];
    const double y = points[2 * q + 1];
    for (int a = 0; a <= k; ++a) {
      for (int b = 0; b < k; ++b) {
        double f = legendre(a, x) * legendre(b, y);
        double g = legendre(b, x) * legendre(a, y);
        if (a == k && b == k - 1) f += leak * legendre(1, x) * legendre(k, y);
        values.insert(values.end(), {f, 0.0, 0.0, g});
      }
    }
  }
  return values;
}

/// Monomials of degree 9 have so little of the highest product that they would not show this leak.
TEST(Families, ASpaceThatMissesItsHighestProductByRoundingIsFound) {
  constexpr int k = 9;
  const Element element{Family::raviart_thomas, CellType::quadrilateral, k};
  const std::shared_ptr<Backend> backend = load_backend();
  ReferenceBases bases(*backend);
  for (const double leak : {0.0, 1e-7}) {
    const PolynomialBasis basis(
        element.cell, k, 2 * k * (k + 1), 2,
        [&](std::span<const double> points) { return spoilt_rt(k, leak, points); });
    const std::string wrong =
        check_span(basis, bases.rule(element.cell, 2 * basis.degree() + 2), element);
    EXPECT_EQ(wrong.empty(), leak == 0.0) << wrong;
  }
}

/// Nodes in a simplex: the functions reach 10⁵ at the other corners of the cube.
TEST(Families, LargeFunctionsSpanTheSpaceToTheRoundingOfTheirTables) {
  Element element{Family::dpc, CellType::hexahedron, 6};
  element.dpc_variant = fem::DpcVariant::simplex_equispaced;
  EXPECT_EQ(oracle().check_basis(element), "");
}

TEST(Families, AreConformingOnPerturbedMeshes) {
  for (const Element& element : elements(3)) {
    const auto mesh = small_mesh(element.cell, 0.2);
    const auto map = fem::make_dof_map(mesh, element);
    EXPECT_EQ(oracle().check_numbering(mesh, element, map), "") << to_string(element);
  }
}

TEST(Families, AreConformingOnCurvedMeshesAndSurfaces) {
  for (const char* spec : {"triangle:3x2+2", "triangle:3x2@3", "triangle:3x2+2@3",
                           "triangle:2x2+3@3", "quadrilateral:3x2+2@3"}) {
    const auto generated = meshes::generate_mesh(spec, {0.1, 3, false});
    const auto mesh = generated.dim() > 2 ? meshes::renumbered(generated, 5) : generated;
    for (const Element& element : elements(2)) {
      if (element.cell != mesh.cell_type) continue;
      const auto map = fem::make_dof_map(mesh, element);
      EXPECT_EQ(oracle().check_numbering(mesh, element, map), "") << spec << to_string(element);
    }
  }
}

/// Swaps a dof of cell 0 that a neighbour shares with one that is only in cell 0, if it has both.
bool spoil(fem::DofMap& map) {
  const auto count = [&](std::int32_t node) {
    return std::count(map.cell_nodes.begin(), map.cell_nodes.end(), node);
  };
  const auto n = map.nodes_per_cell;
  const auto end = map.cell_nodes.begin() + n;
  const auto shared =
      std::find_if(map.cell_nodes.begin(), end, [&](std::int32_t node) { return count(node) > 1; });
  const auto own = std::find_if(map.cell_nodes.begin(), end,
                                [&](std::int32_t node) { return count(node) == 1; });
  if (shared == end || own == end) return false;
  std::iter_swap(shared, own);
  return true;
}

TEST(Families, AWrongNumberingIsFound) {
  int spoiled = 0;
  for (const Element& element : elements(2)) {
    if (element.family == Family::hermite) continue;
    const auto mesh = small_mesh(element.cell, 0.2);
    auto map = fem::make_dof_map(mesh, element);
    if (!spoil(map)) continue;
    EXPECT_NE(oracle().check_numbering(mesh, element, map), "") << to_string(element);
    ++spoiled;
  }
  EXPECT_GT(spoiled, 25);
}

TEST(Families, ANodeThatNoCellHasOrThatIsNoneIsNamed) {
  const auto mesh = small_mesh(CellType::triangle, 0.2);
  for (const Family family : {Family::lagrange, Family::raviart_thomas}) {  // deal.II's, ours
    const Element element{family, CellType::triangle, 2};
    const auto map = fem::make_dof_map(mesh, element);
    auto idle = map;
    ++idle.node_count;
    const std::string last = std::to_string(map.node_count);
    EXPECT_EQ(oracle().check_numbering(mesh, element, idle),
              "no cell has node " + last + " of the dof map");
    auto beyond = map;
    beyond.cell_nodes[0] = static_cast<std::int32_t>(map.node_count);
    EXPECT_EQ(oracle().check_numbering(mesh, element, beyond),
              "the dof map names node " + last + " of " + last);
  }
}

TEST(Families, MixedAndBlockedElementsAreCheckedPartByPart) {
  const auto mesh = small_mesh(CellType::triangle, 0.2);
  const Element rt{Family::raviart_thomas, CellType::triangle, 2};
  const Element vector{Family::lagrange, CellType::triangle, 2, {2}};
  Element mixed{Family::mixed, CellType::triangle, 2};
  mixed.parts = {rt, vector};
  auto map = fem::make_dof_map(mesh, mixed);
  EXPECT_EQ(oracle().check_numbering(mesh, mixed, map), "");
  std::swap(map.cell_nodes[0], map.cell_nodes[2]);
  EXPECT_NE(oracle().check_numbering(mesh, mixed, map), "");
}

}  // namespace
}  // namespace femsynth::solvers
