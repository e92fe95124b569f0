#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

/// Reference cells and meshes; includes nothing of femsynth but meshes/support.
namespace femsynth::meshes {

/// The reference cells, with Basix's vertex numbering: simplices have vertex 0 at the
/// origin and vertex k at the end of axis k; quadrilaterals and hexahedra number their
/// vertices lexicographically, x fastest: vertex i lies at (i & 1, i >> 1 & 1, i >> 2 & 1).
/// A prism is triangle × interval: vertices 0 to 2 at z = 0, 3 to 5 above them at z = 1; a
/// pyramid has the unit square at z = 0 and vertex 4, its apex, at (0, 0, 1).
enum class CellType { interval, triangle, tetrahedron, quadrilateral, hexahedron, prism, pyramid };

/// All of them, in the enumeration's order.
inline constexpr std::array<CellType, 7> kCellTypes{
    CellType::interval,   CellType::triangle, CellType::tetrahedron, CellType::quadrilateral,
    CellType::hexahedron, CellType::prism,    CellType::pyramid};

/// Topological dimension: 1, 2 or 3.
int dimension(CellType cell);
/// Vertices of the cell: 2, 3, 4, 4, 8, 6, 5.
int vertex_count(CellType cell);
/// Facets (entities of codimension 1), Basix's numbering: 2, 3, 4, 4, 6, 5, 5.
int facet_count(CellType cell);
/// Vertices of facet `facet`: 1, 2, 3, 2, 4; on a prism 3 for facets 0 and 4 and 4 for the
/// others, on a pyramid 4 for facet 0 and 3 for the others.
int facet_vertex_count(CellType cell, int facet);
/// The greatest of them: 1, 2, 3, 2, 4, 4, 4.
int max_facet_vertex_count(CellType cell);
/// The reference cell of facet `facet`. Throws InternalError for an interval, whose facets are
/// points.
CellType facet_type(CellType cell, int facet);
/// Local vertex number of vertex `k` of facet `facet`, Basix's numbering: facet k of a
/// triangle or tetrahedron is opposite to vertex k; facet k of an interval is vertex k.
int facet_vertex(CellType cell, int facet, int k);
/// Entities (vertices, edges, faces, the cell itself) of topological dimension `dim`.
int entity_count(CellType cell, int dim);
/// Local vertex numbers of entity `index` of dimension `dim`, in Basix's order (its
/// reference frame: origin first, then the ends of its axes).
std::span<const int> entity_vertices(CellType cell, int dim, int index);
/// Coordinates of vertex `k` of the reference cell; the entries beyond `dimension` are 0.
std::array<double, 3> reference_vertex(CellType cell, int k);
/// Measure of the reference cell: 1, 1/2, 1/6, 1, 1, 1/2, 1/3.
double reference_volume(CellType cell);
/// Interval, triangle and tetrahedron.
bool is_simplex(CellType cell);
/// UFL's name: "triangle", ….
std::string_view name_of(CellType cell);
/// The cell of that UFL name, if it is one.
std::optional<CellType> cell_type_of(std::string_view name);

}  // namespace femsynth::meshes
