"""
title = "Linear elasticity with variable Lame parameters"
description = '''
The stiffness of an inhomogeneous elastic body with given Lame parameters {mu_floor} + mu(x)^2
and lambda(x): a(u, v) = integral of sigma(u) : eps(v).'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2]
max_degree = { hexahedron = 1 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1']

[literals]
mu_floor = { min = 0.1, max = 5.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    Coefficient, dx, FunctionSpace, grad, Identity, inner, Mesh, sym, TestFunction, tr,
    TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = TrialFunction(V)
v = TestFunction(V)
mu = Coefficient(Q)
lmbda = Coefficient(Q)

def epsilon(w):
    return sym(grad(w))


def sigma(w):
    return 2 * ({mu_floor} + mu**2) * epsilon(w) + lmbda * tr(epsilon(w)) * Identity({dim})


a = inner(sigma(u), epsilon(v)) * dx
