"""Linear elasticity of an isotropic body.

Young's modulus and Poisson's ratio are constants.
"""
import basix.ufl
from ufl import *

cell = "tetrahedron"
mesh = Mesh(basix.ufl.element("P", cell, 1, shape=(3,)))
V = FunctionSpace(mesh, basix.ufl.element("P", cell, 2, shape=(3,)))

u, v = TrialFunction(V), TestFunction(V)
f = Coefficient(V)
E, nu = Constant(mesh), Constant(mesh)
mu = E / (2 * (1 + nu))
lmbda = E*nu / ((1 + nu)*(1 - 2*nu))


def epsilon(w):
    """The linear strain."""
    return sym(grad(w))


def sigma(w):
    d = len(w)
    return lmbda*tr(epsilon(w))*Identity(d) + 2.0*mu*epsilon(w)


a = inner(sigma(u), epsilon(v))*dx
L = dot(f, v)*dx(degree=4) - dot(f, v)*ds((1, 2))
