#include <gmock/gmock.h>

#include "tests/solvers/problem/workshop.hpp"

namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;

TEST(ProblemFile, EveryKeyIsRead) {
  const Problem problem = parse_problem(R"toml(form = "forms/poisson.py"
bilinear = "stiffness"
linear = "load"
mesh = "quadrilateral:8x4"
refinements = 2
perturb = 0.25
mesh_seed = 9

[set]
f = "sin(x[0])"
b = [1, "x[1]", 2.5]

[[dirichlet]]
on = "all"
value = 0
[[dirichlet]]
on = [3, 4]
value = "x[0]"

[exact]
solution = "x[0]"
order = 1.5

[solver]
method = "cg"
tolerance = 1e-9
max_iterations = 50
)toml",
                                        "folder/problem.toml");
  EXPECT_EQ(problem.form_file, "folder/forms/poisson.py");
  EXPECT_EQ(problem.bilinear.text, "stiffness");
  EXPECT_EQ(problem.linear.text, "load");
  EXPECT_EQ(problem.meshes, (std::vector<std::string>{"quadrilateral:8x4", "quadrilateral:16x8",
                                                      "quadrilateral:32x16"}));
  EXPECT_TRUE(problem.halved);
  EXPECT_EQ(problem.perturb, 0.25);
  EXPECT_EQ(problem.seed, 9u);
  ASSERT_EQ(problem.settings.size(), 2u);
  EXPECT_EQ(problem.settings[0].first, "b");
  EXPECT_EQ(problem.settings[0].second.text, "(1, x[1], 2.5, )");
  EXPECT_EQ(problem.settings[1].second.text, "sin(x[0])");
  EXPECT_EQ(problem.settings[1].second.where, (SourceLocation{10, 6}));
  ASSERT_EQ(problem.dirichlet.size(), 2u);
  EXPECT_TRUE(problem.dirichlet[0].everywhere);
  EXPECT_EQ(problem.dirichlet[1].tags, (std::vector<int>{3, 4}));
  EXPECT_EQ(problem.exact->text, "x[0]");
  EXPECT_EQ(problem.order, 1.5);
  EXPECT_EQ(problem.solver.method, LinearMethod::cg);
  EXPECT_EQ(problem.solver.tolerance, 1e-9);
  EXPECT_EQ(problem.solver.max_iterations, 50);
}

TEST(ProblemFile, DefaultsAndFilesBesideTheProblem) {
  const Problem problem =
      parse_problem("form = \"/abs/f.py\"\nmesh = [\"a.msh\", \"/b.msh\"]\n", "folder/p.toml");
  EXPECT_EQ(problem.form_file, "/abs/f.py");
  EXPECT_EQ(problem.meshes, (std::vector<std::string>{"folder/a.msh", "/b.msh"}));
  EXPECT_EQ(problem.bilinear.text, "a");
  EXPECT_EQ(problem.linear.text, "L");
  EXPECT_FALSE(problem.exact.has_value());
  EXPECT_EQ(problem.solver.method, LinearMethod::ldlt);
}

struct Wrong {
  const char* name;
  const char* text;
  const char* message;  ///< after "p.toml"
};

class WrongProblem : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongProblem, IsRefusedWithItsPlace) {
  try {
    parse_problem(GetParam().text, "p.toml");
    FAIL() << "taken";
  } catch (const LocatedError& error) {
    EXPECT_THAT(error.what(), HasSubstr(std::string("p.toml") + GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, WrongProblem,
    ::testing::Values(
        Wrong{"NotToml", "form = \n", ":1:8: error: "},
        Wrong{"NoForm", "mesh = \"interval:4\"\n", ":1:1: error: a problem needs the key 'form'"},
        Wrong{"NoMesh", "form = \"f.py\"\n", ":1:1: error: a problem needs the key 'mesh'"},
        Wrong{"UnknownKey", "form = \"f.py\"\nmesh = \"interval:4\"\nmehs = 1\n",
              ":3:1: error: a problem has no key 'mehs'; its keys are form,"},
        Wrong{"FormIsNumber", "form = 3\n", ":1:8: error: form must be a string, not an integer"},
        Wrong{"EmptyForm", "form = \"\"\n", ":1:8: error: form is empty"},
        Wrong{"MeshIsTable", "form = \"f.py\"\nmesh = {a = 1}\n",
              ":2:8: error: mesh must be a string, not a table"},
        Wrong{"NoMeshes", "form = \"f.py\"\nmesh = []\n", ":2:8: error: mesh is an empty array"},
        Wrong{"NegativeRefinements", "form = \"f.py\"\nmesh = \"interval:4\"\nrefinements = -1\n",
              ":3:15: error: refinements is -1; it must lie from 0 to 9"},
        Wrong{"RefinementsIsFloat", "form = \"f.py\"\nmesh = \"interval:4\"\nrefinements = 1.5\n",
              ":3:15: error: refinements must be an integer, not a float"},
        Wrong{"RefinedFile", "form = \"f.py\"\nmesh = \"a.msh\"\nrefinements = 1\n",
              ":3:15: error: only a generated mesh is refined"},
        Wrong{"RefinedReferenceCell",
              "form = \"f.py\"\nmesh = \"reference:triangle\"\nrefinements = 1\n",
              ":3:15: error: the mesh reference:triangle cannot be refined"},
        Wrong{"Perturb", "form = \"f.py\"\nmesh = \"interval:4\"\nperturb = 0.5\n",
              ":3:11: error: perturb is 0.5; it must lie from 0 to 0.4"},
        Wrong{"PerturbIsNan", "form = \"f.py\"\nmesh = \"interval:4\"\nperturb = nan\n",
              ":3:11: error: perturb is nan"},
        Wrong{"SetIsNoTable", "form = \"f.py\"\nmesh = \"interval:4\"\nset = 1\n",
              ":3:7: error: set must be a table, not an integer"},
        Wrong{"SetToBoolean", "form = \"f.py\"\nmesh = \"interval:4\"\n[set]\nf = true\n",
              ":4:5: error: set.f must be a number, an expression in a string, or an array of "
              "them, not a boolean"},
        Wrong{"DirichletIsTable",
              "form = \"f.py\"\nmesh = \"interval:4\"\n[dirichlet]\non = \"all\"\n",
              ":3:1: error: dirichlet must be an array of tables"},
        Wrong{"DirichletWithoutValue",
              "form = \"f.py\"\nmesh = \"interval:4\"\n[[dirichlet]]\non = \"all\"\n",
              ":3:1: error: [[dirichlet]] needs the key 'value'"},
        Wrong{"DirichletOnWord",
              "form = \"f.py\"\nmesh = \"interval:4\"\n[[dirichlet]]\non = \"left\"\nvalue = 0\n",
              ":4:6: error: on must be \"all\", a facet tag or an array of facet tags"},
        Wrong{"DirichletOnNegativeTag",
              "form = \"f.py\"\nmesh = \"interval:4\"\n[[dirichlet]]\non = [1, -2]\nvalue = 0\n",
              ":4:10: error: a tag of on is -2"},
        Wrong{"ExactWithoutSolution", "form = \"f.py\"\nmesh = \"interval:4\"\n[exact]\n",
              ":3:1: error: [exact] needs the key 'solution'"},
        Wrong{"ExactKey",
              "form = \"f.py\"\nmesh = \"interval:4\"\n[exact]\nsolution = \"x[0]\"\nu = 1\n",
              ":5:1: error: [exact] has no key 'u'"},
        Wrong{"Method", "form = \"f.py\"\nmesh = \"interval:4\"\n[solver]\nmethod = \"gmres\"\n",
              ":4:10: error: no method 'gmres': choose from ldlt, lu, cg"},
        Wrong{"Tolerance", "form = \"f.py\"\nmesh = \"interval:4\"\n[solver]\ntolerance = 0\n",
              ":4:13: error: tolerance is 0; it must lie from 1e-15 to 0.01"}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

/// Faults that show only together with the form file and the mesh.
class WrongData : public testing::Workshop {
 protected:
  void SetUp() override {
    Workshop::SetUp();
    write_form("triangle", 2, 1,
               "f = Coefficient(V)\nc = Constant(mesh)\nM = f*dx\nw = TestFunction("
               "FunctionSpace(mesh, element('P', 'triangle', 2)))\nother = f*w*dx\n"
               "a = c*inner(grad(u), grad(v))*dx\nL = f*v*dx\n");
  }
  static constexpr const char* mesh = "mesh = \"triangle:2x2\"\n";
  static constexpr const char* set = "[set]\nf = 1\nc = 1\n";
};

TEST_F(WrongData, ExpressionErrorsHaveTheirPlaceInTheProblemFile) {
  EXPECT_THAT(fault(std::string(mesh) + "[set]\nc = 1\nf = \"1 + y\"\n"),
              HasSubstr("problem.toml:5:10: error: undefined name 'y'"));
  EXPECT_THAT(
      fault(std::string(mesh) + "[set]\nc = 1\nf = [1, 2]\n"),
      HasSubstr("problem.toml:5:5: error: the value of f has 2 components; shape () takes 1"));
  EXPECT_THAT(fault(std::string(mesh) + "[set]\nc = 1\nf = \"1/x[0]\"\n"),
              HasSubstr("problem.toml:5:6: error: the value of f is inf at x = (0, 0)"));
  EXPECT_THAT(fault(std::string(mesh) + set + "[exact]\nsolution = \"1 +\"\n"),
              HasSubstr("problem.toml:7:"));
}

TEST_F(WrongData, NamesOfSetMustBeThoseThatTheFormsRead) {
  EXPECT_THAT(fault(std::string(mesh) + set + "g = 1\n"),
              HasSubstr("problem.toml:6:5: error: the forms read no Coefficient or Constant 'g'; "
                        "they read c, f"));
  EXPECT_THAT(fault(std::string(mesh) + "[set]\nf = 1\n"),
              HasSubstr("[set] gives no value for c (Constant of shape ())"));
  EXPECT_THAT(fault(std::string(mesh) + "[set]\nf = 1\nc = \"x[0]\"\n"),
              HasSubstr("problem.toml:5:6: error: 'c' is a Constant"));
}

TEST_F(WrongData, FormsMustBeBilinearAndLinearOverOneSpace) {
  EXPECT_THAT(
      fault(std::string(mesh) + "linear = \"M\"\n" + set),
      HasSubstr("problem.toml:3:11: error: linear = \"M\": a form of rank 1 is needed, this "
                "one has rank 0"));
  EXPECT_THAT(fault(std::string(mesh) + "bilinear = \"L\"\n" + set), HasSubstr("has rank 1"));
  EXPECT_THAT(fault(std::string(mesh) + "linear = \"nothing\"\n" + set),
              HasSubstr("no form 'nothing': the form variables here are: M, other, a, L"));
  EXPECT_THAT(fault(std::string(mesh) + "linear = \"other\"\n" + set),
              HasSubstr("must share one space"));
}

TEST_F(WrongData, DiscontinuousSpacesAreRefused) {
  write("form.py",
        "from basix.ufl import element\nfrom ufl import *\nmesh = Mesh(element('P', 'triangle', 1, "
        "shape=(2,)))\nV = FunctionSpace(mesh, element('DP', 'triangle', 1))\n"
        "u, v = TrialFunction(V), TestFunction(V)\na = u*v*dx\nL = v*dx\n");
  EXPECT_THAT(fault(mesh), HasSubstr("only continuous elements are solved for"));
}

TEST_F(WrongData, MeshMustFitTheForm) {
  EXPECT_THAT(fault(std::string("mesh = \"quadrilateral:2x2\"\n") + set),
              HasSubstr("problem.toml:2:8: error: "));
  EXPECT_THAT(fault(std::string("mesh = \"triangle:2\"\n") + set),
              HasSubstr("problem.toml:2:8: error: "));
  EXPECT_THAT(fault(std::string("mesh = \"missing.msh\"\n") + set),
              HasSubstr("problem.toml:2:8: error: "));
}

TEST_F(WrongData, SingularSystemsAreRefusedWithAHint) {
  for (const char* method : {"ldlt", "lu", "cg"}) {
    EXPECT_THAT(fault(std::string(mesh) + set + "[solver]\nmethod = \"" + method + "\"\n"),
                HasSubstr("(enough [[dirichlet]] data"))
        << method;
  }
}

}  // namespace
}  // namespace femsynth::solvers
