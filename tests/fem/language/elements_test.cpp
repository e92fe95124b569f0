#include <gtest/gtest.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

/// The element of the only coefficient of a file that makes it from `element`.
Element element_of(const std::string& element) {
  const FormModule module = parse_form(
      "from ufl import *\nimport basix\nimport basix.ufl as bu\nfrom basix.ufl import *\n"
      "from ufl.pullback import *\nfrom ufl.sobolevspace import *\nimport utils\n"
      "elements = [" +
          element + "]\n",
      "test.py");
  return module.elements.at(0);
}

using enum Family;
using meshes::CellType;

TEST(Elements, BothDialectsNameTheSameElements) {
  const Element p2{lagrange, CellType::triangle, 2, {}};
  for (const char* text : {
           "bu.element(\"P\", \"triangle\", 2)",
           "bu.element(\"Lagrange\", \"triangle\", 2)",
           "bu.element(\"CG\", \"triangle\", 2, shape=())",
           "bu.element(basix.ElementFamily.P, basix.CellType.triangle, 2)",
           "bu.element(family=\"P\", cell=\"triangle\", degree=2, shape=None)",
           "bu.element(\"P\", \"triangle\", 2, "
           "lagrange_variant=basix.LagrangeVariant.gll_warped)",
           "FiniteElement(\"Lagrange\", triangle, 2)",
           "FiniteElement(\"P\", \"triangle\", 2)",
           "FiniteElement(\"CG\", Cell(\"triangle\"), degree=2)",
       }) {
    EXPECT_EQ(element_of(text), p2) << text;
  }
  const Element dg{discontinuous_lagrange, CellType::quadrilateral, 0, {}};
  for (const char* text : {
           "bu.element(\"DG\", \"quadrilateral\", 0)",
           "bu.element(\"DQ\", \"quadrilateral\", 0)",
           "bu.element(\"P\", \"quadrilateral\", 0, discontinuous=True)",
           "bu.element(\"Discontinuous Lagrange\", \"quadrilateral\", 0)",
           "FiniteElement(\"DQ\", quadrilateral, 0)",
       }) {
    EXPECT_EQ(element_of(text), dg) << text;
  }
}

TEST(Elements, VectorsAndTensorsHaveTheirShapes) {
  const Element vector{lagrange, CellType::tetrahedron, 1, {3}};
  EXPECT_EQ(element_of("bu.element(\"P\", \"tetrahedron\", 1, shape=(3,))"), vector);
  EXPECT_EQ(element_of("VectorElement(\"P\", tetrahedron, 1)"), vector);
  EXPECT_EQ(element_of("VectorElement(FiniteElement(\"P\", tetrahedron, 1))"), vector);
  EXPECT_EQ(element_of("blocked_element(bu.element(\"P\", \"tetrahedron\", 1), (3,))"), vector);
  EXPECT_EQ(element_of("VectorElement(\"P\", interval, 1)").shape, Shape{1});
  EXPECT_EQ(element_of("VectorElement(\"P\", triangle, 1, dim=5)").shape, Shape{5});
  EXPECT_EQ(element_of("TensorElement(\"P\", triangle, 1)").shape, (Shape{2, 2}));
  EXPECT_EQ(element_of("TensorElement(\"P\", triangle, 1, shape=(2, 3))").shape, (Shape{2, 3}));
}

TEST(Elements, EveryFamilyHasItsNamesInEachDialect) {
  const auto expect = [](Family family, CellType cell, int degree,
                         std::initializer_list<const char*> texts) {
    for (const char* text : texts) {
      const Element element = element_of(text);
      EXPECT_EQ(element.family, family) << text;
      EXPECT_EQ(element.cell, cell) << text;
      EXPECT_EQ(element.degree, degree) << text;
      EXPECT_EQ(element.shape, Shape{}) << text;
      EXPECT_FALSE(element.discontinuous) << text;
    }
  };
  expect(raviart_thomas, CellType::triangle, 2,
         {"element(\"RT\", \"triangle\", 2)", "element(\"Raviart-Thomas\", \"triangle\", 2)",
          "element(basix.ElementFamily.RT, basix.CellType.triangle, 2)",
          "element(\"N1div\", \"triangle\", 2)", "FiniteElement(\"RT\", triangle, 2)",
          "FiniteElement(\"Nedelec 1st kind H(div)\", triangle, 2)",
          "element(\"RT\", \"triangle\", 2, shape=(2,))",
          "utils.FiniteElement(\"RT\", triangle, 2, (2,), contravariant_piola, HDiv)"});
  expect(bdm, CellType::tetrahedron, 1,
         {"element(\"BDM\", \"tetrahedron\", 1)", "element(\"N2div\", \"tetrahedron\", 1)",
          "FiniteElement(\"Brezzi-Douglas-Marini\", tetrahedron, 1)"});
  expect(nedelec_first, CellType::hexahedron, 1,
         {"element(\"N1curl\", \"hexahedron\", 1)", "element(\"NCE\", \"hexahedron\", 1)",
          "element(basix.ElementFamily.N1E, basix.CellType[\"hexahedron\"], 1)",
          "FiniteElement(\"Nedelec 1st kind H(curl)\", hexahedron, 1)"});
  expect(nedelec_second, CellType::triangle, 3,
         {"element(\"N2curl\", \"triangle\", 3)", "element(\"N2E\", \"triangle\", 3)"});
  expect(crouzeix_raviart, CellType::triangle, 1,
         {"element(\"CR\", \"triangle\", 1)", "FiniteElement(\"Crouzeix-Raviart\", triangle, 1)"});
  expect(bubble, CellType::triangle, 3,
         {"element(\"Bubble\", \"triangle\", 3)", "FiniteElement(\"B\", triangle, 3)"});
  expect(hermite, CellType::interval, 3, {"element(\"Hermite\", \"interval\", 3)"});
  expect(regge, CellType::tetrahedron, 1, {"element(\"Regge\", \"tetrahedron\", 1)"});
  expect(hhj, CellType::triangle, 2, {"element(\"HHJ\", \"triangle\", 2)"});
  expect(dpc, CellType::quadrilateral, 2, {"element(\"DPC\", \"quadrilateral\", 2)"});
  expect(serendipity, CellType::hexahedron, 2,
         {"element(\"Serendipity\", \"hexahedron\", 2)", "FiniteElement(\"S\", hexahedron, 2)"});
  expect(real, CellType::triangle, 0,
         {"real_element(\"triangle\", ())", "FiniteElement(\"Real\", triangle, 0)",
          "FiniteElement(\"R\", triangle)"});
  expect(quadrature, CellType::triangle, 4,
         {"quadrature_element(\"triangle\", degree=4)",
          "quadrature_element(\"triangle\", (), \"default\", 4)",
          "FiniteElement(\"Quadrature\", triangle, 4, quad_scheme=\"default\")",
          "utils.FiniteElement(\"Quadrature\", triangle, 4, (), identity_pullback, H1)"});
}

TEST(Elements, DiscontinuityIsANamePrefixOrAKeyword) {
  for (const char* text : {"element(\"Discontinuous RT\", \"triangle\", 2)",
                           "element(\"RT\", \"triangle\", 2, discontinuous=True)",
                           "FiniteElement(\"DRT\", triangle, 2)"}) {
    EXPECT_EQ(element_of(text).family, raviart_thomas) << text;
    EXPECT_TRUE(element_of(text).discontinuous) << text;
  }
  // Discontinuous Lagrange is a family of its own.
  EXPECT_FALSE(element_of("element(\"P\", \"triangle\", 2, discontinuous=True)").discontinuous);
}

TEST(Elements, VariantsAreBasixsMembers) {
  EXPECT_EQ(element_of("element(\"P\", \"triangle\", 3, lagrange_variant="
                       "basix.LagrangeVariant.equispaced)")
                .lagrange_variant,
            LagrangeVariant::equispaced);
  EXPECT_EQ(element_of("element(\"DG\", \"triangle\", 3, basix.LagrangeVariant.legendre)")
                .lagrange_variant,
            LagrangeVariant::legendre);
  EXPECT_EQ(element_of("FiniteElement(\"Bernstein\", triangle, 3)").lagrange_variant,
            LagrangeVariant::bernstein);
  EXPECT_EQ(element_of("element(\"DPC\", \"quadrilateral\", 2, "
                       "dpc_variant=basix.DPCVariant.diagonal_gll)")
                .dpc_variant,
            DpcVariant::diagonal_gll);
  EXPECT_EQ(element_of("element(\"DPC\", \"quadrilateral\", 2)").dpc_variant, DpcVariant::legendre);
}

TEST(Elements, MixedElementsKeepTheirPartsAndNesting) {
  const Element p2{lagrange, CellType::triangle, 2, {2}};
  const Element p1{lagrange, CellType::triangle, 1, {}};
  for (const char* text : {
           "mixed_element([element(\"P\", \"triangle\", 2, shape=(2,)), "
           "element(\"P\", \"triangle\", 1)])",
           "MixedElement(VectorElement(\"P\", triangle, 2), FiniteElement(\"P\", triangle, 1))",
           "MixedElement([VectorElement(\"P\", triangle, 2), FiniteElement(\"P\", triangle, 1)])",
           "VectorElement(\"P\", triangle, 2)*FiniteElement(\"P\", triangle, 1)",
           "utils.MixedElement([utils.LagrangeElement(triangle, 2, (2,)), "
           "utils.LagrangeElement(triangle, 1)])",
       }) {
    const Element mixed = element_of(text);
    EXPECT_EQ(mixed.family, Family::mixed) << text;
    EXPECT_EQ(mixed.degree, 2) << text;
    EXPECT_EQ(mixed.parts, (std::vector<Element>{p2, p1})) << text;
    EXPECT_EQ(value_shape(mixed, 2), Shape{3}) << text;
  }
  const Element nested =
      element_of("utils.MixedElement([[utils.LagrangeElement(triangle, 3)]*2]*2)");
  ASSERT_EQ(nested.parts.size(), 2U);
  EXPECT_EQ(nested.parts[1].parts.size(), 2U);
  EXPECT_EQ(value_shape(nested, 2), Shape{4});
}

TEST(Elements, TheMiniElementIsASumOfSpacesInEitherDialect) {
  const Element modern = element_of(
      "blocked_element(enriched_element([element(\"P\", \"triangle\", 1), "
      "element(\"Bubble\", \"triangle\", 3)]), shape=(2,))");
  EXPECT_EQ(modern.family, Family::enriched);
  EXPECT_EQ(value_shape(modern, 2), Shape{2});
  EXPECT_EQ(element_of("VectorElement(FiniteElement(\"P\", triangle, 1) + "
                       "FiniteElement(\"B\", triangle, 3))"),
            modern);
  EXPECT_EQ(element_of("VectorElement(EnrichedElement(FiniteElement(\"P\", triangle, 1), "
                       "FiniteElement(\"B\", triangle, 3)))"),
            modern);
}

TEST(Elements, SymmetricTensorsHaveFewerBlocks) {
  for (const char* text : {
           "element(\"P\", \"triangle\", 1, shape=(2, 2), symmetry=True)",
           "blocked_element(element(\"P\", \"triangle\", 1), (2, 2), symmetry=True)",
           "TensorElement(\"P\", triangle, 1, symmetry=True)",
           "TensorElement(\"P\", triangle, 1, symmetry={(0, 1): (1, 0)})",
           "utils.SymmetricElement({(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2}, "
           "[utils.LagrangeElement(triangle, 1) for k in range(3)])",
       }) {
    const Element element = element_of(text);
    EXPECT_TRUE(element.symmetric) << text;
    EXPECT_EQ(element.block_size(), 3) << text;
    EXPECT_EQ(element.shape, (Shape{2, 2})) << text;
  }
}

TEST(Elements, RowsOfAMatrixCanBeVectorsOfAFamily) {
  const Element rows = element_of(
      "utils.FiniteElement(\"vector BDM\", tetrahedron, 1, (3, 3), contravariant_piola, HDiv)");
  EXPECT_EQ(rows.family, bdm);
  EXPECT_EQ(rows.shape, Shape{3});
  EXPECT_EQ(value_shape(rows, 3), (Shape{3, 3}));
}

TEST(Elements, QuadratureElementsCanHaveTheirOwnPoints) {
  const Element custom = element_of(
      "quadrature_element(\"triangle\", points=[[0.25, 0.25], [0.5, 0.25]], weights=[0.25, 0.25])");
  EXPECT_EQ(custom.scheme, "custom");
  EXPECT_EQ(custom.points, (std::vector<double>{0.25, 0.25, 0.5, 0.25}));
  EXPECT_EQ(custom.weights, (std::vector<double>{0.25, 0.25}));
  // Basix's Gauss–Jacobi rule of degree 3 has 2 × 2 points; its weights fill the triangle.
  const Element jacobi =
      element_of("quadrature_element(\"triangle\", scheme=\"gauss_jacobi\", degree=3)");
  ASSERT_EQ(jacobi.weights.size(), 4U);
  double sum = 0;
  for (const double weight : jacobi.weights) sum += weight;
  EXPECT_NEAR(sum, 0.5, 1e-15);
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

TEST(Elements, AllCellsHaveThem) {
  for (const CellType cell : meshes::kCellTypes) {
    const std::string name(meshes::name_of(cell));
    EXPECT_EQ(element_of("element(\"P\", \"" + name + "\", 1)").cell, cell);
    EXPECT_EQ(element_of("FiniteElement(\"P\", " + name + ", 1)").cell, cell);
    EXPECT_EQ(element_of("element(\"P\", basix.CellType." + name + ", 1)").cell, cell);
  }
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
