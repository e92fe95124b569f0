#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "pipeline.hpp"

/// Kernels of the compiler, run by the emulator, against deal.II.
namespace femsynth::solvers {
namespace {

using synth::Precision;
using synth::Schedule;
using synth::Strategy;

struct Form {
  const char* name;
  const char* cell;
  int degree;
  const char* body;
};

const Form kForms[] = {
    {"mass", "interval", 3, "a = TrialFunction(V)*TestFunction(V)*dx\n"},
    {"poisson", "triangle", 1, "a = inner(grad(TrialFunction(V)), grad(TestFunction(V)))*dx\n"},
    {"poisson", "tetrahedron", 2, "a = inner(grad(TrialFunction(V)), grad(TestFunction(V)))*dx\n"},
    {"poisson", "quadrilateral", 2,
     "a = inner(grad(TrialFunction(V)), grad(TestFunction(V)))*dx\n"},
    {"poisson", "hexahedron", 1, "a = inner(grad(TrialFunction(V)), grad(TestFunction(V)))*dx\n"},
    {"elasticity", "triangle", 2,
     "u = TrialFunction(W)\nv = TestFunction(W)\nmu = Coefficient(V)\nlmbda = Constant(mesh)\n"
     "a = (2*mu*inner(sym(grad(u)), sym(grad(v))) + lmbda*div(u)*div(v))*dx\n"},
    {"robin", "triangle", 2,
     "u = TrialFunction(V)\nv = TestFunction(V)\nk = Coefficient(V)\n"
     "a = k*inner(grad(u), grad(v))*dx + k*u*v*ds(1) + 2*u*v*ds(2) + u*v*dx(3)\n"},
    {"flux", "hexahedron", 1,
     "v = TestFunction(V)\nw = Coefficient(W)\nL = dot(w, n)*v*ds - div(w)*v*dx\n"},
    {"flux", "quadrilateral", 2, "v = TestFunction(V)\nw = Coefficient(W)\nL = dot(w, n)*v*ds\n"},
    {"flux", "interval", 2, "v = TestFunction(V)\nw = Coefficient(V)\nL = w*n[0]*v*ds\n"},
    {"p_laplace", "triangle", 2,
     "v = TestFunction(V)\nw = Coefficient(V)\n"
     "L = (0.01 + inner(grad(w), grad(w)))**0.25*inner(grad(w), grad(v))*dx\n"},
    {"load", "tetrahedron", 1, "v = TestFunction(V)\nL = sin(x[0])*exp(x[1])*v*dx\n"},
    {"energy", "tetrahedron", 2,
     "w = Coefficient(V)\nM = sqrt(1 + inner(grad(w), grad(w)))*dx + w**2*ds(4)\n"},
    {"condition", "triangle", 1,
     "v = TestFunction(V)\nw = Coefficient(V)\nL = conditional(gt(w, 1.0), w, 2.0)*v*dx\n"},
};

TEST(Pipeline, KernelsOfEveryStrategyAndPrecisionEqualDealII) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not on this machine";
  for (const Form& form : kForms) {
    for (const Strategy strategy :
         {Strategy::element, Strategy::atomic, Strategy::matrix_free, Strategy::reduction}) {
      for (const Precision precision : {Precision::f64, Precision::f32}) {
        const std::string text = form_text(form.cell, form.degree, form.body);
        const auto module = fem::parse_form(text, "test.py");
        if (!synth::applies(strategy, fem::rank(module.graph, module.forms.at(0)))) continue;
        const Lowered lowered = lower(text, {strategy, precision, 32});
        VerifyOptions options;
        options.inputs = 2;
        const VerifyReport report = judge(lowered, options);
        EXPECT_EQ(report.verdict(), "verified") << form.name << ' ' << form.cell << '\n'
                                                << to_text(report);
        ASSERT_NE(report.worst(), nullptr);
        RecordProperty(std::string(form.name) + form.cell, std::to_string(report.worst()->ratio));
      }
    }
  }
}

TEST(Pipeline, AFormThatIsZeroIsNoTest) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not on this machine";
  // Coefficients are drawn from 0.5 to 1.5.
  const Lowered form = lower(form_text("triangle", 1,
                                       "v = TestFunction(V)\nw = Coefficient(V)\n"
                                       "L = conditional(lt(w, 0.25), 1.0, 0.0)*v*dx\n"),
                             {Strategy::atomic, Precision::f64, 128});
  EXPECT_EQ(judge(form).verdict(), "untested");
  EXPECT_THAT(judge(form).reason, testing::HasSubstr("zero"));
}

TEST(Pipeline, AFormWithoutFiniteValuesIsNoTest) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not on this machine";
  const Lowered form = lower(form_text("triangle", 1,
                                       "v = TestFunction(V)\nw = Coefficient(V)\n"
                                       "L = sqrt(-1 - w*w)*v*dx\n"),
                             {Strategy::atomic, Precision::f64, 128});
  EXPECT_EQ(judge(form).verdict(), "untested");
  EXPECT_THAT(judge(form).reason, testing::HasSubstr("not finite"));
}

TEST(Report, TellsTheSameInTextAndJson) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not on this machine";
  const Lowered form =
      lower(form_text("triangle", 1, kForms[1].body), {Strategy::element, Precision::f64, 128});
  const VerifyReport reports[] = {judge(form)};
  EXPECT_THAT(to_text(reports[0]), testing::HasSubstr("verified"));
  const auto json = nlohmann::json::parse(to_json(reports));
  EXPECT_EQ(json["verdict"], "verified");
  ASSERT_EQ(json["checks"].size(), reports[0].checks.size());
  for (const char* key :
       {"form", "strategy", "executor", "oracle", "mesh", "error", "tolerance", "pass"}) {
    EXPECT_TRUE(json["checks"][0].contains(key)) << key;
  }
  int meshes = 0;
  for (const MeshRun& run : reports[0].runs) meshes += run.cells > 0;
  EXPECT_GE(meshes, 3);
}

}  // namespace
}  // namespace femsynth::solvers
