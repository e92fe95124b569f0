from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
L = (CellVolume(m) + Circumradius(m) + MinCellEdgeLength(m))*v*dx + FacetArea(m)*v*ds + avg(MaxFacetEdgeLength(m))*avg(v)*dS + det(Jacobian(m))*v*dx
