#include <gtest/gtest.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

// Pairs of expressions that UFL defines to be the same.
TEST(Evaluator, WaysToWriteOneExpressionAgree) {
  const std::pair<const char*, const char*> table[] = {
      {"inner(f, g)", "f*g"},
      {"dot(f, g)", "f*g"},
      {"outer(f, g)", "f*g"},
      {"(A*b)[0]", "dot(A, b)[0]"},
      {"tr(A*B)", "tr(dot(A, B))"},
      {"tr(A.T)", "tr(transpose(A))"},
      {"rot(b)", "curl(b)"},
      {"nabla_div(b)", "div(b)"},
      {"nabla_div(A)[0]", "div(A.T)[0]"},
      {"nabla_grad(f)[1]", "grad(f)[1]"},
      {"tr(nabla_grad(b))", "tr(as_tensor(grad(b)[j, i], (i, j)))"},
      {"f.dx(0)", "grad(f)[0]"},
      {"Dx(f, 1)", "f.dx(1)"},
      {"f.dx(0, 1)", "f.dx(0).dx(1)"},
      {"f.dx(i)*g.dx(i)", "grad(f)[j]*grad(g)[j]"},
      {"b[i]*b[i]", "b[k]*b[k]"},
      {"A[i, j]*B[i, j]", "A[p, q]*B[p, q]"},
      {"A[i, j]*B[i, j]", "B[j, i]*A[j, i]"},
      {"A[i, i]", "A[s, s]"},
      {"A[0, :][1]", "as_tensor(A[0, i], (i,))[1]"},
      {"A[0][1]", "A[0, :][1]"},
      {"A[..., 0][1]", "A[:, 0][1]"},
      {"A[:, :][0, 1]", "A[0, 1]"},
      {"b[-1]", "b[1]"},
      {"tr(as_tensor(A[i, j], (i, j)))", "tr(A)"},
      {"as_vector(b[i], i)[0]", "b[0]"},
      {"as_matrix([[f, g], [g, f]])[0, 1]", "as_tensor([[f, g], [g, f]])[0, 1]"},
      {"as_matrix([b, d])[0, 1]", "as_tensor([b, d])[0, 1]"},
      {"f + 0", "f"},
      {"0 + f", "f"},
      {"sum([b, d])[0]", "(b + d)[0]"},
      {"1*f", "f"},
      {"f/1", "f"},
      {"f**1", "f"},
      {"-(-f)", "-1*(-1*f)"},
      {"f - g", "f + -g"},
      {"+f", "f"},
      {"conditional(f < g, f, g)", "conditional(lt(f, g), f, g)"},
      {"conditional(f >= g, f, g)", "conditional(ge(f, g), f, g)"},
      {"atan_2(f, g)", "atan2(f, g)"},
      {"abs(-2)*f", "2*f"},
      {"len(b)*f", "2*f"},
      {"b.ufl_shape[0]*f", "2*f"},
      {"mesh.geometric_dimension()*f", "2*f"},
      {"triangle.geometric_dimension()*f", "2*f"},
      {"perp(b)[0]", "as_vector([-b[1], b[0]])[0]"},
      {"diag(b)[1, 1]", "as_matrix([[b[0], 0], [0, b[1]]])[1, 1]"},
      {"diag_vector(A)[1]", "as_vector([A[0, 0], A[1, 1]])[1]"},
      {"elem_mult(b, d)[0]", "as_vector([b[0]*d[0], b[1]*d[1]])[0]"},
      {"inner(unit_matrix(1, 0, 2), A)", "inner(as_matrix([[0, 0], [1, 0]]), A)"},
      {"inner(unit_matrices(2)[1], A)", "inner(unit_matrix(0, 1, 2), A)"},
      {"product([f, 2, g])", "f*2*g"},
      {"product(())*f", "f"},
      {"unit_vector(1, 2)[i]*b[i]", "as_vector([0, 1])[i]*b[i]"},
      {"conj(f)", "f"},
      {"sum(b[k]*d[k] for k in range(2))", "b[0]*d[0] + b[1]*d[1]"},
      {"pi*f", "3.141592653589793*f"},
      {"zero(2)[0] + f", "f"},
      {"Identity(2)[0, 0]*f", "f"},
  };
  for (const auto& [one, other] : table) {
    EXPECT_EQ(canonical_expression(one), canonical_expression(other)) << one;
  }
}

TEST(Evaluator, DifferentExpressionsStayDifferent) {
  const std::pair<const char*, const char*> table[] = {
      {"A[i, j]*B[i, j]", "A[i, j]*B[j, i]"},
      {"f*g", "f*f"},
      {"conditional(f < g, f, g)", "conditional(f > g, f, g)"},
      {"tr(A*B)", "tr(A*A)"},
      {"nabla_grad(b)[0, 1]", "grad(b)[0, 1]"},
      {"max_value(f, g)", "min_value(f, g)"},
      {"f/g*f", "g/f*f"},
      {"div(b)", "tr(grad(b))"},
      {"A[0, 1]", "A[1, 0]"},
  };
  for (const auto& [one, other] : table) {
    EXPECT_NE(canonical_expression(one), canonical_expression(other)) << one;
  }
}

TEST(Evaluator, EveryFunctionOfOneScalarIsItself) {
  for (const char* name : {"abs", "sign", "sqrt", "exp", "ln", "sin", "cos", "tan", "asin", "acos",
                           "atan", "sinh", "cosh", "tanh", "erf"}) {
    const FormModule module = parse_after_prelude(std::string("M = ") + name + "(f)*dx");
    const Node& node = module.graph[module.forms[0].integrals[0].integrand];
    EXPECT_STREQ(name_of(node.op), name);
  }
}

TEST(Evaluator, EveryTensorOperatorIsItself) {
  const std::pair<const char*, const char*> table[] = {
      {"inner(A, B)", "inner"},
      {"dot(b, d)", "dot"},
      {"tr(A)", "trace"},
      {"det(A)", "determinant"},
      {"outer(b, d)[0, 0]", "outer"},
      {"inv(A)[0, 0]", "inverse"},
      {"sym(A)[0, 0]", "sym"},
      {"skew(A)[0, 0]", "skew"},
      {"dev(A)[0, 0]", "dev"},
      {"A.T[0, 0]", "transpose"},
      {"grad(f)[0]", "grad"},
      {"div(b)", "div"},
      {"curl(f)[0]", "curl"},
      {"atan2(f, g)", "atan2"},
      {"max_value(f, g)", "max_value"},
      {"min_value(f, g)", "min_value"},
      {"f**g", "power"},
      {"f/g", "division"},
  };
  for (const auto& [text, name] : table) {
    const FormModule module = parse_after_prelude(std::string("M = (") + text + ")*dx");
    const Node* node = &module.graph[module.forms[0].integrals[0].integrand];
    if (node->op == Op::indexed) node = &module.graph[node->operands[0]];
    EXPECT_STREQ(name_of(node->op), name) << text;
  }
}

TEST(Evaluator, ConditionsAreThoseWritten) {
  const std::pair<const char*, const char*> table[] = {
      {"lt(f, g)", "lt"},
      {"le(f, g)", "le"},
      {"gt(f, g)", "gt"},
      {"ge(f, g)", "ge"},
      {"eq(f, g)", "eq"},
      {"ne(f, g)", "ne"},
      {"f < g", "lt"},
      {"f <= g", "le"},
      {"f > g", "gt"},
      {"f >= g", "ge"},
      {"And(f < g, f > 0)", "logical_and"},
      {"Or(f < g, f > 0)", "logical_or"},
      {"Not(f < g)", "logical_not"},
  };
  for (const auto& [text, name] : table) {
    const FormModule module =
        parse_after_prelude(std::string("M = conditional(") + text + ", f, g)*dx");
    const Node& choice = module.graph[module.forms[0].integrals[0].integrand];
    EXPECT_STREQ(name_of(module.graph[choice.operands[0]].op), name) << text;
  }
}

TEST(Evaluator, FunctionsTakeDefaultsKeywordsAndCallEachOther) {
  const std::string lines = R"(
scale = 5
def half(w):
    """Half of it."""
    scale = 0.5
    return scale*w
def twice(w, scale=2, shift=0): return scale*half(w) + shift
M = twice(f, shift=g, scale=scale)*dx
)";
  EXPECT_EQ(canonical(lines), canonical("M = (5*(0.5*f) + g)*dx"));
}

TEST(Evaluator, AComprehensionsVariableIsItsOwn) {
  EXPECT_EQ(canonical("k = 3\nl1 = [k*f for k in range(2)]\nM = k*l1[1]*dx"),
            canonical("M = 3*f*dx"));
}

TEST(Evaluator, AugmentedAssignmentAndUnpacking) {
  EXPECT_EQ(canonical("M = f*dx\nM += g*dx\nM -= c*dx"), canonical("M = f*dx + g*dx - c*dx"));
  EXPECT_EQ(canonical("(p1, [q1, r1]) = (f, [g, c])\nM = p1*q1**r1*dx"),
            canonical("M = f*g**c*dx"));
  EXPECT_EQ(canonical("x0, x1 = x\nM = x0*x1*dx"), canonical("M = x[0]*x[1]*dx"));
  EXPECT_EQ(canonical("p1 = q1 = f\nM = p1*q1*dx"), canonical("M = f*f*dx"));
}

TEST(Evaluator, MeasuresCarrySubdomainsAndDegree) {
  const auto integral = [](const std::string& measure) {
    return parse_after_prelude("M = f*" + measure).forms[0].integrals.at(0);
  };
  EXPECT_EQ(integral("dx").kind, IntegralKind::cell);
  EXPECT_EQ(integral("ds").kind, IntegralKind::exterior_facet);
  EXPECT_EQ(integral("dx(3)").subdomains, std::vector<int>{3});
  EXPECT_EQ(integral("ds((2, 1))").subdomains, (std::vector<int>{1, 2}));
  EXPECT_EQ(integral("dx(subdomain_id=3, degree=2)").degree, 2);
  EXPECT_EQ(integral("dx(metadata={\"quadrature_degree\": 4})").degree, 4);
  EXPECT_EQ(integral("dx(degree=2)(1)").degree, 2);
  EXPECT_EQ(integral("dx(degree=2)(1)").subdomains, std::vector<int>{1});
  EXPECT_EQ(integral("Measure(\"ds\", domain=mesh, subdomain_id=7)").subdomains,
            std::vector<int>{7});
  EXPECT_EQ(integral("Measure(\"dx\", metadata={\"quadrature_degree\": 1})").degree, 1);
  EXPECT_EQ(integral("dx(\"everywhere\")").subdomains, std::vector<int>{});
  EXPECT_EQ(integral("dx").degree, std::nullopt);
}

TEST(Evaluator, FormsAreAddedNegatedAndScaled) {
  EXPECT_EQ(canonical("M = f*dx + g*ds"), canonical("M = g*ds + f*dx"));
  EXPECT_EQ(canonical("M = -(f*dx)"), canonical("M = (-f)*dx"));
  EXPECT_EQ(canonical("M = 2*(f*dx + g*ds)"), canonical("M = 2*f*dx + 2*g*ds"));
  EXPECT_EQ(canonical("M = c*(f*dx)"), canonical("M = c*f*dx"));
  EXPECT_EQ(canonical("M = f*(dx(1) + ds)"), canonical("M = f*dx(1) + f*ds"));
  EXPECT_EQ(canonical("M = sum([f*dx, g*dx])"), canonical("M = f*dx + g*dx"));
  EXPECT_NE(canonical("M = f*dx - g*dx"), canonical("M = f*dx + g*dx"));
}

TEST(Evaluator, CoefficientsAndConstantsHaveTheirVariablesNames) {
  const FormModule module = parse_form(R"(
from ufl import *
e = FiniteElement("P", triangle, 1)
kappa = Constant(triangle)
f, g = Coefficient(e), Coefficient(e)
h = f
hidden = [Coefficient(e)]
f = Coefficient(e)
M = kappa*f*g*hidden[0]*h*dx
)",
                                       "test.py");
  std::vector<std::string> names;
  for (const Coefficient& c : module.graph.coefficients()) names.push_back(c.name);
  EXPECT_EQ(names, (std::vector<std::string>{"w0", "g", "w2", "f"}));
  EXPECT_EQ(module.graph.constants()[0].name, "kappa");
}

TEST(Evaluator, NodesAreAtTheCallThatMadeThem) {
  const FormModule module = parse_form(
      "from ufl import *\ne = FiniteElement(\"P\", triangle, 1)\nf = Coefficient(e)\n"
      "M = (1 + sin(f))*dx\n",
      "test.py");
  const ExprId sum = module.forms[0].integrals[0].integrand;
  EXPECT_EQ(module.graph.location(sum), (SourceLocation{4, 8}));
  EXPECT_EQ(module.graph.location(module.graph[sum].operands[1]), (SourceLocation{4, 10}));
  EXPECT_EQ(module.forms[0].integrals[0].where, (SourceLocation{4, 18}));
}

}  // namespace
}  // namespace femsynth::fem::testing
