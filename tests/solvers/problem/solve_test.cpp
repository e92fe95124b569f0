#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "meshes/support/file.hpp"
#include "solvers/problem/report.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/run/ptx_executor.hpp"
#include "tests/solvers/problem/workshop.hpp"

namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;

/// An executor whose outputs of one form's kernels are wrong by a factor.
class FaultyExecutor : public synth::testing::IrExecutor {
 public:
  FaultyExecutor(std::string kernel, double factor) : kernel_(std::move(kernel)), factor_(factor) {}
  synth::ExecutionCounts run(const synth::LoadedModule& module, const synth::Launch& launch,
                             std::span<synth::Buffer> buffers) override {
    auto counts = IrExecutor::run(module, launch, buffers);
    if (launch.kernel.find(kernel_) == std::string::npos) return counts;
    for (synth::Buffer& buffer : buffers) {
      if (!buffer.output) continue;
      for (double& value : buffer.as<double>()) value *= factor_;
    }
    return counts;
  }

 private:
  std::string kernel_;
  double factor_;
};

class Solve : public testing::Workshop {
 protected:
  void SetUp() override {
    Workshop::SetUp();
    write_form("triangle", 2, 1, "stiffness = inner(grad(u), grad(v))*dx\nload = 4*v*dx\n");
  }
  static constexpr const char* rest = R"(mesh = "triangle:3x3"
refinements = 1
bilinear = "stiffness"
linear = "load"
[[dirichlet]]
on = "all"
value = "-x[0]**2 - x[1]**2"
[exact]
solution = "-x[0]**2 - x[1]**2"
)";
};

TEST_F(Solve, AnErrorOfTheNinthDigitInAKernelShowsAgainstTheOracle) {
  if (oracle() == nullptr) GTEST_SKIP() << "deal.II is not there";
  EXPECT_TRUE(solved(rest).pass());
  FaultyExecutor faulty("stiffness", 1 + 1e-9);
  executor = &faulty;
  const SolveReport report = solved(rest);
  EXPECT_THAT(failures(report), HasSubstr("the solution differs from deal.II's by"));
  EXPECT_EQ(failures(report).find("order"), std::string::npos);
}

TEST_F(Solve, AWrongLoadShowsInTheOrder) {
  FaultyExecutor faulty("load", -1);
  executor = &faulty;
  EXPECT_THAT(failures(solved(rest)), HasSubstr("the L2 error falls with order"));
}

TEST_F(Solve, ErrorNormsAreThoseOfTheInterpolationError) {
  // On a uniform mesh the solution is nodally exact for this quadratic, so the error is that of
  // linear interpolation of x² + y² on right triangles with legs h: the gradient's is
  // ‖(2x − h, 2y − h)‖ = sqrt(2 · h²/3) in the mean over the squares.
  const SolveReport report = solved(rest);
  for (const SolveLevel& level : report.levels) {
    const double h = level.width / std::sqrt(2.0);
    EXPECT_NEAR(*level.h1_error, std::sqrt(2.0 * h * h / 3.0), 1e-12);
  }
  for (std::size_t k = 0; k < report.solution.size(); ++k) {
    EXPECT_NEAR(report.solution[k], report.exact[k], 1e-13);
  }
}

TEST_F(Solve, TableAndDocumentSayTheSame) {
  const SolveReport report = solved(rest);
  const std::string table = solve_text(report);
  const nlohmann::ordered_json document = solve_json(report);
  EXPECT_EQ(document["verdict"], "pass");
  EXPECT_EQ(document["levels"].size(), 2u);
  EXPECT_EQ(document["levels"][1]["dofs"], 49);
  EXPECT_TRUE(document["levels"][0]["l2_order"].is_null());
  EXPECT_NEAR(document["levels"][1]["l2_order"].get<double>(), 2.0, 1e-6);
  EXPECT_THAT(table, HasSubstr("all checks passed"));
  EXPECT_THAT(table, HasSubstr("  2.00 "));
  EXPECT_EQ(solve_text(solved(rest)), table);
}

TEST_F(Solve, WithoutExactSolutionOnlyTheOracleJudges) {
  const std::string text(rest);
  const SolveReport report = solved(text.substr(0, text.find("[exact]")));
  EXPECT_TRUE(report.pass());
  EXPECT_TRUE(confirmed(report));
  EXPECT_FALSE(report.levels[1].l2_error.has_value());
  EXPECT_TRUE(report.exact.empty());
}

TEST_F(Solve, SolutionFileHoldsTheSolutionAtTheVertices) {
  const SolveReport report = solved(rest);
  write_solution(file("out.vtkhdf"), report);
  const std::string bytes = read_file(file("out.vtkhdf"));
  // Uncompressed columns: the values stand there as they are.
  const auto holds = [&](const std::vector<double>& values) {
    const std::string column(reinterpret_cast<const char*>(values.data()), values.size() * 8);
    return bytes.find(column) != std::string::npos;
  };
  EXPECT_EQ(report.solution.size(), report.mesh.vertices());
  EXPECT_TRUE(holds(report.solution));
  EXPECT_TRUE(holds(report.exact));
}

/// The examples of the repository, compiled by NVRTC and executed by the PTX emulator.
class Example : public ::testing::TestWithParam<const char*> {};

TEST_P(Example, PassesItsChecks) {
  try {
    synth::nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  const Problem problem =
      load_problem(fmt::format("{}/datasets/problems/{}.toml", FEMSYNTH_SOURCE_DIR, GetParam()));
  const auto executor = synth::make_ptx_executor();
  SolveTools tools;
  tools.executor = executor.get();
  tools.compile = [](const synth::Program& program) {
    return synth::compile_cuda(program.cuda, "kernels.cu");
  };
  const SolveReport report = solve_problem(problem, tools);
  EXPECT_TRUE(report.pass()) << solve_text(report);
  EXPECT_EQ(report.levels.size(), 3u);
  EXPECT_TRUE(report.levels.back().l2_order.has_value());
}

INSTANTIATE_TEST_SUITE_P(Files, Example, ::testing::Values("poisson", "elasticity"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace femsynth::solvers
