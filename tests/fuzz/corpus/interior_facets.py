from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
n = FacetNormal(m)
h = CellDiameter(m)
a = inner(jump(u, n), jump(v, n))*dS - inner(avg(grad(u)), jump(v, n))*dS(1, degree=3) + u('+')*v("-")/avg(h)*dS((1, 2))
