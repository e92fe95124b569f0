#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace femsynth::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Compile : public testing::Test {
 protected:
  std::string form(const std::string& forms) const {
    return folder_.write("form.py", preamble("triangle", 1) + forms);
  }
  Outcome compile(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "compile");
    return run_femsynth(arguments);
  }
  Folder folder_;
};

TEST_F(Compile, CudaIsTheDefaultAndIsTheSameEveryTime) {
  const std::string file = form("a = inner(grad(u), grad(v))*dx\n");
  const Outcome first = compile({file});
  EXPECT_EQ(first.status, 0) << first.errors;
  EXPECT_THAT(first.output, HasSubstr("__global__"));
  EXPECT_EQ(first.output, compile({file, "--level", "cuda"}).output);
}

TEST_F(Compile, EveryLevelIsWhatItsNameSays) {
  FEMSYNTH_REQUIRE("nvrtc");
  const std::string file = form("a = u*v*dx\n");
  EXPECT_THAT(compile({file, "--level", "form"}).output, HasSubstr("v_1 * v_0"));
  EXPECT_THAT(compile({file, "--level", "ptx"}).output, HasSubstr(".target sm_90"));
  EXPECT_THAT(compile({file, "--level", "ptx", "--arch", "sm_80"}).output,
              HasSubstr(".target sm_80"));
  EXPECT_THAT(compile({file, "--level", "report"}).output, HasSubstr("registers"));
  FEMSYNTH_REQUIRE("disassembler");
  EXPECT_THAT(compile({file, "--level", "sass"}).output, HasSubstr("EXIT"));
}

TEST_F(Compile, ReportTimesEveryStepInTheOrderOfTheData) {
  const std::string report = compile({form("a = u*v*dx\n"), "--level", "report"}).output;
  std::size_t at = report.find("\ntime\n");
  for (const char* step :
       {"read the form file", "apply_derivatives", "check_arity", "estimate_degrees",
        "group_integrals", "factorise", "lower", "fold", "share", "hoist", "dead", "emit"}) {
    ASSERT_NE(at, std::string::npos);
    at = report.find(std::string("\n  ") + step + " ", at);
    EXPECT_NE(at, std::string::npos) << step;
  }
}

TEST_F(Compile, OutputFolderGetsEveryLevel) {
  FEMSYNTH_REQUIRE("nvrtc");
  const std::string file = form("a = u*v*dx\nL = v*dx\n");
  const std::string folder = folder_.path("out");
  const std::string again = folder_.path("again");
  const Outcome run = compile({file, "-o", folder});
  EXPECT_EQ(run.status, 0) << run.errors;
  EXPECT_EQ(compile({file, "-o", again}).status, 0);
  EXPECT_EQ(run.output, "");
  for (const char* form_name : {"/a", "/L"}) {
    for (const char* ending :
         {".form.txt", ".kernel", ".cu", ".ptx", ".cubin", ".log", ".report.txt"}) {
      const std::string text = text_of(folder + form_name + ending);
      EXPECT_FALSE(text.empty()) << form_name << ending;
      EXPECT_EQ(text_of(again + form_name + ending), text) << form_name << ending;
    }
  }
  EXPECT_THAT(text_of(folder + "/a.cubin"), StartsWith("\x7f"
                                                       "ELF"));
  EXPECT_EQ(text_of(folder + "/a.cu"), compile({file, "--form", "a"}).output);
}

TEST_F(Compile, ReportGivesTheReasonForTheQuadratureDegree) {
  const auto integral = [&](const std::string& text) {
    const Outcome run = compile({form(text), "--json"});
    EXPECT_EQ(run.status, 0) << run.errors;
    return run.json().at("forms").at(0).at("integrals").at(0);
  };
  const nlohmann::json mass = integral("a = u*v*dx\n");
  EXPECT_EQ(mass.at("degree"), 2);
  EXPECT_EQ(mass.at("points"), 3);
  EXPECT_EQ(mass.at("reason"), "estimated");
  EXPECT_EQ(mass.at("exact"), true);
  EXPECT_FALSE(mass.contains("note"));
  const nlohmann::json over = integral("a = u*v*dx(degree=6)\n");
  EXPECT_EQ(over.at("degree"), 6);
  EXPECT_EQ(over.at("reason"), "asked for");
  EXPECT_THAT(over.at("note").get<std::string>(), HasSubstr("over-integrated: degree=2"));
  const nlohmann::json under = integral("a = u*v*dx(degree=1)\n");
  EXPECT_EQ(under.at("exact"), false);
  EXPECT_THAT(under.at("note").get<std::string>(), HasSubstr("degree=2"));
  EXPECT_THAT(integral("a = u*v/(1 + x[0])*dx\n").at("note").get<std::string>(),
              HasSubstr("no polynomial"));
}

TEST_F(Compile, ReportGivesTheMethodAndWhatItWasChosenFrom) {
  const auto integral = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{form("a = inner(grad(u), grad(v))*dx\n"), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return compile(arguments).json().at("forms").at(0).at("integrals").at(0);
  };
  const nlohmann::json cheapest = integral({});
  EXPECT_EQ(cheapest.at("method"), "quadrature");
  ASSERT_EQ(cheapest.at("candidates").size(), 3U);
  EXPECT_GT(cheapest.at("candidates")[0].at("flops"), 0);
  EXPECT_GT(cheapest.at("candidates")[0].at("lines"), 0);
  EXPECT_THAT(cheapest.at("candidates")[2].at("why_not").get<std::string>(),
              HasSubstr("no tensor product"));
  const nlohmann::json wanted = integral({"--method", "reference_tensor"});
  EXPECT_EQ(wanted.at("method"), "reference_tensor");
  EXPECT_THAT(wanted.at("method_reason").get<std::string>(), StartsWith("asked for: "));
}

TEST_F(Compile, ReportSaysHowManyPointsWouldDo) {
  const Outcome run = compile({form("a = u*v*dx(degree=6)\n"), "--level", "report"});
  EXPECT_THAT(run.output, HasSubstr("degree=2 is exact on affine cells, 6 is asked for: 12 points "
                                    "where 3 do"));
  EXPECT_THAT(run.output, HasSubstr("Xiao-Gimbutas"));
}

TEST_F(Compile, RulesOfMeasuresAreNamed) {
  const std::string file =
      form("a = u*v*dx(scheme=\"vertex\", degree=2) + u*v*ds(scheme=\"GLL\", degree=3)\n");
  const Outcome report = compile({file, "--level", "report"});
  EXPECT_THAT(report.output, HasSubstr("dx: rule (asked for), 3 points (the vertices), not exact"));
  EXPECT_THAT(report.output, HasSubstr("note: the rule has no degree: the one that is asked for is "
                                       "not read"));
  EXPECT_THAT(report.output,
              HasSubstr("ds: degree 3 (asked for), 3 points (Gauss-Lobatto-Legendre), exact"));
  const std::string text = compile({file, "--level", "form"}).output;
  EXPECT_THAT(text, HasSubstr("v_1 * v_0 * dx(degree=2, scheme=\"vertex\")"));  // as written
  EXPECT_THAT(text, HasSubstr("dx0: quadrature at the vertices"));
  EXPECT_THAT(text, HasSubstr("v_1 * v_0 * dx(scheme=\"vertex\")"));  // after the passes
}

TEST_F(Compile, AMethodThatDoesNotApplyIsRefusedForANamedForm) {
  const std::string file = form("a = u*v*dx\nL = v*dx\n");
  const Outcome all = compile({file, "--method", "reference_tensor"});
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.errors, HasSubstr("form L: method reference_tensor does not apply"));
  const Outcome one = compile({file, "--form", "L", "--method", "reference_tensor"});
  EXPECT_EQ(one.status, 2);
  EXPECT_THAT(one.errors, HasSubstr("only element matrices have one"));
}

TEST_F(Compile, ReportCountsResources) {
  FEMSYNTH_REQUIRE("nvrtc");
  const Outcome run = compile({form("a = u*v*dx\n"), "--json"});
  const nlohmann::json kernels = run.json().at("forms").at(0).at("kernels");
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_GT(kernels[1].at("resources").at("registers").get<int>(), 8);
  EXPECT_EQ(kernels[1].at("operations").at("atomics"), 9);
  // 9 entries of 8 bytes written; 3 vertices of 2 coordinates and 9 positions, 3 vertex numbers.
  EXPECT_EQ(kernels[1].at("operations").at("bytes_written"), 72);
}

TEST_F(Compile, ExpressionsAreCompiledToo) {
  const std::string file = form(
      "w = Coefficient(V)\nflux = grad(w)\na = u*v*dx\n"
      "expressions = [(flux, [[0.25, 0.5], [0.5, 0.25]]), (v*w, [[0, 0]])]\n");
  const Outcome all = compile({file});
  EXPECT_EQ(all.status, 0) << all.errors;
  EXPECT_THAT(all.output, HasSubstr("__launch_bounds__(128) a_dx("));
  EXPECT_THAT(all.output, HasSubstr("__launch_bounds__(128) flux_points("));
  EXPECT_THAT(all.output, HasSubstr("__launch_bounds__(128) expression_1_points("));
  const Outcome one = compile({file, "--form", "flux", "--level", "form"});
  EXPECT_THAT(one.output, StartsWith("grad(w) at 2 points of each cell\n\ncoefficient w: "));
  EXPECT_THAT(one.output, testing::Not(HasSubstr("v_0")));
  const auto report = compile({file, "--form", "expression_1", "--json"}).json();
  EXPECT_TRUE(report["forms"].empty());
  ASSERT_EQ(report["expressions"].size(), 1U);
  EXPECT_EQ(report["expressions"][0]["points"], 1);
  EXPECT_EQ(report["expressions"][0]["dofs"], 3);
  EXPECT_GT(report["expressions"][0]["kernels"][0]["operations"]["flops"], 0);
  EXPECT_GT(report["expressions"][0]["seconds"]["lower and emit"], 0);
  const Outcome none = compile({file, "--form", "flow"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.errors, HasSubstr("no form 'flow': the form variables here are: a; the "
                                     "expressions are: flux, expression_1"));
}

TEST_F(Compile, ErrorsInTheFormFileNameThePlace) {
  const std::string file = form("a = inner(u, grad(v))*dx\n");
  const Outcome run = compile({file});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.output, "");
  EXPECT_THAT(run.errors, StartsWith(file + ":8:5: error: "));
  EXPECT_THAT(run.errors, HasSubstr("\n    a = inner(u, grad(v))*dx\n        ^"));
}

TEST_F(Compile, ADerivativeBeyondTheLimitNamesThePlace) {
  const std::string file = form(
      "P6 = FunctionSpace(mesh, basix.ufl.element(\"P\", \"triangle\", 6))\n"
      "w = div(grad(div(grad(Coefficient(P6)))))\nL = w*v*dx + w.dx(0)*v*ds\n");
  const Outcome run = compile({file});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors, StartsWith(file + ":10:24: error: a derivative of order 5 of a finite "
                                            "element function: at most 4 is taken\n"));
}

TEST_F(Compile, ThirdDerivativesOfDegreeTwoVanishOnStraightCellsAlone) {
  const auto on_cells_of_degree = [&](int degree) {
    const std::string file = folder_.write(
        "bent.py",
        fmt::format("import basix.ufl\nfrom ufl import *\nP = lambda k, **more: "
                    "basix.ufl.element('P', 'triangle', k, **more)\nf = Coefficient("
                    "FunctionSpace(Mesh(P({}, shape=(2,))), P(2)))\nM = f.dx(0, 0, 1)**2*dx\n",
                    degree));
    return compile({file, "--level", "kernel"});
  };
  EXPECT_THAT(on_cells_of_degree(1).errors, HasSubstr("the form 'M' is zero"));
  EXPECT_THAT(on_cells_of_degree(2).output, HasSubstr("d3_f"));
}

TEST_F(Compile, AStrategyThatDoesNotApplyIsRefusedForANamedForm) {
  const std::string file = form("a = u*v*dx\nL = v*dx\n");
  const Outcome all = compile({file, "--strategy", "matrix_free"});
  EXPECT_EQ(all.status, 0);
  EXPECT_THAT(all.errors, HasSubstr("form L (rank 1): strategy matrix_free does not apply"));
  EXPECT_EQ(compile({file, "--strategy", "matrix_free", "--form", "L"}).status, 2);
  EXPECT_EQ(compile({file, "--block-size", "100"}).status, 2);
}

}  // namespace
}  // namespace femsynth::cli
