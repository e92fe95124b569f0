"""
title = "Linear elasticity in plane strain"
description = '''
The stiffness of an isotropic elastic body that cannot expand out of the plane, Lame parameters
lambda = {lame_lambda}, mu = {lame_mu}: a(u, v) = integral of sigma(u) : eps(v), sigma = 2 mu
eps + lambda tr(eps) I.'''
form = "a"
rank = 2
cells = ["triangle", "quadrilateral"]
elements = ["P"]
degrees = [1, 2, 3]

[literals]
lame_mu = { min = 0.1, max = 5.0, decimals = 2 }
lame_lambda = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    dx, FunctionSpace, grad, Identity, inner, Mesh, sym, TestFunction, tr, TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)


def epsilon(w):
    return sym(grad(w))


def sigma(w):
    return 2 * {lame_mu} * epsilon(w) + {lame_lambda} * tr(epsilon(w)) * Identity({dim})


a = inner(sigma(u), epsilon(v)) * dx
