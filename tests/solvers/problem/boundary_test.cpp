#include "solvers/problem/boundary.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "fem/elements/tabulate.hpp"
#include "meshes/generate.hpp"

namespace femsynth::solvers {
namespace {

using meshes::CellType;

class FacetNodes : public ::testing::TestWithParam<CellType> {};

TEST_P(FacetNodes, AreThoseOnTheFacetsPlane) {
  const CellType cell = GetParam();
  const auto d = static_cast<std::size_t>(meshes::dimension(cell));
  for (int degree = 1; degree <= 4; ++degree) {
    const fem::Element element{fem::Family::lagrange, cell, degree, {}};
    const std::vector<double>& nodes = fem::nodes(element);
    for (int facet = 0; facet < meshes::facet_count(cell); ++facet) {
      // The facets of the reference cells: x_i = 0, x_i = 1, or Σ x_i = 1.
      std::vector<double> low(3, 2.0);
      std::vector<double> high(3, -2.0);
      for (int k = 0; k < meshes::facet_vertex_count(cell, facet); ++k) {
        const auto v = meshes::reference_vertex(cell, meshes::facet_vertex(cell, facet, k));
        for (std::size_t i = 0; i < d; ++i) {
          low[i] = std::min(low[i], v[i]);
          high[i] = std::max(high[i], v[i]);
        }
      }
      std::vector<int> expected;
      for (std::size_t k = 0; k * d < nodes.size(); ++k) {
        bool on = false;
        double sum = 0;
        for (std::size_t i = 0; i < d; ++i) {
          sum += nodes[k * d + i];
          on = on || (low[i] == high[i] && std::abs(nodes[k * d + i] - low[i]) < 1e-12);
        }
        const bool slanted = meshes::is_simplex(cell) && low != high && d > 1 &&
                             std::equal(low.begin(), low.begin() + static_cast<long>(d),
                                        std::vector<double>(d, 0.0).begin()) &&
                             std::equal(high.begin(), high.begin() + static_cast<long>(d),
                                        std::vector<double>(d, 1.0).begin());
        if (slanted ? std::abs(sum - 1.0) < 1e-12 : on) expected.push_back(static_cast<int>(k));
      }
      EXPECT_EQ(facet_nodes(element, facet), expected)
          << meshes::name_of(cell) << " facet " << facet << " degree " << degree;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, FacetNodes,
                         ::testing::Values(CellType::interval, CellType::triangle,
                                           CellType::tetrahedron, CellType::quadrilateral,
                                           CellType::hexahedron),
                         [](const auto& parameter) {
                           return std::string(meshes::name_of(parameter.param));
                         });

Problem problem_with(const std::string& dirichlet) {
  return parse_problem("form = \"f.py\"\nmesh = \"triangle:2x2\"\n" + dirichlet, "p.toml");
}

TEST(Boundary, LaterEntriesWinOnSharedNodes) {
  const Problem problem = problem_with(R"(
[[dirichlet]]
on = "all"
value = 1
[[dirichlet]]
on = 7
value = "2 + x[1]"
)");
  meshes::Mesh mesh = meshes::generate_mesh("triangle:2x2");
  const auto on_left = [&](const meshes::ExteriorFacet& facet) {
    for (int k = 0; k < 2; ++k) {
      const int v = meshes::facet_vertex(mesh.cell_type, facet.local_facet, k);
      const auto cell = mesh.cell(static_cast<std::size_t>(facet.cell));
      const auto at = static_cast<std::size_t>(cell[static_cast<std::size_t>(v)]);
      if (mesh.vertex(at)[0] != 0.0) return false;
    }
    return true;
  };
  for (meshes::ExteriorFacet& facet : mesh.exterior_facets) facet.tag = on_left(facet) ? 7 : 0;
  const fem::Element element{fem::Family::lagrange, CellType::triangle, 1, {}};
  const fem::DofMap dofs = fem::make_dof_map(mesh, element);
  std::vector<Field> fields;
  for (const DirichletEntry& entry : problem.dirichlet) {
    fields.push_back(read_field(problem, entry.value, CellType::triangle, {}, "the value"));
  }
  std::vector<DirichletPart> parts;
  for (std::size_t k = 0; k < fields.size(); ++k) {
    parts.push_back({facets_of(problem, problem.dirichlet[k], mesh), &fields[k]});
  }
  EXPECT_EQ(parts[0].facets.size(), 8u);
  EXPECT_EQ(parts[1].facets.size(), 2u);
  const PrescribedValues values = prescribed_values(problem, mesh, element, dofs, parts);
  EXPECT_EQ(values.size(), 8u);  // all vertices but the one in the middle
  for (const auto& [dof, value] : values) {
    const auto x = mesh.vertex(static_cast<std::size_t>(dof));
    EXPECT_EQ(value, x[0] == 0.0 ? 2 + x[1] : 1.0);
  }
}

TEST(Boundary, UnknownTagIsRefusedWithThoseThatAreThere) {
  const Problem problem = problem_with("[[dirichlet]]\non = [0, 4]\nvalue = 1\n");
  const meshes::Mesh mesh = meshes::generate_mesh("triangle:2x2");
  try {
    facets_of(problem, problem.dirichlet[0], mesh);
    FAIL();
  } catch (const LocatedError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("p.toml:4:6: error: no exterior facet of the "
                                                   "mesh has the tag 4; there are 0"));
  }
}

}  // namespace
}  // namespace femsynth::solvers
