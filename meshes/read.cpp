#include "meshes/read.hpp"

#include <fmt/format.h>

#include "meshes/gmsh/convert.hpp"
#include "meshes/gmsh/gmsh_loader.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::meshes {

Mesh read_mesh(const std::filesystem::path& path) {
  return convert(read_with_gmsh(path), path.string());
}

Mesh load_mesh(const std::string& spec_or_path, const GenerateOptions& options) {
  if (is_mesh_spec(spec_or_path)) return generate_mesh(spec_or_path, options);
  const std::filesystem::path path = spec_or_path;
  std::error_code error;
  if (path.extension() != ".msh" && !std::filesystem::exists(path, error)) {
    return generate_mesh(spec_or_path, options);  // says what specifications look like
  }
  if (options.perturb != 0.0) {
    throw InputError(fmt::format("{}: only generated meshes can be perturbed", spec_or_path));
  }
  return read_mesh(path);
}

}  // namespace femsynth::meshes
