// What lowering makes of forms with everything in them, as CUDA C++: NVRTC takes it without a
// warning, and the emulator gives what the kernel IR gives.
#include <gtest/gtest.h>

#include <cmath>

#include "synth/compile/nvrtc.hpp"
#include "synth/kernel/print.hpp"
#include "synth/run/assembly.hpp"
#include "synth/run/ptx_executor.hpp"
#include "tests/support/ir_executor.hpp"

#include "fem/form/algebra.hpp"
#include "meshes/generate.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary

struct Case {
  const char* name;
  const char* mesh;
  Precision precision;
  std::function<Form(ExprGraph&, meshes::CellType)> make;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

Form one(IntegralKind kind, ExprId integrand) { return {"a", {{kind, {}, 3, integrand, {1, 1}}}}; }

/// ∫_F avg(κ) [u] [v] − {∇u·n} [v] with a coefficient in it.
Form interior_penalty(ExprGraph& g, meshes::CellType cell) {
  const Element dg{Family::discontinuous_lagrange, cell, 1, {}};
  const ExprId u = argument(g, 1, dg);
  const ExprId v = argument(g, 0, dg);
  const ExprId f = coefficient(g, dg, "f");
  const ExprId n = facet_normal(g);
  const auto jump = [&](ExprId a) { return subtract(g, restricted(g, a, 0), restricted(g, a, 1)); };
  const auto mean = [&](ExprId a) { return add(g, restricted(g, a, 0), restricted(g, a, 1)); };
  const ExprId h = mean(geometric_quantity(g, GeometricQuantity::cell_volume));
  const ExprId penalty = multiply(g, divide(g, mean(f), h), multiply(g, jump(u), jump(v)));
  const ExprId flux = inner(g, mean(grad(g, u)), restricted(g, n, 0));
  return one(IntegralKind::interior_facet, subtract(g, penalty, multiply(g, flux, jump(v))));
}

/// ∫ f u·v̄ + i div u div v̄.
Form complex_piola(ExprGraph& g, meshes::CellType cell) {
  const Element rt{Family::raviart_thomas, cell, 1, {}};
  const ExprId u = argument(g, 1, rt);
  const ExprId v = argument(g, 0, rt);
  const ExprId f = coefficient(g, {Family::lagrange, cell, 1, {}}, "f");
  return one(IntegralKind::cell,
             add(g, multiply(g, f, inner(g, u, v)),
                 multiply(g, imaginary_unit(g), inner(g, div(g, u), div(g, v)))));
}

/// A functional with Bessel functions and geometry, by a complex reduction.
Form bessel_functional(ExprGraph& g, meshes::CellType cell) {
  const ExprId f = coefficient(g, {Family::lagrange, cell, 2, {}}, "f");
  const ExprId x = indexed(g, spatial_coordinate(g), {{false, 0}});
  const ExprId h = geometric_quantity(g, GeometricQuantity::cell_diameter);
  const ExprId sum =
      add(g, bessel(g, Op::bessel_i, 2, x), bessel(g, Op::bessel_k, 1, add(g, x, real(g, 1))));
  return one(IntegralKind::cell,
             multiply(g, f, add(g, sum, bessel(g, Op::bessel_j, 3, multiply(g, h, x)))));
}

class LoweredSource : public ::testing::TestWithParam<Case> {};

TEST_P(LoweredSource, RunsAsItsKernelIrDoes) {
  try {
    nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  const Case& c = GetParam();
  const meshes::Mesh mesh = meshes::generate_mesh(c.mesh, {.perturb = 0.2});
  FormModule module{"form.py",
                    "line\n",
                    ExprGraph(Domain(mesh.cell_type, mesh.dim(), mesh.geometry_degree)),
                    {},
                    {}};
  const Form form = c.make(module.graph, mesh.cell_type);
  for (const Strategy strategy : {Strategy::element, default_strategy(rank(module.graph, form))}) {
    Schedule schedule;
    schedule.strategy = strategy;
    schedule.precision = c.precision;
    schedule.block_size = 32;
    const Program program = make_program(module, form, schedule);
    const AssemblySpaces spaces = make_spaces(module, program, mesh);
    FormInputs inputs;
    for (const DofMap& map : spaces.coefficients) {
      inputs.coefficients.emplace_back();
      const std::size_t parts = is_complex(c.precision) ? 2 : 1;
      for (std::size_t k = 0; k < parts * map.dof_count(); ++k) {
        inputs.coefficients.back().push_back(1.5 + std::sin(double(k)));
      }
    }
    CompileOptions options;
    options.fmad = false;
    const CompiledModule compiled = compile_cuda(program.cuda, "a.cu", options);
    EXPECT_EQ(compiled.log.find("warning"), std::string::npos) << compiled.log;
    const auto ptx = make_ptx_executor();
    const Assembled emulated =
        assemble(module, program, *ptx->load(compiled), *ptx, mesh, spaces, inputs);
    CompiledModule text;
    text.ptx = to_text(program.ir);
    testing::IrExecutor ir;
    const Assembled expected = assemble(module, program, *ir.load(text), ir, mesh, spaces, inputs);
    EXPECT_NEAR(emulated.value, expected.value, 1e-12);
    ASSERT_EQ(emulated.csr_values.size(), expected.csr_values.size());
    for (std::size_t k = 0; k < expected.csr_values.size(); ++k) {
      EXPECT_NEAR(emulated.csr_values[k], expected.csr_values[k], 1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, LoweredSource,
    ::testing::Values(
        Case{"sides_triangles", "triangle:2x2", Precision::f64, interior_penalty},
        Case{"sides_quadrilaterals", "quadrilateral:2x2", Precision::f64, interior_penalty},
        Case{"sides_prisms", "prism:1x1x2", Precision::f64, interior_penalty},
        Case{"sides_manifold", "triangle:2x2+2@3", Precision::f64, interior_penalty},
        Case{"complex_piola", "triangle:2x2", Precision::c128, complex_piola},
        Case{"complex_piola_curved", "triangle:2x2+2", Precision::c128, complex_piola},
        Case{"bessel", "triangle:2x2", Precision::f64, bessel_functional},
        Case{"complex_sides", "triangle:2x2", Precision::c128,
             [](ExprGraph& g, meshes::CellType cell) {
               const Element p1{Family::lagrange, cell, 1, {}};
               const ExprId f = coefficient(g, p1, "f");
               return one(IntegralKind::interior_facet,
                          inner(g, restricted(g, f, 0), restricted(g, f, 1)));
             }}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace femsynth::synth
