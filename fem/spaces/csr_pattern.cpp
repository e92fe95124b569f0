#include "fem/spaces/csr_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using Index = std::int32_t;
constexpr Index kNone = -1;

std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

/// Where nodes occur: for each node the entries (place in `cells`, local node) that name it.
struct Occurrences {
  struct Entry {
    std::size_t place;
    std::size_t local;
  };
  std::vector<std::size_t> offsets;  ///< nodes + 1
  std::vector<Entry> entries;
};

/// Counting sort of the cells' nodes by node.
Occurrences occurrences(const DofMap& map, std::span<const Index> cells) {
  Occurrences result;
  result.offsets.assign(map.node_count + 1, 0);
  for (const Index c : cells) {
    for (const Index node : map.cell(to_size(c))) ++result.offsets[to_size(node) + 1];
  }
  std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
  result.entries.resize(result.offsets.back());
  std::vector<std::size_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (std::size_t place = 0; place < cells.size(); ++place) {
    const auto cell = map.cell(to_size(cells[place]));
    for (std::size_t k = 0; k < cell.size(); ++k) {
      result.entries[next[to_size(cell[k])]++] = {place, k};
    }
  }
  return result;
}

std::span<const Occurrences::Entry> of_node(const Occurrences& all, std::size_t node) {
  return std::span(all.entries)
      .subspan(all.offsets[node], all.offsets[node + 1] - all.offsets[node]);
}

std::vector<Index> all_cells(const DofMap& map) {
  std::vector<Index> cells(map.cell_count());
  std::iota(cells.begin(), cells.end(), Index{0});
  return cells;
}

void check_same_mesh(const DofMap& test, const DofMap& trial) {
  if (test.cell_count() != trial.cell_count()) {
    throw InternalError(fmt::format("a test space on {} cells and a trial space on {}",
                                    test.cell_count(), trial.cell_count()));
  }
}

/// Sparsity at the level of nodes.
struct NodePattern {
  std::vector<std::size_t> offsets{0};
  std::vector<Index> columns;
};

/// Cells (or macro elements, see macro_map) that couple all their dofs.
struct Coupling {
  const DofMap& test;
  const DofMap& trial;
  std::span<const Index> cells;
};

NodePattern node_pattern(std::span<const Coupling> couplings) {
  const std::size_t rows = couplings[0].test.node_count;
  std::vector<Occurrences> where;
  for (const Coupling& coupling : couplings) {
    where.push_back(occurrences(coupling.test, coupling.cells));
  }
  NodePattern pattern;
  pattern.offsets.reserve(rows + 1);
  std::vector<std::size_t> seen_in(couplings[0].trial.node_count, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < couplings.size(); ++k) {
      const auto& [test, trial, cells] = couplings[k];
      for (const auto& entry : of_node(where[k], row)) {
        for (const Index column : trial.cell(to_size(cells[entry.place]))) {
          if (seen_in[to_size(column)] == row) continue;
          seen_in[to_size(column)] = row;
          pattern.columns.push_back(column);
        }
      }
    }
    std::sort(pattern.columns.begin() + static_cast<std::ptrdiff_t>(pattern.offsets.back()),
              pattern.columns.end());
    pattern.offsets.push_back(pattern.columns.size());
  }
  return pattern;
}

/// A dof map whose "cells" are pairs of neighbours: the nodes of one, then those of the other.
DofMap macro_map(const DofMap& map, std::span<const meshes::InteriorFacet> facets) {
  DofMap macro;
  macro.nodes_per_cell = 2 * map.nodes_per_cell;
  macro.block_size = map.block_size;
  macro.node_count = map.node_count;
  macro.cell_nodes.reserve(facets.size() * to_size(macro.nodes_per_cell));
  for (const meshes::InteriorFacet& facet : facets) {
    for (const Index c : facet.cells) {
      const auto nodes = map.cell(to_size(c));
      macro.cell_nodes.insert(macro.cell_nodes.end(), nodes.begin(), nodes.end());
    }
  }
  return macro;
}

/// The pattern of dofs, with full blocks.
CsrPattern expand(const NodePattern& blocks, const DofMap& test, const DofMap& trial) {
  const auto row_block = to_size(test.block_size);
  const auto column_block = to_size(trial.block_size);
  const std::size_t nonzeros = blocks.columns.size() * row_block * column_block;
  if (nonzeros > to_size(std::numeric_limits<Index>::max())) {
    throw InputError(fmt::format("a matrix of {} nonzeros; at most {} are supported", nonzeros,
                                 std::numeric_limits<Index>::max()));
  }
  CsrPattern pattern;
  pattern.rows = static_cast<Index>(test.dof_count());
  pattern.cols = static_cast<Index>(trial.dof_count());
  pattern.row_offsets.reserve(test.dof_count() + 1);
  pattern.row_offsets.push_back(0);
  pattern.columns.reserve(nonzeros);
  for (std::size_t row = 0; row < test.node_count; ++row) {
    for (std::size_t r = 0; r < row_block; ++r) {
      for (std::size_t k = blocks.offsets[row]; k < blocks.offsets[row + 1]; ++k) {
        for (Index s = 0; s < trial.block_size; ++s) {
          pattern.columns.push_back(blocks.columns[k] * trial.block_size + s);
        }
      }
      pattern.row_offsets.push_back(static_cast<Index>(pattern.columns.size()));
    }
  }
  return pattern;
}

}  // namespace

CsrPattern make_pattern(const DofMap& test, const DofMap& trial, std::span<const Index> cells) {
  check_same_mesh(test, trial);
  const Coupling coupling{test, trial, cells};
  return expand(node_pattern(std::span(&coupling, 1)), test, trial);
}

CsrPattern make_pattern(const DofMap& test, const DofMap& trial, std::span<const Index> cells,
                        std::span<const meshes::InteriorFacet> facets) {
  check_same_mesh(test, trial);
  const DofMap macro_test = macro_map(test, facets);
  const DofMap macro_trial = macro_map(trial, facets);
  const std::vector<Index> pairs = all_cells(macro_test);
  const Coupling couplings[] = {{test, trial, cells}, {macro_test, macro_trial, pairs}};
  return expand(node_pattern(couplings), test, trial);
}

CsrPattern make_pattern(const DofMap& test, const DofMap& trial) {
  return make_pattern(test, trial, all_cells(test));
}

std::vector<Index> make_interior_positions(const CsrPattern& pattern, const DofMap& test,
                                           const DofMap& trial,
                                           std::span<const meshes::InteriorFacet> facets) {
  check_same_mesh(test, trial);
  return make_positions(pattern, macro_map(test, facets), macro_map(trial, facets));
}

std::vector<Index> make_positions(const CsrPattern& pattern, const DofMap& test,
                                  const DofMap& trial, std::span<const Index> cells) {
  check_same_mesh(test, trial);
  if (to_size(pattern.rows) != test.dof_count() || to_size(pattern.cols) != trial.dof_count()) {
    throw InternalError(fmt::format("a pattern of {} x {} for spaces of {} and {} dofs",
                                    pattern.rows, pattern.cols, test.dof_count(),
                                    trial.dof_count()));
  }
  const Occurrences where = occurrences(test, cells);
  const auto row_block = to_size(test.block_size);
  const auto n = to_size(trial.dofs_per_cell());
  const auto m = to_size(test.dofs_per_cell());
  std::vector<Index> positions(cells.size() * m * n);
  std::vector<Index> place_of(trial.node_count, kNone);  // of a node's first column in a row
  for (std::size_t row = 0; row < test.node_count; ++row) {
    const Index begin = pattern.row_offsets[row * row_block];
    const Index end = pattern.row_offsets[row * row_block + 1];
    for (Index k = begin; k < end; k += trial.block_size) {
      place_of[to_size(pattern.columns[to_size(k)] / trial.block_size)] = k - begin;
    }
    for (const auto& [place, local] : of_node(where, row)) {
      const auto columns = trial.cell(to_size(cells[place]));
      for (std::size_t r = 0; r < row_block; ++r) {
        const Index offset = pattern.row_offsets[row * row_block + r];
        Index* out = &positions[(place * m + local * row_block + r) * n];
        for (const Index column : columns) {
          const Index first = place_of[to_size(column)];
          if (first == kNone) {
            throw InternalError(fmt::format("the pattern lacks block ({}, {})", row, column));
          }
          for (Index s = 0; s < trial.block_size; ++s) *out++ = offset + first + s;
        }
      }
    }
    for (Index k = begin; k < end; k += trial.block_size) {
      place_of[to_size(pattern.columns[to_size(k)] / trial.block_size)] = kNone;
    }
  }
  return positions;
}

std::vector<Index> make_positions(const CsrPattern& pattern, const DofMap& test,
                                  const DofMap& trial) {
  return make_positions(pattern, test, trial, all_cells(test));
}

}  // namespace femsynth::fem
