import ufl as U
from basix.ufl import element
from math import sqrt as root, pi

mesh = U.Mesh(element("P", "triangle", 1, shape=(2,)))
V = U.FunctionSpace(mesh, element("P", "triangle", 3))
u, v = U.Coefficient(V), U.TestFunction(V)
p = 1_0 / 4
eps = 1e-3
x = U.SpatialCoordinate(mesh)
f = root(2.0) * U.sin(pi*x[0]) * U.exp(-x[1]**2)
F = (eps**2 + U.inner(U.grad(u), U.grad(u)))**((p - 2)/2) * U.inner(U.grad(u), U.grad(v)) * U.dx - f*v*U.dx
forms = [F]
