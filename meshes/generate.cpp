#include "meshes/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "meshes/curve.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::meshes {
namespace {

constexpr std::string_view kReferencePrefix = "reference";
constexpr std::size_t kMaxCells = 100'000'000;
constexpr double kMaxPerturb = 0.4;

/// What a specification says: a cell and the number of boxes along each axis.
struct Spec {
  CellType cell = CellType::interval;
  bool reference = false;
  std::array<std::size_t, 3> boxes{1, 1, 1};
  int geometric_dim = 0;  ///< 0: the cell's own
  int geometry_degree = 1;
};

constexpr std::string_view kForms =
    "interval:N, triangle:NxN, quadrilateral:NxN, tetrahedron:NxNxN, hexahedron:NxNxN, "
    "prism:NxNxN, pyramid:NxNxN or reference:CELL, with +2 or +3 "
    "behind it for curved cells and @2 or @3 for a manifold";

std::size_t cells_per_box(CellType cell) {
  switch (cell) {
    case CellType::tetrahedron:
    case CellType::pyramid:
      return 6;
    case CellType::triangle:
    case CellType::prism:
      return 2;
    default:
      return 1;
  }
}

std::string example_of(CellType cell) {
  constexpr std::string_view kSizes[] = {"16", "8x8", "4x4x4"};
  return fmt::format("{}:{}", name_of(cell), kSizes[dimension(cell) - 1]);
}

/// Reads "8x8" into `spec.boxes`; false where it is not that many positive numbers.
bool parse_sizes(std::string_view sizes, Spec& spec) {
  const char* at = sizes.data();
  const char* end = at + sizes.size();
  for (int axis = 0; axis < dimension(spec.cell); ++axis) {
    if (axis > 0 && (at == end || *at++ != 'x')) return false;
    auto& value = spec.boxes[static_cast<std::size_t>(axis)];
    const auto [next, status] = std::from_chars(at, end, value);
    if (status == std::errc::result_out_of_range) {
      value = kMaxCells + 1;
    } else if (status != std::errc{} || value == 0) {
      return false;
    }
    at = next;
  }
  return at == end;
}

/// Takes "+2" and "@3" from the end of `rest`, each at most once.
void parse_suffixes(std::string_view text, std::string_view& rest, Spec& spec) {
  bool curved = false;
  while (rest.size() > 2) {
    const char mark = rest[rest.size() - 2];
    const int number = rest.back() - '0';
    if (mark != '+' && mark != '@') break;
    if (mark == '+' ? curved || number < 2 || number > 3
                    : spec.geometric_dim != 0 || number < 1 || number > 3) {
      throw InputError(fmt::format(
          "mesh '{}': one of +2 and +3 is right for the degree of curved cells, one of @2 and @3 "
          "for the dimension of the space",
          text));
    }
    (mark == '+' ? spec.geometry_degree : spec.geometric_dim) = number;
    curved = curved || mark == '+';
    rest.remove_suffix(2);
  }
}

/// What the suffixes ask for must be there.
void check_suffixes(std::string_view text, const Spec& spec) {
  if (spec.geometric_dim != 0 && spec.geometric_dim < dimension(spec.cell)) {
    throw InputError(fmt::format("mesh '{}': a {} does not fit into {} dimension{}", text,
                                 name_of(spec.cell), spec.geometric_dim,
                                 spec.geometric_dim == 1 ? "" : "s"));
  }
}

Spec parse_spec(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::string_view rest =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  Spec spec;
  parse_suffixes(text, rest, spec);
  spec.reference = name == kReferencePrefix;
  const std::optional<CellType> cell = cell_type_of(spec.reference ? rest : name);
  if (!cell) throw InputError(fmt::format("mesh '{}': expected {}", text, kForms));
  spec.cell = *cell;
  check_suffixes(text, spec);
  if (spec.reference) return spec;
  if (!parse_sizes(rest, spec)) {
    throw InputError(fmt::format("mesh '{}': a {} mesh takes {} positive whole number{}, as in {}",
                                 text, name_of(spec.cell), dimension(spec.cell),
                                 dimension(spec.cell) == 1 ? "" : "s joined by x",
                                 example_of(spec.cell)));
  }
  // A curved cell has about degree^dimension times the points of a straight one.
  std::size_t most = kMaxCells;
  for (int j = 0; j < dimension(spec.cell); ++j) {
    most /= static_cast<std::size_t>(spec.geometry_degree);
  }
  std::size_t room = most / cells_per_box(spec.cell);
  for (const std::size_t n : spec.boxes) room /= n;
  if (room == 0) {
    throw InputError(fmt::format("mesh '{}' is too large: at most {} cells are taken", text, most));
  }
  return spec;
}

/// The centre of a box, beside its corners 0 to 7; such vertices are numbered after the corners.
constexpr int kCentre = 8;

/// Local corners (bit j: high end of axis j) of the cells that a box is cut into; those of a
/// simplex in ascending order of their global numbers.
std::vector<std::vector<int>> box_cells(CellType cell) {
  switch (cell) {
    case CellType::interval:
      return {{0, 1}};
    case CellType::triangle:
      return {{0, 1, 3}, {0, 2, 3}};
    case CellType::quadrilateral:
      return {{0, 1, 2, 3}};
    case CellType::hexahedron:
      return {{0, 1, 2, 3, 4, 5, 6, 7}};
    case CellType::tetrahedron:
      return {{0, 1, 3, 7}, {0, 1, 5, 7}, {0, 2, 3, 7}, {0, 2, 6, 7}, {0, 4, 5, 7}, {0, 4, 6, 7}};
    case CellType::prism:
      return {{0, 1, 3, 4, 5, 7}, {0, 2, 3, 4, 6, 7}};
    case CellType::pyramid:
      return {{0, 1, 2, 3, kCentre}, {0, 1, 4, 5, kCentre}, {0, 2, 4, 6, kCentre},
              {1, 3, 5, 7, kCentre}, {2, 3, 6, 7, kCentre}, {4, 5, 6, 7, kCentre}};
  }
  throw InternalError("an unknown cell type");
}

Mesh regular_mesh(const Spec& spec) {
  Mesh mesh;
  mesh.cell_type = spec.cell;
  const auto dim = static_cast<std::size_t>(mesh.dim());
  std::array<std::size_t, 3> points{1, 1, 1};
  for (std::size_t j = 0; j < dim; ++j) points[j] = spec.boxes[j] + 1;
  const std::size_t vertices = points[0] * points[1] * points[2];
  mesh.coordinates.reserve(vertices * dim);
  for (std::size_t v = 0; v < vertices; ++v) {
    const std::size_t index[] = {v % points[0], v / points[0] % points[1],
                                 v / points[0] / points[1]};
    for (std::size_t j = 0; j < dim; ++j) {
      mesh.coordinates.push_back(static_cast<double>(index[j]) /
                                 static_cast<double>(spec.boxes[j]));
    }
  }
  const std::size_t boxes = spec.boxes[0] * spec.boxes[1] * spec.boxes[2];
  if (spec.cell == CellType::pyramid) {
    for (std::size_t b = 0; b < boxes; ++b) {
      const std::size_t index[] = {b % spec.boxes[0], b / spec.boxes[0] % spec.boxes[1],
                                   b / spec.boxes[0] / spec.boxes[1]};
      for (std::size_t j = 0; j < dim; ++j) {
        mesh.coordinates.push_back((static_cast<double>(index[j]) + 0.5) /
                                   static_cast<double>(spec.boxes[j]));
      }
    }
  }
  const auto cuts = box_cells(spec.cell);
  const std::size_t strides[] = {1, points[0], points[0] * points[1]};
  mesh.cells.reserve(boxes * cuts.size() * cuts[0].size());
  for (std::size_t b = 0; b < boxes; ++b) {
    const std::size_t origin = b % spec.boxes[0] * strides[0] +
                               b / spec.boxes[0] % spec.boxes[1] * strides[1] +
                               b / spec.boxes[0] / spec.boxes[1] * strides[2];
    for (const auto& cut : cuts) {
      for (const int corner : cut) {
        std::size_t v = corner == kCentre ? vertices + b : origin;
        for (std::size_t j = 0; j < dim && corner != kCentre; ++j) {
          v += (static_cast<unsigned>(corner) >> j & 1) * strides[j];
        }
        mesh.cells.push_back(static_cast<std::int32_t>(v));
      }
    }
  }
  return mesh;
}

Mesh reference_cell(CellType cell) {
  Mesh mesh;
  mesh.cell_type = cell;
  for (int k = 0; k < vertex_count(cell); ++k) {
    const auto point = reference_vertex(cell, k);
    mesh.coordinates.insert(mesh.coordinates.end(), point.begin(), point.begin() + mesh.dim());
    mesh.cells.push_back(k);
  }
  return mesh;
}

/// SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits that hides its input.
std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/// Uniform in [-1, 1), a function of its arguments alone.
double random_unit(std::uint64_t seed, std::size_t vertex, std::size_t axis) {
  const std::uint64_t bits = mix(mix(mix(seed) ^ vertex) ^ axis);
  return static_cast<double>(bits >> 11) * 0x1p-52 - 1.0;
}

std::vector<bool> boundary_vertices(const Mesh& mesh) {
  std::vector<bool> boundary(mesh.vertices(), false);
  for (const ExteriorFacet& facet : mesh.exterior_facets) {
    const auto cell = mesh.cell(static_cast<std::size_t>(facet.cell));
    for (const int k : entity_vertices(mesh.cell_type, mesh.dim() - 1, facet.local_facet)) {
      boundary[static_cast<std::size_t>(cell[static_cast<std::size_t>(k)])] = true;
    }
  }
  return boundary;
}

void perturb(Mesh& mesh, const Spec& spec, const GenerateOptions& options) {
  const std::vector<double> regular = mesh.coordinates;
  const auto dim = static_cast<std::size_t>(mesh.dim());
  // The regular cells of a mesh are congruent up to reflection.
  const double volume =
      std::abs(map_point(mesh, 0, reference_vertex(mesh.cell_type, 0).data()).determinant);
  std::vector<double> signs(mesh.cell_count());
  for (std::size_t c = 0; c < signs.size(); ++c) {
    const double X[3] = {0, 0, 0};
    signs[c] = map_point(mesh, c, X).determinant > 0 ? 1.0 : -1.0;
  }
  std::vector<double> scale(mesh.vertices(), options.perturb);
  if (!options.perturb_all) {
    const std::vector<bool> fixed = boundary_vertices(mesh);
    for (std::size_t v = 0; v < fixed.size(); ++v) {
      if (fixed[v]) scale[v] = 0.0;
    }
  }
  for (bool valid = false; !valid;) {
    for (std::size_t v = 0; v < scale.size(); ++v) {
      for (std::size_t j = 0; j < dim; ++j) {
        const double width = 1.0 / static_cast<double>(spec.boxes[j]);
        mesh.coordinates[v * dim + j] =
            regular[v * dim + j] + scale[v] * width * random_unit(options.seed, v, j);
      }
    }
    valid = true;
    std::vector<bool> halve(scale.size(), false);
    for (std::size_t c = 0; c < signs.size(); ++c) {
      if (determinant_bound(mesh, c, signs[c]) >= 0.1 * volume) continue;
      valid = false;
      for (const std::int32_t v : mesh.cell(c)) halve[static_cast<std::size_t>(v)] = true;
    }
    for (std::size_t v = 0; v < scale.size(); ++v) {
      if (halve[v]) scale[v] *= 0.5;
    }
  }
}

/// A smooth field on the unit cube, entry i of it at x; every edge of a mesh bends under it.
double displacement(std::size_t i, std::span<const double> x) {
  const double a = x[i];
  const double b = x[(i + 1) % x.size()];
  return 0.2 * b * b + 0.1 * a * a * a - 0.15 * a * b;
}

/// Moves the geometry nodes by the displacement less what a straight cell would take of it; so
/// the vertices stay, and cells bend by about the square of their size. Where that
/// brings a cell near inversion, the whole displacement is halved.
Mesh curved(const Mesh& straight, int degree) {
  const Mesh regular = with_geometry_degree(straight, degree);
  Mesh field = straight;
  const auto d = static_cast<std::size_t>(straight.dim());
  for (std::size_t v = 0; v < straight.vertices(); ++v) {
    for (std::size_t i = 0; i < d; ++i) {
      field.coordinates[v * d + i] = displacement(i, straight.vertex(v));
    }
  }
  field = with_geometry_degree(field, degree);  // the vertices' displacement, interpolated
  std::vector<double> signs;
  std::vector<double> bounds;
  for (std::size_t c = 0; c < straight.cell_count(); ++c) {
    constexpr double kOrigin[3] = {0, 0, 0};
    signs.push_back(map_point(straight, c, kOrigin).determinant > 0 ? 1.0 : -1.0);
    bounds.push_back(determinant_bound(straight, c, signs.back()));
  }
  Mesh mesh = regular;
  bool valid = false;
  for (double scale = 1.0; !valid; scale *= 0.5) {
    for (std::size_t v = mesh.vertices(); v < mesh.points(); ++v) {
      for (std::size_t i = 0; i < d; ++i) {
        const double bend = displacement(i, regular.vertex(v)) - field.vertex(v)[i];
        mesh.coordinates[v * d + i] = regular.vertex(v)[i] + scale * bend;
      }
    }
    valid = true;
    for (std::size_t c = 0; valid && c < signs.size(); ++c) {
      valid = determinant_bound(mesh, c, signs[c]) >= 0.25 * bounds[c];
    }
  }
  return mesh;
}

/// Lifts a mesh of the unit interval or square into space (see generate_mesh).
void embed(Mesh& mesh, int geometric_dim) {
  std::vector<double> coordinates;
  for (std::size_t v = 0; v < mesh.points(); ++v) {
    const auto point = mesh.vertex(v);
    const double x = point[0];
    coordinates.push_back(x);
    if (mesh.topological_dim() == 1) {
      coordinates.push_back(0.2 * x + 0.3 * x * x);
      if (geometric_dim == 3) coordinates.push_back(0.1 * x - 0.2 * x * x * x);
    } else {
      const double y = point[1];
      coordinates.insert(coordinates.end(), {y, 0.2 * x + 0.3 * x * y - 0.1 * y * y});
    }
  }
  mesh.coordinates = std::move(coordinates);
  mesh.geometric_dim = geometric_dim;
}

}  // namespace

bool is_mesh_spec(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = text.substr(0, colon);
  return name == kReferencePrefix || cell_type_of(name).has_value();
}

Mesh generate_mesh(std::string_view text, const GenerateOptions& options) {
  const Spec spec = parse_spec(text);
  if (!(options.perturb >= 0.0 && options.perturb <= kMaxPerturb)) {
    throw InputError(fmt::format("mesh '{}': perturb is {}, a number from 0 to {} is right", text,
                                 options.perturb, kMaxPerturb));
  }
  Mesh mesh = spec.reference ? reference_cell(spec.cell) : regular_mesh(spec);
  mesh.cell_tags.assign(mesh.cell_count(), 0);
  mesh.exterior_facets = exterior_facets(mesh);
  if (options.perturb > 0.0) perturb(mesh, spec, options);
  if (spec.geometry_degree > 1) mesh = curved(mesh, spec.geometry_degree);
  if (spec.geometric_dim > mesh.dim()) embed(mesh, spec.geometric_dim);
  return mesh;
}

}  // namespace femsynth::meshes
