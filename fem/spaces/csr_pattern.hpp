#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fem/spaces/dof_map.hpp"
#include "meshes/topology.hpp"

namespace femsynth::fem {

/// Sparsity of a matrix in compressed sparse rows, at the level of dofs.
struct CsrPattern {
  std::int32_t rows = 0;                  ///< dofs of the test space
  std::int32_t cols = 0;                  ///< dofs of the trial space
  std::vector<std::int32_t> row_offsets;  ///< rows + 1
  std::vector<std::int32_t> columns;      ///< ascending in each row
  std::size_t nonzeros() const { return columns.size(); }
  bool operator==(const CsrPattern&) const = default;
};

/// The entries that cells couple: (i, j) for each test dof i and trial dof j of one cell.
/// An integral over exterior facets couples the dofs of the facets' cells. Blocks are full.
/// `cells` lists the cells that count, in any order, repetitions allowed. Throws InputError
/// for more than 2³¹ − 1 entries, with their number.
CsrPattern make_pattern(const DofMap& test, const DofMap& trial,
                        std::span<const std::int32_t> cells);
/// The same over all cells.
CsrPattern make_pattern(const DofMap& test, const DofMap& trial);
/// The entries that cells and interior facets couple: all dofs of a facet's two cells with each
/// other.
CsrPattern make_pattern(const DofMap& test, const DofMap& trial,
                        std::span<const std::int32_t> cells,
                        std::span<const meshes::InteriorFacet> facets);

/// Where the entries of element matrices stand: result[(c · m + i) · n + j] is the index
/// into the values of entry (i, j) of the c-th of `cells`; i runs over the m test dofs of a
/// cell, j over the n trial dofs, both node-major and block-fastest. `pattern` must hold these
/// entries (InternalError otherwise), as make_pattern of the same or more cells does.
std::vector<std::int32_t> make_positions(const CsrPattern& pattern, const DofMap& test,
                                         const DofMap& trial, std::span<const std::int32_t> cells);
/// The same for all cells.
std::vector<std::int32_t> make_positions(const CsrPattern& pattern, const DofMap& test,
                                         const DofMap& trial);
/// The same for the macro elements of interior facets, with 2m and 2n dofs: those of the facet's
/// cells[0], then those of cells[1]. `pattern` is to be made with these facets or more.
std::vector<std::int32_t> make_interior_positions(const CsrPattern& pattern, const DofMap& test,
                                                  const DofMap& trial,
                                                  std::span<const meshes::InteriorFacet> facets);

}  // namespace femsynth::fem
