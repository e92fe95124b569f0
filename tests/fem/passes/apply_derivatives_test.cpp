#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "tests/fem/form/interpreter.hpp"
#include "tests/fem/passes/support.hpp"

/// Derivatives are checked against finite differences: the gradient of an expression in x alone,
/// after the pass, against differences of the expression before it.
namespace femsynth::fem {
namespace {

using femsynth::fem::testing::form_of;
using femsynth::fem::testing::module_on;
using meshes::CellType;

double value_at(const ExprGraph& g, ExprId id, std::vector<double> x) {
  femsynth::fem::testing::World world;
  world.x = std::move(x);
  return femsynth::fem::testing::evaluate(g, id, world)[0].real();
}

/// A named way to make a scalar of x, kept away from its singularities for x in (0, 1)².
struct Case {
  std::string name;
  std::function<ExprId(ExprGraph&, ExprId x0, ExprId x1)> make;
};

class ChainRule : public ::testing::TestWithParam<Case> {};

TEST_P(ChainRule, AgreesWithFiniteDifferences) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId x = spatial_coordinate(g);
  const ExprId f = GetParam().make(g, indexed(g, x, {{false, 0}}), indexed(g, x, {{false, 1}}));
  for (int k = 0; k < 2; ++k) {
    const ExprId df = indexed(g, grad(g, f), {{false, k}});
    const LoweredForm lowered = run_passes(m, form_of(df, 2));
    if (lowered.groups.empty()) FAIL() << "the derivative vanished";
    const double h = 1e-5;
    std::vector<double> at{0.3, 0.6};
    const double value = value_at(lowered.graph, lowered.groups[0].integrand, at);
    std::vector<double> plus = at;
    std::vector<double> minus = at;
    plus[static_cast<std::size_t>(k)] += h;
    minus[static_cast<std::size_t>(k)] -= h;
    const double difference = (value_at(g, f, plus) - value_at(g, f, minus)) / (2 * h);
    EXPECT_NEAR(value, difference, 1e-8 * (1 + std::abs(difference)));
  }
}

/// f(s) for s = x₀ x₁ + x₀, in (0, 1).
Case function_case(Op op) {
  return {name_of(op), [op](ExprGraph& g, ExprId x0, ExprId x1) {
            return function(g, op, add(g, multiply(g, x0, x1), x0));
          }};
}

ExprId matrix_of(ExprGraph& g, ExprId x0, ExprId x1) {
  const std::vector<ExprId> r0{add(g, x0, real(g, 2)), multiply(g, x0, x1)};
  const std::vector<ExprId> r1{x1, add(g, multiply(g, x1, x1), real(g, 1))};
  const std::vector<ExprId> rows{list_tensor(g, r0), list_tensor(g, r1)};
  return list_tensor(g, rows);
}

INSTANTIATE_TEST_SUITE_P(
    EveryRule, ChainRule,
    ::testing::Values(
        function_case(Op::abs), function_case(Op::sqrt), function_case(Op::exp),
        function_case(Op::ln), function_case(Op::sin), function_case(Op::cos),
        function_case(Op::tan), function_case(Op::asin), function_case(Op::acos),
        function_case(Op::atan), function_case(Op::sinh), function_case(Op::cosh),
        function_case(Op::tanh), function_case(Op::erf),
        Case{"product", [](ExprGraph& g, ExprId a, ExprId b) { return multiply(g, a, multiply(g, a, b)); }},
        Case{"division", [](ExprGraph& g, ExprId a, ExprId b) { return divide(g, b, add(g, a, multiply(g, b, b))); }},
        Case{"power", [](ExprGraph& g, ExprId a, ExprId b) { return power(g, add(g, a, b), real(g, 2.5)); }},
        Case{"variable_power", [](ExprGraph& g, ExprId a, ExprId b) { return power(g, add(g, a, b), multiply(g, a, b)); }},
        Case{"atan2", [](ExprGraph& g, ExprId a, ExprId b) { return function(g, Op::atan2, a, multiply(g, b, add(g, a, b))); }},
        Case{"max_value", [](ExprGraph& g, ExprId a, ExprId b) { return function(g, Op::max_value, multiply(g, a, b), b); }},
        Case{"min_value", [](ExprGraph& g, ExprId a, ExprId b) { return function(g, Op::min_value, multiply(g, a, b), b); }},
        Case{"conditional", [](ExprGraph& g, ExprId a, ExprId b) {
               return conditional(g, compare(g, Op::lt, a, b), multiply(g, a, b), add(g, a, b));
             }},
        Case{"determinant", [](ExprGraph& g, ExprId a, ExprId b) { return matrix_operator(g, Op::determinant, matrix_of(g, a, b)); }},
        Case{"inverse", [](ExprGraph& g, ExprId a, ExprId b) {
               return indexed(g, matrix_operator(g, Op::inverse, matrix_of(g, a, b)), {{false, 0}, {false, 1}});
             }},
        Case{"index_sum", [](ExprGraph& g, ExprId a, ExprId b) {
               const ExprId m = matrix_of(g, a, b);
               const std::int32_t i = g.new_label();
               return indexed(g, m, {{true, i}, {true, i}});
             }}),
    [](const auto& test) { return test.param.name; });

TEST(ApplyDerivatives, DivergenceOfAFieldIsTheSumOfItsDerivatives) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId x = spatial_coordinate(g);
  const ExprId x0 = indexed(g, x, {{false, 0}});
  const ExprId x1 = indexed(g, x, {{false, 1}});
  const std::vector<ExprId> parts{multiply(g, x0, x0), multiply(g, x0, x1)};
  const LoweredForm lowered = run_passes(m, form_of(div(g, list_tensor(g, parts)), 2));
  EXPECT_DOUBLE_EQ(value_at(lowered.graph, lowered.groups[0].integrand, {0.3, 0.6}), 3 * 0.3);
}

TEST(ApplyDerivatives, CurlOfAPlaneFieldHasItsSign) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId x = spatial_coordinate(g);
  const ExprId x0 = indexed(g, x, {{false, 0}});
  const ExprId x1 = indexed(g, x, {{false, 1}});
  const std::vector<ExprId> rotation{multiply(g, real(g, -1), x1), x0};
  const LoweredForm lowered = run_passes(m, form_of(curl(g, list_tensor(g, rotation)), 2));
  EXPECT_DOUBLE_EQ(value_at(lowered.graph, lowered.groups[0].integrand, {0.3, 0.6}), 2);
}

TEST(ApplyDerivatives, AfterwardsGradStandsOnlyOnTerminals) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const Element e = femsynth::fem::testing::lagrange(CellType::triangle, 2, {2});
  const ExprId u = coefficient(g, e, "u");
  const ExprId v = argument(g, 0, e);
  const ExprId a = inner(g, div(g, multiply(g, inner(g, u, u), grad(g, u))), v);
  const LoweredForm lowered = run_passes(m, form_of(a));
  for (const ExprId id : reachable(lowered.graph, lowered.groups[0].integrand)) {
    const Node& node = lowered.graph[id];
    EXPECT_NE(node.op, Op::div);
    if (node.op != Op::grad) continue;
    const Op below = lowered.graph[node.operands[0]].op;
    EXPECT_TRUE(below == Op::coefficient || below == Op::argument || below == Op::grad);
  }
}

}  // namespace
}  // namespace femsynth::fem
