#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <map>

#include "tests/fem/passes/support.hpp"

/// Derivatives are checked against finite differences: an expression in x alone is evaluated by
/// a small interpreter of this file, its gradient after the pass against differences of the
/// expression before it.
namespace femsynth::fem {
namespace {

using femsynth::fem::testing::form_of;
using femsynth::fem::testing::module_on;
using meshes::CellType;

/// Scalar interpreter for expressions in x without free indices at the root.
class Evaluator {
 public:
  Evaluator(const ExprGraph& g, std::vector<double> x) : g_(g), x_(std::move(x)) {}

  double component(ExprId id, std::vector<int> at, std::map<int, int> bound = {}) const {
    const Node& n = g_[id];
    const auto arg = [&](std::size_t k) { return component(n.operands[k], {}, bound); };
    switch (n.op) {
      case Op::zero:
        return 0;
      case Op::real:
        return n.value;
      case Op::identity:
        return at[0] == at[1] ? 1 : 0;
      case Op::spatial_coordinate:
        return x_[static_cast<std::size_t>(at[0])];
      case Op::sum:
        return component(n.operands[0], at, bound) + component(n.operands[1], at, bound);
      case Op::product: {
        const bool first = g_[n.operands[0]].is_scalar();
        return component(n.operands[0], first ? std::vector<int>{} : at, bound) *
               component(n.operands[1], g_[n.operands[1]].is_scalar() ? std::vector<int>{} : at,
                         bound);
      }
      case Op::division:
        return component(n.operands[0], at, bound) / arg(1);
      case Op::power:
        return std::pow(arg(0), arg(1));
      case Op::indexed: {
        std::vector<int> inner;
        for (const Index& i : n.indices) inner.push_back(i.free ? bound.at(i.value) : i.value);
        return component(n.operands[0], inner, bound);
      }
      case Op::index_sum: {
        double sum = 0;
        for (const FreeIndex& f : g_[n.operands[0]].free) {
          if (f.label != n.indices[0].value) continue;
          for (int k = 0; k < f.extent; ++k) {
            bound[f.label] = k;
            sum += component(n.operands[0], at, bound);
          }
        }
        return sum;
      }
      case Op::component_tensor:
        for (std::size_t k = 0; k < at.size(); ++k) bound[n.indices[k].value] = at[k];
        return component(n.operands[0], {}, bound);
      case Op::list_tensor: {
        const auto item = n.operands[static_cast<std::size_t>(at[0])];
        return component(item, {at.begin() + 1, at.end()}, bound);
      }
      case Op::inner: {
        double sum = 0;
        for (int k = 0; k < g_[n.operands[0]].shape[0]; ++k) {
          sum += component(n.operands[0], {k}, bound) * component(n.operands[1], {k}, bound);
        }
        return sum;
      }
      case Op::outer:
        return component(n.operands[0], {at[0]}, bound) * component(n.operands[1], {at[1]}, bound);
      case Op::trace:
        return component(n.operands[0], {0, 0}, bound) + component(n.operands[0], {1, 1}, bound);
      case Op::dot: {
        double sum = 0;
        for (int k = 0; k < 2; ++k) {
          sum += component(n.operands[0], {at[0], k}, bound) *
                 component(n.operands[1], {k, at[1]}, bound);
        }
        return sum;
      }
      case Op::determinant:
        return det(n.operands[0], bound);
      case Op::inverse: {
        const double sign = at[0] == at[1] ? 1 : -1;
        const double d = det(n.operands[0], bound);
        if (at[0] == at[1]) return component(n.operands[0], {1 - at[0], 1 - at[0]}, bound) / d;
        return sign * component(n.operands[0], {at[0], at[1]}, bound) / d;
      }
      case Op::cofactor: {
        const double sign = at[0] == at[1] ? 1 : -1;
        return sign * component(n.operands[0], {1 - at[0], 1 - at[1]}, bound);
      }
      case Op::abs:
        return std::abs(arg(0));
      case Op::sign:
        return arg(0) > 0 ? 1 : -1;
      case Op::sqrt:
        return std::sqrt(arg(0));
      case Op::exp:
        return std::exp(arg(0));
      case Op::ln:
        return std::log(arg(0));
      case Op::sin:
        return std::sin(arg(0));
      case Op::cos:
        return std::cos(arg(0));
      case Op::tan:
        return std::tan(arg(0));
      case Op::asin:
        return std::asin(arg(0));
      case Op::acos:
        return std::acos(arg(0));
      case Op::atan:
        return std::atan(arg(0));
      case Op::sinh:
        return std::sinh(arg(0));
      case Op::cosh:
        return std::cosh(arg(0));
      case Op::tanh:
        return std::tanh(arg(0));
      case Op::erf:
        return std::erf(arg(0));
      case Op::atan2:
        return std::atan2(arg(0), arg(1));
      case Op::min_value:
        return std::min(arg(0), arg(1));
      case Op::max_value:
        return std::max(arg(0), arg(1));
      case Op::lt:
        return arg(0) < arg(1) ? 1 : 0;
      case Op::gt:
        return arg(0) > arg(1) ? 1 : 0;
      case Op::conditional:
        return component(n.operands[arg(0) != 0 ? 1 : 2], at, bound);
      default:
        throw InternalError(std::string("test evaluator: ") + name_of(n.op));
    }
  }

 private:
  double det(ExprId a, const std::map<int, int>& bound) const {
    return component(a, {0, 0}, bound) * component(a, {1, 1}, bound) -
           component(a, {0, 1}, bound) * component(a, {1, 0}, bound);
  }
  const ExprGraph& g_;
  std::vector<double> x_;
};

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
    const double value = Evaluator(lowered.graph, at).component(lowered.groups[0].integrand, {});
    std::vector<double> plus = at;
    std::vector<double> minus = at;
    plus[static_cast<std::size_t>(k)] += h;
    minus[static_cast<std::size_t>(k)] -= h;
    const double difference =
        (Evaluator(g, plus).component(f, {}) - Evaluator(g, minus).component(f, {})) / (2 * h);
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
  EXPECT_DOUBLE_EQ(Evaluator(lowered.graph, {0.3, 0.6}).component(lowered.groups[0].integrand, {}),
                   3 * 0.3);
}

TEST(ApplyDerivatives, CurlOfAPlaneFieldHasItsSign) {
  FormModule m = module_on(CellType::triangle);
  ExprGraph& g = m.graph;
  const ExprId x = spatial_coordinate(g);
  const ExprId x0 = indexed(g, x, {{false, 0}});
  const ExprId x1 = indexed(g, x, {{false, 1}});
  const std::vector<ExprId> rotation{multiply(g, real(g, -1), x1), x0};
  const LoweredForm lowered = run_passes(m, form_of(curl(g, list_tensor(g, rotation)), 2));
  EXPECT_DOUBLE_EQ(Evaluator(lowered.graph, {0.3, 0.6}).component(lowered.groups[0].integrand, {}),
                   2);
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
