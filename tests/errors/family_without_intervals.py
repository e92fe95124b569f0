from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "interval", 1, shape=(1,)))
V = FunctionSpace(mesh, element("P", "interval", 1))
u, v = TrialFunction(V), TestFunction(V)
S = element("RT", "interval", 1)
a = u*v*dx
