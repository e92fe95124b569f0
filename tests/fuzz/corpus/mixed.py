from basix.ufl import *
from ufl import *
P2, P1 = element("P", "tetrahedron", 2, shape=(3,)), element("P", "tetrahedron", 1)
m = Mesh(element("P", "tetrahedron", 1, shape=(3,)))
V = FunctionSpace(m, mixed_element([P2, P1]))
(u, p), (v, q) = TrialFunctions(V), TestFunctions(V)
w = Coefficient(V)
x, y = split(w)
a = (inner(grad(u), grad(v)) - div(v)*p + q*div(u))*dx
L = dot(x, v)*dx + y*q*dx
