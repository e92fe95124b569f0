#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "meshes/mesh.hpp"

namespace femsynth::meshes {

/// Values on a mesh, one tuple of `components` numbers for each vertex or each cell.
struct VtkField {
  enum class Place { vertices, cells };
  std::string name;  ///< not empty, no '/'
  Place place = Place::vertices;
  int components = 1;
  std::vector<double> values;  ///< vertices or cells × components, row-major
};

/// Writes a mesh and fields as a VTKHDF file (version 1.0, one piece of an UnstructuredGrid)
/// that ParaView opens: Points with 3 coordinates (the missing ones 0), cells in VTK's vertex
/// order and turned to positive orientation (on a manifold as they are), curved ones straight
/// between their vertices, cell tags as the cell field "subdomain". Fields of 2 components get a
/// third one, 0, so that they are vectors. A function of higher degree shows by its values at the
/// vertices: they are the first nodes of a continuous space. The file appears whole or not at all,
/// and equal input gives equal bytes. Throws InputError for fields of wrong size or name and where
/// the file cannot be written.
void write_vtkhdf(const std::filesystem::path& path, const Mesh& mesh,
                  const std::vector<VtkField>& fields);

}  // namespace femsynth::meshes
