"""
title = "Linear elasticity in plane stress"
description = '''
The stiffness of a thin isotropic elastic plate, Young's modulus E = {young}, Poisson ratio nu =
{poisson}: a(u, v) = integral of sigma(u) : eps(v), sigma = E / (1 - nu^2) ((1 - nu) eps + nu
tr(eps) I).'''
form = "a"
rank = 2
cells = ["triangle", "quadrilateral"]
elements = ["P"]
degrees = [1, 2, 3]

[literals]
young = { min = 0.5, max = 9.9, decimals = 2 }
poisson = { min = 0.05, max = 0.45, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    dx, FunctionSpace, grad, Identity, inner, Mesh, sym, TestFunction, tr, TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)

E = {young}
nu = {poisson}


def epsilon(w):
    return sym(grad(w))


def sigma(w):
    return E / (1 - nu**2) * ((1 - nu) * epsilon(w) + nu * tr(epsilon(w)) * Identity(2))


a = inner(sigma(u), epsilon(v)) * dx
