from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
psi = (1 + inner(grad(f), grad(f)))**(k/2)
E = psi*dx - f*ds
F = derivative(E, f, v)
J = derivative(F, f, u)
A = action(J, f)
B = adjoint(J)
