from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 1))
u, v = TrialFunction(V), TestFunction(V)
w = TestFunction(V, part=-1)
