from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
F = variable(grad(w))
psi = ln(det(F))**2 + tr(F.T*F)
P = diff(psi, F)
L = inner(P, grad(TestFunction(W)))*dx
