#include <gtest/gtest.h>

#include <algorithm>

#include "meshes/support/error.hpp"
#include "oracle.hpp"

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
        const Element element{family, cell, degree};
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

bool refused(const Element& e) { return e.cell == CellType::pyramid && e.degree > 1; }

TEST(Families, SpanTheSpacesOfTheLiterature) {
  std::size_t checked = 0;
  for (const Element& element : elements(3)) {
    if (refused(element)) continue;
    EXPECT_EQ(oracle().check_basis(element), "") << to_string(element);
    ++checked;
  }
  EXPECT_GT(checked, 60u);
}

TEST(Families, AreConformingOnPerturbedMeshes) {
  for (const Element& element : elements(3)) {
    if (refused(element)) continue;
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
    if (refused(element) || element.family == Family::hermite) continue;
    const auto mesh = small_mesh(element.cell, 0.2);
    auto map = fem::make_dof_map(mesh, element);
    if (!spoil(map)) continue;
    EXPECT_NE(oracle().check_numbering(mesh, element, map), "") << to_string(element);
    ++spoiled;
  }
  EXPECT_GT(spoiled, 25);
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
