// H(div) functions and normals on surfaces in space, whichever way their cells run: laws of
// continuous fields, each of which fails where the cells' orientations are dropped.
#include <gmock/gmock.h>

#include <Eigen/Dense>
#include <cmath>
#include <random>
#include <string>

#include "fem/form/algebra.hpp"
#include "meshes/generate.hpp"
#include "meshes/support/error.hpp"
#include "synth/kernel/print.hpp"
#include "synth/run/assembly.hpp"
#include "tests/meshes/surfaces.hpp"
#include "tests/support/ir_executor.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;

/// Forms on one surface, with random coefficients in [−1, 1].
struct Surface {
  explicit Surface(Mesh on)
      : mesh(std::move(on)),
        module{"form.py",
               "line\n",
               ExprGraph(Domain(mesh.cell_type, mesh.dim(), mesh.geometry_degree)),
               {},
               {}} {}

  ExprGraph& g() { return module.graph; }
  void add(IntegralKind kind, ExprId integrand) {
    form.integrals.push_back({kind, {}, 8, integrand, {1, 1}});
  }
  /// `oriented`: with the orientations of the cells, or all alike.
  Assembled run(bool oriented) {
    Schedule schedule;
    schedule.strategy = Strategy::element;
    const Program program = make_program(module, form, schedule);
    spaces = make_spaces(module, program, mesh);
    EXPECT_EQ(spaces.cell_orientations.size(), is_read ? mesh.cell_count() : 0);
    EXPECT_THAT(meshes::cell_orientations(mesh), ::testing::Contains(-1))
        << "or this shows nothing";
    if (!oriented) spaces.cell_orientations.assign(mesh.cell_count(), 1);
    if (by_hand) spaces.cell_orientations.clear();
    FormInputs inputs;
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    for (const DofMap& map : spaces.coefficients) {
      inputs.coefficients.emplace_back(map.dof_count());
      for (double& v : inputs.coefficients.back()) v = uniform(random);
    }
    CompiledModule compiled;
    compiled.ptx = to_text(program.ir);
    testing::IrExecutor executor;
    const auto loaded = executor.load(compiled);
    return assemble(module, program, *loaded, executor, mesh, spaces, inputs);
  }

  Mesh mesh;
  bool is_read = true;   ///< are orientations read?
  bool by_hand = false;  ///< spaces that were not made by make_spaces
  FormModule module;
  Form form{"a", {}};
  AssemblySpaces spaces;  ///< of the last run
};

/// Closed surfaces, each numbered at random.
std::vector<Mesh> closed_surfaces() {
  std::vector<Mesh> result;
  for (int degree = 1; degree <= 3; ++degree) {
    result.push_back(meshes::renumbered(meshes::sphere(1, degree), 7));
    result.push_back(meshes::renumbered(meshes::torus(CellType::triangle, 5, 4, degree), 8));
    result.push_back(meshes::renumbered(meshes::torus(CellType::quadrilateral, 5, 4, degree), 9));
  }
  return result;
}

std::vector<Element> flowing(CellType cell) {
  return {{.family = Family::raviart_thomas, .cell = cell, .degree = 1},
          {.family = Family::raviart_thomas, .cell = cell, .degree = 2},
          {.family = Family::bdm, .cell = cell, .degree = 1}};
}

std::string describe(const Mesh& mesh, const Element& element) {
  return to_string(element) + " on geometry of degree " + std::to_string(mesh.geometry_degree);
}

TEST(Surfaces, WhatFlowsOnAClosedOneHasNoDivergenceOnTheWhole) {
  for (const Mesh& mesh : closed_surfaces()) {
    for (const Element& element : flowing(mesh.cell_type)) {
      Surface surface(mesh);
      surface.add(IntegralKind::cell, div(surface.g(), coefficient(surface.g(), element, "w")));
      EXPECT_NEAR(surface.run(true).value, 0.0, 1e-11) << describe(mesh, element);
      EXPECT_GT(std::abs(surface.run(false).value), 1e-2) << describe(mesh, element);
      surface.by_hand = true;
      EXPECT_NEAR(surface.run(true).value, 0.0, 1e-11) << describe(mesh, element);
    }
  }
}

TEST(Surfaces, WhatFlowsOutOfACellFlowsIntoItsNeighbour) {
  for (const Mesh& mesh : closed_surfaces()) {
    for (const Element& element : flowing(mesh.cell_type)) {
      Surface surface(mesh);
      ExprGraph& g = surface.g();
      const ExprId flux = dot(g, coefficient(g, element, "w"), facet_normal(g));
      const ExprId jump = add(g, restricted(g, flux, 0), restricted(g, flux, 1));
      surface.add(IntegralKind::interior_facet, multiply(g, jump, jump));
      EXPECT_NEAR(surface.run(true).value, 0.0, 1e-20) << describe(mesh, element);
      EXPECT_GT(surface.run(false).value, 1e-2) << describe(mesh, element);
    }
  }
}

TEST(Surfaces, WhatFlowsOverTheirBoundaryIsTheDivergence) {
  for (const char* spec : {"triangle:3x2@3", "triangle:3x2+2@3", "triangle:2x2+3@3",
                           "quadrilateral:3x2@3", "quadrilateral:3x2+2@3"}) {
    const Mesh mesh = meshes::renumbered(meshes::generate_mesh(spec, {0.2, 3, true}), 4);
    for (const Element& element : flowing(mesh.cell_type)) {
      Surface surface(mesh);
      ExprGraph& g = surface.g();
      const ExprId w = coefficient(g, element, "w");
      surface.add(IntegralKind::cell, div(g, w));
      surface.add(IntegralKind::exterior_facet, negate(g, dot(g, w, facet_normal(g))));
      EXPECT_NEAR(surface.run(true).value, 0.0, 1e-11) << describe(mesh, element);
      EXPECT_GT(std::abs(surface.run(false).value), 1e-2) << describe(mesh, element);
    }
  }
}

TEST(Surfaces, NormalsOfClosedOnesAddUpToNothingAndEncloseTheirVolume) {
  for (const Mesh& mesh : closed_surfaces()) {
    for (int i = 0; i < 3; ++i) {
      Surface surface(mesh);
      ExprGraph& g = surface.g();
      const ExprId n = geometric_quantity(g, GeometricQuantity::cell_normal);
      surface.add(IntegralKind::cell, indexed(g, n, {{false, i}}));
      EXPECT_NEAR(surface.run(true).value, 0.0, 1e-12);
    }
    Surface surface(mesh);
    ExprGraph& g = surface.g();
    const ExprId n = geometric_quantity(g, GeometricQuantity::cell_normal);
    surface.add(IntegralKind::cell, divide(g, dot(g, spatial_coordinate(g), n), real(g, 3.0)));
    const double volume = std::abs(surface.run(true).value);
    if (mesh.geometry_degree < 3) continue;
    // Pappus; the sphere's is ∫ r³/3 over the unit sphere, r = 1 + 0.2 xy − 0.1 z.
    const bool is_torus = mesh.vertices() == 20;
    const double pi = std::numbers::pi;
    EXPECT_NEAR(volume, is_torus ? 2 * pi * pi * 0.16 : 4 * pi / 3 * 1.018, 0.07 * volume);
  }
}

/// fᵀ (B A⁻¹ Bᵀ)⁻¹ f of the mixed Poisson problem with RT_2 × DG_1, f = ∫ (1 + x_0) q: it reads
/// nothing that depends on numbers.
double energy(const Mesh& mesh, bool oriented) {
  const Element rt{.family = Family::raviart_thomas, .cell = mesh.cell_type, .degree = 2};
  const Element dg{.family = Family::discontinuous_lagrange, .cell = mesh.cell_type, .degree = 1};
  const auto dense = [](Surface& surface, const Assembled& values) {
    const CsrPattern& pattern = surface.spaces.pattern;

    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(pattern.rows, pattern.cols);
    for (std::size_t r = 0; r < static_cast<std::size_t>(pattern.rows); ++r) {
      for (auto k = static_cast<std::size_t>(pattern.row_offsets[r]);
           k < static_cast<std::size_t>(pattern.row_offsets[r + 1]); ++k) {
        result(static_cast<Eigen::Index>(r), pattern.columns[k]) = values.csr_values[k];
      }
    }
    return result;
  };
  Surface a(mesh);
  a.add(IntegralKind::cell, inner(a.g(), argument(a.g(), 1, rt), argument(a.g(), 0, rt)));
  a.is_read = false;  // the signs of both functions cancel
  const Assembled a_values = a.run(oriented);
  const Eigen::MatrixXd A = dense(a, a_values);
  Surface b(mesh);
  b.add(IntegralKind::cell,
        multiply(b.g(), div(b.g(), argument(b.g(), 1, rt)), argument(b.g(), 0, dg)));
  const Assembled b_values = b.run(oriented);
  const Eigen::MatrixXd B = dense(b, b_values);
  Surface l(mesh);
  l.is_read = false;
  const ExprId x = indexed(l.g(), spatial_coordinate(l.g()), {{false, 0}});
  const ExprId load = add(l.g(), real(l.g(), 1), x);
  l.add(IntegralKind::cell, multiply(l.g(), load, argument(l.g(), 0, dg)));
  const std::vector<double> f_values = l.run(oriented).vector;
  const Eigen::VectorXd f = Eigen::Map<const Eigen::VectorXd>(
      f_values.data(), static_cast<Eigen::Index>(f_values.size()));
  return f.dot((B * A.ldlt().solve(B.transpose())).ldlt().solve(f));
}

TEST(Surfaces, NumbersOfVerticesAndCellsDoNotMatter) {
  for (const char* spec : {"triangle:3x2@3", "triangle:2x2+2@3", "quadrilateral:3x2+2@3"}) {
    const Mesh mesh = meshes::generate_mesh(spec, {0.2, 3, true});
    const double first = energy(meshes::renumbered(mesh, 1), true);
    for (std::uint64_t seed = 2; seed <= 4; ++seed) {
      const Mesh other = meshes::renumbered(mesh, seed);
      EXPECT_NEAR(energy(other, true), first, 1e-9 * first) << spec;
      EXPECT_GT(std::abs(energy(other, false) - first), 1e-4 * first) << spec;
    }
  }
}

TEST(Surfaces, AMoebiusBandIsRefusedWithItsCells) {
  Mesh band = meshes::torus(CellType::triangle, 5, 4);
  // Cut open across its tube, and closed again the other way round.
  band.cells.clear();
  for (std::int32_t i = 0; i < 5; ++i) {
    const std::int32_t a = 4 * i, b = a + 1;
    std::int32_t c = 4 * ((i + 1) % 5), d = c + 1;
    if (i == 4) std::swap(c, d);
    band.cells.insert(band.cells.end(), {a, b, c, b, c, d});
  }
  band.cell_tags.assign(band.cell_count(), 0);
  meshes::sort_simplices(band);
  for (const bool flows : {true, false}) {
    Surface surface(band);
    ExprGraph& g = surface.g();
    const Element element = flows ? flowing(CellType::triangle)[0]
                                  : Element{Family::lagrange, CellType::triangle, 1, {}};
    const ExprId w = coefficient(g, element, "w");
    const ExprId n = geometric_quantity(g, GeometricQuantity::cell_normal);
    surface.add(IntegralKind::cell,
                flows ? div(g, w) : multiply(g, w, indexed(g, n, {{false, 0}})));
    try {
      surface.run(true);
      FAIL() << "taken";
    } catch (const InputError& e) {
      EXPECT_THAT(e.what(), ::testing::HasSubstr("cells 7 and 8 closes with a twist"));
    }
  }
}

}  // namespace
}  // namespace femsynth::synth
