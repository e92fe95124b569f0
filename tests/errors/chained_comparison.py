from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 1))
W = FunctionSpace(mesh, element("P", "triangle", 2, shape=(2,)))
u, v = TrialFunction(V), TestFunction(V)
w = TestFunction(W)
f = Coefficient(V)
L = conditional(0 < f < 1, 1, 2)*v*dx
