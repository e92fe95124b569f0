"""Poisson's equation, -div(kappa grad u) = f, quadratic elements on triangles."""
from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 2))
u, v = TrialFunction(V), TestFunction(V)
x = SpatialCoordinate(mesh)
kappa = Constant(mesh)
f = 5*kappa*sin(2*x[0])*cos(x[1])

a = kappa*inner(grad(u), grad(v))*dx
L = f*v*dx
