#include "meshes/mesh.hpp"

#include <bit>
#include <string>
#include <type_traits>

namespace femsynth::meshes {
namespace {

/// Eight bytes, lowest first, whatever the machine's byte order.
void append(std::string& bytes, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
}

/// The length of an array and the digest of its little-endian bytes.
template <typename T>
void append_array(std::string& bytes, std::span<const T> values) {
  static_assert(std::endian::native == std::endian::little &&
                (std::has_unique_object_representations_v<T> || std::is_same_v<T, double>));
  append(bytes, values.size());
  const Sha256 digest = sha256(std::as_bytes(values));
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
}

}  // namespace

Sha256 mesh_hash(const Mesh& mesh) {
  std::string bytes = "femsynth mesh 1 ";
  bytes += name_of(mesh.cell_type);
  append_array<double>(bytes, mesh.coordinates);
  append_array<std::int32_t>(bytes, mesh.cells);
  append_array<std::int32_t>(bytes, mesh.cell_tags);
  append_array<ExteriorFacet>(bytes, mesh.exterior_facets);
  // A straight mesh that fills its space has the hash it had before there were others.
  if (mesh.dim() != mesh.topological_dim() || mesh.geometry_degree > 1) {
    bytes += "geometry";
    append(bytes, static_cast<std::uint64_t>(mesh.dim()));
    append(bytes, static_cast<std::uint64_t>(mesh.geometry_degree));
    append(bytes, mesh.vertices());
    append_array<std::int32_t>(bytes, mesh.geometry_nodes);
  }
  if (!mesh.interior_facet_tags.empty()) {
    bytes += "interior";
    append_array<std::int32_t>(bytes, mesh.interior_facet_tags);
  }
  if (!mesh.orientation_hints.empty()) {
    bytes += "orientation";
    append_array<std::int32_t>(bytes, mesh.orientation_hints);
  }
  return sha256(bytes);
}

}  // namespace femsynth::meshes
