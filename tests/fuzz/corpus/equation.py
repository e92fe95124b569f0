from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
F = inner(grad(u), grad(v))*dx - f*v*dx
a, L = system(F)
a2, L2 = lhs(F), rhs(F)
F2 = replace(F, {f: 2*f + k})
E = a == L
n = energy_norm(a)
forms = [a, L]
