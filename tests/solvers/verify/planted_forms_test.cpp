#include <algorithm>

#include "pipeline.hpp"

/// Kernels of a form that is almost the right one fail against the oracle on the right one.
namespace femsynth::solvers {
namespace {

/// `text` defines forms = [right, wrong], of one integral each; the kernel is the wrong one's.
VerifyReport judge_wrong(const std::string& text, synth::Precision precision) {
  synth::Schedule schedule;
  schedule.precision = precision;
  Lowered form{fem::parse_form(text, "test.py"), {}};
  form.program = synth::make_program(form.module, form.module.forms.at(1), schedule);
  form.program.form = form.module.forms.at(0);
  VerifyOptions options;
  options.inputs = 2;
  return judge(form, options);
}

struct Plant {
  const char* name;
  const char* body;
  synth::Precision precision = synth::Precision::f64;
  const char* map = "1, shape=(2,)";  ///< of the mesh: its element's degree and shape
};

const char* kHead =
    "from ufl import *\nfrom basix.ufl import element\ncell = \"triangle\"\n"
    "mesh = Mesh(element(\"P\", cell, 1, shape=(2,)))\nn = FacetNormal(mesh)\n"
    "def space(*args): return FunctionSpace(mesh, element(args[0], cell, args[1]))\n";

const Plant kPlants[] = {
    {"AnotherPowerOfTheDeterminantInPiola",
     "V = space(\"RT\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "right = inner(u, v)*dx\nwrong = JacobianDeterminant(mesh)*inner(u, v)*dx\n"},
    {"SwappedSides",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "right = inner(u('+'), v('-'))*dS\nwrong = inner(u('-'), v('+'))*dS\n"},
    {"TheOtherSidesNormal",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "right = inner(jump(u), dot(grad(v)('+'), n('+')))*dS\n"
     "wrong = inner(jump(u), dot(grad(v)('+'), n('-')))*dS\n"},
    {"ADroppedConjugate",
     "V = space(\"P\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "right = conj(w)*conj(v)*dx\nwrong = w*conj(v)*dx\n",
     synth::Precision::c128},
    {"TheConjugateOfTheOtherOperand",
     "V = space(\"P\", 1)\nw = Coefficient(V)\n"
     "right = inner(grad(w), (1 + 2j)*grad(w))*dx\nwrong = inner((1 + 2j)*grad(w), grad(w))*dx\n",
     synth::Precision::c128},
    {"AMissingTermOfAGateauxDerivative",
     "V = space(\"P\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "right = derivative(w**2*inner(grad(w), grad(w))*dx, w, v)\n"
     "wrong = 2*w**2*inner(grad(w), grad(v))*dx\n"},
    {"TheSquareRootOfTheVariable",
     "V = space(\"P\", 1)\nv, w = TestFunction(V), Coefficient(V)\nq = variable(w**2)\n"
     "right = diff(q**2, q)*v*dx\nwrong = 2*w*v*dx\n"},
    {"TheAreaOfTheCellForThatOfTheFacet",
     "V = space(\"P\", 1)\nv = TestFunction(V)\n"
     "right = FacetArea(mesh)*v*ds\nwrong = CellVolume(mesh)*v*ds\n"},
    {"TheOtherOrderOfDerivativesOnASurface",
     "V = space(\"P\", 2)\n"
     "v, w = TestFunction(V), Coefficient(V)\n"
     "right = w.dx(0).dx(2)*v*dx\nwrong = w.dx(2).dx(0)*v*dx\n",
     synth::Precision::f64, "2, shape=(3,)"},
    {"TheOtherOrderOfFourDerivativesOnASurface",
     "V = space(\"P\", 2)\n"
     "v, w = TestFunction(V), Coefficient(V)\n"
     "right = w.dx(0).dx(1).dx(2).dx(1)*v*dx(degree=4)\n"
     "wrong = w.dx(0).dx(2).dx(1).dx(1)*v*dx(degree=4)\n",
     synth::Precision::f64, "2, shape=(3,)"},
};

class Plants : public testing::TestWithParam<Plant> {};

TEST_P(Plants, AreFound) {
  if (!has_nvrtc()) GTEST_SKIP() << "no NVRTC";
  const Plant& plant = GetParam();
  std::string text = std::string(kHead) + plant.body + "forms = [right, wrong]\n";
  const std::string flat = Plant{}.map;
  text.replace(text.find(flat), flat.size(), plant.map);
  EXPECT_EQ(judge_wrong(text, plant.precision).verdict(), "mismatch");
}

INSTANTIATE_TEST_SUITE_P(Faults, Plants, testing::ValuesIn(kPlants),
                         [](const auto& p) { return std::string(p.param.name); });

/// The symmetry of a form that is its own adjoint is a check without an oracle.
TEST(Symmetry, IsCheckedOfFormsThatAreTheirOwnAdjoints) {
  if (!has_nvrtc()) GTEST_SKIP() << "no NVRTC";
  const std::string spaces = "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n";
  const auto count = [&](const std::string& form, bool pass) {
    const VerifyReport report = judge(lower(kHead + spaces + form, {}));
    return std::count_if(report.checks.begin(), report.checks.end(), [&](const Check& c) {
      return c.quantity == "symmetry" && c.pass == pass;
    });
  };
  EXPECT_EQ(count("a = inner(grad(u), grad(v))*dx\n", true), 1);
  EXPECT_EQ(count("a = u.dx(0)*v*dx\n", true), 0);
  const std::string both = "right = inner(u, v)*dx\nwrong = (inner(u, v) + 0.01*u.dx(0)*v)*dx\n";
  const VerifyReport report =
      judge_wrong(kHead + spaces + both + "forms = [right, wrong]\n", synth::Precision::f64);
  EXPECT_TRUE(std::any_of(report.checks.begin(), report.checks.end(),
                          [](const Check& c) { return c.quantity == "symmetry" && !c.pass; }));
}

/// A basis that is not the family's: the law that stands in for deal.II's element sees it.
TEST(Reproduction, StandsInTheReportOfAFormWithFamiliesThatDealiiLacks) {
  if (!has_nvrtc()) GTEST_SKIP() << "no NVRTC";
  const std::string body = "V = space(\"N1curl\", 1)\nv = TestFunction(V)\nL = curl(v)*dx\n";
  const VerifyReport report = judge(lower(kHead + body, {}));
  const auto laws = [](const Check& c) { return c.quantity == "reproduction" && c.pass; };
  EXPECT_EQ(std::count_if(report.checks.begin(), report.checks.end(), laws), 1);
  EXPECT_EQ(report.verdict(), "verified") << to_text(report);
}

}  // namespace
}  // namespace femsynth::solvers
