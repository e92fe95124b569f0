#include <gtest/gtest.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

/// The element of the only coefficient of a file that makes it from `element`.
Element element_of(const std::string& element) {
  const FormModule module = parse_form(
      "from ufl import *\nimport basix\nimport basix.ufl\nfrom basix.ufl import blocked_element\n"
      "w = Coefficient(" +
          element + ")\nM = inner(w, w)*dx\n",
      "test.py");
  return module.graph.coefficients().at(0).element;
}

using enum Family;
using meshes::CellType;

TEST(Elements, BothDialectsNameTheSameElements) {
  const Element p2{lagrange, CellType::triangle, 2, {}};
  for (const char* text : {
           "basix.ufl.element(\"P\", \"triangle\", 2)",
           "basix.ufl.element(\"Lagrange\", \"triangle\", 2)",
           "basix.ufl.element(\"CG\", \"triangle\", 2, shape=())",
           "basix.ufl.element(basix.ElementFamily.P, basix.CellType.triangle, 2)",
           "basix.ufl.element(family=\"P\", cell=\"triangle\", degree=2, shape=None)",
           "basix.ufl.element(\"P\", \"triangle\", 2, "
           "lagrange_variant=basix.LagrangeVariant.gll_warped)",
           "FiniteElement(\"Lagrange\", triangle, 2)",
           "FiniteElement(\"P\", \"triangle\", 2)",
           "FiniteElement(\"CG\", Cell(\"triangle\"), degree=2)",
       }) {
    EXPECT_EQ(element_of(text), p2) << text;
  }
  const Element dg{discontinuous_lagrange, CellType::quadrilateral, 0, {}};
  for (const char* text : {
           "basix.ufl.element(\"DG\", \"quadrilateral\", 0)",
           "basix.ufl.element(\"DQ\", \"quadrilateral\", 0)",
           "basix.ufl.element(\"P\", \"quadrilateral\", 0, discontinuous=True)",
           "basix.ufl.element(\"Discontinuous Lagrange\", \"quadrilateral\", 0)",
           "FiniteElement(\"DQ\", quadrilateral, 0)",
       }) {
    EXPECT_EQ(element_of(text), dg) << text;
  }
}

TEST(Elements, VectorsAndTensorsHaveTheirShapes) {
  const Element vector{lagrange, CellType::tetrahedron, 1, {3}};
  EXPECT_EQ(element_of("basix.ufl.element(\"P\", \"tetrahedron\", 1, shape=(3,))"), vector);
  EXPECT_EQ(element_of("VectorElement(\"P\", tetrahedron, 1)"), vector);
  EXPECT_EQ(element_of("VectorElement(FiniteElement(\"P\", tetrahedron, 1))"), vector);
  EXPECT_EQ(element_of("blocked_element(basix.ufl.element(\"P\", \"tetrahedron\", 1), (3,))"),
            vector);
  EXPECT_EQ(element_of("VectorElement(\"P\", interval, 1)").shape, Shape{1});
  EXPECT_EQ(element_of("VectorElement(\"P\", triangle, 1, dim=5)").shape, Shape{5});
  EXPECT_EQ(element_of("TensorElement(\"P\", triangle, 1)").shape, (Shape{2, 2}));
  EXPECT_EQ(element_of("TensorElement(\"P\", triangle, 1, shape=(2, 3))").shape, (Shape{2, 3}));
}

TEST(Elements, AFormCanBeWrittenInEitherDialect) {
  const std::string modern = R"(
import basix.ufl
import ufl as U
mesh = U.Mesh(basix.ufl.element("P", "tetrahedron", 1, shape=(3,)))
V = U.FunctionSpace(mesh, basix.ufl.element("P", "tetrahedron", 2, shape=(3,)))
u, v = U.TrialFunction(V), U.TestFunction(V)
mu = U.Constant(mesh)
b = U.Constant(mesh, shape=(3,))
a = mu*U.inner(U.sym(U.grad(u)), U.sym(U.grad(v)))*U.dx(domain=mesh)
L = U.dot(b, v)*U.ds(2)
)";
  const std::string older = R"(
element = VectorElement("Lagrange", tetrahedron, 2)
v = TestFunction(element)
u = TrialFunction(element)
b = VectorConstant(tetrahedron)
mu = Constant(tetrahedron)
def eps(w):
    "Strain"
    return sym(grad(w))
a = inner(eps(v), eps(u))*mu*dx
L = inner(v, b)*ds(2)
)";
  const FormModule first = parse_form(modern, "modern.py");
  const FormModule second = parse_form(older, "older.ufl", {.form = {}, .implicit_ufl = true});
  EXPECT_EQ(canonical_text(first.graph, first.forms[0]),
            canonical_text(second.graph, second.forms[0]));
  // dot and inner of vectors are two operators.
  EXPECT_NE(canonical_text(first.graph, first.forms[1]),
            canonical_text(second.graph, second.forms[1]));
}

TEST(Elements, TheCellIsTheFilesAndKnownEverywhere) {
  const FormModule module = parse_form(
      "from ufl import *\nI = Identity(3)\ne = VectorElement(\"P\", hexahedron, 1)\n"
      "u = Coefficient(e)\nd = len(u)\nM = inner(I, grad(u))*dx + d*dx\n",
      "test.py");
  EXPECT_EQ(module.graph.cell(), CellType::hexahedron);
  EXPECT_EQ(module.graph.dim(), 3);
}

TEST(Elements, ConstantsHaveTheirShapes) {
  const auto shape_of = [](const std::string& constant) {
    return parse_after_prelude("k = " + constant + "\nM = inner(k, k)*dx")
        .graph.constants()[1]
        .shape;
  };
  EXPECT_EQ(shape_of("Constant(mesh)"), Shape{});
  EXPECT_EQ(shape_of("Constant(triangle)"), Shape{});
  EXPECT_EQ(shape_of("Constant(mesh, shape=(3,))"), Shape{3});
  EXPECT_EQ(shape_of("VectorConstant(triangle)"), Shape{2});
  EXPECT_EQ(shape_of("VectorConstant(triangle, dim=3)"), Shape{3});
  EXPECT_EQ(shape_of("TensorConstant(triangle)"), (Shape{2, 2}));
}

}  // namespace
}  // namespace femsynth::fem::testing
