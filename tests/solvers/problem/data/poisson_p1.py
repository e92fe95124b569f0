"""Poisson's equation, -div(grad(u)) = f, on triangles."""
from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 1))
u, v = TrialFunction(V), TestFunction(V)
x = SpatialCoordinate(mesh)
f = 2*pi**2*sin(pi*x[0])*sin(pi*x[1])
a = inner(grad(u), grad(v))*dx
L = f*v*dx
