#include "solvers/problem/manufactured.hpp"

#include <gmock/gmock.h>

#include "fem/language/form_file.hpp"
#include "synth/kernel/print.hpp"
#include "tests/support/ir_executor.hpp"

/// Manufactured solutions a(u*, v): elliptic forms converge at the orders of the theory, a matrix
/// of another form does not, and forms that the theory is not about are left alone.
namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;

/// A space V of such an element, u, v, and then a form `a`.
fem::FormModule forms(const std::string& element, const std::string& a) {
  const std::string cell = element.substr(0, element.find(','));
  const char* dim = cell == "interval"                              ? "1"
                    : cell == "tetrahedron" || cell == "hexahedron" ? "3"
                                                                    : "2";
  const std::string rest = element.substr(element.find(',') + 1);
  return fem::parse_form(
      "from basix.ufl import element, mixed_element\nfrom ufl import *\n"
      "mesh = Mesh(element('P', '" +
          cell + "', 1, shape=(" + dim + ",)))\ncell = '" + cell + "'\nV = FunctionSpace(mesh, " +
          rest +
          ")\nu, v = TrialFunction(V), TestFunction(V)\n"
          "f = Coefficient(V)\nk = Constant(mesh)\n" +
          a,
      "form.py");
}

Compile compile_ir() {
  return [](const synth::Program& program) {
    synth::CompiledModule module;
    module.ptx = synth::to_text(program.ir);
    return module;
  };
}

ManufacturedReport manufactured(const fem::FormModule& module, const Compile& compile) {
  synth::testing::IrExecutor interpreter;
  return solve_manufactured(module, module.forms.at(0), {compile, &interpreter});
}

ManufacturedReport manufactured(const std::string& element, const std::string& a) {
  return manufactured(forms(element, a), compile_ir());
}

struct Case {
  const char* name;
  const char* element;
  const char* form;
  int degree;
};

class Elliptic : public ::testing::TestWithParam<Case> {};

TEST_P(Elliptic, ConvergesAtTheOrdersOfTheTheory) {
  const ManufacturedReport report = manufactured(GetParam().element, GetParam().form);
  EXPECT_TRUE(report.applies) << report.reason;
  EXPECT_TRUE(report.passed) << report.reason;
  EXPECT_EQ(report.expected_l2, GetParam().degree + 1);
  EXPECT_EQ(report.expected_h1, GetParam().degree);
  ASSERT_EQ(report.levels.size(), 3U);
  EXPECT_NEAR(report.levels[2].l2_order.value(), report.expected_l2, 0.35);
  EXPECT_NEAR(report.levels[2].h1_order.value(), report.expected_h1, 0.35);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Elliptic,
    ::testing::Values(Case{"PoissonOnIntervals", "interval,element('P', cell, 2)",
                           "a = inner(grad(u), grad(v))*dx", 2},
                      Case{"ReactionDiffusionOnTriangles", "triangle,element('P', cell, 1)",
                           "a = f*inner(grad(u), grad(v))*dx + k*u*v*dx", 1},
                      Case{"AdvectionOnQuadrilaterals", "quadrilateral,element('P', cell, 2)",
                           "a = inner(grad(u), grad(v))*dx + u.dx(0)*v*dx", 2},
                      Case{"ElasticityOnTriangles", "triangle,element('P', cell, 1, shape=(2,))",
                           "a = inner(sym(grad(u)), sym(grad(v)))*dx + k*div(u)*div(v)*dx", 1}),
    [](const auto& tested) { return tested.param.name; });

TEST(Manufactured, TheMatrixOfAnotherFormDoesNotConverge) {
  const std::string element = "triangle,element('P', cell, 1)";
  const fem::FormModule module = forms(element, "a = inner(grad(u), grad(v))*dx");
  const fem::FormModule other = forms(element, "a = (u.dx(0)*v.dx(0) + 1.2*u.dx(1)*v.dx(1))*dx");
  synth::Schedule schedule;
  schedule.strategy = synth::default_strategy(2);
  const synth::Program wrong = synth::make_program(other, other.forms.at(0), schedule);
  const ManufacturedReport report = manufactured(module, [&](const synth::Program& program) {
    return compile_ir()(program.form.name == "a" ? wrong : program);
  });
  EXPECT_TRUE(report.applies);
  EXPECT_FALSE(report.passed);
  EXPECT_THAT(report.reason, HasSubstr("2 and 1 are expected"));
}

TEST(Manufactured, FormsThatTheTheoryIsNotAboutAreLeftAlone) {
  const std::string p1 = "triangle,element('P', cell, 1)";
  const auto reason = [](const std::string& element, const std::string& a) {
    const ManufacturedReport report = manufactured(element, a);
    EXPECT_FALSE(report.applies);
    EXPECT_FALSE(report.passed);
    EXPECT_TRUE(report.levels.empty());
    return report.reason;
  };
  EXPECT_THAT(reason(p1, "L = f*v*dx"), HasSubstr("no bilinear form"));
  EXPECT_THAT(reason(p1, "a = u*v*dx"), HasSubstr("no derivatives"));
  EXPECT_THAT(reason(p1, "a = inner(grad(u), grad(v))*dx + u*v*ds"), HasSubstr("facets"));
  EXPECT_THAT(reason("triangle,element('DP', cell, 1)", "a = inner(grad(u), grad(v))*dx"),
              HasSubstr("not continuous Lagrange"));
  EXPECT_THAT(reason("triangle,element('RT', cell, 1)", "a = div(u)*div(v)*dx"),
              HasSubstr("not continuous Lagrange"));
  EXPECT_THAT(reason(p1, "a = -inner(grad(u), grad(v))*dx"), HasSubstr("not positive definite"));
}

}  // namespace
}  // namespace femsynth::solvers
