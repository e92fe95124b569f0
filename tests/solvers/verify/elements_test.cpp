#include "pipeline.hpp"

/// Families, geometries, measures and number types beyond Lagrange elements on straight cells: the
/// compiler's kernels agree with the oracle.
namespace femsynth::solvers {
namespace {

struct Sample {
  const char* name;
  const char* cell;
  const char* geometry;  ///< degree and dimension of the mesh's element
  const char* body;
  synth::Precision precision = synth::Precision::f64;
};

std::string text_of(const Sample& s) {
  const std::string cell = s.cell;
  return "from ufl import *\nimport basix.ufl\n"
         "from basix.ufl import element, mixed_element, enriched_element, quadrature_element\n"
         "mesh = Mesh(element(\"P\", \"" +
         cell + "\", " + s.geometry + "))\ncell = \"" + cell +
         "\"\nx = SpatialCoordinate(mesh)\nn = FacetNormal(mesh)\n"
         "def space(*args, **kw): return FunctionSpace(mesh, element(args[0], cell, args[1], "
         "**kw))\n" +
         s.body;
}

const Sample kSamples[] = {
    {"InteriorPenalty", "triangle", "1, shape=(2,)",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\nh = CellDiameter(mesh)\n"
     "a = inner(grad(u), grad(v))*dx - inner(avg(grad(u)), jump(v, n))*dS"
     " - inner(jump(u, n), avg(grad(v)))*dS + 4/avg(h)*inner(jump(u, n), jump(v, n))*dS\n"},
    {"InteriorPenaltyHexahedra", "hexahedron", "1, shape=(3,)",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\nw = Coefficient(V)\n"
     "a = avg(w)*inner(jump(u), jump(v))*dS + inner(dot(grad(u)('+'), n('+')), v('-'))*dS\n"},
    {"MixedPoisson", "triangle", "1, shape=(2,)",
     "W = FunctionSpace(mesh, mixed_element([element(\"RT\", cell, 2), element(\"DG\", cell, "
     "1)]))\n"
     "(s, u), (t, v) = TrialFunctions(W), TestFunctions(W)\n"
     "a = (inner(s, t) + inner(div(t), u) + inner(div(s), v))*dx\n"},
    {"BdmTetrahedra", "tetrahedron", "1, shape=(3,)",
     "V = space(\"BDM\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*dx + inner(div(u), div(v))*dx\n"},
    {"CurlCurl", "tetrahedron", "1, shape=(3,)",
     "V = space(\"N1curl\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(curl(u), curl(v))*dx + inner(cross(n, u), cross(n, v))*ds\n"},
    {"CurlCurlHexahedra", "hexahedron", "1, shape=(3,)",
     "V = space(\"N1curl\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(curl(u), curl(v))*dx + inner(u, v)*dx\n"},
    {"RtQuadrilaterals", "quadrilateral", "1, shape=(2,)",
     "V = space(\"RT\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*dx + inner(grad(u), grad(v))*dx\n"},
    {"TaylorHood", "triangle", "1, shape=(2,)",
     "W = FunctionSpace(mesh, mixed_element([element(\"P\", cell, 2, shape=(2,)),"
     " element(\"P\", cell, 1)]))\n(u, p), (v, q) = TrialFunctions(W), TestFunctions(W)\n"
     "a = (inner(grad(u), grad(v)) - p*div(v) - q*div(u))*dx\n"},
    {"StokesBlock", "triangle", "1, shape=(2,)",
     "W = MixedFunctionSpace(space(\"P\", 2, shape=(2,)), space(\"P\", 1))\n"
     "(u, p), (v, q) = TrialFunctions(W), TestFunctions(W)\n"
     "a = (inner(grad(u), grad(v)) - p*div(v) - q*div(u))*dx + p*dot(v, n)*ds\n"
     "forms = [extract_blocks(a, 0, 1)]\n"},
    {"MixedPoissonBlock", "quadrilateral", "1, shape=(2,)",
     "W = FunctionSpace(mesh, mixed_element([element(\"RT\", cell, 2), element(\"DG\", cell, "
     "1)]))\n"
     "(s, u), (t, v) = TrialFunctions(W), TestFunctions(W)\n"
     "a = (inner(s, t) + inner(div(t), u) + inner(div(s), v))*dx\n"
     "forms = [extract_blocks(a, 1, 0)]\n"},
    {"DerivativeBlock", "tetrahedron", "1, shape=(3,)",
     "V, Q = space(\"P\", 2, shape=(3,)), space(\"P\", 1)\nW = MixedFunctionSpace(V, Q)\n"
     "u, p = Coefficients(W)\nv, q = TestFunctions(W)\n"
     "F = (inner(grad(u), grad(v)) + inner(dot(u, grad(u)), v) - p*div(v) - p**2*q*div(u))*dx\n"
     "forms = [extract_blocks(derivative(F, (u, p), TrialFunctions(W)), 1, 0)]\n"},
    {"Mini", "triangle", "1, shape=(2,)",
     "E = enriched_element([element(\"P\", cell, 1), element(\"bubble\", cell, 3)])\n"
     "V = FunctionSpace(mesh, E)\nu, v = TrialFunction(V), TestFunction(V)\nw = Coefficient(V)\n"
     "a = w*inner(grad(u), grad(v))*dx\n"},
    {"Regge", "triangle", "1, shape=(2,)",
     "V = space(\"Regge\", 1)\nu, v = TrialFunction(V), TestFunction(V)\na = inner(u, v)*dx\n"},
    {"Hyperelasticity", "tetrahedron", "1, shape=(3,)",
     "V = space(\"P\", 1, shape=(3,))\nu = Coefficient(V)\nF = Identity(3) + 0.1*grad(u)\n"
     "C = variable(F.T*F)\nJ = det(F)\nI1 = tr(C)\npsi = I1 - 3 - 2*ln(J) + ln(J)**2\n"
     "S = 2*diff(tr(C) + tr(C*C), C)\n"
     "Pi = psi*dx + inner(S, C)*dx\nL = derivative(Pi, u)\na = derivative(L, u)\nforms = [a]\n"},
    {"CurvedTriangles", "triangle", "2, shape=(2,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + u*dot(grad(v), n)*ds\n"},
    {"CurvedRt", "triangle", "2, shape=(2,)",
     "V = space(\"RT\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*dx + div(u)*div(v)*dx + dot(u, n)('+')*dot(v, n)('+')*dS\n"},
    {"Surface", "triangle", "1, shape=(3,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + u*v*ds\n"},
    {"CurvedSurface", "quadrilateral", "2, shape=(3,)",
     "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + CellNormal(mesh)[2]*u*v*dx\n"},
    {"SurfaceRt", "triangle", "1, shape=(3,)",
     "V = space(\"RT\", 2)\nu, v = TrialFunction(V), TestFunction(V)\nw = Coefficient(V)\n"
     "a = inner(u, v)*dx + div(w)*inner(u, v)*dx + dot(w, n)*div(u)*dot(v, n)*ds\n"},
    {"CurvedSurfaceBdm", "triangle", "3, shape=(3,)",
     "V = space(\"BDM\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = div(v)*dx + dot(jump(w), CellNormal(mesh)(\"+\"))*dot(v(\"-\"), n(\"-\"))*dS\n"},
    {"CurvedSurfaceMixed", "quadrilateral", "2, shape=(3,)",
     "W = FunctionSpace(mesh, mixed_element([element(\"RTCF\", cell, 1), element(\"DQ\", cell, "
     "0)]))\n"
     "(s, u), (t, v) = TrialFunctions(W), TestFunctions(W)\n"
     "a = (inner(s, t) + inner(div(t), u) + inner(div(s), v))*dx\n"},
    {"CurvedSurfaceNedelec", "triangle", "2, shape=(3,)",
     "V = space(\"N1curl\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(cross(CellNormal(mesh), u), v)*dx + inner(u, v)*dx\n"},
    {"CurvedSurfacePenalty", "triangle", "3, shape=(3,)",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\nk = CellNormal(mesh)\n"
     "a = inner(grad(u), grad(v))*dx + dot(k(\"+\"), k(\"-\"))*inner(jump(u), jump(v))*dS\n"},
    {"CurlCurlGradientsOnQuadrilaterals", "quadrilateral", "1, shape=(2,)",
     "V = space(\"N1curl\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(rot(u)), grad(rot(v)))*dx\n"},
    {"DivergenceGradientsOnCurvedTriangles", "triangle", "2, shape=(2,)",
     "V = space(\"BDM\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(div(u)), grad(div(v)))*dx + avg(u[0].dx(0, 1))*jump(v, n)*dS\n"},
    {"HessiansOfCurvedHellanHerrmannJohnson", "triangle", "2, shape=(2,)",
     "V = space(\"HHJ\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(w)), grad(grad(v)))*dx\n"},
    {"HessiansOfHexahedralNedelec", "hexahedron", "1, shape=(3,)",
     "V = space(\"N1curl\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(curl(curl(w)), curl(curl(v)))*dx\n"},
    {"GradientsOfSurfaceNedelec", "quadrilateral", "1, shape=(3,)",
     "V = space(\"N1curl\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + inner(curl(u), v)*dx\n"},
    {"HessiansOfSurfaceNedelec", "triangle", "2, shape=(3,)",
     "V = space(\"N1curl\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(w)), grad(grad(v)))*dx\n"},
    {"HessiansOnCurvedSurfaces", "triangle", "2, shape=(3,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = div(grad(u))*div(grad(v))*dx + u.dx(0).dx(2)*v*dx\n"},
    {"HessiansOnPyramids", "pyramid", "1, shape=(3,)",
     "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(grad(u)), grad(grad(v)))*dx\n"},
    {"SixthOrder", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 3)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(div(grad(u))), grad(div(grad(v))))*dx"
     " + inner(jump(grad(div(grad(u)))), jump(grad(div(grad(v)))))*dS\n"},
    {"SixthOrderOnCurvedTriangles", "triangle", "2, shape=(2,)",
     "V = space(\"P\", 3)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(div(grad(u))), grad(div(grad(v))))*dx\n"},
    {"SixthOrderOnHexahedra", "hexahedron", "1, shape=(3,)",
     "V = space(\"P\", 2)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(div(grad(w))), grad(div(grad(v))))*dx\n"},
    {"SixthOrderByEnergy", "quadrilateral", "1, shape=(2,)",
     "V = space(\"P\", 3)\nw = Coefficient(V)\nJ = Dx(div(grad(w)), 1)**2*dx\n"
     "forms = [derivative(derivative(J, w), w)]\n"},
    {"FourthDerivativesOnCurvedSurfaces", "triangle", "2, shape=(3,)",
     "V = space(\"P\", 2)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = div(grad(div(grad(w))))*v.dx(0).dx(2).dx(0)*dx\n"},
    {"DerivativesOfJacobians", "quadrilateral", "2, shape=(2,)",
     "J, K = Jacobian(mesh), JacobianInverse(mesh)\n"
     "M = (inner(grad(J), grad(J)) + dot(grad(det(J)), grad(JacobianDeterminant(mesh)))"
     " + inner(grad(grad(K)), grad(grad(K))))*dx(degree=6)\n"},
    {"DerivativesOfNormals", "hexahedron", "1, shape=(3,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\n"
     "L = (div(n)*v + inner(grad(FacetJacobian(mesh)), grad(FacetJacobian(mesh)))*v)*ds(degree=3)"
     " + inner(grad(n)('+'), grad(n)('-'))*avg(v)*dS(degree=3)\n"},
    {"CurvatureOfSurfaces", "triangle", "2, shape=(3,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\n"
     "L = div(CellNormal(mesh))**2*v*dx(degree=6) + div(n)*v*ds(degree=6)\n"},
    {"ThirdDerivativesOfTwistedRt", "quadrilateral", "1, shape=(3,)",
     "V = space(\"RT\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(grad(w))), grad(grad(grad(v))))*dx\n"},
    {"FourthDerivativesOfCurvedNedelec", "triangle", "2, shape=(2,)",
     "V = space(\"N1curl\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(curl(nabla_grad(nabla_grad(nabla_grad(w)))[0, 1, 1, :]), rot(v))*dx\n"},
    {"ThirdDerivativesOfCurvedRegge", "triangle", "2, shape=(2,)",
     "V = space(\"Regge\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = avg(w[0, 1].dx(0, 1, 1))*jump(v)[1, 1].dx(1)*dS + inner(w, v)*dx\n"},
    {"ThirdDerivatives", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 4)\nu, v = TrialFunction(V), TestFunction(V)\nw = Coefficient(V)\n"
     "a = w*inner(grad(div(grad(u))), grad(div(grad(v))))*dx(degree=6)"
     " - inner(avg(dot(grad(div(grad(u))), n)), jump(v))*dS + u.dx(0, 1, 0)*v*ds\n"},
    {"FourthDerivativesOnQuadrilaterals", "quadrilateral", "1, shape=(2,)",
     "V = space(\"P\", 3)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(div(grad(div(grad(u)))), v)*dx(degree=6)\n"},
    {"FourthDerivativesOnCurvedTriangles", "triangle", "3, shape=(2,)",
     "V = space(\"P\", 4)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = div(grad(div(grad(w))))*v*dx(degree=4) + w*v.dx(0, 1, 1, 0)*dx(degree=4)\n"},
    {"ThirdDerivativesOnCurvedTetrahedra", "tetrahedron", "2, shape=(3,)",
     "V = space(\"P\", 2)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(grad(w))), grad(grad(grad(v))))*dx(degree=2)"
     " + w*dot(grad(div(grad(v))), n)*ds(degree=2)\n"},
    {"ThirdDerivativesOnPrisms", "prism", "1, shape=(3,)",
     "V = space(\"P\", 2)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(grad(w))), grad(grad(grad(v))))*dx(degree=3)\n"},
    {"FourthDerivativesOnCurvedPyramids", "pyramid", "2, shape=(3,)",
     "V = space(\"P\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = w*div(grad(div(grad(v))))*dx(degree=2)\n"},
    {"ThirdDerivativesOfRaviartThomasOnCurvedTriangles", "triangle", "2, shape=(2,)",
     "V = space(\"RT\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(grad(div(u))), grad(grad(div(v))))*dx(degree=4)"
     " + avg(u[0].dx(0, 1, 1))*jump(v, n)*dS(degree=4)\n"},
    {"ThirdDerivativesOfNedelecOnHexahedra", "hexahedron", "1, shape=(3,)",
     "V = space(\"N1curl\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(curl(curl(curl(w))), v)*dx(degree=2)\n"},
    {"ThirdDerivativesOfSurfaceNedelec", "quadrilateral", "1, shape=(3,)",
     "V = space(\"N1curl\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(grad(w))), grad(grad(grad(v))))*dx(degree=2)\n"},
    {"ThirdDerivativesOfComplexFunctions", "quadrilateral", "1, shape=(2,)",
     "V = space(\"P\", 3)\nu, v = TrialFunction(V), TestFunction(V)\nw = Coefficient(V)\n"
     "a = w*inner(grad(div(grad(u))), (1 + 2j)*grad(v))*dx(degree=5)\n",
     synth::Precision::c128},
    {"ThirdDerivativesInSinglePrecision", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 3)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(div(grad(u))), grad(div(grad(v))))*dx\n",
     synth::Precision::f32},
    {"LengthsOfCurves", "interval", "3, shape=(3,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\nL = CellVolume(mesh)*v*dx\n"},
    {"AreasOfBentFaces", "pyramid", "1, shape=(3,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\nL = FacetArea(mesh)*v*ds(degree=1)\n"},
    {"CurveInThePlane", "interval", "2, shape=(2,)",
     "V = space(\"P\", 2)\nv = TestFunction(V)\n"
     "L = CellOrientation(mesh)*JacobianDeterminant(mesh)*CellNormal(mesh)[1]*v*dx\n"},
    {"Prisms", "prism", "1, shape=(3,)",
     "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + u*v*ds\n"},
    {"Pyramids", "pyramid", "1, shape=(3,)",
     "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx\n"},
    {"Helmholtz", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\nk = Coefficient(V)\n"
     "a = inner(grad(u), grad(v))*dx - k**2*inner(u, v)*dx - 1j*conj(k)*inner(u, v)*ds\n",
     synth::Precision::c128},
    {"ComplexFunctional", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 1)\nw = Coefficient(V)\nM = (exp(1j*w) + abs(w)*sqrt(w))*dx\nforms = [M]\n",
     synth::Precision::c128},
    {"Sizes", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\n"
     "L = (CellVolume(mesh) + Circumradius(mesh) + CellDiameter(mesh))*v*dx"
     " + FacetArea(mesh)*MinCellEdgeLength(mesh)*v*ds\n"},
    {"Bessel", "interval", "1, shape=(1,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\nw = Coefficient(V)\n"
     "L = (bessel_J(0, w) + bessel_J(2, w) + bessel_Y(1, w) + bessel_I(0, w) + bessel_I(1, "
     "w))*v*dx\n"},
    {"Vertices", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 1)\nv = TestFunction(V)\nL = x[0]*v*dP\n"},
    {"QuadratureElement", "triangle", "1, shape=(2,)",
     "Q = FunctionSpace(mesh, quadrature_element(cell, degree=2))\nV = space(\"P\", 1)\n"
     "v, w = TestFunction(V), Coefficient(Q)\nL = w*v*dx(metadata={\"quadrature_degree\": 2})\n"},
    {"SinglePrecisionCurlCurl", "tetrahedron", "1, shape=(3,)",
     "V = space(\"N1curl\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(curl(u), curl(v))*dx + inner(u, v)*dx\n",
     synth::Precision::f32},
    {"SinglePrecisionHelmholtz", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\nk = Constant(mesh)\n"
     "a = inner(grad(u), grad(v))*dx - 1j*k*inner(u, v)*dx\n",
     synth::Precision::c64},
    {"DegreeSix", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 6)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx\n"},
    {"RtDegreeFour", "triangle", "1, shape=(2,)",
     "V = space(\"RT\", 4)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*dx + div(u)*div(v)*dx\n"},
    {"HellanHerrmannJohnson", "triangle", "1, shape=(2,)",
     "V = space(\"HHJ\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*dx + dot(n, dot(u, n))('+')*dot(n, dot(v, n))('-')*dS\n"},
    {"Hermite", "triangle", "1, shape=(2,)",
     "V = space(\"Hermite\", 3)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(grad(u)), grad(grad(v)))*dx\n"},
    {"CrouzeixRaviart", "tetrahedron", "1, shape=(3,)",
     "V = space(\"CR\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + inner(jump(u), jump(v))*dS\n"},
    {"Serendipity", "quadrilateral", "1, shape=(2,)",
     "V = space(\"S\", 3)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx\n"},
    {"Dpc", "hexahedron", "1, shape=(3,)",
     "V = space(\"DPC\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*dx + inner(jump(u), jump(v))*dS\n"},
    {"NedelecSecondKind", "triangle", "1, shape=(2,)",
     "V = space(\"N2curl\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(rot(u), rot(v))*dx + inner(u, v)*ds\n"},
    {"SymmetricTensors", "triangle", "1, shape=(2,)",
     "V = FunctionSpace(mesh, element(\"P\", cell, 1, shape=(2, 2), symmetry=True))\n"
     "s, t = TrialFunction(V), TestFunction(V)\na = inner(div(s), div(t))*dx + inner(s, t)*dx\n"},
    {"PrismsOfDegreeTwo", "prism", "2, shape=(3,)",
     "V = space(\"P\", 2)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = w*dot(grad(w), grad(v))*dx + w*v*ds\n"},
    {"PrismsJump", "prism", "1, shape=(3,)",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(jump(u, n), jump(v, n))*dS\n"},
    // NVRTC 13.0 lays two arrays of this kernel over each other if all its functions are inlined.
    {"VectorsOnFacetsOfHexahedra", "hexahedron", "1, shape=(3,)",
     "V = space(\"P\", 2, shape=(3,))\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(u, v)*ds\n"},
    {"PyramidsOfDegree3", "pyramid", "1, shape=(3,)",
     "V = space(\"P\", 3, lagrange_variant=basix.LagrangeVariant.equispaced)\n"
     "v, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(w), grad(v))*dx + w*v*ds + inner(dot(avg(grad(w)), n('+')), v('-'))*dS\n"},
    {"QuadraticPyramids", "pyramid", "2, shape=(3,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + u*dot(grad(v), n)*ds\n"},
    {"JumpsOnCubicPyramids", "pyramid",
     "3, shape=(3,), lagrange_variant=basix.LagrangeVariant.equispaced",
     "V = space(\"P\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(w), grad(v))*dx + inner(avg(grad(w)), jump(v, n))*dS + x[0]*v('-')*dS\n"},
    {"SizesOfCurvedPyramids", "pyramid", "2, shape=(3,)",
     "V = space(\"DG\", 0)\nv = TestFunction(V)\n"
     "L = CellVolume(mesh)*CellDiameter(mesh)*v*dx + FacetArea(mesh)*v*ds(degree=1)\n"},
    {"HessiansOnCurvedPyramids", "pyramid", "2, shape=(3,)",
     "V = space(\"P\", 2)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(grad(w)), grad(grad(v)))*dx(degree=3)\n"},
    {"PyramidsJump", "pyramid", "1, shape=(3,)",
     "V = space(\"DG\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(jump(u, n), avg(grad(v)))*dS + u*v*ds\n"},
    {"CurveInSpace", "interval", "2, shape=(3,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx + jump(u)*jump(v)*dS + u*v*ds\n"},
    {"CubicTetrahedra", "tetrahedron", "3, shape=(3,)",
     "V = space(\"P\", 1)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx\n"},
    {"CurvedHexahedra", "hexahedron", "2, shape=(3,)",
     "V = space(\"P\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "L = inner(grad(w), grad(v))*dx + dot(grad(w), n)*v*ds\n"},
    {"Hessians", "quadrilateral", "2, shape=(2,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(div(grad(u)), div(grad(v)))*dx\n"},
    {"SplitMixedDerivative", "triangle", "1, shape=(2,)",
     "W = FunctionSpace(mesh, mixed_element([element(\"P\", cell, 2, shape=(2,)),"
     " element(\"P\", cell, 1)]))\nw = Coefficient(W)\nu, p = split(w)\n"
     "E = exp(p)*inner(grad(u), grad(u))*dx + p**3*dx\nL = derivative(E, w)\n"
     "a = derivative(L, w)\nforms = [a]\n"},
    {"VertexRule", "triangle", "1, shape=(2,)",
     "V = space(\"P\", 2)\nu, v, w = TrialFunction(V), TestFunction(V), Coefficient(V)\n"
     "a = w*u*v*dx(scheme=\"vertex\") + inner(grad(u), grad(v))*dx"
     " + w*u*v*ds(metadata={\"quadrature_rule\": \"vertex\"})\n"},
    {"VertexRuleOnPrisms", "prism", "1, shape=(3,)",
     "V = space(\"P\", 1)\nu, v, w = TrialFunction(V), TestFunction(V), Coefficient(V)\n"
     "a = w*u*v*dx(scheme=\"vertex\") + w*u*v*ds(scheme=\"vertex\") +"
     " w*u('+')*v('-')*dS(scheme=\"vertex\")\n"},
    {"GllRule", "hexahedron", "1, shape=(3,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx(scheme=\"GLL\", degree=3) + u*v*dx(scheme=\"GLL\", degree=3)"
     " + u*v*ds(scheme=\"GLL\", degree=3)\n"},
    {"GllRuleThatIsExact", "interval", "1, shape=(1,)",
     "V = space(\"P\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "a = inner(grad(u), grad(v))*dx(scheme=\"GLL\") + u*v*dx(scheme=\"GLL\", degree=4)\n"},
    {"CustomRules", "triangle", "1, shape=(2,)",
     "V = space(\"DG\", 2)\nu, v = TrialFunction(V), TestFunction(V)\n"
     "def rule(p, w): return {\"quadrature_rule\": \"custom\", \"quadrature_points\": p,"
     " \"quadrature_weights\": w}\n"
     "a = u*v*dx(metadata=rule([[1/3, 1/3], [0.6, 0.2]], [0.2, 0.3]))"
     " + avg(u)*avg(v)*dS(metadata=rule([[0.2], [0.9]], [0.75, 0.25]))\n"},
    {"CustomRuleOnFacetsOfHexahedra", "hexahedron", "1, shape=(3,)",
     "V = space(\"DG\", 1)\nv, w = TestFunction(V), Coefficient(V)\n"
     "r = {\"quadrature_rule\": \"custom\", \"quadrature_points\": [[0.25, 0.125], [0.5, 0.75]],"
     " \"quadrature_weights\": [0.75, 0.25]}\n"
     "L = w('+')*w('-')*v('+')*dS(metadata=r) + w*v*ds(metadata=r)\n"},
    {"MacroCoefficients", "tetrahedron", "1, shape=(3,)",
     "V = space(\"RT\", 1)\nw = Coefficient(V)\n"
     "M = (dot(w, n)('+') + dot(w, n)('-'))**2*dS + dot(avg(w), avg(w))*dS\nforms = [M]\n"},
};

VerifyOptions two_inputs() {
  VerifyOptions options;
  options.inputs = 2;
  return options;
}

class Samples : public testing::TestWithParam<Sample> {};

TEST_P(Samples, AreVerified) {
  if (!has_nvrtc()) GTEST_SKIP() << "no NVRTC";
  synth::Schedule schedule;
  schedule.precision = GetParam().precision;
  const Lowered form = lower(text_of(GetParam()), schedule);
  const VerifyReport report = judge(form, two_inputs());
  EXPECT_EQ(report.verdict(), "verified") << to_text(report);
}

TEST(Rules, OfWhichTheSumsAreJudgedAreNamed) {
  if (!has_nvrtc()) GTEST_SKIP() << "no NVRTC";
  const std::string text =
      form_text("triangle", 1,
                "v, w = TestFunction(V), Coefficient(V)\n"
                "L = w*v*dx(scheme=\"vertex\") + w*v*ds(scheme=\"GLL\", degree=1) + w*v*dx\n");
  const VerifyReport report = judge(lower(text, {}), two_inputs());
  EXPECT_EQ(report.rules,
            (std::vector<std::string>{"dx by the rule vertex", "ds by the rule gll of degree 1"}));
  EXPECT_NE(to_text(report).find("judged as sums: dx by the rule vertex, ds by the rule gll of "
                                 "degree 1\n"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Forms, Samples, testing::ValuesIn(kSamples),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace femsynth::solvers
