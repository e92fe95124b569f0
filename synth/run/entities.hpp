#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fem/passes/integrals.hpp"
#include "meshes/mesh.hpp"
#include "meshes/topology.hpp"

/// For the sources of this folder only.
namespace femsynth::synth {

/// Cells, facets or vertices that one integral goes over.
struct Entities {
  std::size_t count = 0;
  std::size_t sides = 1;  ///< cells of an entity: 2 for interior facets
  /// entities × sides; empty when every cell is meant.
  std::vector<std::int32_t> cells;
  std::vector<std::int32_t> places;        ///< local facets or vertices, beside `cells`
  std::vector<std::int32_t> permutations;  ///< of interior facets

  std::size_t cell(std::size_t entity, std::size_t side) const {
    return cells.empty() ? entity : static_cast<std::size_t>(cells[entity * sides + side]);
  }
};

/// The entities of an integral: cells by their tag, facets by theirs, and each vertex once, seen
/// from its lowest cell (vertices have no tags, so that ids other than 0 select none).
/// `interior` holds meshes::interior_facets(mesh), which only dS reads.
Entities entities_of(const fem::IntegralGroup& group, const meshes::Mesh& mesh,
                     std::span<const meshes::InteriorFacet> interior);

/// Those of `interior` that a dS integral goes over.
std::vector<meshes::InteriorFacet> selected_facets(const fem::IntegralGroup& group,
                                                   std::span<const meshes::InteriorFacet> interior);

}  // namespace femsynth::synth
