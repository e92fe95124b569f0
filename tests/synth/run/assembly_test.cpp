// What assembly binds and adds up, beyond cells: the interpreted kernels of small forms must agree
// between strategies and with values that can be written down.
#include "synth/run/assembly.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <random>

#include "fem/form/algebra.hpp"
#include "fem/spaces/interpolate.hpp"
#include "meshes/generate.hpp"
#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "synth/kernel/print.hpp"
#include "tests/support/ir_executor.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;

/// Forms on one mesh, with random coefficients.
class Bench {
 public:
  explicit Bench(const std::string& spec)
      : mesh(meshes::generate_mesh(spec)),
        module{"form.py",
               "line\n",
               ExprGraph(Domain(mesh.cell_type, mesh.dim(), mesh.geometry_degree)),
               {},
               {}} {}

  ExprGraph& graph() { return module.graph; }

  Form form(IntegralKind kind, ExprId integrand) const {
    return {"a", {{kind, {}, 2, integrand, {1, 1}}}};
  }

  FormInputs inputs(Precision precision) const {
    FormInputs result;
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    const std::size_t parts = is_complex(precision) ? 2 : 1;
    const auto fill = [&](std::size_t scalars) {
      std::vector<double> values(scalars * parts);
      for (double& v : values) v = uniform(random);
      return values;
    };
    for (const DofMap& map : spaces.coefficients)
      result.coefficients.push_back(fill(map.dof_count()));
    for (const Constant& c : module.graph.constants()) {
      result.constants.push_back(fill(static_cast<std::size_t>(fem::size_of(c.shape))));
    }
    if (spaces.arguments.size() == 2) result.x = fill(spaces.arguments[1].dof_count());
    return result;
  }

  Assembled run(const Form& form, Strategy strategy, Precision precision = Precision::f64) {
    Schedule schedule;
    schedule.strategy = strategy;
    schedule.precision = precision;
    schedule.block_size = 32;
    const Program program = make_program(module, form, schedule);
    spaces = make_spaces(module, program, mesh);
    used = inputs(precision);
    CompiledModule compiled;
    compiled.ptx = to_text(program.ir);
    testing::IrExecutor executor;
    const auto loaded = executor.load(compiled);
    return assemble(module, program, *loaded, executor, mesh, spaces, used);
  }

  Mesh mesh;
  FormModule module;
  AssemblySpaces spaces;  ///< of the last run
  FormInputs used;
};

/// y = A x of a CSR matrix.
std::vector<double> applied(const CsrPattern& pattern, const std::vector<double>& values,
                            const std::vector<double>& x) {
  std::vector<double> y(static_cast<std::size_t>(pattern.rows), 0.0);
  for (std::size_t r = 0; r < y.size(); ++r) {
    for (auto k = static_cast<std::size_t>(pattern.row_offsets[r]);
         k < static_cast<std::size_t>(pattern.row_offsets[r + 1]); ++k) {
      y[r] += values[k] * x[static_cast<std::size_t>(pattern.columns[k])];
    }
  }
  return y;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  double scale = 0.0;
  for (const double v : b) scale = std::max(scale, std::abs(v));
  EXPECT_GT(scale, 1e-3) << "all is zero";
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12 * scale) << i;
}

Element discontinuous(CellType cell, int degree) {
  return {.family = Family::discontinuous_lagrange, .cell = cell, .degree = degree};
}

ExprId jump(ExprGraph& g, ExprId f) {
  return subtract(g, restricted(g, f, 0), restricted(g, f, 1));
}

TEST(Assembly, InteriorFacetsCoupleTheirCellsInEveryStrategy) {
  for (const char* spec : {"triangle:3x2", "quadrilateral:2x2", "prism:1x1x2", "interval:4"}) {
    SCOPED_TRACE(spec);
    Bench bench(spec);
    ExprGraph& g = bench.graph();
    const Element element = discontinuous(bench.mesh.cell_type, 1);
    // Not symmetric: the sides differ.
    const ExprId form =
        inner(g, jump(g, argument(g, 1, element)), restricted(g, argument(g, 0, element), 0));
    const Form a = bench.form(IntegralKind::interior_facet, form);
    const std::vector<double> free = bench.run(a, Strategy::matrix_free).vector;
    const std::vector<double> x = bench.used.x;
    const Assembled tensors = bench.run(a, Strategy::element);
    expect_near(applied(bench.spaces.pattern, tensors.csr_values, x), free);
    const Assembled atomics = bench.run(a, Strategy::atomic);
    expect_near(atomics.csr_values, tensors.csr_values);
    EXPECT_TRUE(atomics.inputs_unchanged);
    // A function without jumps gives nothing.
    const std::vector<double> ones(x.size(), 1.0);
    for (const double v : applied(bench.spaces.pattern, tensors.csr_values, ones)) {
      EXPECT_NEAR(v, 0.0, 1e-14);
    }
  }
}

TEST(Assembly, VectorsAndMatricesOfTaggedInteriorFacetsAgree) {
  Bench bench("triangle:3x2");
  const std::size_t facets = meshes::interior_facets(bench.mesh).size();
  for (std::size_t f = 0; f < facets; ++f) {
    bench.mesh.interior_facet_tags.push_back(static_cast<std::int32_t>(f % 3));
  }
  ExprGraph& g = bench.graph();
  const Element element = discontinuous(CellType::triangle, 1);
  const ExprId v = restricted(g, argument(g, 0, element), 1);
  Form linear = bench.form(IntegralKind::interior_facet,
                           multiply(g, jump(g, coefficient(g, element, "w")), v));
  linear.integrals[0].subdomains = {1, 2};
  const std::vector<double> b = bench.run(linear, Strategy::element).vector;
  expect_near(bench.run(linear, Strategy::atomic).vector, b);
  const std::vector<double> w = bench.used.coefficients.at(0);
  Form bilinear =
      bench.form(IntegralKind::interior_facet, multiply(g, jump(g, argument(g, 1, element)), v));
  bilinear.integrals[0].subdomains = {1, 2};
  for (const Strategy strategy : {Strategy::element, Strategy::atomic}) {
    const Assembled a = bench.run(bilinear, strategy);
    expect_near(applied(bench.spaces.pattern, a.csr_values, w), b);
  }
}

TEST(Assembly, VerticesCountOnce) {
  Bench bench("tetrahedron:1x1x1");
  ExprGraph& g = bench.graph();
  const ExprId x0 = indexed(g, spatial_coordinate(g), {{false, 0}});
  const Form sum = bench.form(IntegralKind::vertex, x0);
  EXPECT_NEAR(bench.run(sum, Strategy::reduction).value, 4.0, 1e-14);  // of 8 vertices, half at 1
  EXPECT_NEAR(bench.run(sum, Strategy::element).value, 4.0, 1e-14);
}

TEST(Assembly, CurvedCellsAndManifoldsHaveTheMeasureOfTheirGeometry) {
  for (const char* spec : {"triangle:2x2+2", "quadrilateral:2x2@3", "interval:3@2"}) {
    SCOPED_TRACE(spec);
    Bench bench(spec);
    const Form area = bench.form(IntegralKind::cell, real(bench.graph(), 1.0));
    double exact = 0.0;
    std::vector<double> X(3, 0.0);
    const int n = 20;  // midpoint rule on the unit cell of each mesh
    for (std::size_t c = 0; c < bench.mesh.cell_count(); ++c) {
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < (bench.mesh.topological_dim() == 2 ? n : 1); ++j) {
          X = {(i + 0.5) / n, (j + 0.5) / n, 0.0};
          double weight = 1.0 / n;
          if (bench.mesh.topological_dim() == 2) weight /= n;
          if (bench.mesh.cell_type == CellType::triangle) {
            weight *= 1.0 - X[0];
            X[1] *= 1.0 - X[0];
          }
          exact += weight * std::abs(meshes::map_point(bench.mesh, c, X.data()).determinant);
        }
      }
    }
    EXPECT_NEAR(bench.run(area, Strategy::reduction).value, exact, 2e-3);
  }
}

TEST(Assembly, AMixedFormIsTheSumOfItsParts) {
  Bench bench("triangle:2x2");
  ExprGraph& g = bench.graph();
  Element mixed{.family = Family::mixed, .cell = CellType::triangle, .degree = 2};
  mixed.parts = {{.family = Family::raviart_thomas, .cell = CellType::triangle, .degree = 2},
                 discontinuous(CellType::triangle, 1)};
  const Form a =
      bench.form(IntegralKind::cell, inner(g, argument(g, 1, mixed), argument(g, 0, mixed)));
  const std::vector<double> free = bench.run(a, Strategy::matrix_free).vector;
  const std::vector<double> x = bench.used.x;
  const Assembled tensors = bench.run(a, Strategy::element);
  expect_near(applied(bench.spaces.pattern, tensors.csr_values, x), free);
  expect_near(bench.run(a, Strategy::atomic).csr_values, tensors.csr_values);
}

TEST(Assembly, ComplexNumbersStandAsPairs) {
  Bench bench("triangle:2x2");
  ExprGraph& g = bench.graph();
  const Element p1{.family = Family::lagrange, .cell = CellType::triangle, .degree = 1};
  const ExprId w = coefficient(g, p1, "w");
  const ExprId c = constant(g, {}, "c");
  const Form norm = bench.form(IntegralKind::cell, multiply(g, c, inner(g, w, w)));
  const Form linear = bench.form(IntegralKind::cell, inner(g, w, argument(g, 0, p1)));
  const Assembled value = bench.run(norm, Strategy::reduction, Precision::c128);
  const Assembled by_element = bench.run(norm, Strategy::element, Precision::c128);
  EXPECT_NEAR(value.value, by_element.value, 1e-14);
  EXPECT_NEAR(value.value_imaginary, by_element.value_imaginary, 1e-14);
  // c ∫ |w|²: its phase is that of c.
  const std::vector<double> number = bench.used.constants.at(0);
  EXPECT_NEAR(value.value_imaginary * number[0], value.value * number[1], 1e-14);
  // Σ conj(w_i) b_i = ∫ |w|².
  const Assembled b = bench.run(linear, Strategy::atomic, Precision::c128);
  expect_near(bench.run(linear, Strategy::element, Precision::c128).vector, b.vector);
  const std::vector<double>& dofs = bench.used.coefficients.at(0);
  double re = 0.0;
  double im = 0.0;
  for (std::size_t i = 0; i < dofs.size(); i += 2) {
    re += dofs[i] * b.vector[i] + dofs[i + 1] * b.vector[i + 1];
    im += dofs[i] * b.vector[i + 1] - dofs[i + 1] * b.vector[i];
  }
  EXPECT_NEAR(im, 0.0, 1e-14);
  EXPECT_NEAR(re * number[0], value.value, 1e-12);
}

TEST(Assembly, AnExpressionIsTabulatedCellByCell) {
  Bench bench("triangle:2x1");
  ExprGraph& g = bench.graph();
  const ExprId x = spatial_coordinate(g);
  const PointExpression expression{"e", x, {0.25, 0.5, 0.0, 1.0}};
  const Program program = make_expression_program(bench.module, expression, {});
  const AssemblySpaces spaces = make_spaces(bench.module, program, bench.mesh);
  CompiledModule compiled;
  compiled.ptx = to_text(program.ir);
  testing::IrExecutor executor;
  const auto loaded = executor.load(compiled);
  const Tabulated table =
      tabulate_expression(bench.module, program, *loaded, executor, bench.mesh, spaces, {});
  ASSERT_EQ(table.values.size(), bench.mesh.cell_count() * 2 * 2);
  EXPECT_TRUE(table.inputs_unchanged);
  for (std::size_t c = 0; c < bench.mesh.cell_count(); ++c) {
    for (std::size_t p = 0; p < 2; ++p) {
      const auto at = meshes::map_point(bench.mesh, c, &expression.points[2 * p]);
      for (std::size_t k = 0; k < 2; ++k) {
        EXPECT_NEAR(table.values[(c * 2 + p) * 2 + k], at.x[k], 1e-14);
      }
    }
  }
}

TEST(Assembly, AMeshOfAnotherDomainIsRefusedNamingBoth) {
  Bench bench("triangle:2x2");
  const Form area = bench.form(IntegralKind::cell, real(bench.graph(), 1.0));
  bench.mesh = meshes::generate_mesh("triangle:2x2+2@3");
  try {
    bench.run(area, Strategy::reduction);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "the form is on triangles in 2 dimensions with geometry of degree 1, the mesh "
                 "has triangles in 3 dimensions with geometry of degree 2");
  }
}

}  // namespace
}  // namespace femsynth::synth
