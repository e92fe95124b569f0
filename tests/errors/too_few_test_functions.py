from basix.ufl import element, mixed_element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 1))
u, v = TrialFunction(V), TestFunction(V)
W = FunctionSpace(mesh, mixed_element([element("P", "triangle", 2), element("P", "triangle", 1)]))
u, p, q = TestFunctions(W)
