#include "meshes/vtkhdf.hpp"

#include <gmock/gmock.h>
#include <hdf5.h>
#include <unistd.h>

#include <cmath>
#include <iterator>

#include "meshes/generate.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "tests/meshes/scramble.hpp"

namespace femsynth::meshes {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Vtkhdf : public testing::Test {
 protected:
  Vtkhdf() {
    std::string name = (fs::temp_directory_path() / "femsynth-vtk-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Vtkhdf() override {
    if (file_ >= 0) H5Fclose(file_);
    fs::remove_all(folder_);
  }
  void write(const Mesh& mesh, const std::vector<VtkField>& fields) {
    write_vtkhdf(folder_ / "m.vtkhdf", mesh, fields);
    file_ = H5Fopen((folder_ / "m.vtkhdf").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    ASSERT_GE(file_, 0);
  }
  /// All numbers of a dataset, and its extents.
  std::pair<std::vector<double>, std::vector<hsize_t>> read(const std::string& name) const {
    const hid_t set = H5Dopen2(file_, ("/VTKHDF/" + name).c_str(), H5P_DEFAULT);
    EXPECT_GE(set, 0) << name;
    const hid_t space = H5Dget_space(set);
    std::vector<hsize_t> extents(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, extents.data(), nullptr);
    std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
    EXPECT_GE(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
    H5Sclose(space);
    H5Dclose(set);
    return {values, extents};
  }
  fs::path folder_;
  hid_t file_ = -1;
};

TEST_F(Vtkhdf, AttributesAreThoseThatTheReaderAsksFor) {
  write(generate_mesh("triangle:1x1"), {});
  const hid_t group = H5Gopen2(file_, "/VTKHDF", H5P_DEFAULT);
  const hid_t version = H5Aopen(group, "Version", H5P_DEFAULT);
  std::int64_t numbers[2] = {};
  H5Aread(version, H5T_NATIVE_INT64, numbers);
  EXPECT_THAT(numbers, ElementsAre(1, 0));
  const hid_t type = H5Aopen(group, "Type", H5P_DEFAULT);
  const hid_t text = H5Aget_type(type);
  EXPECT_FALSE(H5Tis_variable_str(text));
  EXPECT_EQ(H5Tget_cset(text), H5T_CSET_ASCII);
  std::string value(H5Tget_size(text), '\0');
  H5Aread(type, text, value.data());
  EXPECT_EQ(value, "UnstructuredGrid");
  H5Tclose(text);
  H5Aclose(type);
  H5Aclose(version);
  H5Gclose(group);
}

TEST_F(Vtkhdf, CountsPointsAndOffsetsDescribeTheMesh) {
  const Mesh mesh = generate_mesh("quadrilateral:2x1");
  write(mesh, {});
  EXPECT_THAT(read("NumberOfPoints").first, ElementsAre(6));
  EXPECT_THAT(read("NumberOfCells").first, ElementsAre(2));
  EXPECT_THAT(read("NumberOfConnectivityIds").first, ElementsAre(8));
  EXPECT_THAT(read("Offsets").first, ElementsAre(0, 4, 8));
  EXPECT_THAT(read("Types").first, ElementsAre(9, 9));
  EXPECT_THAT(read("Connectivity").first, ElementsAre(0, 1, 4, 3, 1, 2, 5, 4));
  const auto [points, extents] = read("Points");
  EXPECT_THAT(extents, ElementsAre(6, 3));
  EXPECT_THAT(std::vector(points.begin() + 3, points.begin() + 6), ElementsAre(0.5, 0.0, 0.0));
  EXPECT_THAT(read("CellData/subdomain").first, ElementsAre(0, 0));
}

/// Signed volume by VTK's conventions: triangles and quadrilaterals go round
/// counterclockwise; a hexahedron's bottom quadrilateral is seen so from its top.
double vtk_orientation(CellType cell, const std::vector<std::array<double, 3>>& p) {
  const auto edge = [&](std::size_t from, std::size_t to) {
    return std::array{p[to][0] - p[from][0], p[to][1] - p[from][1], p[to][2] - p[from][2]};
  };
  const auto a = edge(0, 1);
  const auto b = edge(0, cell == CellType::quadrilateral || cell == CellType::hexahedron ? 3 : 2);
  if (cell == CellType::triangle || cell == CellType::quadrilateral) {
    return a[0] * b[1] - a[1] * b[0];
  }
  const auto c = edge(0, cell == CellType::hexahedron ? 4 : 3);
  return (a[1] * b[2] - a[2] * b[1]) * c[0] + (a[2] * b[0] - a[0] * b[2]) * c[1] +
         (a[0] * b[1] - a[1] * b[0]) * c[2];
}

TEST_F(Vtkhdf, CellsGoRoundInVtksOrderHoweverTheMeshOrientsThem) {
  for (const char* spec :
       {"triangle:3x2", "quadrilateral:3x2", "tetrahedron:2x2x1", "hexahedron:2x2x2"}) {
    const Mesh mesh = scrambled(generate_mesh(spec), 6);
    if (file_ >= 0) H5Fclose(file_);
    write(mesh, {});
    const auto ids = read("Connectivity").first;
    const auto points = read("Points").first;
    const auto corners = static_cast<std::size_t>(vertex_count(mesh.cell_type));
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      std::vector<std::array<double, 3>> p;
      for (std::size_t k = 0; k < corners; ++k) {
        const auto v = 3 * static_cast<std::size_t>(ids[c * corners + k]);
        p.push_back({points[v], points[v + 1], points[v + 2]});
      }
      EXPECT_GT(vtk_orientation(mesh.cell_type, p), 0.0) << spec;
      if (is_simplex(mesh.cell_type)) continue;
      // Consecutive vertices of a face, and the two faces' partners, share an edge of a box.
      for (std::size_t k = 0; k < corners; ++k) {
        const std::size_t next = k / 4 * 4 + (k + 1) % 4;
        int differences = 0;
        for (std::size_t i = 0; i < 3; ++i) differences += p[k][i] != p[next][i];
        EXPECT_EQ(differences, 1) << spec;
        if (k >= 4) continue;
        differences = 0;
        if (corners == 8) {
          for (std::size_t i = 0; i < 3; ++i) differences += p[k][i] != p[k + 4][i];
          EXPECT_EQ(differences, 1) << spec;
        }
      }
    }
  }
}

TEST_F(Vtkhdf, PrismsAndPyramidsStandOnTheirBasesAsVtkHasThem) {
  for (const char* spec : {"prism:2x1x2", "pyramid:2x1x1"}) {
    const Mesh mesh = scrambled(generate_mesh(spec), 6);
    if (file_ >= 0) H5Fclose(file_);
    write(mesh, {});
    const bool prism = mesh.cell_type == CellType::prism;
    EXPECT_EQ(read("Types").first[0], prism ? 13 : 14);
    const auto ids = read("Connectivity").first;
    const auto points = read("Points").first;
    const auto corners = static_cast<std::size_t>(vertex_count(mesh.cell_type));
    for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
      std::vector<std::array<double, 3>> p;
      for (std::size_t k = 0; k < corners; ++k) {
        const auto v = 3 * static_cast<std::size_t>(ids[c * corners + k]);
        p.push_back({points[v], points[v + 1], points[v + 2]});
      }
      // A pyramid's base is seen counterclockwise from its apex; the normal of a wedge's first
      // triangle points away from the second.
      const std::size_t third = prism ? 2 : 3;
      const auto orientation =
          vtk_orientation(CellType::tetrahedron, {p[0], p[1], p[third], prism ? p[3] : p[4]});
      EXPECT_GT(prism ? -orientation : orientation, 0.0) << spec;
      for (std::size_t k = 0; k < (prism ? 3U : 4U); ++k) {
        const auto& next = prism ? p[k + 3] : p[(k + 1) % 4];
        int differences = 0;
        for (std::size_t i = 0; i < 3; ++i) differences += p[k][i] != next[i];
        EXPECT_EQ(differences, 1) << spec;
      }
    }
  }
}

TEST_F(Vtkhdf, CurvedCellsAreWrittenStraightAndManifoldsInSpace) {
  write(generate_mesh("triangle:2x2+3@3"), {});
  const auto curved = std::pair(read("Points"), read("Connectivity"));
  H5Fclose(file_);
  write(generate_mesh("triangle:2x2@3"), {});
  EXPECT_EQ(std::pair(read("Points"), read("Connectivity")), curved);
  EXPECT_THAT(read("NumberOfPoints").first, ElementsAre(9));
  EXPECT_NEAR(read("Points").first[26], 0.2 + 0.3 - 0.1, 1e-15);
}

TEST_F(Vtkhdf, FieldsKeepTheirValuesAndVectorsGetThreeComponents) {
  const Mesh mesh = generate_mesh("triangle:1x1");
  write(mesh, {{"u", VtkField::Place::vertices, 1, {1, 2, 3, 4}},
               {"v", VtkField::Place::vertices, 2, {1, 2, 3, 4, 5, 6, 7, 8}},
               {"s", VtkField::Place::cells, 4, {1, 2, 3, 4, 5, 6, 7, 8}}});
  EXPECT_THAT(read("PointData/u").first, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(read("PointData/u").second, ElementsAre(4));
  EXPECT_THAT(read("PointData/v").first, ElementsAre(1, 2, 0, 3, 4, 0, 5, 6, 0, 7, 8, 0));
  EXPECT_THAT(read("PointData/v").second, ElementsAre(4, 3));
  EXPECT_THAT(read("CellData/s").second, ElementsAre(2, 4));
}

TEST_F(Vtkhdf, EqualInputGivesEqualBytes) {
  const Mesh mesh = generate_mesh("tetrahedron:2x2x2", {0.2, 1, false});
  write_vtkhdf(folder_ / "a", mesh, {});
  ::sleep(1);  // a timestamp would show
  write_vtkhdf(folder_ / "b", mesh, {});
  EXPECT_EQ(read_file(folder_ / "a"), read_file(folder_ / "b"));
}

TEST_F(Vtkhdf, AFileThatCannotBeWrittenIsToldAndLeavesNothing) {
  const Mesh mesh = generate_mesh("triangle:1x1");
  EXPECT_THROW(write_vtkhdf(folder_ / "none" / "m.vtkhdf", mesh, {}), InputError);
  fs::create_directory(folder_ / "taken");
  fs::create_directory(folder_ / "taken" / "inside");
  EXPECT_THROW(write_vtkhdf(folder_ / "taken", mesh, {}), InputError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Vtkhdf, FieldsOfWrongSizeOrNameAreRefused) {
  const Mesh mesh = generate_mesh("triangle:1x1");
  const auto message = [&](const std::vector<VtkField>& fields) -> std::string {
    try {
      write_vtkhdf(folder_ / "m", mesh, fields);
    } catch (const InputError& error) {
      return error.what();
    }
    return "written";
  };
  using enum VtkField::Place;
  EXPECT_THAT(message({{"u", vertices, 1, {1, 2, 3}}}),
              HasSubstr("3 values of 1 components for 4"));
  EXPECT_THAT(message({{"u", cells, 0, {}}}), HasSubstr("0 components"));
  EXPECT_THAT(message({{"a/b", cells, 1, {1, 2}}}), HasSubstr("without '/'"));
  EXPECT_THAT(message({{"", cells, 1, {1, 2}}}), HasSubstr("named ''"));
  EXPECT_THAT(message({{"subdomain", cells, 1, {1, 2}}}), HasSubstr("two fields"));
}

}  // namespace
}  // namespace femsynth::meshes
