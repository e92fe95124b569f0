#include "solvers/verify/expression.hpp"

#include <gmock/gmock.h>

#include "tests/solvers/verify/pipeline.hpp"

/// Expressions at points, judged by integrals of the oracle's over a rule of one point.
namespace femsynth::solvers {
namespace {

using ::testing::HasSubstr;

/// A module with expressions of f in V, w in W, v and x, at two points of the triangle.
fem::FormModule expressions_of(const std::vector<std::string>& values, int degree = 2) {
  std::string list;
  for (const std::string& value : values) list += "(" + value + ", points), ";
  return fem::parse_form(form_text("triangle", degree,
                                   "f, w, v = Coefficient(V), Coefficient(W), TestFunction(V)\n"
                                   "points = [[0.1, 0.2], [0.3, 0.6]]\nexpressions = [" +
                                       list + "]\n"),
                         "test.py");
}

/// What is said of the first expression when the program of the last is run for it.
VerifyReport judged(const fem::FormModule& module) {
  const synth::Program program =
      synth::make_expression_program(module, module.expressions.back(), {});
  const auto compiled = synth::compile_cuda(program.cuda, "test.cu");
  const auto executor = synth::make_ptx_executor();
  return verify_expression(module, module.expressions.front(), program, compiled, *executor,
                           oracle());
}

class VerifyExpression : public ::testing::TestWithParam<const char*> {};

TEST_P(VerifyExpression, IsVerified) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not installed";
  const VerifyReport report = judged(expressions_of({GetParam()}, 3));
  EXPECT_EQ(report.tier, Tier::verified) << report.reason;
  EXPECT_FALSE(report.checks.empty());
}

INSTANTIATE_TEST_SUITE_P(Values, VerifyExpression,
                         ::testing::Values("grad(f)", "dot(w, w)*sin(f)", "outer(w, x)",
                                           "as_vector([v, v.dx(0)])", "det(grad(w))",
                                           "grad(div(grad(f)))", "grad(grad(grad(w)))"));

TEST(VerifyExpressionFaults, TheProgramOfAnotherExpressionDiffers) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not installed";
  const struct {
    const char* said;
    const char* done;
  } faults[] = {
      {"grad(f)", "(1 + 1e-9)*grad(f)"},
      {"grad(f)", "perp(grad(f))"},
      {"grad(w)", "grad(w).T"},
      {"v*f", "v*f*f"},
  };
  for (const auto& fault : faults) {
    const VerifyReport report = judged(expressions_of({fault.said, fault.done}));
    EXPECT_EQ(report.tier, Tier::executed) << fault.said << " computed as " << fault.done;
    EXPECT_THAT(report.reason, HasSubstr("differs from the oracle's"));
  }
}

TEST(VerifyExpressionFaults, ZeroIsNoTest) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not installed";
  const VerifyReport report = judged(expressions_of({"f.dx(0).dx(1) + 0*f"}, 1));
  EXPECT_NE(report.tier, Tier::verified);
  EXPECT_THAT(report.reason, HasSubstr("no test"));
}

}  // namespace
}  // namespace femsynth::solvers
