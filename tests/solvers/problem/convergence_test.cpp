#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/solvers/problem/workshop.hpp"

/// Manufactured solutions: the error falls as the theory says, polynomials that the space holds
/// come out to rounding, and deal.II's own system has the same solution.
namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* cell;
  int dim;
  int degree;
  const char* mesh;
  int refinements;
};

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) {
  return std::string(info.param.cell) + "P" + std::to_string(info.param.degree);
}

/// sin(2 x_0) cos(x_1) cos(x_2), as far as there are coordinates; its negative Laplacian is 3 + d
/// times it.
std::string waves(int dim) {
  std::string text = "sin(2*x[0])";
  for (int i = 1; i < dim; ++i) text += fmt::format("*cos(x[{}])", i);
  return text;
}

/// Solves -laplace(u) = factor · waves with the Dirichlet data of waves.
std::string wave_forms(int dim, int factor) {
  return fmt::format("a = inner(grad(u), grad(v))*dx\nL = {}*{}*v*dx\n", factor, waves(dim));
}
std::string wave_problem(int dim, const std::string& mesh, int refinements) {
  return fmt::format(
      "mesh = \"{}\"\nrefinements = {}\n[[dirichlet]]\non = \"all\"\nvalue = \"{}\"\n"
      "[exact]\nsolution = \"{}\"\n",
      mesh, refinements, waves(dim), waves(dim));
}

class Poisson : public testing::Workshop, public ::testing::WithParamInterface<Case> {};

TEST_P(Poisson, ConvergesAtTheOptimalOrder) {
  const auto [cell, dim, degree, mesh, refinements] = GetParam();
  write_form(cell, dim, degree, wave_forms(dim, 3 + dim));
  const SolveReport report = solved("perturb = 0.1\n" + wave_problem(dim, mesh, refinements));
  EXPECT_TRUE(report.pass()) << failures(report);
  EXPECT_TRUE(confirmed(report));
  ASSERT_EQ(report.levels.size(), static_cast<std::size_t>(refinements) + 1);
  ASSERT_TRUE(report.levels.back().l2_order.has_value());
  EXPECT_NEAR(*report.levels.back().l2_order, degree + 1, 0.35);
  EXPECT_NEAR(*report.levels.back().h1_order, degree, 0.35);
  EXPECT_EQ(report.expected_l2, degree + 1);
}

INSTANTIATE_TEST_SUITE_P(Cells, Poisson,
                         ::testing::Values(Case{"interval", 1, 1, "interval:8", 2},
                                           Case{"interval", 1, 3, "interval:4", 2},
                                           Case{"triangle", 2, 1, "triangle:4x4", 2},
                                           Case{"triangle", 2, 2, "triangle:3x3", 2},
                                           Case{"triangle", 2, 3, "triangle:3x3", 1},
                                           Case{"triangle", 2, 4, "triangle:3x3", 1},
                                           Case{"quadrilateral", 2, 1, "quadrilateral:4x4", 2},
                                           Case{"quadrilateral", 2, 2, "quadrilateral:4x4", 1},
                                           Case{"tetrahedron", 3, 1, "tetrahedron:3x3x3", 1},
                                           Case{"hexahedron", 3, 1, "hexahedron:2x2x2", 1}),
                         name_of_case);

class Patch : public testing::Workshop, public ::testing::WithParamInterface<Case> {};

/// Variable conductivity on purpose: kappa = 1 + x_0, and f = -div(kappa grad u) = -du/dx_0.
TEST_P(Patch, LinearSolutionsComeOutToRounding) {
  const auto [cell, dim, degree, mesh, unused] = GetParam();
  write_form(cell, dim, degree, "a = (1 + x[0])*inner(grad(u), grad(v))*dx\nL = -2*v*dx\n");
  std::string exact = "1 + 2*x[0]";
  for (int i = 1; i < dim; ++i) {
    exact += fmt::format(" - {}*x[{}]", i, i);
  }
  const SolveReport report = solved("mesh = \"" + std::string(mesh) +
                                    "\"\nperturb = 0.3\n[[dirichlet]]\non = \"all\"\nvalue = \"" +
                                    exact + "\"\n[exact]\nsolution = \"" + exact + "\"\n");
  EXPECT_TRUE(report.pass()) << failures(report);
  EXPECT_TRUE(confirmed(report));
  EXPECT_LT(*report.levels[0].l2_error, 1e-14);
  EXPECT_LT(*report.levels[0].h1_error, 1e-12);
  EXPECT_TRUE(report.levels[0].exact_to_rounding);
  EXPECT_GT(report.levels[0].unknowns, 0u);
}

INSTANTIATE_TEST_SUITE_P(Cells, Patch,
                         ::testing::Values(Case{"interval", 1, 1, "interval:5", 0},
                                           Case{"interval", 1, 4, "interval:3", 0},
                                           Case{"triangle", 2, 1, "triangle:3x3", 0},
                                           Case{"triangle", 2, 2, "triangle:2x3", 0},
                                           Case{"quadrilateral", 2, 1, "quadrilateral:3x3", 0},
                                           Case{"quadrilateral", 2, 3, "quadrilateral:2x2", 0},
                                           Case{"tetrahedron", 3, 1, "tetrahedron:2x2x2", 0},
                                           Case{"tetrahedron", 3, 2, "tetrahedron:2x2x2", 0},
                                           Case{"tetrahedron", 3, 3, "tetrahedron:1x2x2", 0},
                                           Case{"tetrahedron", 3, 4, "tetrahedron:1x1x2", 0},
                                           Case{"hexahedron", 3, 1, "hexahedron:2x2x3", 0},
                                           Case{"hexahedron", 3, 2, "hexahedron:2x2x2", 0}),
                         name_of_case);

class Convergence : public testing::Workshop {};

TEST_F(Convergence, CoefficientAndConstantOfTheProblemFile) {
  write_form("triangle", 2, 2,
             "kappa = Coefficient(V)\nf = Coefficient(V)\nc = Constant(mesh)\n"
             "a = kappa*inner(grad(u), grad(v))*dx + c*u*v*dx\nL = f*v*dx\n");
  // -div((1 + x) grad(u)) + 3 u for u = exp(x) y: f = -exp(x) y (2 + x) + 3 exp(x) y
  const SolveReport report = solved(R"toml(mesh = "triangle:3x3"
refinements = 2
[set]
kappa = "1 + x[0]"
f = "exp(x[0])*x[1]*(3 - (2 + x[0]))"
c = 3
[[dirichlet]]
on = "all"
value = "exp(x[0])*x[1]"
[exact]
solution = "exp(x[0])*x[1]"
[solver]
method = "cg"
tolerance = 1e-13
)toml");
  EXPECT_TRUE(report.pass()) << failures(report);
  EXPECT_TRUE(confirmed(report));
  EXPECT_GT(*report.levels.back().l2_order, 2.8);
  EXPECT_GT(report.levels.back().iterations, 0);
}

TEST_F(Convergence, ElasticityOfVectors) {
  write_form("quadrilateral", 2, 1,
             "eps = lambda_ = 1\n"
             "def strain(w):\n    return sym(grad(w))\n"
             "a = 2*inner(strain(u), strain(v))*dx + div(u)*div(v)*dx\n"
             "s = as_vector((sin(x[0])*x[1], x[0]*cos(x[1])))\n"
             "sigma = 2*strain(s) + div(s)*Identity(2)\n"
             "L = -inner(div(sigma), v)*dx(degree=6)\n",
             ", shape=(2,)");
  const SolveReport report = solved(R"toml(mesh = "quadrilateral:3x3"
refinements = 2
perturb = 0.1
[[dirichlet]]
on = "all"
value = ["sin(x[0])*x[1]", "x[0]*cos(x[1])"]
[exact]
solution = "(sin(x[0])*x[1], x[0]*cos(x[1]))"
)toml");
  EXPECT_TRUE(report.pass()) << failures(report);
  EXPECT_TRUE(confirmed(report));
  EXPECT_EQ(report.components, 2);
  EXPECT_NEAR(*report.levels.back().l2_order, 2, 0.3);
}

TEST_F(Convergence, ConvectionBreaksSymmetryAndLuSolvesIt) {
  write_form("triangle", 2, 1,
             "b = as_vector((3, 1))\n"
             "a = inner(grad(u), grad(v))*dx + dot(b, grad(u))*v*dx\n"
             "L = (3*(2*x[0] - 1)*x[1] - 2*x[1] + x[0]*(x[0] - 1))*v*dx\n");
  const std::string rest = R"toml(mesh = "triangle:4x4"
refinements = 2
[[dirichlet]]
on = "all"
value = "x[0]*(x[0] - 1)*x[1]"
[exact]
solution = "x[0]*(x[0] - 1)*x[1]"
[solver]
)toml";
  const SolveReport report = solved(rest + "method = \"lu\"\n");
  EXPECT_TRUE(report.pass()) << failures(report);
  EXPECT_TRUE(confirmed(report));
  EXPECT_THAT(fault(rest + "method = \"ldlt\"\n"), HasSubstr("use method = \"lu\""));
}

TEST_F(Convergence, NaturalConditionOnTheWholeBoundaryWithAReaction) {
  write_form("hexahedron", 3, 1,
             "g = cos(x[0])*x[1] + x[2]\n"
             "a = inner(grad(u), grad(v))*dx + u*v*dx\n"
             "L = (g + cos(x[0])*x[1])*v*dx + dot(grad(g), n)*v*ds\n");
  const SolveReport report = solved(R"toml(mesh = "hexahedron:2x2x2"
refinements = 1
[exact]
solution = "cos(x[0])*x[1] + x[2]"
)toml");
  EXPECT_TRUE(report.pass()) << failures(report);
  EXPECT_TRUE(confirmed(report));
  EXPECT_EQ(report.levels[0].unknowns, report.levels[0].dofs);
}

/// Two values meet in a corner; deal.II must see the same discrete data, whatever its basis.
TEST_F(Convergence, DataThatJumpAreTheSameForTheOracle) {
  for (const int degree : {1, 2, 3, 4}) {
    write_form("triangle", 2, degree, "a = inner(grad(u), grad(v))*dx\nL = exp(x[0])*v*dx\n");
    const SolveReport report = solved(R"toml(mesh = "triangle:3x2"
perturb = 0.2
[[dirichlet]]
on = "all"
value = "conditional(lt(x[0], 0.4), 1, exp(x[1]))"
)toml");
    EXPECT_TRUE(report.pass()) << failures(report);
    EXPECT_TRUE(confirmed(report)) << "degree " << degree;
  }
}

TEST_F(Convergence, WrongSignOfTheLoadIsSeen) {
  write_form("triangle", 2, 1, wave_forms(2, -5));
  const SolveReport report = solved(wave_problem(2, "triangle:4x4", 1));
  EXPECT_FALSE(report.pass());
  EXPECT_THAT(failures(report), HasSubstr("the L2 error falls with order"));
  // The form is solved as it stands: deal.II agrees.
  EXPECT_TRUE(confirmed(report));
}

TEST_F(Convergence, ExpectedOrderOfTheProblemFileDecides) {
  write_form("triangle", 2, 1, wave_forms(2, 5));
  const std::string problem = wave_problem(2, "triangle:4x4", 1);  // ends in [exact]
  EXPECT_TRUE(solved(problem + "order = 1.5\n").pass());
  EXPECT_FALSE(solved(problem + "order = 3\n").pass());
}

}  // namespace
}  // namespace femsynth::solvers
