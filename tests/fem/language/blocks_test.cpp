#include <gmock/gmock.h>

#include "tests/fem/language/support.hpp"

// MixedFunctionSpace and extract_blocks, as ufl 2026.2 has them.
namespace femsynth::fem::testing {
namespace {

using ::testing::ElementsAre;

const char* const stokes = R"(
from basix.ufl import element, mixed_element
from ufl import *
mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
P2 = element("P", "triangle", 2, shape=(2,))
P1 = element("P", "triangle", 1)
V = FunctionSpace(mesh, P2)
Q = FunctionSpace(mesh, P1)
W = MixedFunctionSpace(V, Q)
X = FunctionSpace(mesh, mixed_element([P2, P1]))
f, g = Coefficient(V), Coefficient(Q)

def bilinear(u, p, v, q):
    return inner(grad(u), grad(v))*dx - p*div(v)*dx - q*div(u)*dx

def load(v, q):
    return inner(f, v)*dx + g*q*ds

a = bilinear(*TrialFunctions(W), *TestFunctions(W))
L = load(*TestFunctions(W))
A = bilinear(*TrialFunctions(X), *TestFunctions(X))
B = load(*TestFunctions(X))
u, p = TrialFunctions(W)
v, q = TestFunctions(W)
)";

FormModule parse_stokes(const std::string& lines, const std::string& wanted = {}) {
  return parse_form(stokes + lines + "\n", "test.py", {.form = wanted, .implicit_ufl = false});
}

/// The file's own assertions hold.
void holds(const std::string& lines) {
  EXPECT_NO_THROW(parse_stokes(lines + "\nforms = [g*dx]")) << lines;
}

std::vector<std::string> texts(const std::string& lines) {
  const FormModule module = parse_stokes(lines);
  std::vector<std::string> all;
  for (const Form& form : module.forms) all.push_back(to_string(module.graph, form));
  return all;
}

std::vector<std::string> names(const std::string& lines) {
  std::vector<std::string> all;
  for (const Form& form : parse_stokes(lines).forms) all.push_back(form.name);
  return all;
}

TEST(MixedFunctionSpaces, HoldTheirSpacesAndGiveAFunctionForEach) {
  holds(R"(
assert W.num_sub_spaces() == 2 and W.ufl_sub_spaces() == (V, Q) and W.ufl_sub_space(1) == Q
assert W.ufl_elements() == [P2, P1] and W.ufl_domain() == mesh and V.ufl_sub_spaces() == ()
assert [w.part() for w in TestFunctions(W)] == [0, 1] and u.number() == 1 and v.number() == 0
assert TestFunction(V).part() is None and Arguments(W, 1) == TrialFunctions(W)
assert [TestFunction(V)] != [v] and [TestFunction(V, 0), Argument(Q, 1, part=1)] == [v, p]
assert [c.ufl_element() for c in Coefficients(W)] == [P2, P1]
assert MixedFunctionSpace(V, Q) == W and MixedFunctionSpace(Q, V) != W
)");
}

// What ufl's extract_blocks gives for each kind of call.
TEST(ExtractBlocks, GivesTuplesOfTheBlocksAndNoneForEmptyOnes) {
  holds(R"(
rows = extract_blocks(a)
assert isinstance(rows, tuple) and isinstance(rows[0], tuple) and len(rows) == 2
assert rows[1][1] is None and rows[0][1] is not None and len(rows[0]) == 2
assert extract_blocks(a, 1, 1) is None and extract_blocks(a, -1, -1) is None
assert extract_blocks(a, -2, -2) is not None and len(extract_blocks(u[0]*v[0]*dx + p*v[0]*dx)) == 2
assert isinstance(extract_blocks(a, 1), list) and extract_blocks(a, 1)[1] is None
assert len(extract_blocks(L)) == 2 and extract_blocks(inner(f, v)*dx + 0*q*dx) is not None
assert len(extract_blocks(inner(f, v)*dx)) == 1 and extract_blocks(g*q*dx)[0] is None
assert len(extract_blocks(g*dx)) == 1
assert extract_blocks(extract_blocks(a, 0, 1))[0][0] is None
)");
}

TEST(ExtractBlocks, OfAMixedElementGivesWhatItGivesOfAMixedFunctionSpace) {
  const std::vector<std::string> by_parts = texts("forms = [extract_blocks(a), extract_blocks(L)]");
  EXPECT_THAT(by_parts,
              ElementsAre("inner(grad(v_1), grad(v_0)) * dx\n", "-(v_1 * div(v_0)) * dx\n",
                          "-(v_0 * div(v_1)) * dx\n", "inner(f, v_0) * dx\n", "g * v_0 * ds\n"));
  const std::string vector = "as_vector([v_0[0], v_0[1]])";
  const std::vector<std::string> by_elements =
      texts("forms = [extract_blocks(A), extract_blocks(B)]");
  EXPECT_EQ(by_elements.size(), by_parts.size());
  EXPECT_EQ(by_elements[1], "-(v_1 * div(" + vector + ")) * dx\n");
  EXPECT_EQ(by_elements[3], "inner(f, " + vector + ") * dx\n");
  holds("assert extract_blocks(A)[1][1] is None and len(extract_blocks(A, 0)) == 2");
}

TEST(ExtractBlocks, OfAMixedElementKeepsTheWholeArgumentIfAsked) {
  EXPECT_THAT(texts("forms = [extract_blocks(A, 0, 1, replace_argument=False)]"),
              ElementsAre("-(v_1[2] * div(as_vector([v_0[0], v_0[1]]))) * dx\n"));
}

TEST(ExtractBlocks, OfAVectorElementAreItsComponents) {
  holds(R"(
y, z = TrialFunction(V), TestFunction(V)
blocks = extract_blocks(inner(grad(y), grad(z))*dx + y[0]*z[1]*dx)
assert blocks[0][1] is None and blocks[1][0] is not None and len(blocks) == 2
c = TrialFunction(Q)*TestFunction(Q)*dx
assert extract_blocks(c) is c
)");
}

TEST(ExtractBlocks, OfADerivativeByATupleAreTheDerivativesByEach) {
  EXPECT_THAT(names(R"(
F = bilinear(f, g, *TestFunctions(W))
J = derivative(F, (f, g), TrialFunctions(W))
forms = extract_blocks(J)
)"),
              ElementsAre("J_00", "J_01", "J_10"));
}

TEST(ExtractBlocks, WorkWithTheOtherTransformationsOfForms) {
  EXPECT_EQ(texts("forms = extract_blocks(lhs(a - L))"), texts("forms = extract_blocks(a)"));
  EXPECT_EQ(texts("forms = [extract_blocks(adjoint(a), 0, 1)]"),
            texts("forms = [adjoint(extract_blocks(a, 1, 0))]"));
  EXPECT_EQ(texts("forms = extract_blocks(action(a, (f, g)))"),
            texts("forms = extract_blocks(bilinear(f, g, v, q))"));
  EXPECT_EQ(texts("forms = [action(extract_blocks(a, 0, 1), g)]"),
            texts("forms = [-(g*div(TestFunction(V)))*dx]"));
}

TEST(ExtractBlocks, HaveTheNamesOfTheirVariablesOrOfTheFormAndTheirPlace) {
  EXPECT_THAT(names("forms = extract_blocks(a)"), ElementsAre("a_00", "a_01", "a_10"));
  EXPECT_THAT(names("forms = [extract_blocks(a), extract_blocks(L)]"),
              ElementsAre("a_00", "a_01", "a_10", "L_0", "L_1"));
  EXPECT_THAT(names("blocks = extract_blocks(a)\nb = blocks[0][1]\nforms = [b, blocks[1]]"),
              ElementsAre("b", "a_10"));
  EXPECT_THAT(names("a_01 = L\nforms = [extract_blocks(a, 0), extract_blocks(a + a, 0, 0)]"),
              ElementsAre("a_00", "form_1", "form_2"));
  EXPECT_THAT(names("forms = [extract_blocks(a, 0, 0), extract_blocks(a, 0, 0)]"),
              ElementsAre("a_00", "form_1"));
  EXPECT_EQ(parse_stokes("forms = extract_blocks(a)", "a_10").forms.size(), 1U);
}

// The parts tell arguments of one space apart, and are gone when a block is compiled.
TEST(ExtractBlocks, AreFormsWithOrdinaryArguments) {
  const FormModule module = parse_stokes(R"(
Y = MixedFunctionSpace(Q, Q)
(r, s), (t, z) = TrialFunctions(Y), TestFunctions(Y)
c = r*t*dx + 2*r*z*dx + 3*s*t*dx
one = 2*TrialFunction(Q)*TestFunction(Q)*dx
forms = [extract_blocks(c, 1, 0), one]
)");
  EXPECT_EQ(canonical_text(module.graph, module.forms[0]),
            canonical_text(module.graph, module.forms[1]));
  EXPECT_EQ(module.forms[0].integrals[0].integrand, module.forms[1].integrals[0].integrand);
}

}  // namespace
}  // namespace femsynth::fem::testing
