#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// The facets that belong to exactly one cell, ascending by (cell, local_facet), tags 0.
/// Computed from the cells alone. Throws InputError where three or more cells share one.
std::vector<ExteriorFacet> exterior_facets(const Mesh& mesh);

/// A facet between two cells: cells[0] < cells[1].
struct InteriorFacet {
  std::int32_t cells[2];
  std::int32_t local_facets[2];
  /// How the facet of cells[1] lies against that of cells[0]: facet_permutation says what it
  /// means. 0 where both cells see the facet in the same frame, as on all sorted simplices.
  std::int32_t permutation = 0;
  std::int32_t tag = 0;  ///< subdomain id of dS(id); 0 when the mesh names none
};

/// The facets that belong to exactly two cells, in the order of their sorted vertices, with
/// their permutation, and the tag that mesh.interior_facet_tags gives. Throws InputError where
/// three or more cells share one, and where the tags are not one for each of them.
std::vector<InteriorFacet> interior_facets(const Mesh& mesh);

/// Permutations of a facet: 1 for a point, 2 for an interval, 6 for a triangle, 8 for a
/// quadrilateral, given by its number of vertices.
int facet_permutation_count(int facet_vertices);

/// The permutation numbered p = 2 · rotation + reflection of a facet of `facet_vertices` vertices:
/// vertex k of the facet in cells[0] is vertex π[k] of the facet in cells[1], each in the order of
/// its own cell's entity_vertices. With a = (0, 1, 2) on a triangle, (0, 1, 3, 2) on a
/// quadrilateral and (0, 1) on an interval the order in which the n vertices stand around the
/// facet, π[a[q]] = a[(q + rotation) mod n] without and a[(rotation − q) mod n] with reflection;
/// on an interval p = 1 is the exchange (π = (1, 0)). Entries beyond n are not used.
std::array<int, 4> facet_permutation(int facet_vertices, int permutation);

/// Reference coordinates in the facet of cells[1] of the point that has the coordinates `xi` in
/// the facet of cells[0] (facet coordinates: v_0 + Σ_k ξ_k (v_{k+1} − v_0), v the facet's
/// vertices). Both sides of an interior-facet integral meet so at one physical point.
std::array<double, 2> permute_facet_point(int facet_vertices, int permutation,
                                          const std::array<double, 2>& xi);

/// Orders the vertices of each cell of a simplicial mesh by global number (UFC's
/// convention), and geometry nodes with them; leaves other cells as they are. To be called before
/// exterior facets are computed, as it renumbers local facets.
void sort_simplices(Mesh& mesh);

/// Renumbers the local vertices of the cells of a quadrilateral mesh (and geometry nodes with
/// them) so that parallel edges point the same way, seen from either cell; a cell's Jacobian
/// determinant keeps its sign. A mesh that is consistent already stays as it is, as do meshes of
/// other cells. To be called before exterior facets are computed. Throws InputError for a mesh
/// where this cannot be: one that holds a Möbius strip of cells.
void orient_quadrilaterals(Mesh& mesh);

/// Makes a mesh consistently_oriented by renumbering the local vertices of its cells (and geometry
/// nodes with them): sorts simplices, orients quadrilaterals, gives hexahedra and
/// prisms common directions and frames where that can be (a hexahedral mesh may have none; it is
/// not tried on pyramids). Returns whether the mesh is consistent now; if not, it is left as it
/// was. A consistent mesh stays as it is. Jacobian determinants may change sign in space. To be
/// called before exterior facets are computed.
bool orient_cells(Mesh& mesh);

/// Whether cells that share an edge agree on its direction (from its lower to its higher local
/// vertex) and cells that share a face agree on its frame (interior facets have permutation 0):
/// then H(div) and H(curl) elements need no transformation of their functions. Sorted simplices
/// always are, as are generated meshes.
bool consistently_oriented(const Mesh& mesh);

/// An orientation of the cells of a mesh of dimension 1 or 2, in a space of any dimension: one sign
/// a cell, +1 where its local vertices run as the mesh is oriented and −1 where they run the other
/// way. Cells that share a facet agree on it; the lowest cell of each connected component has +1,
/// or what mesh.orientation_hints says of it. It is what UFL calls the cell orientation of a
/// manifold: a vector field that a contravariant Piola map takes over from reference cells, times
/// this sign, leaves one cell where it enters the next. Throws InputError that names the cells
/// where there is none (a Möbius band), and where three or more cells share a facet.
std::vector<std::int32_t> cell_orientations(const Mesh& mesh);

/// Checks what every other part relies on: dimensions and degree, array sizes, vertex numbers in
/// range and distinct in a cell, finite coordinates, sorted simplices, Jacobian determinants that
/// are nonzero and of one sign at the geometry nodes of a cell (on a manifold: nonzero), geometry
/// nodes that begin with the vertices and that neighbours share, no unused vertex, no cell twice,
/// one tag a cell, exterior facets in order and exactly those of the topology. Throws InputError
/// naming the first fault.
void check_mesh(const Mesh& mesh);

}  // namespace femsynth::meshes
