from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 6))
u, v = TrialFunction(V), TestFunction(V)
lap = lambda f: div(grad(f))
a = inner(grad(lap(lap(u))), grad(v))*dx
