#include <gtest/gtest.h>

#include <cmath>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

using meshes::CellType;

/// A mesh of triangles with the mixed spaces of Taylor and Hood, and one with a symmetric part.
std::string with_mixed_spaces(const std::string& lines) {
  return R"(
from basix.ufl import element, mixed_element
from ufl import *
mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
P2 = element("P", "triangle", 2, shape=(2,))
P1 = element("P", "triangle", 1)
S = element("P", "triangle", 1, shape=(2, 2), symmetry=True)
TH = FunctionSpace(mesh, mixed_element([P2, P1]))
MM = FunctionSpace(mesh, mixed_element([P1, mixed_element([S, P2])]))
w = Coefficient(TH)
z = Coefficient(MM)
)" + lines +
         "\n";
}

std::string mixed_canonical(const std::string& expression) {
  const FormModule module = parse_form(with_mixed_spaces("M = (" + expression + ")*dx"), "t.py");
  return canonical_text(module.graph, module.forms.at(0));
}

Domain domain_of(const std::string& mesh) {
  return parse_form("from ufl import *\nfrom basix.ufl import element\nmesh = " + mesh +
                        "\nM = Constant(mesh)*dx\n",
                    "t.py")
      .graph.domain();
}

TEST(Meshes, HaveTheirCoordinateElementsCellDegreeAndDimension) {
  const auto of_triangle = [](int degree, int dim) {
    return domain_of("Mesh(element(\"P\", \"triangle\", " + std::to_string(degree) + ", shape=(" +
                     std::to_string(dim) + ",)))");
  };
  EXPECT_EQ(of_triangle(1, 2), Domain(CellType::triangle));
  EXPECT_EQ(of_triangle(1, 3), Domain(CellType::triangle, 3, 1));
  EXPECT_EQ(of_triangle(3, 3), Domain(CellType::triangle, 3, 3));
  EXPECT_EQ(domain_of("Mesh(VectorElement(\"P\", interval, 2, dim=3))"),
            Domain(CellType::interval, 3, 2));
  EXPECT_EQ(domain_of("Mesh(hexahedron)"), Domain(CellType::hexahedron));
  EXPECT_EQ(domain_of("Mesh(element(\"P\", \"prism\", 2, shape=(3,)))"),
            Domain(CellType::prism, 3, 2));
}

TEST(Meshes, MayComeAfterTheElements) {
  const FormModule module = parse_form(R"(
from ufl import *
import basix.ufl
e = basix.ufl.element("RT", "triangle", 1)
mesh = Mesh(basix.ufl.element("P", "triangle", 2, shape=(3,)))
u = Coefficient(FunctionSpace(mesh, e))
x, y, z = SpatialCoordinate(mesh)
M = u[2]*z*dx
)",
                                       "t.py");
  EXPECT_EQ(module.graph.domain(), Domain(CellType::triangle, 3, 2));
}

TEST(Meshes, ThatDependOnWhatTheyDecideAreRefused) {
  EXPECT_NE(first_error(R"(from ufl import *
from basix.ufl import element
c = VectorConstant(triangle)
d = 2 if len(c) == 3 else 3
mesh = Mesh(element("P", "triangle", 1, shape=(d,)))
M = c[0]*dx
)")
                .find("the mesh depends on functions that were made before it"),
            std::string::npos);
}

TEST(Meshes, TellTheirCellAndDimensionsAsAttributesAndAsMethods) {
  const std::string surface = R"(from ufl import *
from basix.ufl import element
mesh = Mesh(element("P", "triangle", 1, shape=(3,)))
V = FunctionSpace(mesh, element("P", "triangle", 2, shape=(3,)))
M = Constant(mesh)*dx
)";
  for (const char* holds :
       {"mesh.geometric_dimension == 3", "mesh.geometric_dimension() == 3",
        "mesh.topological_dimension == 2", "mesh.topological_dimension() == 2",
        "mesh.ufl_cell().cellname == \"triangle\"", "mesh.ufl_cell().cellname() == \"triangle\"",
        "mesh.ufl_cell() == triangle", "V.ufl_element().degree == 2",
        "V.ufl_element().cell == triangle", "V.ufl_element().cell() == triangle",
        "V.ufl_domain().geometric_dimension() == 3", "V.value_shape == (3,)",
        "mesh.ufl_coordinate_element() == element(\"P\", \"triangle\", 1, shape=(3,))",
        "Coefficient(V).ufl_function_space() == V", "Coefficient(V).ufl_element().dim == 18",
        "V.ufl_element().num_sub_elements == 3", "triangle.num_facets() == 3"}) {
    EXPECT_EQ(first_error(surface + "assert " + holds + "\n"), "") << holds;
  }
  EXPECT_NE(first_error(surface + "assert mesh.geometric_dimension == 2\n"), "");
}

TEST(Split, GivesTheComponentsOfEachPartInItsShape) {
  EXPECT_EQ(mixed_canonical("split(w)[1]"), mixed_canonical("w[2]"));
  EXPECT_EQ(mixed_canonical("div(split(w)[0])"), mixed_canonical("div(as_vector([w[0], w[1]]))"));
  // The parts of z begin at 0, 1 (a symmetric matrix of 2 × 2 values) and 5.
  EXPECT_EQ(mixed_canonical("split(z)[0]"), mixed_canonical("z[0]"));
  EXPECT_EQ(mixed_canonical("tr(split(split(z)[1])[0])"),
            mixed_canonical("tr(as_matrix([[z[1], z[2]], [z[3], z[4]]]))"));
  EXPECT_EQ(mixed_canonical("div(split(split(z)[1])[1])"),
            mixed_canonical("div(as_vector([z[5], z[6]]))"));
  EXPECT_NE(mixed_canonical("split(w)[1]"), mixed_canonical("w[1]"));
}

TEST(Split, OfFunctionsOfOnePartGivesItsComponentsOrItself) {
  EXPECT_EQ(canonical("p, = split(f)\nM = p*dx"), canonical("M = f*dx"));
  EXPECT_EQ(canonical("p, q = split(b)\nM = p*q*dx"), canonical("M = b[0]*b[1]*dx"));
}

TEST(Split, IsWhatTestFunctionsAndTheirLikeGive) {
  const auto text = [](const std::string& lines) {
    const FormModule module = parse_form(with_mixed_spaces(lines), "t.py");
    return canonical_text(module.graph, module.forms.at(0));
  };
  EXPECT_EQ(
      text("u, p = TrialFunctions(TH)\nv, q = TestFunctions(TH)\na = p*div(v)*dx + q*u[0]*dx"),
      text("u, p = split(TrialFunction(TH))\nv, q = split(TestFunction(TH))\n"
           "a = p*div(v)*dx + q*u[0]*dx"));
  EXPECT_EQ(text("u, p = Coefficients(TH)\nM = p*u[0]*dx"), text("u, p = split(w)\nM = p*u[0]*dx"));
  EXPECT_EQ(text("u, p = Arguments(TH, 0)\nL = p*dx"), text("u, p = TestFunctions(TH)\nL = p*dx"));
}

TEST(Spaces, ValuesOfPiolaFamiliesHaveTheDimensionOfSpace) {
  const FormModule module = parse_form(R"(
from ufl import *
from basix.ufl import element
mesh = Mesh(element("P", "triangle", 1, shape=(3,)))
u = Coefficient(FunctionSpace(mesh, element("RT", "triangle", 1)))
s = Coefficient(FunctionSpace(mesh, element("Regge", "triangle", 0)))
assert u.ufl_shape == (3,)
assert s.ufl_shape == (3, 3)
M = u[2]*s[2, 2]*dx
)",
                                       "t.py");
  EXPECT_EQ(module.graph.dim(), 3);
}

TEST(Spaces, GeometricQuantitiesGoByTheirNamesInUfl) {
  for (int k = 0; k <= static_cast<int>(GeometricQuantity::quadrature_weight); ++k) {
    const auto quantity = static_cast<GeometricQuantity>(k);
    const std::string name = name_of(quantity);
    const bool is_surface = quantity == GeometricQuantity::cell_normal;
    const FormModule module =
        parse_form("from ufl.geometry import " + name +
                       "\nfrom ufl import *\nfrom basix.ufl import element\n"
                       "mesh = Mesh(element(\"P\", \"" +
                       (is_surface ? "triangle" : "tetrahedron") +
                       "\", 1, shape=(3,)))\nh = " + name + "(mesh)\nM = inner(h, h)*ds\n",
                   "t.py");
    const ExprGraph& g = module.graph;
    const std::vector<ExprId> nodes = reachable(g, module.forms.at(0).integrals.at(0).integrand);
    EXPECT_EQ(g[nodes[0]].op, Op::geometric_quantity) << name;
    EXPECT_EQ(g[nodes[0]].number, k) << name;
  }
}

TEST(Basix, GivesPointsOfElementsAndRules) {
  const FormModule module = parse_form(R"(
import basix
import basix.ufl
from ufl import *
mesh = Mesh(basix.ufl.element("P", "triangle", 1, shape=(2,)))
f = Coefficient(FunctionSpace(mesh, basix.ufl.element("P", "triangle", 2)))
cell = basix.CellType["triangle"]
family = basix.finite_element.string_to_family("Lagrange", "triangle")
rule = basix.quadrature.string_to_type("gauss_jacobi")
points, weights = basix.quadrature.make_quadrature(cell, 3, rule=rule)
assert len(weights) == 4
assert len(basix.make_quadrature(cell, 1)[0]) == 1
e = basix.create_element(family, cell, 1, basix.LagrangeVariant.gll_warped)
expressions = [(grad(f), points), (f, e.points)]
)",
                                       "t.py");
  ASSERT_EQ(module.expressions.size(), 2U);
  EXPECT_EQ(module.expressions[0].points.size(), 8U);
  EXPECT_EQ(module.graph[module.expressions[0].value].shape, Shape{2});
  EXPECT_EQ(module.expressions[1].name, "f");
  // The nodes of P1 are the vertices.
  EXPECT_EQ(module.expressions[1].points, (std::vector<double>{0, 0, 1, 0, 0, 1}));
}

TEST(ComplexNumbers, AreRealPartsPlusImaginaryPartsTimesTheUnit) {
  const FormModule module = parse_after_prelude("M = (2 + 3j)*f*dx");
  int units = 0;
  for (const ExprId id : reachable(module.graph, module.forms[0].integrals[0].integrand)) {
    units += module.graph[id].op == Op::imaginary_unit ? 1 : 0;
  }
  EXPECT_EQ(units, 1);
  EXPECT_NE(canonical("M = (2 + 3j)*f*dx"), canonical("M = (2 - 3j)*f*dx"));
  EXPECT_EQ(canonical("M = 1j*f*dx"), canonical("M = (1j)*f*dx"));
}

}  // namespace
}  // namespace femsynth::fem::testing
