from basix.ufl import element, quadrature_element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 1))
u, v = TrialFunction(V), TestFunction(V)
q = Coefficient(FunctionSpace(mesh, quadrature_element("triangle", (), degree=2)))
L = q*v*ds(degree=2)
