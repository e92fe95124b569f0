#include <algorithm>
#include <cmath>

#include "meshes/generate.hpp"
#include "pipeline.hpp"
#include "tests/meshes/scramble.hpp"

/// What holds of kernels without any oracle: invariance and kernels of operators.
namespace femsynth::solvers {
namespace {

/// Runs a form's kernels on a mesh.
class Kernels {
 public:
  explicit Kernels(const std::string& text)
      : form_(lower(text, {})),
        compiled_(synth::compile_cuda(form_.program.cuda, "test.cu")),
        executor_(synth::make_ptx_executor()),
        loaded_(executor_->load(compiled_)) {}

  synth::AssemblySpaces spaces(const meshes::Mesh& mesh) const {
    return synth::make_spaces(form_.module, form_.program, mesh);
  }
  synth::Assembled run(const meshes::Mesh& mesh, const synth::FormInputs& inputs = {}) const {
    return synth::assemble(form_.module, form_.program, *loaded_, *executor_, mesh, spaces(mesh),
                           inputs);
  }
  /// The greatest entry of A x, relative to the greatest of |A| |x|.
  double action(const meshes::Mesh& mesh, const std::vector<double>& x) const {
    const auto maps = spaces(mesh);
    const auto values = run(mesh).csr_values;
    double greatest = 0.0, scale = 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(maps.pattern.rows); ++i) {
      double sum = 0.0, size = 0.0;
      for (auto k = static_cast<std::size_t>(maps.pattern.row_offsets[i]);
           k < static_cast<std::size_t>(maps.pattern.row_offsets[i + 1]); ++k) {
        const double term = values[k] * x[static_cast<std::size_t>(maps.pattern.columns[k])];
        sum += term;
        size += std::abs(term);
      }
      greatest = std::max(greatest, std::abs(sum));
      scale = std::max(scale, size);
    }
    return greatest / scale;
  }

 private:
  Lowered form_;
  synth::CompiledModule compiled_;
  std::unique_ptr<synth::Executor> executor_;
  std::shared_ptr<const synth::LoadedModule> loaded_;
};

class Laws : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!has_nvrtc()) GTEST_SKIP() << "no NVRTC";
  }
  std::string cell() const { return GetParam(); }
  meshes::Mesh mesh() const {
    const bool flat = cell() == "triangle" || cell() == "quadrilateral";
    return meshes::generate_mesh(cell() + (flat ? ":3x2" : ":2x2x1"), {0.2, 7, true});
  }
};

TEST_P(Laws, RigidMotionsHaveNoElasticEnergy) {
  const Kernels elasticity(
      form_text(cell(), 2,
                "u, v = TrialFunction(W), TestFunction(W)\nd = len(u)\n"
                "s = 2*sym(grad(u)) + 3*tr(grad(u))*Identity(d)\na = inner(s, sym(grad(v)))*dx\n"));
  const meshes::Mesh m = mesh();
  const auto d = static_cast<std::size_t>(m.dim());
  const auto map = elasticity.spaces(m).arguments[1];
  const fem::Element element{fem::Family::lagrange, m.cell_type, 2, {m.dim()}};
  const auto points = fem::node_points(m, element, map);
  std::vector<double> turn(map.dof_count(), 0.0), shift(map.dof_count(), 0.0);
  for (std::size_t n = 0; n < map.node_count; ++n) {
    turn[n * d] = -points[n * d + 1];
    turn[n * d + 1] = points[n * d];
    for (std::size_t i = 0; i < d; ++i) shift[n * d + i] = 1.0 + static_cast<double>(i);
  }
  EXPECT_LT(elasticity.action(m, turn), 1e-13);
  EXPECT_LT(elasticity.action(m, shift), 1e-13);
  turn[0] += 1.0;
  EXPECT_GT(elasticity.action(m, turn), 1e-3);
}

TEST_P(Laws, ConstantsHaveNoJumps) {
  const Kernels penalty(form_text(cell(), 1,
                                  "D = FunctionSpace(mesh, element(\"DG\", \"" + cell() +
                                      "\", 1))\nu, v = TrialFunction(D), TestFunction(D)\n"
                                      "a = inner(jump(u, n), jump(v, n))*dS"
                                      " + inner(grad(u), grad(v))*dx\n"));
  const meshes::Mesh m = mesh();
  const auto count = penalty.spaces(m).arguments[1].dof_count();
  EXPECT_LT(penalty.action(m, std::vector<double>(count, 1.0)), 1e-13);
}

/// A functional of the mesh alone that no numbering and no rotation changes.
TEST_P(Laws, FunctionalsDoNotSeeNumberingsOrRotations) {
  const Kernels functional(
      form_text(cell(), 1,
                "r = dot(x, x)\nM = r*dx + exp(-r)*ds + dot(x, n)**2*ds"
                " + dot(x, n('+'))**2*dS + FacetArea(mesh)('+')*dS + sqrt(r)*dP\n"));
  meshes::Mesh m = mesh();
  const double value = functional.run(m).value;
  for (const std::uint32_t seed : {1u, 2u}) {
    EXPECT_NEAR(functional.run(meshes::scrambled(m, seed)).value, value, 1e-12 * value);
  }
  const double c = 0.6, s = 0.8;
  for (std::size_t v = 0; v < m.points(); ++v) {
    double* x = &m.coordinates[v * static_cast<std::size_t>(m.dim())];
    const double first = c * x[0] - s * x[1];
    x[1] = s * x[0] + c * x[1];
    x[0] = first;
  }
  EXPECT_NEAR(functional.run(m).value, value, 1e-12 * value);
}

INSTANTIATE_TEST_SUITE_P(Cells, Laws,
                         testing::Values("triangle", "quadrilateral", "tetrahedron", "hexahedron"),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace femsynth::solvers
