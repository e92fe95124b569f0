# Poisson's equation with a Neumann condition.
from basix.ufl import element
from ufl import (Coefficient, FunctionSpace, Mesh, TestFunction, TrialFunction, ds, dx, grad,
                 inner)

mesh = Mesh(element("Lagrange", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("Lagrange", "triangle", 2))

u = TrialFunction(V)
v = TestFunction(V)
f = Coefficient(V)
g = Coefficient(V)

a = inner(grad(u), grad(v)) * dx
L = inner(f, v) * dx + inner(g, v) * ds
