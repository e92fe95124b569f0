from basix.ufl import *
from ufl import *
e = blocked_element(element("P", "triangle", 1), shape=(2, 2), symmetry=True)
q = quadrature_element("triangle", (2,), degree=3)
z = enriched_element([element("P", "triangle", 1), element("Bubble", "triangle", 3)])
m = Mesh(element("P", "triangle", 2, shape=(2,)))
a = inner(TrialFunction(FunctionSpace(m, e)), TestFunction(FunctionSpace(m, e)))*dx
