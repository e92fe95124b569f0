#include "meshes/read.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "meshes/geometry.hpp"
#include "meshes/gmsh/gmsh_loader.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/topology.hpp"
#include "tests/meshes/quadrature.hpp"

namespace femsynth::meshes {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

template <typename Function>
std::string fault(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "done";
}

TEST(LoadMesh, DecidesBetweenSpecificationAndFile) {
  EXPECT_EQ(load_mesh("triangle:2x3").cell_count(), 12u);
  EXPECT_THAT(fault([] { load_mesh("triangle:2"); }), HasSubstr("as in triangle:8x8"));
  EXPECT_THAT(fault([] { load_mesh("nonsense"); }), HasSubstr("expected interval:N"));
  EXPECT_THAT(fault([] { load_mesh("none.msh"); }), HasSubstr("none.msh: No such file"));
  EXPECT_THAT(fault([] {
                load_mesh("x.msh", {0.2, 1, false});
              }),
              HasSubstr("x.msh: only generated"));
}

#ifdef FEMSYNTH_MAKE_MSH

class ReadMesh : public testing::TestWithParam<CellType> {
 protected:
  static void SetUpTestSuite() {
    std::string name = (fs::temp_directory_path() / "femsynth-msh-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const std::string command = std::string(FEMSYNTH_MAKE_MSH) + " " + folder_.string();
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  static fs::path file(const std::string& name) { return folder_ / name; }
  static fs::path written(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  std::string cell() const { return std::string(name_of(GetParam())); }
  /// Of the curved files; Gmsh's own reader fails on prisms of order 3.
  static std::vector<int> orders() {
    return GetParam() == CellType::prism ? std::vector{2} : std::vector{2, 3};
  }
  static inline fs::path folder_;
};
using ReadMeshFiles = ReadMesh;

INSTANTIATE_TEST_SUITE_P(Cells, ReadMesh,
                         testing::Values(CellType::interval, CellType::triangle,
                                         CellType::tetrahedron, CellType::quadrilateral,
                                         CellType::hexahedron, CellType::prism, CellType::pyramid),
                         [](const auto& p) { return std::string(name_of(p.param)); });
INSTANTIATE_TEST_SUITE_P(Triangle, ReadMeshFiles, testing::Values(CellType::triangle));

/// Mean of the vertices.
std::array<double, 3> middle(const Mesh& mesh, std::size_t c, std::span<const int> local) {
  std::array<double, 3> x{};
  for (const int v : local) {
    const auto point =
        mesh.vertex(static_cast<std::size_t>(mesh.cell(c)[static_cast<std::size_t>(v)]));
    for (std::size_t i = 0; i < point.size(); ++i)
      x[i] += point[i] / static_cast<double>(local.size());
  }
  return x;
}

TEST_P(ReadMesh, GroupsTagTheHalvesAndSidesTheyWereMadeFor) {
  const Mesh mesh = read_mesh(file(cell() + "_41b.msh"));
  ASSERT_EQ(mesh.cell_type, GetParam());
  EXPECT_NO_THROW(check_mesh(mesh));
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto x = middle(mesh, c, entity_vertices(GetParam(), mesh.dim(), 0));
    EXPECT_EQ(mesh.cell_tags[c], x[0] < 0.5 ? 7 : 8);
  }
  for (const ExteriorFacet& facet : mesh.exterior_facets) {
    const auto x = middle(mesh, static_cast<std::size_t>(facet.cell),
                          entity_vertices(GetParam(), mesh.dim() - 1, facet.local_facet));
    EXPECT_EQ(facet.tag, x[0] < 1e-9 ? 3 : x[0] > 1 - 1e-9 ? 4 : 0);
  }
}

TEST_P(ReadMesh, CellsFillTheUnitDomain) {
  const Mesh mesh = read_mesh(file(cell() + "_41b.msh"));
  double sum = 0.0;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    // The box meshes are affine, so one point is enough.
    const double X[3] = {0.25, 0.25, 0.25};
    sum += std::abs(map_point(mesh, c, X).determinant) * reference_volume(GetParam());
  }
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

TEST_P(ReadMesh, BothVersionsAndLayoutsGiveTheSameMesh) {
  const Mesh mesh = read_mesh(file(cell() + "_41b.msh"));
  for (const char* version : {"_22a.msh", "_22b.msh", "_41a.msh"}) {
    const Mesh other = read_mesh(file(cell() + version));
    EXPECT_EQ(other.cells, mesh.cells) << version;
    EXPECT_EQ(other.cell_tags, mesh.cell_tags) << version;
    EXPECT_EQ(other.exterior_facets, mesh.exterior_facets) << version;
    ASSERT_EQ(other.coordinates.size(), mesh.coordinates.size()) << version;
    for (std::size_t i = 0; i < mesh.coordinates.size(); ++i) {
      EXPECT_NEAR(other.coordinates[i], mesh.coordinates[i], 1e-15) << version;  // 16 digits
    }
  }
}

/// The points of Gmsh's reference nodes in our reference cell.
std::vector<double> equispaced(CellType cell, int degree) {
  std::vector<double> points = geometry_points(cell, degree);
  for (double& x : points) x = std::round(x * degree) / degree;
  return points;
}

TEST_P(ReadMesh, CurvedCellsGoThroughAllNodesOfTheFile) {
  for (const int order : orders()) {
    for (const char* kind : {"", "_cylinder"}) {
      const fs::path path = file(cell() + kind + "_order" + std::to_string(order) + "_41b.msh");
      if (!fs::exists(path)) continue;
      const GmshMesh raw = read_with_gmsh(path);
      const Mesh mesh = read_mesh(path);
      ASSERT_EQ(mesh.cell_type, GetParam());
      EXPECT_EQ(mesh.geometry_degree, order);
      EXPECT_NO_THROW(check_mesh(mesh));
      std::map<std::uint64_t, const double*> nodes;
      for (std::size_t i = 0; i < raw.node_tags.size(); ++i) {
        nodes[raw.node_tags[i]] = &raw.coordinates[3 * i];
      }
      const auto points = equispaced(GetParam(), order);
      const auto t = static_cast<std::size_t>(mesh.topological_dim());
      std::size_t c = 0;
      for (const GmshBlock& block : raw.blocks) {
        if (block.dim != mesh.topological_dim()) continue;
        const auto size = static_cast<std::size_t>(block.nodes_per_element);
        for (std::size_t first = 0; first < block.nodes.size(); first += size, ++c) {
          for (std::size_t k = 0; k < points.size(); k += t) {
            const auto x = map_point(mesh, c, &points[k]).x;
            double nearest = 1.0;
            for (std::size_t i = 0; i < size; ++i) {
              const double* y = nodes.at(block.nodes[first + i]);
              nearest = std::min(nearest, std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]));
            }
            EXPECT_LT(nearest, 1e-14);
          }
        }
      }
      EXPECT_EQ(c, mesh.cell_count());
    }
  }
}

TEST_P(ReadMesh, CurvedCellsHaveTheMeasureOfTheirRegion) {
  for (const char* kind : {"", "_cylinder"}) {
    double errors[4] = {};
    for (const int order : orders()) {
      const fs::path path = file(cell() + kind + "_order" + std::to_string(order) + "_41b.msh");
      if (!fs::exists(path)) return;
      const Mesh mesh = read_mesh(path);
      const bool manifold = *kind != 0 || mesh.topological_dim() == 1;
      EXPECT_EQ(mesh.dim(), mesh.topological_dim() + (manifold ? 1 : 0));
      EXPECT_TRUE(mesh.topological_dim() == 3 || consistently_oriented(mesh));
      const auto rule = rule_of(GetParam());
      double measure = 0.0;
      for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
        for (const auto& p : rule) {
          measure += p.weight * std::abs(map_point(mesh, c, p.X.data()).determinant);
        }
      }
      const double exact = std::acos(0.0) * (manifold ? 1.0 : 1.5);
      errors[order] = std::abs(measure - exact);
    }
    EXPECT_LT(errors[2], 1e-3);
    EXPECT_LT(errors[3], 1e-4);
  }
}

TEST_P(ReadMesh, GroupsInsideTheDomainTagInteriorFacets) {
  const Mesh mesh = read_mesh(file(cell() + "_41b.msh"));
  EXPECT_FALSE(mesh.interior_facet_tags.empty());
  int tagged = 0;
  for (const InteriorFacet& facet : interior_facets(mesh)) {
    const auto x = middle(mesh, static_cast<std::size_t>(facet.cells[0]),
                          entity_vertices(GetParam(), mesh.dim() - 1, facet.local_facets[0]));
    const bool between = mesh.cell_tags[static_cast<std::size_t>(facet.cells[0])] !=
                         mesh.cell_tags[static_cast<std::size_t>(facet.cells[1])];
    EXPECT_EQ(facet.tag, between ? 5 : 0);
    EXPECT_EQ(between, std::abs(x[0] - 0.5) < 1e-9);
    tagged += facet.tag == 5;
  }
  EXPECT_GT(tagged, 0);
}

TEST_P(ReadMeshFiles, IncompleteElementsAndOrdersAboveThreeAreRefusedByName) {
  EXPECT_THAT(fault([] { read_mesh(file("fourth_order_41a.msh")); }),
              HasSubstr("cells of order 4 (Triangle 15)"));
  EXPECT_THAT(fault([] { read_mesh(file("serendipity_41a.msh")); }),
              HasSubstr("cells of order 2 (Quadrilateral 8)"));
}

TEST_P(ReadMeshFiles, NodesWithoutAnElementAreDropped) {
  const Mesh mesh = read_mesh(file("triangle_22a.msh"));
  std::string text = read_file(file("triangle_22a.msh"));
  const std::size_t at = text.find("$Nodes\n") + 7;
  const int count = std::atoi(text.c_str() + at);
  const std::size_t end = text.find("$EndNodes");
  text.insert(end, "7777 3 4 5\n");
  text.replace(at, std::to_string(count).size(), std::to_string(count + 1));
  EXPECT_EQ(mesh_hash(read_mesh(written("orphan.msh", text))), mesh_hash(mesh));
}

TEST_P(ReadMeshFiles, TruncatedFilesAreRefused) {
  for (const char* name :
       {"triangle_22a.msh", "triangle_22b.msh", "triangle_41a.msh", "triangle_41b.msh"}) {
    const std::string bytes = read_file(file(name));
    for (const double share : {0.0, 0.1, 0.4, 0.7, 0.95}) {
      const auto size = static_cast<std::size_t>(share * static_cast<double>(bytes.size()));
      const fs::path path = written("cut.msh", bytes.substr(0, size));
      EXPECT_THAT(fault([&] { read_mesh(path); }), HasSubstr("cut.msh")) << name << " " << share;
    }
  }
}

TEST_P(ReadMeshFiles, CorruptedFilesGiveAMeshOrAnErrorAndNothingElse) {
  for (const char* name : {"triangle_22b.msh", "triangle_41b.msh", "triangle_41a.msh"}) {
    const std::string bytes = read_file(file(name));
    for (std::size_t k = 0; k < 10; ++k) {
      std::string spoiled = bytes;
      const std::size_t at = (k * 7919 + 131) % bytes.size();
      spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << (k % 8)));
      const fs::path path = written("spoiled.msh", spoiled);
      try {
        check_mesh(read_mesh(path));
      } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr("spoiled.msh")) << name << " byte " << at;
      }
    }
  }
}

TEST_P(ReadMeshFiles, AFileThatDeclaresMoreThanItHoldsIsRefused) {
  std::string text = read_file(file("triangle_22a.msh"));
  const std::size_t at = text.find("$Elements\n") + 10;
  const int count = std::atoi(text.c_str() + at);
  text.replace(at, std::to_string(count).size(), std::to_string(count + 3));
  const fs::path path = written("more.msh", text);
  EXPECT_THAT(fault([&] { read_mesh(path); }), HasSubstr("more.msh"));
}

TEST_P(ReadMeshFiles, ScriptsAndOptionFilesAreNotRun) {
  const fs::path witness = file("witness");
  const std::string script = "SystemCall \"touch " + witness.string() + "\";\n";
  const fs::path path = written("script.msh", script);
  EXPECT_THAT(fault([&] { read_mesh(path); }), HasSubstr("does not begin with $MeshFormat"));
  fs::copy_file(file("triangle_41a.msh"), file("beside.msh"));
  written("beside.msh.opt", script);
  EXPECT_EQ(read_mesh(file("beside.msh")).cell_type, CellType::triangle);
  EXPECT_FALSE(fs::exists(witness));
}

TEST_P(ReadMeshFiles, GmshWritesNothingToTheTerminal) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  read_mesh(file("triangle_41a.msh"));
  fault([] { read_mesh(file("fourth_order_41a.msh")); });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_P(ReadMeshFiles, AModuleThatCannotBeLoadedIsAMissingComponent) {
  const fs::path folder = file("modules");
  fs::create_directory(folder);
  std::ofstream(folder / "femsynth_gmsh.so") << "no library";
  ::setenv("FEMSYNTH_MODULE_PATH", folder.c_str(), 1);
  EXPECT_EQ(find_gmsh_module(), folder / "femsynth_gmsh.so");
  EXPECT_THROW(read_mesh(file("triangle_41a.msh")), MissingComponent);
  EXPECT_THAT(fault([] { read_mesh(file("triangle_41a.msh")); }), HasSubstr("libgmsh-dev"));
  ::unsetenv("FEMSYNTH_MODULE_PATH");
}

#endif

}  // namespace
}  // namespace femsynth::meshes
