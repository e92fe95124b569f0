#include <gmock/gmock.h>

#include "tests/solvers/problem/workshop.hpp"

namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;

/// Gmsh 2.2 text of the unit square in n × n squares, two triangles each. Left side: tag 1; right
/// side: tag 2; top and bottom: tag 3; triangles: tag 10 where x < 1/2, else 20.
std::string square(int n) {
  const auto node = [n](int i, int j) { return std::to_string(1 + i + j * (n + 1)); };
  std::string nodes;
  for (int j = 0; j <= n; ++j) {
    for (int i = 0; i <= n; ++i) {
      nodes += node(i, j) + " " + std::to_string(double(i) / n) + " " +
               std::to_string(double(j) / n) + " 0\n";
    }
  }
  int count = 0;
  std::string elements;
  const auto add = [&](int type, int tag, const std::string& vertices) {
    const std::string id = std::to_string(tag);
    elements += std::to_string(++count) + " " + std::to_string(type) + " 2 " + id + " " + id + " " +
                vertices + "\n";
  };
  for (int k = 0; k < n; ++k) {
    add(1, 1, node(0, k) + " " + node(0, k + 1));
    add(1, 2, node(n, k) + " " + node(n, k + 1));
    add(1, 3, node(k, 0) + " " + node(k + 1, 0));
    add(1, 3, node(k, n) + " " + node(k + 1, n));
  }
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < n; ++i) {
      const int tag = 2 * i < n ? 10 : 20;
      add(2, tag, node(i, j) + " " + node(i + 1, j) + " " + node(i + 1, j + 1));
      add(2, tag, node(i, j) + " " + node(i + 1, j + 1) + " " + node(i, j + 1));
    }
  }
  return "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n" + std::to_string((n + 1) * (n + 1)) +
         "\n" + nodes + "$EndNodes\n$Elements\n" + std::to_string(count) + "\n" + elements +
         "$EndElements\n";
}

class GmshProblem : public testing::Workshop {};

/// Dirichlet data on the left side only, the flux of the exact solution on the others, with a
/// separate integral for tags 2 and 3; -div(grad u) = 0 for u = exp(x) sin(y).
TEST_F(GmshProblem, DirichletOnOneTagAndFluxesOnTheOthers) {
  write_form("triangle", 2, 2,
             "g = exp(x[0])*sin(x[1])\nkappa = Constant(mesh)\n"
             "a = inner(grad(u), grad(v))*dx(10) + kappa*inner(grad(u), grad(v))*dx(20)\n"
             "L = exp(x[0])*sin(x[1])*v*ds(2) + n[1]*exp(x[0])*cos(x[1])*v*ds(3)\n");
  for (const int n : {2, 4, 8}) write("square" + std::to_string(n) + ".msh", square(n));
  const std::string rest = R"toml(mesh = ["square2.msh", "square4.msh", "square8.msh"]
[[dirichlet]]
on = 1
value = "sin(x[1])"
[exact]
solution = "exp(x[0])*sin(x[1])"
[set]
)toml";
  try {
    const SolveReport report = solved(rest + "kappa = 1\n");
    EXPECT_TRUE(report.pass()) << failures(report);
    EXPECT_TRUE(confirmed(report));
    EXPECT_NEAR(*report.levels[2].l2_order, 3, 0.2);
    EXPECT_EQ(report.levels[0].dofs - report.levels[0].unknowns, 5u);
    // The cells' tags count: another conductivity on half of the square is another problem.
    const SolveReport other = solved(rest + "kappa = 2\n");
    EXPECT_THAT(failures(other), HasSubstr("the L2 error falls with order"));
    EXPECT_TRUE(confirmed(other));
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
}

/// Where two entries meet, the later one counts, for deal.II's own boundary values too.
TEST_F(GmshProblem, LaterDirichletEntryWinsForTheOracleToo) {
  write("square.msh", square(3));
  for (const int degree : {1, 2, 3, 4}) {
    write_form("triangle", 2, degree, "a = inner(grad(u), grad(v))*dx\nL = v*dx\n");
    for (const char* tags :
         {"1\nvalue = 2\n[[dirichlet]]\non = 3", "3\nvalue = 2\n[[dirichlet]]\non = 1"}) {
      try {
        const SolveReport report =
            solved(std::string("mesh = \"square.msh\"\n[[dirichlet]]\non = ") + tags +
                   "\nvalue = \"5 + exp(x[0] + x[1])\"\n");
        EXPECT_TRUE(confirmed(report)) << "degree " << degree << ", on " << tags;
      } catch (const MissingComponent& missing) {
        GTEST_SKIP() << missing.what();
      }
    }
  }
}

}  // namespace
}  // namespace femsynth::solvers
