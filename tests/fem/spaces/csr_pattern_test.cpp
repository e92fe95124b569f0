#include "fem/spaces/csr_pattern.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "meshes/generate.hpp"
#include "meshes/support/error.hpp"
#include "tests/meshes/scramble.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;
using meshes::Mesh;

struct Case {
  const char* mesh;
  Element test;
  Element trial;
};

constexpr Family kP = Family::lagrange;
constexpr Family kDg = Family::discontinuous_lagrange;

std::vector<Case> cases() {
  return {
      {"interval:7", {kP, CellType::interval, 3, {}}, {kP, CellType::interval, 3, {}}},
      {"triangle:3x2", {kP, CellType::triangle, 2, {2}}, {kP, CellType::triangle, 1, {}}},
      {"triangle:3x2", {kDg, CellType::triangle, 0, {}}, {kP, CellType::triangle, 2, {2, 2}}},
      {"tetrahedron:2x2x2",
       {kP, CellType::tetrahedron, 2, {3}},
       {kP, CellType::tetrahedron, 2, {3}}},
      {"quadrilateral:3x3",
       {kP, CellType::quadrilateral, 3, {}},
       {kDg, CellType::quadrilateral, 1, {2}}},
      {"hexahedron:2x1x2", {kP, CellType::hexahedron, 2, {}}, {kP, CellType::hexahedron, 1, {3}}},
  };
}

class Csr : public testing::TestWithParam<Case> {
 protected:
  Csr()
      : mesh_(scrambled(meshes::generate_mesh(GetParam().mesh), 4)),
        test_(make_dof_map(mesh_, GetParam().test)),
        trial_(make_dof_map(mesh_, GetParam().trial)) {}

  /// Dofs of a cell: node-major, block-fastest.
  static std::vector<std::int32_t> dofs(const DofMap& map, std::int32_t c) {
    std::vector<std::int32_t> result;
    for (const std::int32_t node : map.cell(static_cast<std::size_t>(c))) {
      for (int b = 0; b < map.block_size; ++b) result.push_back(node * map.block_size + b);
    }
    return result;
  }

  std::set<std::pair<std::int32_t, std::int32_t>> brute_force(
      const std::vector<std::int32_t>& cells) const {
    std::set<std::pair<std::int32_t, std::int32_t>> entries;
    for (const std::int32_t c : cells) {
      for (const auto i : dofs(test_, c)) {
        for (const auto j : dofs(trial_, c)) entries.insert({i, j});
      }
    }
    return entries;
  }

  static std::set<std::pair<std::int32_t, std::int32_t>> entries(const CsrPattern& pattern) {
    std::set<std::pair<std::int32_t, std::int32_t>> result;
    for (std::int32_t i = 0; i < pattern.rows; ++i) {
      for (auto k = pattern.row_offsets[static_cast<std::size_t>(i)];
           k < pattern.row_offsets[static_cast<std::size_t>(i) + 1]; ++k) {
        result.insert({i, pattern.columns[static_cast<std::size_t>(k)]});
      }
    }
    return result;
  }

  std::vector<std::int32_t> all_cells() const {
    std::vector<std::int32_t> cells(mesh_.cell_count());
    std::iota(cells.begin(), cells.end(), 0);
    return cells;
  }

  Mesh mesh_;
  DofMap test_;
  DofMap trial_;
};
INSTANTIATE_TEST_SUITE_P(Spaces, Csr, testing::ValuesIn(cases()));

TEST_P(Csr, PatternIsThatOfBruteForce) {
  const CsrPattern pattern = make_pattern(test_, trial_);
  EXPECT_EQ(pattern.rows, static_cast<std::int32_t>(test_.dof_count()));
  EXPECT_EQ(pattern.cols, static_cast<std::int32_t>(trial_.dof_count()));
  ASSERT_EQ(pattern.row_offsets.size(), test_.dof_count() + 1);
  EXPECT_EQ(pattern.row_offsets.back(), static_cast<std::int32_t>(pattern.nonzeros()));
  const auto expected = brute_force(all_cells());
  EXPECT_EQ(entries(pattern), expected);
  EXPECT_EQ(pattern.nonzeros(), expected.size()) << "no entry may stand twice";
}

TEST_P(Csr, ColumnsAscendInEachRow) {
  const CsrPattern pattern = make_pattern(test_, trial_);
  for (std::size_t i = 0; i < test_.dof_count(); ++i) {
    EXPECT_TRUE(std::is_sorted(pattern.columns.begin() + pattern.row_offsets[i],
                               pattern.columns.begin() + pattern.row_offsets[i + 1]));
  }
}

TEST_P(Csr, PatternOfSomeCellsHoldsTheirEntriesOnly) {
  const std::vector<std::int32_t> cells{3, 0, 3, 1};
  const CsrPattern pattern = make_pattern(test_, trial_, cells);
  EXPECT_EQ(entries(pattern), brute_force(cells));
  EXPECT_EQ(pattern.row_offsets.size(), test_.dof_count() + 1);
}

TEST_P(Csr, PositionsPointToTheEntriesOfTheirDofs) {
  const CsrPattern pattern = make_pattern(test_, trial_);
  for (const auto& cells : {all_cells(), std::vector<std::int32_t>{2, 0, 2}}) {
    const auto positions = make_positions(pattern, test_, trial_, cells);
    std::size_t at = 0;
    for (const std::int32_t c : cells) {
      for (const auto i : dofs(test_, c)) {
        for (const auto j : dofs(trial_, c)) {
          const std::int32_t k = positions.at(at++);
          EXPECT_EQ(pattern.columns.at(static_cast<std::size_t>(k)), j);
          EXPECT_GE(k, pattern.row_offsets[static_cast<std::size_t>(i)]);
          EXPECT_LT(k, pattern.row_offsets[static_cast<std::size_t>(i) + 1]);
        }
      }
    }
    EXPECT_EQ(at, positions.size());
  }
  EXPECT_EQ(make_positions(pattern, test_, trial_),
            make_positions(pattern, test_, trial_, all_cells()));
}

TEST_P(Csr, InteriorFacetsCoupleAllDofsOfTheirTwoCells) {
  const std::vector<meshes::InteriorFacet> all = meshes::interior_facets(mesh_);
  for (const std::size_t count : {all.size(), std::size_t{1}}) {
    const auto facets = std::span(all).first(count);
    const CsrPattern pattern = make_pattern(test_, trial_, all_cells(), facets);
    auto expected = brute_force(all_cells());
    std::vector<std::pair<std::int32_t, std::int32_t>> of_positions;
    for (const meshes::InteriorFacet& facet : facets) {
      auto rows = dofs(test_, facet.cells[0]);
      auto columns = dofs(trial_, facet.cells[0]);
      for (const auto i : dofs(test_, facet.cells[1])) rows.push_back(i);
      for (const auto j : dofs(trial_, facet.cells[1])) columns.push_back(j);
      for (const auto i : rows) {
        for (const auto j : columns) {
          expected.insert({i, j});
          of_positions.push_back({i, j});
        }
      }
    }
    EXPECT_EQ(entries(pattern), expected);
    const auto positions = make_interior_positions(pattern, test_, trial_, facets);
    ASSERT_EQ(positions.size(), of_positions.size());
    for (std::size_t k = 0; k < positions.size(); ++k) {
      const auto [i, j] = of_positions[k];
      EXPECT_EQ(pattern.columns.at(static_cast<std::size_t>(positions[k])), j);
      EXPECT_GE(positions[k], pattern.row_offsets[static_cast<std::size_t>(i)]);
      EXPECT_LT(positions[k], pattern.row_offsets[static_cast<std::size_t>(i) + 1]);
    }
  }
}

TEST_P(Csr, APatternThatLacksEntriesIsFound) {
  const CsrPattern pattern = make_pattern(test_, trial_, std::vector<std::int32_t>{0});
  EXPECT_THROW(make_positions(pattern, test_, trial_), InternalError);
}

}  // namespace
}  // namespace femsynth::fem
