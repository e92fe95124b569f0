#include "meshes/vtkhdf.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <array>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::meshes {
namespace {

constexpr std::string_view kTagField = "subdomain";

/// The innermost cause on HDF5's error stack.
std::string hdf5_reason() {
  std::string reason;
  const auto take = [](unsigned, const H5E_error2_t* error, void* text) -> herr_t {
    if (error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
    return 1;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &reason);
  return reason.empty() ? "unknown failure of HDF5" : reason;
}

[[noreturn]] void fail() { throw InternalError("HDF5 in memory: " + hdf5_reason()); }

void check(herr_t status) {
  if (status < 0) fail();
}

/// An HDF5 identifier and the function that closes it.
class Handle {
 public:
  Handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), close_(closer) {
    if (id_ < 0) fail();
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  hid_t get() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Keeps HDF5 from printing its error stack; errors become exceptions.
class QuietHdf5 {
 public:
  QuietHdf5() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~QuietHdf5() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  QuietHdf5(const QuietHdf5&) = delete;
  QuietHdf5& operator=(const QuietHdf5&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

template <typename T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, double>) {
    return H5T_NATIVE_DOUBLE;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return H5T_NATIVE_INT64;
  } else {
    static_assert(std::is_same_v<T, std::uint8_t>);
    return H5T_NATIVE_UINT8;
  }
}

/// Writes rows × columns numbers (columns 0: a one-dimensional dataset) without timestamps.
template <typename T>
void write_dataset(hid_t group, const std::string& name, const std::vector<T>& values,
                   std::size_t columns = 0) {
  const hsize_t extents[] = {columns == 0 ? values.size() : values.size() / columns, columns};
  const Handle space(H5Screate_simple(columns == 0 ? 1 : 2, extents, nullptr), H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(H5Pset_obj_track_times(properties.get(), false));
  const Handle dataset(H5Dcreate2(group, name.c_str(), native_type<T>(), space.get(), H5P_DEFAULT,
                                  properties.get(), H5P_DEFAULT),
                       H5Dclose);
  check(H5Dwrite(dataset.get(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
}

void write_attributes(hid_t group) {
  const hsize_t two = 2;
  const std::int64_t version[] = {1, 0};
  const Handle pair(H5Screate_simple(1, &two, nullptr), H5Sclose);
  const Handle number(
      H5Acreate2(group, "Version", H5T_NATIVE_INT64, pair.get(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  check(H5Awrite(number.get(), H5T_NATIVE_INT64, version));
  // VTK wants a string of fixed length in ASCII.
  constexpr std::string_view kType = "UnstructuredGrid";
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type.get(), kType.size()));
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD));
  check(H5Tset_cset(type.get(), H5T_CSET_ASCII));
  const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle text(H5Acreate2(group, "Type", type.get(), scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
                    H5Aclose);
  check(H5Awrite(text.get(), type.get(), kType.data()));
}

std::uint8_t vtk_type(CellType cell) {
  switch (cell) {
    case CellType::interval:
      return 3;  // VTK_LINE
    case CellType::triangle:
      return 5;  // VTK_TRIANGLE
    case CellType::tetrahedron:
      return 10;  // VTK_TETRA
    case CellType::quadrilateral:
      return 9;  // VTK_QUAD
    case CellType::hexahedron:
      return 12;  // VTK_HEXAHEDRON
    case CellType::prism:
      return 13;  // VTK_WEDGE
    case CellType::pyramid:
      return 14;  // VTK_PYRAMID
  }
  throw InternalError("an unknown cell type");
}

/// Our vertex at each of VTK's places; `flipped` gives the mirrored cell.
std::array<std::size_t, 8> vtk_order(CellType cell, bool flipped) {
  switch (cell) {
    case CellType::quadrilateral:
      return flipped ? std::array<std::size_t, 8>{0, 2, 3, 1}
                     : std::array<std::size_t, 8>{0, 1, 3, 2};
    case CellType::hexahedron:
      return flipped ? std::array<std::size_t, 8>{4, 5, 7, 6, 0, 1, 3, 2}
                     : std::array<std::size_t, 8>{0, 1, 3, 2, 4, 5, 7, 6};
    case CellType::prism:  // VTK's first triangle turns about the outward normal
      return flipped ? std::array<std::size_t, 8>{0, 1, 2, 3, 4, 5}
                     : std::array<std::size_t, 8>{0, 2, 1, 3, 5, 4};
    case CellType::pyramid:
      return flipped ? std::array<std::size_t, 8>{0, 2, 3, 1, 4}
                     : std::array<std::size_t, 8>{0, 1, 3, 2, 4};
    default: {
      std::array<std::size_t, 8> order{0, 1, 2, 3, 4, 5, 6, 7};
      const auto last = static_cast<std::size_t>(vertex_count(cell)) - 1;
      if (flipped) std::swap(order[last - 1], order[last]);
      return order;
    }
  }
}

void write_topology(hid_t group, const Mesh& mesh) {
  const auto corners = static_cast<std::size_t>(vertex_count(mesh.cell_type));
  const auto d = static_cast<std::size_t>(mesh.dim());
  std::vector<double> points(mesh.vertices() * 3, 0.0);
  for (std::size_t v = 0; v < mesh.vertices(); ++v) {
    for (std::size_t i = 0; i < d; ++i) points[3 * v + i] = mesh.vertex(v)[i];
  }
  std::vector<std::int64_t> connectivity;
  std::vector<std::int64_t> offsets{0};
  connectivity.reserve(mesh.cells.size());
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const double origin[3] = {0, 0, 0};
    const bool flipped = map_point(mesh, c, origin).determinant < 0.0;
    const auto order = vtk_order(mesh.cell_type, flipped);
    for (std::size_t k = 0; k < corners; ++k) connectivity.push_back(mesh.cell(c)[order[k]]);
    offsets.push_back(static_cast<std::int64_t>(connectivity.size()));
  }
  const auto count = [](std::size_t n) {
    return std::vector<std::int64_t>{static_cast<std::int64_t>(n)};
  };
  write_dataset(group, "NumberOfPoints", count(mesh.vertices()));
  write_dataset(group, "NumberOfCells", count(mesh.cell_count()));
  write_dataset(group, "NumberOfConnectivityIds", count(connectivity.size()));
  write_dataset(group, "Points", points, 3);
  write_dataset(group, "Connectivity", connectivity);
  write_dataset(group, "Offsets", offsets);
  write_dataset(group, "Types",
                std::vector<std::uint8_t>(mesh.cell_count(), vtk_type(mesh.cell_type)));
}

void write_field(hid_t group, const VtkField& field) {
  const auto components = static_cast<std::size_t>(field.components);
  if (components == 1) {
    write_dataset(group, field.name, field.values);
  } else if (components == 2) {
    std::vector<double> padded;
    for (std::size_t i = 0; i < field.values.size(); i += 2) {
      padded.insert(padded.end(), {field.values[i], field.values[i + 1], 0.0});
    }
    write_dataset(group, field.name, padded, 3);
  } else {
    write_dataset(group, field.name, field.values, components);
  }
}

void check_fields(const Mesh& mesh, const std::vector<VtkField>& fields) {
  std::set<std::pair<VtkField::Place, std::string>> names{
      {VtkField::Place::cells, std::string(kTagField)}};
  for (const VtkField& field : fields) {
    const bool on_cells = field.place == VtkField::Place::cells;
    if (field.name.empty() || field.name == "." ||
        field.name.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
      throw InputError(fmt::format("a field named '{}': a name without '/' is right", field.name));
    }
    if (!names.insert({field.place, field.name}).second) {
      throw InputError(fmt::format("two fields named '{}'", field.name));
    }
    const std::size_t tuples = on_cells ? mesh.cell_count() : mesh.vertices();
    if (field.components < 1 ||
        field.values.size() != tuples * static_cast<std::size_t>(field.components)) {
      throw InputError(fmt::format("field '{}' has {} values of {} components for {} {}",
                                   field.name, field.values.size(), field.components, tuples,
                                   on_cells ? "cells" : "vertices"));
    }
  }
}

Handle make_group(hid_t parent, const char* name) {
  return {H5Gcreate2(parent, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose};
}

/// The bytes of the whole file, built in memory: so a full disk is met by our own writer and
/// not by HDF5, which would try again when the program ends.
std::string file_image(const Mesh& mesh, const std::vector<VtkField>& fields) {
  constexpr std::size_t kIncrement = std::size_t{1} << 20;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fapl_core(access.get(), kIncrement, false));
  const Handle file(H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
  {
    const Handle root = make_group(file.get(), "VTKHDF");
    write_attributes(root.get());
    write_topology(root.get(), mesh);
    const Handle points = make_group(root.get(), "PointData");
    const Handle cells = make_group(root.get(), "CellData");
    write_dataset(cells.get(), std::string(kTagField),
                  std::vector<std::int64_t>(mesh.cell_tags.begin(), mesh.cell_tags.end()));
    for (const VtkField& field : fields) {
      write_field(field.place == VtkField::Place::cells ? cells.get() : points.get(), field);
    }
  }
  check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL));
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  if (size < 0) fail();
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (H5Fget_file_image(file.get(), bytes.data(), bytes.size()) < 0) fail();
  return bytes;
}

}  // namespace

void write_vtkhdf(const std::filesystem::path& path, const Mesh& mesh,
                  const std::vector<VtkField>& fields) {
  check_fields(mesh, fields);
  const QuietHdf5 quiet;
  write_file_atomically(path, file_image(mesh, fields));
}

}  // namespace femsynth::meshes
